"""An agent is about to be sent: is it its turn, is it ours, and what will it be told?

Runs after the stage has said yes. What is let through is remembered by the call, so that
PostToolUse can see whether it is what arrived: another hook may replace the input after us.
"""

from __future__ import annotations

import posix

from stagelock.core.agents import standing
from stagelock.core.agents.roles import is_ours, short
from stagelock.store import agents, models
from stagelock.store.files import slurp

from . import refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from stagelock.core.model import Call, Decision, Entry, Person, State
    from stagelock.store.packets import Packet

    from .seen import Seen

TRIES = 20
MOST = 4  # mistakes of a plan that a refusal names
OF_A_REVIEW = ("description", "subagent_type", "model", "run_in_background")
DEEPEST = 6  # folders below .claude/agents that are looked into


def on_this_tree(seen: Seen, state: State, call: Call) -> State:
    """Return the state with only those reviews that speak of the tree as it is now."""
    permits = state["permits"]
    if not any(
        kind == "dispatch" and standing.asks_for_tree(permits, target)
        for kind, target in call["demands"]
    ):
        return state
    from stagelock.store import reviewed  # starts git

    return reviewed.on_this_tree(seen["home"], seen["tree"], state)


def send(seen: Seen, state: State, call: Call) -> tuple[Decision | None, dict[str, Any] | None]:
    """Return a refusal, or the reply that lets the call through, rewritten where that is ours."""
    given: dict[str, Any] = seen["payload"]["tool_input"]
    role = next(target for kind, target in call["demands"] if kind == "dispatch")
    fault = _false_name(seen, given, role)
    if fault:
        return _deny("never/false-name", fault, role), None
    sent = given.copy()
    what: agents.Sent = {"role": role, "prompt": "", "tree": "", "ours": False}
    refused, unit = _for_a_unit(seen, state, role, given)
    if refused:
        return refused, None
    if unit:
        sent["prompt"], what["tree"] = unit["prompt"], unit["tree"]
        if unit["tree"]:  # a reviewer reads what is there, wherever it was built
            sent.pop("isolation", None)
    elif standing.is_independent(state["permits"], role):
        from stagelock.store import packets

        if given.get("resume"):
            return _deny("never/fresh-review", "a reviewer judges once and alone", role), None
        again = _judged_before(seen, state, role)
        if again:
            return _deny(state["stage"] + "/judged", again, role), None
        packet = packets.make(seen["home"], seen["tree"], state, role)
        # nothing else goes along: it judges this tree, in the client's usual way
        sent = {field: given[field] for field in OF_A_REVIEW if field in given}
        sent["prompt"], what["tree"] = packet["prompt"], packet["tree"]
    sent.update(models.chosen(seen["home"], seen["tree"], state["agents"]["models"], role))
    what["prompt"] = agents.seal(sent.get("prompt"))
    rule, because = "", ""
    if not unit:  # a unit counts its own attempts
        rule, because = standing.again(state["permits"], state, role, what["prompt"])
    if rule.endswith("/" + standing.RETRIES):
        _handed_over(seen, state, because)
    if rule:
        return _deny(rule, because, role), None
    if not unit and standing.is_retry(state["permits"], state, role):
        _sent_back(seen, state, role)
    agents.let(seen["home"], seen["tree"], str(seen["payload"].get("tool_use_id")), what)
    return None, _rewritten(sent) if sent != given else None


def _for_a_unit(
    seen: Seen, state: State, role: str, given: dict[str, Any]
) -> tuple[Decision | None, Packet | None]:
    if state.get("units") is None:
        return None, None
    from stagelock.store.plan import units

    if not units.is_live(state):
        return None, None
    from .plan import unit_agents

    return unit_agents.send(seen, state, role, given)


def not_yet(seen: Seen, state: State, decision: Decision) -> Decision:
    """Say what a plan lacks, where somebody is sent to judge it before it is whole."""
    asked = decision["kind"] == "dispatch" and decision["target"].endswith("-reviewer")
    owed = [artifact["name"] for artifact in state["exit"]["artifacts"]]
    if not asked or not decision["rule"].endswith("/otherwise") or state["exit"].get("reviews"):
        return decision
    from stagelock.store.plan import units

    found = units.mistakes(seen["tree"], state) if units.ARTIFACT in owed else []
    if not found:
        return decision
    more = " and " + str(len(found) - MOST) + " more" if len(found) > MOST else ""
    why = "the plan is not whole, so nobody judges it: " + "; ".join(found[:MOST]) + more
    return {**decision, "because": why}


def _judged_before(seen: Seen, state: State, role: str) -> str:
    """Say why a reviewer of this round is not asked twice: its word would be chosen."""
    if not state["exit"].get("reviews"):
        return ""
    from stagelock.core.agents import rounds
    from stagelock.store import reviewed

    if not rounds.has_judged(reviewed.on_this_tree(seen["home"], seen["tree"], state), role):
        return ""
    path = rounds.judged(state)["path"]
    return "`" + short(role) + "` has judged " + path + "; the round ends when all of them have"


def _handed_over(seen: Seen, state: State, why: str) -> None:
    from stagelock.core.agents import heard

    _commit(seen, state, lambda now, who: heard.escalate(now, who, standing.RETRIES, why))


def _sent_back(seen: Seen, state: State, role: str) -> None:
    from stagelock.core.agents import heard

    _commit(seen, state, lambda now, who: heard.retried(now, who, role))


def _commit(
    seen: Seen, state: State, make: Callable[[State, Person], tuple[State, list[Entry]]]
) -> None:
    """Change the run, again where another agent that is sent in this moment changed it first."""
    from stagelock.store import records, runs

    now: State | None = state
    for _ in range(TRIES):
        if now is None:
            return  # the run ended in between
        try:
            records.commit(seen["home"], seen["tree"], now, *make(now, _stagelock(seen)))
        except records.Conflict:
            now, _tamper = runs.look(seen["home"], seen["tree"])
        else:
            return
    raise records.Conflict("the run moves on too fast; call again")


def _stagelock(seen: Seen) -> Person:
    from stagelock.store.people import itself

    return itself("agent", seen["session"], seen["tree"])


def _rewritten(sent: dict[str, Any]) -> dict[str, Any]:
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", "updatedInput": sent}}


def _false_name(seen: Seen, given: dict[str, Any], role: str) -> str:
    """Say why an agent would not be who its type says, "" where nothing speaks against it."""
    name = given.get("name")
    if isinstance(name, str) and is_ours(name):
        return "the name `" + name + "` belongs to stagelock's own agents; give it another"
    if is_ours(role) and (name or given.get("team_name")):
        # in a team the client reports the name for the type, and the role would be lost
        return "`" + short(role) + "` is sent without a name of its own; leave `name` out"
    if is_ours(role):
        for folder in _agent_folders(seen):
            file = _impostor(folder, DEEPEST)
            if file:
                return "`" + file + "` takes the name of one of stagelock's agents; rename it"
    return ""


def _agent_folders(seen: Seen) -> list[str]:
    env = posix.environ
    home = env.get(b"HOME", b"/").decode("utf-8", "surrogateescape") + "/.claude"
    client = env.get(b"CLAUDE_CONFIG_DIR", b"").decode("utf-8", "surrogateescape")
    project = env.get(b"CLAUDE_PROJECT_DIR", b"").decode("utf-8", "surrogateescape")
    tops = {seen["tree"] + "/.claude", seen["cwd"] + "/.claude", client or home}
    if project:
        tops.add(project + "/.claude")
    return sorted(top + "/agents" for top in tops)


def _impostor(folder: str, deep: int) -> str:
    """Return an agent file below `folder` whose name is one of ours (2.1.197 would take it)."""
    try:
        names = sorted(posix.listdir(folder))
    except OSError:
        return ""
    for name in names:
        path = folder + "/" + name
        found = path if name.endswith(".md") and _claims(path) else ""
        found = found or (_impostor(path, deep - 1) if deep and "." not in name else "")
        if found:
            return found
    return ""


def _claims(path: str) -> bool:
    try:
        text = slurp(path, 1 << 20).decode("utf-8", "replace")
    except (OSError, ValueError):
        return False
    for line in text.splitlines()[:60]:
        key, _, value = line.partition(":")
        if key.strip().strip("\"'").lower() == "name" and is_ours(value.strip().strip("\"'")):
            return True
    return False


def _deny(rule: str, because: str, role: str) -> Decision:
    return {"allow": False, "rule": rule, "because": because, "kind": "dispatch", "target": role}


def escalated(state: State, decision: Decision) -> str:
    """Return what the person is told where only a person goes on, "" where the agent may."""
    if not decision["rule"].endswith("/" + standing.RETRIES):
        return ""
    return (
        refusal.MARK + "stage `" + state["stage"] + "` waits for you: " + decision["because"]
        + "; /waive " + standing.RETRIES + " REASON lets it go on, /reject REASON sends it back"
    )  # fmt: skip
