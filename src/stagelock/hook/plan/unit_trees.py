"""The worktree that a unit's coder works in: where it begins, and what a path means there."""

from __future__ import annotations

from stagelock.core.evidence import unit_of
from stagelock.core.plan.units import APART
from stagelock.store import agents, moves
from stagelock.store.files import exists
from stagelock.store.plan import unit_tree, units
from stagelock.store.repository.git import worktree_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import State
    from stagelock.core.plan.units import Event, Unit, UnitState
    from stagelock.hook.seen import Seen
    from stagelock.store.agents import Work
    from stagelock.store.places import Roots

TREE = "tree:"  # how a prompt names a worktree that is there already


def hold(seen: Seen, at: Roots) -> None:
    """Make the paths of a unit's coder those of the tree it works in: all else lies outside."""
    work = agents.read_work(seen["home"], seen["tree"], str(seen["payload"]["agent_id"]))
    if work is None or work["judges"]:
        return
    at["bound"] = True
    if work["root"]:
        at["tree"] = work["root"]


def asked(seen: Seen, given: dict[str, Any]) -> tuple[str, str]:
    """Return where a coder is to work, "" for the run's own tree; or why it cannot be there."""
    if given.get("isolation"):
        return APART, ""
    path = _named(str(given.get("prompt") or ""))
    if not path:
        return "", ""
    from stagelock.store.plan import worktrees

    try:
        return worktrees.named(seen["tree"], path), ""
    except worktrees.NotFresh as error:
        return "", str(error)


def _named(prompt: str) -> str:
    """Return the worktree on the second line of a prompt, "" where none is."""
    lines = prompt.strip().split("\n")[1:2]
    line = lines[0].strip() if lines else ""
    return line[len(TREE) :].strip().strip("`") if line.lower().startswith(TREE) else ""


def before(seen: Seen, state: State, unit: Unit, at: UnitState, root: str) -> str:
    """Return why a coder of this unit cannot begin there: its earlier work lies elsewhere."""
    home, tree = seen["home"], seen["tree"]
    dirty, _ = unit_tree.changed(home, tree, state["artifacts_at"])
    here = sorted(unit_tree.within(unit["files"], dirty))
    if root:
        if not here:
            return ""
        return "work on it lies in the run's own tree (" + here[0] + "); send its coder there"
    if at["tree"] in ("", APART):
        return ""
    from stagelock.store.plan import worktrees

    paths = _left(seen, state, unit, at)
    found = worktrees.clash(home, tree, at["base"], paths, dirty)
    if not found:
        return ""
    return found[0] + " changed on the branch; send its coder into a worktree of its own"


def carry(seen: Seen, state: State, unit: Unit, at: UnitState, root: str) -> None:
    """Put what an earlier attempt left in its worktree into the tree where the next one works."""
    if at["tree"] in ("", APART, root) or not exists(at["tree"]):
        return
    from stagelock.store.plan import worktrees

    paths = _left(seen, state, unit, at)
    worktrees.bring(seen["home"], at["tree"], root or seen["tree"], paths)


def _left(seen: Seen, state: State, unit: Unit, at: UnitState) -> list[str]:
    if not exists(at["tree"]):
        return []
    found, _ = unit_tree.changed(seen["home"], at["tree"], state["artifacts_at"], at["base"])
    return sorted(unit_tree.within(unit["files"], found))


def bind(seen: Seen, state: State, work: Work | None) -> str:
    """A coder reads its brief: bind it, and settle where it works; or say why it cannot begin."""
    home, tree, agent = seen["home"], seen["tree"], str(seen["payload"]["agent_id"])
    if work is None or agents.read_work(home, tree, agent) is not None:
        return ""
    plan, now = units.load(home, tree, state)
    at = now["units"].get(work["unit"])
    if work["judges"] or at is None or at["agent"] != work["call"]:
        agents.bind(home, tree, agent, work)
        return ""
    root = worktree_at(tree, seen["cwd"]) if work["root"] in ("", APART) else work["root"]
    if work["root"] and not root:
        return "this agent was to have a worktree of its own and has none; end with BLOCKED"
    if not root:
        agents.bind(home, tree, agent, work)
        return ""
    from stagelock.store.plan import worktrees

    try:
        base = worktrees.begin(tree, root, is_clients=work["root"] in ("", APART))
        unit = next(unit for unit in plan["units"] if unit["id"] == work["unit"])
        carry(seen, state, unit, at, root)
    except (worktrees.NotFresh, OSError) as error:
        return "the worktree cannot be begun in: " + str(error) + "; end with BLOCKED"
    agents.bind(home, tree, agent, work)
    agents.placed(home, tree, agent, root)
    who = moves.witness(seen["session"], tree)
    event: Event = {"kind": "placed", "unit": work["unit"], "agent": work["call"]}
    event["tree"], event["base"] = root, base
    units.tell(home, tree, who, [event])
    return ""


def judged(seen: Seen, state: State, agent: str) -> list[str]:
    """Return the worktrees that a reviewer may speak of; none but the run's own tree: [""]."""
    home, tree = seen["home"], seen["tree"]
    work = agents.read_work(home, tree, agent)
    if work is not None:
        return [work["root"]]
    if not units.is_live(state):
        return [""]
    # it opened nothing of its packet, so whose reviewer it is shows only when it returns
    return [at["tree"] for at in _all(seen, state).values() if at["phase"] == "review"] or [""]


def checked(seen: Seen, state: State, command: str, root: str) -> str:
    """Return the tree in which a check runs: a unit's worktree, else `root`; "" for nowhere."""
    if not units.is_live(state):
        return root
    trees = {name: at["tree"] for name, at in _all(seen, state).items()}
    name = unit_of(command)
    if name:
        return (trees[name] or seen["tree"]) if trees.get(name, APART) != APART else ""
    return seen["cwd"] if seen["cwd"] in trees.values() else root


def _all(seen: Seen, state: State) -> dict[str, UnitState]:
    return units.load(seen["home"], seen["tree"], state)[1]["units"]
