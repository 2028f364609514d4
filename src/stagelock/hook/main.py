"""One client event, from standard input to one JSON object on standard output."""

from __future__ import annotations

import posix

from stagelock.store import heartbeat, home, places
from stagelock.store.files import drain, write
from stagelock.store.wire import dumps, loads

from . import packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .seen import Seen

# each client event and the module that answers it, loaded when it is that event
EVENTS = {
    "SessionStart": "session_start",
    "SessionEnd": "session_end",
    "UserPromptSubmit": "user_prompt_submit",
    "UserPromptExpansion": "user_prompt_expansion",
    "PreToolUse": "pre_tool_use",
    "PostToolUse": "post_tool_use",
    "PostToolUseFailure": "post_tool_use_failure",
    "SubagentStart": "subagent_start",
    "SubagentStop": "subagent_stop",
    "Stop": "stop",
    "StopFailure": "stop_failure",
    "ConfigChange": "config_change",
}
# the frequent ones, whose modules are packed together
GROUPS = {
    "PreToolUse": "tool",
    "PostToolUse": "post",
    "SubagentStop": "end",
    "UserPromptSubmit": "prompt",
    "Stop": "stop",
    "SessionStart": "session",
}
PROMPTS = ("SessionStart", "UserPromptSubmit", "UserPromptExpansion")  # where a turn begins
LIMIT = 1 << 26  # 64 MiB of payload; the client's largest seen is far below


def main(event: str) -> None:
    """Answer one event and leave the process.

    The one place that catches everything: inside a run, or where it cannot be told whether a run is
    live, an error is a refusal with a rule id of its own; outside a run it is silence.
    """
    tree: str | None = None
    reply: dict[str, Any] | None
    try:
        where = home.state_home()
        raw = drain(0, LIMIT)
        payload, fault = _read(raw)
        tree = home.find_tree(where, _folders(payload))
        reply = None
        if tree or event == "UserPromptExpansion":
            if fault:
                reply = _error(event, fault) if tree else None
            else:
                reply = _answer(event, where, tree, payload)
    except Exception as error:  # noqa: BLE001  # the outermost frame
        reply = None
        if tree != "" or event == "UserPromptExpansion":
            reply = _error(event, type(error).__name__ + ": " + str(error))
    try:
        if reply:
            write(1, dumps(reply).encode() + b"\n")
    except Exception:  # noqa: BLE001  # nothing can be said any more: the exit status says it
        posix._exit(2)
    _pack()
    posix._exit(0)  # skips the interpreter's teardown, a sixth of the whole process


def _error(event: str, what: str) -> dict[str, Any] | None:
    from . import refusal  # loaded where something is refused

    return refusal.error(event, what)


def _pack() -> None:
    """Make the next start quicker, where this one found the packed modules missing or old."""
    if not packed.is_used():
        try:
            from . import road

            road.pack()
        except Exception:  # noqa: BLE001, S110  # the answer is out; only the next start is slower
            pass


def _answer(event: str, where: str, tree: str, payload: dict[str, Any]) -> dict[str, Any] | None:
    seen: Seen = {
        "home": where,
        "tree": tree,
        "payload": payload,
        "session": _text(payload, "session_id"),
        "cwd": places.real(_text(payload, "cwd") or "/", "/"),
    }
    if event not in EVENTS:
        raise ValueError("no handler for the event `" + event + "`")
    if event in GROUPS:
        packed.unpack(GROUPS[event])
    module = __import__("stagelock.hook." + EVENTS[event], fromlist=["answer"])
    reply: dict[str, Any] | None = module.answer(seen)
    if seen["tree"]:
        _live_on(event, seen)
    if event == "UserPromptSubmit":
        from . import nudge

        reply = nudge.add(event, seen, reply)
    return reply


def _live_on(event: str, seen: Seen) -> None:
    """Leave a sign that the hooks are on in this session."""
    sign = heartbeat.leave if event in PROMPTS else heartbeat.touch
    try:
        sign(seen["home"], seen["session"], _text(seen["payload"], "prompt_id"), seen["tree"])
    except OSError:
        pass  # a home that cannot be written: the sign is missed, no more


def _read(raw: bytes) -> tuple[dict[str, Any], str]:
    """Return the payload, or an empty one and why it cannot be read."""
    try:
        payload = loads(raw.decode())
    except (ValueError, RecursionError) as error:
        return {}, "unreadable payload: " + str(error)
    if not isinstance(payload, dict):
        return {}, "the payload is not an object"
    return payload, ""


def _folders(payload: dict[str, Any]) -> list[str]:
    """Where a run may be live for this event: the project, the working directory, the target."""
    project = posix.environ.get(b"CLAUDE_PROJECT_DIR", b"").decode("utf-8", "surrogateescape")
    # the client runs a hook where the session stands, so that an unreadable payload has a place too
    cwd = _text(payload, "cwd")
    cwd = cwd if cwd.startswith("/") else posix.getcwd()
    known = (cwd,) if project == cwd else (project, cwd)
    folders = [places.real(folder, "/") for folder in known if folder.startswith("/")]
    given = payload.get("tool_input")
    if isinstance(given, dict):
        for argument in ("file_path", "notebook_path"):
            path = given.get(argument)
            if isinstance(path, str) and path:
                folders.append(_parent(path, folders[-1]))
    return folders


def _parent(path: str, cwd: str) -> str:
    if path.startswith("~/"):
        path = posix.environ.get(b"HOME", b"").decode("utf-8", "surrogateescape") + path[1:]
    try:
        return places.real(path, cwd).rpartition("/")[0]
    except ValueError:
        return ""


def _text(payload: dict[str, Any], field: str) -> str:
    value = payload.get(field)
    return value if isinstance(value, str) else ""
