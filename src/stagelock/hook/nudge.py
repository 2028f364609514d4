"""Time and turns: each thing is said once a stay, to the agent with a prompt, to the person always.

At the target of a stage, at its cap, when an approval has waited, and when many turns brought the
exit no nearer. What was said is remembered beside the run's second record; forgetting it costs one
line said twice, so the file is neither sealed nor locked.
"""

from __future__ import annotations

import posix
import time

from stagelock.store import artifacts, journal, runs
from stagelock.store import home as where
from stagelock.store.clock import seconds, stamp
from stagelock.store.files import replace, slurp
from stagelock.store.repository import git
from stagelock.store.wire import dumps, loads

from .refusal import MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Policy, Problem, State

    from .seen import Seen

TURNS = 12  # prompts without progress towards the exit, before that is said
FORGOTTEN = 7  # days in one stage, before a new session is told
WAITS = 600  # seconds an approval waits before that is said


def forgotten(state: State) -> str:
    """Say of a run that stands where it stood a week ago that it does, "" of any other."""
    days = int((time.time() - seconds(state["entered"])) // 86400)
    if days < FORGOTTEN:
        return ""
    stood = "run `" + state["run"] + "` has stood in stage `" + state["stage"] + "` for "
    return MARK + stood + str(days) + " days; go on with it, or /abandon REASON ends it"


def hear(seen: Seen, state: State) -> None:
    """Note what the reply that ends a turn says of the stage's checklist."""
    said = seen["payload"].get("last_assistant_message")
    from stagelock.core.documents import checklist  # at the end of a turn only

    found = checklist.read(said, state["exit"]["checklist"]) if isinstance(said, str) else {}
    memory = _recall(seen, state) if found else {}
    for item, word in found.items():
        if memory["items"].get(item) != word:
            memory["items"][item] = word
            _note(seen, state, {"event": "checklist", "what": item, "status": word})
    if found:
        _keep(seen, memory)


def owe(seen: Seen, state: State, text: str) -> None:
    """Have the person told `text` with their next prompt."""
    memory = _recall(seen, state)
    if text not in memory["owed"]:
        memory["owed"].append(text)
        _keep(seen, memory)


def add(event: str, seen: Seen, reply: dict[str, Any] | None) -> dict[str, Any] | None:
    """Add to a reply whatever is due to be said now."""
    state, tamper = runs.look(seen["home"], seen["tree"])
    if state is None or tamper:
        return reply
    policy = runs.policy_of(seen["home"], seen["tree"], state)
    memory = _recall(seen, state)
    due = _due(event, seen, policy, state, memory)
    _keep(seen, memory)
    if not due:
        return reply
    reply = dict(reply or {})
    told = [reply["systemMessage"]] if reply.get("systemMessage") else []
    reply["systemMessage"] = "\n".join([*told, *(MARK + person for person, _ in due)])
    agent = " ".join(MARK + text for _, text in due if text)
    if event == "UserPromptSubmit" and agent:
        inner = dict(reply.get("hookSpecificOutput") or {"hookEventName": event})
        before = inner.get("additionalContext")
        inner["additionalContext"] = before + "\n" + agent if before else agent
        reply["hookSpecificOutput"] = inner
    return reply


def _due(
    event: str, seen: Seen, policy: Policy, state: State, memory: dict[str, Any]
) -> list[tuple[str, str]]:
    """Return what is due: for each thing, the words for the person and those for the agent."""
    now = time.time()
    owed = artifacts.owed(seen["tree"], state)
    lacking = artifacts.lacks(seen["tree"], policy, state, owed)
    due = [(text, "") for text in memory["owed"]]
    memory["owed"] = []
    clock = _clock(state, now)
    if clock and clock[0] not in memory["said"]:
        # past the cap, the target is no news any more
        memory["said"] += ["target", clock[0]]
        due.append(_of_time(seen, state, clock[0], clock[1], lacking))
    if _waited(seen, state, artifacts.seal(owed), lacking, memory, now):
        minutes = str(int((now - memory["whole"]) // 60))
        text = "the approval of stage `" + state["stage"] + "` has waited for " + minutes
        due.append((text + " minutes: /approve, or /reject REASON", ""))
    head = git.head(seen["tree"])
    progress = str(state["revision"]) + " " + artifacts.seal(owed) + " " + head
    if _idles(event, progress, memory):
        due.append(_of_turns(state, memory["turns"], lacking))
    return due


def _clock(state: State, now: float) -> tuple[str, str] | None:
    """Return `target` or `cap`, where the stay is past it, and how that is told."""
    minutes = state["exit"]["minutes"]
    spent = int((now - seconds(state["entered"])) // 60)
    if not minutes or spent < minutes["target"]:
        return None
    told = str(spent) + " minutes in stage `" + state["stage"] + "`"
    if spent >= minutes["cap"]:
        return "cap", told + ", past its cap of " + str(minutes["cap"])
    return "target", told + ", meant to take " + str(minutes["target"])


def _of_time(
    seen: Seen, state: State, which: str, told: str, lacking: list[Problem]
) -> tuple[str, str]:
    if which == "target":
        leave = _exit(state, lacking)
        return told + "; " + leave, told + ". Head for the exit: " + leave + "."
    _note(seen, state, {"event": "escalated", "what": "time-cap", "why": told})
    ways = "/approve, /reject REASON, /abandon REASON, or say how it goes on"
    hand_over = (
        ". Begin nothing new: say what is done, what is left and what is in the way, and end "
        "your turn; your human decides."
    )
    return "escalation: " + told + "; a person decides: " + ways, told + hand_over


def _of_turns(state: State, turns: int, lacking: list[Problem]) -> tuple[str, str]:
    told = str(turns) + " prompts in stage `" + state["stage"] + "` brought its exit no nearer; "
    return told + _exit(state, lacking), told + _exit(state, lacking) + "."


def _exit(state: State, lacking: list[Problem]) -> str:
    """Name the exit: what is missing, and who ends the stage."""
    missing = ", ".join(problem["why"] for problem in lacking[:3])
    ends = "/approve" if state["exit"]["gate"] == "human" else "the line STATUS: DONE"
    return "missing: " + missing + "; then " + ends + " ends it" if missing else ends + " ends it"


def _waited(
    seen: Seen, state: State, seal: str, lacking: list[Problem], memory: dict[str, Any], now: float
) -> bool:
    """Say whether a whole artifact has waited for a person long enough to be shown again."""
    if state["exit"]["gate"] != "human" or not state["exit"]["artifacts"] or lacking:
        memory["seal"] = ""
        return False
    if memory["seal"] != seal:
        memory["seal"], memory["shown"] = seal, False
        memory["whole"] = _shown_at(seen, now)
    if memory["shown"] or now - memory["whole"] < WAITS:
        return False
    from stagelock.store import moves  # rare

    if moves.unverified(seen["home"], seen["tree"], state):
        return False  # asked last, since it looks at the tree
    memory["shown"] = True
    return True


def _shown_at(seen: Seen, now: float) -> float:
    """Return when the end of a turn showed the person this content."""
    try:
        return posix.stat(where.run_folder(seen["home"], seen["tree"]) + "/shown").st_mtime
    except OSError:
        return now


def _idles(event: str, progress: str, memory: dict[str, Any]) -> bool:
    """Count a prompt, and say whether the exit came no nearer for too many of them."""
    if memory["progress"] != progress:
        memory["progress"], memory["turns"] = progress, 0
    if event != "UserPromptSubmit":
        return False
    memory["turns"] += 1
    if memory["turns"] < TURNS or "turns" in memory["said"]:
        return False
    memory["said"].append("turns")
    return True


def _recall(seen: Seen, state: State) -> dict[str, Any]:
    """Return what was said in this stay, fresh where the stay is."""
    stay = state["run"] + " " + state["stage"] + " " + state["entered"]
    try:
        memory = loads(slurp(_file(seen)).decode())
    except (OSError, ValueError):
        memory = None
    if isinstance(memory, dict) and memory.get("stay") == stay and set(memory) == set(_fresh("")):
        return memory
    return _fresh(stay)


def _fresh(stay: str) -> dict[str, Any]:
    return {
        "stay": stay,
        "said": [],
        "turns": 0,
        "progress": "",
        "seal": "",
        "whole": 0,
        "shown": False,
        "items": {},
        "owed": [],
    }


def _keep(seen: Seen, memory: dict[str, Any]) -> None:
    try:
        replace(_file(seen), dumps(memory).encode(), lasting=False)
    except OSError:
        pass  # then it may be said again


def _file(seen: Seen) -> str:
    return where.run_folder(seen["home"], seen["tree"]) + "/nudges"


def _note(seen: Seen, state: State, more: dict[str, str]) -> None:
    entry: Any = {
        "run": state["run"],
        "stage": state["stage"],
        "at": stamp(time.time()),
        "session": seen["session"],
        **more,
    }
    journal.note(seen["tree"], entry)
