"""What happened and why: the journal, asked by a person."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stagelock.core.history import at, spans
from stagelock.store.clock import seconds, stamp
from tests.support.artifacts import ARCHITECTURE, DESIGN
from tests.support.command import environment, git, stagelock
from tests.support.world import World

RUN = "docs/stagelock/add-login"
HOSTILE = "src/\x1b]0;owned\x07<script>.py"


@pytest.fixture
def told(ready: World) -> World:
    """A run with refusals by two roles in two stages, and one approval."""
    ready.tool("Write", {"file_path": str(ready.tree / "src/x.py")})
    ready.typed("/approve")
    ready.tool("Bash", {"command": "rm x"}, agent_id="a", agent_type="builder")
    return ready


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--event", "refused"], ["refused", "refused"]),
        (["--stage", "architect"], ["entered", "refused"]),
        (["--rule", "design/*"], ["refused"]),
        (["--agent", "builder"], ["refused"]),
        (["--agent", "builder", "--agent", "main"], ["refused", "refused"]),
        (["--run", "another"], []),
        (["--since", "2d"], ["started", "refused", "approved", "entered", "refused"]),
        (["--since", "2099"], []),
        (["--event", "refused", "--last", "1"], ["refused"]),
    ],
)
def test_the_log_shows_what_is_asked_for(
    told: World, flags: list[str], expected: list[str]
) -> None:
    done = stagelock(told, "log", "--json", *flags)
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()] == expected


def test_a_moment_nobody_understands_is_named(told: World) -> None:
    done = stagelock(told, "log", "--since", "yesterday")
    assert done.returncode == 2
    assert "`yesterday` is no moment; say 90m, 2h, 3d or 2026-11-21" in done.stderr


def test_the_log_follows_what_comes(told: World) -> None:
    watching = subprocess.Popen(
        [sys.executable, "-m", "stagelock.cli.main", "log", "--follow", "--event", "refused"],
        cwd=told.tree,
        env={**environment(told), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert watching.stdout
        first = [watching.stdout.readline() for _ in range(2)]
        assert all("refused" in line for line in first)
        time.sleep(0.5)
        told.tool("Write", {"file_path": str(told.tree / "src/later.py")})
        assert "target=src/later.py rule=architect/otherwise" in watching.stdout.readline()
    finally:
        watching.kill()
        watching.communicate()


def test_hostile_names_reach_no_terminal_as_they_are(told: World) -> None:
    told.tool("Write", {"file_path": str(told.tree / HOSTILE)})
    for verb in (["log"], ["why", HOSTILE]):
        done = stagelock(told, *verb)
        assert done.returncode == 0
        assert "\x1b" not in done.stdout
        assert "\\x1b]0;owned\\x07" in done.stdout


def test_why_names_the_stage_the_approval_and_the_refusal(ready: World, tmp_path: Path) -> None:
    git(ready, "init", "-q")
    ready.tool("Write", {"file_path": str(ready.tree / "src/app.py")})
    ready.typed("/approve")
    ready.write(f"{RUN}/architecture.md", ARCHITECTURE)
    ready.typed("/approve")
    ready.write("src/app.py", "x = 1\n")
    git(ready, "add", "-A")
    git(ready, "commit", "-qm", "add the login")
    out = stagelock(ready, "why", "src/app.py").stdout
    assert "add the login (someone)\n    in run `add-login`, stage `implement`" in out
    assert "approved before: stage `design` by " in out
    assert "approved before: stage `architect` by " in out
    assert "refused: Write in `design` (rule design/otherwise)" in out
    ready.write("src/app.py", "x = 2\n")
    assert "not committed; in run `add-login`" in stagelock(ready, "why", "src/app.py").stdout


def test_why_says_whether_an_artifact_is_still_the_approved_one(ready: World) -> None:
    git(ready, "init", "-q")
    ready.typed("/approve")
    assert (
        ", as it is now: stage `design` by " in stagelock(ready, "why", f"{RUN}/design.md").stdout
    )
    ready.write(f"{RUN}/design.md", DESIGN + "more\n")
    assert ", changed since: stage `design`" in stagelock(ready, "why", f"{RUN}/design.md").stdout


def test_why_of_an_unknown_path_says_so(ready: World) -> None:
    assert "neither git nor the journal knows it" in stagelock(ready, "why", "nothing").stdout
    outside = stagelock(ready, "why", "/etc/hostname")
    assert outside.returncode == 1
    assert "is not in this tree" in outside.stderr


def test_explain_names_the_rule_that_answers_while_checks_are_missing(told: World) -> None:
    said = stagelock(told, "explain", "git commit -qm x").stdout
    assert "allow  implement/shell, or deny implement/unverified until its checks hold" in said
    assert "unverified" not in stagelock(told, "explain", "git add -A").stdout


def test_explain_says_that_it_read_no_further(told: World) -> None:
    cut = "what stands after that was not read"
    assert cut in stagelock(told, "explain", "rm -rf src; git push").stdout
    assert cut not in stagelock(told, "explain", "ls; rm -rf src").stdout


def test_spans_cope_with_entries_of_other_versions() -> None:
    entries = [
        {"event": "started", "run": "a", "stage": "plan", "at": "2026-01-01T10:00:00Z"},
        {"event": "unheard-of", "run": "a", "at": 5},
        {"no": "event"},
        {"event": "passed", "run": "a", "by": "stagelock", "at": "2026-01-01T10:05:00Z"},
        {"event": "entered", "run": "a", "stage": "act", "at": "2026-01-01T10:05:00Z"},
        {"event": "abandoned", "at": "2026-01-01T11:00:00Z"},
    ]
    found = spans(entries)
    assert [(s["stage"], s["until"], s["left"]) for s in found] == [
        ("plan", "2026-01-01T10:05:00Z", "passed"),
        ("act", "2026-01-01T11:00:00Z", "abandoned"),
    ]
    stood = at(found, "2026-01-01T10:30:00Z")
    assert stood
    assert stood["stage"] == "act"
    assert at(found, "2025-01-01T10:30:00Z") is None


@pytest.mark.parametrize("moment", [0, 951782400, 951868800, 1772323199, 1772323200, 4102444799])
def test_a_stamp_read_back_is_the_moment_it_was_made_of(moment: int) -> None:
    assert seconds(stamp(moment)) == moment


@pytest.mark.parametrize("text", ["", "2026", "2026-01-01T10:00:0xZ", "x" * 20])
def test_what_is_no_stamp_is_no_moment(text: str) -> None:
    assert seconds(text) == 0
