"""The look before and after a call that was let through without proof that it changes nothing."""

from __future__ import annotations

from stagelock.core import taint as core
from stagelock.store import moves, runs, taints
from stagelock.store.repository.git import worktree_at
from stagelock.store.tree import TreeUnknown

from .refusal import MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Decision, State

    from .seen import Seen


def begun(seen: Seen, state: State, decision: Decision) -> Decision:
    """Look at the tree before an allowed call; the call is refused where that cannot be done."""
    try:
        for root in _roots(seen):
            taints.begin(seen["home"], seen["tree"], state, _call(seen), root)
    except (TreeUnknown, OSError) as error:
        rule = state["stage"] + "/unwatched"
        return {**decision, "allow": False, "rule": rule, "because": str(error)}
    return decision


def _roots(seen: Seen) -> list[str]:
    """Return the trees a command may change: the run's, and the worktree that it stands in."""
    root = worktree_at(seen["tree"], seen["cwd"])
    return [seen["tree"], root] if root else [seen["tree"]]


def settled(seen: Seen, state: State) -> State:
    """Look after what is waiting; returns the state, tainted where it is."""
    who = moves.looking(moves.person("look", seen["session"], seen["tree"]))
    return taints.settle(seen["home"], seen["tree"], state, who)


def after(seen: Seen, event: str) -> dict[str, Any] | None:
    """Look after the call of this event, and say what was found."""
    home, tree = seen["home"], seen["tree"]
    if not taints.is_begun(home, tree, _call(seen)):
        return None
    state, tamper = runs.look(home, tree)
    if state is None or tamper:
        return None
    then = settled(seen, state)
    if not _goes_on(seen):
        taints.end(home, tree, _call(seen))
    text = _found(state, then)
    if not text:
        return None
    return {
        "systemMessage": text,
        "hookSpecificOutput": {"hookEventName": event, "additionalContext": text},
    }


def at_stop(seen: Seen, state: State) -> tuple[State, str]:
    """Look once more as the turn ends; nothing waits any longer unless it still runs."""
    home, tree = seen["home"], seen["tree"]
    if not taints.is_waiting(home, tree):
        return state, ""
    then = settled(seen, state)
    if not seen["payload"].get("background_tasks"):
        taints.end(home, tree)
    return then, _found(state, then)


def _found(before: State, then: State) -> str:
    taint = then.get("taint")
    if taint is None or before.get("taint") == taint:
        return ""
    return (
        MARK + "tainted: " + core.because(taint["paths"], taint["count"]) + "\n"
        "nothing that writes is open in stage `" + then["stage"] + "` now, and its gate is shut\n"
        "next: say so and end the turn; your human runs `stagelock restore` in a terminal, or "
        "types /waive tainted REASON"
    )


def _goes_on(seen: Seen) -> bool:
    """Say whether the command still runs: sent to the background, by the call or by the client."""
    given, came = seen["payload"].get("tool_input"), seen["payload"].get("tool_response")
    if seen["payload"].get("tool_name") == "Monitor":
        return True
    if isinstance(given, dict) and given.get("run_in_background"):
        return True
    return isinstance(came, dict) and bool(came.get("backgroundTaskId"))


def _call(seen: Seen) -> str:
    return str(seen["payload"].get("tool_use_id"))
