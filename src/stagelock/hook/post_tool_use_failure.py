"""PostToolUseFailure: a command that failed may have changed the tree all the same."""

from __future__ import annotations

from stagelock.store.files import exists
from stagelock.store.home import run_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Look at the tree after a watched call."""
    if not exists(run_folder(seen["home"], seen["tree"]) + "/looks"):
        return None
    from . import watch

    return watch.after(seen, "PostToolUseFailure")
