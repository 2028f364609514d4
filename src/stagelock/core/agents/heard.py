"""What the word of an agent makes of a run: `step` for what agents say, and for sending them."""

from __future__ import annotations

from stagelock.core.entry import line, moved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Entry, Person, Standing, State


def reported(
    state: State, person: Person, role: str, standing: Standing, *, stands: bool
) -> tuple[State, list[Entry]]:
    """Record the last word of an agent; what it closes and opens follows from it.

    It does not stand where another of its role said no while this one was under way.
    """
    after = state.copy()
    if stands:
        after["statuses"] = {**state["statuses"], role: standing}
    entry = line("status", state, person)
    entry["role"] = role
    entry["agent"] = standing["agent"]
    entry["status"] = standing["word"]
    entry["why"] = standing["why"]
    entry["tree"] = standing["tree"]
    return moved(after), [entry]


def retried(state: State, person: Person, role: str) -> tuple[State, list[Entry]]:
    """Count that a review sent the work back to `role`."""
    after = state.copy()
    after["retries"] = state["retries"] + 1
    entry = line("sent-back", state, person)
    entry["role"] = role
    return moved(after), [entry]


def escalate(state: State, person: Person, what: str, why: str) -> tuple[State, list[Entry]]:
    """Hand the run to a person."""
    after = state.copy()
    after["escalated"] = why
    entry = line("escalated", state, person)
    entry["what"] = what
    entry["why"] = why
    return moved(after), [entry]
