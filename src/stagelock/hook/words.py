"""The words a person types, and what each one asks for."""

from __future__ import annotations

from stagelock.core.step import OFF_MINUTES, OFF_MOST
from stagelock.store import moves

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Person, State
    from stagelock.store.moves import Outcome

# skill folder: a stage of that name, entered in the live run or by starting a workflow there
STAGES = (
    "scope",
    "design",
    "architect",
    "implement",
    "review",
    "release",
    "explore",
    "plan",
    "act",
)
SPEAKING = ("verify", "doctor")  # skills that only speak
WORKFLOWS = {
    "work": "two-gates",
    "quick": "quick",
    "ship": "ship",
    "qa": "qa",
    "execute": "execute",
    "decompose": "decompose",
    "fix": "fix",
    "investigate": "investigate",
    "plan-review": "plan-review",
}
# commands whose first word says where their workflow is entered, and where without one
ENTERED = {"plan-review": "engineering"}
# skills that a model may take up by itself: they say how to work, and open nothing
DISCIPLINES = ("atomic-reasoning", "debugging-workflow", "verification-gate", "brainstorming")
DECIDING = ("approve", "reject", "waive", "off", "abandon")


class Unclear(Exception):  # told to the person, who types it again
    """The words do not say what is wanted; the message ends with how to say it."""


def perform(command: str, given: str, home: str, tree: str, state: State, who: Person) -> Outcome:
    """Make the move that `command` asks for; raises Unclear, records.Conflict."""
    if command == "approve":
        if given:
            raise Unclear("/approve takes nothing more; to say no: /reject REASON")
        return moves.approve(home, tree, state, who)
    if command == "enter":
        return moves.approve(home, tree, state, who, given)
    if command == "reject":
        return moves.reject(home, tree, state, who, needed(given, "/reject REASON"))
    if command == "waive":
        what, _, reason = given.partition(" ")
        reason = needed(reason.strip() if what else "", "/waive WHAT REASON")
        return moves.waive(home, tree, state, who, what, reason)
    if command == "off":
        minutes, reason = minutes_and_reason(given)
        return moves.off(home, tree, state, who, minutes, reason)
    if command == "abandon":
        return moves.abandon(home, tree, state, who, needed(given, "/abandon REASON"))
    raise Unclear("there is no command `" + command + "`")


def minutes_and_reason(given: str) -> tuple[int, str]:
    """Read `[MINUTES] REASON`; 0 minutes ends a pause and needs no reason."""
    first, rest = (*given.split(None, 1), "", "")[:2]
    if first.startswith("-") and first[1:].isdigit():
        raise Unclear("minutes are 0 or more; say /off MINUTES REASON")
    if not (first.isascii() and first.isdigit()):
        return OFF_MINUTES, needed(given, "/off [MINUTES] REASON")
    minutes = int(first) if len(first) < 10 else OFF_MOST + 1
    if minutes > OFF_MOST:
        raise Unclear("at most " + str(OFF_MOST) + " minutes; say /off MINUTES REASON")
    return minutes, needed(rest.strip() if minutes else "on again", "/off [MINUTES] REASON")


def needed(given: str, form: str) -> str:
    """Return what was given, which a person may not leave out; raises Unclear."""
    if not given:
        raise Unclear("a reason is needed, for the journal; say " + form)
    return given
