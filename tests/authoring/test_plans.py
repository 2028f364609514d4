"""A plan: every mistake of its author at its line, and a good one passes."""

import json
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelock.authoring.config import load_plan_rules
from stagelock.authoring.plan.check import Surroundings, check
from stagelock.authoring.plan.rules import PlanRules
from stagelock.authoring.source import InvalidWorkflow

PLANS = Path(__file__).parent / "plans"
GOOD = (PLANS / "good.md").read_text()
ROWS = yaml.safe_load((Path(__file__).parents[1] / "cases/plans.yaml").read_text())


def _told(text: str, **around: object) -> list[str]:
    surroundings = Surroundings(**{"env_example": "", **around})  # type: ignore[arg-type]
    return [str(mistake) for mistake in check(text, "plan.md", surroundings).mistakes]


def _changed(row: dict[str, object]) -> str:
    text = GOOD
    for name in ("change", "also", "and_also"):
        if name in row:
            old, new = row[name]  # type: ignore[misc]
            assert old in text, f"the good plan no longer says {old!r}"
            text = text.replace(old, new, -1 if row.get("all") else 1)
    return text


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["why"]))
def test_each_mistake_is_told_where_it_stands(row: dict[str, object]) -> None:
    told = _told(_changed(row))
    if row.get("fine"):
        assert told == []
        return
    expected = [line for line in told if line.startswith(f"plan.md:{row['line']}: ")]
    assert any(str(row["says"]) in line for line in expected), told


@pytest.mark.parametrize("name", ["good", "small"])
def test_a_good_plan_passes(name: str) -> None:
    assert _told((PLANS / f"{name}.md").read_text()) == []


def test_every_mistake_is_told_at_once_and_in_order() -> None:
    text = GOOD.replace("- **Depends on**: WU-002", "- **Depends on**: WU-02")
    text = text.replace("yes, uv and pnpm", "no, npm and pnpm").replace("`201 Created`", "created")
    text = text.replace('the menu entry "To-dos" opens the list', "it works")
    lines = [int(line.split(":")[1]) for line in _told(text)]
    assert lines == sorted(lines)
    assert {53, 64, 77, 137} <= set(lines)


def test_an_unfilled_template_is_told_section_by_section() -> None:
    template = Path(__file__).parents[2] / "src/stagelock/workflows/templates/units.md"
    text = template.read_text()
    told = _told(text)
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            assert any(t.startswith(f"plan.md:{number}: ") for t in told), line


def test_the_template_asks_every_question_the_check_asks() -> None:
    template = Path(__file__).parents[2] / "src/stagelock/workflows/templates/units.md"
    from stagelock.authoring.plan.words import QUESTIONS, UNIT_FIELDS

    text = template.read_text().lower()
    for name in [*QUESTIONS, *UNIT_FIELDS]:
        assert f"**{name}**" in text


def test_each_criterion_of_the_story_is_some_units() -> None:
    story = "# Story\n\n## Acceptance criteria\n\n- AC-1: a list is kept\n- AC-2: it is shared\n"
    text = GOOD.replace("**Spec**: A to-do has", "**Spec**: (AC-1) A to-do has")
    assert _told(text, story=story) == [
        "plan.md:6: Work Unit Decomposition: AC-2 is not covered by plan.md; "
        "name it in the unit that meets it"
    ]


def test_an_example_environment_that_names_the_credentials_is_enough() -> None:
    text = GOOD.replace(", .env.example", "")
    assert _told(text, env_example="STRIPE_KEY=\n# STRIPE_PRICE=price_1\n") == []
    assert _told(text, env_example=None) == []


def test_a_team_names_what_is_risky_beside_migrations_and_auth(tmp_path: Path) -> None:
    (tmp_path / ".stagelock").mkdir()
    config = tmp_path / ".stagelock/config.yaml"
    config.write_text("plan:\n  risky: {money: ['src/todo/ser*.py'], migrations: []}\n")
    rules = load_plan_rules(tmp_path)
    assert set(rules.every_risky()) == {"auth", "migrations", "money"}
    text = GOOD.replace("- **Checkpoint**: after\n", "- **Checkpoint**: no\n", 1)
    text = text.replace("- **After WU-001**: the shape of the table", "Before that: the table")
    assert _told(text, rules=rules) == [
        "plan.md:28: WU-002: touches money (`src/todo/service.py`) without a checkpoint; "
        "write `- **Checkpoint**: after`"
    ]
    config.write_text("plan:\n  riski: {}\n")
    with pytest.raises(InvalidWorkflow, match="unknown key; did you mean `risky`"):
        load_plan_rules(tmp_path)
    assert load_plan_rules(tmp_path / "elsewhere") == PlanRules()


def test_a_good_plan_compiles_to_json_that_a_hook_can_read() -> None:
    compiled = check(GOOD, "plan.md").plan.compiled()
    assert json.loads(json.dumps(compiled)) == compiled
    assert [unit["id"] for unit in compiled["units"]] == [f"WU-00{n}" for n in range(1, 6)]
    third = compiled["units"][2]
    assert third["needs"] == ["WU-001"]
    assert third["files"] == ["src/pay/client.py", "tests/pay/test_client.py", ".env.example"]
    assert third["checkpoints"] == ["before"]
    assert compiled["looks"]["before WU-003"].startswith("are `STRIPE_KEY`")
    assert compiled["credentials"] == {"Stripe": ["STRIPE_KEY", "STRIPE_PRICE"]}


def _long(units: int) -> str:
    """The small plan with many units, every third of them waiting for the one before."""
    text = (PLANS / "small.md").read_text()
    start, end = text.index("### WU-001"), text.index("## Security")
    unit = text[start:end]
    made = [
        unit.replace("WU-001", f"WU-{n:03}")
        .replace("src/app/cli.py", f"src/app/part{n}/*.py")
        .replace("tests/test_cli.py", f"tests/part{n}/test_*.py")
        .replace("Depends on**: none", f"Depends on**: {f'WU-{n - 1:03}' if n % 3 else 'none'}")
        for n in range(units)
    ]
    made[0] = made[0].replace("WU--01", "none")
    return text[:start] + "".join(made) + text[end:]


def test_forty_units_are_judged_in_less_than_a_second() -> None:
    text = _long(40)
    before = time.process_time()
    told = _told(text)
    assert time.process_time() - before < 1
    assert len(check(text, "plan.md").plan.units) == 40
    assert len(told) == 40
    assert all("touches auth" in line for line in told), "`*.py` may be `auth_x.py`"


LINES = GOOD.splitlines()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_text_is_anything_but_judged(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 6))):
        n = data.draw(st.integers(0, len(lines) - 1))
        other = data.draw(st.sampled_from(LINES))
        scrap = data.draw(
            st.sampled_from(["", "```", "<!--", "-->", "- **", "###", "- :", "  - [ ]", "- **x**:"])
        )
        lines[n] = data.draw(st.sampled_from([other, scrap, lines[n] + scrap, scrap + lines[n]]))
    text = "\n".join(lines)
    for mistake in check(text, "plan.md").mistakes:
        assert 1 <= mistake.line <= len(lines)
        assert "\n" not in mistake.message
