"""PostToolUse: what came of a tool call that the gate cares about: a dialog, a watched command."""

from __future__ import annotations

from stagelock.store.files import exists
from stagelock.store.home import run_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Read back the dialog; look at the tree after a command that may have changed it."""
    if seen["payload"].get("tool_name") == "AskUserQuestion":
        from . import dialog

        return dialog.read(seen)
    if not exists(run_folder(seen["home"], seen["tree"]) + "/looks"):
        return None
    from . import watch

    return watch.after(seen, "PostToolUse")
