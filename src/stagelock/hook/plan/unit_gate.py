"""What the plan of units adds to the stage: who may write which files, and which commit is made.

Asked after the stage has said yes, and only in a run that carries out a plan.
"""

from __future__ import annotations

from stagelock.core.evidence import gate_of
from stagelock.core.plan.commits import message, moves_head, sweeps, wrong_flag
from stagelock.core.plan.scopes import covered
from stagelock.core.plan.unit_guards import halted
from stagelock.core.tools import WRITES
from stagelock.store import agents, moves
from stagelock.store.files import make_folder, replace
from stagelock.store.packets import FOLDER
from stagelock.store.plan import unit_tree, units
from stagelock.store.repository.private_git import GitFailed
from stagelock.store.tree import TreeUnknown

from . import unit_trees

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Call, Decision, Demand, State
    from stagelock.core.plan.units import Event, Plan, Units
    from stagelock.hook.seen import Seen

UNPROVEN = ("opaque", "vcs", "network")  # what a command may do that only a bound agent may
COMMIT = "git commit"
PULL_REQUEST = "gh pr create"
SHELL_MARKS = ";&|<>`$()\n\\*?[{~#"  # what makes a command more than its words
QUIET = ("-q", "--quiet")


def refused(seen: Seen, state: State, call: Call) -> Decision | None:
    """Return why the plan refuses a call that the stage allows, None where it does not."""
    verbs = [demand for demand in call["demands"] if demand[0] == "vcs"]
    paused = _paused(seen, state, call) if units.is_live(state) else None
    early = paused or _early(seen, state, verbs)
    if early or not units.is_live(state):
        return early
    if seen["payload"].get("agent_id"):
        return _agent(seen, state, call)
    for demand in verbs:
        if gate_of(demand[1]) == "commit":
            return _commit(seen, state, demand)
    if ("shell", "vcs") in call["demands"] and moves_head(_parts(seen)):
        why = "commits of units stand; `git reset` unstages here, with `HEAD` or `-- PATH` at most"
        return _deny(state, "unit-history", why, ("vcs", "git reset"))
    return None


def _early(seen: Seen, state: State, verbs: list[Demand]) -> Decision | None:
    """Refuse to publish what the plan has not finished."""
    for demand in verbs:
        if demand[1].startswith(PULL_REQUEST) or gate_of(demand[1]) == "push":
            names = units.unfinished(seen["home"], seen["tree"], state)
            if names:
                why = "Ready for PR: NO: " + "; ".join(names[:6])
                return _deny(state, "unmet", why, demand)
    return None


def _parts(seen: Seen) -> list[str]:
    """Return the commands of a call that change what version control holds."""
    from stagelock.core.shell.reading import read_command

    return [p["text"] for p in read_command(_command(seen))["parts"] if p["effect"] == "vcs"]


def _paused(seen: Seen, state: State, call: Call) -> Decision | None:
    """Refuse whatever changes anything while a checkpoint waits for the person."""
    changing = [demand for demand in call["demands"] if _changes(*demand)]
    if not changing:
        return None
    what = halted(*units.load(seen["home"], seen["tree"], state))
    if not what:
        return None
    why = "the checkpoint " + what + " waits for your human's /approve; end your turn"
    return _deny(state, "unit-checkpoint", why, changing[0])


def _agent(seen: Seen, state: State, call: Call) -> Decision | None:
    """Hold an agent to the scope of its unit; reading its brief binds it."""
    home, tree, agent = seen["home"], seen["tree"], str(seen["payload"]["agent_id"])
    for kind, target in call["demands"]:
        if kind == "read" and target.startswith(FOLDER + "/"):
            given = agents.work_of_brief(home, tree, target)
            if given and agents.is_forged(tree, given):
                why = "it is not what stagelock wrote for " + given["unit"] + "; end your report"
                return _deny(state, "unit-packet", why, (kind, target))
            why = unit_trees.bind(seen, state, given)
            if why:
                return _deny(state, "unit-apart", why, (kind, target))
    changing = [demand for demand in call["demands"] if _changes(*demand)]
    if not changing:
        return None
    work = agents.read_work(home, tree, agent)
    if work is None:
        why = "an agent writes for the unit it is bound to; Read the brief you were given first"
        return _deny(state, "unit-first", why, changing[0])
    plan, now = units.load(home, tree, state)
    at = now["units"].get(work["unit"])
    if at is None or at["agent"] != work["call"] or at["phase"] != "implement":
        why = work["unit"] + " no longer waits for this agent; end your report"
        return _deny(state, "unit-late", why, changing[0])
    files = next(unit["files"] for unit in plan["units"] if unit["id"] == work["unit"])
    command = "" if at["tree"] else _command(seen)  # a worktree of its own is nobody else's

    def may(path: str) -> bool:
        return seen["cwd"] == tree and covered(files, path)

    swept = sweeps(command, may)
    if swept:
        why = "`" + swept + "` may change files of others; put back your own by their names"
        return _deny(state, "unit-scope", why, changing[0])
    for demand in changing:
        if demand[0] in WRITES and not _in_scope(files, *demand):
            why = "outside the scope of " + work["unit"] + ", which is " + ", ".join(files)
            return _deny(state, "unit-scope", why, demand)
    return None


def _changes(kind: str, target: str) -> bool:
    if kind in WRITES:
        return not target.startswith("client:")
    return kind == "mcp" or (kind == "shell" and target in UNPROVEN)


def _in_scope(files: list[str], kind: str, target: str) -> bool:
    if kind == "folder":  # made where a file of the scope would need it
        return any((glob + "/").startswith(target + "/") for glob in files) or covered(
            files, target + "/x"
        )
    return covered(files, target)


def _commit(seen: Seen, state: State, demand: Demand) -> Decision | None:
    """Let one commit of one unit through: the diff a reviewer passed, with its message."""
    command = _command(seen)
    flag = wrong_flag(command.split())
    if flag:
        return _deny(state, "unit-hooks", flag, demand)
    name = _committed_unit(command)
    home, tree = seen["home"], seen["tree"]
    if seen["payload"]["tool_input"].get("run_in_background"):
        why = "a commit is waited for; leave `run_in_background` out"
        return _deny(state, "unit-commit", why, demand)
    if not name or seen["cwd"] != tree:
        why = "a unit is committed by `git commit -m WU-...`, alone in its call, from the top"
        return _deny(state, "unit-commit", why + _next(seen, state), demand)
    who = moves.witness(seen["session"], tree)
    try:
        units.committing(home, tree, who, "")
        units.settle(home, tree, who)
        staged = unit_tree.staged(home, tree)
    except (OSError, ValueError, GitFailed, TreeUnknown) as error:
        why = "the commit cannot be looked at: " + str(error)
        return _deny(state, "unit-commit", why, demand)
    plan, _ = units.load(home, tree, state)
    unit = next((unit for unit in plan["units"] if unit["id"] == name), None)
    text = message(unit) if unit else ""
    event: Event = {
        "kind": "committing",
        "unit": name,
        "argv": command.split(),
        "message": text,
        "staged": sorted(staged),
        "diff": unit_tree.seal(staged),
    }
    entries = units.tell(home, tree, who, [event])
    if entries and entries[-1]["event"] == "unit-refused":
        rule = entries[-1]["rule"].replace("/", "-")
        return _deny(state, rule, entries[-1]["why"] + _next(seen, state), demand)
    make_folder(tree + "/" + FOLDER)
    replace(tree + "/" + _message_file(name), text.encode("utf-8", "replace"))
    return None


def with_message(seen: Seen, state: State) -> dict[str, Any] | None:
    """Return the command of a commit that was let through, with the message that is the unit's."""
    name = _committed_unit(_command(seen)) if units.is_live(state) else ""
    if not name or seen["payload"].get("agent_id"):
        return None
    given = {**seen["payload"]["tool_input"], "command": "git commit -F " + _message_file(name)}
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", "updatedInput": given}}


def _command(seen: Seen) -> str:
    given = seen["payload"].get("tool_input")
    return str(given.get("command", "")).strip() if isinstance(given, dict) else ""


def _committed_unit(command: str) -> str:
    """Return the unit of the one command that commits one, "" for any other command."""
    words = [word.strip("\"'") for word in command.split() if word not in QUIET]
    is_plain = not any(mark in command for mark in SHELL_MARKS)
    is_form = len(words) == 4 and words[:2] == COMMIT.split() and words[2] in ("-m", "--message")
    return words[3].upper() if is_plain and is_form else ""


def _message_file(name: str) -> str:
    return FOLDER + "/" + name + ".message"


def _next(seen: Seen, state: State) -> str:
    """Say which units are passed, and how each is committed."""
    plan, now = units.load(seen["home"], seen["tree"], state)
    told = how_to_commit(plan, now)
    return "; " + told if told else "; no unit is passed by its reviewer yet"


def how_to_commit(plan: Plan, now: Units) -> str:
    """Name the two commands that commit the first unit that is passed, "" where none is."""
    for unit in plan["units"]:
        if now["units"][unit["id"]]["phase"] == "commit":
            files = " ".join(unit["files"])
            return (
                "commit " + unit["id"] + " with `git add -A -- " + files + "` and then, in a call "
                "of its own, `git commit -m " + unit["id"] + "`"
            )
    return ""


def _deny(state: State, rule: str, because: str, demand: Demand) -> Decision:
    kind, target = demand
    return {
        "allow": False,
        "rule": state["stage"] + "/" + rule,
        "because": because,
        "kind": kind,
        "target": target,
    }
