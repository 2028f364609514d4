"""PostToolUse: what came of a tool call that the gate cares about: a dialog's answer, a check."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Read back the dialog, or what the client says of a command; all else is of no interest."""
    tool = seen["payload"].get("tool_name")
    if tool == "AskUserQuestion":
        from . import dialog

        return dialog.read(seen)
    if tool == "Bash":
        from . import steps, witness

        return witness.after(seen, None) or steps.after(seen)
    return None
