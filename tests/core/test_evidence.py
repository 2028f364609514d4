"""What counts, row by row: tests/cases/checks.yaml, and each reason why evidence does not."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from stagelock.core import evidence
from stagelock.core.documents.intent import outside
from stagelock.core.model import Check, Evidence
from stagelock.core.shell.vcs_words import asked

TABLE = yaml.safe_load((Path(__file__).parents[1] / "cases/checks.yaml").read_text())
CHECKS: list[Check] = [
    {
        "name": name,
        "command": command,
        "timeout": 60,
        "gates": ["stage", "commit"] if name != "own" else ["push"],
        "fast": name == "types",
        "coverage": "",
        "env": [],
    }
    for name, command in TABLE["declared"].items()
]
HELD: Evidence = {
    "check": "tests", "command": "pytest -q", "exit": 0, "seconds": 1, "tail": "", "digest": "",
    "before": "t1", "after": "t1", "why": "", "how": "seen", "program": "", "flaky": False,
    "run": "r", "by": "x", "session": "", "at": "",
}  # fmt: skip


@pytest.mark.parametrize(("command", "names"), TABLE["runs"])
def test_a_command_runs_the_checks_it_is_to_the_letter(command: str, names: list[str]) -> None:
    assert evidence.run_by(command, CHECKS) == names


@pytest.mark.parametrize(("command", "name"), TABLE["near"])
def test_a_command_that_only_looks_like_a_check_is_known(command: str, name: str) -> None:
    found = evidence.near(command, CHECKS)
    assert (found["name"] if found else "") == name


@pytest.mark.parametrize(("path", "is_one"), TABLE["configures"])
def test_what_configures_checks_is_known_by_its_name(path: str, is_one: bool) -> None:
    assert evidence.configures(path, CHECKS) is is_one


@pytest.mark.parametrize(("text", "verbs"), TABLE["asked"])
def test_what_an_unread_text_asks_of_version_control(text: str, verbs: list[str]) -> None:
    assert asked(text) == verbs


@pytest.mark.parametrize(("texts", "changed", "beyond"), TABLE["intent"])
def test_changes_that_nobody_named(texts: Any, changed: Any, beyond: Any) -> None:
    assert outside(changed, texts) == beyond


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("tests", {}, ""),
        ("tests", None, "has not been seen to pass"),
        ("lint", None, "is not declared; a person declares it in .stagelock/config.yaml"),
        ("tests", {"command": "pytest"}, "ran as another command than the run pinned"),
        ("tests", {"exit": 1}, "failed (exit 1)"),
        ("tests", {"exit": -1, "after": "t0"}, "failed (exit -1), and nothing passed since"),
        ("tests", {"why": "lines coverage is 87%, below 100"},
         "does not count: lines coverage is 87%, below 100"),
        ("tests", {"before": "t0"}, "does not count: the tree changed while it ran"),
        ("tests", {"before": "", "after": ""}, "does not count: the tree changed while it ran"),
        ("tests", {"before": "t0", "after": "t0"}, "passed, and the tree changed since"),
    ],
)  # fmt: skip
def test_each_reason_why_evidence_does_not_count(name: str, given: Any, why: str) -> None:
    held: Any = None if given is None else {**HELD, **given}
    said = evidence.fault(name, CHECKS, held, "t1")
    assert said == (f"check `{name}` {why}" if why else "")
    if held is not None and held["after"] == "t1" and held["command"] == "pytest -q":
        assert evidence.holds(held) is (why == "")


@pytest.mark.parametrize(
    ("asked", "gate"),
    [
        ("git commit", "commit"), ("git merge", "commit"), ("git rebase --continue", "commit"),
        ("git push", "push"), ("git push --tags", "push"), ("gh pr create", "push"),
        ("gh pr merge", "push"), ("git update-ref", "commit"), ("git subtree push", "push"),
        ("git tag", "release"), ("release", "release"), ("git add", ""), ("something new", ""),
    ],
)  # fmt: skip
def test_every_demand_on_version_control_has_its_gate(asked: str, gate: str) -> None:
    assert evidence.gate_of(asked) == gate


def test_a_gate_takes_the_checks_declared_for_it() -> None:
    assert evidence.needed("push", CHECKS) == ["own"]
    assert evidence.needed("stage", CHECKS) == ["tests", "types", "front", "piped"]


@pytest.mark.parametrize("piece", ["git ", "git commit ", "git -C a ", "gh a ", "npm publish "])
def test_a_long_command_is_searched_for_verbs_as_fast_as_its_length_asks_for(piece: str) -> None:
    begin = time.perf_counter()
    asked(piece * (10_000 // len(piece)))
    assert time.perf_counter() - begin < 0.15
