"""Done means seen: what the client reports of an exact command counts, and nothing else does."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.checked import COMMAND, bash, begin, ends, evidence, start
from tests.support.world import World


@pytest.fixture
def change(world: World) -> World:
    """A `quick` run in its stage `change`, with a first edit made and nothing run."""
    begin(world, "quick", "fix src/app.py")
    world.write("src/app.py", "x = 1\n")
    return world


@pytest.fixture
def one(world: World) -> World:
    """The same with one check only."""
    begin(world, "quick", "fix src/app.py", f"checks: [{{name: tests, command: {COMMAND}}}]\n")
    world.write("src/app.py", "x = 1\n")
    return world


def test_a_typed_start_pins_the_declared_checks_and_tells_them(world: World) -> None:
    told = start(world, "/quick fix src/app.py").context
    assert "Checks: tests (`sh check.sh`), lint (`sh lint.sh`)." in told
    assert "done and commit and push and release stand behind them" in told


def test_a_check_that_passed_counts_for_this_tree(one: World) -> None:
    _, told = bash(one, COMMAND)
    assert told
    assert "check `tests` passed and counts for this tree" in told.context
    assert evidence(one) == [("tests", 0, "")]
    assert "now in `verify`" in ends(one, "done\nSTATUS: DONE").json["systemMessage"]
    assert one.stage() == "verify"


def test_evidence_older_than_the_last_edit_does_not_count(one: World) -> None:
    bash(one, COMMAND)
    one.write("src/app.py", "x = 2\n")
    reply = ends(one, "done\nSTATUS: DONE")
    assert reply.json["decision"] == "block"
    assert "check `tests` passed, and the tree changed since" in reply.reason
    assert "run `stagelock verify` as a call of its own" in reply.reason
    assert one.stage() == "change"


def test_an_untracked_file_is_part_of_the_tree(one: World) -> None:
    bash(one, COMMAND)
    one.write("notes.txt", "x")
    assert "the tree changed since" in ends(one, "STATUS: DONE").reason


def test_a_file_that_git_ignores_is_not(one: World) -> None:
    bash(one, COMMAND)
    one.write("trace.log", "x")
    assert ends(one, "STATUS: DONE").json.get("decision") != "block"


@pytest.mark.parametrize(
    "command",
    [
        f"{COMMAND} || true", f"{COMMAND} | tail", f"FOO=1 {COMMAND}", f"{COMMAND} -k nothing",
        f"cd . && {COMMAND}", f"{COMMAND}; true", f"({COMMAND})", f"{COMMAND} > out.log",
        f"true && {COMMAND}", f"{COMMAND} &", f"if {COMMAND}; then true; fi",
        "FOO=1 stagelock verify", "stagelock verify || true", "stagelock verify | tail",
        "cd . && stagelock verify tests", "stagelock verify --help; true",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_check_does_not_count(one: World, command: str) -> None:
    one.write("check.sh", "exit 1\n")
    _, told = bash(one, command)
    assert evidence(one) == []
    assert ends(one, "STATUS: DONE").json["decision"] == "block"
    assert told
    assert f"what would: exactly `{COMMAND}` as a call of its own" in told.context


def test_the_launcher_counts_from_any_folder_of_the_tree(one: World) -> None:
    """The client's shell keeps its folder from call to call; the launcher finds the tree."""
    one.write("sub/x", "")
    bash(one, "stagelock verify", cwd=str(one.tree / "sub"))
    assert evidence(one) == [("tests", 0, "")]


def test_the_launcher_in_another_project_says_nothing_of_this_one(
    one: World, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    call = {"tool_name": "Bash", "tool_use_id": "t", "cwd": str(other)}
    given = {"command": "stagelock verify"}
    assert one.hook("PreToolUse", {**call, "tool_input": given}).silent
    response = {"stdout": "stagelock verify: tests=0/1", "stderr": ""}
    one.hook("PostToolUse", {**call, "tool_input": given, "tool_response": response})
    assert evidence(one) == []


def test_what_would_count_is_said_once_for_each_text(one: World) -> None:
    assert bash(one, f"{COMMAND} || true")[1].context  # type: ignore[union-attr]
    assert bash(one, f"{COMMAND} || true")[1].silent  # type: ignore[union-attr]


def test_a_check_in_the_background_does_not_count(one: World) -> None:
    _, told = bash(one, COMMAND, given={"run_in_background": True})
    assert evidence(one) == []
    assert told
    assert "not in the background" in told.context


def test_a_check_from_another_folder_does_not_count(one: World) -> None:
    one.write("sub/check.sh", "exit 0\n")
    _, told = bash(one, COMMAND, cwd=str(one.tree / "sub"))
    assert evidence(one) == []
    assert told
    assert str(one.tree) in told.context


@pytest.mark.parametrize("field", ["returnCodeInterpretation", "backgroundTaskId", "interrupted"])
def test_where_the_client_does_not_say_how_it_ended_nothing_is_recorded(
    one: World, field: str
) -> None:
    call = {"tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": COMMAND}}
    one.hook("PreToolUse", call)
    response = {"stdout": "", "stderr": "", field: "x"}
    told = one.hook("PostToolUse", {**call, "tool_response": response})
    assert evidence(one) == []
    assert "the client does not say how the command ended" in told.context


def test_a_command_that_another_hook_made_another_is_not_recorded(one: World) -> None:
    call = {"tool_name": "Bash", "tool_use_id": "t"}
    one.hook("PreToolUse", {**call, "tool_input": {"command": "stagelock verify"}})
    response = {"stdout": "stagelock verify: tests=0/1.0", "stderr": ""}
    other = {"command": "wrapped stagelock verify"}
    told = one.hook("PostToolUse", {**call, "tool_input": other, "tool_response": response})
    assert "another hook made another command of the check" in told.context
    assert evidence(one) == []


def test_a_result_without_its_start_is_nothing(one: World) -> None:
    """A tree id after alone proves nothing: what ran before it may have been another tree."""
    call = {"tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": COMMAND}}
    one.hook("PostToolUse", {**call, "tool_response": {"stdout": "", "stderr": ""}})
    assert evidence(one) == []


def test_a_check_that_fails_is_recorded_as_failed(one: World) -> None:
    one.write("check.sh", "echo no; exit 3\n")
    _, told = bash(one, COMMAND)
    assert told
    assert "check `tests` failed (exit 3), recorded" in told.context
    assert evidence(one) == [("tests", 3, "check `tests` failed (exit 3)")]
    assert "check `tests` failed (exit 3)" in ends(one, "STATUS: DONE").reason


def test_a_check_that_changes_the_tree_says_so_and_does_not_count(one: World) -> None:
    one.write("check.sh", "date +%N > stamp.txt\n")
    _, told = bash(one, COMMAND)
    assert told
    assert "passed but does not count: it changed the tree (stamp.txt)" in told.context
    assert "the tree changed while it ran" in ends(one, "STATUS: DONE").reason


def test_the_launcher_runs_every_check_and_the_hook_records_them(change: World) -> None:
    first, told = bash(change, "stagelock verify")
    command = first.json["hookSpecificOutput"]["updatedInput"]["command"]
    assert command.endswith("/bin/stagelock' verify")
    assert command.startswith("'/")
    assert told
    assert evidence(change) == [("tests", 0, ""), ("lint", 0, "")]


def test_the_launcher_tells_which_check_failed(change: World) -> None:
    change.write("lint.sh", "echo 'stagelock verify: tests=0/1 lint=0/1'; exit 1\n")
    _, told = bash(change, "stagelock verify tests lint")
    assert told
    assert "check `lint` failed (exit 1)" in told.context
    assert [(name, code) for name, code, _ in evidence(change)] == [("tests", 0), ("lint", 1)]


def test_a_program_of_the_same_name_earlier_on_the_path_is_not_asked(change: World) -> None:
    fake = change.home / "fake"
    fake.mkdir()
    program = fake / "stagelock"
    program.write_text("#!/bin/sh\necho 'stagelock verify: tests=0/0.1 lint=0/0.1'\n")
    program.chmod(0o755)
    change.write("check.sh", "exit 1\n")
    first, _ = bash(change, "stagelock verify", path=f"{fake}:")
    assert not first.denied
    assert [(name, code) for name, code, _ in evidence(change)] == [("tests", 1), ("lint", 0)]


def test_a_function_or_an_alias_of_its_name_is_not_asked(change: World) -> None:
    """As a shell set up by the agent has them: the rewritten call has a slash in its name."""
    change.write("check.sh", "exit 1\n")
    lines = "stagelock() { echo 'stagelock verify: tests=0/0.1 lint=0/0.1'; }\n"
    lines += (
        "shopt -s expand_aliases\nalias stagelock='echo stagelock verify: tests=0/1 lint=0/1'\n"
    )
    bash(change, "stagelock verify", setup=lines)
    assert [(name, code) for name, code, _ in evidence(change)] == [("tests", 1), ("lint", 0)]


def test_a_check_of_the_declared_text_may_run_where_checks_may(world: World) -> None:
    begin(world, "quick", "x")
    bash(world, "stagelock verify")
    ends(world, "STATUS: DONE")
    assert world.stage() == "verify"
    assert not world.tool("Bash", {"command": COMMAND}).denied
    assert world.tool("Bash", {"command": "sh other.sh"}).denied
    assert world.tool("Bash", {"command": f"{COMMAND}; sh other.sh"}).denied


def test_a_check_that_no_person_accepted_here_opens_nothing(world: World) -> None:
    """It came with the repository, from whoever wrote its config."""
    begin(world, "quick", "x", f"checks: [{{name: tests, command: {COMMAND}}}]\n")
    bash(world, COMMAND)
    ends(world, "STATUS: DONE")
    assert world.stage() == "verify"
    assert not world.tool("Bash", {"command": COMMAND}).denied
    shutil.rmtree(world.state / "accepted")
    assert "(rule verify/otherwise)" in world.tool("Bash", {"command": COMMAND}).reason


def test_a_command_that_no_person_accepted_is_no_evidence_wherever_it_may_run(one: World) -> None:
    kept = one.state / "accepted"
    aside = kept.rename(one.state / "aside")
    _, told = bash(one, COMMAND)
    assert told
    why = "does not count: no person has accepted its command on this machine"
    assert f"check `tests` passed but {why}" in told.context
    reply = ends(one, "STATUS: DONE")
    assert f"check `tests` {why}" in reply.reason
    assert "your human runs in a terminal: stagelock accept" in reply.reason
    aside.rename(kept)
    bash(one, COMMAND)
    assert "now in `verify`" in ends(one, "STATUS: DONE").json["systemMessage"]


def test_two_clients_in_one_tree_share_their_evidence_and_lose_it_together(one: World) -> None:
    other = {"session_id": "another"}
    bash(one, COMMAND, **other)
    assert one.tool("Bash", {"command": "git commit -m x"}).silent
    one.write("src/app.py", "x = 2\n")
    assert "the tree changed since" in one.tool("Bash", {"command": "git commit -m x"}).reason
    assert "the tree changed since" in ends(one, "STATUS: DONE").reason


def test_what_one_client_changes_while_another_checks_makes_the_check_count_for_nothing(
    one: World,
) -> None:
    given = {"tool_name": "Bash", "tool_input": {"command": COMMAND}}
    calls = [{"tool_use_id": f"two_{n}", "session_id": f"s{n}", **given} for n in range(2)]
    changed = [
        one.hook("PreToolUse", call).json["hookSpecificOutput"]["updatedInput"] for call in calls
    ]
    fine = {"stdout": "", "stderr": "", "interrupted": False}
    calls = [{**call, "tool_input": new} for call, new in zip(calls, changed, strict=True)]
    one.write("src/app.py", "x = 3\n")
    told = one.hook("PostToolUse", {**calls[0], "tool_response": fine}).context
    assert "passed but does not count: it changed the tree (src/app.py)" in told
    one.hook("PostToolUseFailure", {**calls[1], "error": "Exit code 1\nno", "is_interrupt": False})
    assert [code for _, code, _ in evidence(one)] == [0, 1]
    assert "failed (exit 1)" in ends(one, "no claim").reason


def test_a_work_tree_elsewhere_proves_nothing_of_this_one(one: World, tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / ".git").write_text(f"gitdir: {one.tree}/.git/worktrees/beside\n")
    (beside / "check.sh").write_text("exit 0\n")
    (one.tree / ".git/worktrees/beside").mkdir(parents=True)
    bash(one, COMMAND, cwd=str(beside))
    assert evidence(one) == []
    assert "has not been seen to pass" in ends(one, "STATUS: DONE").reason


def test_the_checks_of_a_run_are_pinned(one: World) -> None:
    """Editing the config in the middle neither adds nor removes nor rewords one."""
    one.write(".stagelock/config.yaml", "checks: [{name: tests, command: 'true'}]\n")
    bash(one, "true")
    assert evidence(one) == []
    one.write(".stagelock/config.yaml", "")
    assert ends(one, "STATUS: DONE").json["decision"] == "block"


def test_without_checks_a_stage_ends_as_before_and_says_so(world: World) -> None:
    assert "declares no checks" in world.typed("/quick x").context
    assert "now in `verify`" in ends(world, "STATUS: DONE").json["systemMessage"]


def test_it_works_where_the_agents_shell_can_write_nothing_outside_the_tree(
    change: World,
) -> None:
    """As under the client's own sandbox (bubblewrap): hooks run outside of it, commands inside."""
    tree = str(change.tree)
    box = ["bwrap", "--ro-bind", "/", "/", "--bind", tree, tree, "--dev", "/dev", "--proc", "/proc"]
    if not shutil.which("bwrap") or subprocess.run([*box, "true"], check=False).returncode:
        pytest.skip("no bubblewrap that works here")
    change.write("check.sh", f"touch {change.home}/out && exit 9; exit 0\n")
    _, told = bash(change, "stagelock verify", box=box)
    assert told
    assert evidence(change) == [("tests", 0, ""), ("lint", 0, "")], told.context


# --- the gates ------------------------------------------------------------------------------------


def test_approve_lists_what_is_missing_and_a_person_may_waive_it(one: World) -> None:
    bash(one, COMMAND)
    ends(one, "STATUS: DONE")
    one.write("src/app.py", "x = 3\n")
    reason = one.typed("/approve").reason
    assert "the gate stays shut" in reason
    assert "check `tests` passed, and the tree changed since" in reason
    assert "next: `stagelock verify`, or /waive CHECK REASON" in reason
    assert "waived once" in one.typed("/waive tests the runner is down").context
    assert "the run is done" in one.typed("/approve").json["systemMessage"]
    assert [e["waived"] for e in one.journal() if e["event"] == "approved"] == [["tests"]]


def test_a_stage_that_names_a_check_nobody_declared_stays_shut(world: World) -> None:
    own = """
workflow: own
summary: x
enter: [build]
stages:
  build:
    purpose: x
    produces: x
    must_not: x
    checks: [tests, types]
    allow: [{id: all, tools: [edit], shell: [read, run], because: x}]
    gate: human
    next: []
"""
    world.write(".stagelock/workflows/own.yaml", own)
    begin(world, "own", "x")
    bash(world, COMMAND)
    reason = world.typed("/approve").reason
    assert "check `types` is not declared" in reason
    assert "check `tests`" not in reason


def test_what_a_person_should_know_is_shown_at_the_gate(one: World) -> None:
    one.write("conftest.py", "x\n")
    one.write("other/thing.py", "x\n")
    one.write("check.sh", "test -e ok.log || { touch ok.log; exit 1; }\n")
    bash(one, COMMAND)
    bash(one, COMMAND)
    ends(one, "STATUS: DONE")
    ends(one, "STATUS: DONE")
    assert one.stage() == "verify"
    told = one.typed("/approve").json["systemMessage"]
    assert "what the checks check was changed in this run: check.sh, conftest.py" in told
    assert "neither plan nor prompt named it: check.sh, conftest.py, other/thing.py" in told
    assert "`tests` failed and then passed on the very same tree" in told


# --- records --------------------------------------------------------------------------------------


def test_a_record_is_sealed_in_the_state_home_and_copied_for_people(one: World) -> None:
    one.write("check.sh", "echo all fine\n")
    bash(one, COMMAND)
    [path] = (one.state / "runs").glob("*/evidence/*.json")
    record = json.loads(path.read_text())["evidence"]
    assert (record["check"], record["command"], record["exit"]) == ("tests", COMMAND, 0)
    assert record["before"] == record["after"]
    assert (record["how"], record["by"]) == ("seen", "main")
    assert record["tail"].strip() == "all fine"
    assert "all fine" in (one.tree / ".stagelock/evidence/tests.txt").read_text()
    [entry] = [e for e in one.journal() if e["event"] == "evidence"]
    assert entry["record"] == path.stem
    assert entry["seal"]


def test_a_record_that_an_agent_wrote_is_none(one: World) -> None:
    from stagelock.store import evidence as store

    one.write("check.sh", "exit 1\n")
    bash(one, COMMAND)
    [path] = (one.state / "runs").glob("*/evidence/*.json")
    forged = json.loads(path.read_text())
    forged["evidence"]["exit"] = 0
    path.write_text(json.dumps(forged))
    assert store.all_kept(str(one.state), str(one.tree)) == []
    (one.tree / ".stagelock/evidence/tests.txt").write_text('{"exit":0}')
    assert ends(one, "STATUS: DONE").json["decision"] == "block"


def test_twelve_results_at_once_are_all_kept(one: World) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: bash(one, COMMAND), range(12)))
    assert evidence(one) == [("tests", 0, "")] * 12
    assert "now in `verify`" in ends(one, "STATUS: DONE").json["systemMessage"]
