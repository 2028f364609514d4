"""UserPromptSubmit: keep the title on the stage. It decides nothing: prompts come from anywhere."""

from __future__ import annotations

from stagelock.store import runs

from . import human
from .paragraph import title

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Return the session's title where it is not the stage's yet; nothing for the model."""
    human.prompted(seen)
    state, _ = runs.look(seen["home"], seen["tree"])
    prompt = seen["payload"].get("prompt")
    if state is not None and state["base"] and isinstance(prompt, str):
        from stagelock.store import intent  # only where the diff is held against it

        intent.heard(seen["home"], seen["tree"], prompt)
    if state is None or seen["payload"].get("session_title") == title(state):
        return None
    return {
        "hookSpecificOutput": {"hookEventName": "UserPromptSubmit", "sessionTitle": title(state)}
    }
