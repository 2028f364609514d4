"""What a run silences, by the diff from the tree it began on: shown to people, or refused."""

from __future__ import annotations

from stagelock.core.evidence import SILENCED
from stagelock.core.suppressions import scan, told

from . import evidence
from .tree import TreeUnknown, diff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Problem, State


def lines(home: str, tree: str, state: State, now: str) -> list[str]:
    """Say what a person should know of it at a gate; `now` is the tree id, "" if unknown."""
    found, doubt = _found(home, tree, state, now)
    if doubt:
        return ["whether the change silences a check cannot be told: " + doubt]
    return ["the change silences: " + evidence.some(found)] if found else []


def problems(home: str, tree: str, state: State, now: str) -> list[Problem]:
    """Say what holds the gate of a project that refuses it; any doubt holds it, too."""
    found, doubt = _found(home, tree, state, now)
    if not found and not doubt:
        return []
    why = "the change silences: " + evidence.some(found)
    if doubt:
        why = "whether the change silences a check cannot be told: " + doubt
    return [{"what": SILENCED, "why": why}]


def _found(home: str, tree: str, state: State, now: str) -> tuple[list[str], str]:
    if not state["base"] or not now:
        return [], "a tree id is missing; a person lets it pass with /waive " + SILENCED + " REASON"
    if state["base"] == now:
        return [], ""
    try:
        return [told(found) for found in scan(diff(home, tree, state["base"], now))], ""
    except TreeUnknown as error:
        return [], str(error)
