"""Stop reminds and never loops; the durable block is at the gates; three failures ask a person."""

from typing import Any

import pytest

from tests.support.checked import COMMAND, CONFIG, bash, begin, ends, start
from tests.support.world import World

ONE = f"checks: [{{name: tests, command: {COMMAND}}}]\n"
FAILS = "echo nothing works; exit 1\n"


@pytest.fixture
def one(world: World) -> World:
    """A `quick` run with one check, a first edit made and nothing run."""
    begin(world, "quick", "fix src/app.py and check.sh", ONE)
    world.write("src/app.py", "x = 1\n")
    return world


def _events(world: World, event: str) -> list[dict[str, Any]]:
    return [entry for entry in world.journal() if entry["event"] == event]


# --- stop -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["STATUS: DONE", "all tests pass", "", "STATUS: DONE_WITH_CONCERNS - slow"]
)
def test_an_unverified_tree_is_sent_back(one: World, text: str) -> None:
    reply = ends(one, text)
    assert reply.json["decision"] == "block"
    assert "stage `change` is not done: check `tests` has not been seen to pass" in reply.reason
    assert "next: run `stagelock verify` as a call of its own" in reply.reason


@pytest.mark.parametrize(
    "text", ["STATUS: NEEDS_CONTEXT - which port?", "I tried.\nSTATUS: BLOCKED - no network"]
)
def test_who_waits_for_a_person_is_let_go(one: World, text: str) -> None:
    assert ends(one, text).silent


def test_two_reminders_without_progress_and_then_the_person_is_told_once(one: World) -> None:
    assert ends(one, "done").json["decision"] == "block"
    assert ends(one, "done", stop_hook_active=True).json["decision"] == "block"
    last = ends(one, "done", stop_hook_active=True)
    assert "decision" not in last.json
    assert "reminded 2 times in vain, let go" in last.json["systemMessage"]
    assert "the gate stays shut (stagelock verify)" in last.json["systemMessage"]
    assert ends(one, "done").silent
    assert [len(_events(one, e)) for e in ("reminded", "let-go")] == [2, 1]
    one.hook("Stop", {"last_assistant_message": "STATUS: DONE"})
    assert one.stage() == "change"


def test_progress_earns_new_reminders_but_never_without_end(one: World) -> None:
    blocked = 0
    for n in range(20):
        one.write("src/app.py", f"x = {n}\n")
        blocked += ends(one, "done", prompt_id="p1").json.get("decision") == "block"
    assert blocked == 6
    assert ends(one, "done", prompt_id="p2").json["decision"] == "block"


def test_new_evidence_is_progress(one: World) -> None:
    one.write("check.sh", FAILS)
    for _ in range(2):
        ends(one, "working")
    bash(one, COMMAND)
    assert "check `tests` failed (exit 1)" in ends(one, "working").reason


def test_an_untouched_tree_owes_nothing_but_a_claim_is_held_to_it(world: World) -> None:
    begin(world, "quick", "x", ONE)
    assert ends(world, "Where is the login?").silent
    assert ends(world, "STATUS: DONE").json["decision"] == "block"


def test_a_stage_that_owes_no_checks_is_left_alone(world: World) -> None:
    begin(world, "lifecycle", "x", ONE)
    world.write("src/app.py", "x")
    assert ends(world, "STATUS: DONE").silent


def test_a_person_who_paused_the_rules_hears_of_no_checks(one: World) -> None:
    one.typed("/off trying things")
    assert ends(one, "STATUS: DONE").json.get("decision") != "block"


def test_a_check_that_only_a_person_can_declare_is_not_asked_of_the_agent(world: World) -> None:
    stage = "purpose: x, produces: x, must_not: x, checks: [types], gate: human, next: [], "
    stage += "allow: [{id: all, tools: [edit], shell: [run], because: x}]"
    own = f"workflow: own\nsummary: x\nenter: [build]\nstages:\n  build: {{{stage}}}\n"
    world.write(".stagelock/workflows/own.yaml", own)
    begin(world, "own", "x", ONE)
    assert ends(world, "STATUS: DONE").silent
    assert "check `types` is not declared" in world.typed("/approve").reason


def test_background_work_blocks_nothing(one: World) -> None:
    task = {"id": "a1", "type": "subagent", "status": "running", "description": "x"}
    assert ends(one, "STATUS: DONE", background_tasks=[task]).json.get("decision") != "block"
    over = {**task, "status": "completed"}
    assert ends(one, "STATUS: DONE", background_tasks=[over]).json["decision"] == "block"


def test_the_transcript_is_not_read(one: World) -> None:
    """A pipe in its place would hang whoever opened it."""
    import os

    pipe = one.home / "transcript.jsonl"
    os.mkfifo(pipe)
    reply = ends(one, "STATUS: DONE", transcript_path=str(pipe), agent_transcript_path=str(pipe))
    assert reply.json["decision"] == "block"


def test_only_the_missing_checks_are_named(world: World) -> None:
    begin(world, "quick", "fix src/app.py", CONFIG.replace(", gates: [commit]", ""))
    world.write("src/app.py", "x")
    world.write("check.sh", "exit 1\n")
    assert "`stagelock verify`" in ends(world, "done").reason
    bash(world, "stagelock verify")
    reply = ends(world, "done")
    assert "`stagelock verify tests`" in reply.reason
    assert "lint" not in reply.reason


def test_a_subagent_that_wrote_is_reminded_and_one_that_only_read_is_not(one: World) -> None:
    who = {"agent_id": "a7", "agent_type": "builder"}
    assert ends(one, "STATUS: DONE", "SubagentStop", **who).silent
    one.tool("Read", {"file_path": str(one.tree / "src/app.py")}, **who)
    assert ends(one, "STATUS: DONE", "SubagentStop", **who).silent
    assert one.tool(
        "Write", {"file_path": str(one.tree / "src/new.py"), "content": "x"}, **who
    ).silent
    own = {"id": "a7", "type": "subagent", "status": "running"}
    reply = ends(one, "STATUS: DONE", "SubagentStop", **who, background_tasks=[own])
    assert reply.json["decision"] == "block"
    assert "has not been seen to pass" in reply.reason
    other = {"agent_id": "a8", "agent_type": "builder"}
    assert ends(one, "STATUS: DONE", "SubagentStop", **other).silent
    fork = {"agent_id": "a7", "agent_type": ""}
    assert ends(one, "STATUS: DONE", "SubagentStop", **fork).silent


def test_a_change_that_nobody_named_is_asked_about_once(one: World) -> None:
    one.write("src/other.py", "x\n")
    bash(one, COMMAND)
    reply = ends(one, "STATUS: DONE")
    assert reply.json["decision"] == "block"
    assert "neither plan nor prompt named it: src/other.py" in reply.reason
    assert "src/app.py" not in reply.reason
    assert "now in `verify`" in ends(one, "It belongs.\nSTATUS: DONE").json["systemMessage"]


def test_what_a_later_prompt_names_is_named(one: World) -> None:
    one.hook("UserPromptSubmit", {"prompt": "and change src/other.py too"})
    one.write("src/other.py", "x\n")
    bash(one, COMMAND)
    assert "now in `verify`" in ends(one, "STATUS: DONE").json["systemMessage"]


# --- commit, push, release ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    ["git commit -m x", "git add -A && git commit -m x", "git push", "git tag v1", "git merge x",
     "gh pr create --fill", "git push origin main"],
)  # fmt: skip
def test_version_control_stands_behind_evidence(one: World, command: str) -> None:
    refused, _ = bash(one, command)
    assert refused.denied
    assert "(rule change/unverified)" in refused.reason
    assert "check `tests` has not been seen to pass" in refused.reason
    assert "next: run `stagelock verify` until it is green" in refused.reason
    bash(one, "stagelock verify")
    assert one.tool("Bash", {"command": command}).silent
    one.write("src/app.py", "x = 2\n")
    assert "the tree changed since" in one.tool("Bash", {"command": command}).reason


def test_a_gate_takes_only_the_checks_declared_for_it(world: World) -> None:
    begin(world, "quick", "x")
    bash(world, COMMAND)
    assert "check `lint` has not" in world.tool("Bash", {"command": "git commit -m x"}).reason
    assert world.tool("Bash", {"command": "git push"}).silent


@pytest.mark.parametrize(
    "command",
    ["make gen; git commit -am x", "git checkout HEAD~1 -- src; git commit -am x",
     "git merge topic; git push", "echo x > src/app.py && git commit -am x",
     "git switch main && git commit -am x",
     "git stash pop && git commit -am x"],
)  # fmt: skip
def test_a_call_that_also_changes_the_tree_is_refused(one: World, command: str) -> None:
    bash(one, "stagelock verify")
    reply = one.tool("Bash", {"command": command})
    assert "(rule change/unverified)" in reply.reason
    assert "next: run the other commands first; then git " in reply.reason


@pytest.mark.parametrize(
    "command",
    ["git add -A && git commit -m x && git push -u origin topic", "git tag v1 && git push --tags",
     "bash -c 'git commit -am x'", "git commit -am x && git status"],
)  # fmt: skip
def test_a_call_that_leaves_the_tree_as_it_was_looked_at_passes(one: World, command: str) -> None:
    bash(one, "stagelock verify")
    assert one.tool("Bash", {"command": command}).silent


@pytest.mark.parametrize(
    "command",
    [
        "git add -A && git commit -m 'a: b'",
        "git commit -m \"$(cat <<'EOF'\na: b\n\nwhy\nEOF\n)\"",
        "git status --short && git commit -am x && git log -1",
        "git -C . commit -am x",
    ],
)
def test_a_commit_as_agents_write_it_passes_once_it_is_verified(one: World, command: str) -> None:
    assert "(rule change/unverified)" in one.tool("Bash", {"command": command}).reason
    bash(one, "stagelock verify")
    assert one.tool("Bash", {"command": command}).silent


def test_a_repository_with_hooks_of_its_own_commits_too(one: World) -> None:
    """What the repository's configuration starts (husky) makes git no other command."""
    one.write(".git/config", "[core]\n\thooksPath = .husky\n")
    bash(one, "stagelock verify")
    assert one.tool("Bash", {"command": "git commit -m x"}).silent


def test_staging_is_no_commit(one: World) -> None:
    for command in ("git add -A", "git stash", "git switch -c x", "git log --grep=commit"):
        assert one.tool("Bash", {"command": command}).silent


def test_what_a_person_waived_no_longer_stands_before_a_commit(one: World) -> None:
    assert one.tool("Bash", {"command": "git commit -m x"}).denied
    assert "waived once" in one.typed("/waive tests no runner here").context
    assert one.tool("Bash", {"command": "git commit -m x"}).silent


def test_a_waiver_passes_an_auto_gate_once(one: World) -> None:
    one.typed("/waive tests no runner here")
    assert "now in `verify`" in ends(one, "STATUS: DONE").json["systemMessage"]
    assert [e["waived"] for e in _events(one, "passed")] == [["tests"]]
    assert "check `tests` has not been seen" in one.typed("/approve").reason


def test_without_checks_version_control_is_as_before(world: World) -> None:
    world.typed("/quick x")
    assert world.tool("Bash", {"command": "git commit -m x"}).silent


# --- escalation -----------------------------------------------------------------------------------


def _fail(world: World, n: int) -> Any:
    world.write("src/app.py", f"x = {n}\n")
    bash(world, COMMAND)
    return ends(world, f"I turned the other knob.\nSTATUS: DONE_WITH_CONCERNS - try {n}")


def test_three_failures_of_one_gate_hand_the_run_to_a_person(one: World) -> None:
    one.write("check.sh", FAILS)
    assert _fail(one, 1).json["decision"] == "block"
    assert _fail(one, 2).json["decision"] == "block"
    last = _fail(one, 3)
    assert "decision" not in last.json
    assert "escalated: the gate `stage` failed 3 times" in last.json["systemMessage"]
    report = (one.tree / ".stagelock/evidence/escalation.md").read_text()
    assert "failed after 3 attempts" in report
    assert "| 3 |" in report
    assert "| tests | src/app.py |" in report
    assert "I turned the other knob." in report
    assert "nothing works" in report
    for heading in ("Failure history", "Root cause assessment", "Options", "Recommendation"):
        assert f"### {heading}\n" in report


@pytest.fixture
def stuck(one: World) -> World:
    """A run that has failed three times."""
    one.write("check.sh", FAILS)
    for n in range(3):
        _fail(one, n)
    return one


def test_an_escalated_run_takes_no_further_attempt(stuck: World) -> None:
    write = {"file_path": str(stuck.tree / "src/new.py"), "content": "x"}
    for tool, given in (
        ("Write", write),
        ("Bash", {"command": COMMAND}),
        ("Agent", {"prompt": "x"}),
    ):
        reply = stuck.tool(tool, given)
        assert "(rule change/escalated)" in reply.reason
        assert "/reject GUIDANCE" in reply.reason
    assert stuck.tool("Read", {"file_path": str(stuck.tree / "src/app.py")}).silent
    assert stuck.tool("Bash", {"command": "git diff"}).silent
    assert ends(stuck, "STATUS: BLOCKED - a person").silent
    assert ends(stuck, "STATUS: DONE").json.get("decision") != "block"
    assert stuck.stage() == "change"


@pytest.mark.parametrize("word", ["/reject look at the port", "/waive tests the runner is down"])
def test_a_person_decides_how_it_goes_on(stuck: World, word: str) -> None:
    assert stuck.typed(word).json.get("decision") != "block"
    assert stuck.tool("Write", {"file_path": str(stuck.tree / "src/new.py"), "content": "x"}).silent


def test_the_same_failure_claimed_twice_is_one_attempt(one: World) -> None:
    one.write("check.sh", FAILS)
    bash(one, COMMAND)
    for _ in range(4):
        ends(one, "STATUS: DONE")
    assert len(_events(one, "attempt")) == 1
    assert _events(one, "escalated") == []


def test_failing_tests_while_working_are_no_attempt(one: World) -> None:
    one.write("check.sh", FAILS)
    for n in range(5):
        one.write("src/app.py", f"x = {n}\n")
        bash(one, COMMAND)
    assert _events(one, "attempt") == []


def test_three_commits_against_failed_checks_escalate_too(one: World) -> None:
    one.write("check.sh", FAILS)
    for n in range(3):
        one.write("src/app.py", f"x = {n}\n")
        bash(one, COMMAND)
        reply = one.tool("Bash", {"command": "git commit -m x"})
    assert "escalated: the gate `commit` failed 3 times" in reply.reason
    assert "(rule change/escalated)" in one.tool("Bash", {"command": "git commit -m x"}).reason


def test_an_escalation_is_seen_by_status_and_ends_with_the_stage(stuck: World) -> None:
    stuck.write("check.sh", "exit 0\n")
    stuck.typed("/reject mend check.sh")
    bash(stuck, COMMAND)
    assert "now in `verify`" in ends(stuck, "STATUS: DONE").json["systemMessage"]
    assert start(stuck, "/quick again").json["decision"] == "block"  # the run is live as ever
