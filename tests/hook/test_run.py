"""A run from its start to its end, each step through the shipped hook command line."""

import json
import os

import pytest

from tests.support.artifacts import CLOSEOUT, DESIGN, PLAN, STORY
from tests.support.world import World

RUN = "docs/stagelock/add-login"


@pytest.fixture
def design(world: World) -> World:
    """A lifecycle run that stands in design."""
    assert "started" in world.typed("/design add login").context
    return world


@pytest.fixture
def built(world: World) -> World:
    """A two-gates run whose plan is approved: it stands in implement."""
    world.typed("/work add login")
    world.write(f"{RUN}/plan.md", PLAN)
    world.typed("/approve")
    assert world.stage() == "implement"
    return world


def test_a_finished_design_moves_nothing_until_a_person_says_so(design: World) -> None:
    before = (design.tree / ".stagelock/stage.json").read_bytes()
    design.write(f"{RUN}/design.md", DESIGN)
    told = design.hook("Stop", {"last_assistant_message": "all done\nSTATUS: DONE"})
    assert "it is whole: /approve" in told.json["systemMessage"]
    assert (design.tree / ".stagelock/stage.json").read_bytes() == before
    assert design.tool("Write", {"file_path": str(design.tree / "src/x.py")}).denied
    assert "now in `architect`" in design.typed("/approve").context
    assert design.stage() == "architect"


def test_the_question_is_shown_once_for_each_content(design: World) -> None:
    design.write(f"{RUN}/design.md", DESIGN)
    assert "sha256" in design.hook("Stop", {}).json["systemMessage"]
    assert design.hook("Stop", {}).silent
    design.write(f"{RUN}/design.md", DESIGN + "\nmore\n")
    assert "changed since last" in design.hook("Stop", {}).json["systemMessage"]


def test_a_gate_that_stays_shut_names_everything_missing(world: World) -> None:
    world.typed("/scope add login")
    world.write(f"{RUN}/story.md", STORY)
    assert "design" in world.typed("/approve").context
    text = DESIGN.replace("## Risks", "## Rest").replace("AC-2", "the other")
    text += "\n```python\ndef f(x):\n    return x\n```\n"
    world.write(f"{RUN}/design.md", text)
    reason = world.typed("/approve").reason
    for words in ("no section `Risks`", "AC-2 is not covered", "implements: `return x`"):
        assert words in reason
    assert world.stage() == "design"


def test_only_the_next_stage_may_be_entered_and_typing_it_is_the_approval(design: World) -> None:
    reason = design.typed("/implement").reason
    assert "next is `architect`" in reason
    assert "the gate stays shut" in design.typed("/architect").reason
    design.write(f"{RUN}/design.md", DESIGN)
    assert "now in `architect`" in design.typed("/stage architect").context


def test_a_rejection_leads_back_and_its_reason_is_kept(built: World) -> None:
    built.hook("Stop", {"last_assistant_message": "built\nSTATUS: DONE"})
    assert built.stage() == "validate"
    reply = built.typed("/reject the second step fails")
    assert "back in `implement`" in reply.context
    rejected = [e for e in built.journal() if e["event"] == "rejected"]
    assert rejected[0]["why"] == "the second step fails"
    assert "needed" in built.typed("/reject").reason


@pytest.mark.parametrize(
    "last", ["done", "STATUS: BLOCKED", "STATUS: DONE\nnot quite", "", "status of done"]
)
def test_an_auto_gate_opens_only_on_the_status_line(built: World, last: str) -> None:
    built.hook("Stop", {"last_assistant_message": last})
    assert built.stage() == "implement"


def test_a_waiver_is_for_one_thing_once(design: World) -> None:
    design.write(f"{RUN}/design.md", DESIGN.replace("## Risks", "## Rest"))
    assert "it waits for: design.md#Risks" in design.typed("/waive AC-9 never heard").reason
    assert "A" in design.typed("/waive design.md#Risks").reason  # no reason given
    assert "waived once" in design.typed("/waive design.md#Risks no risk in a demo").context
    assert "now in `architect`" in design.typed("/approve").context
    approved = next(e for e in design.journal() if e["event"] == "approved")
    assert approved["waived"] == ["design.md#Risks"]
    assert json.loads((design.tree / ".stagelock/stage.json").read_text())["waivers"] == []


def test_a_waiver_that_was_not_needed_does_not_outlive_its_gate(design: World) -> None:
    design.write(f"{RUN}/design.md", DESIGN.replace("## Risks", "## Rest"))
    design.typed("/waive design.md#Risks later")
    design.write(f"{RUN}/design.md", DESIGN)
    design.typed("/approve")
    assert design.stage() == "architect"
    design.write(f"{RUN}/design.md", DESIGN.replace("## Risks", "## Rest"))
    assert "no section `Risks`" in design.typed("/approve").reason


def test_a_pause_opens_the_stage_but_not_the_locks_own_keys(design: World) -> None:
    write = {"file_path": str(design.tree / "src/x.py"), "content": "x"}
    assert design.tool("Write", write).denied
    assert "off for 5 minutes" in design.typed("/off 5 hotfix").context
    assert design.tool("Write", write).silent
    key = {"file_path": str(design.tree / ".stagelock/stage.json"), "content": "x"}
    assert "never/stagelock-state" in design.tool("Write", key).reason
    assert "on again" in design.typed("/off 0").context
    assert design.tool("Write", write).denied
    assert "reason is needed" in design.typed("/off 5").reason
    assert "at most" in design.typed("/off 9999 long").reason


def test_an_approved_artifact_that_changes_shuts_what_was_built_on_it(built: World) -> None:
    app = {"file_path": str(built.tree / "src/x.py"), "content": "x"}
    assert built.tool("Write", app).silent
    built.write(f"{RUN}/plan.md", PLAN + "\nand more\n")
    reply = built.tool("Write", app)
    assert "(rule implement/approval-stale)" in reply.reason
    assert f"approved, then changed: {RUN}/plan.md" in reply.reason
    assert built.tool("Bash", {"command": "python build.py"}).denied
    assert built.tool("Bash", {"command": "ls"}).silent
    assert built.tool("Read", {"file_path": str(built.tree / "x")}).silent
    plan = {"file_path": str(built.tree / RUN / "plan.md"), "content": PLAN}
    built.tool("Read", {"file_path": str(built.tree / RUN / "plan.md")})
    assert built.tool("Write", plan).silent
    assert "approved again" in built.typed("/approve").context
    assert built.stage() == "implement"
    assert built.tool("Write", app).silent


def test_a_forged_time_does_not_hide_a_change(built: World) -> None:
    plan = built.tree / RUN / "plan.md"
    before = plan.stat()
    plan.write_text(PLAN.replace("One handler", "Two handler"[:11]))
    os.utime(plan, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert plan.stat().st_size == before.st_size
    reply = built.tool("Write", {"file_path": str(built.tree / "src/x.py"), "content": "x"})
    assert "approval-stale" in reply.reason


def test_commits_made_in_a_stage_that_makes_none_are_named(design: World) -> None:
    design.write(".git/HEAD", "1" * 40 + "\n")
    design.write(f"{RUN}/design.md", DESIGN)
    assert "commits ..111111111111 were made in it, unreviewed" in design.typed("/approve").context
    approved = next(e for e in design.journal() if e["event"] == "approved")
    assert approved["unreviewed"] == "..111111111111"


def test_an_artifact_put_back_as_it_was_needs_no_new_approval(built: World) -> None:
    app = {"file_path": str(built.tree / "src/x.py"), "content": "x"}
    built.write(f"{RUN}/plan.md", "gone\n")
    assert built.tool("Write", app).denied
    built.write(f"{RUN}/plan.md", PLAN)
    assert built.tool("Write", app).silent


def test_a_file_is_read_before_it_is_changed(built: World) -> None:
    built.write("src/app.py", "x = 1\n")
    app = {"file_path": str(built.tree / "src/app.py")}
    assert "(rule implement/read-first)" in built.tool("Edit", app).reason
    assert built.tool("Write", {"file_path": str(built.tree / "src/new.py")}).silent
    built.tool("Read", app)
    assert built.tool("Edit", app).silent
    built.write("src/other.py", "y = 1\n")
    built.tool("Bash", {"command": "cat src/other.py"})
    assert built.tool("Edit", {"file_path": str(built.tree / "src/other.py")}).silent


def test_a_run_may_bear_the_name_of_one_that_left_nothing(design: World) -> None:
    design.typed("/abandon to start otherwise")
    design.typed("/work add login")
    design.write(f"{RUN}/plan.md", PLAN)
    design.typed("/approve")
    assert design.stage() == "implement"


def test_the_end_of_the_run_leaves_the_machine_idle(built: World) -> None:
    built.hook("Stop", {"last_assistant_message": "STATUS: DONE"})
    built.write(f"{RUN}/closeout.md", CLOSEOUT)
    assert "the run is done" in built.typed("/approve").context
    assert not (built.state / "live").exists()
    assert built.tool("Write", {"file_path": str(built.tree / "src/x.py")}).silent
    assert [e["event"] for e in built.journal()] == [
        "started", "approved", "entered", "passed", "entered", "approved", "done",
    ]  # fmt: skip


def test_an_approval_records_who_which_door_what_and_when(design: World) -> None:
    design.write(".git/HEAD", "0123456789012345678901234567890123456789\n")
    design.write(f"{RUN}/design.md", DESIGN)
    design.typed("/approve")
    approved = next(e for e in design.journal() if e["event"] == "approved")
    assert approved["door"] == "typed"
    assert approved["by"]
    assert approved["head"] == "0123456789012345678901234567890123456789"
    assert list(approved["artifacts"]) == [f"{RUN}/design.md"]
    assert approved["at"].endswith("Z")


@pytest.mark.parametrize("source", ["startup", "resume", "compact", "clear"])
def test_a_session_is_told_where_the_run_stands(design: World, source: str) -> None:
    reply = design.hook("SessionStart", {"source": source})
    for words in ("run `add-login`", "stage `design`", "design.md", "/approve"):
        assert words in reply.context
    assert len(reply.context.split()) <= 150
    assert reply.json["hookSpecificOutput"]["sessionTitle"] == "[design] add-login"


def test_a_subagent_is_told_too_and_an_internal_fork_is_not(design: World) -> None:
    told = design.hook("SubagentStart", {"agent_id": "a", "agent_type": "helper"})
    assert "stage `design`" in told.context
    assert design.hook("SubagentStart", {"agent_id": "a", "agent_type": ""}).silent


def test_a_second_run_is_not_started_over_a_live_one(design: World) -> None:
    assert "is live in stage `design`" in design.typed("/work other").reason
    assert "next is `architect`" in design.typed("/explore other").reason


def test_a_stage_typed_in_the_last_one_is_told_how_the_run_ends(world: World) -> None:
    world.typed("/quick a comment")
    world.hook("Stop", {"last_assistant_message": "STATUS: DONE"})
    assert world.stage() == "verify"
    reason = world.typed("/stage change").reason
    assert "its last: /approve ends it well, /abandon REASON breaks it off" in reason


def test_words_that_lead_nowhere_say_what_does(world: World) -> None:
    assert "/work, /scope, /design" in world.typed("/approve").reason
    assert "no workflow starts at `implement`" in world.typed("/implement").reason
    assert "there are: lifecycle" in world.typed("/start nothing").reason
    assert "no run is live" in world.typed("/stage").reason
