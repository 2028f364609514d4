"""What every change of a run has in common: a revision more, and a line of the journal."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import Entry, Person, State


def moved(state: State) -> State:
    """Count the change."""
    # INVARIANT: the revision only grows; the store refuses to commit over a newer one.
    state["revision"] += 1
    return state


def line(event: str, state: State, person: Person) -> Entry:
    """Begin a line of the journal: what happened, where, and through whom."""
    return {
        "event": event,
        "run": state["run"],
        "stage": state["stage"],
        "revision": state["revision"],
        "by": person["by"],
        "door": person["door"],
        "session": person["session"],
        "head": person["head"],
        "at": person["at"],
    }
