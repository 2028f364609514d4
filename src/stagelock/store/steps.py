"""Which steps of a pipeline are done: as the client reports them, or as the tree shows."""

from __future__ import annotations

from stagelock.core import step as moved
from stagelock.core.steps import undone, writes

from . import evidence, records, runs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Person, Policy, Problem, State, Step

TRIES = 100


def missing(home: str, tree: str, state: State) -> list[Problem]:
    """Say which steps the stage still owes."""
    steps = state["exit"]["steps"]
    left = undone(steps, state["steps"], set())
    seen = noticed(home, tree, state, left)
    return [
        {"what": step["id"], "why": "step `" + step["id"] + "` has not been done"}
        for step in left
        if step["id"] not in seen
    ]


def noticed(home: str, tree: str, state: State, steps: list[Step]) -> list[str]:
    """Name those of the steps that the tree itself shows to be done."""
    if not steps:
        return []
    checks = state["exit"]["checks"]
    now, _ = evidence.tree_now(home, tree)
    changed = evidence.changed(home, tree, state["base"], now) if now else []
    holds = not checks or (bool(now) and not evidence.problems_on(now, state, checks))
    return [
        step["id"]
        for step in steps
        if (step["checks"] and holds) or any(writes(step, path) for path in changed)
    ]


def tell_by_tree(policy: Policy) -> bool:
    """Say whether a step of this workflow is known by what changed since the run began."""
    return any(
        step["writes"] and not step["optional"]
        for stage in policy["stages"].values()
        for step in stage["steps"]
    )


def mark(home: str, tree: str, who: Person, names: list[str]) -> State | None:
    """Record steps as done; returns the state then, None where the run is gone."""
    for _ in range(TRIES):
        state, tamper = runs.look(home, tree)
        if state is None or tamper:
            return None
        known = [step["id"] for step in state["exit"]["steps"]]
        fresh = [name for name in names if name in known and name not in state["steps"]]
        if not fresh:
            return state
        after, entries = moved.stepped(state, who, fresh)
        if evidence.committed(home, tree, state, after, entries):
            return after
    raise records.Conflict("the run moved on too often; try again")
