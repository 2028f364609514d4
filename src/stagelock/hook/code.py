"""The one-time code: where the config asks for it, an approval is typed twice.

The first `/approve` shows the person a code and changes nothing; `/approve CODE` within ten
minutes, for the same content, is the approval. The code goes to the screen by `systemMessage`,
which the model is not sent (2.1.197, 2.1.329).
"""

from __future__ import annotations

from stagelock.core import step
from stagelock.store import journal, records
from stagelock.store.artifacts import owed, seal
from stagelock.store.files import digest, random_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Person, State

    from .seen import Seen

MINUTES = 10


def ask(seen: Seen, state: State, who: Person, given: str) -> str:
    """Return what to tell the person who has no valid code yet, "" for a valid one."""
    home, tree = seen["home"], seen["tree"]
    asked = seal(owed(tree, state))
    shown = state["code"]
    if given and shown and shown["until"] > who["now"] and shown["digest"] == asked:
        if _seal(home, state, given) == shown["seal"]:
            return ""
        return "that is not the code; /approve shows a new one"
    fresh = str(int.from_bytes(random_bytes(8), "big") % 1_000_000).zfill(6)
    until = who["now"] + 60 * MINUTES
    after, entries = step.show_code(state, who, _seal(home, state, fresh), asked, until)
    records.commit(home, tree, state, after, entries)
    return "to approve, type: /approve " + fresh + "   (once, within " + str(MINUTES) + " minutes)"


def _seal(home: str, state: State, given: str) -> str:
    return digest((journal.key(home) + state["run"] + given.strip()).encode())
