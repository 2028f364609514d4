"""The status line: one grammar, liberal in reading, strict in meaning."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelock.core.agents.status import WORDS, read

ROWS = yaml.safe_load((Path(__file__).parents[1] / "cases/status.yaml").read_text())
# pieces of replies that make trouble where they meet
PIECES = st.sampled_from(
    ["STATUS", "status", ":", " ", "\n", "\r\n", "```", "~~~", "> ", "- ", "**", "`", "<!--", "-->",
     *WORDS, " - ", " — ", "why", "    ", "\t", "|", "\u200b", "1. ", '"', "---", "\0", "\ud800"]
)  # fmt: skip
REPLIES = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join))
SAID = st.sampled_from(["STATUS: DONE", "**STATUS: BLOCKED — x y**", "`STATUS: NEEDS_CONTEXT a`"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["why"])
def test_an_ending_is_read_as_it_was_meant(row: dict[str, Any]) -> None:
    came = read(row["text"])
    assert came["word"] == row.get("word", ""), came
    assert came["why"].startswith(row.get("says", "")), came
    assert came["fault"].startswith(row.get("fault", "")), came
    assert bool(came["fault"]) == ("fault" in row), came


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(ROWS) >= 60
    assert {row.get("word", "") for row in ROWS} == {*WORDS, ""}


@settings(max_examples=1500, deadline=None)
@given(st.one_of(REPLIES, st.none(), st.integers(), st.binary(), st.lists(st.text())))
def test_reading_never_raises_and_gives_a_word_or_a_fault(text: Any) -> None:
    came = read(text)
    assert came["word"] in (*WORDS, "")
    assert bool(came["word"]) != bool(came["fault"])


@settings(max_examples=600, deadline=None)
@given(REPLIES, SAID, st.sampled_from(["```", "~~~", "````text"]))
def test_nothing_is_read_out_of_a_fence(before: str, said: str, fence: str) -> None:
    closing = fence.rstrip("abcdefghijklmnopqrstuvwxyz")
    came = read("report\n\n" + fence + "\n" + _unfenced(before) + "\n" + said + "\n" + closing)
    assert came["word"] == ""


@settings(max_examples=600, deadline=None)
@given(REPLIES, SAID, st.sampled_from(["> ", ">", "  > ", '"', "    ", "\t", "<!-- "]))
def test_nothing_is_read_out_of_a_quote_or_a_comment(before: str, said: str, mark: str) -> None:
    ends = " -->" if mark.startswith("<") else ""
    assert read(_unfenced(before) + "\n\n" + mark + said + ends)["word"] == ""


@settings(max_examples=300, deadline=None)
@given(SAID, st.text(min_size=1, max_size=20))
def test_a_line_is_read_the_same_whatever_ends_its_lines(said: str, before: str) -> None:
    flat = " ".join(before.split()).replace("`", "").replace("~", "").replace("<", "")
    expected = read(flat + "\n" + said)
    assert read(flat + "\r\n" + said + "\r\n") == expected
    assert expected["word"]


def test_a_very_long_reply_is_read_in_little_time() -> None:
    import time

    start = time.process_time()
    assert read("a line of a long report\n" * 100_000 + "STATUS: DONE")["word"] == "DONE"
    assert read("STATUS: DONE " * 20_000)["fault"]
    assert read("> " * 50_000 + "STATUS: DONE")["fault"]
    assert time.process_time() - start < 3


def _unfenced(text: str) -> str:
    """Take away what would close or open a fence or a comment on its own."""
    for mark in ("`", "~", "<!--", "-->"):
        text = text.replace(mark, "")
    return text
