"""What is remembered of a call between the hook before it and the hook after it."""

from __future__ import annotations

from stagelock.store.files import digest
from stagelock.store.home import run_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .seen import Seen


def folder(seen: Seen) -> str:
    """Return the folder; it goes with the run."""
    return run_folder(seen["home"], seen["tree"]) + "/calls"


def check(seen: Seen) -> str:
    """Return the file that says which checks this call runs, and on which tree it began."""
    return folder(seen) + "/" + _name(seen)


def steps(seen: Seen) -> str:
    """Return the file that says which steps of a pipeline this call takes."""
    return folder(seen) + "/step-" + _name(seen)


def bug(seen: Seen) -> str:
    """Return the file that says which command of a bug hunt this call is."""
    return folder(seen) + "/bug-" + _name(seen)


def hypothesis(seen: Seen) -> str:
    """Return the file that says what this call does about a hypothesis."""
    return folder(seen) + "/hypothesis-" + _name(seen)


def _name(seen: Seen) -> str:
    return digest(str(seen["payload"].get("tool_use_id")).encode("utf-8", "replace"))
