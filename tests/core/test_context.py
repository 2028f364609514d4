"""The context document and the service inventory grow, whatever people write around them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelock.core.plan import context
from tests.support.units import plan, unit

FIRST, SECOND = (unit(plan(), name) for name in ("WU-001", "WU-002"))
EMPTY = context.begin({"Linter": "ruff (pyproject.toml)", "Language": "Python 3.12"})


def test_the_document_begins_with_what_is_used() -> None:
    assert EMPTY == (
        "# Project Context (Maintained by stagelock)\n"
        "\n"
        "## Tooling\n"
        "\n"
        "- Package manager: not known\n"
        "- Test runner: not known\n"
        "- Linter: ruff (pyproject.toml)\n"
        "- Build: not known\n"
        "- Language: Python 3.12\n"
        "\n"
        "## Completed Work Units\n"
        "\n"
        "| WU | Title | Key Files | Services Created |\n"
        "|---|---|---|---|\n"
        "\n"
        "## Established Patterns\n"
        "\n"
        "\n"
        "## Active Services\n"
        "\n"
        "See SERVICE-INVENTORY.md\n"
    )


def test_each_commit_adds_its_row_once_and_in_order() -> None:
    text = context.with_unit(EMPTY, FIRST, ["src/a.py", "src/b.py"], ["TodoStore"])
    text = context.with_unit(text, SECOND, ["src/c.py"], [])
    assert context.with_unit(text, FIRST, ["src/a.py", "src/b.py"], ["TodoStore"]) == text
    rows = [line for line in text.splitlines() if line.startswith("| WU-")]
    assert rows == [
        "| WU-001 | Store to-dos | src/a.py, src/b.py | TodoStore |",
        "| WU-002 | Serve to-dos over HTTP | src/c.py | none |",
    ]
    assert text.index("| WU-002") < text.index("## Established Patterns")


def test_patterns_are_kept_once() -> None:
    text = context.with_pattern(EMPTY, "errors", "raise\n`TodoError`")
    assert context.with_pattern(text, "errors", "raise `TodoError`") == text
    text = context.with_pattern(text, "ids", "12 characters")
    assert "- errors: raise `TodoError`\n- ids: 12 characters\n\n## Active Services\n" in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Notes of my own\n",
        EMPTY.replace("## Completed Work Units", "## What is done"),
        EMPTY.replace("|---|---|---|---|\n", ""),
        EMPTY.replace(
            "| WU | Title | Key Files | Services Created |\n|---|---|---|---|\n", "soon\n"
        ),
        EMPTY + "\n## Completed work units ##\n",
    ],
)
def test_what_people_changed_is_kept_and_the_row_is_there(text: str) -> None:
    grown = context.with_unit(text, FIRST, ["src/a.py"], [])
    assert grown.count("| WU-001 | Store to-dos | src/a.py | none |") == 1
    kept = [line for line in text.splitlines() if line.strip() and line != "soon"]
    assert all(line in grown.splitlines() for line in kept)
    assert context.with_unit(grown, FIRST, ["src/a.py"], []) == grown


def test_the_inventory_lists_a_service_of_a_file_once() -> None:
    store = {"name": "TodoStore", "kind": "service", "file": "src/todo/store.py"}
    table = {"name": "todos", "kind": "table", "file": "src/todo/migrations/1.sql"}
    text = context.inventory("", "WU-001", [store, table])  # type: ignore[list-item]
    again = context.inventory(text, "WU-002", [store])  # type: ignore[list-item]
    assert context.listed(again) == [store, table]
    assert "| TodoStore | service | src/todo/store.py | WU-002 |" in again
    assert text.startswith(
        "# Service Inventory\n\n## Services\n\n| Name | Kind | File | Work Unit |"
    )


def test_a_bar_in_a_name_parts_no_cell() -> None:
    either = {"name": "parse(a | b)", "kind": "function", "file": "x.py"}
    text = context.inventory("", "WU-001", [either])  # type: ignore[list-item]
    assert context.inventory(text, "WU-001", [either]) == text  # type: ignore[list-item]
    assert context.listed(text)[0]["name"] == "parse(a \\| b)"


@settings(max_examples=100, deadline=None)
@given(
    pieces=st.lists(
        st.sampled_from(
            ["## Completed Work Units", "## Services", "# x", "| a | b |", "|---|", "", "text", "|"]
        ),
        max_size=8,
    )
)
def test_a_row_is_there_once_whatever_stood_before(pieces: list[str]) -> None:
    text = context.with_unit("\n".join(pieces), FIRST, ["a"], [])
    assert text.count("| WU-001 | Store to-dos | a | none |") == 1
    assert context.with_unit(text, FIRST, ["a"], []) == text
