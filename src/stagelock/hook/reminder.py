"""Done means seen: an agent that ends its turn on an unverified tree is sent back, twice at most.

The durable block is at the gate; this only reminds. A reminder is counted by what it brought: a
changed tree or new evidence is progress. The transcript is not read, because it lags behind.
"""

from __future__ import annotations

import time

from stagelock.core.agents import status
from stagelock.core.evidence import LAUNCHER, SILENCED
from stagelock.store import evidence, intent
from stagelock.store.clock import stamp
from stagelock.store.files import digest, make_folder, remove, replace, slurp
from stagelock.store.home import run_folder
from stagelock.store.journal import note
from stagelock.store.wire import dumps, loads

from .refusal import MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypedDict

    from stagelock.core.model import Problem, State

    from .seen import Seen

    class Memory(TypedDict):
        """What one agent was reminded of last."""

        state: str  # digest of tree and evidence then
        n: int  # reminders on that state
        total: int  # reminders since the person last spoke
        prompt: str
        outside: str  # digest of the files it was asked about
        gone: str  # the state on which it was let go


MOST = 2  # reminders without progress
MOST_IN_ALL = 6  # reminders between two prompts; the client itself ends the turn at the ninth
CLAIMS = (status.DONE, status.CONCERNS)
WAIVE = "/waive " + SILENCED + " REASON"
WAITS = (status.CONTEXT, status.BLOCKED)


def answer(seen: Seen, state: State, agent: str = "") -> dict[str, Any] | None:
    """Return the reminder, or what to tell the person when there is none left; None to let end."""
    waived = {waiver["what"] for waiver in state["waivers"]}
    declared = [check["name"] for check in state["checks"]]  # another is the gate's business
    owed = state["exit"]["checks"]
    names = [name for name in declared if name in owed and name not in waived]
    said = seen["payload"].get("last_assistant_message")
    word = status.read(said)["word"]
    is_paused = state["off_until"] > time.time() and _is_meant(seen, state)
    if not names or state["escalated"] or is_paused or word in WAITS or _works_on(seen, agent):
        return None
    now, _ = evidence.tree_now(seen["home"], seen["tree"])
    is_claim = word in CLAIMS
    if not now or (now == state["base"] and not is_claim):
        return None  # nothing to go by, or nothing done: the gate itself still asks
    problems = evidence.problems_on(now, state, names)
    failed = [p["what"] for p in problems if _has_failed(state, p["what"])]
    if failed and is_claim:
        from . import witness

        told = witness.tried(seen, state, "stage", failed, str(said))
        if told:
            _forget(seen, agent)
            return {"systemMessage": MARK + told[0]}
    if is_claim and SILENCED not in waived:
        problems += evidence.silenced(seen["home"], seen["tree"], state)
    beyond = _beyond(seen, state, now) if is_claim and not agent else []
    return _remind(seen, state, agent, now, problems, beyond)


def _beyond(seen: Seen, state: State, now: str) -> list[str]:
    changed = evidence.changed(seen["home"], seen["tree"], state["base"], now)
    return intent.beyond(seen["home"], seen["tree"], state, changed)


def _works_on(seen: Seen, agent: str) -> bool:
    """Say whether something still runs: its end brings another Stop, and the tree may yet move."""
    tasks = seen["payload"].get("background_tasks")
    return any(
        isinstance(task, dict) and task.get("status") == "running" and task.get("id") != agent
        for task in (tasks if isinstance(tasks, list) else ())
    )


def _has_failed(state: State, name: str) -> bool:
    held = state["evidence"].get(name)
    return held is not None and held["exit"] != 0


def _remind(
    seen: Seen, state: State, agent: str, now: str, problems: list[Problem], beyond: list[str]
) -> dict[str, Any] | None:
    memory = _memory(seen, agent)
    here = digest((now + dumps(state["evidence"])).encode())
    files = digest("\n".join(beyond).encode("utf-8", "surrogateescape")) if beyond else ""
    if not problems and (not beyond or memory["outside"] == files):
        return None
    if memory["state"] != here:
        memory["n"] = 0
    memory["state"] = here
    if memory["n"] >= MOST or memory["total"] >= MOST_IN_ALL:
        return _let_go(seen, state, agent, memory, problems)
    memory["n"] += 1
    memory["total"] += 1
    memory["outside"] = files or memory["outside"]
    _keep(seen, agent, memory)
    _note(seen, state, agent, "reminded", problems)
    return {"decision": "block", "reason": _reason(state, problems, beyond)}


def _is_meant(seen: Seen, state: State) -> bool:
    from . import pause  # only while one is in force

    return pause.is_meant_for(seen, state)


def _let_go(
    seen: Seen, state: State, agent: str, memory: Memory, problems: list[Problem]
) -> dict[str, Any] | None:
    if memory["gone"] == memory["state"] or not problems:
        return None  # the person was told
    memory["gone"] = memory["state"]
    _keep(seen, agent, memory)
    _note(seen, state, agent, "let-go", problems)
    why = "; ".join(problem["why"] for problem in problems)
    told = "reminded " + str(memory["total"]) + " times in vain, let go: " + why
    way = _command(problems, state) or WAIVE
    return {"systemMessage": MARK + told + "; the gate stays shut (" + way + ")"}


def _reason(state: State, problems: list[Problem], beyond: list[str]) -> str:
    lines = []
    if problems:
        why = "; ".join(problem["why"] for problem in problems)
        lines.append(MARK + "stage `" + state["stage"] + "` is not done: " + why)
    if beyond:
        head = "" if problems else MARK
        lines.append(
            head + "changed, though neither plan nor prompt named it: " + evidence.some(beyond)
        )
    if problems and not _command(problems, state):
        lines.append(
            "next: take out what silences a check; if it must stay, say why and end with "
            "STATUS: BLOCKED: your human may type " + WAIVE
        )
    elif problems:
        lines.append(
            "next: run `" + _command(problems, state) + "` as a call of its own; if it cannot be "
            "green, say why and end with STATUS: BLOCKED - what is required"
        )
    else:
        lines.append("next: put it back, or say in your reply why it belongs, and end it again")
    return "\n".join(lines)


def _command(problems: list[Problem], state: State) -> str:
    """Return the one command that settles it, "" where none does."""
    names = [problem["what"] for problem in problems if problem["what"] != SILENCED]
    if not names:
        return ""
    every = [check["name"] for check in state["checks"]]
    return LAUNCHER if names == every else LAUNCHER + " " + " ".join(names)


def _note(seen: Seen, state: State, agent: str, event: str, problems: list[Problem]) -> None:
    note(
        seen["tree"],
        {
            "event": event,
            "run": state["run"],
            "stage": state["stage"],
            "at": stamp(time.time()),
            "role": agent or "main",
            "session": seen["session"],
            "why": "; ".join(problem["why"] for problem in problems),
        },
    )


def _memory(seen: Seen, agent: str) -> Memory:
    prompt = str(seen["payload"].get("prompt_id", ""))
    fresh: Memory = {
        "state": "", "n": 0, "total": 0, "prompt": prompt, "outside": "", "gone": "",
    }  # fmt: skip
    try:
        kept: Memory = loads(slurp(_file(seen, agent)).decode())
    except (OSError, ValueError):
        return fresh
    if set(kept) != set(fresh):
        return fresh
    if kept["prompt"] != prompt:
        kept["prompt"], kept["total"] = prompt, 0
    return kept


def _keep(seen: Seen, agent: str, memory: Memory) -> None:
    make_folder(_file(seen, agent).rpartition("/")[0])
    replace(_file(seen, agent), dumps(memory).encode())


def _forget(seen: Seen, agent: str) -> None:
    remove(_file(seen, agent))


def _file(seen: Seen, agent: str) -> str:
    name = digest((seen["session"] + " " + agent).encode("utf-8", "replace"))
    return run_folder(seen["home"], seen["tree"]) + "/reminded/" + name
