"""How an agent ends: with one status line, or with a record that says it did not.

A block at SubagentStop makes the agent's next reply the deliverable, so the reason asks for the
whole report again; what it had said before is kept, and given to the parent if the new one is less.
"""

from __future__ import annotations

import time

from stagelock.core.agents import standing, status
from stagelock.store import agents, reports, runs

from .refusal import MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import State, Status

    from .seen import Seen

MOST_ASKED = 2
UNSEEN = "ended without a status line: at its turn limit, by an error, or its end was not seen"


def started(seen: Seen, state: State) -> None:
    """SubagentStart: keep who started; the client says it again when it resumes an agent."""
    agents.started(
        seen["home"],
        seen["tree"],
        {
            "agent": _text(seen, "agent_id"),
            "role": _text(seen, "agent_type"),
            "session": seen["session"],
            "run": state["run"],
            "stage": state["stage"],
            "at": time.time(),
        },
    )


def judged(seen: Seen, state: State) -> Status | None:
    """SubagentStop: read the last word of the agent that ends, None where it owes none."""
    role = _text(seen, "agent_type")
    if not role:
        return None  # an internal fork of the client has no type
    asks = standing.asks(state["permits"], state, role)
    if not asks and not _is_units(seen, state, _text(seen, "agent_id"), role):
        return None
    return _judged(seen, state, _text(seen, "last_assistant_message"))


def asked(seen: Seen, said: Status) -> dict[str, Any] | None:
    """SubagentStop: ask once or twice for a status, or a verdict, that is not there."""
    if not said["fault"]:
        return None
    home, tree, agent = seen["home"], seen["tree"], _text(seen, "agent_id")
    before = agents.asked(home, tree, agent)
    if before >= MOST_ASKED:
        return None
    if before == 0:
        agents.reply_kept(home, tree, agent, _kept(seen, _text(seen, "last_assistant_message")))
    return {"decision": "block", "reason": _ask(said["fault"])}


def recorded(seen: Seen, state: State, said: Status) -> None:
    """SubagentStop: the agent is let end; put on record what it said, or that it said nothing."""
    home, tree, agent = seen["home"], seen["tree"], _text(seen, "agent_id")
    if agents.read_start(home, tree, agent) is None:
        started(seen, state)  # it was under way before the run began
    if said["fault"]:
        reports.silent(home, tree, agent, "ended without a status: " + said["fault"])
    else:
        end: agents.End = {
            "word": said["word"],
            "why": _kept(seen, said["why"]),
            "own": True,
            "at": time.time(),
        }
        agents.ended(home, tree, agent, end)
        if state["exit"].get("reviews"):
            agents.said(home, tree, agent, _text(seen, "last_assistant_message"))
    _settled(seen, state, agent, final=False)


def _kept(seen: Seen, text: str) -> str:
    """Return what may be kept of an agent's words: no value of a credential."""
    state = _state(seen)
    if state is None or state.get("units") is None:
        return text
    from stagelock.store.plan import units  # only where a plan of units is carried out

    return units.hidden(seen["home"], seen["tree"], state, text)


def _is_units(seen: Seen, state: State, agent: str, role: str) -> bool:
    """Say whether the end of an agent is the affair of a unit that it worked at."""
    if state.get("units") is None:
        return False
    from .plan import unit_agents  # only where a plan of units is carried out

    return unit_agents.is_units(seen, state, agent, role)


def _settled(seen: Seen, state: State, agent: str, *, final: bool = True) -> str:
    """Put an agent's end on record, of its unit or of its role; returns the parent's line."""
    start = agents.read_start(seen["home"], seen["tree"], agent)
    if _is_units(seen, state, agent, start["role"] if start else ""):
        from .plan import unit_agents

        return unit_agents.ended(seen, agent)
    known = None if final else state  # just read, unless much came in between
    return reports.settle(
        seen["home"], seen["tree"], agent, seen["session"], final=final, seen=known
    )


def _judged(seen: Seen, state: State, reply: str) -> Status:
    """Read the status; a reviewer's word must also stand on a verdict with its evidence."""
    said = status.read(reply)
    role = _text(seen, "agent_type")
    judges = standing.is_independent(state["permits"], role)
    if said["fault"] or not judges or said["word"] == standing.CONTEXT:
        return said
    from stagelock.core.agents import verdict
    from stagelock.store import packets

    items = [item.partition(":")[0] for item in packets.items(seen["tree"], state)]
    came = verdict.read(reply, role, items)
    roots = [""]
    if state.get("units") is not None:
        from .plan import unit_trees

        roots = unit_trees.judged(seen, state, _text(seen, "agent_id"))
    nowhere = packets.missing_place(seen["tree"], roots, came["cites"])
    if nowhere and not came["fault"]:
        came["fault"] = "there is no " + nowhere + "; name places that exist"
    if came["fault"]:
        return {"word": "", "why": "", "fault": came["fault"]}
    if came["word"] == verdict.pair(role)[1] and said["word"] != standing.BLOCKED:
        # the verdict decides, whatever the status line makes of it
        why = came["word"] + ": " + "; ".join(came["wrong"][:3])
        return {"word": standing.BLOCKED, "why": why, "fault": ""}
    return said


def _ask(fault: str) -> str:
    return (
        MARK + "your reply is not finished: " + fault + ". Your next message replaces this one as "
        "your report, so send the whole report again, complete, and end it with exactly one line: "
        + status.GRAMMAR + ". Nothing may follow that line."
    )  # fmt: skip


def failed(seen: Seen) -> None:
    """StopFailure, or a failed Agent call: an API error ended the agent."""
    agent = _text(seen, "agent_id")
    if agent and _text(seen, "hook_event_name") == "StopFailure":
        _silent(seen, agent, "ended by an API error: " + _text(seen, "error"))


def seen_after(seen: Seen) -> dict[str, Any] | None:
    """PostToolUse of a tool that has to do with agents."""
    tool = seen["payload"].get("tool_name")
    if tool == "TaskStop":
        return killed(seen)
    if tool == "SendMessage":
        messaged(seen)
        return None
    return returned(seen)


def returned(seen: Seen) -> dict[str, Any] | None:
    """PostToolUse of Agent: what the agent was really told, and (in the foreground) its end."""
    response = seen["payload"].get("tool_response")
    agent = response.get("agentId") if isinstance(response, dict) else None
    state = _state(seen)
    if not isinstance(response, dict) or not isinstance(agent, str) or state is None:
        return None
    home, tree, call = seen["home"], seen["tree"], _text(seen, "tool_use_id")
    let = agents.read_let(home, tree, call)
    prompt = agents.seal(response.get("prompt"))
    if let is not None:
        let["ours"] = let["prompt"] == prompt
        let["prompt"] = prompt
        agents.sent(home, tree, agent, let)
    if state.get("units") is not None:
        from .plan import unit_agents

        unit_agents.answered(seen, agent)
    if response.get("status") != "async_launched" and agents.read_end(home, tree, agent) is None:
        _silent(seen, agent, UNSEEN)
    line = _with_round(seen, state, _settled(seen, state, agent))
    if not line:
        return None
    reply = _tell("PostToolUse", line, agents.lost_reply(home, tree, agent, _content(response)))
    return _for_the_person(seen, state, reply)


def _for_the_person(seen: Seen, before: State, reply: dict[str, Any]) -> dict[str, Any]:
    """Show the person, too, that a review was handed to them."""
    if before.get("units") is not None:
        from .plan import unit_agents

        news = unit_agents.for_the_person(seen)
        if news:
            reply["systemMessage"] = news
    now = _state(seen) if before["exit"].get("reviews") and not before["escalated"] else None
    if now is not None and now["escalated"]:
        reply["systemMessage"] = MARK + now["escalated"]
    return reply


def _with_round(seen: Seen, state: State, line: str) -> str:
    """Add what it means for a review in rounds, where the stage is one."""
    if not state["exit"].get("reviews"):
        return line
    from stagelock.store import rounds  # only there

    return "; ".join(
        told for told in (line, rounds.settle(seen["home"], seen["tree"], seen["session"])) if told
    )


def broke(seen: Seen) -> dict[str, Any] | None:
    """PostToolUseFailure of Agent: tell the parent what is on record of the one that broke off."""
    state = _state(seen)
    if state and state.get("units") is not None:
        from .plan import unit_agents

        line = unit_agents.broke(seen)
        if line:
            return _for_the_person(seen, state, _tell("PostToolUseFailure", line, ""))
    let = agents.read_let(seen["home"], seen["tree"], _text(seen, "tool_use_id"))
    held = state["statuses"].get(let["role"]) if state and let else None
    if state is None or let is None or held is None or held["word"] not in standing.CLOSES:
        return None
    line = standing.say(state["permits"], state, let["role"], held)
    return _tell("PostToolUseFailure", line, "")


def messaged(seen: Seen) -> None:
    """PostToolUse of SendMessage: whoever was spoken to judges nothing any more."""
    response = seen["payload"].get("tool_response")
    if not isinstance(response, dict) or _state(seen) is None:
        return
    pin = response.get("pin")
    for name in (response.get("resumedAgentId"), pin.get("id") if isinstance(pin, dict) else None):
        if isinstance(name, str) and name:
            agents.spoken(seen["home"], seen["tree"], name)


def killed(seen: Seen) -> dict[str, Any] | None:
    """PostToolUse of TaskStop: the agent was stopped."""
    response = seen["payload"].get("tool_response")
    given = seen["payload"].get("tool_input")
    task = response.get("task_id") if isinstance(response, dict) else None
    task = task or (given.get("task_id") if isinstance(given, dict) else None)
    if not isinstance(task, str):
        return None
    line = _silent(seen, task, "was stopped before it ended")
    return _tell("PostToolUse", line, "") if line else None


def notified(seen: Seen, prompt: str) -> str:
    """UserPromptSubmit: the client tells that a background agent ended; say what it means.

    The text may be anybody's, so it only ever closes: an end that was not seen is no DONE.
    """
    agent = _between(prompt, "task-id")
    if _between(prompt, "status") != "completed":
        _silent(seen, agent, "ended as " + _between(prompt, "status")[:40])
    state = _state(seen)
    line = _with_round(seen, state, _settled(seen, state, agent)) if state else ""
    result = prompt.partition("<result>")[2].rpartition("</result>")[0]
    return _said(line, agents.lost_reply(seen["home"], seen["tree"], agent, result))


def _between(prompt: str, mark: str) -> str:
    return prompt.partition("<" + mark + ">")[2].partition("</" + mark + ">")[0].strip()


def all_ended(seen: Seen) -> None:
    """Stop: agents that started and are not at work any more ended without a word."""
    tasks = seen["payload"].get("background_tasks")
    if not isinstance(tasks, list):
        return
    at_work = {task.get("id") for task in tasks if isinstance(task, dict)}
    for agent in agents.working(seen["home"], seen["tree"], seen["session"]):
        if agent not in at_work:
            _silent(seen, agent, UNSEEN)
    state = _state(seen)
    if state:
        _with_round(seen, state, "")
    if not at_work and state and state.get("units"):
        from stagelock.store import moves
        from stagelock.store.plan import units

        units.recovered(seen["home"], seen["tree"], moves.witness(seen["session"], seen["tree"]))


def _silent(seen: Seen, agent: str, why: str) -> str:
    home, tree = seen["home"], seen["tree"]
    state = _state(seen)
    start = agents.read_start(home, tree, agent)
    if state is None or start is None or agents.read_end(home, tree, agent) is not None:
        return ""
    asks = standing.asks(state["permits"], state, start["role"])
    if not asks and not _is_units(seen, state, agent, start["role"]):
        return ""
    reports.silent(home, tree, agent, why)
    return _settled(seen, state, agent)


def _state(seen: Seen) -> State | None:
    state, tamper = runs.look(seen["home"], seen["tree"])
    return None if tamper else state


def _content(response: dict[str, Any]) -> str:
    parts = response.get("content")
    texts = [p.get("text") for p in parts if isinstance(p, dict)] if isinstance(parts, list) else []
    return "\n".join(text for text in texts if isinstance(text, str))


def _tell(event: str, line: str, lost: str) -> dict[str, Any]:
    told = _said(line, lost)
    return {"hookSpecificOutput": {"hookEventName": event, "additionalContext": told}}


def _said(line: str, lost: str) -> str:
    if not line:
        return ""
    if lost:
        line += "\nits report, as it stood before it was asked for its status:\n" + lost
    return MARK + line


def _text(seen: Seen, field: str) -> str:
    value = seen["payload"].get(field)
    return value if isinstance(value, str) else ""
