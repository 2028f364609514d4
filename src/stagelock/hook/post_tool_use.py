"""PostToolUse: what came of a call the gate cares about: a dialog, a check, a watched command."""

from __future__ import annotations

from stagelock.store.files import exists
from stagelock.store.home import run_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Read back the dialog; record a check; look at the tree after what may have changed it."""
    tool = seen["payload"].get("tool_name")
    if tool == "AskUserQuestion":
        from . import dialog

        return dialog.read(seen)
    recorded = None
    if tool == "Bash":
        from . import steps, witness

        recorded = witness.after(seen, None) or steps.after(seen)
    return together(recorded, looked(seen, "PostToolUse"))


def looked(seen: Seen, event: str) -> dict[str, Any] | None:
    """Look at the tree after a watched call."""
    if not exists(run_folder(seen["home"], seen["tree"]) + "/looks"):
        return None
    from . import watch

    return watch.after(seen, event)


def together(one: dict[str, Any] | None, two: dict[str, Any] | None) -> dict[str, Any] | None:
    """Join two replies of this event into the one that the client takes."""
    if one is None or two is None:
        return one or two
    text = "additionalContext"
    inner = {**two["hookSpecificOutput"]}
    inner[text] = one["hookSpecificOutput"][text] + "\n" + inner[text]
    return {**one, **two, "hookSpecificOutput": inner}
