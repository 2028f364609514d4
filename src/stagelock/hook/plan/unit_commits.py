"""What the plan of units says to git itself: is this the commit that a unit was let make?

The gate in the client has looked at the command; here is looked at what git is about to write, so
that a script, a hook of the project or another client makes no other commit than the one passed.
"""

from __future__ import annotations

import posix

from stagelock.core.plan.commits import wrong_message
from stagelock.store import places
from stagelock.store.files import slurp
from stagelock.store.plan import unit_tree, units
from stagelock.store.repository import person_git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import State
    from stagelock.core.plan.units import Plan, UnitState

ASKED = ("pre-commit", "pre-merge-commit", "pre-rebase", "commit-msg", "reference-transaction")


def refused(
    name: str, argv: list[str], given: list[str], where: str, tree: str, state: State
) -> str:
    """Return why the plan refuses what git is about to do, "" where it does not."""
    if name not in ASKED or not units.is_live(state):
        return ""
    plan, now = units.load(where, tree, state)
    unit, book = now["committing"], state["units"]
    if places.real(posix.getcwd(), "/") != tree:
        return "units are committed in the run's own tree; what is built apart is joined first"
    if not unit or book is None:
        return "no unit is being committed; one is by `git commit -m WU-...`, once it is passed"
    at = now["units"][unit]
    if name == "commit-msg":
        return _message(plan, unit, argv)
    if name == "pre-commit":
        return _held_against(at, unit, _raw("diff-index", "--cached", *unit_tree.RAW[1:], "HEAD"))
    if name == "reference-transaction":
        return _written(at, unit, book["head"], given)
    return unit + " is being committed; nothing is merged or rebased meanwhile"


def _message(plan: Plan, name: str, argv: list[str]) -> str:
    unit = next(unit for unit in plan["units"] if unit["id"] == name)
    return wrong_message(unit, slurp(argv[0]).decode("utf-8", "replace")) if argv else ""


def _written(at: UnitState, unit: str, head: str, given: list[str]) -> str:
    """Look at the one commit that the branch is moved to."""
    for line in given:
        commit, reference = (*line.split(" ", 2), "", "")[1:3]
        if reference != "HEAD" and not reference.startswith("refs/heads/"):
            continue
        if person_git.run(".", "rev-list", "--parents", "-1", commit).split()[1:] != [head]:
            return "a unit is one commit on the one before it"
        why = _held_against(at, unit, _raw("diff-tree", *unit_tree.RAW, head, commit))
        if why:
            return why
    return ""


def _held_against(at: UnitState, unit: str, changes: unit_tree.Changes) -> str:
    if unit_tree.seal(changes) == at["passed"]:
        return ""
    return "this is not the diff that was passed for " + unit + "; stage that, and no more"


def _raw(*words: str) -> unit_tree.Changes:
    return unit_tree.read(person_git.run(".", *words, "--"))
