"""One hypothesis at a time: what is open, what failed, what stands, and when a person decides.

An attempt is `open` from the snapshot to its test, `undoing` until its change is put aside, then
`closed`. What it came to is the exit status of the reproduction: 0 and it stands.
"""

from __future__ import annotations

from stagelock.core.entry import line, moved
from stagelock.core.permits import compile_stage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypedDict

    from stagelock.core.model import Entry, Hypothesis, Person, Policy, State

    class Asked(TypedDict):
        """What `stagelock hypothesis ...` asks for."""

        does: Literal["show", "open", "test", "apply"]
        says: str
        scope: list[str]
        n: int
        fault: str


WHAT = "hypothesis"  # the word of `owes`, and the one that `/waive` takes
UNDO = "rollback"  # what `/waive` calls a change that cannot be put back
LAUNCHER = "stagelock hypothesis"
FORM = LAUNCHER + ' "STATEMENT" --scope FILE'
TEST = LAUNCHER + " --test"
APPLY = LAUNCHER + " --apply"
OPEN, UNDOING, CLOSED = "open", "undoing", "closed"
UNTESTED = -1  # an exit status that no test gave
LONGEST = 400  # letters of a statement
TAIL = 400  # how much of the output travels in the stage file


def of(state: State) -> list[Hypothesis]:
    """Return every attempt of the run, the oldest first; a run started before had none."""
    return state.get("hypotheses") or []


def current(state: State, phase: str) -> Hypothesis | None:
    """Return the last attempt where it is in that phase."""
    tried = of(state)
    return tried[-1] if tried and tried[-1]["phase"] == phase else None


def failed(state: State) -> list[Hypothesis]:
    """Return the attempts that failed since a person last decided."""
    return [it for it in of(state) if it["counts"] and it["phase"] != OPEN and it["exit"] > 0]


def standing(state: State) -> Hypothesis | None:
    """Return the attempt that stands, if one does."""
    held = [it for it in of(state) if it["counts"] and it["phase"] != OPEN and it["exit"] == 0]
    return held[-1] if held else None


def lacking(state: State) -> str:
    """Say what of the hypothesis this stage still owes, "" where one stands."""
    for phase in (OPEN, UNDOING):
        it = current(state, phase)
        if it is not None:
            told = TEST + " tests it" if phase == OPEN else "what it changed is to be put back"
            return "hypothesis " + str(it["n"]) + " is " + phase + "; " + told
    if standing(state) is not None:
        return ""
    return "no hypothesis was seen to hold; open one: " + FORM


def opened(
    policy: Policy, state: State, person: Person, attempt: Hypothesis
) -> tuple[State, list[Entry]]:
    """Open an attempt: its scope may be written from now on, by whoever may write here."""
    after = state.copy()
    after["hypotheses"] = [*of(state), attempt]
    after["permits"] = compile_stage(
        policy, state["stage"], state["run"], state["artifacts_at"], attempt["scope"]
    )
    entry = _line("hypothesis-opened", state, person, attempt)
    entry["what"] = attempt["says"]
    entry["paths"] = attempt["scope"]
    entry["before"] = attempt["before"]
    return moved(after), [entry]


def tested(
    policy: Policy, state: State, person: Person, came: Hypothesis
) -> tuple[State, list[Entry]]:
    """Record how the reproduction ended; the scope is shut, and the third failure asks a person."""
    after = state.copy()
    now: Hypothesis = {**came, "phase": UNDOING, "tail": came["tail"][-TAIL:]}
    after["hypotheses"] = [*of(state)[:-1], now]
    after["permits"] = compile_stage(policy, state["stage"], state["run"], state["artifacts_at"])
    entry = _line("hypothesis-tested", state, person, came)
    entry["what"] = came["says"]
    entry["exit"] = came["exit"]
    entry["after"] = came["after"]
    entry["paths"] = came["paths"]
    entries = [entry]
    count = len(failed(after))
    if came["exit"] and count >= state["exit"]["attempts"] and not state["escalated"]:
        after["escalated"] = (
            str(count) + " hypotheses failed; this is architecture, not a hypothesis: a person "
            "decides how it goes on"
        )
        last = line("escalated", state, person)
        last["what"] = WHAT
        last["why"] = after["escalated"]
        entries.append(last)
    return moved(after), entries


def noted(state: State, tree: str, paths: list[str]) -> State:
    """Remember what an attempt that was never tested had changed, before it is put aside."""
    after = state.copy()
    after["hypotheses"] = [*of(state)[:-1], {**of(state)[-1], "after": tree, "paths": paths}]
    return moved(after)


def undone(state: State, person: Person, kept: str, why: str = "") -> tuple[State, list[Entry]]:
    """Close an attempt: the tree is as it was, and what was undone lies in `kept`."""
    last = of(state)[-1]
    after = state.copy()
    after["hypotheses"] = [*of(state)[:-1], {**last, "phase": CLOSED, "kept": kept}]
    entry = _line("hypothesis-undone", state, person, last)
    entry["what"] = last["says"]
    entry["why"] = why or kept
    entry["paths"] = last["paths"]
    return moved(after), [entry]


def left(tried: list[Hypothesis], *, anew: bool) -> list[Hypothesis]:
    """Return the attempts as they are once the stage is left, or entered `anew`.

    What is open then was not tested; its change is put aside like any other.
    """
    return [
        {
            **it,
            "phase": UNDOING if it["phase"] == OPEN else it["phase"],
            "counts": it["counts"] and not anew,
        }
        for it in tried
    ]


def forgiven(tried: list[Hypothesis]) -> list[Hypothesis]:
    """Return the attempts on which a person has decided: the failures count no longer."""
    return [{**it, "counts": it["counts"] and it["exit"] <= 0} for it in tried]


def told(it: Hypothesis) -> str:
    """Say in one line what came of an attempt."""
    return "hypothesis " + str(it["n"]) + " (" + it["says"] + "): " + outcome(it)


def outcome(it: Hypothesis) -> str:
    """Say what an attempt came to, and where its change lies."""
    if it["phase"] == OPEN:
        return "open in " + ", ".join(it["scope"])
    came = "stands" if it["exit"] == 0 else "failed (exit " + str(it["exit"]) + ")"
    came = "was not tested" if it["exit"] == UNTESTED else came
    if it["phase"] == UNDOING:
        return came + "; its change is being put aside"
    if not it["paths"]:
        return came + "; it changed nothing"
    return came + "; its change lies in " + it["kept"] + " (" + APPLY + " " + str(it["n"]) + ")"


def said(state: State) -> list[str]:
    """Tell an agent what it needs to know of them in the stage it is in; nothing where nothing."""
    held = standing(state)
    if WHAT not in state["exit"].get("owes", []):
        if held is None or not held["paths"]:
            return []
        n = str(held["n"])
        return ["Hypothesis " + n + " stood; " + APPLY + " " + n + " writes its change again."]
    lines = [told(it) + "." for it in of(state) if it["counts"]]
    return [*lines, "Open one: " + FORM + "; test it: " + TEST + "."]


def ruled_out(it: Hypothesis) -> str:
    """Say what a failed attempt rules out."""
    if not it["paths"]:
        return "nothing: nothing was changed, and it failed as before"
    return "that it is enough to change " + ", ".join(it["paths"]) + " because " + it["says"]


def report(state: State) -> str:
    """Write what hands the run to a person, in Markdown."""
    tried = failed(state)
    rows = [
        "| " + " | ".join([str(it["n"]), it["at"], _cell(it["says"]), _evidence(it)]) + " |"
        for it in tried
    ]
    lines = [
        "## Escalation: " + str(len(tried)) + " hypotheses of run `" + state["run"] + "` failed",
        "",
        "This is architecture, not a hypothesis: changes that should each have helped did not.",
        "",
        "### Attempts",
        "",
        "| hypothesis | when | what was assumed | evidence |",
        "|---|---|---|---|",
        *rows,
        "",
        "### What they rule out",
        "",
        *["- " + str(it["n"]) + ": " + ruled_out(it) for it in tried],
        "",
        "### The reproduction, as it ended last",
        "",
        *["    " + text for text in (tried[-1]["tail"].splitlines() if tried else ())],
        "",
        "### What was undone",
        "",
        *["- " + str(it["n"]) + ": " + (it["kept"] or "nothing was changed") for it in tried],
        "",
        "### Options",
        "",
        "1. /reject GUIDANCE: back to the root cause, with what you say now",
        "2. /waive " + WHAT + " REASON: go on to the reproducing test without a hypothesis",
        "3. /abandon REASON: end the run, and look at how the parts are cut",
        "",
    ]
    return "\n".join(lines)


def _evidence(it: Hypothesis) -> str:
    files = ", ".join(it["paths"]) or "nothing changed"
    came = "`" + it["command"] + "` ended with exit " + str(it["exit"])
    return _cell(came + "; changed: " + files)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _line(event: str, state: State, person: Person, it: Hypothesis) -> Entry:
    entry = line(event, state, person)
    entry["attempt"] = it["n"]
    return entry


# --- what is typed ------------------------------------------------------------------------------


def asked(words: list[str]) -> Asked:
    """Read the words after `stagelock hypothesis`; `fault` says why they are not understood."""
    found: Asked = {"does": "show", "says": "", "scope": [], "n": 0, "fault": ""}
    if not words:
        return found
    if words[0] in ("--test", "--apply"):
        found["does"] = "test" if words[0] == "--test" else "apply"
        rest = words[1:]
        if found["does"] == "apply" and len(rest) == 1 and rest[0].isdigit():
            found["n"] = int(rest[0][:6])
            rest = []
        if rest or (found["does"] == "apply" and not found["n"]):
            found["fault"] = "say " + TEST + ", or " + APPLY + " NUMBER"
        return found
    found["does"] = "open"
    says, rest = words[0], words[1:]
    found["says"] = " ".join(says.split())
    found["scope"] = [word.removeprefix("./") for word in _places(rest)]
    if says.startswith("-") or (rest and not rest[0].startswith("--scope")):
        found["fault"] = "say " + FORM + ", the statement in one pair of quotes"
    elif len(found["says"].split()) < 3 or len(found["says"]) > LONGEST:
        found["fault"] = "a hypothesis is one sentence that says what causes the failure"
    return found


def _places(rest: list[str]) -> list[str]:
    places = []
    for word in rest:
        if word.startswith("--scope="):
            places.append(word[len("--scope=") :])
        elif word != "--scope":
            places.append(word)
    return places
