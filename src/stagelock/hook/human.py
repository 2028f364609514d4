"""Who knocked: what can be seen of the process behind a typed command or a picked answer."""

from __future__ import annotations

import posix

from stagelock.core.doors import stranger
from stagelock.store.files import digest, exists, make_folder, replace, slurp
from stagelock.store.processes import lineage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .seen import Seen


def why_not(seen: Seen, source: str) -> str:
    """Return why this event cannot come from a person, "" where nothing speaks against it."""
    clients, marked = lineage(posix.getpid())
    return stranger(
        {
            "entrypoint": _env(b"CLAUDE_CODE_ENTRYPOINT"),
            "attended": _env(b"CLAUDE_CODE_SESSION_ATTENDED"),
            "job": b"CLAUDE_JOB_DIR" in posix.environ,
            "subagent": bool(seen["payload"].get("agent_id")),
            "source": source,
            "clients": clients,
            "marked": marked,
            "first_prompt": not _has_prompted(seen),
        }
    )


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


def _has_prompted(seen: Seen) -> bool:
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


def _env(name: bytes) -> str:
    return posix.environ.get(name, b"").decode("utf-8", "replace")
