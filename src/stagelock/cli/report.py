"""`stagelock report`: what happened in a run, as one page for people."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stagelock.store import journal, library, records, runs
from stagelock.store.clock import stamp

from . import here
from .account import accounts, lessons
from .drawing import svg
from .graph import marks_of
from .page import page
from .plain import plain

if TYPE_CHECKING:
    from stagelock.core.model import Policy

    from .account import Account


@click.command()
@click.option("--run", default="", help="Which run; the live one, else the last, if not given.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    help="Where to write it, if not to .stagelock/report.html; - for the standard output.",
)
def report(*, run: str, out: Path | None) -> None:
    """Write one page: stages and time, approvals, refusals, evidence, agents, lessons."""
    tree = here.live_tree() or here.own_tree()
    records.settle(here.state_home(), tree)
    policies = _policies(tree)
    told = accounts(journal.read(tree)[0], policies, time.time())
    shown = _chosen(told, run)
    taught = lessons(told, policies)
    html = page(told, shown, _drawn(tree, shown, policies), taught, stamp(time.time()))
    if str(out) == "-":
        click.echo(html, nl=False)
        return
    out = out or Path(tree) / ".stagelock/report.html"
    out.parent.mkdir(exist_ok=True)
    out.write_text(html)
    click.echo(f"written to {out}")
    for lesson in taught:
        click.echo("  " + plain(lesson))


def _chosen(told: list[Account], run: str) -> Account | None:
    named = [account for account in told if account.run == run] if run else told
    if run and not named:
        known = ", ".join(account.run for account in told) or "none yet"
        raise click.ClickException(f"no run `{plain(run)}` in the journal; there are: {known}")
    return named[-1] if named else None


def _policies(tree: str) -> dict[str, Policy]:
    """Return the workflows that runs may have had; the live run's as it was pinned."""
    try:
        policies = dict(library.library(tree)["policies"])
    except library.Unreadable:
        policies = dict(library.library("/nowhere")["policies"])  # those that are shipped
    state = runs.look(here.state_home(), tree)[0] if here.live_tree() else None
    if state is not None:
        policies[state["workflow"]] = runs.policy_of(here.state_home(), tree, state)
    return policies


def _drawn(tree: str, shown: Account | None, policies: dict[str, Policy]) -> str:
    if shown is None or shown.workflow not in policies:
        return "<p>The workflow of this run is not here any more.</p>"
    stage = "" if shown.ended else shown.stretches[-1].stage
    return svg(policies[shown.workflow], marks_of(tree, shown.run, stage))
