"""UserPromptSubmit: keep the title on the stage, and tell what a background agent came to.

It opens nothing: prompts come from anywhere.
"""

from __future__ import annotations

from stagelock.store import runs

from . import prompts
from .title import title

NOTIFIED = "<task-notification>"  # how the client begins what it says of a background agent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Return the session's title where it is not the stage's, and what came of an agent."""
    prompts.prompted(seen)
    prompt = seen["payload"].get("prompt")
    line = ""
    if isinstance(prompt, str) and prompt.startswith(NOTIFIED):
        from . import ending

        line = ending.notified(seen, prompt)
    state, _ = runs.look(seen["home"], seen["tree"])
    if state is None:
        return None
    if state.get("pause"):
        from . import pause

        pause.outlived(seen, state)
    if state["base"] and isinstance(prompt, str):
        from stagelock.store import intent  # only where the diff is held against it

        intent.heard(seen["home"], seen["tree"], prompt)
    told = {"hookEventName": "UserPromptSubmit"}
    if seen["payload"].get("session_title") != title(state):
        told["sessionTitle"] = title(state)
    if line:
        told["additionalContext"] = line
    return {"hookSpecificOutput": told} if len(told) > 1 else None
