"""What test runners print, read: which tests failed and on what, how many passed, what did not run.

One function for each runner, tried in the order of `READERS`; each looks for the words that only
this runner ends with. Nothing is believed of an output that none of them knows.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from stagelock.core.model import Told

KNOWN = (
    "pytest", "unittest", "node --test", "jest", "vitest", "mocha", "go test", "cargo test",
    "a Python or JavaScript script",
)  # fmt: skip
NOT_LOADED = "a test could not be loaded; it must fail on an assertion"
NOT_COLLECTED = "a test could not be collected or set up; it must fail on an assertion"
ELSE = "it failed on something else than an assertion: "
# how a reason begins that pytest gives for a test that failed on what it asserts
ASSERTED = ("assert ", "AssertionError", "Failed: DID NOT RAISE", "Failed: DID NOT WARN")
NODE_NOT_LOADED = ("SyntaxError", "ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND", "Cannot find module")
JEST_ASSERTS = ("expect(", "assert", "AssertionError", "Expected", "JestAssertionError")
TICKS = ("\u2714 ", "\u2713 ")  # node and mocha, jest and vitest
CROSSES = ("\u2716 ", "\u2715 ", "\u00d7 ")


def read(output: str) -> Told:
    """Return what a test run says of itself."""
    lines = _plain(output).splitlines()
    for reader in READERS:
        told = reader(lines)
        if told is not None:
            return told
    return _told("")


def _told(runner: str) -> Told:
    return {
        "runner": runner,
        "count": 0,
        "failed": [],
        "passes": 0,
        "passed": None,
        "unmet": {},
        "fault": "",
        "lines": [],
    }


def _node(lines: list[str]) -> Told | None:
    numbers = {}
    for line in lines:
        words = line.strip().split()
        if len(words) == 3 and words[0] in ("#", "\u2139") and words[2].isdigit():
            numbers[words[1]] = int(words[2])
    if "fail" not in numbers or "pass" not in numbers:
        return None
    told = _told("node")
    told["count"], told["passes"] = numbers["fail"] + numbers.get("cancelled", 0), numbers["pass"]
    told["unmet"] = {w: numbers[w] for w in ("skipped", "todo", "cancelled") if numbers.get(w)}
    end = [n for n, line in enumerate(lines) if line.endswith("failing tests:")]
    once = lines[: end[0]] if end else lines  # one reporter tells each failure twice
    told["failed"] = _tap(once, "not ok ") + _ticked(once, CROSSES)
    told["passed"] = _tap(once, "ok ") + _ticked(once, TICKS)
    asserted = sum("code:" in line and "ERR_ASSERTION" in line for line in once)
    parents = "\n".join(once).count("failureType: 'subtestsFailed'")
    suites = sum(line.strip() == "type: 'suite'" for line in once)
    missing = [word for word in NODE_NOT_LOADED if any(word in line for line in lines)]
    if told["count"] and missing:
        told["fault"] = NOT_LOADED.replace(";", " (" + missing[0] + ");")
    elif asserted + max(0, parents - suites) < told["count"]:
        told["fault"] = "a test failed on something else than an assertion"
    elif any("assert.fail(" in line for line in lines):
        told["lines"] = ["assert.fail("]
    return told


def _tap(lines: list[str], start: str) -> list[str]:
    """Read `ok 1 - name`, which may stand further in; what was skipped is left out."""
    found = []
    for line in lines:
        text = line.strip()
        number, dash, name = text[len(start) :].partition(" - ")
        ran = not name.endswith(("# SKIP", "# TODO"))
        if text.startswith(start) and dash and number.isdigit() and ran:
            found.append(name)
    return found


def _ticked(lines: list[str], marks: tuple[str, ...]) -> list[str]:
    """Read `✔ name (1.2ms)`, without the time."""
    found = []
    for line in lines:
        text = line.strip()
        if text.startswith(marks) and not text.endswith(("# SKIP", "# TODO")):
            found.append(_untimed(text[2:]))
    return found


def _untimed(text: str) -> str:
    """Drop the time that a runner writes behind a name: `(3 ms)`, or vitest's `3ms`."""
    name, _, end = text.strip().rpartition(" ")
    if end.endswith(")"):
        name, _, end = text.strip().rpartition(" (")
    bare = end.rstrip(")").replace(" ", "")
    timed = bare.endswith("s") and bare.rstrip("ms").replace(".", "").isdigit()
    return name if timed else text.strip()


def _vitest(lines: list[str]) -> Told | None:
    files = [line for line in lines if line.startswith(" Test Files ")]
    tests = [line for line in lines if line.strip().startswith("Tests ")]
    if not files or not tests:
        return None
    told = _told("vitest")
    parts = tests[-1].strip()[len("Tests ") :].partition("(")[0].split("|")
    _counted(told, [part.split() for part in parts])
    told["failed"] = [
        line.strip()[5:].strip() for line in lines if line.startswith(" FAIL ") and " > " in line
    ]
    told["failed"] = list(dict.fromkeys(told["failed"]))
    if any("Failed Suites" in line for line in lines):
        told["fault"] = NOT_LOADED
        return told
    for n, line in enumerate(lines):
        after = lines[n + 1] if n + 1 < len(lines) else ""
        known = (" FAIL ", "AssertionError", "Error: Snapshot")
        if line.startswith(" FAIL ") and not after.startswith(known):
            told["fault"] = ELSE + after[:200]
    return told


def _jest(lines: list[str]) -> Told | None:
    tests = [line for line in lines if line.startswith("Tests: ")]
    if not tests or not any(line.startswith("Test Suites: ") for line in lines):
        return None
    told = _told("jest")
    _counted(told, [part.split() for part in tests[-1][len("Tests: ") :].split(",")])
    heads = [n for n, line in enumerate(lines) if line.startswith("  \u25cf ")]
    once = list(dict.fromkeys(lines[n][4:].strip() for n in heads))  # told again at the end
    told["failed"] = [name for name in once if name != "Test suite failed to run"]
    if len(told["failed"]) < len(once):
        told["fault"] = NOT_LOADED
        return told
    passed = _ticked(lines, TICKS)
    told["passed"] = passed if len(passed) >= told["passes"] else None  # only for one file
    told["failed"] = _short(told["failed"]) if told["passed"] is not None else told["failed"]
    for n in heads:
        body = [line.strip() for line in lines[n + 1 :] if line.strip()]
        if body and not body[0].startswith(JEST_ASSERTS):
            told["fault"] = ELSE + body[0][:200]
    told["lines"] = [
        line.partition("|")[2].strip() for line in lines if line.strip().startswith("> ")
    ]
    return told


def _short(names: list[str]) -> list[str]:
    """Drop the groups that jest writes before a name where it failed, but not where it passed."""
    return [name.rpartition(" \u203a ")[2] for name in names]


def _mocha(lines: list[str]) -> Told | None:
    told = _told("mocha")
    is_mocha = False
    at = len(lines)
    for n, line in enumerate(lines):
        words = line.strip().split()
        if line.startswith("  ") and len(words) > 1 and words[0].isdigit():
            is_mocha = is_mocha or (words[1] == "passing" and words[-1].endswith(")"))
            if words[1] == "passing":
                told["passes"] = int(words[0])
            elif words[1] == "failing":
                told["count"], at = int(words[0]), n
            elif words[1] == "pending":
                told["unmet"] = {"pending": int(words[0])}
    if not is_mocha:
        return None
    told["passed"] = _ticked(lines[:at], TICKS)
    blocks = _mocha_blocks(lines[at + 1 :])
    for title, said in blocks:
        told["failed"].append(title)
        if not said.startswith("AssertionError"):
            told["fault"] = ELSE + said[:200]
        elif any("assert.fail(" in line for line in lines):
            told["lines"] = ["assert.fail("]
    return told


def _mocha_blocks(lines: list[str]) -> list[tuple[str, str]]:
    """Return name and error of each failure: `  1) group`, `       name:`, then the error."""
    found: list[tuple[str, str]] = []
    title = ""
    for line in lines:
        text = line.strip()
        number, _, rest = text.partition(") ")
        if line.startswith("  ") and not line.startswith("   ") and number.isdigit() and rest:
            title = rest + "\n"
        elif title.endswith("\n") and text:
            if title[:-1].endswith(":"):
                found.append((title[:-2], text))
                title = ""
            else:
                title = text + "\n"  # the name is the last of the groups
    return found


def _go(lines: list[str]) -> Told | None:
    ends = [line.split() for line in lines if line.startswith(("ok  \t", "FAIL\t"))]
    if not ends:
        return None
    told = _told("go")
    told["failed"] = [_go_name(line) for line in lines if line.strip().startswith("--- FAIL: ")]
    told["count"] = len(told["failed"])
    quiet = ("[no tests to run]", "[no test files]")
    oks = [line for line in lines if line.startswith("ok  \t") and not line.endswith(quiet)]
    told["passes"] = len(oks)
    skipped = sum(line.strip().startswith("--- SKIP: ") for line in lines)
    told["unmet"] = {"skipped": skipped} if skipped else {}
    passed = [_go_name(line) for line in lines if line.strip().startswith("--- PASS: ")]
    told["passed"] = passed or None  # told with -v alone
    if any(line.endswith(("[build failed]", "[setup failed]")) for line in lines):
        told["fault"] = "a test could not be built; it must fail on an assertion"
    elif any(line.startswith(("panic: ", "fatal error: ")) for line in lines):
        told["fault"] = ELSE + next(x for x in lines if x.startswith(("panic: ", "fatal error: ")))
    elif any("FAIL" in words[:1] for words in ends) and not told["count"]:
        told["fault"] = "no failed test is told"
    return told


def _go_name(line: str) -> str:
    return line.strip()[len("--- FAIL: ") :].partition(" (")[0]


def _cargo(lines: list[str]) -> Told | None:
    if any(line.startswith("error: could not compile ") for line in lines):
        told = _told("cargo")
        told["fault"] = "a test could not be built; it must fail on an assertion"
        return told
    results = [line for line in lines if line.startswith("test result: ")]
    if not results:
        return None
    told = _told("cargo")
    told["passed"] = []
    for result in results:
        parts = result.partition(". ")[2].split(";")
        one = _told("")
        _counted(one, [part.split() for part in parts])
        told["count"] += one["count"]
        told["passes"] += one["passes"]
        for word, number in one["unmet"].items():
            told["unmet"][word] = told["unmet"].get(word, 0) + number
    for line in lines:
        name, _, how = line[len("test ") :].partition(" ... ")
        if line.startswith("test ") and how in ("ok", "FAILED"):
            told["passed" if how == "ok" else "failed"].append(name)  # type: ignore[union-attr]  # made above
    for n, line in enumerate(lines):
        if line.startswith("thread '") and " panicked at " in line:
            said = lines[n + 1] if n + 1 < len(lines) else ""
            if not said.startswith("assertion "):
                told["fault"] = ELSE + said[:200] + " (an `assert!` without words of its own says)"
            elif said.startswith("assertion failed: "):
                told["lines"] = [*(told["lines"] or []), said[len("assertion failed: ") :]]
    return told


def _unittest(lines: list[str]) -> Told | None:
    ran = [line.split() for line in lines if line.startswith("Ran ") and " test" in line]
    end = lines[-1] if lines else ""
    ends = [line for line in lines if line.startswith(("OK", "FAILED (", "NO TESTS RAN"))]
    if not ran or not ends or not ran[-1][1].isdigit():
        return None
    told = _told("unittest")
    end = ends[-1].partition("(")[2].rstrip(")")
    numbers = {}
    for part in end.split(", ") if end else []:
        name, _, number = part.partition("=")
        numbers[name] = int(number) if number.isdigit() else 0
    unmet = {
        "skipped": "skipped",
        "expected failures": "xfailed",
        "unexpected successes": "xpassed",
    }
    told["unmet"] = {word: numbers[name] for name, word in unmet.items() if numbers.get(name)}
    told["count"] = numbers.get("failures", 0) + numbers.get("errors", 0)
    told["passes"] = max(0, int(ran[-1][1]) - told["count"] - sum(told["unmet"].values()))
    heads = [line for line in lines if line.startswith(("FAIL: ", "ERROR: "))]
    told["failed"] = [line.partition(": ")[2] for line in heads]
    errors = [line for line in heads if line.startswith("ERROR: ")]
    if any("_FailedTest" in line for line in errors):
        told["fault"] = NOT_LOADED
    elif errors:
        told["fault"] = ELSE + errors[0]
    told["lines"] = _raised(lines)
    return told


def _raised(lines: list[str]) -> list[str]:
    """Return the line of code above each `AssertionError` of a traceback, its marks left out."""
    found = []
    code = ""
    for line in lines:
        bare = line.strip()
        if line.startswith("    ") and bare.strip("^~ "):
            code = bare
        elif line.startswith("AssertionError") and code:
            found.append(code)
            code = ""
    return found


def _pytest(lines: list[str]) -> Told | None:
    numbers: dict[str, int] = {}
    for line in reversed(lines):
        text = line.strip().strip("=").strip()
        parts = [part.split() for part in text.partition(" in ")[0].split(",")]
        if " in " in text and all(len(part) == 2 and part[0].isdigit() for part in parts):
            numbers = {name: int(number) for number, name in parts}
            break
    if not numbers:
        return None
    told = _told("pytest")
    heads = [line.strip() for line in lines if line.startswith(("FAILED ", "ERROR "))]
    told["failed"] = [line.partition(" ")[2].partition(" - ")[0] for line in heads]
    broken = numbers.get("error", 0) + numbers.get("errors", 0)
    told["count"] = numbers.get("failed", 0) + broken
    told["passes"] = numbers.get("passed", 0)
    words = ("skipped", "xfailed", "xpassed", "deselected")
    told["unmet"] = {word: numbers[word] for word in words if numbers.get(word)}
    if broken:
        told["fault"] = NOT_COLLECTED
        return told
    for line in heads:
        if not _is_asserted(line, lines):
            told["fault"] = ELSE + line[:200]
            return told
    if not heads:
        told["count"] = 0
    told["lines"] = _marked(lines) if heads else []
    return told


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


def _marked(lines: list[str]) -> list[str] | None:
    marked = [line[1:].strip() for line in lines if line.startswith(">")]
    if not marked and not any(line.startswith("E  ") for line in lines):
        return None
    marked = marked or [line.strip() for line in lines if line.startswith("    ")]  # --tb=short
    return [line for line in marked if line.startswith(("assert", "pytest.", "raise", "self."))]


def _script(lines: list[str]) -> Told | None:
    """Read an assertion that ended a script: Python's traceback, or node's word for it."""
    left = [line for line in lines if line.strip()]
    is_python = "Traceback (most recent call last):" in lines
    if is_python and left[-1].startswith("AssertionError"):
        told = _told("script")
        told["count"], told["failed"], told["lines"] = 1, ["AssertionError"], _raised(lines)
        return told
    thrown = [line for line in lines if line.startswith("AssertionError [ERR_ASSERTION]")]
    if thrown and left[-1].startswith("Node.js v"):
        told = _told("script")
        told["count"], told["failed"] = 1, ["AssertionError"]
        return told
    return None


def _counted(told: Told, parts: list[list[str]]) -> None:
    """Take `2 failed`, `1 passed`, `3 ignored` over, as jest, vitest and cargo write them."""
    for part in parts:
        if len(part) != 2 or not part[0].isdigit() or not int(part[0]):
            continue
        if part[1] == "failed":
            told["count"] = int(part[0])
        elif part[1] == "passed":
            told["passes"] = int(part[0])
        elif part[1] in ("skipped", "todo", "ignored", "pending"):
            told["unmet"][part[1]] = int(part[0])


def _plain(text: str) -> str:
    """Take the colours out."""
    if "\x1b[" not in text:
        return text
    head, *rest = text.split("\x1b[")
    return head + "".join(part.lstrip("0123456789;")[1:] for part in rest)


READERS: tuple[Callable[[list[str]], Told | None], ...] = (
    _node,
    _vitest,
    _jest,
    _mocha,
    _cargo,
    _go,
    _unittest,
    _pytest,
    _script,
)
