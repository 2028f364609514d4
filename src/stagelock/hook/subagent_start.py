"""SubagentStart: tell a subagent which stage holds it, since it sees none of the conversation."""

from __future__ import annotations

from stagelock.core.agents import standing
from stagelock.core.agents.status import GRAMMAR
from stagelock.store import runs

from . import ending
from .paragraph import for_agent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Return what the agent must know as its context; a reviewer's packet has all it needs."""
    state, _ = runs.look(seen["home"], seen["tree"])
    role = seen["payload"].get("agent_type")
    if state is None or not isinstance(role, str) or not role:
        return None  # an internal fork of the client has no type
    ending.started(seen, state)
    if standing.is_independent(state["permits"], role):
        return None
    text = for_agent(state, runs.policy_of(seen["home"], seen["tree"], state))
    if standing.asks(state["permits"], state, role):
        text += " End your report with one status line, and nothing after it: " + GRAMMAR + "."
    return {"hookSpecificOutput": {"hookEventName": "SubagentStart", "additionalContext": text}}
