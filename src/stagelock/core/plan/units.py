"""The unit loop: implement, validate, review, commit; nothing skipped, nothing merged.

Pure: `step_unit` takes a fact and returns where every unit stands afterwards, with entries for the
journal. What the chart or a guard refuses changes nothing and is an entry that names its rule.
"""

from __future__ import annotations

from .unit_guards import CHART, DOORS, ENDED, leaks, outside, pending, refusal
from .unit_moves import APART, ATTEMPTS, MOVES, attempts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, NotRequired, TypedDict

    class Unit(TypedDict):
        """One work unit of a compiled plan."""

        id: str
        title: str
        spec: str
        done: list[str]
        needs: list[str]  # units that are committed first
        files: list[str]  # globs it may write
        tests: list[str]
        checkpoints: list[str]  # "before", "after"
        kind: str  # "", "ui", "integration"
        expects: list[str]
        provides: list[str]
        services: list[str]

    class Plan(TypedDict):
        """A compiled plan: what a run pins when a person approves it."""

        format: int
        title: str
        units: list[Unit]
        looks: dict[str, str]  # "after WU-001": what the person looks at
        credentials: dict[str, list[str]]  # service: names of environment variables
        tooling: NotRequired[dict[str, str]]  # package manager, test runner, linter, build

    class Failure(TypedDict):
        """One failed attempt."""

        attempt: int
        phase: str
        why: str
        fix: str  # what was tried next

    class UnitState(TypedDict):
        """Where one unit stands."""

        phase: str
        attempt: int
        agent: str  # who works at it now
        tree: str  # the worktree it is built in; "" for the run's own tree
        base: str  # the commit that the worktree began at
        coders: list[str]
        reviewers: list[str]  # everyone who ever looked at it
        lost: int  # reviewers of this attempt that ended without a verdict
        diff: str  # the digest that was validated
        passed: str  # the digest that a reviewer passed
        history: list[Failure]
        commit: str

    class Units(TypedDict):
        """Where the whole plan stands."""

        units: dict[str, UnitState]
        checks: list[str]  # what a validation must have seen pass
        answered: list[str]  # the checkpoints a person has ended
        committing: str  # the unit that is being committed now
        final: str  # the commit that passed the final review
        revision: int

    class Event(TypedDict, total=False):
        """A fact from outside.

        `agent` is any name that is the same whenever the same agent acts.
        """

        kind: str
        unit: str
        agent: str
        briefed: bool  # start: the coder was given what stagelock wrote
        tree: str  # placed: the worktree it is built in; start: `APART` where it will have one
        base: str  # placed: the commit that the worktree began at
        status: str  # implemented: the coder's status
        diff: str  # the digest of the unit's diff, or of the commit
        checks: dict[str, str]  # validated: check: "passed", "failed", "not run"
        changed: list[str]  # validated: every path that differs from the last commit
        prompt: str  # reviewing: what the reviewer is given
        verdict: str  # reviewed, final: "PASS" or "FAIL"
        argv: list[str]  # committing: the command, word by word
        message: str
        staged: list[str]
        commit: str
        what: str  # answered: "after WU-001"; implemented: what was done, in a line
        door: str  # by which door a person came
        why: str  # of a failure; validated, joined: why it could not even be tried

    class UnitEntry(TypedDict, total=False):
        """What happened, for the journal."""

        event: str
        unit: str
        phase: str  # where the unit stands now
        was: str
        attempt: int
        agent: str
        rule: str
        why: str
        what: str
        commit: str
        says: str  # one line for whoever watches

    class Fact(TypedDict):
        """An event beside all that it is judged by."""

        plan: Plan
        state: Units
        unit: Unit
        at: UnitState
        event: Event


__all__ = [
    "APART", "ATTEMPTS", "CHART", "attempts", "begin", "leaks", "outside", "pending", "ready",
    "step_unit", "unmet", "where",
]  # fmt: skip


def begin(plan: Plan, checks: list[str]) -> Units:
    """Return the state in which every unit waits."""
    return {
        "units": {unit["id"]: _fresh() for unit in plan["units"]},
        "checks": list(checks),
        "answered": [],
        "committing": "",
        "final": "",
        "revision": 0,
    }


def ready(plan: Plan, state: Units) -> list[str]:
    """Name the units that may be dispatched to a coder now, in the plan's order."""
    event: Event = {"kind": "start", "briefed": True, "agent": "?"}
    return [unit["id"] for unit in plan["units"] if not refusal(_fact(plan, state, unit, event))[0]]


def unmet(plan: Plan, state: Units, head: str) -> list[str]:
    """Name everything that still stands between the plan and its pull request."""
    found = []
    for unit in plan["units"]:
        at = state["units"][unit["id"]]
        if at["phase"] not in ENDED:
            found.append(unit["id"] + " is in " + at["phase"] + attempts(at))
    found += ["checkpoint " + what + " waits for a person" for what in pending(plan, state)]
    if not found and state["final"] != head:
        found.append("no final review passed at " + (head[:12] or "this commit"))
    return found


def step_unit(plan: Plan, state: Units, event: Event) -> tuple[Units, list[UnitEntry]]:
    """Take one fact: return the new state and what the journal gets.

    Total: a fact that fits nowhere leaves the state as it was and says by which rule.
    """
    kind = event.get("kind", "")
    if kind in _WHOLE:
        return _WHOLE[kind](plan, state, event)
    unit = next((u for u in plan["units"] if u["id"] == event.get("unit", "")), None)
    if unit is None:
        why = "the plan has no unit `" + event.get("unit", "") + "`"
        return state, [{"event": "unit-refused", "rule": "unit/unknown", "why": why}]
    rule, why = refusal(_fact(plan, state, unit, event))
    if rule:
        return state, [_refused(unit["id"], state, kind, rule, why)]
    after = _copy(state)
    at = after["units"][unit["id"]]
    was = at["phase"]
    entry = MOVES[kind](_fact(plan, after, unit, event))
    # INVARIANT: no unit leaves its chart, whatever a move does.
    if at["phase"] not in CHART[was][kind]:
        why = "`" + kind + "` does not lead from " + was + " to " + at["phase"]
        return state, [_refused(unit["id"], state, kind, "unit/phase", why)]
    after["revision"] += 1
    entry.update({"event": "unit-" + kind, "unit": unit["id"], "was": was, "phase": at["phase"]})
    entry["attempt"] = at["attempt"]
    if event.get("agent"):
        entry["agent"] = event["agent"]
    return after, [entry]


# --- facts about the whole plan ------------------------------------------------------------------


def _answered(plan: Plan, state: Units, event: Event) -> tuple[Units, list[UnitEntry]]:
    """A person ends a checkpoint."""
    what = event.get("what", "")
    why = "" if event.get("door", "") in DOORS else "only a person ends a checkpoint"
    if not why and what not in pending(plan, state):
        why = "no checkpoint `" + what + "` waits"
    if why:
        rule = "unit/person" if event.get("door", "") not in DOORS else "unit/checkpoint"
        return state, [{"event": "unit-refused", "rule": rule, "what": what, "why": why}]
    after = _copy(state)
    after["answered"] = [*state["answered"], what]
    after["revision"] += 1
    return after, [{"event": "unit-answered", "what": what, "why": event.get("why", "")}]


def _recovered(plan: Plan, state: Units, event: Event) -> tuple[Units, list[UnitEntry]]:
    """The client died: no agent is at work any more, and nobody failed by it.

    `commit` and `diff` tell of the commit that was being made, where git has it after all.
    """
    after = _copy(state)
    entries: list[UnitEntry] = []
    name = state["committing"]
    if name and event.get("commit"):
        done: Event = {"kind": "committed", "unit": name, "commit": event["commit"]}
        done["diff"] = event.get("diff", "")
        if "message" in event:
            done["message"] = event["message"]
        after, entries = step_unit(plan, after, done)
        after = _copy(after)
    after["committing"] = ""
    for at in after["units"].values():
        at["agent"] = ""
    after["revision"] += 1
    return after, [*entries, {"event": "unit-recovered", "says": where(plan, after)}]


def _final(_: Plan, state: Units, event: Event) -> tuple[Units, list[UnitEntry]]:
    """The final review of the whole change gave its verdict on one commit."""
    open_units = [n for n, at in state["units"].items() if at["phase"] not in ENDED]
    if open_units or not event.get("commit"):
        why = "the final review comes after " + (", ".join(open_units) or "a commit is named")
        return state, [{"event": "unit-refused", "rule": "unit/final", "why": why}]
    after = _copy(state)
    after["final"] = event["commit"] if event.get("verdict") == "PASS" else ""
    after["revision"] += 1
    what = event.get("verdict", "") or "no verdict"
    return after, [{"event": "unit-final", "what": what, "commit": event["commit"]}]


_WHOLE: dict[str, Callable[[Plan, Units, Event], tuple[Units, list[UnitEntry]]]] = {
    "answered": _answered,
    "recovered": _recovered,
    "final": _final,
}


def where(plan: Plan, state: Units) -> str:
    """Say in one line where an interrupted execution goes on."""
    waiting = pending(plan, state)
    if waiting:
        return "Recovered execution context. Waiting at the checkpoint " + waiting[0] + "."
    for unit in plan["units"]:
        at = state["units"][unit["id"]]
        if at["phase"] not in ("waiting", *ENDED):
            place = unit["id"] + ", Phase " + at["phase"].upper() + attempts(at)
            return "Recovered execution context. Resuming from " + place + "."
    names = ready(plan, state)
    if names:
        return "Recovered execution context. Resuming from " + names[0] + ", Phase IMPLEMENT."
    return "Recovered execution context. Every unit is finished."


def _fresh() -> UnitState:
    return {
        "phase": "waiting",
        "attempt": 1,
        "agent": "",
        "tree": "",
        "base": "",
        "coders": [],
        "reviewers": [],
        "lost": 0,
        "diff": "",
        "passed": "",
        "history": [],
        "commit": "",
    }


def _copy(state: Units) -> Units:
    after = state.copy()
    after["units"] = {name: at.copy() for name, at in state["units"].items()}
    return after


def _fact(plan: Plan, state: Units, unit: Unit, event: Event) -> Fact:
    at = state["units"][unit["id"]]
    return {"plan": plan, "state": state, "unit": unit, "at": at, "event": event}


def _refused(unit: str, state: Units, kind: str, rule: str, why: str) -> UnitEntry:
    return {
        "event": "unit-refused",
        "unit": unit,
        "phase": state["units"][unit]["phase"],
        "what": kind,
        "rule": rule,
        "why": why,
    }
