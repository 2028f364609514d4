"""PostToolUseFailure: a failed check is evidence too, and may have changed the tree besides."""

from __future__ import annotations

from .post_tool_use import looked, recorded, together

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Record the failure of a check; look at the tree after a watched call."""
    if seen["payload"].get("tool_name") in ("Agent", "Task"):
        from . import ending

        return ending.broke(seen)
    said = None
    if seen["payload"].get("tool_name") == "Bash":
        said = recorded(seen, str(seen["payload"].get("error", "")))
    return together(said, looked(seen, "PostToolUseFailure"))
