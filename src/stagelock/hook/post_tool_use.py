"""PostToolUse: what came of a call the gate cares about: a dialog, a check, an agent."""

from __future__ import annotations

from stagelock.store import runs
from stagelock.store.files import exists
from stagelock.store.home import run_folder

from . import calls
from .refusal import MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import State

    from .seen import Seen


def answer(seen: Seen) -> dict[str, Any] | None:
    """Give the result to whoever waits for it; look at the tree after what may have changed it."""
    tool = seen["payload"].get("tool_name")
    if tool == "AskUserQuestion":
        from . import dialog

        return dialog.read(seen)
    said = recorded(seen, None) if tool == "Bash" else None
    if tool in ("Agent", "Task", "SendMessage", "TaskStop"):
        from . import ending

        said = ending.seen_after(seen)
    return together(said, looked(seen, "PostToolUse"))


def recorded(seen: Seen, error: str | None) -> dict[str, Any] | None:
    """Record a check, a bug or a step; `error` is what the client says of a failure."""
    state, tamper = runs.look(seen["home"], seen["tree"])
    if state is None or tamper:
        return None
    said = _recorded(seen, state, error)
    if state.get("units") is None or seen["payload"].get("agent_id"):
        return said
    from .plan import unit_agents  # only where a plan of units is carried out

    line = unit_agents.ran(seen, error)
    if not line:
        return said
    told = {"hookEventName": str(seen["payload"].get("hook_event_name"))}
    told["additionalContext"] = MARK + line
    news = unit_agents.for_the_person(seen)
    shown = {"systemMessage": news} if news else {}
    return together(said, {**shown, "hookSpecificOutput": told})


def _recorded(seen: Seen, state: State, error: str | None) -> dict[str, Any] | None:
    if state["exit"].get("owes") and exists(calls.hypothesis(seen)):
        from .fix import hypothesis

        return hypothesis.after(seen, state, error)
    if exists(calls.bug(seen)):
        from .fix import bug

        return bug.after(seen, state, error)
    if not (state["checks"] or state["exit"]["steps"]):
        return None
    if exists(calls.check(seen)):
        from . import witness

        return witness.after(seen, state, error)
    if error is None and exists(calls.steps(seen)):
        from . import steps

        return steps.after(seen)
    from . import near

    return near.answer(seen, state)


def looked(seen: Seen, event: str) -> dict[str, Any] | None:
    """Look at the tree after a watched call."""
    if not exists(run_folder(seen["home"], seen["tree"]) + "/looks"):
        return None
    from . import watch

    return watch.after(seen, event)


def together(one: dict[str, Any] | None, two: dict[str, Any] | None) -> dict[str, Any] | None:
    """Join two replies of this event into the one that the client takes."""
    if one is None or two is None:
        return one or two
    text = "additionalContext"
    inner = {**two["hookSpecificOutput"]}
    inner[text] = one["hookSpecificOutput"][text] + "\n" + inner[text]
    return {**one, **two, "hookSpecificOutput": inner}
