"""What a record of a bug says, and what a test run shows: rows of real output."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from stagelock.core.fix.cause import command, named, place, reference
from stagelock.core.fix.cause import tests as files_of
from stagelock.core.fix.outcomes import failing, fresh, not_green, not_red
from stagelock.core.fix.runners import read
from stagelock.core.fix.test_files import TESTS, every, inside

CASES = Path(__file__).parents[1] / "cases"
OUTCOMES = yaml.safe_load((CASES / "outcomes.yaml").read_text())
CAUSES = yaml.safe_load((CASES / "causes.yaml").read_text())


@pytest.mark.parametrize("row", OUTCOMES, ids=lambda row: row["why"])
def test_only_a_failed_assertion_is_red_and_only_a_run_test_green(row: dict[str, Any]) -> None:
    was = read(row["was"]) if "was" in row else None
    for word, came in (("red", not_red(row["text"])), ("green", not_green(row["text"], was))):
        if word in row:
            assert came.startswith(row[word]), came
            assert bool(came) == bool(row[word]), came
    if "failing" in row:
        assert failing(row["text"]) == row["failing"]


def test_a_test_that_failed_before_may_stay_and_each_new_one_is_named() -> None:
    assert fresh(["a", "b"], ["b", "a", "c"]) == []
    assert fresh(["a", "a", "b"], ["a"]) == ["a", "b"]
    assert failing("2 failed in 0.1s\n\nFAILED tests/test_a.py::test_a - assert 1\n") is None
    assert failing("the runner of nobody says: 2 failed") is None


@pytest.mark.parametrize("command", ["pytest -x", "pytest --maxfail=2", "python -m unittest -f"])
def test_a_run_that_stops_at_the_first_failure_tells_of_no_other(command: str) -> None:
    told = "FAILED tests/test_a.py::test_a - assert 1\n1 failed in 0.1s\n"
    assert failing(told, "pytest -q") == ["tests/test_a.py::test_a"]
    assert failing(told, command) is None
    assert failing("\n!!!! stopping after 1 failures !!!!\n" + told, "pytest -q") is None


@pytest.mark.parametrize("row", CAUSES, ids=lambda row: row["said"])
def test_a_cause_is_one_sentence_with_its_place(row: dict[str, str]) -> None:
    file, line, lacks = place(f"# R\n\n## Cause\n{row['said']}\n\n## Evidence\nat x.py:1\n")
    if "place" in row:
        assert (f"{file}:{line}", lacks) == (row["place"], "")
    else:
        assert row["lacks"] in lacks


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`pytest -q`", "pytest -q"),
        ("run this:\n`pytest -q`", "pytest -q"),
        ("```sh\npytest -q\nmore\n```", "pytest -q"),
        ("    pytest -q", "pytest -q"),
        ("run `pytest -q` and look", ""),
        ("", ""),
    ],
)
def test_a_command_is_named_as_code_of_its_own(text: str, found: str) -> None:
    assert command(f"# R\n\n## Test\n{text}\n\n## Other\n`false`\n", "Test") == found


def test_a_reference_is_the_first_file_in_backticks() -> None:
    assert reference("# P\n\n## Reference\nSee `src/a.py`, then `b.py`.\n") == "src/a.py"
    assert reference("# P\n\n## Differences\n`src/a.py`\n") == ""


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("pytest -q tests/test_a.py", ["tests/test_a.py"]),
        ("python -m pytest tests/test_a.py::test_x", ["tests/test_a.py"]),
        ("python reproduce.py", ["reproduce.py"]),
        ("cargo test --test a", []),
        ("stagelock ro -- 'node --test web/a.test.js'", ["web/a.test.js"]),
        ("pytest -q", []),
        ("pytest -q src/app.py", []),
        ("pytest tests/test_a.py; false", []),
        ("pytest tests/test_a.py | tail", []),
        ("stagelock ro -- pytest tests/test_a.py", []),
        ("stagelock ro -- 'pytest tests/test_a.py && false'", []),
    ],
)
def test_a_test_command_is_one_plain_run_that_names_its_files(line: str, files: list[str]) -> None:
    found, why = files_of(line, every(TESTS), [])
    assert found == files
    assert bool(why) == (not files)


def test_a_runner_that_takes_no_file_has_it_named_below() -> None:
    said = (
        "# R\n\n## Test\n`cargo test --test a`\n\nIt is `adds` in `./tests/a.rs`, of `src/a.rs`.\n"
    )
    beside = named(said, "Test", every(TESTS))
    assert beside == ["tests/a.rs"]
    assert files_of("cargo test --test a", every(TESTS), beside) == (["tests/a.rs"], "")


RUST = (
    "#[cfg(test)]\nuse std::fmt;\nfn count(i: u32) -> u32 { i - 1 }\n\n#[cfg(test)]\n"
    "mod tests {\n    #[test]\n    fn other() { assert_eq!(super::count(3), 2); }\n}\n"
)
DOCTEST = 'def count(x):\n    """Count.\n\n    >>> count(3)\n    2\n    """\n    return x\n'
VITEST = "export const count = x => x\nif (import.meta.vitest) {\n  expect(count(3)).toBe(2)\n}\n"


@pytest.mark.parametrize(
    ("path", "text", "old", "new", "is_lost"),
    [
        ("src/lib.rs", RUST, "i - 1", "i", False),
        ("src/lib.rs", RUST, "use std::fmt", "use std::io", False),
        ("src/lib.rs", RUST, "assert_eq!(super::count(3), 2)", "assert!(true)", True),
        ("src/lib.rs", RUST, "#[cfg(test)]\nmod", "#[cfg(any())]\nmod", True),
        ("src/lib.rs", RUST, "#[test]", "#[test]\n    #[ignore]", True),
        ("pages.py", DOCTEST, "return x", "return x - 1", False),
        ("pages.py", DOCTEST, "Count.", "Count all.\n\n    >>> count(1)\n    1\n", False),
        ("pages.py", DOCTEST, "    2\n", "    3\n", True),
        ("pages.py", DOCTEST, "    >>> count(3)\n    2\n", "", True),
        ("src/pages.ts", VITEST, "x => x", "x => x - 1", False),
        ("src/pages.ts", VITEST, "toBe(2)", "toBeDefined()", True),
        ("src/pages.ts", VITEST, "if (import", "if (0 && import", True),
    ],
)
def test_a_test_that_lies_in_the_source_is_known_again(
    path: str, text: str, old: str, new: str, *, is_lost: bool
) -> None:
    assert old in text
    changed = text.replace(old, new)
    assert bool(fresh(inside(path, text), inside(path, changed))) == is_lost
