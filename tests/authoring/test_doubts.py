"""Doubts: the known ways in which a right workflow holds nothing, each named at file:line."""

from pathlib import Path

import pytest

from stagelock.authoring.doubts import doubts
from stagelock.authoring.load import load_workflow
from stagelock.authoring.shipped import WORKFLOWS
from tests.support.command import stagelock
from tests.support.world import World

GOOD = """\
workflow: own
summary: a team's own
enter: [think]
artifacts:
  note: {path: note.md, sections: [Why]}
stages:
  think:
    purpose: think
    produces: note.md
    must_not: write code
    allow:
      - {id: look, tools: [read], because: looking is open}
      - {id: note, tools: [edit], paths: ["{artifacts}/note.md"], because: it is owed}
    artifacts: [note]
    gate: human
    next: [build]
  build:
    purpose: build
    produces: code
    must_not: rethink
    allow:
      - {id: write, tools: [edit], because: it is built here}
    gate: human
    next: [prove]
  prove:
    purpose: prove
    produces: what came out
    must_not: change code
    allow:
      - {id: shell, shell: [read, run], because: the checks run here}
    minutes: {target: 5, cap: 10}
    gate: human
    next: []
    back: build
"""
LONE = GOOD[: GOOD.index("  build:")].replace("next: [build]", "next: []")

# the anti-pattern, what makes it, and what its author reads
ROWS = {
    "single stage": (
        GOOD, LONE,
        "own.yaml:6: stages: one stage keeps nothing apart; part looking from changing, and "
        "changing from proof",
    ),
    "prompt-only restriction": (
        "must_not: rethink", "must_not: change code",
        "own.yaml:20: stages.build.must_not: only the prompt says so, while the rules let it; "
        "limit `paths` or `shell`",
    ),
    "no verify stage": (
        "    next: [prove]\n",
        "    next: [prove, ship]\n  ship:\n    purpose: ship\n    produces: x\n"
        "    must_not: dally\n    allow:\n      - {id: all, tools: [edit], because: x}\n"
        "    gate: human\n    next: []\n",
        "own.yaml:17: stages.build: what changes here ends the run unproven; let a stage follow "
        "that only proves",
    ),
    "coordinator with execution tools": (
        "{id: write, tools: [edit],", "{id: write, tools: [edit], roles: [team-coordinator],",
        "own.yaml:22: stages.build.allow.0: `team-coordinator` would do the work itself by `edit`; "
        "let it only dispatch",
    ),
    "decisions from metadata": (
        "{path: note.md, sections: [Why]}", "{path: note.md}",
        "own.yaml:5: artifacts.note: its gate looks only whether the file is there; name the "
        "`sections` it must hold",
    ),
}  # fmt: skip


def _doubts(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "own.yaml"
    path.write_text(text)
    load_workflow(path)  # it is right: a doubt is no mistake
    return [str(doubt) for doubt in doubts(path)]


@pytest.mark.parametrize("name", ROWS)
def test_each_anti_pattern_is_named_where_it_stands(tmp_path: Path, name: str) -> None:
    good, bad, told = ROWS[name]
    assert good in GOOD
    assert told in _doubts(tmp_path, GOOD.replace(good, bad, 1))


def test_exploring_without_an_end_is_named(tmp_path: Path) -> None:
    only_looks = GOOD.replace("    artifacts: [note]\n", "", 1).replace(
        '      - {id: note, tools: [edit], paths: ["{artifacts}/note.md"], because: it is owed}\n',
        "",
    )
    assert _doubts(tmp_path, only_looks) == [
        "own.yaml:7: stages.think: it only looks, and nothing says when enough; give it an "
        "artifact or `minutes`"
    ]
    with_minutes = only_looks.replace(
        "next: [build]", "next: [build]\n    minutes: {target: 5, cap: 9}"
    )
    assert _doubts(tmp_path, with_minutes) == []


def test_a_good_workflow_raises_no_doubt(tmp_path: Path) -> None:
    assert _doubts(tmp_path, GOOD) == []


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.yaml")), ids=lambda p: p.name)
def test_no_shipped_workflow_raises_a_doubt(path: Path) -> None:
    assert [str(doubt) for doubt in doubts(path)] == []


def test_compile_and_doctor_tell_doubts_and_go_on(world: World) -> None:
    world.write(".stagelock/workflows/own.yaml", LONE)
    done = stagelock(world, "compile")
    assert done.returncode == 0
    assert "right; workflows: own" in done.stdout
    assert "doubt: .stagelock/workflows/own.yaml:6: stages: one stage keeps nothing" in done.stdout
    doctor = stagelock(world, "doctor")
    assert "flows    .stagelock/workflows/own.yaml:6: stages: one stage keeps" in doctor.stdout
    assert doctor.returncode == 0
    world.write(".stagelock/workflows/own.yaml", LONE.replace("enter: [think]", "enter: [x]"))
    assert "no run starts here until they are mended" in stagelock(world, "doctor").stdout
