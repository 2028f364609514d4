"""Who knocked: what can be seen of the process behind a typed command or a picked answer."""

from __future__ import annotations

import posix

from stagelock.core.doors import stranger
from stagelock.store.processes import lineage

from .prompts import has_prompted

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
            "first_prompt": not has_prompted(seen),
        }
    )


def _env(name: bytes) -> str:
    return posix.environ.get(name, b"").decode("utf-8", "replace")
