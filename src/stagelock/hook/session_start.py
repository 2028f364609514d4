"""SessionStart: tell a new, resumed, compacted or cleared session where the run stands."""

from __future__ import annotations

import time

from stagelock.store import artifacts, heartbeat, runs

from . import nudge, prompts
from .paragraph import paragraph
from .title import title

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import State

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Return the paragraph as context and the stage as the session's title."""
    if seen["payload"].get("source") in ("clear", "compact"):
        prompts.prompted(seen)  # the person was here before
    else:
        prompts.forget(seen)
    heartbeat.sweep(seen["home"], time.time())
    state, tamper = runs.look(seen["home"], seen["tree"])
    if state is None:
        return _damaged(tamper) if tamper else None
    tried = state.get("hypotheses")
    if tried and tried[-1]["phase"] == "undoing" and not tamper:
        from .fix import hypothesis  # a rollback was cut short

        state, _ = hypothesis.settled(seen, state)
    policy = runs.policy_of(seen["home"], seen["tree"], state)
    text = paragraph(state, policy, artifacts.stale(seen["tree"], state))
    if state.get("pause") and seen["payload"].get("source") in ("startup", "resume"):
        from . import pause

        pause.over(seen, "the session began anew")
    if state.get("units"):
        text += _where(seen, state)
    old = nudge.forgotten(state)
    return {
        **({"systemMessage": old} if old else {}),
        "hookSpecificOutput": {
            "hookEventName": "SessionStart",
            "additionalContext": text,
            "sessionTitle": title(state),
        },
    }


def _where(seen: Seen, state: State) -> str:
    """Say in one line where the plan goes on; a session that starts anew has nobody at work."""
    from stagelock.store import moves
    from stagelock.store.plan import units

    home, tree = seen["home"], seen["tree"]
    if seen["payload"].get("source") in ("clear", "compact"):
        line = units.goes_on(home, tree, state)
    else:
        line = units.recovered(home, tree, moves.witness(seen["session"], tree))
    return " " + line if line else ""


def _damaged(tamper: str) -> dict[str, Any]:
    text = (
        "[stagelock] the run's records were changed from outside (" + tamper + "): nothing that "
        "writes is open until a person types /off REASON or runs `stagelock doctor --repair`"
    )
    return {
        "systemMessage": text,
        "hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": text},
    }
