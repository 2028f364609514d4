"""The tripwires of a bug hunt, met: what is noted, who is told, and what is refused.

What each one is stands in the table of `core.tripwires`; here are the detectors that look at calls.
"""

from __future__ import annotations

import time

from stagelock.core.fix import tripwires as core
from stagelock.core.fix.test_files import is_test
from stagelock.hook.refusal import MARK
from stagelock.store import evidence, journal, moves, runs
from stagelock.store.clock import stamp
from stagelock.store.fix import bug_records, bugs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Decision, State
    from stagelock.hook.seen import Seen

SEEN_TO_FAIL = ("reproduction", "red")  # the records by which a stage shows a failure


def tripped(seen: Seen, state: State, name: str, why: str, event: str = "tripwire") -> None:
    """Note that a tripwire was met."""
    inside = seen["payload"].get("agent_id")
    journal.note(
        seen["tree"],
        {
            "event": event,
            "run": state["run"],
            "stage": state["stage"],
            "at": stamp(time.time()),
            "role": str(seen["payload"].get("agent_type") or "agent") if inside else "main",
            "session": seen["session"],
            "what": name,
            "why": why[:300],
        },
    )


def before_red(seen: Seen, state: State, decision: Decision) -> Decision:
    """Say of a refused change of source that no failure was seen yet, where none was."""
    target = decision["target"]
    is_artifact = target.startswith(state["artifacts_at"] + "/")
    awaited = [what for what in SEEN_TO_FAIL if what in state["exit"].get("owes", [])]
    if not awaited or is_artifact or is_test(target, state["exit"]["tests"]):
        return decision
    held = bug_records.held(state, awaited[0])
    if held is not None and held["exit"] > 0 and not held["why"]:
        return decision
    tripped(seen, state, core.BEFORE_RED, target)
    parts = [decision["because"], core.says(core.BEFORE_RED)]
    return {**decision, "because": "; ".join(part for part in parts if part)}


def unrun(seen: Seen, state: State, said: str) -> str:
    """Return the line for a claim of done where what the stage waits for did not run, else ""."""
    missing = bugs.unrun(seen["home"], seen["tree"], state)
    hint = core.hint(said)
    if missing:
        tripped(seen, state, core.UNRUN, ", ".join(missing))
        hint = core.says(core.UNRUN) + ": " + ", ".join(missing) + ("; " + hint if hint else "")
    return hint


def one_more(seen: Seen, state: State, gate: str) -> str:
    """Return the line for whoever failed at a gate as often as calls for a second thought."""
    tried = [attempt for attempt in state["attempts"] if attempt["gate"] == gate]
    if len(tried) != core.limit(state, "one_more_try") or state["escalated"]:
        return ""
    line = core.says(core.ONE_MORE, count=str(len(tried)) + " that failed")
    tripped(seen, state, core.ONE_MORE, gate)
    return line


def again(
    seen: Seen, state: State, counted: list[tuple[str, int]]
) -> tuple[Decision | None, str, str]:
    """Answer one change more of a file: a refusal, or the lines for the agent and the person."""
    at = state["artifacts_at"] + "/"
    counted = [(file, count) for file, count in counted if not file.startswith(at)]
    if not counted:
        return None, "", ""
    file, count = max(counted, key=lambda pair: pair[1])
    stop = core.limit(state, "same_file_stop")
    if count >= stop and state["exit"].get("owes"):
        return _stopped(seen, state, file, count), "", ""
    if count == stop:
        line = core.says(core.SAME_FILE_STOP, file=file, count=str(count))
        tripped(seen, state, core.SAME_FILE_STOP, line)
        tripped(seen, state, core.SAME_FILE, line, "escalated")
        return None, line + "; say so, and ask your human", "escalation: " + line
    if count == core.limit(state, "same_file"):
        line = core.says(core.SAME_FILE, file=file, count=str(count))
        tripped(seen, state, core.SAME_FILE, line)
        return None, line, ""
    return None, "", ""


def _stopped(seen: Seen, state: State, file: str, count: int) -> Decision:
    """Hand the run to a person; the change itself is refused."""
    home, tree = seen["home"], seen["tree"]
    line = core.says(core.SAME_FILE_STOP, file=file, count=str(count))
    tripped(seen, state, core.SAME_FILE_STOP, line)
    for _ in range(evidence.TRIES):
        now, tamper = runs.look(home, tree)
        if now is None or tamper or now["escalated"]:
            break
        who = moves.witness(seen["session"], tree)
        after, entries = core.handed_over(now, who, line + "; a person decides how it goes on")
        if evidence.committed(home, tree, now, after, entries):
            report = core.report(after, file, count)
            evidence.for_people(tree, "escalation.md", report)
            break
    because = line + "; a person decides (.stagelock/evidence/escalation.md)"
    rule = state["stage"] + "/escalated"
    return {"allow": False, "rule": rule, "because": because, "kind": "edit", "target": file}


def reply(agent: str, person: str, before: dict[str, Any] | None) -> dict[str, Any]:
    """Add what is to be said to the answer that lets a call run."""
    made = dict(before or {})
    inner = dict(made.get("hookSpecificOutput") or {"hookEventName": "PreToolUse"})
    inner["additionalContext"] = MARK + agent
    made["hookSpecificOutput"] = inner
    if person:
        made["systemMessage"] = MARK + person
    return made
