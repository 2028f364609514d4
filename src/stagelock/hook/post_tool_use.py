"""PostToolUse: what came of a tool call that the gate cares about: the answer to a dialog."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Read back the dialog; hooks.json sends nothing else here."""
    if seen["payload"].get("tool_name") != "AskUserQuestion":
        return None
    from . import dialog

    return dialog.read(seen)
