"""An agent's last word, put on record: once, against the run as it then is.

What a hook sees of an agent comes in several events, in no fixed order: how it ended, and what it
was really told. Whichever comes last settles it.
"""

from __future__ import annotations

import time

from stagelock.core.agents import heard
from stagelock.core.agents import standing as rules
from stagelock.core.agents.roles import short
from stagelock.core.agents.standing import CONCERNS, CONTEXT, DONE

from . import agents, journal, records, runs
from .people import itself

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import AgentOrder, Entry, Standing, State

    from .agents import End, Sent, Start

TRIES = 20  # several agents may end in the same moment, each moving the run on

NOT_OURS = "was not told what stagelock wrote for it, so its verdict counts for nothing"
SPOKEN_TO = "was spoken to after it started, so its verdict counts for nothing"
UNSEEN = "was sent where stagelock did not see it, so its verdict counts for nothing"


def silent(home: str, tree: str, agent: str, why: str) -> None:
    """Keep that an agent ended without saying how."""
    agents.ended(home, tree, agent, {"word": CONTEXT, "why": why, "own": False, "at": time.time()})


def settle(
    home: str, tree: str, agent: str, session: str, *, final: bool = True, seen: State | None = None
) -> str:
    """Record how an agent ended, if that is known; returns the line for its parent, "" for none.

    `final` says that nothing more will be heard of it: a reviewer's yes waits for the event that
    shows what it was told, and no longer than that. `seen` is the state, where it was just read.
    """
    state = seen
    for _ in range(TRIES):
        if state is None:
            state, tamper = runs.look(home, tree)
            if state is None or tamper:
                return ""
        try:
            return _settle(home, tree, state, agent, session, final=final)
        except records.Conflict:
            state = None  # another agent ended in this moment; its word stands, ours comes after
    return ""


def _settle(home: str, tree: str, state: State, agent: str, session: str, *, final: bool) -> str:
    start = agents.read_start(home, tree, agent)
    end = agents.read_end(home, tree, agent)
    if start is None or end is None or not rules.asks(state["permits"], state, start["role"]):
        return ""
    role = start["role"]
    if (start["run"], start["stage"]) != (state["run"], state["stage"]):
        return _late(tree, start, end, session)
    sent = agents.read_sent(home, tree, agent)
    spoken = agents.was_spoken_to(home, tree, agent)
    order = state["permits"]["agents"].get(role)
    if order and order["independent"] and end["word"] in rules.OPENS and not sent and not final:
        return ""
    if sent is not None and sent["role"] != role:
        sent["ours"] = False  # asked for as another: nobody wrote a packet for it
    standing = _standing(order, end, agent, sent, spoken=spoken)
    standing = _with_evidence(home, tree, state, order, standing)
    before = state["statuses"].get(role)
    if before and _is_same(before, standing):
        return _said(state, role, standing)
    who = itself("agent", session, tree)
    stands = standing["word"] not in rules.OPENS or rules.supersedes(before, agent, start["at"])
    after, entries = heard.reported(state, who, role, standing, stands=stands)
    if agents.was_told(home, tree, agent, standing["word"], end["at"]):
        entries = []  # known already; only what it was told came later
        if not stands:
            return _said(state, role, standing)
    records.commit(home, tree, state, after, entries)
    agents.told(home, tree, agent, standing["word"], end["at"])
    return _said(after, role, standing)


def _standing(
    order: AgentOrder | None, end: End, agent: str, sent: Sent | None, *, spoken: bool
) -> Standing:
    word, why, own = end["word"], end["why"], end["own"]
    if order and order["independent"] and word in rules.OPENS:
        void = SPOKEN_TO if spoken else UNSEEN if sent is None else "" if sent["ours"] else NOT_OURS
        if void:
            word, why, own = CONTEXT, void, False
    return {
        "word": word,
        "why": why,
        "tree": sent["tree"] if sent else "",
        "agent": agent,
        "prompt": sent["prompt"] if sent else "",
        "own": own,
        "at": end["at"],
    }


def _with_evidence(
    home: str, tree: str, state: State, order: AgentOrder | None, standing: Standing
) -> Standing:
    """A DONE that owes evidence and has none on this tree is one with concerns."""
    if standing["word"] != DONE or not order or not order["checks"]:
        return standing
    from .evidence import problems  # only where it is owed

    missing = problems(home, tree, state, state["exit"]["checks"])
    if missing:
        standing["word"] = CONCERNS
        standing["why"] = "; ".join(problem["why"] for problem in missing)
    return standing


def _is_same(one: Standing, other: Standing) -> bool:
    return (one["agent"], one["word"], one["at"], one["prompt"]) == (
        other["agent"],
        other["word"],
        other["at"],
        other["prompt"],
    )


def _said(state: State, role: str, standing: Standing) -> str:
    return rules.say(state["permits"], state, role, standing)


def _late(tree: str, start: Start, end: End, session: str) -> str:
    """A result of work that is over changes nothing; it is written down, and told in one line."""
    who = itself("agent", session, tree)
    entry: Entry = {
        "event": "late-status",
        "run": start["run"],
        "stage": start["stage"],
        "at": who["at"],
        "session": session,
        "role": start["role"],
        "agent": start["agent"],
        "status": end["word"],
    }
    journal.note(tree, entry)
    where = "stage `" + start["stage"] + "`, which is over"
    return "`" + short(start["role"]) + "` ended late for " + where + "; nothing changes by it"
