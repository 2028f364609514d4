"""SubagentStop: an agent that changed the tree ends; remind it of the checks its stage owes."""

from __future__ import annotations

from stagelock.store import runs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Remind only an agent that itself wrote here: what others changed is theirs to verify."""
    state, tamper = runs.look(seen["home"], seen["tree"])
    agent = seen["payload"].get("agent_id")
    if state is None or tamper or not isinstance(agent, str) or not state["exit"]["checks"]:
        return None
    # an internal fork of the client has no type
    wrote = runs.has_written(seen["home"], seen["tree"], agent)
    if not wrote or not seen["payload"].get("agent_type"):
        return None
    from . import reminder

    return reminder.answer(seen, state, agent)
