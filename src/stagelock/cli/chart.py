"""A workflow as a chart: columns of stages, the ways between them, and a picture for a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stagelock.core.model import Policy

END = ""  # where a stage with nothing next leads


@dataclass(frozen=True)
class Way:
    """One way from a stage to another, and what opens it."""

    start: str
    to: str
    word: str
    is_back: bool


def ways(policy: Policy) -> list[Way]:
    """Return every way of a workflow, in the order of its stages; the end is named ""."""
    order = list(policy["stages"])
    found = []
    for stage, body in policy["stages"].items():
        word = "/approve" if body["gate"] == "human" else "STATUS: DONE"
        found += [
            Way(stage, to, word, order.index(to) <= order.index(stage)) for to in body["next"]
        ]
        if not body["next"]:
            found.append(Way(stage, END, word, is_back=False))
        if body["back"]:
            found.append(Way(stage, body["back"], "/reject", is_back=True))
    return found


def columns(policy: Policy) -> list[list[str]]:
    """Put each stage as far to the right as the longest way to it, ways back left out."""
    rank = dict.fromkeys(policy["stages"], 0)
    for way in sorted(ways(policy), key=lambda way: list(policy["stages"]).index(way.start)):
        if not way.is_back and way.to != END:
            rank[way.to] = max(rank[way.to], rank[way.start] + 1)
    found: list[list[str]] = [[] for _ in range(max(rank.values()) + 1)]
    for stage, column in rank.items():
        found[column].append(stage)
    return [column for column in found if column]


def picture(policy: Policy, here: str) -> list[str]:
    """Draw the chart for a terminal: stages in a row, ways back below, the rest in words."""
    row, middle = _row(columns(policy), here)
    backs = [way for way in ways(policy) if way.is_back]
    lines = [row, *(_arc(middle[way.to], middle[way.start], way.word) for way in backs)]
    lines += [f"also {way.start} > {way.to or 'the end'}" for way in _unseen(policy)]
    return lines


def _row(stages: list[list[str]], here: str) -> tuple[str, dict[str, int]]:
    row = ""
    middle = {}
    for n, column in enumerate(stages):
        row += " > " if n else ""
        row += "(" if len(column) > 1 else ""
        for m, stage in enumerate(column):
            row += " | " if m else ""
            shown = f"[{stage}]" if stage == here else stage
            middle[stage] = len(row) + len(shown) // 2
            row += shown
        row += ")" if len(column) > 1 else ""
    return row, middle


def _arc(to: int, start: int, word: str) -> str:
    if to == start:
        return f"{' ' * to}^ {word} stays"
    return f"{' ' * to}^{'-' * (start - to - 1)}' {word}"


def _unseen(policy: Policy) -> list[Way]:
    """Return the ways that the row does not show: those that pass a column by, or end early."""
    at = {stage: n for n, column in enumerate(columns(policy)) for stage in column}
    last = max(at.values())
    return [
        way
        for way in ways(policy)
        if not way.is_back and at.get(way.to, last + 1) != at[way.start] + 1
    ]
