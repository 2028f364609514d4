"""Units built side by side, each in a worktree of its own, and how they come together."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stagelock.store import files, home
from tests.support.agents import Agent
from tests.support.checked import bash
from tests.support.command import environment
from tests.support.executed import DONE, WORK, Executed


@pytest.fixture
def run(tmp_path: Path) -> Executed:
    """The five units' run, WU-001 committed and both checkpoints ended."""
    run = Executed(tmp_path)
    run.carries("WU-001")
    run.typed("/approve")
    run.typed("/approve")
    return run


def _pair(run: Executed) -> tuple[Agent, Agent]:
    return run.builds_apart("WU-002"), run.builds_apart("WU-003")


def test_two_units_are_built_apart_and_come_together_one_at_a_time(run: Executed) -> None:
    two, three = _pair(run)
    assert not (run.tree / WORK["WU-002"]).exists()
    assert "WU-002 is validated" in run.verified("WU-002")
    assert "WU-003 is validated" in run.verified("WU-003")
    told = run.judged("WU-002").context
    assert "WU-002 is joined; every check runs again on the joined tree" in told
    assert run.at("WU-002") == "validate, attempt 1/3"
    assert (run.tree / WORK["WU-002"]).read_text() == "done = 1\n"
    told = run.judged("WU-003").context
    assert run.at("WU-003") == "commit, attempt 1/3"
    assert not (run.tree / WORK["WU-003"]).exists(), "one at a time"
    assert run.commits("WU-002").denied, "not verified on the joined tree"
    assert "holds on the joined tree" in run.checks()
    run.commits("WU-002")
    assert run.at("WU-002") == "done"
    assert (run.tree / WORK["WU-003"]).exists(), "its turn has come"
    run.checks()
    run.commits("WU-003")
    assert run.at("WU-003") == "done"
    for agent in (two, three):
        assert Path(agent.cwd).is_dir(), "what lies in a worktree is nobody's to throw away"
    run.carries("WU-004")
    run.carries("WU-005")


def test_who_is_passed_while_another_is_joined_comes_into_the_tree_only_afterwards(
    run: Executed,
) -> None:
    """Seen in the client: two reviewers ended at once, and each unit found a stranger's file."""
    _pair(run)
    for name in ("WU-002", "WU-003"):
        run.verified(name)
    other = files.lock(home.run_folder(str(run.state), str(run.tree)) + "/joining")
    ending = threading.Thread(target=run.judged, args=("WU-002",))
    ending.start()
    ending.join(2)
    assert not (run.tree / WORK["WU-002"]).exists(), "another hook is at it"
    os.close(other)
    ending.join(60)
    assert (run.tree / WORK["WU-002"]).exists()


def test_a_worktree_that_the_client_made_of_an_older_commit_is_brought_to_the_branch(
    run: Executed,
) -> None:
    """The client takes the remote's branch: what was committed since would be missing."""
    agent = run.coder_apart("WU-002", commit="HEAD~1")
    assert (Path(agent.cwd) / WORK["WU-001"]).exists()
    branches = run.git("branch", "--format=%(refname:short) %(objectname)").splitlines()
    old = run.git("rev-parse", "HEAD~1")
    assert f"worktree-agent-{agent.id} {old}" in branches, "the client's branch stays"
    assert not run.writes_apart(agent, WORK["WU-002"]).denied


def test_a_worktree_in_which_work_lies_already_is_not_begun_in(run: Executed) -> None:
    agent = Agent(run, "implementer", "unit: WU-002", isolation="worktree")
    agent.dispatch()
    root = run.tree / ".claude/worktrees/agent-x"
    run.git("worktree", "add", "-q", "-b", "x", str(root))
    (root / "stray.txt").write_text("whose is this?\n")
    agent.cwd = str(root)
    agent.start()
    refused = agent.tool("Read", {"file_path": run.brief(agent)})
    assert "(rule execute/unit-apart)" in refused.reason
    assert "stray.txt" in refused.reason
    assert "unit-first" in run.writes_apart(agent, WORK["WU-002"]).reason


def test_a_coder_apart_writes_its_scope_in_its_own_worktree_and_nowhere_else(
    run: Executed,
) -> None:
    two, three = run.coder_apart("WU-002"), run.coder_apart("WU-003")
    mine, theirs, here = Path(two.cwd), Path(three.cwd), run.tree
    assert not run.writes_apart(two, WORK["WU-002"]).denied
    for place in (
        mine / WORK["WU-003"], theirs / WORK["WU-002"], theirs / WORK["WU-003"],
        here / WORK["WU-002"], here / WORK["WU-003"],
    ):  # fmt: skip
        assert two.tool("Write", {"file_path": str(place), "content": "x"}).denied, place
        assert two.tool("Bash", {"command": f"echo x > {place}"}).denied, place
    inside = {"command": f"echo x > {WORK['WU-002']}"}
    assert not two.tool("Bash", inside).denied


def test_a_coder_in_the_runs_own_tree_writes_in_no_ones_worktree(run: Executed) -> None:
    here, apart = run.coder("WU-002"), run.coder_apart("WU-003")
    place = Path(apart.cwd) / WORK["WU-002"]
    refused = here.tool("Write", {"file_path": str(place), "content": "x"})
    assert "(rule execute/unit-scope)" in refused.reason
    assert here.tool("Bash", {"command": f"echo x > {place}"}).denied
    assert not run.writes(here, WORK["WU-002"], "x = 1\n").denied


def _diff_of(run: Executed, name: str) -> str:
    agent = run.reviewer(name)
    sent = agent.dispatch()
    assert not sent.denied, sent.reason
    assert "isolation" not in agent.sent
    path = agent.sent["prompt"].partition("The diff of the unit is in ")[2].partition(" ")[0]
    return (run.tree / path).read_text()


def test_a_reviewer_sees_all_that_was_built_in_a_worktree(run: Executed) -> None:
    agent = run.coder_apart("WU-002")
    run.writes_apart(agent, "src/todo/service.py", "one = 1\n")
    run.writes_apart(agent, "src/todo/routes.py", "two = 2\n")
    for words in (["add", "src/todo/routes.py"], ["commit", "-qm", "what a script did"]):
        run.git("-C", agent.cwd, *words)
    agent.stop(DONE), agent.returns(DONE)
    assert "is validated" in run.verified("WU-002")
    diff = _diff_of(run, "WU-002")
    assert "+one = 1" in diff
    assert "+two = 2" in diff, "also what was committed there"


def test_a_reviewer_names_places_in_the_worktree(run: Executed) -> None:
    run.builds_apart("WU-002")
    run.verified("WU-002")
    assert run.judged("WU-002").context
    assert run.at("WU-002") == "validate, attempt 1/3"


def test_the_checks_run_on_the_tree_of_the_worktree(run: Executed) -> None:
    run.write("check.sh", "! grep -rq broken src\n")
    run.git("commit", "-qam", "a check that looks")
    run.typed("/waive commits I made it")
    run.builds_apart("WU-002", "broken = 1\n")
    run.builds_apart("WU-003")
    assert "VALIDATE FAIL: tests failed" in run.verified("WU-002")
    assert run.at("WU-002") == "implement, attempt 2/3"
    assert "WU-003 is validated" in run.verified("WU-003"), "only what failed runs again"
    assert bash(run, "sh check.sh")[1] is not None
    record = [entry for entry in run.journal() if entry["event"] == "evidence"]
    assert [entry.get("apart", "")[:17] for entry in record[-3:]] == [".claude/worktrees"] * 2 + [
        ""
    ]


def test_evidence_on_the_branch_speaks_for_no_worktree(run: Executed) -> None:
    run.builds_apart("WU-002")
    run.checks()
    assert run.at("WU-002") == "validate, attempt 1/3"


def test_what_lies_outside_the_scope_fails_the_validation_of_a_worktree(run: Executed) -> None:
    agent = run.coder_apart("WU-002")
    run.writes_apart(agent, WORK["WU-002"])
    (Path(agent.cwd) / "src/pay").mkdir(parents=True)
    (Path(agent.cwd) / WORK["WU-003"]).write_text("of another unit\n")
    agent.stop(DONE), agent.returns(DONE)
    assert f"outside the scope: {WORK['WU-003']}" in run.verified("WU-002")


def test_what_a_script_left_in_the_runs_own_tree_is_found_when_units_are_joined(
    run: Executed,
) -> None:
    agent = run.coder_apart("WU-002")
    run.writes_apart(agent, WORK["WU-002"])
    run.write("src/escaped.py", "out of the worktree\n")
    agent.stop(DONE), agent.returns(DONE)
    run.verified("WU-002"), run.judged("WU-002")
    assert "outside the scope: src/escaped.py" in run.checks()


def test_a_second_attempt_goes_on_from_the_first(run: Executed) -> None:
    first = run.builds_apart("WU-002", "first = 1\n")
    run.verified("WU-002"), run.judged("WU-002", good=False)
    second = run.coder_apart("WU-002")
    assert (Path(second.cwd) / WORK["WU-002"]).read_text() == "first = 1\n"
    assert first.cwd != second.cwd
    assert not run.writes_apart(second, WORK["WU-002"], "second = 2\n").denied
    second.stop(DONE), second.returns(DONE)
    run.verified("WU-002"), run.judged("WU-002", good=False)
    third = run.coder("WU-002")
    assert (run.tree / WORK["WU-002"]).read_text() == "second = 2\n", "also back in the one tree"
    third.stop(DONE), third.returns(DONE)
    run.checks(), run.judged("WU-002")
    run.commits("WU-002")
    assert run.at("WU-002") == "done"


def test_a_unit_whose_work_lies_in_the_runs_own_tree_is_not_built_apart(run: Executed) -> None:
    run.builds("WU-002")
    run.checks(), run.judged("WU-002", good=False)
    again = Agent(run, "implementer", "unit: WU-002", isolation="worktree").dispatch()
    assert "(rule execute/unit-apart)" in again.reason
    assert WORK["WU-002"] in again.reason


def test_a_worktree_that_is_gone_is_a_failed_attempt_and_no_deadlock(run: Executed) -> None:
    agent = run.builds_apart("WU-002")
    run.verified("WU-002")
    run.git("worktree", "remove", "--force", agent.cwd)
    run.checks()
    assert run.at("WU-002") == "implement, attempt 2/3"
    run.carries("WU-002")


def test_a_change_after_the_join_is_judged_anew(run: Executed) -> None:
    run.builds_apart("WU-002")
    run.verified("WU-002"), run.judged("WU-002")
    run.write(WORK["WU-002"], "slipped in\n")
    run.checks()
    assert run.at("WU-002") == "review, attempt 1/3"


def test_joining_waits_for_whoever_writes_in_the_runs_own_tree(run: Executed) -> None:
    writer = run.coder("WU-003")
    run.builds_apart("WU-002")
    run.verified("WU-002"), run.judged("WU-002")
    assert run.at("WU-002") == "commit, attempt 1/3"
    assert not (run.tree / WORK["WU-002"]).exists()
    assert "(rule execute/unit-joined)" in run.runs("git commit -m WU-002").reason
    run.writes(writer, WORK["WU-003"], "y = 1\n")
    writer.stop(DONE), writer.returns(DONE)
    assert run.at("WU-002") == "validate, attempt 1/3"
    run.checks()
    run.commits("WU-002")
    assert (run.at("WU-002"), run.at("WU-003")) == ("done", "review, attempt 1/3")


def test_what_changed_on_the_branch_meanwhile_is_not_overwritten(run: Executed) -> None:
    run.builds_apart("WU-002")
    run.verified("WU-002")
    run.write(WORK["WU-002"], "a person wrote this\n")
    run.git("add", WORK["WU-002"])
    run.git("commit", "-qm", "a person's own")
    run.typed("/waive commits I made it")
    told = run.judged("WU-002").context
    assert f"{WORK['WU-002']} changed on the branch since it began; build on that" in told
    assert run.at("WU-002") == "implement, attempt 2/3"
    assert (run.tree / WORK["WU-002"]).read_text() == "a person wrote this\n"


def test_what_fails_on_the_joined_tree_goes_back_to_its_coder(run: Executed) -> None:
    run.builds_apart("WU-002")
    run.verified("WU-002"), run.judged("WU-002")
    run.write("check.sh", "exit 1\n")
    run.git("commit", "-qam", "what only the branch has")
    run.typed("/waive commits I made it")
    assert "VALIDATE FAIL: tests failed" in run.checks()
    assert run.at("WU-002") == "implement, attempt 2/3"


def test_the_coordinator_stays_in_the_runs_own_tree(run: Executed) -> None:
    for tool in ("EnterWorktree", "ExitWorktree"):
        assert "(rule never/own-tree)" in run.tool(tool, {"name": "x"}).reason


def test_what_was_built_apart_is_found_after_the_client_died(run: Executed) -> None:
    agent = run.coder_apart("WU-002")
    run.writes_apart(agent, WORK["WU-002"], "half = 1\n")
    told = run.hook("SessionStart", {"source": "startup"}).context
    assert "Resuming from WU-002, Phase IMPLEMENT, attempt 1/3." in told
    again = run.coder_apart("WU-002")
    assert (Path(again.cwd) / WORK["WU-002"]).read_text() == "half = 1\n"
    assert "unit-late" in run.writes_apart(agent, WORK["WU-002"]).reason


def test_a_unit_is_built_in_a_worktree_that_a_person_made(run: Executed, tmp_path: Path) -> None:
    root = tmp_path / "beside"
    run.git("worktree", "add", "-q", "-b", "topic", str(root))
    agent = Agent(run, "implementer", f"unit: WU-002\ntree: {root}\n")
    assert not agent.dispatch().denied
    agent.start()
    assert not agent.tool("Read", {"file_path": run.brief(agent)}).denied
    place = {"file_path": str(root / WORK["WU-002"]), "content": "x = 1\n"}
    assert not agent.tool("Write", place).denied
    (root / WORK["WU-002"]).parent.mkdir(parents=True, exist_ok=True)
    (root / WORK["WU-002"]).write_text("x = 1\n")
    here = {"file_path": str(run.tree / WORK["WU-002"]), "content": "x = 1\n"}
    assert agent.tool("Write", here).denied
    told = _status_in(run, root)
    assert "unit   WU-002 implement, attempt 1/3 in " in told, "one run, found from there too"
    agent.stop(DONE), agent.returns(DONE)
    assert "is validated" in run.verified("WU-002")
    run.judged("WU-002"), run.checks()
    run.commits("WU-002")
    assert run.at("WU-002") == "done"
    assert "no run is live here" in _status_in(run, root), "it is its own again"


def test_a_worktree_that_a_person_made_is_left_on_its_branch(run: Executed, tmp_path: Path) -> None:
    root = tmp_path / "beside"
    run.git("worktree", "add", "-q", "-b", "topic", str(root), "HEAD~1")
    agent = Agent(run, "implementer", f"unit: WU-002\ntree: {root}\n")
    agent.dispatch(), agent.start()
    refused = agent.tool("Read", {"file_path": run.brief(agent)})
    assert "stands on another commit than the branch" in refused.reason
    assert run.git("-C", str(root), "branch", "--show-current") == "topic"


def _status_in(run: Executed, root: Path) -> str:
    argv = [sys.executable, "-m", "stagelock.cli.main", "status"]
    done = subprocess.run(
        argv, cwd=root, env=environment(run), capture_output=True, text=True, check=False
    )
    return done.stdout


def test_a_folder_that_is_no_worktree_of_this_repository_is_none(
    run: Executed, tmp_path: Path
) -> None:
    run.git("init", "-q", str(tmp_path / "other"))
    for path in (str(tmp_path / "other"), str(tmp_path), ".", "/nowhere"):
        sent = Agent(run, "implementer", f"unit: WU-002\ntree: {path}\n").dispatch()
        assert "(rule execute/unit-apart)" in sent.reason, path
