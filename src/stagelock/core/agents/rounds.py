"""A review in rounds: several judge one document, all must pass, and a person ends the quarrel.

A round is over when every agent that the gate waits for has judged. One that fails leads back to
whoever wrote the document; the last that a stage grants hands the run to a person, who overrides,
revises, simplifies or cancels.
"""

from __future__ import annotations

from stagelock.core.entry import line, moved
from stagelock.core.step import reject

from .roles import short
from .standing import BLOCKED, OPENS, REVIEWERS, has_said_done

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import (
        Artifact,
        Entry,
        OwedArtifact,
        Person,
        Policy,
        Problem,
        Round,
        State,
    )

ROUND = "round"  # what `/waive` calls a document that came back as it went
SIMPLIFY = "simplify"
SIMPLER = "simpler"  # what `/waive` calls a document that did not become so
ROADS = (
    "override: /waive " + REVIEWERS + " REASON, then /approve; revise: /reject REASON; "
    "simplify: /reject " + SIMPLIFY + " REASON; cancel: /abandon REASON"
)


def judged(state: State) -> OwedArtifact:
    """Return the artifact that is judged in this stage."""
    name = state["exit"]["reviews"]
    return next(spec for spec in state["exit"]["artifacts"] if spec["name"] == name)


def written(state: State) -> str:
    """Return the path that the review is written to, "" where the stage owes no such artifact."""
    name = state["exit"]["reviews"]
    return next((s["path"] for s in state["exit"]["artifacts"] if s["name"] != name), "")


def number(state: State) -> int:
    """Return which round this is, from 1 on."""
    return len(_failed_before(state)) + 1


def is_over(state: State) -> bool:
    """Say whether each agent that the gate waits for has judged, or is done without."""
    return all(_word(state, role) or has_said_done(state, role) for role in state["exit"]["needs"])


def against(state: State) -> list[str]:
    """Name the agents that failed the document, each with its reason."""
    return [
        short(role) + ": " + state["statuses"][role]["why"]
        for role in state["exit"]["needs"]
        if _word(state, role) == BLOCKED and not has_said_done(state, role)
    ]


def has_judged(state: State, role: str) -> bool:
    """Say whether a role has judged in this round; whoever has, is not asked twice."""
    return role in state["exit"]["needs"] and bool(_word(state, role))


def fail(
    policy: Policy, state: State, person: Person, document: Artifact
) -> tuple[State, list[Entry]]:
    """End a round that somebody failed: back to the writer, or, the last one, to a person."""
    why = "; ".join(against(state))
    last: Round = {"sha256": document["sha256"], "why": why, "at": person["at"]}
    count = number(state)
    rounds = {**_rounds(state), state["stage"]: [*_failed_before(state), last]}
    entry = line("round-failed", state, person)
    entry["what"] = state["stage"]
    entry["attempt"] = count
    entry["why"] = why
    entry["artifacts"] = {document["path"]: document["sha256"]}
    if count >= state["exit"]["attempts"] or not state["exit"]["back"]:
        after = state.copy()
        after["rounds"] = rounds
        after["escalated"] = (
            "`" + state["stage"] + "` failed " + str(count) + " rounds, the last one by " + why
            + "; a person decides (" + ROADS + ")"
        )  # fmt: skip
        handed = line("escalated", state, person)
        handed["what"] = state["stage"]
        handed["why"] = after["escalated"]
        return moved(after), [entry, handed]
    after, entries = reject(policy, state, person, why)
    entry["to"] = after["stage"]
    after["rounds"] = rounds
    return after, [entry, *entries[1:]]


def sent_back(state: State, after: State, reason: str, size: int) -> State:
    """A person says no to what is judged: the rounds are counted anew, and it may be asked simpler.

    `size` is what the document measures now.
    """
    wants_less = reason.split(" ", maxsplit=1)[0].strip(":,").lower() == SIMPLIFY
    return {**ended(state, after), "simpler": size if wants_less else 0}


def ended(state: State, after: State) -> State:
    """A person decided on what is judged: its rounds are over."""
    return {**after, "rounds": {**_rounds(state), state["stage"]: []}, "simpler": 0}


def unrevised(state: State, artifacts: list[Artifact]) -> list[Problem]:
    """Tell of a document that comes back as it was when it failed."""
    failed = {r["sha256"] for rounds in _rounds(state).values() for r in rounds[-1:]}
    return [
        {"what": ROUND, "why": artifact["path"] + " is as it was when its review failed; revise it"}
        for artifact in artifacts
        if artifact["sha256"] in failed and not state["exit"].get("reviews")
    ]


def too_large(state: State, size: int, unit: str) -> list[Problem]:
    """Say why a document is not the simpler one that a person asked for."""
    most = state.get("simpler", 0)
    if not most or size < most:
        return []
    why = (
        "your human asked for a simpler one; it had " + str(most) + " " + unit + " then and has "
        + str(size) + " now; take some out"
    )  # fmt: skip
    return [{"what": SIMPLER, "why": why}]


def last_why(state: State) -> str:
    """Say by what the document failed last, for whoever revises it; "" where it did not."""
    for rounds in _rounds(state).values():
        if rounds and not state["exit"].get("reviews"):
            return "round " + str(len(rounds)) + " of its review failed by " + rounds[-1]["why"]
    return ""


def _word(state: State, role: str) -> str:
    standing = state["statuses"].get(role)
    word = standing["word"] if standing else ""
    return word if word == BLOCKED or word in OPENS else ""


def _failed_before(state: State) -> list[Round]:
    return _rounds(state).get(state["stage"], [])


def _rounds(state: State) -> dict[str, list[Round]]:
    return state.get("rounds") or {}
