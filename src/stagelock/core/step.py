"""What an event makes of a run: the next state and the journal entries, nothing performed.

A person's word arrives as a *move*. A gate that stays shut is not an error: the state comes back
unchanged and the reasons come as entries of the event `gate-held`.
"""

from __future__ import annotations

from .entry import line, moved
from .evidence import fault, holds
from .fix import hypothesis
from .permits import compile_exit, compile_stage
from .taint import WHAT as TAINTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import (
        Approved,
        Artifact,
        Attempt,
        Entry,
        Evidence,
        Pause,
        Person,
        Policy,
        Problem,
        Settings,
        State,
        Taint,
        Waiver,
    )

OFF_MINUTES = 15  # how long `/off` holds when no number is given
OFF_MOST = 480
TAIL = 800  # how much of a check's output travels in the stage file; its record has more


def start(
    policy: Policy,
    seal: str,
    run: str,
    topic: str,
    stage: str,
    settings: Settings,
    person: Person,
    base: str = "",
) -> tuple[State, list[Entry]]:
    """Begin a run at `stage`, which the caller has checked to be one of `policy["enter"]`.

    `base` is the tree id now, "" where it was not taken.
    """
    artifacts_at = settings["artifacts"] + "/" + run
    checks = settings["checks"]
    state: State = {
        "format": 1,
        "run": run,
        "topic": topic,
        "workflow": policy["workflow"],
        "policy": seal,
        "stage": stage,
        "entered": person["at"],
        "entered_head": person["head"],
        "started_head": person["head"],
        "revision": 1,
        "artifacts_at": artifacts_at,
        "permits": compile_stage(policy, stage, run, artifacts_at),
        "exit": compile_exit(policy, stage, artifacts_at, checks),
        "approved": [],
        "waivers": [],
        "off_until": 0,
        "off_reason": "",
        "question": None,
        "code": None,
        "approval": settings["approval"],
        "declared": settings["declared"],
        "checks": checks,
        "evidence": {},
        "suppressions": settings["suppressions"],
        "base": base,
        "began": person["now"],
        "attempts": [],
        "escalated": "",
        "steps": [],
        "taint": None,
        "agents": settings["agents"],
        "statuses": {},
        "retries": 0,
        "units": None,
        "rounds": {},
        "simpler": 0,
        "learnings": settings["learnings"],
        "hypotheses": [],
        "tripwires": settings["tripwires"],
    }
    entry = line("started", state, person)
    entry["workflow"] = policy["workflow"]
    entry["policy"] = seal
    entry["what"] = topic
    return state, [entry]


def approve(
    policy: Policy,
    state: State,
    person: Person,
    artifacts: list[Artifact],
    problems: list[Problem],
    to: str = "",
) -> tuple[State, list[Entry]]:
    """Open the gate of the current stage, if what it needs is there.

    `artifacts` are those that this approval names: what the stage owes and, where an earlier
    approval went stale, the changed ones. `problems` are what those artifacts lack; each that is
    not waived holds the gate. `to` picks the next stage where there is a choice.
    """
    waived = {waiver["what"] for waiver in state["waivers"]}
    open_problems = [problem for problem in problems if problem["what"] not in waived]
    if open_problems:
        return state, [
            _held(state, person, problem["why"], problem["what"]) for problem in open_problems
        ]
    names = state["exit"]["next"]
    target = to or (names[0] if names else "")
    if to and to not in names:
        return state, [_held(state, person, not_next(state, to), to)]
    used = sorted(waived & {problem["what"] for problem in problems})
    after = _with_approvals(state, artifacts)
    entry = line("approved", state, person)
    entry["artifacts"] = {artifact["path"]: artifact["sha256"] for artifact in artifacts}
    entry["waived"] = used
    entry["to"] = target
    if "**" not in state["permits"]["open"] and person["head"] != state["entered_head"]:
        entry["unreviewed"] = state["entered_head"][:12] + ".." + person["head"][:12]
    return _enter(policy, after, target, person, [entry])


def passed(
    policy: Policy, state: State, person: Person, problems: list[Problem]
) -> tuple[State, list[Entry]]:
    """Leave a stage whose gate is `auto`: nobody decides, but what it owes must be there."""
    if state["exit"]["gate"] != "auto":
        why = "only a person ends the stage `" + state["stage"] + "`"
        return state, [_held(state, person, why, state["stage"])]
    waived = {waiver["what"] for waiver in state["waivers"]}
    left = [problem for problem in problems if problem["what"] not in waived]
    if left:
        return state, [_held(state, person, p["why"], p["what"]) for p in left]
    names = state["exit"]["next"]
    entry = line("passed", state, person)
    entry["to"] = names[0] if names else ""
    used = sorted(waived & {problem["what"] for problem in problems})
    if used:
        entry["waived"] = used
    return _enter(policy, state.copy(), entry["to"], person, [entry])


def strayed(policy: Policy, state: State, person: Person, why: str) -> tuple[State, list[Entry]]:
    """Go back to where a cause is shown: it is another one now, and shown by nothing yet."""
    to = next(name for name, at in policy["stages"].items() if "reproduction" in at["owes"])
    after = _decided(state)
    after["evidence"] = {k: v for k, v in state["evidence"].items() if not k.startswith("fix:")}
    after["cause"] = ""
    entry = line("strayed", state, person)
    entry["to"] = to
    entry["why"] = why
    return _enter(policy, after, to, person, [entry])


def renew(
    state: State,
    person: Person,
    artifacts: list[Artifact],
    problems: list[Problem],
) -> tuple[State, list[Entry]]:
    """Approve again what changed after its approval; the stage stays where it is."""
    waived = {waiver["what"] for waiver in state["waivers"]}
    open_problems = [problem for problem in problems if problem["what"] not in waived]
    if open_problems:
        return state, [
            _held(state, person, problem["why"], problem["what"]) for problem in open_problems
        ]
    used = sorted(waived & {problem["what"] for problem in problems})
    after = _with_approvals(state, artifacts)
    after["waivers"] = [waiver for waiver in state["waivers"] if waiver["what"] not in used]
    entry = line("approved-again", state, person)
    entry["waived"] = used
    entry["artifacts"] = {artifact["path"]: artifact["sha256"] for artifact in artifacts}
    return moved(after), [entry]


def reject(policy: Policy, state: State, person: Person, reason: str) -> tuple[State, list[Entry]]:
    """Say no, with a reason: back to the stage the workflow names, else the stage stays."""
    entry = line("rejected", state, person)
    entry["why"] = reason
    back = state["exit"]["back"]
    after = _decided(state)
    after["steps"] = []
    if not back:
        return moved(after), [entry]
    entry["to"] = back
    # What was approved on the way here from `back` on no longer stands.
    order = list(policy["stages"])
    keep = order.index(back)
    after["approved"] = [a for a in state["approved"] if order.index(a["stage"]) < keep]
    return _enter(policy, after, back, person, [entry])


def waive(
    state: State, person: Person, what: str, reason: str, known: list[str]
) -> tuple[State, list[Entry]]:
    """Record one single-use permission to pass without `what`."""
    if what == TAINTED and state.get("taint"):
        return untaint(state, person, "waived", reason)
    if what not in known:
        wanted = ", ".join(known) or "nothing is missing now"
        why = "`" + what + "` is not something this gate waits for; it waits for: " + wanted
        return state, [_held(state, person, why, what)]
    waiver: Waiver = {"what": what, "reason": reason, "at": person["at"], "by": person["by"]}
    after = _decided(state)
    after["waivers"] = [*state["waivers"], waiver]
    seen = state["evidence"].get("fix:" + what)
    if seen and seen["why"]:  # what a runner could not tell, a person said
        after["evidence"] = {**state["evidence"], "fix:" + what: {**seen, "decided": reason}}
    entry = line("waived", state, person)
    entry["what"] = what
    entry["why"] = reason
    return moved(after), [entry]


def record(
    state: State, person: Person, made: list[tuple[Evidence, str]]
) -> tuple[State, list[Entry]]:
    """Keep what came of checks, each with the digest of its record; the last of a check stands."""
    after = state.copy()
    after["evidence"] = state["evidence"].copy()
    entries = []
    for evidence, digest in made:
        name = evidence["check"]
        after["evidence"][name] = {**evidence, "tail": evidence["tail"][-TAIL:]}
        entry = line("evidence", state, person)
        entry["what"] = name
        entry["exit"] = evidence["exit"]
        entry["tree"] = evidence["after"]
        entry["record"] = digest
        if ":" in name:  # a failure that was sought is no fault
            entry["why"] = evidence["why"]
        elif not holds(evidence):
            entry["why"] = evidence["why"] or fault(
                name, state["checks"], evidence, evidence["after"]
            )
        entries.append(entry)
    return moved(after), entries


def stepped(state: State, person: Person, names: list[str]) -> tuple[State, list[Entry]]:
    """Record steps of a pipeline as done, in the order they were."""
    after = state.copy()
    after["steps"] = [*state["steps"], *names]
    entries = []
    for name in names:
        entry = line("step", state, person)
        entry["what"] = name
        entries.append(entry)
    return moved(after), entries


def attempt(state: State, person: Person, tried: Attempt) -> tuple[State, list[Entry]]:
    """Count one failed try of a gate; the last that a stage grants hands the run to a person.

    The same tree tried twice is one attempt: nothing new was tried.
    """
    before = [a for a in state["attempts"] if a["gate"] == tried["gate"]]
    if state["escalated"] or (before and before[-1]["tree"] == tried["tree"]):
        return state, []
    after = state.copy()
    after["attempts"] = [*state["attempts"], tried]
    entry = line("attempt", state, person)
    entry["what"] = tried["gate"]
    entry["why"] = "failed: " + ", ".join(tried["failed"])
    entry["tree"] = tried["tree"]
    entries = [entry]
    count = len(before) + 1
    if count >= state["exit"]["attempts"]:
        after["escalated"] = (
            "the gate `" + tried["gate"] + "` failed " + str(count) + " times, the last time by "
            "`" + "`, `".join(tried["failed"]) + "`; a person decides how it goes on"
        )
        last = line("escalated", state, person)
        last["what"] = tried["gate"]
        last["why"] = after["escalated"]
        entries.append(last)
    return moved(after), entries


def taint(state: State, person: Person, found: Taint) -> tuple[State, list[Entry]]:
    """Mark the run: the tree changed in a way that no allowed action explains."""
    after = state.copy()
    after["taint"] = found
    entry = line("tainted", state, person)
    entry["paths"] = found["paths"]
    entry["before"] = found["spots"][0]["before"]
    entry["after"] = found["spots"][0]["after"]
    if found["why"]:
        entry["why"] = found["why"]
    return moved(after), [entry]


def untaint(state: State, person: Person, event: str, why: str) -> tuple[State, list[Entry]]:
    """Take the mark away at a person's word: `restored`, or `waived` with a reason."""
    after = state.copy()
    after["taint"] = None
    entry = line(event, state, person)
    entry["what"] = TAINTED
    entry["why"] = why
    return moved(after), [entry]


def off(
    state: State, person: Person, minutes: int, reason: str, pause: Pause | None = None
) -> tuple[State, list[Entry]]:
    """Pause the stage's rules for `minutes`, at most; stagelock's own files stay shut.

    `pause` names the session, or the one prompt, that it is for; None pauses for everyone.
    """
    after = state.copy()
    after["off_until"] = person["now"] + 60 * minutes if minutes else 0
    after["off_reason"] = reason if minutes else ""
    after["pause"] = pause
    entry = line("off", state, person)
    entry["minutes"] = minutes
    entry["why"] = reason
    if pause:
        entry["what"] = "prompt" if pause["prompt"] else "session"
    return moved(after), [entry]


def ask(
    state: State, person: Person, text: str, digest: str, call: str = ""
) -> tuple[State, list[Entry]]:
    """Remember the dialog stagelock wrote, so that only its answer counts."""
    after = state.copy()
    after["question"] = {
        "text": text,
        "digest": digest,
        "session": person["session"],
        "call": call,
    }
    entry = line("asked", state, person)
    entry["what"] = digest
    return moved(after), [entry]


def show_code(
    state: State, person: Person, seal: str, digest: str, until: float
) -> tuple[State, list[Entry]]:
    """Remember a one-time code by its seal; the code itself is only on the person's screen."""
    after = state.copy()
    after["code"] = {"seal": seal, "digest": digest, "until": until}
    return moved(after), [line("code-shown", state, person)]


def end(state: State, person: Person, event: str, reason: str) -> list[Entry]:
    """Say how a run ended: `done` or `abandoned`."""
    entry = line(event, state, person)
    if reason:
        entry["why"] = reason
    return [entry]


def not_next(state: State, to: str) -> str:
    """Say why `to` cannot follow, and what can."""
    names = " or ".join("`" + name + "`" for name in state["exit"]["next"]) or "the end of the run"
    return "stage `" + to + "` does not follow `" + state["stage"] + "`; next is " + names


def _enter(
    policy: Policy, state: State, stage: str, person: Person, entries: list[Entry]
) -> tuple[State, list[Entry]]:
    """Move `state` (already a copy) to `stage`; "" is the end of the run."""
    if not stage:
        state["stage"] = ""
        return moved(state), [*entries, *end(state, person, "done", "")]
    if state.get("hypotheses"):
        anew = hypothesis.WHAT in policy["stages"][stage].get("owes", [])
        state["hypotheses"] = hypothesis.left(state["hypotheses"], anew=anew)
    state["stage"] = stage
    state["entered"] = person["at"]
    state["entered_head"] = person["head"]
    state["statuses"] = {}  # what agents said, they said of the stage that is over
    state["retries"] = 0
    state["permits"] = compile_stage(policy, stage, state["run"], state["artifacts_at"])
    state["exit"] = compile_exit(policy, stage, state["artifacts_at"], state["checks"])
    state["waivers"] = []  # a waiver is for one gate, used or not
    state["attempts"] = []
    state["escalated"] = ""
    state["steps"] = []
    return moved(state), [*entries, line("entered", state, person)]


def _decided(state: State) -> State:
    """Copy a state on which a person has decided: what is tried now is tried anew."""
    after = state.copy()
    after["attempts"] = []
    after["retries"] = 0
    after["escalated"] = ""
    if state.get("hypotheses"):
        after["hypotheses"] = hypothesis.forgiven(state["hypotheses"])
    return after


def _with_approvals(state: State, artifacts: list[Artifact]) -> State:
    named = {artifact["path"] for artifact in artifacts}
    stages = {approved["path"]: approved["stage"] for approved in state["approved"]}
    fresh: list[Approved] = [
        {
            "stage": stages.get(artifact["path"], state["stage"]),
            "artifact": artifact["name"],
            "path": artifact["path"],
            "sha256": artifact["sha256"],
            "size": artifact["size"],
            "ctime_ns": artifact["ctime_ns"],
        }
        for artifact in artifacts
        if artifact["text"] is not None
    ]
    after = state.copy()
    after["approved"] = [a for a in state["approved"] if a["path"] not in named] + fresh
    after["question"] = None
    after["code"] = None
    return after


def _held(state: State, person: Person, why: str, what: str) -> Entry:
    entry = line("gate-held", state, person)
    entry["why"] = why
    entry["what"] = what
    return entry
