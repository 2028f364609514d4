"""SubagentStop: an agent ends; it owes one status line, and the checks of what it changed."""

from __future__ import annotations

from stagelock.store import runs

from . import ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import State

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Ask for what is missing, a bounded number of times; else put its last word on record."""
    state, tamper = runs.look(seen["home"], seen["tree"])
    if state is None or tamper:
        return None
    said = ending.judged(seen, state)
    asked = (ending.asked(seen, said) if said else None) or _reminded(seen, state)
    if said and not (asked and asked.get("decision") == "block"):
        ending.recorded(seen, state, said)
    return asked


def _reminded(seen: Seen, state: State) -> dict[str, Any] | None:
    """Remind only an agent that itself wrote here: what others changed is theirs to verify."""
    agent = seen["payload"].get("agent_id")
    if not isinstance(agent, str) or not state["exit"]["checks"]:
        return None
    # an internal fork of the client has no type
    wrote = runs.has_written(seen["home"], seen["tree"], agent)
    if not wrote or not seen["payload"].get("agent_type"):
        return None
    from . import reminder

    return reminder.answer(seen, state, agent)
