"""SessionEnd: a pause that was for this session is over."""

from __future__ import annotations

from . import pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .seen import Seen


def answer(seen: Seen) -> None:
    """End the session's pause; there is nobody left to be told."""
    pause.over(seen, "the session ended")
