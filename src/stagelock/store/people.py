"""Who acts where no person does: stagelock itself, whose name asks no user database."""

from __future__ import annotations

import time

from .clock import stamp
from .repository.git import head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Person


def itself(door: str, session: str, tree: str) -> Person:
    """Say that stagelock itself acts, now, on what came through `door`."""
    now = time.time()
    return {
        "by": "stagelock",
        "door": door,
        "session": session,
        "at": stamp(now),
        "now": now,
        "head": head(tree),
    }
