"""The report that hands a run to a person: what was tried, what failed, and what can be decided."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Attempt, State

LONGEST = 600


def report(state: State) -> str:
    """Write the report in Markdown; the assessment is the agent's own last word, marked as such."""
    attempts = state["attempts"]
    gate = attempts[-1]["gate"] if attempts else "stage"
    tried = [attempt for attempt in attempts if attempt["gate"] == gate]
    head = "## Escalation: gate `" + gate + "` of stage `" + state["stage"] + "`, run `"
    lines = [
        head + state["run"] + "`, failed after " + str(len(tried)) + " attempts",
        "",
        "### Failure history",
        "",
        "| attempt | when | what failed | what was tried before it |",
        "|---|---|---|---|",
        *[_row(n, attempt) for n, attempt in enumerate(tried, 1)],
        "",
        *_outputs(state, tried),
        "### Root cause assessment",
        "",
        "The agent's last words (its own, unverified):",
        "",
        "> " + _short(tried[-1]["said"] if tried else "").replace("\n", "\n> "),
        "",
        "### Options",
        "",
        "1. /reject GUIDANCE: let it try again, with what you say now",
        "2. /waive CHECK REASON, then /approve: go on without that check, once",
        "3. /abandon REASON: end the run, or restructure the work and start again",
        "",
        "### Recommendation",
        "",
        _recommendation(tried),
        "",
    ]
    return "\n".join(lines)


def _row(n: int, attempt: Attempt) -> str:
    files = ", ".join(attempt["tried"][:8]) or "nothing changed"
    return "| " + " | ".join([str(n), attempt["at"], ", ".join(attempt["failed"]), files]) + " |"


def _outputs(state: State, tried: list[Attempt]) -> list[str]:
    lines: list[str] = []
    for name in tried[-1]["failed"] if tried else ():
        held = state["evidence"].get(name)
        if held is not None:
            lines += ["`" + held["command"] + "` ended with exit " + str(held["exit"]) + ":", ""]
            lines += ["    " + line for line in held["tail"].splitlines()] + [""]
    return lines


def _recommendation(tried: list[Attempt]) -> str:
    """Say what the history itself speaks for."""
    same = len({tuple(attempt["failed"]) for attempt in tried}) == 1
    files = {tuple(sorted(attempt["tried"])) for attempt in tried}
    if same and len(files) == 1:
        return (
            "Option 3: the same files were changed each time, and the same checks failed; more of "
            "the same is unlikely to help."
        )
    if same:
        return "Option 1, with a root cause: the same checks failed whatever was tried."
    return "Option 1: other checks failed each time, so something moved; say what matters first."


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else "..." + text[-LONGEST:]
