"""An agent reads its brief before its first change: what was approved last, as a file.

The main thread wrote or saw it; an agent starts with nothing but its prompt.
"""

from __future__ import annotations

from stagelock.core.tools import WRITES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Call, Decision, State

    from .seen import Seen

CHANGES = ("opaque", "vcs")  # what a command may do before it is read: look and run the checks


def unread(seen: Seen, state: State, call: Call) -> Decision | None:
    """Refuse a change by an agent that has not read its brief; remember what it reads."""
    agent = str(seen["payload"]["agent_id"])
    brief = of(state)
    if not brief:
        return None
    from stagelock.store import agents  # the paragraph of every stage asks only `of`

    home, tree = seen["home"], seen["tree"]
    if any(kind in ("read", "edit") and target == brief for kind, target in call["demands"]):
        agents.brief_read(home, tree, agent, brief)
        return None
    for kind, target in call["demands"]:
        changes = kind in WRITES or (kind == "shell" and target in CHANGES)
        if changes and not agents.has_read(home, tree, agent, brief):
            return {
                "allow": False,
                "rule": state["stage"] + "/brief-first",
                "because": "an agent reads its brief before its first change",
                "kind": kind,
                "target": target,
            }
    return None


def of(state: State) -> str:
    """Return the brief of this stage, "" where nothing was approved before it.

    Where a stage owed several artifacts, the first is what the others are about.
    """
    approved = state["approved"]
    return next((a["path"] for a in approved if a["stage"] == approved[-1]["stage"]), "")
