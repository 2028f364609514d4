"""SubagentStart: tell a subagent which stage holds it, since it sees none of the conversation."""

from __future__ import annotations

from stagelock.store import artifacts, runs

from .paragraph import paragraph

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Return the paragraph as the subagent's context."""
    state, _ = runs.look(seen["home"], seen["tree"])
    if state is None or not seen["payload"].get("agent_type"):
        return None  # an internal fork of the client has no type
    policy = runs.policy_of(seen["home"], seen["tree"], state)
    text = paragraph(state, policy, artifacts.stale(seen["tree"], state))
    return {"hookSpecificOutput": {"hookEventName": "SubagentStart", "additionalContext": text}}
