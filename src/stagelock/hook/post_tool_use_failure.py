"""PostToolUseFailure: a command did not end with status 0; a failed check is evidence too."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Record the failure of a check."""
    if seen["payload"].get("tool_name") != "Bash":
        return None
    from . import witness

    return witness.after(seen, str(seen["payload"].get("error", "")))
