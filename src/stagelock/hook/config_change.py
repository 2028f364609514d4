"""ConfigChange: settings that switch hooks off do not take effect while a run is live."""

from __future__ import annotations

import time

from stagelock.store import journal, runs
from stagelock.store.clock import stamp
from stagelock.store.files import slurp
from stagelock.store.wire import loads

from .refusal import MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import State

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Block a change that would take the hooks away; a person's pause lets it through."""
    state, _ = runs.look(seen["home"], seen["tree"])
    path = seen["payload"].get("file_path")
    why = _takes_hooks_away(path) if isinstance(path, str) else ""
    if not why or (state is not None and _is_paused(seen, state)):
        return None
    journal.note(
        seen["tree"],
        {
            "event": "refused",
            "run": state["run"] if state else "",
            "stage": state["stage"] if state else "",
            "at": stamp(time.time()),
            "tool": "settings",
            "target": str(path),
            "rule": "never/client-settings",
            "session": seen["session"],
        },
    )
    text = (
        MARK + "refused: " + str(path) + " " + why + " (rule never/client-settings)\n"
        "next: take the line out again; a person who means it types /off REASON first"
    )
    if state is not None:
        from . import nudge

        nudge.owe(seen, state, text[len(MARK) :])  # the client shows a person nothing of this
    return {"decision": "block", "reason": text}


def _is_paused(seen: Seen, state: State) -> bool:
    if state["off_until"] <= time.time():
        return False
    from . import pause

    return pause.is_meant_for(seen, state)


def _takes_hooks_away(path: str) -> str:
    """Say how a settings file would switch stagelock off, "" where it would not."""
    try:
        settings = loads(slurp(path).decode())
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        return "cannot be read"
    if not isinstance(settings, dict):
        return ""
    if settings.get("disableAllHooks"):
        return "switches all hooks off"
    if settings.get("allowManagedHooksOnly"):
        return "switches plugin hooks off"
    plugins = settings.get("enabledPlugins")
    if isinstance(plugins, dict):
        for name, on in plugins.items():
            if str(name).split("@")[0] == "stagelock" and not on:
                return "switches stagelock off"
    return ""
