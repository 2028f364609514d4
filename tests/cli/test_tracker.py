"""Trackers follow the units of a plan where a team wants it; none ever holds the run."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import stagelock
from tests.support.executed import CONFIG, Executed

STAND_IN = """#!/usr/bin/env python3
import json, os, sys
from pathlib import Path
calls = Path({calls!r})
with calls.open("a") as file:
    file.write(json.dumps([Path(sys.argv[0]).name, *sys.argv[1:]]) + "\\n")
if os.path.exists({calls!r} + ".broken"):
    sys.exit("first line\\nthe tracker is down")
count = len(calls.read_text().splitlines())
if sys.argv[1:2] == ["create"]:
    print("warning: a new version is there")
    print(json.dumps({{"id": f"bd-{{count}}", "title": sys.argv[2]}}))
if sys.argv[1:3] == ["issue", "create"]:
    print(f"https://github.com/team/project/issues/{{count}}")
"""


class Followed(Executed):
    """A run of five units whose tracker is a program that writes down how it was called."""

    def __init__(self, base: Path, kind: str, parent: str = "") -> None:
        super().__init__(base)
        self.calls_at = base / "calls.jsonl"
        self.calls_at.touch()
        self.bin = base / "bin"
        self.bin.mkdir()
        for name in ("bd", "gh"):
            program = self.bin / name
            program.write_text(STAND_IN.format(calls=str(self.calls_at)))
            program.chmod(0o755)
        self.write(
            ".stagelock/config.yaml", f'{CONFIG}tracker: {{kind: {kind}, parent: "{parent}"}}\n'
        )

    def sync(self, verb: str = "tracker sync") -> Any:
        return stagelock(self, *verb.split(), PATH=f"{self.bin}:{os.environ['PATH']}")

    def calls(self) -> list[list[str]]:
        calls = [json.loads(line) for line in self.calls_at.read_text().splitlines()]
        self.calls_at.write_text("")
        return calls


def test_beads_gets_an_issue_for_each_unit_with_its_dependencies(tmp_path: Path) -> None:
    run = Followed(tmp_path, "beads", "bd-epic")
    done = run.sync()
    assert done.returncode == 0, done.stderr
    assert "beads: WU-001 is bd-1" in done.stdout
    calls = run.calls()
    first = calls[0]
    assert first[:7] == [
        "bd", "create", "WU-001: Store to-dos", "--type", "task", "--parent", "bd-epic",
    ]  # fmt: skip
    assert first[7] == "--description"
    assert "DoD:\n- [ ] `TodoStore.add" in first[8]
    assert "File scope: src/todo/store.py" in first[8]
    assert first[8].endswith("Checkpoint: yes")
    assert calls[1][1:3] == ["create", "WU-002: Serve to-dos over HTTP"]
    assert calls[2] == ["bd", "dep", "add", "bd-2", "bd-1"]
    assert run.sync().stdout == "", "what it knows it is not told twice"
    assert run.calls() == []


def test_a_unit_that_failed_is_labelled_and_one_that_is_committed_is_closed(tmp_path: Path) -> None:
    run = Followed(tmp_path, "beads")
    run.sync(), run.calls()
    run.builds("WU-001")
    run.checks()
    run.judged("WU-001", good=False)
    run.sync()
    assert run.calls() == [["bd", "label", "add", "bd-1", "retry:1"]]
    run.carries("WU-001")
    told = run.sync().stdout
    commit = run.git("rev-parse", "HEAD")[:12]
    assert run.calls() == [
        ["bd", "close", "bd-1", "--reason", f"4-phase loop complete. PASS. {commit}"]
    ]
    assert "beads: WU-001 is closed" in told


def test_github_gets_issues_that_name_what_they_depend_on(tmp_path: Path) -> None:
    run = Followed(tmp_path, "github", "7")
    run.sync()
    calls = run.calls()
    assert [call[:3] for call in calls] == [["gh", "issue", "create"]] * 5
    second = dict(zip(calls[1][3::2], calls[1][4::2], strict=True))
    assert second["--title"] == "WU-002: Serve to-dos over HTTP"
    assert second["--body"].endswith("Depends on #1\n\nPart of #7")
    run.builds("WU-001")
    run.checks()
    run.judged("WU-001", good=False)
    run.carries("WU-001")
    run.sync()
    commit = run.git("rev-parse", "HEAD")[:12]
    assert run.calls() == [
        ["gh", "label", "create", "retry:1", "--force"],
        ["gh", "issue", "edit", "1", "--add-label", "retry:1"],
        ["gh", "issue", "close", "1", "--comment", f"4-phase loop complete. PASS. {commit}"],
    ]


def test_what_looks_like_a_shell_word_is_only_a_word(tmp_path: Path) -> None:
    run = Followed(tmp_path, "beads")
    run.sync()
    assert '{"title": "milk"}' in run.calls()[1][6], "quotes and braces arrive as they are"


def test_a_tracker_that_fails_is_said_in_one_line_and_taken_up_where_it_was(tmp_path: Path) -> None:
    run = Followed(tmp_path, "beads")
    broken = Path(str(run.calls_at) + ".broken")
    broken.touch()
    done = run.sync()
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "beads: `bd create WU-001: Store to-dos` failed: the tracker is down; the run goes on, "
        "`stagelock tracker sync` tries again\n"
    )
    verified = run.sync("verify")
    assert verified.returncode == 0, "a tracker holds nothing"
    assert verified.stdout.count("the tracker is down") == 1
    assert verified.stdout.splitlines()[-1].startswith("stagelock verify: tests=0/")
    run.carries("WU-001")
    broken.unlink()
    run.calls()
    run.sync()
    assert [call[1] for call in run.calls()].count("create") == 5


@pytest.mark.parametrize("program", ["bd", "gh"])
def test_a_tracker_that_is_not_installed_is_said_in_one_line(tmp_path: Path, program: str) -> None:
    run = Followed(tmp_path, {"bd": "beads", "gh": "github"}[program])
    (run.bin / program).unlink()
    done = run.sync()
    assert f"`{program}` is not installed; the run goes on" in done.stderr


def test_verify_lets_the_tracker_follow(tmp_path: Path) -> None:
    run = Followed(tmp_path, "beads")
    assert run.sync("verify").returncode == 0
    assert [call[1] for call in run.calls()].count("create") == 5


def test_without_a_choice_no_tracker_is_called(tmp_path: Path) -> None:
    run = Followed(tmp_path, "none")
    done = run.sync()
    assert done.returncode == 1
    assert "no tracker is chosen" in done.stderr
    assert run.sync("verify").returncode == 0
    assert run.calls() == []
