"""What keeps an artifact from being approved, and what must not."""

from pathlib import Path

import pytest
import yaml

from stagelock.core.documents.artifact import problems
from stagelock.core.model import OwedArtifact
from tests.support.artifacts import DESIGN, PLAN, STORY

CASES = Path(__file__).parents[1] / "cases/artifacts.yaml"
TEMPLATES = Path(__file__).parents[2] / "src/stagelock/workflows/templates"
SECTIONS = {
    "story": ["Story", "Acceptance criteria"],
    "design": ["Context", "Interfaces", "Decisions", "Acceptance criteria", "Risks"],
    "architecture": ["Decomposition", "Interfaces", "Order of work", "Risks"],
    "plan": ["Approach", "Steps", "Risks", "Verification"],
    "review": ["Findings", "Verdict"],
    "release": ["Changes", "Checks"],
}


def _spec(name: str) -> OwedArtifact:
    return {
        "name": name,
        "path": f"docs/stagelock/run/{name}.md",
        "sections": SECTIONS[name],
        "criteria": name == "story",
        "covers": "story" if name == "design" else None,
        "code": name not in ("design", "plan", "architecture"),
    }


def _lacks(name: str, text: str | None, story: str | None = None) -> list[str]:
    return [problem["what"] for problem in problems(_spec(name), text, story)]


@pytest.mark.parametrize(
    "case", yaml.safe_load(CASES.read_text()), ids=lambda case: str(case["why"])
)
def test_code_in_a_design_is_found_and_a_description_is_not(case: dict[str, object]) -> None:
    spec = _spec("design") | {"sections": [], "covers": None}
    found = problems(spec, str(case["text"]), None)  # type: ignore[arg-type]
    expected = [f"design.md:{case['line']}"] if case["line"] else []
    assert [problem["what"] for problem in found][:1] == expected


def test_whole_artifacts_lack_nothing() -> None:
    assert _lacks("story", STORY) == []
    assert _lacks("design", DESIGN, STORY) == []
    assert _lacks("plan", PLAN) == []


def test_a_missing_file_is_one_problem() -> None:
    assert _lacks("design", None, STORY) == ["design.md"]


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_an_unfilled_template_lacks_every_section(name: str) -> None:
    text = (TEMPLATES / f"{name}.md").read_text()
    lacking = _lacks(name, text)
    for section in SECTIONS[name]:
        assert f"{name}.md#{section.replace(' ', '-')}" in lacking


@pytest.mark.parametrize("section", SECTIONS["plan"])
def test_each_section_must_be_there(section: str) -> None:
    assert _lacks("plan", PLAN.replace(f"## {section}", "## Other")) == [f"plan.md#{section}"]


@pytest.mark.parametrize(
    "body",
    ["", "TODO", "TBD.", "- [ ] todo", "...", "…", "<!-- write here -->", "<fill in>",
     "[describe the risks]", "Lorem ipsum dolor sit amet", "**TBD**", "> to be decided", "-"],
)  # fmt: skip
def test_a_placeholder_is_not_a_section(body: str) -> None:
    text = PLAN.replace("None that a test would not show.", body)
    assert _lacks("plan", text) == ["plan.md#Risks"]


@pytest.mark.parametrize(
    "heading", ["# Risks", "### risks", "## 3. Risks", "## Risks:", "## **Risks**", "Risks\n-----"]
)
def test_a_heading_counts_in_every_form(heading: str) -> None:
    assert _lacks("plan", PLAN.replace("## Risks", heading)) == []


def test_a_heading_inside_a_fence_is_no_section() -> None:
    text = PLAN.replace("## Risks", "```\n## Risks\n```")
    assert _lacks("plan", text) == ["plan.md#Risks"]


def test_a_section_may_hold_only_subsections() -> None:
    text = PLAN.replace("None that a test would not show.", "### One\n\nIt may rain.")
    assert _lacks("plan", text) == []


def test_each_criterion_of_the_story_must_be_covered() -> None:
    more = STORY + "- AC-3: a locked account says so\n- AC-12: and so on\n"
    assert _lacks("design", DESIGN, more) == ["AC-3", "AC-12"]
    assert _lacks("design", DESIGN + "\nAC-12, AC-3: by the lock table\n", more) == []
    assert _lacks("design", DESIGN + "\n<!-- AC-12, AC-3: later -->\n", more) == ["AC-3", "AC-12"]
    assert _lacks("design", DESIGN + "\n- AC-3\n- AC-12\n", more) == ["AC-3", "AC-12"]


def test_criteria_are_numbered_once() -> None:
    assert _lacks("story", STORY.replace("AC-1", "-").replace("AC-2", "-")) == [
        "story.md#Acceptance-criteria"
    ]
    assert _lacks("story", STORY + "- AC-2: again\n") == ["AC-2"]
    assert _lacks("story", STORY.replace("AC-1: a right password opens the account", "AC-1:")) == []


@pytest.mark.parametrize(
    "heading", ["  ## Risks", "## **3. Risks**", "## 3) Risks", "## 2.1 *Risks*", "## Risks ##"]
)
def test_numbers_marks_and_blanks_do_not_hide_a_heading(heading: str) -> None:
    assert _lacks("plan", PLAN.replace("## Risks", heading)) == []


@pytest.mark.parametrize(
    "criteria",
    [
        "### AC-1: a right password opens the account",
        "### AC-1\n\nA right password opens the account.",
        "- AC-1:\n  Given a name, when the password is right, then the account opens",
        "| AC-1 | a right password opens the account |",
        "1. **AC-1** a right password opens the account",
        "- [ ] AC-1 a right password opens the account",
        "AC-7: numbers may have gaps",
    ],
)
def test_a_criterion_may_be_an_item_a_row_or_a_heading(criteria: str) -> None:
    head = STORY.partition("- AC-1")[0]
    assert _lacks("story", head + criteria + "\n") == []


@pytest.mark.parametrize(
    "criteria", ["- AC-1: TODO", "- AC-1: <fill in>", "- AC-1", "AC-1 and AC-2"]
)
def test_a_criterion_without_words_of_its_own_is_none(criteria: str) -> None:
    head = STORY.partition("- AC-1")[0]
    assert _lacks("story", head + criteria + "\n") == ["story.md#Acceptance-criteria"]


@pytest.mark.parametrize("answer", ["- AC-3: TBD", "AC-1, AC-2 and AC-3", "- AC-31: by a lock"])
def test_naming_a_criterion_is_not_covering_it(answer: str) -> None:
    more = STORY + "- AC-3: a locked account says so\n"
    assert _lacks("design", DESIGN + "\n" + answer + "\n", more) == ["AC-3"]


def test_a_comment_mark_that_is_only_shown_hides_nothing() -> None:
    assert _lacks("plan", PLAN.replace("One handler", "`<!--` is kept; one handler")) == []
    assert _lacks("plan", PLAN.replace("One handler", "```\n<!--\n```\nOne handler")) == []


def test_a_comment_that_is_never_closed_hides_the_rest() -> None:
    assert _lacks("plan", PLAN.replace("## Risks", "<!--\n## Risks")) == [
        "plan.md#Risks",
        "plan.md#Verification",
    ]


def test_a_problem_says_where_and_why() -> None:
    text = "```python\ndef f(x):\n    return x + 1\n```"
    spec = _spec("design") | {"sections": [], "covers": None}
    assert problems(spec, text, None) == [  # type: ignore[arg-type]
        {
            "what": "design.md:3",
            "why": "design.md:3 implements: `return x + 1`; signatures are enough",
        }
    ]


@pytest.mark.parametrize(
    "body", ["Todo items are lost on reload.", "A `<!--` may stand in it.", "Five < six <!-- never"]
)
def test_words_that_only_look_like_a_placeholder_are_words(body: str) -> None:
    assert _lacks("plan", PLAN.replace("None that a test would not show.", body)) == []
