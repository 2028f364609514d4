"""What a test run says of itself: failed on an assertion, passed, or nothing that can be told.

`runners` reads what each known runner prints. A runner that is not known there says nothing, and
then a person decides.
"""

from __future__ import annotations

from .runners import KNOWN, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Told

UNMET = ("skipped", "xfailed", "xpassed", "deselected", "todo", "cancelled", "pending", "ignored")
SCRIPT = "script"
AT_FIRST = ("-x", "--exitfirst", "--maxfail", "-f", "--failfast", "-failfast", "--bail", "-b")
STOPPED = "\n!!!!"  # pytest, where it ended before all tests were run
NAMED = 3  # how many tests a line names

# words of an expression that speaks of nothing in the project
CONSTANT = {
    "assert", "False", "True", "None", "not", "and", "or", "is", "in", "equal", "strictEqual",
    "notEqual", "deepEqual", "deepStrictEqual", "ok", "expect", "toBe", "toEqual", "toStrictEqual",
    "to", "be", "eql", "eq", "true", "false", "null", "undefined", "self", "assertTrue",
    "assertFalse", "assertEqual", "assertEquals", "assertNotEqual", "assertIs", "assertIsNone",
    "assertIn", "test", "it", "describe", "async", "await", "function", "const", "let", "var", "t",
    "return", "def", "unittest", "raise", "AssertionError", "fail", "Error", "new", "throw",
    "assert_eq", "assert_ne", "fn", "Fatal", "Errorf", "Fatalf", "pytest",
}  # fmt: skip
BY_ITSELF = ("pytest.fail(", "raise AssertionError", "assert.fail(", "self.fail(")


def not_red(output: str) -> str:
    """Say why a failed run shows no bug, "" where every failure is one of an assertion."""
    told = read(output)
    if not told["runner"]:
        return unknown("failed")
    if told["fault"]:
        return told["fault"]
    if not told["count"]:
        return unknown("failed")
    if told["lines"] is None:
        return "the failing line is not shown; run it without `--tb`"
    for line in told["lines"]:
        if by_itself(line):
            return "it fails by itself, whatever the code does: " + line[:200]
    return ""


def not_green(output: str, red: Told | None = None) -> str:
    """Say why a run that ended well does not show its tests to pass, "" where it does.

    `red` is what the same command told when it failed: those very tests must have passed.
    """
    if red and red["runner"] == SCRIPT:
        return ""  # its exit status is all that a script says
    told = read(output)
    for word in UNMET:
        if told["unmet"].get(word):
            return (
                str(told["unmet"][word]) + " " + word + "; the reproducing test must run and pass"
            )
    if told["count"]:
        return str(told["count"]) + " failed, whatever the exit status says"
    if not told["passes"]:
        return unknown("passed")
    gone = _left_out(red["failed"] if red else [], told["passed"])
    if gone:
        return "not told among those that passed: " + ", ".join(gone[:NAMED])
    return ""


def unknown(how: str) -> str:
    """Say that a person must decide, since the runner's words are not read here."""
    return (
        "no " + how + " test is told in a form that is known here (" + ", ".join(KNOWN) + "); "
        "a person looks at the output and decides"
    )


def is_told(why: str) -> bool:
    """Say whether a reason is one against the test, and not only that nothing can be told."""
    return not why.endswith("a person looks at the output and decides")


def failing(output: str, command: str = "") -> list[str] | None:
    """Name the tests that failed, None where the runner does not tell each of them.

    Nor does one that stops at the first: what it did not run may fail, too.
    """
    told = read(output)
    if any(word.startswith(AT_FIRST) for word in command.split()) or STOPPED in output:
        return None
    if not told["runner"] or told["runner"] == SCRIPT or len(told["failed"]) < told["count"]:
        return None
    return told["failed"] if told["count"] else None


def fresh(now: list[str], before: list[str]) -> list[str]:
    """Return the failures that were not there before; two of one name are two."""
    left = list(before)
    found = []
    for name in now:
        if name in left:
            left.remove(name)
        else:
            found.append(name)
    return found


def by_itself(line: str) -> bool:
    """Say whether a failing line speaks of nothing in the project."""
    text = line.strip()
    return text.startswith(BY_ITSELF) or ".fail(" in text or is_constant(text)


def is_constant(line: str) -> bool:
    """Say whether a line names nothing: strings taken out, only literals and asserting are left."""
    plain, quote = "", ""
    for letter in line:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"`":
            quote = letter
        else:
            plain += letter if letter.isalnum() or letter == "_" else " "
    words = plain.split()
    return bool(words) and all(word in CONSTANT or word[0].isdigit() for word in words)


def _left_out(wanted: list[str], passed: list[str] | None) -> list[str]:
    return [] if passed is None else fresh(wanted, passed)
