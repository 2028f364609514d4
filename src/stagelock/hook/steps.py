"""A pipeline's order, held: no step before the ones it follows, each recorded when it was seen."""

from __future__ import annotations

from stagelock.core.steps import order, reached, takes, undone
from stagelock.store import moves
from stagelock.store import steps as store
from stagelock.store.files import make_folder, remove, replace, slurp

from . import calls
from .near import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Call, Findings, State

    from .seen import Seen

# what a response says where exit status 0 is not sure (2.1.197, 2.1.329)
UNSURE = ("returnCodeInterpretation", "backgroundTaskId", "interrupted")


def look(seen: Seen, state: State, call: Call, findings: Findings) -> State:
    """Find out whether a call comes too early; what the tree shows to be done is recorded."""
    steps = state["exit"]["steps"]
    furthest = reached(steps, call["demands"])
    if furthest < 0:
        return state
    waived = {waiver["what"] for waiver in state["waivers"]}
    before = undone(steps[:furthest], state["steps"], waived)
    seen_done = store.noticed(seen["home"], seen["tree"], state, before)
    if seen_done:
        who = moves.witness(seen["session"], seen["tree"])
        state = store.mark(seen["home"], seen["tree"], who, seen_done) or state
        before = [step for step in before if step["id"] not in seen_done]
    if before:
        findings["early"] = (
            "step `" + before[0]["id"] + "` comes first: " + order(steps, state["steps"])
        )
    return state


def before(seen: Seen, state: State, call: Call) -> None:
    """Remember which steps a command takes, until the client says how it ended."""
    taken = [
        step["id"]
        for step in state["exit"]["steps"]
        if any(kind == "vcs" and takes(step, kind, target) for kind, target in call["demands"])
    ]
    if taken:
        make_folder(calls.folder(seen))
        replace(calls.steps(seen), " ".join(taken).encode())


def after(seen: Seen) -> dict[str, Any] | None:
    """Record the steps of a command that the client reports to have ended well."""
    taken = slurp(calls.steps(seen)).decode().split()
    remove(calls.steps(seen))
    response = seen["payload"].get("tool_response")
    if not isinstance(response, dict) or any(response.get(field) for field in UNSURE):
        return None
    who = moves.witness(seen["session"], seen["tree"])
    state = store.mark(seen["home"], seen["tree"], who, taken)
    if state is None:
        return None
    return told(seen, "recorded: " + order(state["exit"]["steps"], state["steps"]))
