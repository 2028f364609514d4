"""Coverage as a report states it, held against `.coverage-thresholds.json`.

Reports are read as the tools write them: JSON of coverage.py and of istanbul (Jest, Vitest, c8),
LCOV, and Cobertura XML. A report that is missing, old or silent on a threshold is a failure.
"""

from __future__ import annotations

import posix

from .files import slurp
from .wire import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

THRESHOLDS = ".coverage-thresholds.json"
LAG = 0.02  # seconds
KINDS = ("lines", "branches", "functions", "statements")


def shortfall(tree: str, report: str, since: float) -> str:
    """Say how coverage falls short, "" where it does not; `since` is when the check began."""
    try:
        wanted = _thresholds(tree)
    except (OSError, ValueError) as error:
        return THRESHOLDS + " cannot be read: " + str(error)
    path = tree + "/" + report
    try:
        if _written(path) < since:
            return "the coverage report " + report + " was not written by this run of the check"
        reached = read_report(slurp(path).decode())
    except (OSError, ValueError) as error:
        return "the coverage report " + report + " cannot be read: " + str(error)
    for kind, least in wanted.items():
        if kind not in reached:
            return "the coverage report " + report + " says nothing of " + kind
        if reached[kind] < least:
            return kind + " coverage is " + _number(reached[kind]) + "%, below " + _number(least)
    return ""


def read_report(text: str) -> dict[str, float]:
    """Return percentages by kind; raises ValueError on a report in no known form."""
    start = text.lstrip()[:1]
    if start == "{":
        return _json(loads(text))
    if start == "<":
        return _cobertura(text)
    if "end_of_record" in text:
        return _lcov(text)
    raise ValueError("it is neither JSON, LCOV nor Cobertura XML")


def _written(path: str) -> float:
    """Return the latest moment at which a file can have been written, by how its time is kept."""
    at = posix.stat(path).st_mtime_ns
    # some file systems keep whole seconds; the others follow a clock that ticks a little late
    return at / 1e9 + (LAG if at % 1_000_000_000 else 1)


def _thresholds(tree: str) -> dict[str, float]:
    """Return the least percentages, none where the file is not there."""
    try:
        data = loads(slurp(tree + "/" + THRESHOLDS).decode())
    except FileNotFoundError:
        return {}
    given = data.get("thresholds") if isinstance(data, dict) else None
    if not isinstance(given, dict):
        raise ValueError("it has no `thresholds`")  # noqa: TRY004  # bad content, not a bad call
    found = {}
    for kind, least in given.items():
        if kind not in KINDS or isinstance(least, bool) or not isinstance(least, (int, float)):
            raise ValueError("`" + str(kind) + "` must be one of " + ", ".join(KINDS))
        found[kind] = float(least)
    return found


def _json(data: Any) -> dict[str, float]:
    totals = data.get("totals") if isinstance(data, dict) else None
    if isinstance(totals, dict):
        return _coverage_py(totals)
    total = data.get("total") if isinstance(data, dict) else None
    if not isinstance(total, dict):
        raise ValueError("it has neither `totals` nor `total`")  # noqa: TRY004  # bad content
    found = {}
    for kind in KINDS:
        percent = total[kind].get("pct") if isinstance(total.get(kind), dict) else None
        if isinstance(percent, (int, float)) and not isinstance(percent, bool):
            found[kind] = float(percent)
    return found


def _coverage_py(totals: dict[str, Any]) -> dict[str, float]:
    lines = _percent(totals.get("covered_lines"), totals.get("num_statements"))
    found = {"lines": lines, "statements": lines}  # coverage.py counts statements, one a line
    if "num_branches" in totals:
        found["branches"] = _percent(totals.get("covered_branches"), totals["num_branches"])
    return found


def _lcov(text: str) -> dict[str, float]:
    sums = dict.fromkeys(("LF", "LH", "BRF", "BRH", "FNF", "FNH"), 0)
    seen = set()
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name in sums and value.strip().isdigit():
            sums[name] += int(value)
            seen.add(name)
    forms = {"lines": ("LH", "LF"), "branches": ("BRH", "BRF"), "functions": ("FNH", "FNF")}
    return {kind: _percent(sums[hit], sums[of]) for kind, (hit, of) in forms.items() if of in seen}


def _cobertura(text: str) -> dict[str, float]:
    head = text[text.index("<coverage") :].split(">", 1)[0] if "<coverage" in text else ""
    found = {}
    for kind, name in (("lines", "line-rate"), ("branches", "branch-rate")):
        mark = " " + name + '="'
        if mark in head:
            found[kind] = 100 * float(head.split(mark, 1)[1].split('"', 1)[0])
    if not found:
        raise ValueError("it has no `coverage` element with rates")
    return found


def _percent(part: Any, whole: Any) -> float:
    if not isinstance(part, int) or not isinstance(whole, int):
        raise ValueError("its totals are no numbers")  # noqa: TRY004  # bad content
    return 100.0 * part / whole if whole else 100.0


def _number(value: float) -> str:
    # cut, not rounded: 99.96 must not read as the 100 that it misses
    return str(int(value * 100) / 100).rstrip("0").rstrip(".")
