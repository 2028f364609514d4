"""Payload to call: who acts, with which tool, on what; every path normalised, once and here."""

from __future__ import annotations

import time

from stagelock.core.tools import TOOLS, group, is_ours
from stagelock.store import files, places, runs

from . import packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Call, Demand, State
    from stagelock.store.places import Roots

    from .seen import Seen

GENERAL = "general-purpose"  # what the client starts where no type is named


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
        "session": seen["session"],
    }
    prompt = payload.get("prompt_id")
    if isinstance(prompt, str):
        call["prompt"] = prompt
    if not isinstance(tool, str) or not isinstance(given, dict):
        call["demands"] = [("unknown", call["tool"])]
        call["doubt"] = "the payload names no tool and input"
        return call
    at = places.roots(seen["tree"], seen["home"])
    if payload.get("agent_id") and state.get("units"):
        from .plan import unit_trees  # only where a plan of units is carried out

        unit_trees.hold(seen, at)
    kind = group(tool)
    if kind == "mcp":
        _declared(call, tool, given, seen, state, at)
    elif kind == "shell":
        packed.unpack("shell")
        from . import command  # only for the tools that run commands

        call["demands"], call["doubt"] = command.asks(tool, given.get("command"), seen, state, at)
    elif kind in ("read", "edit"):
        _file(call, kind, given.get(TOOLS[tool][1]), seen, at)
    elif kind == "dispatch":
        call["demands"] = _dispatch(tool, given, seen)
    else:
        target = given.get(TOOLS[tool][1]) if tool in TOOLS and TOOLS[tool][1] else tool
        call["demands"] = [(kind, target if isinstance(target, str) else tool)]
    if state["permits"]["read_first"]:
        call["unread"] = _unread(call["demands"], seen, at["tree"])
    return call


def _dispatch(tool: str, given: dict[str, Any], seen: Seen) -> list[Demand]:
    """Name the agent type that a call starts, or that it speaks to."""
    if tool == "SendMessage":
        from stagelock.store import agents  # rare

        for field in ("to", "recipient"):  # the client gives both, for one and the same
            to = str(given.get(field)).strip()
            start = agents.read_start(seen["home"], seen["tree"], to)
            if start or is_ours(to):
                return [("dispatch", start["role"] if start else to)]
        return [("dispatch", tool)]
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


def _unread(demands: list[Demand], seen: Seen, root: str) -> list[str]:
    return [
        target
        for kind, target in demands
        if kind == "edit"
        and files.exists(root + "/" + target)
        and not runs.was_read(seen["home"], seen["tree"], target)
    ]
