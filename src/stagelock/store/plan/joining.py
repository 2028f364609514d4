"""A unit that was passed in a worktree of its own comes into the run's own tree.

Its files are brought as they are, and only where the branch still has what they were made from:
nothing is merged, so what a reviewer passed is what is committed, byte for byte.
"""

from __future__ import annotations

from stagelock.store.repository.private_git import GitFailed
from stagelock.store.tree import TreeUnknown

from . import unit_tree, worktrees

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import State
    from stagelock.core.plan.units import Unit, UnitState


def join(home: str, tree: str, state: State, unit: Unit, at: UnitState) -> str:
    """Bring the files of a unit; returns why they do not fit, "" where they are here now.

    Raises TreeUnknown where they cannot be brought; called again, it completes.
    """
    root = at["tree"]
    theirs = _of(unit, unit_tree.changed(home, root, state["artifacts_at"], at["base"])[0])
    if unit_tree.seal(theirs) != at["passed"]:
        return "its worktree changed after it was passed"
    dirty = _of(unit, unit_tree.changed(home, tree, state["artifacts_at"])[0])
    fitting = {path: raw for path, raw in dirty.items() if theirs.get(path) != raw}
    try:  # what is as it is to be was brought already, before somebody was killed
        found = worktrees.clash(home, tree, at["base"], sorted(theirs), fitting)
        if found or any(path not in theirs for path in fitting):
            first = (found or sorted(fitting))[0]
            return first + " changed on the branch since it began; build on that"
        worktrees.bring(home, root, tree, sorted(theirs))
    except (GitFailed, OSError) as error:
        raise TreeUnknown("`" + unit["id"] + "` cannot be joined: " + str(error)) from None
    return ""


def _of(unit: Unit, changes: unit_tree.Changes) -> unit_tree.Changes:
    return unit_tree.within(unit["files"], changes)
