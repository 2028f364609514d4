"""PreToolUse: may this tool run now?"""

from __future__ import annotations

from stagelock.core.decide import decide, is_harmless, is_watched
from stagelock.store import artifacts, files, journal, runs
from stagelock.store.clock import stamp
from stagelock.store.home import run_folder

from . import packed
from .call import to_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Call, Decision, Findings, State

    from .seen import Seen

OFF = "off"  # a person's pause holds for agents, too
SENDERS = ("Agent", "Task")


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
    if _is_undoing(state, call, tamper):
        from .fix import hypothesis  # only where a rollback was cut short

        state, left = hypothesis.settled(seen, state)
        if left:
            return _refuse(seen, state, call, left)
    waiting = files.exists(run_folder(home, tree) + "/looks")
    if waiting and not tamper and not is_harmless(call):
        from . import watch  # only while a watched command is under way, or was left alone

        state = watch.settled(seen, state)
    state, findings = look(seen, state, call, tamper)
    if call["tool"] in SENDERS:
        return _send(seen, state, call, findings)
    decision = decide(state["permits"], state, findings, call)
    if decision["allow"] and decision["rule"] != OFF:
        decision = _held_closer(seen, state, call, findings) or decision
    if decision["allow"] and decision["rule"] != OFF and is_watched(state["permits"], call):
        from . import watch  # only for what is let through without proof

        decision = watch.begun(seen, state, decision)
    if not decision["allow"]:
        return _refuse(seen, state, call, decision)
    return _let(seen, state, call, tamper, is_off=decision["rule"] == OFF)


def _let(
    seen: Seen, state: State, call: Call, tamper: str, *, is_off: bool
) -> dict[str, Any] | None:
    """Remember a call that is let through, and do what must be done before it runs."""
    often = _remember(seen["home"], seen["tree"], state, call)
    if call["tool"] == "AskUserQuestion":
        from . import dialog  # rare

        return dialog.write(seen, state)
    if tamper:
        return None
    if often and not is_off:
        return _again(seen, state, call, often)
    return _before(seen, state, call)


def _again(
    seen: Seen, state: State, call: Call, often: list[tuple[str, int]]
) -> dict[str, Any] | None:
    """Let a file be changed once more that was changed often, or refuse it."""
    from .fix import tripwires

    refused, agent, person = tripwires.again(seen, state, often)
    if refused:
        return _refuse(seen, state, call, refused)
    reply = _before(seen, state, call)
    return tripwires.reply(agent, person, reply) if agent else reply


def _held_closer(seen: Seen, state: State, call: Call, findings: Findings) -> Decision | None:
    """Hold what the stage allows to the unit, the hypothesis or the brief that is under way."""
    refused: Decision | None = None
    if state.get("units"):
        from .plan import unit_gate  # only where a plan of units is carried out

        refused = unit_gate.refused(seen, state, call)
    if not refused and _of_hypothesis(seen, state, call):
        from .fix import hypothesis

        refused = hypothesis.refused(seen, state, call, findings)
    if not refused and _may_lack_its_brief(seen, state):
        from . import brief

        refused = brief.unread(seen, state, call)
    return refused


def _may_lack_its_brief(seen: Seen, state: State) -> bool:
    has_brief = bool(seen["payload"].get("agent_id") and state["approved"])
    if has_brief and state.get("units"):
        from stagelock.store.plan import units

        has_brief = not units.is_live(state)  # there its unit's brief binds it
    return has_brief


def _is_undoing(state: State, call: Call, tamper: str) -> bool:
    tried = state.get("hypotheses")
    is_over = bool(tried) and tried[-1]["phase"] == "undoing"
    return is_over and not tamper and not is_harmless(call)


def _of_hypothesis(seen: Seen, state: State, call: Call) -> bool:
    """Say whether a call speaks of a hypothesis, or may change what an open one is about."""
    if not state["exit"].get("owes"):
        return False
    if call["tool"] == "Bash" and "hypothesis" in str(seen["payload"]["tool_input"].get("command")):
        return True
    tried = state.get("hypotheses")
    return bool(tried) and tried[-1]["phase"] == "open" and not is_harmless(call)


def look(seen: Seen, state: State, call: Call, tamper: str) -> tuple[State, Findings]:
    """Look at what the decision needs of the disk, and at no more than this call needs."""
    findings: Findings = {
        "tamper": tamper,
        "stale": artifacts.stale(seen["tree"], state),
        "mixed": False,
        "early": "",
        "unverified": [],
    }
    if tamper:
        return state, findings
    if state["exit"]["steps"]:
        from . import steps  # only in a pipeline

        state = steps.look(seen, state, call, findings)
    if state["exit"]["vcs"] and any(kind == "vcs" for kind, _ in call["demands"]):
        from . import vcs  # only before a gate that takes evidence

        vcs.look(seen, state, call, findings)
    if state["exit"].get("commits") and any(kind == "vcs" for kind, _ in call["demands"]):
        from .fix import bug  # only in a stage whose commits say what they are

        bug.look(seen, state, call, findings)
    return state, findings


def _before(seen: Seen, state: State, call: Call) -> dict[str, Any] | None:
    """Do what must be done before an allowed call runs; returns it changed, where it must be."""
    if call["tool"] == "Read":
        if "cause" in state["exit"].get("owes", ()):
            from .fix import bug  # only where a reference is looked for

            bug.read(seen, state, call)
        return None
    if state["exit"]["checks"] and seen["payload"].get("agent_id"):
        _remember_writer(seen, call)
    if state["exit"]["steps"]:
        from . import steps

        steps.before(seen, state, call)
    if state.get("units") and any(kind == "vcs" for kind, _ in call["demands"]):
        from .plan import unit_gate

        return unit_gate.with_message(seen, state)
    if call["tool"] == "Bash" and state["exit"].get("owes"):
        if _of_hypothesis(seen, state, call):
            from .fix import hypothesis

            is_asked, changed = hypothesis.before(seen, state)
            if is_asked:
                return changed
        from .fix import bug

        is_awaited, changed = bug.before(seen, state)
        if is_awaited:
            return changed
    if call["tool"] == "Bash" and state["checks"]:
        return _witnessed(seen, state, call)
    return None


def _send(seen: Seen, state: State, call: Call, findings: Findings) -> dict[str, Any] | None:
    """An agent is to be sent: the stage decides first, then what other agents said."""
    packed.unpack("agent")
    from . import sending

    state = sending.on_this_tree(seen, state, call)
    decision = decide(state["permits"], state, findings, call)
    reply = None
    if decision["allow"] and decision["rule"] != OFF:
        refused, reply = sending.send(seen, state, call)
        decision = refused or decision
    if decision["allow"]:
        return reply
    decision = sending.not_yet(seen, state, decision)
    refusing = _refuse(seen, state, call, decision)
    told = sending.escalated(state, decision)
    return {**refusing, "systemMessage": told} if told and refusing else refusing


def _witnessed(seen: Seen, state: State, call: Call) -> dict[str, Any] | None:
    """Where the command is a check as declared, take the tree id before it runs."""
    from stagelock.core.evidence import run_by

    command = seen["payload"]["tool_input"].get("command")
    if not isinstance(command, str) or not run_by(command, state["checks"]):
        return None
    from . import witness  # only for the command of a check

    changed = witness.before(seen, state, call["at"])
    if changed is None:
        return None
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", "updatedInput": changed}}


def _refuse(seen: Seen, state: State, call: Call, decision: Decision) -> dict[str, Any] | None:
    from . import refusal  # loaded where something is refused

    _note(seen, state, call, decision)
    is_change = decision["kind"] in ("edit", "shell-write")
    if is_change and decision["rule"].endswith("/otherwise") and state["exit"].get("owes"):
        from .fix import tripwires  # only in a bug hunt

        decision = tripwires.before_red(seen, state, decision)
    text = refusal.say(call["tool"], decision, state)
    if decision["rule"].startswith("tamper/"):
        text = refusal.tampered(call["tool"], decision)
    if decision["rule"].endswith("/unverified"):
        from . import vcs

        text += vcs.refused(seen, state, decision["target"])
    return refusal.refuse("PreToolUse", text)


def _remember(home: str, tree: str, state: State, call: Call) -> list[tuple[str, int]]:
    """A file that was read, or written whole, may be changed afterwards.

    Returns the files that were changed often while the outcome stayed, and how often.
    """
    often: list[tuple[str, int]] = []
    has_outcome = state["exit"]["checks"] or state["exit"].get("owes")
    for kind, target in call["demands"]:
        try:
            if kind in ("read", "edit"):
                runs.mark_read(home, tree, target)
            if has_outcome and kind in ("edit", "shell-write"):
                count = runs.count_change(home, tree, state["entered"] + target)
                if _is_often(state, count):
                    often.append((target, count))
        except OSError:
            return often  # the mark only ever opens; without it the next change is refused
    return often


def _is_often(state: State, count: int) -> bool:
    """Say whether that many changes are to be spoken of: at two counts, and in a hunt beyond."""
    limits = state.get("tripwires") or {}
    stop = limits.get("same_file_stop", count + 1)
    return count in (limits.get("same_file"), stop) or (
        count > stop and bool(state["exit"].get("owes"))
    )


def _remember_writer(seen: Seen, call: Call) -> None:
    """A subagent that may have written owes the stage's checks when it ends."""
    for kind, target in call["demands"]:
        if kind in ("edit", "shell-write", "mcp") or (kind == "shell" and target == "opaque"):
            try:
                runs.mark_wrote(seen["home"], seen["tree"], str(seen["payload"]["agent_id"]))
            except OSError:
                pass  # a reminder less; the gate asks all the same
            return


def _note(seen: Seen, state: State, call: Call, decision: Decision) -> None:
    from .refusal import short

    journal.note(
        seen["tree"],
        {
            "event": "refused",
            "run": state["run"],
            "stage": state["stage"],
            "at": stamp(call["at"]),
            "tool": short(call["tool"]),
            "target": short(decision["target"]),
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
    from . import refusal  # likewise

    return refusal.refuse("PreToolUse", refusal.tampered(tool, decision))
