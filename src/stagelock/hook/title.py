"""The title of a session, which shows a person where the run stands."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import State


def title(state: State) -> str:
    """Return the session's title while the run is live."""
    return "[" + state["stage"] + "] " + state["run"]
