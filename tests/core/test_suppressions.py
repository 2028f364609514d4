"""What a change silences is found by language; what only moved is not new."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stagelock.core.suppressions import is_test_file, read_diff, scan

CASES = Path(__file__).parents[1] / "cases/suppressions.yaml"
ROWS = yaml.safe_load(CASES.read_text())["lines"]


def _diff(file: str, body: str) -> str:
    lines = body.split("\n")
    old = sum(line[:1] != "+" for line in lines)
    new = sum(line[:1] != "-" for line in lines)
    head = f"diff --git a/{file} b/{file}\n--- a/{file}\n+++ b/{file}\n"
    return f"{head}@@ -1,{old} +1,{new} @@\n{body}\n"


def _told(diff: str) -> list[tuple[str, int, str]]:
    return [(f["file"], f["line"], f["what"]) for f in scan(diff)]


@pytest.mark.parametrize(("file", "body", "expected"), ROWS)
def test_each_line_is_found_by_its_language(file: str, body: str, expected: list[object]) -> None:
    assert sorted(map(list, {t[1:] for t in _told(_diff(file, body))})) == sorted(expected)


def test_a_moved_line_is_not_new_within_a_file_or_between_files() -> None:
    gone = _diff("a.py", "-x = f()  # noqa")
    assert _told(gone + _diff("b.py", "+    x = f()  # noqa")) == []
    twice = gone + _diff("b.py", "+x = f()  # noqa\n+x = f()  # noqa")
    assert _told(twice) == [("b.py", 2, "# noqa")]


def test_a_skip_that_moved_to_another_test_is_new() -> None:
    body = "-@pytest.mark.skip\n def test_a():\n     f()\n+@pytest.mark.skip\n def test_b():"
    assert _told(_diff("tests/test_a.py", body)) == [("tests/test_a.py", 3, "@pytest.mark.skip")]
    both = "-@pytest.mark.skip\n-def test_a():\n f()\n+@pytest.mark.skip\n+def test_a():"
    assert _told(_diff("tests/test_a.py", both)) == []


def test_a_test_that_moved_to_another_file_was_not_deleted() -> None:
    body = "def test_a():\n{0}    assert f() == 1"
    gone = _diff("tests/test_a.py", "-" + body.format("-"))
    came = _diff("tests/test_b.py", "+" + body.format("+"))
    assert _told(gone + came) == []
    assert len(_told(gone)) == 2


def test_a_deleted_test_file_is_one_finding() -> None:
    diff = (
        "diff --git a/tests/test_a.py b/tests/test_a.py\ndeleted file mode 100644\n"
        "--- a/tests/test_a.py\n+++ /dev/null\n@@ -1,3 +0,0 @@\n"
        "-def test_a():\n-    assert f() == 1\n-    assert g() == 1\n"
    )
    assert _told(diff) == [("tests/test_a.py", 1, "deleted test file")]
    assert scan(diff)[0]["text"] == "3 lines of tests and assertions"


def test_a_test_file_renamed_so_that_no_runner_finds_it_is_named() -> None:
    diff = "diff --git a/test_a.py b/a_old.py\nrename from test_a.py\nrename to a_old.py\n"
    assert _told(diff) == [("test_a.py", 1, "test file renamed out of sight")]
    assert _told(diff.replace("a_old.py", "test_b.py")) == []


def test_code_that_git_shows_no_lines_of_is_named() -> None:
    """An attribute of the tree (`*.py -diff`) or one byte makes a file binary to git."""

    def binary(old: str, new: str) -> list[tuple[str, int, str]]:
        return _told(f"diff --git x y\nindex 1..2 100644\nBinary files {old} and {new} differ\n")

    assert binary("a/src/a.py", "b/src/a.py") == [("src/a.py", 1, "cannot be read as text")]
    assert binary("/dev/null", "b/a.ts") == [("a.ts", 1, "cannot be read as text")]
    gone = binary("a/tests/test_a.py", "/dev/null")
    assert gone == [("tests/test_a.py", 1, "cannot be read as text")]
    assert binary("a/src/a.py", "/dev/null") == []
    assert binary("a/logo.png", "b/logo.png") == []


def test_lines_are_numbered_as_in_the_new_file_through_several_hunks() -> None:
    diff = (
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n"
        "@@ -10,2 +10,3 @@ def f():\n a = 1\n+b = 2  # noqa\n c = 3\n"
        "@@ -40 +41,2 @@\n-d = 4\n+d = 5\n+e = 6  # type: ignore\n\\ No newline at end of file\n"
    )
    assert _told(diff) == [("a.py", 11, "# noqa"), ("a.py", 42, "# type: ignore")]


def test_lines_that_look_like_headers_are_lines() -> None:
    body = "--- a/x\n+++ b/y\n+x = 1  # noqa"
    assert [c["file"] for c in read_diff(_diff("a.sql", body))] == ["a.sql"]
    assert _told(_diff("a.py", body)) == [("a.py", 2, "# noqa")]


def test_a_name_that_git_quotes_is_read() -> None:
    diff = _diff("x", "+a = 1  # noqa").replace("a/x", '"a/d\\303\\251 \\"j\\".py"')
    diff = diff.replace("b/x", '"b/d\\303\\251 \\"j\\".py"')
    assert _told(diff) == [('dé "j".py', 1, "# noqa")]


@given(st.text(alphabet="+-@ d#'\"\\noqait.skp(\n/*,19a\r\t", max_size=300))
def test_any_text_is_read_to_its_end(text: str) -> None:
    for diff in (
        text,
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,9 +1,9 @@\n" + text,
    ):
        for finding in scan(diff):
            assert finding["line"] >= 0


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("tests/a.py", True), ("src/test_a.py", True), ("a.spec.ts", True), ("FooTest.java", True),
        ("src/__tests__/a.js", True), ("a_test.go", True), ("src/attest.py", False),
        ("contest.py", False), ("latest/a.py", False),
    ],
)  # fmt: skip
def test_files_of_tests_are_told_by_their_names(path: str, is_test: bool) -> None:
    assert is_test_file(path) is is_test


def test_there_are_rows_enough_for_every_language() -> None:
    assert len(ROWS) > 100
