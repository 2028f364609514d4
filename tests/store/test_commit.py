"""A commit is all or nothing, whoever dies and whoever waits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stagelock.store import home, journal, library, moves, records, runs
from tests.support.artifacts import PLAN
from tests.support.world import ROOT, World

# Runs one approval in a process that dies at the n-th call that changes the disk.
DYING = """
import posix, sys
sys.path.insert(0, sys.argv[1])
state, tree, left = sys.argv[2], sys.argv[3], int(sys.argv[4])
from stagelock.store import library, moves, records, runs

def dying(real):
    def call(*given, **named):
        global left
        left -= 1
        if left == 0:
            posix._exit(9)
        return real(*given, **named)
    return call

before, _ = runs.look(state, tree)
who = moves.person("terminal", "", tree)
shelf = library.library(tree)
settings = shelf["settings"]
for name in ("write", "rename", "unlink", "rmdir", "open", "mkdir"):
    setattr(posix, name, dying(getattr(posix, name)))
if sys.argv[5] == "approve":
    moves.approve(state, tree, before, who)
elif sys.argv[5] == "abandon":
    moves.abandon(state, tree, before, who, "enough")
else:
    policy = shelf["policies"]["two-gates"]
    moves.start(state, tree, policy, "prepare", "add login", settings, who)
"""


@pytest.fixture
def tree(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """A tree with a live `two-gates` run whose plan is whole."""
    monkeypatch.setenv("HOME", str(world.home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    os.environ.pop("XDG_STATE_HOME", None)
    where = str(world.tree)
    policy = library.library(where)["policies"]["two-gates"]
    who = moves.person("terminal", "", where)
    settings = library.defaults()
    moves.start(
        str(world.state),
        where,
        policy,
        policy["enter"][0],
        "add login",
        settings,
        who,
    )
    world.write("docs/stagelock/add-login/plan.md", PLAN)
    return where


def _die(world: World, at: int, move: str = "approve") -> int:
    argv = [sys.executable, "-c", DYING, str(ROOT / "src"), str(world.state), str(world.tree)]
    done = subprocess.run([*argv, str(at), move], capture_output=True, check=False, timeout=60)
    assert done.returncode in (0, 9), done.stderr.decode()
    return done.returncode


@pytest.mark.parametrize("at", range(1, 60))
def test_killed_at_any_write_the_next_read_finds_the_old_state_or_the_new(
    world: World, tree: str, at: int
) -> None:
    state = str(world.state)
    died = _die(world, at) == 9
    found, tamper = runs.look(state, tree)
    assert tamper == ""
    assert found is not None
    assert (found["stage"], found["revision"]) in {("prepare", 1), ("implement", 2)}
    if not died:
        assert found["stage"] == "implement"
    assert records.journal_fault(state, tree) == ""
    approvals = [e for e in journal.read(tree)[0] if e["event"] == "approved"]
    assert len(approvals) == (1 if found["stage"] == "implement" else 0)


@pytest.mark.parametrize("at", range(1, 70))
def test_killed_while_it_ends_a_run_is_live_or_over(world: World, tree: str, at: int) -> None:
    state = str(world.state)
    died = _die(world, at, "abandon") == 9
    found, tamper = runs.look(state, tree)
    assert tamper == "" or not home.is_live(state, tree)
    if found is None:
        assert not home.is_live(state, tree)
        assert journal.read(tree)[0][-1]["event"] == "abandoned"
    else:
        assert died
        assert found["stage"] == "prepare"
    # whatever was left half done does not stand in the way of the next run
    if found is not None:
        moves.abandon(state, tree, found, moves.person("terminal", "", tree), "again")
    assert _die(world, 0, "start") == 0
    assert runs.look(state, tree)[1] == ""


@pytest.mark.parametrize("at", range(1, 70))
def test_killed_while_it_starts_a_run_is_live_or_never_was(world: World, at: int) -> None:
    state, tree = str(world.state), str(world.tree)
    os.environ["HOME"] = str(world.home)
    _die(world, at, "start")
    found, tamper = runs.look(state, tree)
    if home.is_live(state, tree):
        assert tamper == ""
        assert found is not None
        assert found["stage"] == "prepare"
        records.settle(state, tree)
        assert [e["event"] for e in journal.read(tree)[0]] == ["started"]
    else:
        assert _die(world, 0, "start") == 0
        assert runs.look(state, tree)[0] is not None


def test_the_sweep_of_deaths_reaches_past_the_last_write(world: World, tree: str) -> None:
    assert _die(world, 59) == 0


def test_an_ended_run_leaves_no_marker_and_keeps_its_journal(world: World, tree: str) -> None:
    state, _ = runs.look(str(world.state), tree)
    assert state is not None
    who = moves.person("terminal", "", tree)
    moves.abandon(str(world.state), tree, state, who, "enough")
    assert not (world.state / "live").exists()
    assert not (world.tree / ".stagelock/stage.json").exists()
    assert [e["event"] for e in journal.read(tree)[0]] == ["started", "abandoned"]
    assert home.find_tree(str(world.state), [tree]) == ""


def test_a_second_writer_with_an_old_view_is_told_instead_of_overwriting(
    world: World, tree: str
) -> None:
    old, _ = runs.look(str(world.state), tree)
    assert old is not None
    who = moves.person("terminal", "", tree)
    assert moves.approve(str(world.state), tree, old, who)["moved"]
    with pytest.raises(records.Conflict):
        moves.approve(str(world.state), tree, old, who)
    assert runs.look(str(world.state), tree)[0]["stage"] == "implement"  # type: ignore[index]


def test_a_changed_removed_or_reordered_journal_line_is_named(world: World, tree: str) -> None:
    state, _ = runs.look(str(world.state), tree)
    assert state is not None
    who = moves.person("terminal", "", tree)
    moves.approve(str(world.state), tree, state, who)
    path = Path(tree) / ".stagelock/journal.jsonl"
    whole = path.read_text()
    lines = [line for line in whole.splitlines() if line]
    assert [json.loads(line)["event"] for line in lines] == ["started", "approved", "entered"]
    path.write_text(whole.replace('"by":"', '"by":"x'))
    assert records.journal_fault(str(world.state), tree) == "line 1 was changed"
    path.write_text("\n".join([lines[0], lines[2], "x" * len(lines[1])]) + "\n")
    assert "does not follow" in records.journal_fault(str(world.state), tree)
    path.write_text("\n".join(lines[:2]) + "\n" + "x" * len(lines[2]) + "\n")
    # the line owed by the last commit is in the second record, and is written again
    assert records.journal_fault(str(world.state), tree) == ""
