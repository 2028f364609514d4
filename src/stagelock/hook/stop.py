"""Stop: the agent ends its turn. Leave an `auto` stage, or tell the person what awaits them."""

from __future__ import annotations

import time

from stagelock.store import home as where
from stagelock.store import records, runs
from stagelock.store.artifacts import lacks, owed
from stagelock.store.files import exists, replace, slurp

from .refusal import MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import State

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Answer the end of a turn; what was said in it, was said of the stage that may end now."""
    state, tamper = runs.look(seen["home"], seen["tree"])
    if state is None or tamper:
        return None
    if state["exit"]["checklist"]:
        from . import nudge

        nudge.hear(seen, state)
    reply = _ended(seen, state)
    if state.get("pause") and not (reply and reply.get("decision") == "block"):
        from . import pause

        pause.stopped(seen)
    if _is_late(state):
        from . import nudge

        reply = nudge.add("Stop", seen, reply)
    return reply


def _is_late(state: State) -> bool:
    """Say whether the stay is past its target; only then the clock has anything to say."""
    minutes = state["exit"]["minutes"]
    if not minutes:
        return False
    from stagelock.store.clock import seconds

    return time.time() - seconds(state["entered"]) >= 60 * minutes["target"]


def _ended(seen: Seen, state: State) -> dict[str, Any] | None:
    """Remind of checks that the stage owes; else a turn that ends only shows the question."""
    home, tree = seen["home"], seen["tree"]
    if exists(where.run_folder(home, tree) + "/agents"):
        from . import ending  # only where agents worked

        ending.all_ended(seen)
        now, tamper = runs.look(home, tree)  # one that ended unseen moves the run on
        if now is None or tamper:
            return None
        state = now
    if state.get("units") is not None:
        from .plan import unit_agents  # only where a plan of units is carried out

        news = unit_agents.for_the_person(seen)
        if news:
            return {"systemMessage": news}
    if exists(where.run_folder(home, tree) + "/looks"):
        from . import watch

        state, found = watch.at_stop(seen, state)
        if found:
            return {"systemMessage": found}
    if state["exit"]["checks"]:
        from . import reminder

        reply = reminder.answer(seen, state)
        if reply:
            return _with_unrun(seen, state, reply)
    if state["exit"]["gate"] == "auto":
        return _leave(seen, state)
    if state.get("units") and not state["exit"]["artifacts"]:
        return _report(seen, state) or _concerns(seen, state)
    return _show(seen, state) or _concerns(seen, state)


def _with_unrun(seen: Seen, state: State, reply: dict[str, Any]) -> dict[str, Any]:
    """Add to a reminder what a bug hunt said to be complete and did not run."""
    from stagelock.core.agents import standing, status

    said = seen["payload"].get("last_assistant_message")
    is_claim = status.read(said)["word"] in standing.OPENS
    if "reason" not in reply or not state["exit"].get("owes") or not is_claim:
        return reply
    from .fix import tripwires

    line = tripwires.unrun(seen, state, str(said))
    return {**reply, "reason": reply["reason"] + "\n" + line} if line else reply


def _leave(seen: Seen, state: State) -> dict[str, Any] | None:
    from stagelock.core.agents import standing, status
    from stagelock.store import moves
    from stagelock.store.people import itself

    word = status.read(seen["payload"].get("last_assistant_message"))["word"]
    if word not in standing.OPENS:
        return None
    who = itself("auto", seen["session"], seen["tree"])
    try:
        outcome = moves.leave(seen["home"], seen["tree"], state, who)
    except records.Conflict:
        return None  # another process moved the run; its word stands
    was_told = bool(seen["payload"].get("stop_hook_active"))
    if state["exit"].get("owes") and not outcome["moved"] and not was_told:
        from .fix import tripwires

        said = tripwires.unrun(seen, state, str(seen["payload"].get("last_assistant_message")))
        left = "this stage is not done: " + "; ".join(outcome["told"])
        left += "\n" + said if said else ""
        return {"decision": "block", "reason": MARK + left}
    return {"systemMessage": MARK + "; ".join(outcome["told"])}


def _show(seen: Seen, state: State) -> dict[str, Any] | None:
    """Show what is to be approved, once for each content of the artifacts."""
    home, tree = seen["home"], seen["tree"]
    artifacts = owed(tree, state)
    if not artifacts or any(artifact["text"] is None for artifact in artifacts):
        return None
    now = state["stage"] + " " + " ".join(artifact["sha256"] for artifact in artifacts)
    memory = where.run_folder(home, tree) + "/shown"
    try:
        shown = slurp(memory).decode()
    except OSError:
        shown = ""
    if shown == now:
        return None
    from stagelock.store import evidence, moves  # only where there is something new to show

    policy = runs.policy_of(home, tree, state)
    missing = lacks(tree, policy, state, artifacts) + moves.unverified(home, tree, state)
    before = shown.split(" ")[1:] if shown.split(" ")[0] == state["stage"] else []
    lines = [
        moves.summary(artifact, before[n] if n < len(before) else "")
        for n, artifact in enumerate(artifacts)
    ]
    replace(memory, now.encode())
    text = MARK + "stage `" + state["stage"] + "` owes " + "; ".join(lines)
    worries = _concerns(seen, state)
    if worries:
        text += "\n" + worries["systemMessage"][len(MARK) :]
    for line in evidence.shown(home, tree, state):
        text += "\nnote: " + line
    if missing:
        return {"systemMessage": text + "\nmissing: " + "; ".join(p["why"] for p in missing[:6])}
    return {"systemMessage": text + "\nit is whole: /approve, or /reject REASON"}


def _report(seen: Seen, state: State) -> dict[str, Any] | None:
    """Show the report of the final review, once for each content of it."""
    from stagelock.store.plan import final, units  # only where a plan of units ends

    if state["stage"] != units.REVIEW:
        return None
    path, ready = final.written(seen["home"], seen["tree"], state)
    memory = where.run_folder(seen["home"], seen["tree"]) + "/shown"
    text = slurp(seen["tree"] + "/" + path)
    if exists(memory) and slurp(memory) == text:
        return None
    replace(memory, text)
    told = "the final report is in " + path + ": Ready for PR: "
    if ready:
        return {"systemMessage": MARK + told + "YES; /approve, or /reject REASON"}
    return {"systemMessage": MARK + told + "NO, and it says why"}


def _concerns(seen: Seen, state: State) -> dict[str, Any] | None:
    """Show the person what agents are concerned about, once for each set of concerns."""
    if not state["statuses"]:
        return None
    from stagelock.core.agents.standing import concerns

    told = "; ".join(concerns(state))
    memory = where.run_folder(seen["home"], seen["tree"]) + "/concerns"
    now = state["run"] + " " + state["stage"] + " " + told
    if not told or (exists(memory) and slurp(memory).decode() == now):
        return None
    replace(memory, now.encode())
    return {"systemMessage": MARK + "stage `" + state["stage"] + "`, concerns: " + told}
