"""A check the agent runs itself, seen by the client: the tree before, the result, the tree after.

What the client reports of a call is the only word that counts; the output of the command is read
for nothing but the numbers on the last line of `stagelock verify`, whose launcher the call was
rewritten to name by its full path. A command that only looks like a check is answered with what
would count.
"""

from __future__ import annotations

from stagelock.core import evidence as core
from stagelock.store import accepted, coverage, evidence, moves, records
from stagelock.store.files import digest, make_folder, remove, replace, slurp
from stagelock.store.home import find_tree
from stagelock.store.library import PACKAGE
from stagelock.store.wire import dumps, loads

from . import calls
from .near import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Check, Evidence, State

    from .seen import Seen

UNACCEPTED = (
    "no person has accepted its command on this machine; your human runs in a terminal: stagelock "
    "accept; then run it again"
)
LONGEST_CALL = 600_000  # milliseconds; the client's own limit (2.1.197, 2.1.329)
LAUNCHER = PACKAGE[: -len("src/stagelock/")] + "/bin/stagelock"
# what a response says where exit status 0 is not sure: a client that explains another status, a
# command sent to the background, a call cut short (2.1.197, 2.1.329)
UNSURE = ("returnCodeInterpretation", "backgroundTaskId", "interrupted")


def before(seen: Seen, state: State, at: float) -> dict[str, Any] | None:
    """Take the tree id before a check runs; returns the call as it must run, None as it is."""
    given = seen["payload"].get("tool_input")
    command = given.get("command") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(command, str) or not state["checks"]:
        return None
    names = core.run_by(command, state["checks"])
    if not names or given.get("run_in_background"):
        return None
    root = seen["tree"] if _at_home(seen, command, state) else ""
    if state.get("units") is not None:
        from .plan import unit_trees

        root = unit_trees.checked(seen, state, command, root)
    if not root:
        return None
    tree, why = evidence.tree_now(seen["home"], root)
    changed = _as_it_must_run(given, command, names, state)
    waiting = {
        "names": names,
        "root": root,
        "command": (changed or given)["command"],
        "tree": tree,
        "why": why,
        "at": at,
        "run": state["run"],
    }
    make_folder(calls.folder(seen))
    replace(calls.check(seen), dumps(waiting).encode())
    return changed


def after(seen: Seen, state: State, error: str | None) -> dict[str, Any] | None:
    """Record what came of a check; `error` is what the client says of one that failed."""
    waiting = loads(slurp(calls.check(seen)).decode())
    remove(calls.check(seen))
    given = seen["payload"].get("tool_input")
    command = given.get("command") if isinstance(given, dict) else None
    if waiting["run"] != state["run"]:
        return None
    if not isinstance(command, str) or waiting["command"] != command:
        return told(seen, "not recorded: another hook made another command of the check")
    made = _made(seen, state, waiting, command, error)
    if not made:
        return told(seen, "not recorded: the client does not say how the command ended")
    who = moves.witness(seen["session"], seen["tree"])
    root = waiting["root"]
    try:
        if root == seen["tree"]:
            then = evidence.keep(seen["home"], root, who, made)
        else:
            then = evidence.keep_beside(seen["home"], seen["tree"], root, who, made)
    except records.Conflict as conflict:
        return told(seen, "not recorded: " + str(conflict))
    if then is None:
        return None
    lines = [_line(seen, one, root, then) for one in made]
    if then["exit"]["steps"]:
        _take_check_steps(seen, then)
    failed = [one["check"] for one in made if not core.holds(one)]
    if failed and then["exit"]["every_failure"]:
        lines += tried(seen, then, "stage", failed, "")
    return told(seen, "; ".join(lines))


def _take_check_steps(seen: Seen, state: State) -> None:
    """Record the step of a pipeline that is nothing but the checks, where they hold now."""
    from stagelock.store import steps

    open_ones = [step for step in state["exit"]["steps"] if step["checks"]]
    done = steps.noticed(seen["home"], seen["tree"], state, open_ones)
    who = moves.witness(seen["session"], seen["tree"])
    steps.mark(seen["home"], seen["tree"], who, done)


def tried(seen: Seen, state: State, gate: str, failed: list[str], said: str) -> list[str]:
    """Count a failed try of a gate; returns what to say where that was the last one."""
    who = moves.witness(seen["session"], seen["tree"])
    held = state["evidence"].get(failed[0])
    then = evidence.count(
        seen["home"],
        seen["tree"],
        who,
        {
            "gate": gate,
            "tree": held["after"] if held else "",
            "failed": failed,
            "tried": [],
            "said": said,
            "at": who["at"],
        },
    )
    if then is None or not then["escalated"] or state["escalated"]:
        return []
    return ["escalated: " + then["escalated"] + " (.stagelock/evidence/escalation.md)"]


def _at_home(seen: Seen, command: str, state: State) -> bool:
    """Say whether a call stands where its check belongs; our launcher finds the way by itself."""
    if seen["cwd"] == seen["tree"]:
        return True
    is_launcher = command.strip() not in _commands(state)
    return is_launcher and find_tree(seen["home"], [seen["cwd"]]) == seen["tree"]


def _as_it_must_run(
    given: dict[str, Any], command: str, names: list[str], state: State
) -> dict[str, Any] | None:
    """Name our launcher by its full path, and grant the time that the checks may take."""
    seconds = sum(check["timeout"] for check in state["checks"] if check["name"] in names)
    changed = given.copy()
    least = min(LONGEST_CALL, 1000 * (seconds + 10))
    asked = given.get("timeout")
    if not isinstance(asked, (int, float)) or asked < least:
        changed["timeout"] = least
    text = command.strip()
    if text.split()[:2] == core.LAUNCHER.split() and text not in _commands(state):
        changed["command"] = "'" + LAUNCHER.replace("'", "'\\''") + "'" + text[len("stagelock") :]
    return changed if changed != given else None


def _commands(state: State) -> list[str]:
    return [check["command"] for check in state["checks"]]


def _made(
    seen: Seen, state: State, waiting: dict[str, Any], command: str, error: str | None
) -> list[Evidence]:
    """Return the evidence, one for each check of which the client's word says how it ended."""
    output = output_of(seen) if error is None else error
    if output is None:
        return []
    direct = command.strip() in _commands(state)
    found = ended(seen, waiting, error) if direct else _listed(output, waiting["names"])
    covers = any(check["coverage"] for check in state["checks"])
    if error is not None and not covers and not any(code for code, _ in found.values()):
        return []  # the client says it failed, its last line that nothing did: not our last line
    root = waiting["root"]
    now, why = evidence.tree_now(seen["home"], root)
    who = moves.witness(seen["session"], seen["tree"])
    made: list[Evidence] = []
    for check in state["checks"]:
        if check["name"] not in found:
            continue
        code, seconds = found[check["name"]]
        made.append(
            {
                "check": check["name"],
                "command": check["command"],
                "exit": code,
                "seconds": seconds,
                "tail": output[-8000:],
                "digest": digest(output.encode("utf-8", "replace")),
                "before": waiting["tree"],
                "after": now,
                "why": _against(seen, check, code, waiting, why),
                "how": "seen",
                "program": evidence.program(check["command"], root),
                "flaky": False,
                "run": state["run"],
                "by": role(seen),
                "session": seen["session"],
                "at": who["at"],
            }
        )
        if code and state["exit"].get("owes"):
            from stagelock.core.fix.outcomes import failing  # only where a bug is hunted

            said = output if direct else _shown(output, check["name"])
            made[-1]["failing"] = failing(said, check["command"])
    return made


def _shown(output: str, name: str) -> str:
    """Return what `stagelock verify` shows of one failing check."""
    found: list[str] = []
    is_inside = False
    for line in output.splitlines():
        if not line.startswith("  "):
            is_inside = line.startswith(name + ": failed (")
        elif is_inside and line.startswith("  | "):
            found.append(line[4:])
    return "\n".join(found)


def role(seen: Seen) -> str:
    kind = seen["payload"].get("agent_type")
    return str(kind or "agent") if seen["payload"].get("agent_id") else "main"


def output_of(seen: Seen) -> str | None:
    """Return what a call printed that ended with status 0; None where that is not sure."""
    response = seen["payload"].get("tool_response")
    if not isinstance(response, dict) or any(response.get(field) for field in UNSURE):
        return None
    # what the launcher says of itself goes to stderr; its last word is on stdout
    return str(response.get("stderr", "")) + str(response.get("stdout", ""))


def ended(seen: Seen, waiting: dict[str, Any], error: str | None) -> dict[str, tuple[int, float]]:
    code = 0
    if error is not None:
        if seen["payload"].get("is_interrupt"):
            return {}
        number = error.partition("Exit code ")[2].split("\n", 1)[0].strip()
        code = int(number) if error.startswith("Exit code ") and number.isdigit() else -1
    took = seen["payload"].get("duration_ms")
    seconds = took / 1000 if isinstance(took, (int, float)) else 0.0
    return dict.fromkeys(waiting["names"], (code, seconds))


def _listed(output: str, names: list[str]) -> dict[str, tuple[int, float]]:
    """Read the last line of `stagelock verify`: NAME=EXIT/SECONDS for each check."""
    lines = output.strip().splitlines()
    mark = core.LAUNCHER + ": "
    if not lines or not lines[-1].startswith(mark):
        return {}
    found: dict[str, tuple[int, float]] = {}
    for word in lines[-1][len(mark) :].split():
        name, _, rest = word.rpartition("=")
        code, _, seconds = rest.partition("/")
        try:
            found[name] = (int(code), float(seconds))
        except ValueError:
            return {}
    return found if set(found) == set(names) else {}


def _against(seen: Seen, check: Check, code: int, waiting: dict[str, Any], why: str) -> str:
    if waiting["why"] or why:
        return "the tree id cannot be taken: " + (waiting["why"] or why)
    if not accepted.is_accepted(seen["home"], seen["tree"], check["name"], check["command"]):
        return UNACCEPTED
    if code == 0 and check["coverage"]:
        return coverage.shortfall(waiting["root"], check["coverage"], waiting["at"])
    return ""


def _line(seen: Seen, made: Evidence, root: str, state: State) -> str:
    """Say in a few words what was recorded."""
    name = "check `" + made["check"] + "` "
    if core.holds(made):
        return name + "passed and counts for this tree, until a byte of it changes"
    if core.stays(made, state["evidence"].get(core.BEFORE + made["check"])):
        if "cause" in state["exit"].get("owes", ()):
            already = str(len(made.get("failing") or []))
            return name + "fails already; the " + already + " tests that do may go on failing"
        return name + "fails only where it did before this run, which counts"
    if made["exit"] != 0:
        return name + "failed (exit " + str(made["exit"]) + "), recorded"
    if made["why"]:
        return name + "passed but does not count: " + made["why"]
    files = evidence.changed(seen["home"], root, made["before"])
    return (
        name + "passed but does not count: it changed the tree (" + evidence.some(files) + "); "
        "what it only caches belongs into .gitignore, then run it again"
    )
