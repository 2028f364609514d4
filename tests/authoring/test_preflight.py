"""The seven pre-flight checklists: each item is decided by a row, or asked of the author."""

from pathlib import Path

import pytest
import yaml

from stagelock.authoring.plan.words import QUESTIONS
from stagelock.cli.plan import plan

ROWS = {
    row["why"]
    for row in yaml.safe_load((Path(__file__).parents[1] / "cases/plans.yaml").read_text())
}
# checklist: item: the row of tests/cases/plans.yaml that decides it, or `?` and the question
PREFLIGHT = {
    "architecture": {
        "data access goes through a service layer": "?service-layer",
        "one responsibility, five files": "five files",
        "error strategy": "?error-strategy",
        "no hard-coded configuration": "?configuration",
    },
    "dependency graph": {
        "dependencies are minimal": "?minimal-dependencies",
        "no needless order": "?parallel",
        "no circles": "no circles",
        "integration units": "components are wired in",
    },
    "api": {
        "method, path, request schema, codes, error shapes": "each endpoint says its errors",
        "socket messages in both directions": "a socket says both directions",
        "heartbeat, reconnection, acknowledgement": "a socket says its protocol",
        "explicit codes": "a success has a code",
    },
    "security": {
        "trust boundaries": "trust boundaries",
        "input validation for every endpoint": "each input is checked",
        "rate limits": "rate limits",
        "authentication and authorization": "who may",
        "secrets": "secrets",
    },
    "user interface": {
        "flows with trigger, steps, outcome": "a flow has its outcome",
        "wireframes": "a screen is drawn",
        "empty, loading, error": "each state is drawn",
        "integration units": "the wiring depends on what it wires",
        "component hierarchy": "?component-tree",
    },
    "external dependencies": {
        "every service named": "?all-services",
        "credentials documented": "credentials are named",
        "a checkpoint before": "a service is asked for first",
        "what happens without": "what happens without",
        ".env.example": "the example environment has them",
    },
    "completeness": {
        "every checkpoint of the spec": "?all-checkpoints",
        "every feature has a unit": "?all-features",
        "consistent tooling": "?tooling",
        "five files, three concerns": "three concerns",
        "split with explicit dependencies": "what is expected is depended on",
    },
}


@pytest.mark.parametrize("checklist", PREFLIGHT)
def test_each_item_is_decided_by_a_row_or_asked(checklist: str) -> None:
    for item, by in PREFLIGHT[checklist].items():
        known = QUESTIONS if by.startswith("?") else ROWS
        assert by.removeprefix("?") in known, item


def test_nothing_is_asked_that_no_checklist_holds() -> None:
    asked = {by[1:] for items in PREFLIGHT.values() for by in items.values() if by[0] == "?"}
    assert asked == set(QUESTIONS)


def test_every_verb_of_plan_says_what_it_does() -> None:
    assert set(plan.commands) == {"check", "import", "review", "report"}
    assert all(verb.help for verb in plan.commands.values())
