"""The client's dialog as a door: stagelock writes the question, and reads the answer back.

A PreToolUse hook may replace the whole input of AskUserQuestion, and the person then sees only the
replacement (2.1.197 and 2.1.329); the answer comes with PostToolUse, keyed by the question. So the
agent chooses when to ask, never what is asked.
"""

from __future__ import annotations

from stagelock.core import step
from stagelock.core.agents.standing import concerns
from stagelock.store import artifacts as lie
from stagelock.store import evidence, moves, records, runs

from . import human, refusal
from .paragraph import paragraph

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import State

    from .seen import Seen

HEADER = "stagelock"
YES = "Approve"
NO = "Not yet"


def write(seen: Seen, state: State) -> dict[str, Any] | None:
    """Replace a question with the header `stagelock` by stagelock's own; leave others alone."""
    given = seen["payload"].get("tool_input")
    questions = given.get("questions") if isinstance(given, dict) else None
    if not isinstance(questions, list):
        return None
    headers = [q.get("header") for q in questions if isinstance(q, dict)]
    if HEADER not in [str(header).strip().lower() for header in headers]:
        return None
    if "dialog" not in state["approval"]["doors"] or state["approval"]["code"]:
        return _no("this project takes approvals at other doors; your human types /approve")
    if state["exit"]["gate"] != "human":
        return _no("stage `" + state["stage"] + "` needs no approval")
    stranger = human.why_not(seen, "plugin")
    if stranger:
        return _no("nobody can be asked here: " + stranger)
    policy = runs.policy_of(seen["home"], seen["tree"], state)
    owed = lie.owed(seen["tree"], state)
    missing = lie.lacks(seen["tree"], policy, state, owed)
    missing += moves.unverified(seen["home"], seen["tree"], state)
    changed = lie.stale(seen["tree"], state)
    if missing or changed:
        why = [problem["why"] for problem in missing] + [path + " changed" for path in changed]
        return _no("there is nothing to approve yet: " + "; ".join(why))
    names = state["exit"]["next"]
    text = "stagelock: approve stage `" + state["stage"] + "` of run `" + state["run"] + "`?"
    for artifact in owed:
        text += " " + moves.summary(artifact, "") + "."
    for worry in concerns(state):
        text += " Concern of " + worry + "."
    for line in evidence.shown(seen["home"], seen["tree"], state):
        text += " Note: " + line + "."
    text += " Then: " + (" or ".join(names) if names else "the run ends") + "."
    seal = lie.seal(owed)
    who = moves.person("dialog", seen["session"], seen["tree"])
    call = str(seen["payload"].get("tool_use_id", ""))
    after, entries = step.ask(state, who, text, seal, call)
    records.commit(seen["home"], seen["tree"], state, after, entries)
    return {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "updatedInput": {
                "questions": [
                    {
                        "question": text,
                        "header": HEADER,
                        "multiSelect": False,
                        "options": [
                            {"label": YES, "description": "the stage ends with this content"},
                            {"label": NO, "description": "the stage stays; say why in the chat"},
                        ],
                    }
                ]
            },
        }
    }


def read(seen: Seen) -> dict[str, Any] | None:
    """Take the answer to the question stagelock wrote; any other answer is nobody's business."""
    state, tamper = runs.look(seen["home"], seen["tree"])
    if state is None or tamper or state["question"] is None:
        return None
    asked = state["question"]
    response = seen["payload"].get("tool_response")
    answers = response.get("answers") if isinstance(response, dict) else None
    if not isinstance(answers, dict) or answers.get(asked["text"]) != YES:
        return None
    if asked["session"] != seen["session"]:
        return _tell("the answer came from another session than the question")
    if asked["call"] != str(seen["payload"].get("tool_use_id", "")):
        return _tell("not approved: the answer belongs to another question of the same words")
    stranger = human.why_not(seen, "plugin")
    if stranger:
        return _tell("not approved: " + stranger)
    if lie.seal(lie.owed(seen["tree"], state)) != asked["digest"]:
        return _tell("not approved: the artifact changed while the question was open")
    who = moves.person("dialog", seen["session"], seen["tree"])
    outcome = moves.approve(seen["home"], seen["tree"], state, who)
    text = "; ".join(outcome["told"])
    if outcome["moved"] and outcome["state"]["stage"]:
        policy = runs.policy_of(seen["home"], seen["tree"], outcome["state"])
        text += ". " + paragraph(outcome["state"], policy, [])
    return _tell(text)


def _no(why: str) -> dict[str, Any] | None:
    text = refusal.MARK + "not asked: " + why + " (rule never/human-door)"
    return refusal.refuse("PreToolUse", text)


def _tell(text: str) -> dict[str, Any]:
    return {
        "systemMessage": refusal.MARK + text.split(". ", maxsplit=1)[0],
        "hookSpecificOutput": {
            "hookEventName": "PostToolUse",
            "additionalContext": refusal.MARK + text,
        },
    }
