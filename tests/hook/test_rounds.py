"""A plan is judged in rounds: three reviewers, all PASS, three rounds at most, then a person."""

import pytest

from tests.support.agents import Agent
from tests.support.artifacts import DESIGN
from tests.support.checked import prepared_launcher
from tests.support.judged import FIVE, THREE, failing, passing
from tests.support.units import TEXT
from tests.support.world import Reply, World

RUN = "docs/stagelock/paid-lists"
PLAN = f"{RUN}/plan.md"
DONE = {"last_assistant_message": "as agreed\nSTATUS: DONE"}
GOOD, WHY = passing(PLAN), "no unit migrates the old rows"
BAD = failing(PLAN, WHY)


@pytest.fixture
def planned(world: World) -> World:
    """A run of `/execute` whose plan waits for its reviewers."""
    prepared_launcher(world.home / ".claude/plugins/data/stagelock-stagelock")
    world.typed("/execute paid lists")
    _submit(world, TEXT)
    return world


def _submit(world: World, text: str) -> str:
    """The author ends the stage `plan` with this plan; returns what the person is shown."""
    world.write(PLAN, text)
    reply = world.hook("Stop", DONE)
    told: str = reply.json.get("systemMessage", "")
    return told


def _round(world: World, *replies: str, roles: tuple[str, ...] = THREE) -> Reply:
    """Each reviewer judges; returns what the last one's sender is told."""
    return [Agent(world, role).work(reply) for role, reply in zip(roles, replies, strict=True)][-1]


def _review(world: World) -> str:
    return (world.tree / RUN / "plan-review.md").read_text()


def test_nobody_judges_a_plan_of_which_an_item_is_open_and_the_refusal_names_it(
    world: World,
) -> None:
    prepared_launcher(world.home / ".claude/plugins/data/stagelock-stagelock")
    world.typed("/execute paid lists")
    world.write(
        PLAN, TEXT.replace("**service-layer**: yes, routes", "**service-layer**: no, routes")
    )
    refused = Agent(world, THREE[0]).dispatch()
    assert "(rule plan/otherwise)" in refused.reason
    assert f"{PLAN}:128: Pre-flight: `service-layer` is answered no" in refused.reason
    assert "`service-layer` is answered no" in world.hook("Stop", DONE).json["systemMessage"]
    world.write(PLAN, TEXT.replace("- **tooling**: yes, uv and pnpm as in the repository\n", ""))
    assert "`tooling` is not answered" in Agent(world, THREE[0]).dispatch().reason
    assert world.stage() == "plan"


def test_two_of_three_do_not_open_the_gate(planned: World) -> None:
    _round(planned, GOOD, GOOD, roles=THREE[:2])
    held = planned.typed("/approve")
    assert planned.stage() == "plan-review"
    assert "waits for `scope-reviewer` to return DONE" in held.json["reason"]
    assert "open: round 1 goes on." in _review(planned)


def test_three_pass_and_then_a_person_opens_it(planned: World) -> None:
    told = _round(planned, GOOD, GOOD, GOOD)
    assert f"all of them passed {PLAN} in round 1" in told.context
    assert planned.stage() == "plan-review", "the question is open, not the gate"
    assert "## scope-reviewer: PASS" in _review(planned)
    assert "says what is built, and the tree has room for it" in _review(planned)
    assert "PASS in round 1." in _review(planned)
    copy = planned.tree / ".stagelock/units/ACTIVE-PLAN.md"
    assert not copy.exists(), "it says that a person approved it, so not before"
    planned.typed("/approve")
    assert planned.stage() == "execute"
    assert "<!-- gate-iterations: 1 -->\n<!-- user-approved: true -->" in copy.read_text()


def test_a_plan_is_active_only_when_a_person_approved_it(planned: World) -> None:
    plan = planned.tree / ".stagelock/units/ACTIVE-PLAN.md"
    _round(planned, GOOD, GOOD, GOOD)
    assert not plan.exists()
    planned.typed("/approve")
    assert "<!-- gate-iterations: 1 -->\n<!-- user-approved: true -->" in plan.read_text()


def test_a_reviewer_gets_the_plan_and_what_was_asked_and_nothing_of_the_others(
    planned: World,
) -> None:
    _round(planned, GOOD, BAD, roles=THREE[:2])
    third = Agent(planned, "scope-reviewer", "the others found that no unit migrates; check that")
    assert not third.dispatch().denied
    told = third.sent["prompt"]
    assert f"Under review (Read it whole): {PLAN}" in told
    assert "What was asked: paid lists" in told
    assert "finds it whole: 5 units" in told
    assert "migrates" not in told


def test_one_that_fails_leads_back_to_the_plan_with_its_findings(planned: World) -> None:
    told = _round(planned, GOOD, BAD, GOOD)
    assert f"round 1/3 of `plan-review` FAIL: completeness-reviewer: {WHY}" in told.context
    assert f"back in `plan`: revise {PLAN}, after {RUN}/plan-review.md" in told.context
    assert planned.stage() == "plan"
    assert f"- BLOCKING {PLAN}:8 {WHY}" in _review(planned)
    assert "FAIL in round 1: completeness-reviewer" in _review(planned)
    assert not planned.tool("Edit", {"file_path": PLAN}).denied
    now = planned.hook("SessionStart", {"source": "compact"})
    assert f"Revise what it owes: round 1 of its review failed by completeness-reviewer: {WHY}" in (
        now.context
    )


def test_the_plan_that_is_carried_out_says_in_which_round_it_passed(planned: World) -> None:
    _round(planned, GOOD, BAD, GOOD)
    _submit(planned, TEXT.replace("keeps a list", "keeps one list", 1))
    _round(planned, GOOD, GOOD, GOOD)
    planned.typed("/approve")
    copy = (planned.tree / ".stagelock/units/ACTIVE-PLAN.md").read_text()
    assert "<!-- gate-iterations: 2 -->" in copy
    assert "<!-- status: in-progress -->" in copy


def test_the_round_ends_when_all_have_judged_and_not_before(planned: World) -> None:
    _round(planned, BAD, roles=THREE[:1])
    assert planned.stage() == "plan-review"
    _round(planned, BAD, GOOD, roles=THREE[1:])
    assert planned.stage() == "plan"
    entry = next(e for e in planned.journal() if e["event"] == "round-failed")
    assert "feasibility-reviewer" in entry["why"]
    assert "completeness-reviewer" in entry["why"]


def test_nobody_who_has_judged_is_asked_again_in_the_same_round(planned: World) -> None:
    _round(planned, BAD, GOOD, roles=THREE[:2])
    for role in THREE[:2]:
        again = Agent(planned, role).dispatch()
        assert "plan-review/judged" in again.reason
    assert not Agent(planned, THREE[2]).dispatch().denied


def test_one_that_asks_for_context_has_not_judged(planned: World) -> None:
    Agent(planned, THREE[0]).work("I lack the schema.\n\nSTATUS: NEEDS_CONTEXT — the schema")
    _round(planned, GOOD, GOOD, roles=THREE[1:])
    assert planned.stage() == "plan-review"
    assert "feasibility-reviewer: NEEDS_CONTEXT" in _review(planned)


def test_background_reviewers_end_the_round_when_they_are_heard_of(planned: World) -> None:
    agents = [Agent(planned, role) for role in THREE]
    for agent in agents:
        assert not agent.dispatch().denied
        agent.start()
        agent.launched()
    for agent, reply in zip(agents, (GOOD, GOOD, BAD), strict=True):
        agent.stop(reply)
    told = agents[-1].notified("completed", BAD)
    assert "round 1/3 of `plan-review` FAIL" in told.context
    assert planned.stage() == "plan"


def test_a_plan_that_comes_back_as_it_went_is_not_judged_again(planned: World) -> None:
    _round(planned, GOOD, BAD, GOOD)
    assert "is as it was when its review failed; revise it" in _submit(planned, TEXT)
    assert planned.stage() == "plan"
    _submit(planned, TEXT + "\nOld rows are migrated by WU-001.\n")
    assert planned.stage() == "plan-review"


def test_each_round_begins_with_nothing_said(planned: World) -> None:
    _round(planned, GOOD, BAD, GOOD)
    _submit(planned, TEXT + "\nRevised.\n")
    assert "waits for `feasibility-reviewer`" in planned.typed("/approve").json["reason"]
    told = _round(planned, GOOD, GOOD, GOOD)
    assert "in round 2" in told.context
    assert f"Round 1 failed by completeness-reviewer: {WHY}." in _review(planned)


@pytest.fixture
def spent(planned: World) -> World:
    """A plan that three rounds failed."""
    for n in (1, 2, 3):
        told = _round(planned, GOOD, BAD, GOOD)
        assert f"round {n}/3 of `plan-review` FAIL" in told.context
        if n < 3:
            _submit(planned, TEXT + f"\nRevision {n}.\n")
    assert "a person decides (override: /waive reviewers REASON" in told.json["systemMessage"]
    return planned


def test_after_three_rounds_a_person_decides_and_nobody_else(spent: World) -> None:
    assert spent.stage() == "plan-review"
    assert "plan-review/escalated" in Agent(spent, THREE[0]).dispatch().reason
    assert spent.tool("Edit", {"file_path": PLAN}).denied
    spent.typed("/approve")
    assert spent.stage() == "plan-review", "approving is no override"
    last = [e for e in spent.journal() if e["event"] == "escalated"][-1]
    for road in ("override", "revise", "simplify", "cancel"):
        assert f"{road}: /" in last["why"]


def test_a_person_overrides(spent: World) -> None:
    assert "waived once: reviewers" in spent.typed("/waive reviewers the old rows are gone").context
    spent.typed("/approve")
    assert spent.stage() == "execute"
    assert "let through by a person after round 3: the old rows are gone." in _review(spent)
    plan = (spent.tree / ".stagelock/units/ACTIVE-PLAN.md").read_text()
    assert "<!-- gate-iterations: 3 -->\n<!-- user-approved: true -->" in plan
    waived = [e for e in spent.journal() if e["event"] == "waived"]
    assert [(e["what"], e["why"]) for e in waived] == [("reviewers", "the old rows are gone")]


def test_a_person_has_it_revised_and_three_rounds_begin_anew(spent: World) -> None:
    spent.typed("/reject migrate the old rows first")
    assert spent.stage() == "plan"
    assert not spent.tool("Edit", {"file_path": PLAN}).denied
    _submit(spent, TEXT + "\nMigrated first.\n")
    assert "round 1/3" in _round(spent, GOOD, BAD, GOOD).context


def test_a_person_has_it_simplified_and_a_plan_as_large_is_refused(spent: World) -> None:
    spent.typed("/reject simplify: leave payment out")
    assert spent.stage() == "plan"
    told = _submit(spent, TEXT + "\nSimpler now.\n")
    assert "your human asked for a simpler one; it had 16 units and done-items then" in told
    assert spent.stage() == "plan"
    item = '  - [ ] with no to-dos the page shows "Nothing to do yet"\n'
    assert item in TEXT
    _submit(spent, TEXT.replace(item, ""))
    assert spent.stage() == "plan-review"


def test_a_person_cancels(spent: World) -> None:
    spent.typed("/abandon not worth it")
    assert not (spent.tree / ".stagelock/stage.json").exists()


# --- the design, by five ---------------------------------------------------------------------


@pytest.fixture
def designed(world: World) -> World:
    """A run that begins with a design, which waits for its reviewers."""
    prepared_launcher(world.home / ".claude/plugins/data/stagelock-stagelock")
    told = world.typed("/start execute:design paid lists")
    assert world.stage() == "design", told.json
    world.write(f"{RUN}/design.md", DESIGN)
    world.hook("Stop", DONE)
    assert world.stage() == "design-review"
    return world


def test_no_plan_is_written_before_five_have_passed_the_design(designed: World) -> None:
    good = passing(f"{RUN}/design.md")
    _round(designed, *[good] * 4, roles=FIVE[:4])
    assert "waits for `cto-reviewer`" in designed.typed("/approve").json["reason"]
    assert designed.tool("Write", {"file_path": PLAN, "content": TEXT}).denied
    _round(designed, good, roles=FIVE[4:])
    designed.typed("/approve")
    assert designed.stage() == "plan"
    assert "PASS in round 1." in (designed.tree / RUN / "design-review.md").read_text()


def test_a_design_that_one_of_five_fails_goes_back_and_after_three_rounds_to_a_person(
    designed: World,
) -> None:
    good, bad = passing(f"{RUN}/design.md"), failing(f"{RUN}/design.md", "who may pay is open")
    for n in (1, 2, 3):
        told = _round(designed, good, good, good, bad, good, roles=FIVE)
        assert f"round {n}/3 of `design-review` FAIL: security-reviewer" in told.context
        if n < 3:
            assert designed.stage() == "design"
            designed.write(f"{RUN}/design.md", DESIGN + f"\nRevision {n}.\n")
            designed.hook("Stop", DONE)
    assert "design-review/escalated" in Agent(designed, FIVE[0]).dispatch().reason
    designed.typed("/waive reviewers the bank decides that")
    designed.typed("/approve")
    assert designed.stage() == "plan"


def test_a_workflow_is_entered_only_where_it_says(world: World) -> None:
    assert "enter at: plan, design" in world.typed("/start execute:pr x").json["reason"]


# --- one lens, typed -------------------------------------------------------------------------


@pytest.mark.parametrize("lens", ["product", "engineering", "design", "security"])
def test_a_lens_writes_its_review_and_never_the_plan(world: World, lens: str) -> None:
    world.write("PLAN.md", TEXT)
    world.typed(f"/plan-review {lens} PLAN.md")
    assert world.stage() == lens
    at = "docs/stagelock/plan-md"
    assert world.tool("Edit", {"file_path": "PLAN.md"}).denied
    assert world.tool("Bash", {"command": "sed -i s/a/b/ PLAN.md"}).denied
    assert not world.tool("Write", {"file_path": f"{at}/{lens}-review.md", "content": "x"}).denied
    world.typed("/approve")
    assert world.stage() == lens, "there is no review yet"
    text = "# Review\n\n## Findings\n\nPLAN.md:8 is too large.\n\n## Verdict\n\nFAIL\n"
    world.write(f"{at}/{lens}-review.md", text)
    world.typed("/approve")
    assert not (world.tree / ".stagelock/stage.json").exists()


def test_without_a_lens_it_is_engineering(world: World) -> None:
    world.typed("/plan-review PLAN.md")
    assert world.stage() == "engineering"


def test_in_a_run_that_reviews_its_plan_it_says_where_that_stands(planned: World) -> None:
    told = planned.typed("/plan-review security")
    assert planned.stage() == "plan-review"
    assert "It waits for DONE from: feasibility-reviewer" in told.context


# --- the reviewers of a gate are data ---------------------------------------------------------

OWN = """\
workflow: notes
summary: a note, judged by two of the team's own
enter: [note]
artifacts:
  note: {path: note.md, sections: [Why]}
  judged: {path: judged.md, sections: [Verdict]}
agents:
  Clerk: {independent: true}
  Lawyer: {independent: true}
always:
  - {id: look, tools: [read], because: looking is open}
  - {id: send, tools: [dispatch], agents: ["*"], because: agents are held as well}
stages:
  note:
    purpose: write
    produces: note.md
    must_not: act
    allow:
      - {id: write, tools: [edit], paths: ["{artifacts}/note.md"], because: it is owed}
    artifacts: [note]
    gate: auto
    next: [judge]
  judge:
    purpose: judge
    produces: judged.md
    must_not: change the note
    allow: []
    artifacts: [note, judged]
    reviews: note
    needs: {Clerk: DONE, Lawyer: DONE}
    attempts: 2
    gate: human
    next: []
    back: note
"""


def test_a_team_says_in_its_workflow_who_judges_and_how_many_rounds(world: World) -> None:
    prepared_launcher(world.home / ".claude/plugins/data/stagelock-stagelock")
    world.write(".stagelock/workflows/notes.yaml", OWN)
    assert "started" in world.typed("/start notes the lease").context
    note = "docs/stagelock/the-lease/note.md"
    good, bad = passing(note), failing(note, "the term is wrong")
    for n in (1, 2):
        world.write(note, f"# Note\n\n## Why\n\nBecause {n}.\n\n\n\n\n\n")
        world.hook("Stop", DONE)
        assert world.stage() == "judge"
        Agent(world, "Clerk").work(good)
        told = Agent(world, "Lawyer").work(bad)
        assert f"round {n}/2 of `judge` FAIL: Lawyer: the term is wrong" in told.context
    assert "your human decides now" in told.context
    world.typed("/waive reviewers the lawyer is on leave")
    assert "the run is done" in world.typed("/approve").json["systemMessage"]
