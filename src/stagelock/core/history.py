"""What the journal tells of a run: how long it stood where, and who let it go on.

Everything here reads entries as they lie in the journal, those of other versions too: an event
nobody knows is passed over, a field that is missing counts as empty.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypedDict

    class Span(TypedDict):
        """A stretch of time in which one run stood in one stage."""

        run: str
        workflow: str
        topic: str
        stage: str
        since: str
        until: str  # "" while it stands there
        left: str  # the event that ended it: approved, passed, rejected, done, abandoned; or ""
        by: str
        door: str


ENDS = ("done", "abandoned")
LEAVES = ("approved", "passed", "rejected", *ENDS)


def spans(entries: list[dict[str, Any]]) -> list[Span]:
    """Return the stretches of all runs, in the order in which they began."""
    found: list[Span] = []
    for entry in entries:
        event, run = text(entry, "event"), text(entry, "run")
        standing = [s for s in found if not s["until"] and run in ("", s["run"])]
        if event == "started":
            found.append(_span(entry, text(entry, "workflow"), text(entry, "what")))
        elif event == "entered":
            before = _last_of(found, run)
            _close(standing, entry)
            found.append(_span(entry, before["workflow"], before["topic"]))
        elif event in LEAVES:
            _left(standing, entry)
            if event in ENDS:
                _close(standing, entry)
    return found


def at(found: list[Span], moment: str) -> Span | None:
    """Return the stretch in which `moment` (a stamp) lies, the latest where several do."""
    inside = [s for s in found if s["since"] <= moment and (not s["until"] or moment <= s["until"])]
    return inside[-1] if inside else None


def text(entry: dict[str, Any], field: str) -> str:
    """Return a field of an entry as text, "" where it is missing or something else."""
    value = entry.get(field)
    return value if isinstance(value, str) else ""


def _span(entry: dict[str, Any], workflow: str, topic: str) -> Span:
    return {
        "run": text(entry, "run"),
        "workflow": workflow,
        "topic": topic,
        "stage": text(entry, "stage"),
        "since": text(entry, "at"),
        "until": "",
        "left": "",
        "by": "",
        "door": "",
    }


def _last_of(found: list[Span], run: str) -> Span:
    of_run = [s for s in found if s["run"] == run]
    return of_run[-1] if of_run else _span({}, "", "")


def _left(standing: list[Span], entry: dict[str, Any]) -> None:
    for span in standing:
        if not span["left"]:
            span["left"] = text(entry, "event")
            span["by"], span["door"] = text(entry, "by"), text(entry, "door")


def _close(standing: list[Span], entry: dict[str, Any]) -> None:
    for span in standing:
        span["until"] = text(entry, "at")
