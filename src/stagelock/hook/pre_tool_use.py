"""PreToolUse: may this tool run now?"""

from __future__ import annotations

from stagelock.core.decide import decide, is_harmless
from stagelock.core.taint import is_watched
from stagelock.store import artifacts, files, journal, runs
from stagelock.store.clock import stamp
from stagelock.store.home import run_folder

from . import refusal
from .call import to_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Call, Decision, Findings, State

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Return nothing to let the call run, or the refusal; a refusal is journaled."""
    home, tree = seen["home"], seen["tree"]
    state, tamper = runs.look(home, tree)
    if state is None and not tamper:
        return None  # the run ended in between
    if state is None:
        state = runs.copy_of_state(home, tree)
    if state is None:
        return _without_records(seen, tamper)
    call = to_call(seen, state)
    waiting = files.exists(run_folder(home, tree) + "/looks")
    if waiting and not tamper and not is_harmless(call):
        from . import watch  # only while a watched command is under way, or was left alone

        state = watch.settled(seen, state)
    findings: Findings = {"tamper": tamper, "stale": artifacts.stale(tree, state)}
    decision = decide(state["permits"], state, findings, call)
    if decision["allow"] and decision["rule"] != "off" and is_watched(state["permits"], call):
        from . import watch  # only for what is let through without proof

        decision = watch.begun(seen, state, decision)
    if not decision["allow"]:
        _note(seen, state, call, decision)
        text = refusal.say(call["tool"], decision, state)
        if tamper and decision["rule"] == tamper:
            text = refusal.tampered(call["tool"], decision)
        return refusal.refuse("PreToolUse", text)
    _remember(home, tree, call)
    if call["tool"] == "AskUserQuestion":
        from . import dialog  # rare

        return dialog.write(seen, state)
    return None


def _remember(home: str, tree: str, call: Call) -> None:
    """A file that was read, or written whole, may be changed afterwards."""
    for kind, target in call["demands"]:
        if kind in ("read", "edit"):
            try:
                runs.mark_read(home, tree, target)
            except OSError:
                return  # the mark only ever opens; without it the next change is refused


def _note(seen: Seen, state: State, call: Call, decision: Decision) -> None:
    journal.note(
        seen["tree"],
        {
            "event": "refused",
            "run": state["run"],
            "stage": state["stage"],
            "at": stamp(call["at"]),
            "tool": refusal.short(call["tool"]),
            "target": refusal.short(decision["target"]),
            "rule": decision["rule"],
            "role": call["role"],
            "session": seen["session"],
        },
    )


def _without_records(seen: Seen, tamper: str) -> dict[str, Any] | None:
    """Decide where neither the stage file nor its copy can be believed: reading stays open."""
    from stagelock.core.tools import HARMLESS, group

    tool = str(seen["payload"].get("tool_name"))
    if group(tool) in HARMLESS:
        return None
    decision: Decision = {
        "allow": False,
        "rule": tamper,
        "because": "",
        "kind": group(tool),
        "target": tool,
    }
    return refusal.refuse("PreToolUse", refusal.tampered(tool, decision))
