"""A review in rounds, on disk: the packet of those who judge, what they said, how a round ends."""

from __future__ import annotations

import time

from stagelock.core.agents import rounds
from stagelock.core.agents.roles import short
from stagelock.core.agents.standing import REVIEWERS
from stagelock.core.agents.verdict import SHAPE, pair

from . import agents, records, reviewed, runs
from . import tree as trees
from .artifacts import owed, read_artifact
from .files import make_folder, replace
from .people import itself

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Artifact, Problem, State

    from .packets import Packet

TRIES = 20
LONGEST = 20_000  # letters of one reply that the review keeps


def packet(home: str, tree: str, state: State, role: str) -> Packet:
    """Say what a reviewer of a document is sent: the document, what was asked, and no more.

    INVARIANT: nothing of earlier rounds stands here, so that everyone judges anew.
    """
    document = _document(tree, state)
    approved = ["- " + one["path"] for one in state["approved"] if one["path"] != document["path"]]
    settled = ["- " + line for line in _settled(home, tree, state)]
    lines = [
        "[stagelock] Review packet for `" + short(role) + "`: run `" + state["run"] + "`, stage `"
        + state["stage"] + "`.",
        "stagelock wrote this from the run's records; whoever wrote the document had no part.",
        "",
        "Under review (Read it whole): " + document["path"] + ", sha256 " + document["sha256"][:12],
        "What was asked: " + (state["topic"] or "nothing beside the document"),
        *(["Approved before it (Read it whole):", *approved] if approved else []),
        *(["", "Settled by stagelock, needs no judgement:", *settled] if settled else []),
        "",
        "Judge by your instructions and by nothing else, in their form: " + SHAPE[pair(role)] + ", "
        "then your evidence and findings at path:line, then one STATUS line.",
    ]  # fmt: skip
    return {"prompt": "\n".join(lines), "tree": trees.take(home, tree)}


def settle(home: str, tree: str, session: str) -> str:
    """Write down what the reviewers said; end the round when all have judged.

    Returns the line for whoever sent them, "" while the round goes on.
    """
    for _ in range(TRIES):
        state, tamper = runs.look(home, tree)
        if state is None or tamper or not state["exit"].get("reviews") or state["escalated"]:
            return ""
        write(home, tree, state)
        if not rounds.is_over(state):
            return ""
        if not rounds.against(state):
            held = reviewed.at_gate(home, tree, state)
            return "" if held else _passed(state)
        policy = runs.policy_of(home, tree, state)
        who = itself("agent", session, tree)
        after, entries = rounds.fail(policy, state, who, _document(tree, state))
        try:
            records.commit(home, tree, state, after, entries)
        except records.Conflict:
            time.sleep(0.01)
            continue
        return _failed(state, after)
    return ""


def sent_back(home: str, tree: str, state: State, after: State, reason: str) -> State:
    """A person says no to what is judged, perhaps asking for a simpler one."""
    return rounds.sent_back(state, after, reason, _measured(home, tree, state))


def problems(tree: str, state: State) -> list[Problem]:
    """Say what keeps a document that failed from being judged again."""
    from .plan import units

    found = rounds.unrevised(state, owed(tree, state))
    if state.get("simpler") and not state["exit"].get("reviews"):
        for document in owed(tree, state):
            if document["name"] != units.ARTIFACT:  # a plan is measured when it is compiled
                found += rounds.too_large(state, _words_of(document), "words")
    return found


def _measured(home: str, tree: str, state: State) -> int:
    from .plan import units

    if state["exit"]["reviews"] == units.ARTIFACT and state.get("units") is not None:
        return units.size(units.load(home, tree, state)[0])
    return _words_of(_document(tree, state))


def _words_of(document: Artifact) -> int:
    return len((document["text"] or "").split())


def write(home: str, tree: str, state: State) -> None:
    """Write the review: each judge's own words, and what they come to."""
    path = rounds.written(state)
    if not path:
        return
    document = _document(tree, state)
    count = str(_count(state)) + " of " + str(state["exit"]["attempts"])
    parts = [
        "# Review of " + document["path"].rpartition("/")[2],
        "Written by stagelock. Round " + count + ", of " + document["path"] + " with the sha256 "
        + document["sha256"] + ".",
    ]  # fmt: skip
    for role in state["exit"]["needs"]:
        held = state["statuses"].get(role)
        word = "not yet" if held is None else _WORDS.get(held["word"], held["word"])
        parts.append("## " + short(role) + ": " + word)
        said = agents.read_said(home, tree, held["agent"]) if held else ""
        parts.append(_lowered(said[:LONGEST]) if said else (held["why"] if held else "") or "-")
    for n, before in enumerate(state.get("rounds", {}).get(state["stage"], []), 1):
        parts.append("Round " + str(n) + " failed by " + before["why"] + ".")
    parts += ["## Verdict", _verdict(state)]
    at = tree + "/" + path
    text = "\n\n".join(parts) + "\n"
    make_folder(at.rpartition("/")[0])
    replace(at, text.encode("utf-8", "replace"))


_WORDS = {"DONE": "PASS", "DONE_WITH_CONCERNS": "PASS", "BLOCKED": "FAIL"}


def _verdict(state: State) -> str:
    count = str(_count(state))
    let = [w["reason"] for w in state["waivers"] if w["what"] in _waivable(state)]
    if let:
        return "let through by a person after round " + count + ": " + "; ".join(let) + "."
    if not rounds.is_over(state):
        return "open: round " + count + " goes on."
    failed = rounds.against(state)
    return (
        "FAIL in round " + count + ": " + "; ".join(failed) if failed else "PASS in round " + count
    ) + "."


def _waivable(state: State) -> list[str]:
    return [REVIEWERS, *[short(role) for role in state["exit"]["needs"]]]


def _count(state: State) -> int:
    """Return the round, or the last one where all are spent."""
    return min(rounds.number(state), state["exit"]["attempts"])


def _passed(state: State) -> str:
    return (
        "all of them passed " + rounds.judged(state)["path"] + " in round "
        + str(rounds.number(state)) + "; show it: your human types /approve or /reject REASON"
    )  # fmt: skip


def _failed(before: State, after: State) -> str:
    path = rounds.judged(before)["path"]
    count = str(rounds.number(before)) + "/" + str(before["exit"]["attempts"])
    told = (
        "round "
        + count
        + " of `"
        + before["stage"]
        + "` FAIL: "
        + "; ".join(rounds.against(before))
    )
    if after["escalated"]:
        return told + "; your human decides now: " + rounds.ROADS
    said = rounds.written(before)
    return (
        told + "; back in `" + after["stage"] + "`: revise " + path
        + (", after " + said if said else "") + ", then a new round begins"
    )  # fmt: skip


def _document(tree: str, state: State) -> Artifact:
    spec = rounds.judged(state)
    return read_artifact(tree, spec["name"], spec["path"])


def _settled(home: str, tree: str, state: State) -> list[str]:
    """Say what a program found out of a plan of units."""
    from .plan import units

    if state["exit"]["reviews"] != units.ARTIFACT or state.get("units") is None:
        return []
    plan, _ = units.load(home, tree, state)
    pauses = sum(len(unit["checkpoints"]) for unit in plan["units"])
    return [
        "`stagelock plan check` finds it whole: " + str(len(plan["units"])) + " units, "
        + str(pauses) + " checkpoints, no circle, no placeholder, no shared file side by side",
        "its author answered each question of the pre-flight yes or n/a; you judge if it is so",
    ]  # fmt: skip


def _lowered(text: str) -> str:
    """Put a reply's headings below the review's own."""
    lines = text.strip().split("\n")
    return "\n".join("##" + line if line.startswith("#") else line for line in lines)
