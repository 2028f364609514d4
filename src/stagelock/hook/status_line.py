"""The status line: one line for the person, made while they look, in the time of a hook.

The client sends its own JSON and shows what comes back. A status line that the person has already
is wrapped: it runs beside this one, on the same input, and stagelock adds itself to its first line.
"""

from __future__ import annotations

import posix
import time

from stagelock.core.evidence import holds
from stagelock.store import artifacts, heartbeat, home, places, runs
from stagelock.store.clock import seconds
from stagelock.store.files import drain, write
from stagelock.store.wire import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Policy, State

LIMIT = 1 << 20
SIGPIPE = 13  # Python ignores it, and what it starts would inherit that
LONGEST = 160
SILENT = 60  # seconds a session may go on without a sign before that is said


def main(argv: list[str]) -> None:
    """Print the line and leave; whatever goes wrong is said in the line."""
    raw = drain(0, LIMIT)
    other = _start(argv[argv.index("--") + 1 :], raw) if "--" in argv else None
    try:
        payload = loads(raw.decode())
        text = line(payload if isinstance(payload, dict) else {}, time.time())
    except Exception as error:  # noqa: BLE001  # the outermost frame: a broken line helps nobody
        text = "[stagelock] cannot tell the stage (" + str(error) + "): stagelock doctor"
    theirs = _rest_of(other) if other else ""
    first, _, rest = theirs.partition("\n")
    shown = "  ".join(part for part in (first, _printable(text)) if part)
    write(1, "\n".join(part for part in (shown, rest) if part).encode("utf-8", "replace") + b"\n")


def line(payload: dict[str, Any], now: float) -> str:
    """Say where the run of this session's tree stands, "" where none is live."""
    where = home.state_home()
    tree = home.find_tree(where, _folders(payload))
    if not tree:
        return ""
    state, tamper = runs.look(where, tree)
    if state is None and not tamper:
        return ""
    silent = silence(where, tree, _text(payload, "session_id"), payload)
    if tamper or state is None:
        told = "[stagelock] the run's records were changed from outside: /off REASON repairs them"
        return told + "; " + silent if silent else told
    parts = ["[" + state["stage"] + "] " + state["run"]]
    if silent:
        parts.insert(0, silent)
    if state["off_until"] > now:
        parts.append(_off(state, int((state["off_until"] - now) // 60) + 1, payload))
    parts.append(
        _of_units(where, tree, state) or _needs(tree, runs.policy_of(where, tree, state), state)
    )
    clock = _clock(runs.policy_of(where, tree, state), state, now)
    return " · ".join([*parts, clock] if clock else parts)


def _off(state: State, minutes: int, payload: dict[str, Any]) -> str:
    """Say for how long the rules are paused, or for whom."""
    pause = state.get("pause")
    if not pause:
        return "off for " + str(minutes) + " minutes more"
    if pause["session"] != _text(payload, "session_id"):
        return "off in another session"
    return "off for this " + ("prompt" if pause["prompt"] else "session")


def silence(where: str, tree: str, session: str, payload: dict[str, Any]) -> str:
    """Say that the hooks do not answer in this session, "" where nothing speaks for that."""
    try:
        moved = posix.stat(_text(payload, "transcript_path")).st_mtime
    except (OSError, ValueError):
        return ""  # nothing was said in this session yet
    beat = heartbeat.last(where, session)
    if beat is None:
        began = heartbeat.began(where, tree)
        is_off = bool(_text(payload, "prompt_id")) and 0 < began < moved - 2
        return "hooks are OFF: nothing is held (stagelock doctor)" if is_off else ""
    prompt = _text(payload, "prompt_id")
    if prompt and beat["prompt"] != prompt and moved > beat["at"] + SILENT:
        minutes = str(int((moved - beat["at"]) // 60))
        return "hooks silent for " + minutes + " minutes (stagelock doctor)"
    return ""


def _needs(tree: str, policy: Policy, state: State) -> str:
    """Say the one next thing the exit waits for; evidence by what is on record, not by the tree."""
    if state["escalated"]:
        return "a person decides how it goes on: /approve, /reject REASON or /abandon REASON"
    if state["taint"]:
        named = ", ".join(state["taint"]["paths"][:2]) or "the tree"
        return "tainted: " + named + " (stagelock restore)"
    changed = artifacts.stale(tree, state)
    if changed:
        return changed[0] + " changed after its approval: /approve it anew, or put it back"
    waived = [waiver["what"] for waiver in state["waivers"]]
    found = artifacts.lacks(tree, policy, state, artifacts.owed(tree, state))
    missing = [problem["why"] for problem in found if problem["what"] not in waived]
    missing += ["no evidence that `" + name + "` holds" for name in _unseen(state, waived)]
    if missing:
        more = " (and " + str(len(missing) - 1) + " more)" if len(missing) > 1 else ""
        return missing[0] + more
    return "ends by /approve" if state["exit"]["gate"] == "human" else "ends by STATUS: DONE"


def _of_units(where: str, tree: str, state: State) -> str:
    """Say what of a plan waits for the person, else how far it is; "" where none is carried out."""
    if state.get("units") is None or state["escalated"] or state["taint"]:
        return ""
    from stagelock.store.plan import units  # only where a plan of units is carried out

    return units.in_short(where, tree, state) if units.is_live(state) else ""


def _unseen(state: State, waived: list[str]) -> list[str]:
    """Name the checks of this exit that no record shows to hold, on whatever tree."""
    seen = state["evidence"]
    return [
        name
        for name in state["exit"]["checks"]
        if name not in waived and not (name in seen and holds(seen[name]))
    ]


def _clock(policy: Policy, state: State, now: float) -> str:
    minutes = policy["stages"][state["stage"]]["minutes"]
    if not minutes:
        return ""
    spent = int((now - seconds(state["entered"])) // 60)
    over = " OVER the cap of " + str(minutes["cap"]) + "m" if spent >= minutes["cap"] else ""
    return str(spent) + "m of " + str(minutes["target"]) + "m" + over


def _folders(payload: dict[str, Any]) -> list[str]:
    workspace = payload.get("workspace")
    inner = workspace if isinstance(workspace, dict) else {}
    given = [_text(inner, "project_dir"), _text(inner, "current_dir"), _text(payload, "cwd")]
    return [places.real(folder, "/") for folder in given if folder.startswith("/")]


def _start(argv: list[str], raw: bytes) -> tuple[int, int] | None:
    """Start the person's own status line on the same input; one word is a shell command."""
    if not argv:
        return None
    argv = ["/bin/sh", "-c", argv[0]] if len(argv) == 1 else argv
    from_us, to_them = posix.pipe()
    from_them, to_us = posix.pipe()
    moved = [(posix.POSIX_SPAWN_DUP2, from_us, 0), (posix.POSIX_SPAWN_DUP2, to_us, 1)]
    try:
        child = posix.posix_spawnp(
            argv[0], argv, posix.environ, file_actions=moved, setsigdef=[SIGPIPE]
        )
    except OSError:
        return None  # theirs does not start; ours is shown
    posix.close(from_us)
    posix.close(to_us)
    try:
        write(to_them, raw)
    except BrokenPipeError:
        pass  # it did not want to know
    posix.close(to_them)
    return child, from_them


def _rest_of(other: tuple[int, int]) -> str:
    child, from_them = other
    try:
        said = drain(from_them, LIMIT).decode("utf-8", "replace")
    except ValueError:
        said = ""
    posix.waitpid(child, 0)
    return said.rstrip("\n")


def _printable(text: str) -> str:
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 3] + "..."


def _text(given: dict[str, Any], field: str) -> str:
    value = given.get(field)
    return value if isinstance(value, str) else ""
