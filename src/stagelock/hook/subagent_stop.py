"""SubagentStop: an agent ends; it owes one status line, and the checks of what it changed."""

from __future__ import annotations

from stagelock.store import runs

from . import ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Ask for what is missing, a bounded number of times; else put its last word on record."""
    asked = ending.asked(seen) or _reminded(seen)
    if asked is not None and asked.get("decision") == "block":
        return asked
    ending.recorded(seen)
    return asked


def _reminded(seen: Seen) -> dict[str, Any] | None:
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
