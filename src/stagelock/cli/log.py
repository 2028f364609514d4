"""`stagelock log`: what happened, from the journal alone."""

import json
from typing import Any

import click

from stagelock.store import journal, runs

from . import here

# the fields that say what an event was about, in the order they are told
ABOUT = (
    "tool",
    "target",
    "rule",
    "to",
    "what",
    "why",
    "door",
    "by",
    "artifacts",
    "waived",
    "unreviewed",
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: one object a line.")
@click.option("--last", default=0, help="Only the last N entries.", metavar="N")
def log(*, as_json: bool, last: int) -> None:
    """Show transitions, approvals, waivers and refusals, oldest first."""
    tree = here.live_tree() or here.own_tree()
    runs.settle(here.state_home(), tree)
    entries, torn = journal.read(tree)
    for entry in entries[-last:] if last else entries:
        click.echo(json.dumps(entry) if as_json else _line(entry))
    if torn:
        click.echo(f"{torn} lines of the journal could not be read", err=True)


def _line(entry: dict[str, Any]) -> str:
    about = []
    for field in ABOUT:
        value = entry.get(field)
        if isinstance(value, dict):
            value = ", ".join(f"{path} {digest[:12]}" for path, digest in value.items())
        if value:
            about.append(f"{field}={value}")
    stage = entry.get("stage") or "-"
    return f"{entry.get('at', '-')}  {stage:<10} {entry.get('event', '-'):<14} {' '.join(about)}"
