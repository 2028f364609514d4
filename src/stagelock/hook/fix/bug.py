"""A bug, seen: the command that fails because of it, the red test, the green one, their commits."""

from __future__ import annotations

from stagelock.core.entry import line
from stagelock.core.evidence import gate_of
from stagelock.core.fix import outcomes, runners
from stagelock.hook import calls, vcs, witness
from stagelock.hook.near import told
from stagelock.store import evidence, journal, moves, records, runs
from stagelock.store.files import digest, make_folder, remove, replace, slurp
from stagelock.store.fix import bug_records, bugs, fixes
from stagelock.store.wire import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Call, Evidence, Findings, State, Told
    from stagelock.hook.seen import Seen

OPEN = ("git add", "git commit")  # what version control is for while a bug is hunted


def look(seen: Seen, state: State, call: Call, findings: Findings) -> None:
    """Hold a commit against what stands before it: what was seen, and what it is called."""
    verbs = [target for kind, target in call["demands"] if kind == "vcs"]
    strange = [verb for verb in verbs if verb not in OPEN]
    if strange:
        findings["unverified"] += ["`" + strange[0] + "` has no place here; commit, and go on"]
    if not any(gate_of(verb) == "commit" for verb in verbs):
        return
    findings["mixed"] = findings["mixed"] or vcs.is_mixed(seen)
    command, start = _command(seen), state["exit"]["commits"]
    is_gits = call["tool"] == command  # git itself asks, before it has the message
    if not is_gits and (start not in command or "--amend" in command):
        findings["unverified"] += ["a commit made here is new, and begins with `" + start + "`"]
    findings["unverified"] += bugs.before_commit(seen["home"], seen["tree"], state)
    findings["unverified"] += fixes.sweeps(seen["home"], seen["tree"], state, command)


def read(seen: Seen, state: State, call: Call) -> None:
    """Journal which lines of a file were let read, for a reference that must be read whole."""
    given = seen["payload"].get("tool_input") or {}
    start, most = given.get("offset"), given.get("limit")
    entry = line("read", state, moves.witness(seen["session"], seen["tree"]))
    entry["target"] = dict(call["demands"]).get("read", "")
    entry["lines"] = [start if isinstance(start, int) else 1, most if isinstance(most, int) else 0]
    journal.note(seen["tree"], entry)


def before(seen: Seen, state: State) -> tuple[bool, dict[str, Any] | None]:
    """Say whether this is the command that is waited for, and the call as it must run then."""
    command = _command(seen)
    what = bugs.awaited(seen["tree"], state, command) if command else ""
    given = seen["payload"].get("tool_input") or {}
    if not what or given.get("run_in_background") or seen["cwd"] != seen["tree"]:
        return False, None
    changed = None
    if command.split()[:2] in (["stagelock", "ro"], ["stagelock", "replay"]):
        launcher = "'" + witness.LAUNCHER.replace("'", "'\\''") + "'"
        text = launcher + command.strip()[len("stagelock") :]
        changed = {"hookEventName": "PreToolUse", "updatedInput": {**given, "command": text}}
        if what == "replay":
            changed["updatedInput"]["timeout"] = witness.LONGEST_CALL  # type: ignore[index]  # made above
    waiting = {
        "what": what,
        "command": command.strip(),
        "runs": changed["updatedInput"]["command"] if changed else command,  # type: ignore[index]  # made above
        "names": [what],
        "tree": evidence.tree_now(seen["home"], seen["tree"])[0],
        "run": state["run"],
    }
    make_folder(calls.folder(seen))
    replace(calls.bug(seen), dumps(waiting).encode())
    return True, {"hookSpecificOutput": changed} if changed else None


def after(seen: Seen, state: State, error: str | None) -> dict[str, Any] | None:
    """Record how it ended; `error` is what the client says of a failure."""
    waiting = loads(slurp(calls.bug(seen)).decode())
    remove(calls.bug(seen))
    if waiting["run"] != state["run"] or waiting["runs"] != _command(seen):
        return told(seen, "not recorded: another hook made another command of it")
    output = witness.output_of(seen) if error is None else error
    ended = witness.ended(seen, waiting, error)
    if output is None or not ended:
        return told(seen, "not recorded: the client does not say how the command ended")
    made = _made(seen, state, waiting, *ended[waiting["what"]], output)
    if waiting["what"] == "replay":
        _replayed(made, output)
    elif waiting["what"] != "reproduction":
        made["told"] = _kept(output)
    try:
        then = evidence.keep(
            seen["home"], seen["tree"], moves.witness(seen["session"], seen["tree"]), [made]
        )
    except records.Conflict as conflict:
        return told(seen, "not recorded: " + str(conflict))
    if then is None:
        return None
    lines = [_line(waiting["what"], made)]
    if waiting["what"] == "green" and made["exit"]:
        lines += witness.tried(seen, then, "green", [made["check"]], "")  # the third hands it over
        lines += _second_thought(seen)
    return told(seen, "; ".join(lines))


def _second_thought(seen: Seen) -> list[str]:

    from . import tripwires

    now, _ = runs.look(seen["home"], seen["tree"])
    line = tripwires.one_more(seen, now, "green") if now else ""
    return [line] if line else []


def _made(
    seen: Seen, state: State, waiting: dict[str, Any], code: int, seconds: float, output: str
) -> Evidence:
    red = bug_records.held(state, "red")
    return {
        "check": bug_records.KIND + waiting["what"],
        "command": waiting["command"],
        "exit": code,
        "seconds": seconds,
        "tail": output[-8000:],
        "digest": digest(output.encode("utf-8", "replace")),
        "before": waiting["tree"],
        "after": evidence.tree_now(seen["home"], seen["tree"])[0],
        "why": _against(waiting["what"], code, output, red.get("told") if red else None),
        "how": "seen",
        "program": evidence.program(waiting["command"], seen["tree"]),
        "flaky": False,
        "run": state["run"],
        "by": witness.role(seen),
        "session": seen["session"],
        "at": moves.witness(seen["session"], seen["tree"])["at"],
    }


def _kept(output: str) -> Told:
    """Return what the runner said that a later run is held against."""
    told = runners.read(output)
    return {**told, "passed": None, "lines": (told["lines"] or [])[-1:]}


def _replayed(made: Evidence, output: str) -> None:
    """Take over what `stagelock replay` said in its last line."""
    last = (output.strip().splitlines() or [""])[-1]
    mark = bug_records.REPLAY + ": "
    if not last.startswith(mark + "{"):
        made["why"] = "it did not come to its end"
        return
    said = loads(last[len(mark) :])
    made["head"] = str(said["at"])
    made["against"] = {str(what): str(why) for what, why in said["found"].items()}
    made["why"] = "; ".join(why for why in made["against"].values() if why)


def _against(what: str, code: int, output: str, red: Told | None) -> str:
    """Say what speaks against a result beside its exit status."""
    if code in bug_records.NOT_RUN:
        return "it was not run (exit " + str(code) + ")"
    if what == "red" and code:
        return outcomes.not_red(output)
    return outcomes.not_green(output, red) if what == "green" and not code else ""


def _line(what: str, made: Evidence) -> str:
    how = "failed (exit " + str(made["exit"]) + ")" if made["exit"] else "passed"
    told = what + ": `" + made["command"] + "` " + how + ", recorded"
    return told + ("; it does not count: " + made["why"] if made["why"] else "")


def _command(seen: Seen) -> str:
    given = seen["payload"].get("tool_input")
    command = given.get("command") if isinstance(given, dict) else None
    return command if isinstance(command, str) else ""
