"""The unit loop: what leads where, what is refused by which rule, and that nothing else happens."""

from __future__ import annotations

import copy
import json
import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelock.authoring.plan.check import Surroundings, check
from stagelock.core import step
from stagelock.core.plan import commits
from stagelock.core.plan.units import (
    CHART,
    attempts,
    outside,
    pending,
    ready,
    step_unit,
    unmet,
    where,
)
from stagelock.store import library
from tests.support.units import CHECKS, GREEN, TEXT, Loop, unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from stagelock.core.model import Person, Policy, State
    from stagelock.core.plan.units import Event, UnitEntry


def test_a_unit_goes_through_four_phases_and_no_other_way() -> None:
    loop = Loop()
    loop.to("WU-001", "done")
    ways = [entry["was"] + " " + entry["phase"] for entry in loop.entries]
    assert ways == [
        "waiting implement",
        "implement validate",
        "validate review",
        "review review",
        "review commit",
        "commit commit",
        "commit done",
    ]
    assert loop.state["units"]["WU-001"]["commit"] == "c1"


def test_units_are_ready_when_what_they_need_is_committed() -> None:
    loop = Loop()
    assert ready(loop.plan, loop.state) == ["WU-001"]
    loop.to("WU-001", "commit")
    assert ready(loop.plan, loop.state) == []
    loop.committing("WU-001")
    loop.committed("WU-001")
    assert ready(loop.plan, loop.state) == [], "the checkpoint after it waits"
    loop.answer("after WU-001")
    assert ready(loop.plan, loop.state) == ["WU-002"], "Stripe's key is asked for first"
    loop.answer("before WU-003")
    assert ready(loop.plan, loop.state) == ["WU-002", "WU-003"]


# --- the fifteen anti-patterns and five rationalisations ----------------------------------------
# why: (the loop before it, the fact, the rule that refuses it or the phase it leads to, words)


def _at(phase: str) -> Loop:
    loop = Loop()
    loop.to("WU-001", phase)
    return loop


def _failed_review() -> Loop:
    loop = _at("review")
    loop.reviewing("WU-001")
    loop.reviewed("WU-001", "FAIL", why="a title of 501 characters is taken without a word")
    return loop


def _second_review() -> Loop:
    loop = _failed_review()
    loop.start("WU-001", agent="coder")
    loop.implemented("WU-001")
    loop.validated("WU-001", diff="d2")
    return loop


def _escalated() -> Loop:
    loop = Loop()
    for n in range(3):
        loop.start("WU-001")
        loop.implemented("WU-001")
        loop.validated("WU-001", checks={**GREEN, "tests": "failed"}, diff=f"d{n}")
    return loop


def _ready_for_three() -> Loop:
    loop = _at("done")
    loop.answer("after WU-001")
    return loop


REFUSED: dict[str, tuple[Callable[[], Loop], Callable[[Loop], UnitEntry], str, str]] = {
    "1 self-certifying: the coder's word opens no review": (
        lambda: _at("validate"), lambda loop: loop.reviewing("WU-001"),
        "unit/phase", "WU-001 is in validate; every check is run on it first"),
    "2 skipping adversarial review": (
        lambda: _at("review"), lambda loop: loop.committing("WU-001"),
        "unit/phase", "WU-001 is in review; a fresh reviewer passes it first"),
    "3 reusing a reviewer": (
        _second_review, lambda loop: loop.reviewing("WU-001", "rev-1", "d2"),
        "unit/fresh-reviewer", "this reviewer has looked at WU-001 before; dispatch a new one"),
    "3b reviewing work of one's own": (
        lambda: _at("review"), lambda loop: loop.reviewing("WU-001", "coder"),
        "unit/fresh-reviewer", "nobody reviews work of their own"),
    "4 passing previous findings": (
        _second_review, lambda loop: loop.reviewing(
            "WU-001", "rev-2", "d2", "Check: A title of 501 characters is taken\nwithout a word"),
        "unit/leak", "the reviewer is told of earlier reviews"),
    "4b naming an earlier review": (
        _second_review, lambda loop: loop.reviewing(
            "WU-001", "rev-2", "d2", "The last reviewer found X, check if fixed"),
        "unit/leak", "last reviewer"),
    "6 combining phases: validating while it is written": (
        lambda: _at("implement"), lambda loop: loop.validated("WU-001"),
        "unit/phase", "its coder says DONE first"),
    "6b committing what was never validated": (
        lambda: _at("validate"), lambda loop: loop.committing("WU-001"),
        "unit/phase", "every check is run on it first"),
    "7 continuing past a checkpoint": (
        lambda: _at("done"), lambda loop: loop.start("WU-002"),
        "unit/checkpoint", "the checkpoint after WU-001 waits for a person"),
    "7b an agent answering a checkpoint": (
        lambda: _at("done"), lambda loop: loop.tell("answered", what="after WU-001", door="agent"),
        "unit/person", "only a person ends a checkpoint"),
    "8 skipping the final review: a PASS before all is committed": (
        lambda: _at("commit"), lambda loop: loop.tell("final", verdict="PASS", commit="c9"),
        "unit/final", "the final review comes after WU-001"),
    "11 proceeding without credentials": (
        _ready_for_three, lambda loop: loop.start("WU-003"),
        "unit/checkpoint", "the checkpoint before WU-003 waits for a person"),
    "12 advisory gates: committing after FAIL": (
        _failed_review, lambda loop: loop.committing("WU-001"),
        "unit/phase", "WU-001 is in implement"),
    "13 --no-verify": (
        lambda: _at("commit"), lambda loop: loop.committing(
            "WU-001", argv=["git", "commit", "--no-verify", "-F", "m"]),
        "unit/hooks", "`--no-verify` skips the project's hooks"),
    "r2 the findings are minor, committing anyway": (
        _failed_review, lambda loop: loop.committing("WU-001"),
        "unit/phase", "its coder says DONE first"),
    "r3 the fix is straightforward, skipping re-review": (
        _second_review, lambda loop: loop.committing("WU-001", "d2"),
        "unit/phase", "a fresh reviewer passes it first"),
    "r4 moving on after failures": (
        _escalated, lambda loop: loop.start("WU-002"),
        "unit/needs", "WU-002 waits for WU-001"),
    "a fourth attempt": (
        _escalated, lambda loop: loop.start("WU-001"),
        "unit/phase", "WU-001 is in escalated; a person decides"),
    "an agent trying an escalated unit again": (
        _escalated, lambda loop: loop.tell("retry", "WU-001", door="agent"),
        "unit/person", "only a person decides that"),
    "a coder without its brief": (
        Loop, lambda loop: loop.start("WU-001", briefed=False),
        "unit/brief", "was not given the unit's brief and the context document"),
    "two coders at one unit": (
        lambda: _at("implement"), lambda loop: loop.start("WU-001", agent="other"),
        "unit/agent", "an agent works at WU-001 already"),
    "a unit before what it needs": (
        Loop, lambda loop: loop.start("WU-004"), "unit/needs", "WU-004 waits for WU-002"),
    "a late word of an agent that is gone": (
        _failed_review, lambda loop: loop.implemented("WU-001", agent="coder"),
        "unit/late", "no longer waits for"),
    "a review of another diff than was validated": (
        lambda: _at("review"), lambda loop: loop.reviewing("WU-001", "rev-1", "d9"),
        "unit/diff", "the diff is not the one that was validated"),
    "a commit of another diff than was passed": (
        lambda: _at("commit"), lambda loop: loop.committing("WU-001", "d9"),
        "unit/pass-on-this-diff", "no reviewer passed this diff"),
    "staging beside the scope": (
        lambda: _at("commit"), lambda loop: loop.committing(
            "WU-001", staged=["src/todo/store.py", "setup.py"]),
        "unit/scope", "staged, and outside the scope: setup.py"),
    "an empty commit": (
        lambda: _at("commit"), lambda loop: loop.committing("WU-001", staged=[]),
        "unit/scope", "nothing of WU-001 is staged"),
    "a commit that does not name its unit": (
        lambda: _at("commit"), lambda loop: loop.committing("WU-001", message="wip"),
        "unit/message", "the message must begin with `feat(wu-001): ...`"),
    "a unit the plan does not have": (
        Loop, lambda loop: loop.start("WU-009"), "unit/unknown", "the plan has no unit `WU-009`"),
    "a checkpoint that does not wait": (
        Loop, lambda loop: loop.answer("after WU-001"),
        "unit/checkpoint", "no checkpoint `after WU-001` waits"),
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSED)
def test_what_the_loop_forbids_is_refused_by_its_rule_and_changes_nothing(why: str) -> None:
    before, attempt, rule, words = REFUSED[why]
    loop = before()
    state = copy.deepcopy(loop.state)
    entry = attempt(loop)
    assert (entry["event"], entry["rule"]) == ("unit-refused", rule)
    assert words in entry["why"]
    assert loop.state == state


# why: (the checks and the changed paths that a validation saw, what it is told)
FAILED = {
    "5 trusting scope claims": (
        {}, ["src/todo/store.py", "setup.py"], "outside the scope: setup.py"),
    "9 skipping coverage": (
        {"coverage": "not run"}, [], "VALIDATE FAIL: coverage not run. Returning to IMPLEMENT"),
    "r1 92 % is close enough": ({"coverage": "failed"}, [], "coverage failed"),
    "r5 tests pass but the coverage command failed": (
        {"coverage": "could not run"}, [], "coverage could not run"),
    "one check of many": ({"lint": "failed"}, [], "lint failed"),
    "an out-of-scope deletion counts like a change": ({}, ["README.md"], "README.md"),
    "another unit's file in the same tree, before it began": (
        {}, ["src/todo/routes.py"], "outside the scope: src/todo/routes.py"),
}  # fmt: skip


@pytest.mark.parametrize("why", FAILED)
def test_a_validation_that_is_not_whole_sends_the_unit_back(why: str) -> None:
    checks, changed, words = FAILED[why]
    loop = _at("validate")
    entry = loop.validated("WU-001", checks={**GREEN, **checks}, changed=changed)
    assert loop.phase("WU-001") == "implement"
    assert words in entry["says"]
    assert attempts(loop.state["units"]["WU-001"]) == ", attempt 2/3"


def test_10_user_interface_in_isolation_is_a_mistake_of_the_plan() -> None:
    text = TEXT.replace("- **Kind**: integration", "- **Kind**: ui")
    told = [m.message for m in check(text, "plan.md").mistakes]
    assert any("no unit of `Kind: integration` depends on it" in line for line in told)


def test_11_credentials_without_a_checkpoint_are_a_mistake_of_the_plan() -> None:
    text = TEXT.replace("- **Checkpoint**: before", "- **Checkpoint**: no")
    text = text.replace("- **Checkpoint**: after", "- **Checkpoint**: no")
    told = [m.message for m in check(text, "plan.md", Surroundings()).mistakes]
    assert any("needs Stripe and no person is asked for it first" in line for line in told)


def _at_stage(workflow: str, stage: str) -> tuple[Policy, State]:
    policy = library.library("/nowhere")["policies"][workflow]
    state, _ = step.start(policy, "p", "run", "", stage, library.defaults(), PERSON)
    return policy, state


PERSON: Person = {"by": "a", "door": "typed", "session": "", "at": "", "now": 0, "head": ""}


@pytest.mark.parametrize(
    ("why", "workflow", "stage", "to"),
    [
        ("14 skipping the design gate", "lifecycle", "design", "implement"),
        ("15 skipping the plan gate", "execute", "plan", "execute"),
        ("8 skipping the final review", "execute", "plan", "pr"),
    ],
)
def test_no_gate_of_the_road_is_skipped_even_by_typing(
    why: str, workflow: str, stage: str, to: str
) -> None:
    policy, state = _at_stage(workflow, stage)
    after, entries = step.approve(policy, state, PERSON, [], [], to)
    assert after["stage"] == stage, why
    assert entries[0]["event"] == "gate-held"
    assert "does not follow" in entries[0]["why"]


def test_a_plan_is_shown_to_a_person_after_its_review_and_not_before() -> None:
    policy, state = _at_stage("execute", "plan")
    after, _ = step.passed(policy, state, PERSON, [])
    assert (after["stage"], after["exit"]["gate"]) == ("plan-review", "human")
    assert {artifact["name"] for artifact in after["exit"]["artifacts"]} == {"units", "plan-review"}
    stays, entries = step.passed(policy, after, PERSON, [])
    assert stays["stage"] == "plan-review"
    assert entries[0]["why"] == "only a person ends the stage `plan-review`"
    assert step.reject(policy, after, PERSON, "2 of 3")[0]["stage"] == "plan"


# --- failure, freshness, escalation ---------------------------------------------------------------


def test_after_a_failure_every_check_runs_again_before_a_fresh_reviewer() -> None:
    loop = _failed_review()
    assert (loop.phase("WU-001"), loop.attempt("WU-001")) == ("implement", 2)
    loop.start("WU-001")
    loop.implemented("WU-001")
    assert loop.validated("WU-001", "d2", checks={"tests": "passed"})["why"] == (
        "types not run; lint not run; coverage not run"
    )
    loop.start("WU-001")
    loop.implemented("WU-001")
    loop.validated("WU-001", "d2")
    assert (
        loop.reviewing("WU-001", "rev-2", "d2")["says"]
        == "Re-review attempt 2/3 of WU-001, by a fresh reviewer"
    )
    loop.reviewed("WU-001", "PASS", "rev-2", "d2")
    assert loop.phase("WU-001") == "commit"


def test_the_third_failure_escalates_with_its_history() -> None:
    loop = _escalated()
    at = loop.state["units"]["WU-001"]
    assert at["phase"] == "escalated"
    assert [(f["attempt"], f["phase"], f["why"]) for f in at["history"]] == [
        (n, "validate", "tests failed") for n in (1, 2, 3)
    ]
    assert "escalated to a person with its history" in loop.entries[-1]["says"]
    assert unmet(loop.plan, loop.state, "c9")[0] == "WU-001 is in escalated, attempt 3/3"


def test_an_external_failure_escalates_at_once() -> None:
    loop = _at("implement")
    loop.tell("external", "WU-001", why="the package registry is down")
    at = loop.state["units"]["WU-001"]
    assert (at["phase"], at["attempt"]) == ("escalated", 1)
    assert at["history"][-1]["why"] == "External: the package registry is down"


def test_a_person_tries_an_escalated_unit_again_and_its_history_stays() -> None:
    loop = _escalated()
    loop.tell("retry", "WU-001", door="typed", why="the test was wrong")
    assert (loop.phase("WU-001"), loop.attempt("WU-001")) == ("implement", 1)
    assert len(loop.state["units"]["WU-001"]["history"]) == 3
    assert ready(loop.plan, loop.state) == ["WU-001"]


def test_reviewers_that_are_stopped_before_a_verdict_are_no_way_to_choose_one() -> None:
    loop = _at("review")
    for n in (1, 2, 3):
        loop.reviewing("WU-001", f"rev-{n}")
        loop.tell("lost", "WU-001", agent=f"rev-{n}")
    assert loop.phase("WU-001") == "escalated"
    assert "3 reviewers ended without a verdict" in loop.entries[-1]["why"]


def test_a_change_that_sends_a_reviewer_away_is_no_way_to_choose_one() -> None:
    loop = _at("review")
    for n in (1, 2, 3):
        loop.reviewing("WU-001", f"rev-{n}", f"d{n}")
        loop.tell("changed", "WU-001", diff=f"d{n + 1}")
        if n < 3:
            loop.validated("WU-001", f"d{n + 1}")
    assert loop.phase("WU-001") == "escalated"


def test_a_fail_stands_also_where_the_diff_has_changed_since() -> None:
    loop = _at("review")
    loop.reviewing("WU-001")
    loop.reviewed("WU-001", "FAIL", diff="d2")
    assert (loop.phase("WU-001"), loop.attempt("WU-001")) == ("implement", 2)


@pytest.mark.parametrize("verdict", ["APPROVED WITH COMMENTS", "", "pass", "LGTM"])
def test_what_is_neither_pass_nor_fail_is_no_verdict(verdict: str) -> None:
    loop = _at("review")
    loop.reviewing("WU-001")
    loop.reviewed("WU-001", verdict)
    assert loop.phase("WU-001") == "review"
    assert loop.reviewing("WU-001", "rev-1")["rule"] == "unit/fresh-reviewer"


@pytest.mark.parametrize("status", ["BLOCKED", "NEEDS_CONTEXT", ""])
def test_a_coder_that_is_not_done_spends_an_attempt(status: str) -> None:
    loop = _at("implement")
    loop.implemented("WU-001", status=status)
    assert (loop.phase("WU-001"), loop.attempt("WU-001")) == ("implement", 2)


def test_a_change_after_the_pass_takes_the_pass_away() -> None:
    loop = _at("commit")
    loop.tell("changed", "WU-001", diff="d2")
    at = loop.state["units"]["WU-001"]
    assert (at["phase"], at["diff"], at["passed"], at["attempt"]) == ("validate", "", "", 1)


def test_a_verdict_on_another_diff_passes_nothing() -> None:
    loop = _at("review")
    loop.reviewing("WU-001")
    loop.reviewed("WU-001", "PASS", diff="d2")
    assert loop.phase("WU-001") == "validate"


def test_a_commit_that_holds_something_else_is_told_to_a_person() -> None:
    loop = _at("commit")
    loop.committing("WU-001")
    loop.committed("WU-001", diff="d2", commit="abcdef")
    assert loop.phase("WU-001") == "escalated"
    assert loop.entries[-1]["why"] == "the commit abcdef holds another diff than was passed"


def test_words_of_the_plan_are_no_leak() -> None:
    loop = _second_review()
    spec = unit(loop.plan, "WU-001")
    spec["spec"] = "The crash in the previous review queue was fixed; now it is stored."
    prompt = f"Spec: {spec['spec']}\nJudge the diff."
    assert loop.reviewing("WU-001", "rev-2", "d2", prompt)["event"] == "unit-reviewing"


# --- side by side -------------------------------------------------------------------------------


def _pair(*, apart: bool = False) -> Loop:
    loop = Loop(apart=apart)
    loop.first_done()
    loop.answer("before WU-003")
    loop.start("WU-002", "coder-2")
    loop.start("WU-003", "coder-3")
    return loop


def test_validation_waits_for_all_who_write_in_the_same_tree() -> None:
    loop = _pair()
    loop.implemented("WU-002", "coder-2")
    entry = loop.validated("WU-002")
    assert (entry["rule"], entry["why"]) == ("unit/side-by-side", "validation waits for WU-003")
    loop.implemented("WU-003", "coder-3")
    both = ["src/todo/service.py", "src/pay/client.py"]
    assert loop.validated("WU-002", changed=both)["phase"] == "review"
    assert loop.validated("WU-003", changed=both)["phase"] == "review"


def test_in_worktrees_of_their_own_nobody_waits_and_nobody_else_explains_a_file() -> None:
    loop = _pair(apart=True)
    loop.implemented("WU-002", "coder-2")
    strange = ["src/todo/service.py", "src/pay/client.py"]
    assert "src/pay/client.py" in loop.validated("WU-002", changed=strange)["why"]


def _passed(loop: Loop, name: str) -> None:
    number = name[-1]
    loop.implemented(name, f"coder-{number}"), loop.validated(name)
    loop.reviewing(name, f"rev-{number}"), loop.reviewed(name, "PASS", f"rev-{number}")
    assert loop.phase(name) == "commit", loop.entries[-1]


def test_a_passed_unit_is_joined_and_verified_before_its_commit() -> None:
    loop = _pair(apart=True)
    _passed(loop, "WU-002")
    assert loop.committing("WU-002")["rule"] == "unit/joined"
    assert loop.tell("joined", "WU-002")["phase"] == "validate"
    assert loop.committing("WU-002")["rule"] == "unit/phase"
    entry = loop.validated("WU-002")
    assert (entry["phase"], loop.attempt("WU-002")) == ("commit", 1)
    loop.committing("WU-002"), loop.committed("WU-002")
    assert loop.phase("WU-002") == "done"


def test_what_fails_on_the_joined_tree_is_a_failed_attempt() -> None:
    loop = _pair(apart=True)
    _passed(loop, "WU-002")
    loop.tell("joined", "WU-002")
    loop.validated("WU-002", checks={**GREEN, "tests": "failed"})
    assert (loop.phase("WU-002"), loop.attempt("WU-002")) == ("implement", 2)


def test_another_diff_on_the_joined_tree_wants_a_fresh_reviewer() -> None:
    loop = _pair(apart=True)
    _passed(loop, "WU-002")
    loop.tell("joined", "WU-002")
    assert loop.validated("WU-002", "d2")["phase"] == "review"


def test_units_are_joined_one_at_a_time_and_never_beside_a_writer() -> None:
    loop = _pair(apart=True)
    _passed(loop, "WU-002")
    _passed(loop, "WU-003")
    loop.tell("joined", "WU-003")
    entry = loop.tell("joined", "WU-002")
    assert (entry["rule"], entry["why"]) == ("unit/side-by-side", "joining waits for WU-003")
    loop.validated("WU-003"), loop.committing("WU-003"), loop.committed("WU-003")
    assert loop.tell("joined", "WU-002")["phase"] == "validate"
    assert loop.tell("joined", "WU-002")["rule"] == "unit/phase"


def test_a_join_that_cannot_be_made_goes_back_to_a_coder() -> None:
    loop = _pair(apart=True)
    _passed(loop, "WU-002")
    entry = loop.tell("joined", "WU-002", why="src/todo/service.py changed on the branch")
    assert (entry["phase"], loop.attempt("WU-002")) == ("implement", 2)


def test_a_coder_that_a_checkpoint_stopped_has_not_failed() -> None:
    loop = Loop()
    unit(loop.plan, "WU-002")["checkpoints"] = ["after"]
    loop.first_done()
    loop.answer("before WU-003")
    loop.to("WU-002", "commit")
    loop.start("WU-003", "coder-3")
    loop.committing("WU-002"), loop.committed("WU-002")
    entry = loop.implemented("WU-003", "coder-3", status="BLOCKED")
    assert entry["says"] == "WU-003 waits at the checkpoint after WU-002"
    assert (loop.phase("WU-003"), loop.attempt("WU-003")) == ("implement", 1)
    loop.answer("after WU-002")
    assert ready(loop.plan, loop.state)[0] == "WU-003"


def test_only_what_failed_runs_again() -> None:
    loop = _pair()
    for name in ("2", "3"):
        loop.implemented(f"WU-00{name}", f"coder-{name}")
    for name in ("2", "3"):
        loop.validated(f"WU-00{name}")
        loop.reviewing(f"WU-00{name}", f"rev-{name}")
    loop.reviewed("WU-002", "FAIL", "rev-2")
    loop.reviewed("WU-003", "PASS", "rev-3")
    assert (loop.phase("WU-002"), loop.phase("WU-003")) == ("implement", "commit")
    assert ready(loop.plan, loop.state) == ["WU-002"]


def test_units_are_committed_one_at_a_time() -> None:
    loop = _pair()
    for name in ("2", "3"):
        loop.implemented(f"WU-00{name}", f"coder-{name}")
    for name in ("2", "3"):
        loop.validated(f"WU-00{name}")
        loop.reviewing(f"WU-00{name}", f"rev-{name}")
        loop.reviewed(f"WU-00{name}", "PASS", f"rev-{name}")
    loop.committing("WU-002")
    entry = loop.committing("WU-003")
    assert entry["rule"] == "unit/one-commit"
    assert entry["why"] == "WU-002 is being committed; units are committed one at a time"
    loop.committed("WU-002", commit="c2")
    assert loop.committing("WU-003")["event"] == "unit-committing"


def test_scope_is_what_the_globs_say() -> None:
    loop = Loop()
    first = unit(loop.plan, "WU-001")
    changed = ["src/todo/store.py", "src/todo/store.pyc", "../x", "tests/todo/test_store.py"]
    assert outside(first, changed) == ["src/todo/store.pyc", "../x"]


# --- recovery and the end -------------------------------------------------------------------------


def test_after_a_crash_the_same_unit_goes_on_in_its_phase_and_attempt() -> None:
    loop = _second_review()
    loop.reviewing("WU-001", "rev-2", "d2")
    loop.state = json.loads(json.dumps(loop.state))
    entry = loop.tell("recovered")
    assert entry["says"] == (
        "Recovered execution context. Resuming from WU-001, Phase REVIEW, attempt 2/3."
    )
    assert loop.reviewing("WU-001", "rev-2", "d2")["rule"] == "unit/fresh-reviewer"
    assert loop.reviewing("WU-001", "rev-3", "d2")["phase"] == "review"


@pytest.mark.parametrize(("commit", "phase"), [("c1", "done"), ("", "commit")])
def test_a_commit_that_was_cut_short_is_what_git_says_it_is(commit: str, phase: str) -> None:
    loop = _at("commit")
    loop.committing("WU-001")
    loop.tell("recovered", commit=commit, diff="d1" if commit else "")
    assert (loop.phase("WU-001"), loop.state["committing"]) == (phase, "")


def test_nothing_is_published_before_the_final_review_passed_on_this_commit() -> None:
    loop = Loop()
    loop.first_done()
    loop.answer("before WU-003")
    for name in ("WU-002", "WU-003", "WU-004", "WU-005"):
        loop.to(name, "done")
    assert unmet(loop.plan, loop.state, "c5") == ["no final review passed at c5"]
    loop.tell("final", verdict="FAIL", commit="c5")
    assert unmet(loop.plan, loop.state, "c5") == ["no final review passed at c5"]
    loop.tell("final", verdict="PASS", commit="c5")
    assert unmet(loop.plan, loop.state, "c5") == []
    assert unmet(loop.plan, loop.state, "c6") == ["no final review passed at c6"]
    assert where(loop.plan, loop.state) == "Recovered execution context. Every unit is finished."


# --- fifty interleavings --------------------------------------------------------------------------

EDGES = {
    ("waiting", "implement"), ("waiting", "dropped"), ("implement", "implement"),
    ("implement", "validate"), ("implement", "escalated"), ("validate", "review"),
    ("validate", "commit"), ("validate", "implement"), ("validate", "escalated"),
    ("review", "review"),
    ("review", "commit"), ("review", "validate"), ("review", "implement"),
    ("review", "escalated"), ("commit", "commit"), ("commit", "done"), ("commit", "implement"),
    ("commit", "validate"), ("commit", "escalated"), ("escalated", "implement"),
    ("escalated", "dropped"),
}  # fmt: skip


def test_the_chart_has_no_other_edges() -> None:
    edges = {
        (phase, to) for phase, ways in CHART.items() for reached in ways.values() for to in reached
    }
    assert edges == EDGES


class Walk:
    """Agents that act in any order, some badly; the client dies now and then."""

    def __init__(self, seed: int, *, apart: bool) -> None:
        self.chance = random.Random(seed)
        self.loop = Loop(apart=apart)
        self.taken: list[tuple[Event, UnitEntry]] = []
        self.diffs = dict.fromkeys(self.loop.state["units"], 0)  # what the files really hold
        self.agents = 0

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self._one(self._fact())

    def _one(self, event: Event) -> None:
        before = copy.deepcopy(self.loop.state)
        state, entries = step_unit(self.loop.plan, self.loop.state, event)
        assert self.loop.state == before, "the state that was given is not changed"
        if self.chance.random() < 0.08:  # the client dies; the last write is on disk or it is not
            kept = self.chance.random() < 0.5
            self.loop.state = json.loads(json.dumps(state if kept else before))
            if kept:
                self._keep(event, before, entries)
            landed: Event = {"kind": "recovered"}
            name = self.loop.state["committing"]
            if name and self.chance.random() < 0.5:
                landed["commit"], landed["diff"] = "crash", self._diff(name)
            before = self.loop.state
            self.loop.state, entries = step_unit(self.loop.plan, before, landed)
            self._keep(landed, before, entries)
            return
        self.loop.state = state
        self._keep(event, before, entries)

    def _keep(self, event: Event, before: object, entries: list[UnitEntry]) -> None:
        for entry in entries:
            if entry["event"] == "unit-refused":
                assert self.loop.state == before
                assert entry["rule"].startswith("unit/")
                assert entry["why"]
            else:
                told = event
                if entry["event"] == "unit-committed" and event["kind"] == "recovered":
                    told = {**event, "kind": "committed", "unit": entry["unit"]}
                self.taken.append((told, entry))

    def _diff(self, name: str) -> str:
        return f"{name}@{self.diffs[name]}"

    def _fact(self) -> Event:
        pick = self.chance.choice
        waiting = [
            u for u, at in self.loop.state["units"].items() if at["phase"] in ("waiting", "done")
        ]
        moving = [u for u in self.diffs if u not in waiting] + ready(
            self.loop.plan, self.loop.state
        )
        name = pick(moving if moving and self.chance.random() < 0.85 else list(self.diffs))
        at = self.loop.state["units"][name]
        usual = [k for k in CHART[at["phase"]] if k not in ("external", "drop", "lost", "changed")]
        is_early = at["phase"] in ("review", "implement") and not at["agent"]
        usual = usual[:1] if is_early else usual[-1:] if at["phase"] != "commit" else usual[:2]
        if at["phase"] == "commit" and at["tree"]:
            usual = ["joined"]
        kinds = usual if self.chance.random() < 0.7 else [*CHART[at["phase"]]]
        kinds = kinds if self.chance.random() < 0.85 else []
        if self.chance.random() < 0.1:
            kinds = ["answered"]
        kind = pick(kinds or [k for ways in CHART.values() for k in ways] + ["answered", "final"])
        agents = [a for u in self.loop.state["units"].values() for a in [u["agent"]] if a]
        old = [a for u in self.loop.state["units"].values() for a in u["coders"] + u["reviewers"]]
        self.agents += 1
        fresh = f"agent-{self.agents}"
        if kind in ("start", "reviewing"):
            agent = pick([fresh, fresh, fresh, *old[:3]])
        else:
            agent = pick([*[at["agent"] or fresh] * 6, *(agents or [fresh])])
        if kind == "changed" or (at["phase"] == "implement" and at["agent"]):
            self.diffs[name] += self.chance.random() < 0.2
        files = unit(self.loop.plan, name)["files"]
        event: Event = {
            "kind": kind,
            "unit": name,
            "agent": agent,
            "briefed": self.chance.random() < 0.95,
            "tree": pick([self.loop.apart, self.loop.apart, ""]),
            "status": pick(["DONE"] * 8 + ["BLOCKED", ""]),
            "diff": self._diff(name) if self.chance.random() < 0.95 else "another",
            "checks": {c: pick(["passed"] * 40 + ["failed", "not run"]) for c in CHECKS},
            "changed": files if self.chance.random() < 0.95 else ["elsewhere.py"],
            "prompt": pick([""] * 9 + ["the last reviewer found more"]),
            "verdict": pick(["PASS"] * 5 + ["FAIL", "APPROVED"]),
            "argv": pick([["git", "commit"]] * 6 + [["git", "commit", "-n"]]),
            "message": commits.message(unit(self.loop.plan, name)),
            "staged": files if self.chance.random() < 0.95 else ["elsewhere.py"],
            "commit": f"c{self.agents}",
            "what": pick([*pending(self.loop.plan, self.loop.state), "after WU-001"]),
            "door": pick(["typed", "typed", "agent"]),
        }
        return event


def _judge(walk: Walk) -> None:
    """Hold a walk against what was told, not against what the state says of itself."""
    by_unit: dict[str, list[tuple[Event, UnitEntry]]] = {}
    for event, entry in walk.taken:
        if "unit" in entry:
            by_unit.setdefault(entry["unit"], []).append((event, entry))
    done_at = {
        entry["unit"]: n
        for n, (_, entry) in enumerate(walk.taken)
        if entry["event"] == "unit-committed" and entry["phase"] == "done"
    }
    for n, (_, entry) in enumerate(walk.taken):
        if entry["event"] == "unit-start":
            for need in unit(walk.loop.plan, entry["unit"])["needs"]:
                assert done_at.get(need, n) < n, "started before what it needs was committed"
    for name, taken in by_unit.items():
        ways = [(entry["was"], entry["phase"]) for _, entry in taken]
        assert set(ways) <= EDGES
        assert ways[0][0] == "waiting"
        assert all(one[1] == other[0] for one, other in pairwise(ways)), "a jump"
        assert all(1 <= entry["attempt"] <= 3 for _, entry in taken)
        passed = ""
        for event, entry in taken:
            if entry["event"] == "unit-reviewed":
                passed = event["diff"] if entry["phase"] == "commit" else ""
            if entry["event"] == "unit-committing":
                assert event["diff"] == passed, "a commit of what nobody passed"
        if name in done_at:
            _passed_on_this_diff(taken)


def _passed_on_this_diff(taken: list[tuple[Event, UnitEntry]]) -> None:
    """Before a commit stand, in this order and on one diff: validation, fresh reviewer, PASS."""
    facts = [event for event, _ in taken]
    end = next(
        n for n, (_, entry) in enumerate(taken)
        if entry["event"] == "unit-committed" and entry["phase"] == "done"
    )  # fmt: skip
    last = {}
    joined = max((n for n, e in enumerate(facts[:end]) if e["kind"] == "joined"), default=end)
    if any(event["kind"] in ("start", "reviewed") for event in facts[joined:end]):
        joined = end  # it was worked at, or judged, once more in the run's own tree
    for n, event in enumerate(facts[:joined]):
        last[event["kind"]] = n
    again = [event for event in facts[joined:end] if event["kind"] == "validated"]
    assert joined == end or again[-1]["diff"] == facts[end]["diff"], "not verified once joined"
    assert joined == end or again[-1]["checks"] == GREEN
    order = [last[kind] for kind in ("start", "implemented", "validated", "reviewing", "reviewed")]
    assert order == sorted(order)
    validated, reviewing, reviewed = (facts[n] for n in order[2:])
    assert validated["diff"] == reviewing["diff"] == reviewed["diff"] == facts[end]["diff"]
    assert validated["checks"] == GREEN
    assert reviewed["verdict"] == "PASS"
    assert reviewed["agent"] == reviewing["agent"]
    assert last.get("changed", -1) < order[2]
    earlier = [e["agent"] for e in facts[: order[3]] if e["kind"] in ("start", "reviewing")]
    assert reviewing["agent"] not in earlier, "a reviewer that was there before"


def _finish(loop: Loop) -> None:
    """Carry everything to its end, well behaved, from wherever it stands."""
    if loop.state["committing"]:
        loop.tell("recovered")
    for n in range(200):
        for what in pending(loop.plan, loop.state):
            loop.answer(what)
        for name in loop.state["units"]:
            _onward(loop, name, f"fresh-{n}")
    loop.tell("final", verdict="PASS", commit="end")


def _onward(loop: Loop, name: str, fresh: str) -> None:
    at = loop.state["units"][name]
    if at["phase"] in ("waiting", "implement") and not at["agent"]:
        loop.start(name, fresh)
    elif at["phase"] == "implement":
        loop.implemented(name, at["agent"])
    elif at["phase"] == "validate":
        loop.validated(name, fresh)
    elif at["phase"] == "review" and at["agent"]:
        loop.reviewed(name, "PASS", at["agent"], at["diff"])
    elif at["phase"] == "review":
        loop.reviewing(name, fresh, at["diff"])
    elif at["phase"] == "commit":
        loop.joined(name, at["passed"])
        loop.committing(name, at["passed"])
        loop.committed(name, at["passed"], fresh)
    elif at["phase"] == "escalated":
        loop.tell("retry", name, door="typed")


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**9), apart=st.booleans())
def test_no_interleaving_leaves_the_chart_or_commits_without_a_pass_on_that_diff(
    seed: int, apart: bool
) -> None:
    walk = Walk(seed, apart=apart)
    walk.run(220)
    _judge(walk)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_a_fact_that_says_too_little_is_refused_and_never_an_error(seed: int) -> None:
    walk = Walk(seed, apart=False)
    for _ in range(120):
        event = walk._fact()
        if walk.chance.random() < 0.4:
            kept = [key for key in event if walk.chance.random() < 0.6]
            event = {key: event[key] for key in kept}  # type: ignore[literal-required,assignment]
        before = walk.loop.state
        walk.loop.state, entries = step_unit(walk.loop.plan, before, event)
        assert entries
        if entries[-1]["event"] == "unit-refused":
            assert walk.loop.state == before


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_from_wherever_a_walk_stops_good_work_still_reaches_the_end(seed: int) -> None:
    walk = Walk(seed, apart=False)
    walk.run(60)
    _finish(walk.loop)
    dropped = {n for n, at in walk.loop.state["units"].items() if at["phase"] == "dropped"}
    left = unmet(walk.loop.plan, walk.loop.state, "end")
    if not dropped:
        assert left == []
    assert all("waiting" in line or "final" in line for line in left), left


def test_walks_get_far_enough_to_mean_something() -> None:
    phases: dict[str, int] = {}
    for seed in range(40):
        walk = Walk(seed, apart=False)
        walk.run(220)
        for _, entry in walk.taken:
            if "phase" in entry:
                phases[entry["phase"]] = phases.get(entry["phase"], 0) + 1
    assert phases["done"] > 20
    assert phases["escalated"] > 5
    assert phases["commit"] > 40
