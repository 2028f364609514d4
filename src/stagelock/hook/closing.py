"""The end of a run: nothing holds the agent any more, and the closing note is asked of it."""

from __future__ import annotations

from stagelock.core.closeout import draft
from stagelock.store import journal
from stagelock.store.files import exists

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import State

    from .seen import Seen

NAME = "closeout.md"


def ask(seen: Seen, state: State) -> str:
    """Return the context of a run's end, with the note drafted where nobody wrote it yet.

    A run that left no artifact owes no file at its end either: three spoken lines are its note.
    """
    over = "The run is over; no stage holds you any more."
    path = state["artifacts_at"] + "/" + NAME
    if exists(seen["tree"] + "/" + path):
        return over
    if not exists(seen["tree"] + "/" + state["artifacts_at"]):
        return (
            over + " It owes no file: say in a line each what was done, what was left, and what "
            "to watch."
        )
    note = draft(journal.read(seen["tree"])[0], state["run"])
    return (
        over + " Write its closing note to " + path + " now: what was done, what was left, what to "
        "watch. The journal gives this draft; correct it, and fill in what no record knows.\n\n"
        + note
    )
