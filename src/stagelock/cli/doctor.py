"""`stagelock doctor`: does stagelock hold here, promise by promise, and what to do where not."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import click

from stagelock.store import heartbeat, journal, moves, records, runs
from stagelock.store.clock import seconds

from . import canary, here, promises, surroundings
from .found import Found, ill, unknown, well
from .plain import duration

STALE = 7 * 86400  # seconds in one stage after which a run is taken for forgotten


@click.command()
@click.option("--repair", is_flag=True, help="Put the stage file back as the second record has it.")
@click.option(
    "--client",
    "with_client",
    is_flag=True,
    help="Also play a canary in the installed client: attempts that must be refused, in a scratch "
    "tree, with a stand-in for the model; nothing of yours is changed.",
)
def doctor(*, repair: bool, with_client: bool) -> None:
    """Look at everything that stagelock stands on, and say which promise holds here."""
    tree = here.live_tree()
    if repair:
        _repair(tree)
    at = tree or here.own_tree()
    findings = [
        surroundings.interpreter(),
        surroundings.plugin_files(),
        surroundings.state_home(here.state_home()),
        surroundings.settings(at),
        surroundings.installed(at),
        surroundings.other_answers(at),
        surroundings.read_only_box(),
        surroundings.workflows(at),
        surroundings.platform(),
        canary.sing(at) if with_client else _untried(),
        *_runs(),
        *(_this_run(tree) if tree else [well("run", "none is live here")]),
    ]
    for found in findings:
        click.echo(str(found))
    click.echo("")
    for line in promises.told(findings):
        click.echo(line)
    raise SystemExit(1 if any(found.order == "ill" for found in findings) else 0)


def _untried() -> Found:
    return unknown("client", "not tried in the installed client", "stagelock doctor --client")


def _this_run(tree: str) -> list[Found]:
    home = here.state_home()
    _, tamper = runs.look(home, tree)
    fault = records.journal_fault(home, tree)
    _, torn = journal.read(tree)
    cure = "stagelock doctor --repair, in a terminal of your own; or type /off REASON"
    also = f", {torn} lines torn" if torn else ""
    return [
        hooks_answer(home, tree, time.time()),
        ill("records", tamper, cure) if tamper else well("records", "whole"),
        ill("journal", fault + also, cure) if fault else well("journal", "whole" + also),
    ]


def hooks_answer(home: str, tree: str, now: float) -> Found:
    """Do the hooks answer: in this session, where it is one, else in any session of this tree?"""
    session = os.environ.get("CLAUDE_CODE_SESSION_ID", "")
    beat = heartbeat.last(home, session) if session else heartbeat.latest(home, tree)
    cure = "stagelock doctor --client, or look at `settings` and `install`"
    if beat:
        ago = duration(max(0, now - beat["at"]))
        return well("hooks", f"last answered {ago} ago" + (" in this session" if session else ""))
    if session:
        return ill("hooks", "the hooks are OFF in this session: nothing is held", cure)
    return unknown("hooks", "no hook has answered in this tree yet", cure)


def _runs() -> list[Found]:
    """Name the runs of this machine that somebody forgot."""
    found = []
    now = time.time()
    for tree, state in _standing():
        if not Path(tree).is_dir():
            cure = "stagelock doctor --repair forgets it"
            found.append(ill("stale", f"a run is live in {tree}, which is not there", cure))
            continue
        since = seconds(str(state.get("entered", "")))
        if since and now - since > STALE:
            stood = f"run `{state.get('run')}` in {tree}: {duration(now - since)} in"
            cure = f"finish it, or there: stagelock abandon REASON (every hook looks at {tree})"
            found.append(unknown("stale", f"{stood} stage `{state.get('stage')}`", cure))
    return found or [well("stale", "no forgotten run on this machine")]


def _standing() -> list[tuple[str, dict[str, Any]]]:
    """Return the tree and the copy of the state of every run that is live on this machine."""
    folder = Path(here.state_home()) / "runs"
    found = []
    for record in sorted(folder.glob("*/record.json")):
        tree = (surroundings.read_json(record) or {}).get("tree")
        if isinstance(tree, str):
            found.append((tree, surroundings.read_json(record.parent / "stage.json") or {}))
    return found


def _repair(tree: str) -> None:
    """Put right what a person asks for: tampered records, and runs whose tree is gone."""
    gone = [there for there, _ in _standing() if not Path(there).is_dir()]
    if not tree and not gone:
        return
    who = here.person(tree or here.own_tree())
    for there in gone:
        records.forget(here.state_home(), there)
        click.echo(f"repair   the run in {there} is forgotten")
    if not tree:
        return
    try:
        click.echo("repair   " + moves.repair(here.state_home(), tree, who))
    except LookupError as error:
        raise click.ClickException(
            f"{error}; end the run with: stagelock abandon REASON"
        ) from error
