"""Checks as a person declares them: defaults, and every mistake at its line."""

from pathlib import Path

import pytest

from stagelock.authoring.config import load_library
from stagelock.authoring.load import load_workflow
from stagelock.authoring.source import InvalidWorkflow
from stagelock.core.fix.test_files import TESTS


def _load(tmp_path: Path, text: str) -> object:
    (tmp_path / ".stagelock").mkdir(exist_ok=True)
    (tmp_path / ".stagelock/config.yaml").write_text(text)
    return load_library(tmp_path)["settings"]["checks"]


def test_a_check_needs_a_name_and_a_command_and_stands_before_every_gate(tmp_path: Path) -> None:
    assert _load(tmp_path, "checks:\n  - name: tests\n    command: ' pytest -q '\n") == [
        {
            "name": "tests",
            "command": "pytest -q",
            "timeout": 600,
            "gates": ["stage", "commit", "push", "release"],
            "fast": False,
            "coverage": "",
            "env": [],
        }
    ]


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("{name: a}", "checks.0.command: is missing"),
        ("{name: a, command: x, timout: 5}", "timout: unknown key; did you mean `timeout`?"),
        ("{name: a, command: x, timeout: 0}", "timeout: input should be greater than 0"),
        ("{name: a, command: x, gates: []}", "gates: is empty"),
        ("{name: a, command: x, gates: [merge]}", "checks.0.gates.0: "),
        ("{name: a b, command: x}", "a name is made of letters"),
        ("{name: a, command: ' '}", "must hold more than blanks"),
        ('{name: a, command: "x\\ny"}', "must be one line"),
        ("{name: a, command: stagelock verify}", "must be a command of the project's own"),
        ("{name: a, command: x, coverage: ../c.json}", "coverage: must lie inside the tree"),
        ("{name: a, command: x}\n  - {name: a, command: y}", "`a` stands twice"),
        ("{name: suppressions, command: x}", "`suppressions` is what /waive calls silenced checks"),
    ],
)
def test_every_mistake_is_told_at_its_line(tmp_path: Path, check: str, said: str) -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        _load(tmp_path, f"checks:\n  - {check}\n")
    assert said in str(caught.value)
    assert ".stagelock/config.yaml:" in str(caught.value)


def test_a_stage_that_takes_checks_must_be_able_to_run_them(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "workflow: own\nsummary: x\nenter: [a]\nstages:\n  a:\n    purpose: x\n    produces: x\n"
        "    must_not: x\n    checks: all\n    gate: human\n    next: []\n"
        "    allow: [{id: look, shell: [read], because: x}]\n"
    )
    with pytest.raises(InvalidWorkflow) as caught:
        load_workflow(path)
    assert "stages.a.checks: checks can only hold where they may run" in str(caught.value)


def _tests(tmp_path: Path, text: str) -> dict[str, list[str]]:
    (tmp_path / ".stagelock").mkdir(exist_ok=True)
    (tmp_path / ".stagelock/config.yaml").write_text(text)
    return load_library(tmp_path)["settings"]["tests"]


def test_a_project_changes_the_tests_of_a_language_or_adds_one(tmp_path: Path) -> None:
    found = _tests(tmp_path, "fix:\n  tests: {python: [checks/**], zig: ['**/*_check.zig']}\n")
    assert found == {**TESTS, "python": ["checks/**"], "zig": ["**/*_check.zig"]}
    assert load_library(tmp_path)["settings"]["replay"] is True


@pytest.mark.parametrize(
    ("globs", "said"),
    [
        ("['**']", "fix.tests.python.0: `**` names every file"),
        ("['**/*.*']", "names every file"),
        ("[/etc/**]", "fix.tests.python.0: "),
        ("[../x/**]", "must lie inside the tree"),
        ("[1]", "fix.tests.python.0: "),
    ],
)
def test_a_glob_of_tests_names_tests(tmp_path: Path, globs: str, said: str) -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        _tests(tmp_path, f"fix:\n  tests:\n    python: {globs}\n")
    assert said in str(caught.value)
    assert ".stagelock/config.yaml:3" in str(caught.value)
