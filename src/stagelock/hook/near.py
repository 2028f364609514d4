"""A command that only looks like a check: say what would count, once for each text."""

from __future__ import annotations

from stagelock.core import evidence
from stagelock.store.files import digest, exists, make_folder, replace

from . import calls
from .refusal import MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import State

    from .seen import Seen


def answer(seen: Seen, state: State) -> dict[str, Any] | None:
    """Return what would count, where the command is near a check that the stage takes."""
    given = seen["payload"].get("tool_input")
    command = given.get("command") if isinstance(given, dict) else None
    if not isinstance(command, str) or not state["exit"]["checks"]:
        return None
    check = evidence.near(command, state["checks"])
    if check is None:
        return None
    mark = calls.folder(seen) + "/near-" + digest(command.encode("utf-8", "replace"))
    if exists(mark):
        return None
    make_folder(calls.folder(seen))
    replace(mark, b"")
    return told(
        seen,
        "this does not count as evidence for check `" + check["name"] + "`; what would: exactly `"
        + check["command"] + "` as a call of its own, in " + seen["tree"]
        + ", not in the background; or `" + evidence.LAUNCHER + " " + check["name"] + "`",
    )  # fmt: skip


def told(seen: Seen, text: str) -> dict[str, Any] | None:
    """Tell the agent, in the form of the event that brought it."""
    if not text:
        return None
    event = str(seen["payload"].get("hook_event_name"))
    return {"hookSpecificOutput": {"hookEventName": event, "additionalContext": MARK + text}}
