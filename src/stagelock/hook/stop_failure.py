"""StopFailure: an API error ended a turn; where it was an agent's, that is put on record."""

from __future__ import annotations

from . import ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Record it; the client ignores whatever is said here."""
    ending.failed(seen)
    return None
