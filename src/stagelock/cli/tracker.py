"""`stagelock tracker`: let an issue tracker follow the units of the live run."""

from pathlib import Path

import click

from stagelock.authoring.config import Tracker, load_tracker
from stagelock.authoring.source import InvalidWorkflow
from stagelock.core.model import State
from stagelock.store.plan import trackers, units

from . import here


@click.group()
def tracker() -> None:
    """Tell an issue tracker (beads, GitHub) where the units of the plan stand."""


@tracker.command("sync")
def sync() -> None:
    """Make, link, label and close the issues of the live run's units, as config.yaml says."""
    tree, state = here.standing()
    wanted = _wanted(tree)
    if wanted.kind == "none":
        raise click.ClickException(
            "no tracker is chosen; say `tracker: {kind: beads}` or `{kind: github}` in "
            ".stagelock/config.yaml"
        )
    if state.get("units") is None:
        raise click.ClickException("no plan of units is pinned yet; see: stagelock status")
    if not _follow(tree, state, wanted):
        raise SystemExit(1)


def follow() -> None:
    """After another verb moved the run: let the tracker follow, if one is chosen; never fails.

    It speaks on standard output alone, whose last line belongs to the verb that called it.
    """
    tree = here.live_tree()
    if not tree or not (Path(tree) / ".stagelock/config.yaml").is_file():
        return
    try:
        wanted = _wanted(tree)
        state = here.standing()[1]
    except click.ClickException:
        return  # it has been said to whoever called the other verb
    if wanted.kind != "none" and state.get("units") is not None:
        _follow(tree, state, wanted, err=False)


def _wanted(tree: str) -> Tracker:
    try:
        return load_tracker(Path(tree))
    except InvalidWorkflow as error:
        raise click.ClickException(str(error)) from error


def _follow(tree: str, state: State, wanted: Tracker, *, err: bool = True) -> bool:
    home = here.state_home()
    plan, now = units.load(home, tree, state)
    try:
        for line in trackers.sync(home, tree, state["run"], wanted.kind, wanted.parent, plan, now):
            click.echo(f"{wanted.kind}: {line}")
    except trackers.Failed as error:
        told = f"{wanted.kind}: {error}; the run goes on, `stagelock tracker sync` tries again"
        click.echo(told, err=err)
        return False
    return True
