"""Coverage below the project's thresholds fails, and so does a report that cannot say."""

import json
import os
import time
from pathlib import Path

import pytest

from stagelock.store.coverage import shortfall

UNREAD = "the coverage report r cannot be read: "
COVERAGE_PY = {
    "totals": {
        "covered_lines": 87,
        "num_statements": 100,
        "covered_branches": 9,
        "num_branches": 10,
    }
}
ISTANBUL = {"total": {kind: {"pct": 87} for kind in ("lines", "branches", "functions")}}
LCOV = (
    "TN:\nSF:a.js\nFNF:2\nFNH:1\nLF:50\nLH:49\nBRF:4\nBRH:4\nend_of_record\n"
    "SF:b.js\nLF:50\nLH:38\nend_of_record\n"
)
COBERTURA = (
    '<?xml version="1.0"?>\n<coverage branch-rate="0.9" line-rate="0.87" version="7">x</coverage>'
)


@pytest.mark.parametrize(
    ("report", "thresholds", "expected"),
    [
        (COVERAGE_PY, {"lines": 87}, ""),
        (COVERAGE_PY, {"lines": 100}, "lines coverage is 87%, below 100"),
        (COVERAGE_PY, {"branches": 90.1}, "branches coverage is 90%, below 90.1"),
        (COVERAGE_PY, {"functions": 1}, "the coverage report r says nothing of functions"),
        (ISTANBUL, {"lines": 87, "functions": 87}, ""),
        (ISTANBUL, {"statements": 1}, "the coverage report r says nothing of statements"),
        (LCOV, {"lines": 87, "branches": 100, "functions": 50}, ""),
        (LCOV, {"lines": 87.5}, "lines coverage is 87%, below 87.5"),
        (COBERTURA, {"lines": 87, "branches": 90}, ""),
        (COBERTURA, {"branches": 91}, "branches coverage is 90%, below 91"),
        ("", {"lines": 1}, UNREAD + "it is neither JSON, LCOV nor Cobertura XML"),
        ("{}", {"lines": 1}, UNREAD + "it has neither `totals` nor `total`"),
        ("<html>", {"lines": 1}, UNREAD + "it has no `coverage` element with rates"),
        (None, {"lines": 1}, UNREAD + "[Errno 2] No such file or directory: 'PATH/r'"),
    ],
)  # fmt: skip
def test_a_report_is_held_against_the_thresholds(
    tmp_path: Path, report: object, thresholds: object, expected: str
) -> None:
    (tmp_path / ".coverage-thresholds.json").write_text(json.dumps({"thresholds": thresholds}))
    if report is not None:
        text = report if isinstance(report, str) else json.dumps(report)
        (tmp_path / "r").write_text(text)
    said = shortfall(str(tmp_path), "r", time.time() - 1)
    assert said.replace(str(tmp_path), "PATH") == expected


def test_just_below_is_not_rounded_up(tmp_path: Path) -> None:
    (tmp_path / ".coverage-thresholds.json").write_text('{"thresholds": {"lines": 100}}')
    totals = {"covered_lines": 9999, "num_statements": 10000}
    (tmp_path / "r").write_text(json.dumps({"totals": totals}))
    assert shortfall(str(tmp_path), "r", 0) == "lines coverage is 99.99%, below 100"


def test_an_old_report_says_nothing_of_this_run(tmp_path: Path) -> None:
    (tmp_path / ".coverage-thresholds.json").write_text('{"thresholds": {"lines": 1}}')
    (tmp_path / "r").write_text(json.dumps(COVERAGE_PY))
    os.utime(tmp_path / "r", (1, 1))
    assert "was not written by this run" in shortfall(str(tmp_path), "r", time.time())


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"thresholds": {"line": 1}}', '{"thresholds": {"lines": true}}']
)
def test_thresholds_that_cannot_be_read_are_a_failure(tmp_path: Path, text: str) -> None:
    (tmp_path / ".coverage-thresholds.json").write_text(text)
    (tmp_path / "r").write_text(json.dumps(COVERAGE_PY))
    assert ".coverage-thresholds.json cannot be read: " in shortfall(str(tmp_path), "r", 0)
