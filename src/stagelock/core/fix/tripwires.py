"""Signs that a bug hunt goes wrong: what sees each of them, and what follows.

A detector counts what was done; it never reads what the agent says of it. What an agent says is
compared with PHRASES, and a hit is a hint to that agent and nothing else.
"""

from __future__ import annotations

from stagelock.core.entry import line, moved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypedDict

    from stagelock.core.model import Entry, Person, State

    class Tripwire(TypedDict):
        """One sign; `sees` names its detector, `does` what follows."""

        sees: str
        limits: list[str]  # the settings it counts by
        does: list[Literal["hint", "refuse", "person"]]
        says: str


# what `.stagelock/config.yaml` may settle under `tripwires`
LIMITS = {
    "scope_places": 3,
    "scope_files": 10,
    "many_files": 3,
    "one_more_try": 2,
    "same_file": 5,
    "same_file_stop": 9,
}
SAME = "and the outcome is the same"
MANY_FILES, BEFORE_RED, ONE_MORE = "many-files", "fix-before-reproduction", "one-more-try"
UNRUN, SAME_FILE, SAME_FILE_STOP = "complete-unrun", "same-file", "same-file-stop"

TABLE: dict[str, Tripwire] = {
    MANY_FILES: {
        "sees": "how many files differ from the snapshot of the open hypothesis",
        "limits": ["many_files"],
        "does": ["refuse"],
        "says": "many files in one hypothesis show nothing about any of them",
    },
    BEFORE_RED: {
        "sees": "a refused change of source in a stage whose failure was not seen yet",
        "limits": [],
        "does": ["refuse", "hint"],
        "says": "a fix before its reproduction: see it fail first",
    },
    ONE_MORE: {
        "sees": "how many attempts failed since a person decided",
        "limits": ["one_more_try"],
        "does": ["hint", "person"],
        "says": "one more try after {count}: say what each of them ruled out before you go on",
    },
    UNRUN: {
        "sees": "a claim of done while what the stage waits for did not run on this tree",
        "limits": [],
        "does": ["refuse"],
        "says": "said to be complete, and not run",
    },
    SAME_FILE: {
        "sees": "how often one file was changed since the outcome last changed",
        "limits": ["same_file"],
        "does": ["hint"],
        "says": "`{file}` was changed {count} times " + SAME + "; step back: run "
        "what shows it, and ask whether the cause is here at all",
    },
    SAME_FILE_STOP: {
        "sees": "how often one file was changed since the outcome last changed",
        "limits": ["same_file_stop"],
        "does": ["person"],
        "says": "`{file}` was changed {count} times " + SAME,
    },
}

# words of an agent that go before trouble: phrase, and what it is told
PHRASES = {
    "one more try": "a try without a new reason repeats the last one",
    "quick fix": "a fix is quick once its cause is known",
    "fix it later": "what is fixed later stays",
    "fix later": "what is fixed later stays",
    "just try": "say what you expect to see, then try",
    "should work now": "run it and see",
    "should be fixed": "run it and see",
    "probably": "what is probable can be looked at",
    "for now": "say what is missing, or leave it",
}


def limit(state: State, name: str) -> int:
    """Return a limit as the run pinned it; a run started before has the shipped one."""
    settled: dict[str, int] = state.get("tripwires") or {}
    return settled.get(name, LIMITS[name])


def says(name: str, **given: str) -> str:
    """Write what a tripwire says."""
    text = TABLE[name]["says"]
    for key, value in given.items():
        text = text.replace("{" + key + "}", value)
    return text


def is_loop(state: State) -> bool:
    """Say whether the run was handed over because one file was changed again and again."""
    return SAME in state["escalated"]


def handed_over(state: State, person: Person, why: str) -> tuple[State, list[Entry]]:
    """Hand the run to a person."""
    after = state.copy()
    after["escalated"] = why
    entry = line("escalated", state, person)
    entry["what"] = SAME_FILE
    entry["why"] = why
    return moved(after), [entry]


def report(state: State, file: str, count: int) -> str:
    """Write what a person should know who decides about such a loop, in Markdown."""
    lines = [
        "## Escalation: `" + file + "` was changed " + str(count) + " times in stage `"
        + state["stage"] + "`, run `" + state["run"] + "`",
        "",
        "The outcome did not change meanwhile. What was seen last:",
        "",
    ]  # fmt: skip
    for name, held in state["evidence"].items():
        lines += ["`" + held["command"] + "` (" + name + ") ended with exit " + str(held["exit"])]
        lines += ["", *["    " + text for text in held["tail"].splitlines()], ""]
    lines += [
        "### Options",
        "",
        "1. /reject GUIDANCE: back, with what you say now",
        "2. /waive " + SAME_FILE + " REASON: let it go on here, counted anew",
        "3. /abandon REASON: end the run",
        "",
    ]
    return "\n".join(lines)


def hint(text: str) -> str:
    """Return what an agent that used one of PHRASES is told, "" for any other."""
    plain = " ".join(text.lower().split())
    return next(("`" + it + "`: " + PHRASES[it] for it in PHRASES if it in plain), "")
