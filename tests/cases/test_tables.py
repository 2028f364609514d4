"""The case tables of the shipped workflows, read as the spec."""

from pathlib import Path

import pytest

from stagelock.authoring.cases import run_cases
from stagelock.cli.judge import judge
from stagelock.core.protected import PROTECTED
from stagelock.store import library

TABLES = sorted(Path(__file__).parent.glob("*.yaml"))
WORKFLOWS = [path for path in TABLES if path.stem in library.SHIPPED]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_every_row_holds_by_its_rule(path: Path) -> None:
    assert [str(outcome) for outcome in run_cases(path, judge) if not outcome.holds] == []


@pytest.mark.parametrize("name", library.SHIPPED)
def test_every_rule_of_a_shipped_workflow_stands_in_a_row(name: str) -> None:
    path = Path(__file__).parent / f"{name}.yaml"
    policy = library.library("/nowhere")["policies"][name]
    rules = {rule["id"] for rule in policy["never"] + policy["always"]}
    for stage, body in policy["stages"].items():
        rules |= {rule["id"] for rule in body["allow"] + body["never"]} | {f"{stage}/otherwise"}
    shown = {outcome.expected[1] for outcome in run_cases(path, judge)}
    assert rules - shown == set()
    if name == "lifecycle":
        assert {*PROTECTED, "never/human-door"} <= shown
