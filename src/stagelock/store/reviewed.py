"""What agents said of exactly this tree: before an agent that builds on it is sent, and at a gate.

The artifacts that the stage itself owes are no part of what is judged: a review is written down
after the reviewers spoke.
"""

from __future__ import annotations

from stagelock.core.agents import standing

from . import tree as trees

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Problem, State


def on_this_tree(home: str, tree: str, state: State) -> State:
    """Return the state with only those reviews that speak of the tree as it is now."""
    now = trees.take(home, tree)
    judged = state["exit"].get("reviews")
    own = {one["path"] for one in state["exit"]["artifacts"] if one["name"] != judged}
    after = state.copy()
    after["statuses"] = {
        role: {**said, "tree": now}
        if own and said["tree"] not in ("", now) and _is_same(home, tree, said["tree"], now, own)
        else said
        for role, said in state["statuses"].items()
    }
    return standing.on_tree(state["permits"], after, now)


def at_gate(home: str, tree: str, state: State) -> list[Problem]:
    """List the agents that hold the gate: by their word, or because they have not said DONE."""
    if state["exit"]["needs"]:
        try:
            state = on_this_tree(home, tree, state)
        except trees.TreeUnknown as error:
            return [{"what": "tree", "why": str(error)}]
    return standing.gate_held(state["permits"], state)


def _is_same(home: str, tree: str, old: str, new: str, but: set[str]) -> bool:
    """Say whether two trees differ in nothing but the files `but`; what is not known differs."""
    try:
        found = trees.differences(home, tree, old, new, len(but) + 1)
    except trees.TreeUnknown:
        return False
    return all(change["path"] in but for change in found)
