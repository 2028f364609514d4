"""The first prompt of a session, remembered: no door opens on it."""

from __future__ import annotations

import posix

from stagelock.store.files import digest, exists, make_folder, replace, slurp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .seen import Seen


def prompted(seen: Seen) -> None:
    """Remember the first prompt of a session: no door opens on it.

    An agent file's `initialPrompt` is submitted as if typed (2.1.197), but only as the first.
    """
    path = _session_file(seen)
    cleared = seen["payload"].get("hook_event_name") == "SessionStart"
    if not exists(path) and (cleared or _prompt_id(seen)):
        make_folder(seen["home"] + "/sessions")
        replace(path, _prompt_id(seen).encode())


def forget(seen: Seen) -> None:
    """A session starts or resumes: its next prompt is a first one again."""
    path = _session_file(seen)
    if exists(path):
        posix.unlink(path)


def has_prompted(seen: Seen) -> bool:
    """Say whether this prompt is not the first of its session."""
    try:
        this = _prompt_id(seen)
        return bool(this) and slurp(_session_file(seen)).decode() != this
    except OSError:
        return False


def _prompt_id(seen: Seen) -> str:
    this = seen["payload"].get("prompt_id")
    return this if isinstance(this, str) else ""


def _session_file(seen: Seen) -> str:
    return seen["home"] + "/sessions/" + digest(seen["session"].encode("utf-8", "replace"))
