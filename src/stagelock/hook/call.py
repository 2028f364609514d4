"""Payload to call: every path normalised, every command read, once and here."""

from __future__ import annotations

import time

from stagelock.core.tools import TOOLS, group, is_ours
from stagelock.store import files, places, runs

from . import packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Call, Demand, State
    from stagelock.core.shell import Reading, Write
    from stagelock.store.places import Roots

    from .seen import Seen

GENERAL = "general-purpose"  # what the client starts where no type is named
SHELLS = ("Bash", "Monitor")  # the tools whose command the shell reader can read


def to_call(seen: Seen, state: State) -> Call:
    """Read what a tool call asks for. What cannot be read becomes a doubt, never an exception."""
    payload = seen["payload"]
    tool = payload.get("tool_name")
    given = payload.get("tool_input")
    call: Call = {
        "tool": tool if isinstance(tool, str) and tool else "(no tool)",
        "role": _role(payload),
        "demands": [],
        "unread": [],
        "doubt": "",
        "at": time.time(),
    }
    if not isinstance(tool, str) or not isinstance(given, dict):
        call["demands"] = [("unknown", call["tool"])]
        call["doubt"] = "the payload names no tool and input"
        return call
    at = places.roots(seen["tree"], seen["home"])
    kind = group(tool)
    if kind == "mcp":
        _declared(call, tool, given, seen, state, at)
    elif kind == "shell":
        _shell(call, tool, given, seen, state, at)
    elif kind in ("read", "edit"):
        _file(call, kind, given.get(TOOLS[tool][1]), seen, at)
    elif kind == "dispatch":
        call["demands"] = _dispatch(tool, given, seen)
    else:
        target = given.get(TOOLS[tool][1]) if tool in TOOLS and TOOLS[tool][1] else tool
        call["demands"] = [(kind, target if isinstance(target, str) else tool)]
    if state["permits"]["read_first"]:
        call["unread"] = _unread(call["demands"], seen)
    return call


def _dispatch(tool: str, given: dict[str, Any], seen: Seen) -> list[Demand]:
    """Name the agent type that a call starts, or that it speaks to."""
    if tool == "SendMessage":
        from stagelock.store import agents  # rare

        start = agents.read_start(seen["home"], seen["tree"], str(given.get("to")))
        return [("dispatch", start["role"] if start else tool)]
    kind = given.get("subagent_type")
    demands: list[Demand] = [("dispatch", kind if isinstance(kind, str) and kind else GENERAL)]
    apart = given.get("isolation")
    if apart is not None:  # anywhere else than a work tree no hook of ours would run
        demands.insert(0, ("worktree" if apart == "worktree" else "unknown", tool))
    return demands


def _role(payload: dict[str, Any]) -> str:
    """Say who acts: an agent type inside a subagent, else the main thread.

    The client gives `agent_type` without `agent_id` on the main thread of an `--agent` session;
    there only stagelock's own types are taken at their word, since they only ever narrow.
    """
    kind = payload.get("agent_type")
    if payload.get("agent_id"):
        named = isinstance(kind, str) and kind not in ("", "main", "*")
        return str(kind) if named else "agent"
    return kind if isinstance(kind, str) and is_ours(kind) else "main"


def _file(call: Call, kind: str, path: Any, seen: Seen, at: Roots) -> None:
    if path is None and kind == "read":
        path = seen["cwd"]
    if not isinstance(path, str) or not path:
        call["demands"] = [*call["demands"], ("unknown", call["tool"])]
        call["doubt"] = "the call names no path"
        return
    try:
        call["demands"] = [*call["demands"], (kind, places.name(path, seen["cwd"], at))]
    except ValueError as error:
        call["demands"] = [*call["demands"], ("unknown", call["tool"])]
        call["doubt"] = str(error)


def _declared(
    call: Call, tool: str, given: dict[str, Any], seen: Seen, state: State, at: Roots
) -> None:
    declared = state["declared"].get(tool)
    if declared is None:
        call["demands"] = [("mcp", tool)]
        call["doubt"] = (
            "nobody declared what this MCP tool does; a person may, under `tools` in "
            ".stagelock/config.yaml"
        )
        return
    for argument in declared["paths"]:
        values = given.get(argument)
        for value in values if isinstance(values, list) else [values]:
            if not isinstance(value, str) or not value.startswith("/"):
                # relative to what, only the server knows
                call["demands"] = [("unknown", tool)]
                call["doubt"] = "a path given to an MCP tool must be absolute"
                return
            _file(call, declared["group"], value, seen, at)
    if not declared["paths"]:
        call["demands"] = [(declared["group"], tool)]


def _shell(
    call: Call, tool: str, given: dict[str, Any], seen: Seen, state: State, at: Roots
) -> None:
    command = given.get("command")
    if tool not in SHELLS or not isinstance(command, str):
        _unread_shell(call, tool, command)
        return
    packed.unpack("shell")
    from stagelock.core import shell  # only for the tools that run commands

    launcher = at["plugin"] + "/bin/stagelock" if at["plugin"] else ""
    reading = shell.read_command(command, launcher=launcher)
    doubt = reading["reason"] or _met(reading, seen)
    effects = ["opaque"] if doubt else reading["effects"]
    if doubt and _is_check(command, seen, state):
        doubt, effects = "", ["run"]
    demands: list[Demand] = [("shell", effect) for effect in effects if effect != "read"]
    demands += [("vcs", verb) for verb in reading["verbs"]]
    if reading["reason"]:
        demands = _tripped(command, demands)
    call["doubt"] = shell.told(reading, doubt, command)
    if doubt or reading["effect"] != "read":
        from stagelock.core.protected import NAMED
        from stagelock.core.tripwires import mentions, names_human_door

        own = tuple(root.lower() for root in (at["state"], at["plugin"]) if root)
        named, door = mentions(command, NAMED + own), names_human_door(command)
        if named and not _is_launcher(command, launcher):
            demands.insert(0, ("named", named))
        elif door:
            demands.insert(0, ("door", door))
        demands = _bypasses(command, seen) + demands
    if not demands:
        demands.append(("shell", "read"))
    for write in reading["writes"]:
        demands += _written(write, _logical(seen["cwd"], write["cwd"]), at)
    for path in reading["reads"]:
        try:
            demands.append(("read", places.name(path, seen["cwd"], at)))
        except ValueError:
            continue
    call["demands"] = demands


def _bypasses(command: str, seen: Seen) -> list[Demand]:
    """Say how a command goes round a gate of the project; history counts once it is on a remote."""
    from stagelock.core.bypasses import asked

    how, words = asked(command)
    if how == "rewritten-history":
        from stagelock.store.git import is_pushed

        return [(how, words)] if is_pushed(seen["home"], seen["tree"]) else []
    return [(how, words)] if how else []


def _unread_shell(call: Call, tool: str, command: Any) -> None:
    """Take what no reader reads for opaque, but for a few cmdlets of PowerShell."""
    from stagelock.core.powershell import only_looks  # rare

    looks = tool == "PowerShell" and isinstance(command, str) and only_looks(command)
    call["demands"] = [("shell", "read" if looks else "opaque")]
    call["doubt"] = "" if looks else "stagelock cannot read what " + tool + " would run"


def _tripped(command: str, demands: list[Demand]) -> list[Demand]:
    """Add what the words of an unread command ask of version control."""
    from stagelock.core.vcs_words import asked, is_alone

    verbs = [("vcs", verb) for verb in asked(command) if ("vcs", verb) not in demands]
    if verbs and is_alone(command, "gh"):
        return [*verbs, ("shell", "network")]
    return demands + verbs


def _is_check(command: str, seen: Seen, state: State) -> bool:
    """Say whether a command is, to the letter, a declared check that a person accepted here."""
    named = [check for check in state["checks"] if check["command"] == command.strip()]
    if not named or seen["cwd"] != seen["tree"]:
        return False
    from stagelock.store.accepted import is_accepted

    home, tree = seen["home"], seen["tree"]
    return any(is_accepted(home, tree, check["name"], check["command"]) for check in named)


def _met(reading: Reading, seen: Seen) -> str:
    """Say what the disk has to say against a command whose text reads well."""
    from stagelock.store import surroundings

    programs = [name for name in reading["programs"] if name != "stagelock"]
    if len(programs) < len(reading["programs"]) and not surroundings.launcher_is_ours(seen["tree"]):
        return "another `stagelock` comes first on PATH; name this one by its full path"
    if "run" in reading["effects"]:
        programs = []  # the project's own programs are what it asks to run
    return surroundings.doubt(programs, reading["repositories"], seen["tree"], seen["cwd"])


def _is_launcher(command: str, launcher: str) -> bool:
    return bool(launcher) and command.startswith(launcher + " ")


def _written(write: Write, cwd: str, at: Roots) -> list[Demand]:
    """Name what a command writes: where the path leads, and the entry itself if it is a link."""
    path = write["path"]
    try:
        if write["base"] and files.is_folder(places.real(path, cwd)):
            path = path.rstrip("/") + "/" + write["base"]
        if write["new"] and files.exists(places.real(path, cwd)):
            return []
        leads = places.name(path, cwd, at)
        folder, _, entry = path.rstrip("/").rpartition("/")
        itself = places.name((folder or ("/" if path.startswith("/") else ".")), cwd, at)
    except ValueError:
        return [("unknown", path)]
    kind = "folder" if write["folder"] else "shell-write"
    if entry in ("", ".", ".."):
        return [(kind, leads)]
    itself = entry if itself == "." else itself + "/" + entry
    return [(kind, leads)] + ([(kind, itself)] if itself != leads else [])


def _logical(cwd: str, moved: str) -> str:
    """Follow `cd` as the shell does: `..` takes a name off the path, links or not."""
    at = [] if moved.startswith("/") else cwd.split("/")
    for part in moved.split("/"):
        if part == "..":
            at = at[:-1]
        elif part not in ("", "."):
            at.append(part)
    return "/" + "/".join(part for part in at if part)


def _unread(demands: list[Demand], seen: Seen) -> list[str]:
    return [
        target
        for kind, target in demands
        if kind == "edit"
        and files.exists(seen["tree"] + "/" + target)
        and not runs.was_read(seen["home"], seen["tree"], target)
    ]
