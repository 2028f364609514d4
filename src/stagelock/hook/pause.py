"""A pause for one prompt or one session: typed by a person, held to them, and over by itself."""

from __future__ import annotations

from stagelock.core.decide import is_meant
from stagelock.core.step import OFF_MOST
from stagelock.store import moves, records, runs
from stagelock.store.people import itself

from .words import needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Pause, Person, State
    from stagelock.store.moves import Outcome

    from .seen import Seen

SCOPES = ("prompt", "session")


def asked(given: str) -> tuple[str, str]:
    """Read `prompt REASON` or `session REASON`; the scope is "" where neither is said."""
    first, rest = (*given.split(None, 1), "", "")[:2]
    if first not in SCOPES:
        return "", given
    return first, needed(rest.strip(), "/off " + first + " REASON")


def begin(seen: Seen, state: State, who: Person, scope: str, reason: str) -> Outcome:
    """Pause the stage's rules for the prompt that asks for it, or for its session."""
    pause: Pause = {
        "session": seen["session"],
        "prompt": _prompt(seen) if scope == "prompt" else "",
    }
    return moves.off(seen["home"], seen["tree"], state, who, OFF_MOST, reason, pause)


def is_meant_for(seen: Seen, state: State) -> bool:
    """Say whether the pause of this state is meant for whom this event comes from."""
    return is_meant(state, seen["session"], _prompt(seen))


def over(seen: Seen, why: str, scopes: tuple[str, ...] = SCOPES) -> None:
    """End this session's pause, if it is one of `scopes`: what it was for has ended."""
    state, tamper = runs.look(seen["home"], seen["tree"])
    pause = state.get("pause") if state is not None and not tamper else None
    if state is None or not pause or pause["session"] != seen["session"]:
        return
    if ("prompt" if pause["prompt"] else "session") not in scopes:
        return
    try:
        who = itself("pause", seen["session"], seen["tree"])
        moves.off(seen["home"], seen["tree"], state, who, 0, why)
    except records.Conflict:
        pass  # another process moved the run; the pause holds for nobody else, and the next ends it


def stopped(seen: Seen) -> None:
    """End a pause for one prompt with its turn; what it left in the background is still part of it.

    The client says what comes of that with a prompt of its own (2.1.330), which ends the pause.
    """
    if not seen["payload"].get("background_tasks"):
        over(seen, "the prompt ended", ("prompt",))


def outlived(seen: Seen, state: State) -> None:
    """End a pause for one prompt where another prompt of its session comes."""
    pause = state.get("pause")
    if pause and pause["prompt"] not in ("", _prompt(seen)):
        over(seen, "the next prompt came", ("prompt",))


def _prompt(seen: Seen) -> str:
    this = seen["payload"].get("prompt_id")
    return this if isinstance(this, str) else ""
