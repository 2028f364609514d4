"""A verdict counts only with its evidence."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelock.core.agents.verdict import read

ROWS = yaml.safe_load((Path(__file__).parents[1] / "cases/verdicts.yaml").read_text())
PIECES = st.sampled_from(
    ["VERDICT", ":", " ", "\n", "PASS", "FAIL", "## Evidence", "## Findings", "- ", "AC-1",
     "a.py:1", "a.py:", ":0", "BLOCKING", "```", "> ", "**", "**:**", "none",
     "\u2705", "9" * 30, "\0"]
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["why"])
def test_a_verdict_is_read_as_it_counts(row: dict[str, Any]) -> None:
    came = read(row["text"], row.get("by", "stagelock:reviewer"), row["items"])
    assert came["fault"].startswith(row.get("fault", "")), came
    assert bool(came["fault"]) == ("fault" in row), came
    if "word" in row:
        assert came["word"] == row["word"], came


@settings(max_examples=800, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=20).map("".join)))
def test_reading_a_verdict_never_raises_and_never_passes_without_evidence(text: str) -> None:
    came = read(text, "stagelock:reviewer", ["AC-1"])
    if came["word"] == "PASS" and not came["fault"]:
        assert any(cite["item"] == "AC-1" and cite["line"] for cite in came["cites"])
