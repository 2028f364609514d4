"""What a test run says of itself: failed on an assertion, or on something that proves nothing.

Reads what pytest and node's test runner print. A runner that is not known here says nothing, and
then a person decides.
"""

from __future__ import annotations

# how a reason begins that pytest gives for a test that failed on what it asserts
ASSERTED = ("assert ", "AssertionError", "Failed: DID NOT RAISE", "Failed: DID NOT WARN")
# words of an expression that speaks of nothing in the project
CONSTANT = ("assert", "False", "True", "None", "not", "and", "or", "is", "in")
BY_ITSELF = ("pytest.fail(", "raise AssertionError", "assert.fail(")
UNMET = ("skipped", "xfailed", "xpassed", "deselected", "todo", "cancelled")
NOT_LOADED = ("SyntaxError", "ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND", "Cannot find module")


def not_red(output: str) -> str:
    """Say why a failed run shows no bug, "" where every failure is one of an assertion."""
    lines = output.splitlines()
    numbers = _counts(lines)
    if numbers.get("error") or numbers.get("errors"):
        return "a test could not be collected or set up; it must fail on an assertion"
    if _is_node(lines):
        return _not_red_in_node(lines, numbers)
    failed = [line.strip() for line in lines if line.startswith("FAILED ")]
    if not failed or not numbers.get("failed"):
        return "no failed test is told in a form that is known here (pytest, node --test)"
    for line in failed:
        if not _is_asserted(line, lines):
            return "it failed on something else than an assertion: " + line[:200]
    return _by_itself(lines)


def not_green(output: str) -> str:
    """Say why a run that ended well does not show its tests to pass, "" where it does."""
    numbers = _counts(output.splitlines())
    for word in UNMET:
        if numbers.get(word):
            return str(numbers[word]) + " " + word + "; the reproducing test must run and pass"
    if not numbers.get("passed") and not numbers.get("pass"):
        return "no passed test is told in a form that is known here (pytest, node --test)"
    return ""


def _counts(lines: list[str]) -> dict[str, int]:
    """Read the numbers of the last summary: `2 failed, 1 passed in 0.1s`, or `# fail 2` lines."""
    found: dict[str, int] = {}
    for line in lines:
        words = line.strip().strip("=").strip().split()
        if len(words) == 3 and words[0] in ("#", "\u2139") and words[2].isdigit():
            found[words[1]] = int(words[2])
    if found:
        return found
    for line in reversed(lines):
        text = line.strip().strip("=").strip()
        parts = [part.split() for part in text.partition(" in ")[0].split(",")]
        if " in " in text and all(len(part) == 2 and part[0].isdigit() for part in parts):
            return {name: int(number) for number, name in parts}
    return {}


def _is_node(lines: list[str]) -> bool:
    return any(line.startswith(("# fail ", "\u2139 fail ")) for line in lines)


def _not_red_in_node(lines: list[str], numbers: dict[str, int]) -> str:
    text = "\n".join(lines)
    if not numbers.get("fail"):
        return "no test failed"
    for word in NOT_LOADED:
        if word in text:
            return "a test could not be loaded (" + word + "); it must fail on an assertion"
    once = text.partition("failing tests:")[0].splitlines()  # one reporter tells each twice
    asserted = sum("ERR_ASSERTION" in line and "code:" in line for line in once)
    if asserted < numbers["fail"]:
        return "a test failed on something else than an assertion"
    return "it fails by itself, whatever the code does" if "assert.fail(" in text else ""


def _is_asserted(line: str, lines: list[str]) -> bool:
    test, _, reason = line[len("FAILED ") :].partition(" - ")
    if reason.startswith(ASSERTED):
        return True
    if not any(start.startswith(reason.removesuffix("...")) for start in ASSERTED):
        return False
    # cut at the width of the terminal: how each ended is told above, at its place
    place = test.partition("::")[0] + ":"
    ends = [told for told in lines if told.startswith(place) and not told.startswith(place + ":")]
    return bool(ends) and all(told.endswith((": AssertionError", ": ")) for told in ends)


def _by_itself(lines: list[str]) -> str:
    marked = [line[1:].strip() for line in lines if line.startswith(">")]
    if not marked and not any(line.startswith("E  ") for line in lines):
        return "the failing line is not shown; run it without `--tb`"
    marked = marked or [line.strip() for line in lines if line.startswith("    ")]  # --tb=short
    for line in marked:
        if line.startswith(BY_ITSELF) or (line.startswith("assert") and _is_constant(line)):
            return "it fails by itself, whatever the code does: " + line[:200]
    return ""


def _is_constant(line: str) -> bool:
    """Say whether an assertion names nothing: strings taken out, only literals are left."""
    plain, quote = "", ""
    for letter in line:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        else:
            plain += letter if letter.isalnum() or letter == "_" else " "
    return all(word in CONSTANT or word[0].isdigit() for word in plain.split())
