"""`stagelock log`: what happened, from the journal alone."""

import json
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click

from stagelock.core.history import text
from stagelock.store import journal, records

from . import here
from .plain import Since, plain

# the fields that say what an event was about, in the order they are told
ABOUT = (
    "tool",
    "target",
    "rule",
    "role",
    "agent",
    "unit",
    "phase",
    "status",
    "paths",
    "to",
    "what",
    "exit",
    "says",
    "why",
    "door",
    "by",
    "artifacts",
    "waived",
    "unreviewed",
)
LONGEST = 200
PAUSE = 0.3  # seconds between two looks of --follow


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: one object a line.")
@click.option("--last", default=0, help="Only the last N entries.", metavar="N")
@click.option("--event", multiple=True, help="Only this event, as in refused; repeatable.")
@click.option("--run", "runs_named", multiple=True, help="Only this run; repeatable.")
@click.option("--stage", multiple=True, help="Only in this stage; repeatable.")
@click.option("--rule", multiple=True, help="Only by this rule, as in 'design/*'; repeatable.")
@click.option("--agent", multiple=True, help="Only by `main` or this agent type; repeatable.")
@click.option("--since", type=Since(), help="Only since 90m, 2h, 3d or 2026-11-21.")
@click.option("--follow", is_flag=True, help="Go on showing what comes; ends by Ctrl-C.")
def log(
    *,
    as_json: bool,
    last: int,
    event: tuple[str, ...],
    runs_named: tuple[str, ...],
    stage: tuple[str, ...],
    rule: tuple[str, ...],
    agent: tuple[str, ...],
    since: str | None,
    follow: bool,
) -> None:
    """Show transitions, approvals, waivers and refusals, oldest first."""
    tree = here.live_tree() or here.own_tree()
    records.settle(here.state_home(), tree)
    wanted = {"event": event, "run": runs_named, "stage": stage, "rule": rule, "role": agent}
    journal_file = Path(tree + journal.FILE)
    end = journal_file.stat().st_size if journal_file.exists() else 0
    entries, torn = journal.read(tree)
    shown = [entry for entry in entries if _is_wanted(entry, wanted, since or "")]
    for entry in shown[-last:] if last else shown:
        click.echo(json.dumps(entry) if as_json else _line(entry))
    if not entries:
        click.echo("nothing has happened here yet; a run begins with /work TOPIC", err=True)
    elif not shown:
        click.echo(f"none of {len(entries)} entries is of that kind", err=True)
    if torn:
        click.echo(f"{torn} lines of the journal could not be read", err=True)
    for entry in _coming(journal_file, end) if follow else ():
        if _is_wanted(entry, wanted, since or ""):
            click.echo(json.dumps(entry) if as_json else _line(entry))


def _is_wanted(entry: dict[str, Any], wanted: dict[str, tuple[str, ...]], since: str) -> bool:
    if text(entry, "at") < since:
        return False
    return all(
        any(fnmatchcase(text(entry, field), pattern) for pattern in patterns)
        for field, patterns in wanted.items()
        if patterns
    )


def _coming(path: Path, end: int) -> Iterator[dict[str, Any]]:
    """Yield the entries written after byte `end`, for as long as somebody looks."""
    rest = b""
    while True:
        size = path.stat().st_size if path.exists() else 0
        if size < end:
            end, rest = 0, b""  # taken away and begun anew
        if size > end:
            with path.open("rb") as file:
                file.seek(end)
                data = file.read()
            end += len(data)
            *whole, rest = (rest + data).split(b"\n")
            yield from _entries(whole)
        time.sleep(PAUSE)


def _entries(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            entry = json.loads(line) if line.strip() else None
        except ValueError:
            click.echo("a line of the journal could not be read", err=True)
            continue
        if isinstance(entry, dict):
            yield entry


def _line(entry: dict[str, Any]) -> str:
    about = []
    for field in ABOUT:
        value = entry.get(field)
        if isinstance(value, dict):
            value = ", ".join(f"{path} {str(digest)[:12]}" for path, digest in value.items())
        if value:
            about.append(f"{field}={plain(str(value), LONGEST)}")
    stage = plain(text(entry, "stage")) or "-"
    event = plain(text(entry, "event")) or "-"
    return f"{plain(text(entry, 'at')) or '-'}  {stage:<10} {event:<14} {' '.join(about)}"
