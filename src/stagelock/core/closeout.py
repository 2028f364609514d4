"""The closing note of a run, drafted from its journal: what was done, what was left, what to watch.

A draft says what is on record and leaves the rest to whoever closes the run; a comment says where.
"""

from __future__ import annotations

from .history import at, spans, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .history import Span

LEFT = "<!-- what the plan names and nobody did, and why -->"
WATCH = "<!-- what to look at in the next days, and how one would notice -->"
STATUSES = ("DONE_WITH_CONCERNS", "NEEDS_CONTEXT", "BLOCKED")
ALARMS = ("escalated", "tainted", "repaired")
MOST = 12  # lines of one kind


def draft(entries: list[dict[str, Any]], run: str) -> str:
    """Return the note of `run` in Markdown."""
    found = spans(entries)
    own = [entry for entry in entries if _belongs(entry, found, run)]
    parts = [
        "# Closeout: " + _clean(run),
        "## Done",
        _list(_stages(found, run) + _approved(own) + _evidence(own)),
        "## Left",
        _list(_waived(own) + _passed_over(own) + _concerns(own) or ["nothing is on record"], LEFT),
        "## Watch",
        _list(_alarms(own) + _unreviewed(own) or ["nothing is on record"], WATCH),
    ]
    return "\n\n".join(parts) + "\n"


def _belongs(entry: dict[str, Any], found: list[Span], run: str) -> bool:
    named = text(entry, "run")
    if named:
        return named == run
    span = at(found, text(entry, "at"))
    return span is not None and span["run"] == run


def _stages(stays: list[Span], run: str) -> list[str]:
    found = []
    for span in stays:
        if span["run"] == run:
            end = span["left"] + " by " + span["by"] if span["left"] else "the run stands here"
            until = span["until"] or "now"
            found.append(
                "stage " + span["stage"] + ", " + span["since"] + " to " + until + ": " + end
            )
    return found


def _approved(own: list[dict[str, Any]]) -> list[str]:
    last = {}
    for entry in own:
        named = entry.get("artifacts")
        for path, digest in named.items() if isinstance(named, dict) else ():
            last[str(path)] = str(digest)[:12]
    return ["approved: " + path + " as " + digest for path, digest in last.items()]


def _evidence(own: list[dict[str, Any]]) -> list[str]:
    last = {}
    for entry in own:
        if text(entry, "event") == "evidence":
            why = text(entry, "why") or ("" if entry.get("exit") == 0 else "it failed")
            held = "did not hold, " + why if why else "held on tree " + text(entry, "tree")[:12]
            last[text(entry, "what")] = held
    return ["check " + check + " " + held for check, held in last.items()]


def _waived(own: list[dict[str, Any]]) -> list[str]:
    return [
        "waived: " + text(entry, "what") + " (" + text(entry, "why") + ")"
        for entry in own
        if text(entry, "event") == "waived"
    ]


def _passed_over(own: list[dict[str, Any]]) -> list[str]:
    last = {text(e, "what"): text(e, "status") for e in own if text(e, "event") == "checklist"}
    return ["skipped: item " + item for item, word in last.items() if word == "skipped"]


def _concerns(own: list[dict[str, Any]]) -> list[str]:
    last = {text(e, "role"): e for e in own if text(e, "event") == "status"}
    return [
        role + " ended with " + text(entry, "status") + ": " + text(entry, "why")
        for role, entry in last.items()
        if text(entry, "status") in STATUSES
    ]


def _alarms(own: list[dict[str, Any]]) -> list[str]:
    return [
        text(entry, "event") + " in " + text(entry, "stage") + ": " + _what(entry)
        for entry in own
        if text(entry, "event") in ALARMS
    ]


def _what(entry: dict[str, Any]) -> str:
    paths = entry.get("paths")
    named = ", ".join(str(path) for path in paths) if isinstance(paths, list) else ""
    return named or text(entry, "why")


def _unreviewed(own: list[dict[str, Any]]) -> list[str]:
    return [
        "commits " + text(entry, "unreviewed") + " were made in " + text(entry, "stage")
        for entry in own
        if text(entry, "unreviewed")
    ]


def _list(lines: list[str], after: str = "") -> str:
    cut = lines[:MOST] + (["and " + str(len(lines) - MOST) + " more"] if len(lines) > MOST else [])
    return "\n".join([*("- " + _clean(line) for line in cut), *([after] if after else [])])


def _clean(line: str) -> str:
    return " ".join(line.replace("<!--", "").split())
