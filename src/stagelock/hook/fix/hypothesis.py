"""One hypothesis at a time: opened, held to its scope, tested, put aside, at the agent's own word.

The agent types `stagelock hypothesis ...`; what that prints is for the agent alone. The attempt is
opened and closed here, after the client reported the call, so that no command can do either.
"""

from __future__ import annotations

from stagelock.core.decide import decide
from stagelock.core.fix import hypothesis as core
from stagelock.core.fix import tripwires
from stagelock.hook import calls, witness
from stagelock.hook.near import told
from stagelock.hook.refusal import MARK
from stagelock.store import evidence, moves, records
from stagelock.store.files import make_folder, remove, replace, slurp
from stagelock.store.fix import bug_records, hypotheses
from stagelock.store.tree import TreeUnknown
from stagelock.store.wire import dumps, loads

from .tripwires import tripped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.fix.hypothesis import Asked
    from stagelock.core.model import Call, Decision, Findings, Hypothesis, State
    from stagelock.hook.seen import Seen

WRITES = ("edit", "shell-write", "folder")
ALONE = "give `" + core.LAUNCHER + "` a call of its own, nothing beside it"
QUOTED = ALONE + ", its statement and every glob in single quotes"


def settled(seen: Seen, state: State) -> tuple[State, Decision | None]:
    """Put aside what a hypothesis that is over changed; a refusal where that cannot be done."""
    if core.current(state, core.UNDOING) is None:
        return state, None
    who = moves.witness(seen["session"], seen["tree"])
    try:
        return hypotheses.settle(seen["home"], seen["tree"], who) or state, None
    except TreeUnknown as error:
        because = str(error) + "; or your human types /waive " + core.UNDO + " REASON"
        return state, _deny(state, "/undoing", because, ("shell", core.TEST))


def refused(seen: Seen, state: State, call: Call, findings: Findings) -> Decision | None:
    """Refuse what is wrong about a hypothesis in a call that the stage itself allows."""
    asked = _asked(seen) if call["tool"] == "Bash" else None
    if asked is None:
        return _too_many(seen, state, call)
    demand = ("shell", core.LAUNCHER)
    if asked["fault"]:
        return _deny(state, "/hypothesis-form", asked["fault"], demand)
    if asked["does"] == "open":
        end, why = hypotheses.refused(seen["tree"], state, asked["scope"], asked["says"])
        return _deny(state, end, why, demand) if end else None
    if asked["does"] == "test":
        return _untestable(seen, state)
    if asked["does"] == "apply":
        return _not_applied(state, call, findings, asked["n"])
    return None


def before(seen: Seen, state: State) -> tuple[bool, dict[str, Any] | None]:
    """Say whether a call is about a hypothesis, and return it as it must run."""
    asked = _asked(seen)
    if asked is None or asked["does"] == "show":
        return False, None
    given = seen["payload"]["tool_input"]
    launcher = "'" + witness.LAUNCHER.replace("'", "'\\''") + "'"
    changed = {**given, "command": launcher + _command(seen).strip()[len("stagelock") :]}
    if asked["does"] == "test":
        changed["timeout"] = witness.LONGEST_CALL
    waiting = {
        **asked,
        "runs": changed["command"],
        "run": state["run"],
        "tree": evidence.tree_now(seen["home"], seen["tree"])[0],
    }
    make_folder(calls.folder(seen))
    replace(calls.hypothesis(seen), dumps(waiting).encode())
    reply = {"hookEventName": "PreToolUse", "updatedInput": changed}
    return True, {"hookSpecificOutput": reply}


def after(seen: Seen, state: State, error: str | None) -> dict[str, Any] | None:
    """Open or close an attempt, now that the client says how the call ended."""
    waiting = loads(slurp(calls.hypothesis(seen)).decode())
    remove(calls.hypothesis(seen))
    if waiting["run"] != state["run"] or waiting["runs"] != _command(seen):
        return told(seen, "not recorded: another hook made another command of it")
    try:
        if waiting["does"] == "open":
            return _open(seen, state, waiting, error)
        if waiting["does"] == "test":
            return _test(seen, state, waiting, error)
    except (TreeUnknown, records.Conflict) as problem:
        return told(seen, str(problem))
    return None


# by how the rule's id ends: what is left to do
_ONWARD = {
    "/one-at-a-time": core.TEST + " closes the open one",
    "/stands": "end your reply with STATUS: DONE",
    "/again": "say another cause, or end with STATUS: BLOCKED and what you saw",
    "/many-files": "put back all but the few files that your hypothesis is about",
    "/no-reproduction": "end with STATUS: BLOCKED; your human types /reject REASON",
    "/small-scope": core.FORM,
    "/hypothesis-form": core.FORM + ", or " + core.TEST,
}


def onward(decision: Decision, state: State) -> str:
    """Say what is left to do after a refusal in the stage that tries hypotheses."""
    rule = decision["rule"]
    for ending, what in _ONWARD.items():
        if rule.endswith(ending):
            return what
    it = core.current(state, core.OPEN)
    if it is not None:
        return "change only " + ", ".join(it["scope"]) + ", then run " + core.TEST
    if core.standing(state) is not None:
        return "end your reply with STATUS: DONE"
    return core.FORM + " opens a few files to change"


# --- before -------------------------------------------------------------------------------------


def _asked(seen: Seen) -> Asked | None:
    """Read a command that is ours, as it stands alone; None for one that is not ours at all."""
    command = _command(seen)
    if core.LAUNCHER not in command:
        return None
    from stagelock.core.shell.reading import is_taken
    from stagelock.core.shell.syntax import parse
    from stagelock.core.shell.words import Unread

    try:
        every = parse(command, ".", is_taken)
    except (Unread, RecursionError):
        return None  # then nothing opened it but a stage in which any command may run
    texts = [[word["text"] for word in one["words"]] for one in every]
    if not any(words[:2] == core.LAUNCHER.split() for words in texts):
        return None
    one = every[0]
    is_alone = len(every) == 1 and not one["redirections"] and not one["assigns"]
    given = seen["payload"].get("tool_input") or {}
    if not is_alone or given.get("run_in_background") or seen["cwd"] != seen["tree"]:
        return _faulty(ALONE + ", in " + seen["tree"] + " and not in the background")
    if not all(word["known"] and not word["loose"] for word in one["words"]):
        return _faulty(QUOTED)
    return core.asked(texts[0][2:])


def _faulty(why: str) -> Asked:
    return {"does": "show", "says": "", "scope": [], "n": 0, "fault": why}


def _too_many(seen: Seen, state: State, call: Call) -> Decision | None:
    """Refuse the file too many: a change of many files shows nothing about any of them."""
    it = core.current(state, core.OPEN)
    targets = {
        target
        for kind, target in call["demands"]
        if it and kind in WRITES and hypotheses.covers(it["scope"], target)
    }
    if it is None or not targets:
        return None
    try:
        files = targets.union(hypotheses.changed_now(seen["home"], seen["tree"], it))
    except TreeUnknown as error:
        return _deny(state, "/unwatched", str(error), ("edit", min(targets)))
    return _many(seen, state, sorted(files), ("edit", min(targets)))


def _many(seen: Seen, state: State, files: list[str], demand: tuple[str, str]) -> Decision | None:
    most = tripwires.limit(state, "many_files")
    if len(files) <= most:
        return None
    tripped(seen, state, tripwires.MANY_FILES, evidence.some(files))
    why = tripwires.says(tripwires.MANY_FILES) + " (" + str(most) + " at most): "
    return _deny(state, "/" + tripwires.MANY_FILES, why + evidence.some(files), demand)


def _untestable(seen: Seen, state: State) -> Decision | None:
    demand = ("shell", core.TEST)
    it = core.current(state, core.OPEN)
    if it is None:
        why = "no hypothesis is open; open one: " + core.FORM
        return _deny(state, "/one-at-a-time", why, demand)
    try:
        files = hypotheses.changed_now(seen["home"], seen["tree"], it)
    except TreeUnknown as error:
        return _deny(state, "/unwatched", str(error), demand)
    return _many(seen, state, files, demand)


def _not_applied(state: State, call: Call, findings: Findings, n: int) -> Decision | None:
    """Hold a change that is to be written again to what this stage lets be written."""
    it = next((it for it in core.of(state) if it["n"] == n and it["phase"] == core.CLOSED), None)
    if it is None or not it["paths"]:
        why = "no hypothesis of that number has a change that lies aside"
        return _deny(state, "/hypothesis-form", why, ("shell", core.APPLY))
    writes: Call = {**call, "demands": [("shell-write", path) for path in it["paths"]]}
    decision = decide(state["permits"], state, findings, writes)
    return None if decision["allow"] else decision


def _deny(state: State, end: str, because: str, demand: tuple[str, str]) -> Decision:
    rule = state["stage"] + end
    return {
        "allow": False, "rule": rule, "because": because, "kind": demand[0], "target": demand[1],
    }  # fmt: skip


# --- after --------------------------------------------------------------------------------------


def _open(
    seen: Seen, state: State, waiting: dict[str, Any], error: str | None
) -> dict[str, Any] | None:
    if error is not None:
        return told(seen, "not opened: the command failed")
    home, tree = seen["home"], seen["tree"]
    who = moves.witness(seen["session"], tree)
    then, why = hypotheses.open_one(
        home, tree, who, waiting["says"], waiting["scope"], witness.role(seen)
    )
    if then is None:
        return told(seen, "not opened: " + why)
    it = core.of(then)[-1]
    line = (
        "hypothesis " + str(it["n"]) + " is open: " + ", ".join(it["scope"]) + " may be changed, "
        "by any tool, and nothing else; change the least that should let `" + it["command"]
        + "` pass, then run: " + core.TEST
    )  # fmt: skip
    lines = [line, tripwires.hint(it["says"])]
    count = len(core.failed(state))
    last = ""
    if count >= tripwires.limit(state, "one_more_try"):
        last = tripwires.says(tripwires.ONE_MORE, count=str(count) + " that failed")
        last += ": " + "; ".join(core.ruled_out(it) for it in core.failed(state))
        tripped(seen, state, tripwires.ONE_MORE, last)
    return _said(seen, [*lines, last], last)


def _test(
    seen: Seen, state: State, waiting: dict[str, Any], error: str | None
) -> dict[str, Any] | None:
    home, tree = seen["home"], seen["tree"]
    output = witness.output_of(seen) if error is None else error
    code = _code(output or "")
    it = core.current(state, core.OPEN)
    if output is None or code is None or (error is None) != (code == 0) or it is None:
        return told(seen, "not recorded: the client does not say how the command ended")
    if code in bug_records.NOT_RUN:
        why = "the reproduction was not run (exit " + str(code) + "); "
        return told(seen, why + "the hypothesis is still open")
    shows = _shows_nothing(seen, it, waiting) if code == 0 else ""
    if shows:
        return told(seen, "it passed, and shows nothing: " + shows)
    who = moves.witness(seen["session"], tree)
    then = hypotheses.tested(home, tree, who, code, output.rpartition("\n" + core.LAUNCHER)[0])
    if then is None:
        return told(seen, "not recorded: no hypothesis is open any more")
    it = core.of(then)[-1]
    lines = [core.told(it)]
    if code == 0:
        lines.append("`repair` offers it; now end your reply with STATUS: DONE")
        return _said(seen, lines, "")
    count = str(len(core.failed(then))) + " of " + str(then["exit"]["attempts"]) + " failed"
    lines += ["the tree is as it was before it", "it rules out " + core.ruled_out(it), count]
    stuck = ""
    if then["escalated"]:
        stuck = then["escalated"] + " (.stagelock/evidence/escalation.md): /reject REASON leads "
        stuck += "back, /waive " + core.WHAT + " REASON goes on without one"
    return _said(seen, [*lines, stuck], core.told(it) + "; " + stuck if stuck else "")


def _shows_nothing(seen: Seen, it: Hypothesis, waiting: dict[str, Any]) -> str:
    """Say why a reproduction that passed shows nothing about the hypothesis."""
    home, tree = seen["home"], seen["tree"]
    if not hypotheses.changed_now(home, tree, it):
        return "nothing was changed; a failure that comes and goes is not understood yet"
    now, why = evidence.tree_now(home, tree)
    if not now or not waiting["tree"]:
        return "the tree id cannot be taken: " + why
    files = evidence.changed(home, tree, waiting["tree"], now)
    if now != waiting["tree"]:
        return (
            "the run of it changed the tree (" + evidence.some(files) + "); what it only caches "
            "belongs into .gitignore, then test again"
        )
    return ""


def _code(output: str) -> int | None:
    """Read the last line of `stagelock hypothesis --test`: how the reproduction ended."""
    lines = output.strip().splitlines()
    mark = core.LAUNCHER + ": reproduction="
    if not lines or not lines[-1].startswith(mark):
        return None
    number = lines[-1][len(mark) :]
    return int(number) if number.removeprefix("-").isdigit() else None


def _said(seen: Seen, lines: list[str], person: str) -> dict[str, Any] | None:
    """Tell the agent all of it, and the person what concerns them."""
    reply = told(seen, "; ".join(line for line in lines if line))
    return {**reply, "systemMessage": MARK + person} if reply and person else reply


def _command(seen: Seen) -> str:
    given = seen["payload"].get("tool_input")
    command = given.get("command") if isinstance(given, dict) else None
    return command if isinstance(command, str) else ""
