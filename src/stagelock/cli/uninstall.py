"""`stagelock uninstall`: take away what stagelock left in this tree and for it, no more."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from stagelock.store import client_settings, traces
from stagelock.store.repository import git_hooks

from . import here

if TYPE_CHECKING:
    from pathlib import Path

WHAT = {"journal.jsonl": " (who approved what, and what was refused)"}


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask again.")
@click.option("--notes", is_flag=True, help="Also delete the git notes kept in this repository.")
def uninstall(*, yes: bool, notes: bool) -> None:
    """Undo `init`, the hooks and every run of this tree, after a list of what goes and what stays.

    Artifacts and commits stay, and so does what people wrote, unless git has it or `init` did. The
    plugin itself is the client's: claude plugin uninstall stagelock
    """
    if here.live_tree():
        raise click.ClickException("a run is live here; end it first: stagelock abandon REASON")
    tree, home = here.own_tree(), here.state_home()
    here.person(tree)
    again, only_here = traces.by_people(home, tree)
    files = [*traces.in_tree(tree), *again]
    behind = traces.at_home(home, tree)
    refs = traces.note_refs(tree)
    listed = [
        *_hooks_and_line(tree),
        *(f"{path}{WHAT.get(path.name, '')}" for path in files),
        *(str(path) for path in behind),
        *(refs if notes else []),
    ]
    stays = _stays(home, tree, only_here, [] if notes else refs)
    if not listed:
        click.echo("nothing of stagelock is here")
    else:
        click.echo("goes:\n" + "\n".join(f"  {line}" for line in listed))
    if stays:
        click.echo("stays:\n" + "\n".join(f"  {line}" for line in stays))
    if not listed:
        return
    if not yes:
        click.confirm("take this away?", abort=True)
    _take_away(home, tree, files, behind, notes=notes)


def _hooks_and_line(tree: str) -> list[str]:
    lines = []
    try:
        standing = git_hooks.status(tree)
        if standing["installed"]:
            lines.append(f"the git hooks in {standing['folder']}, and their settings")
    except git_hooks.NotHere:
        pass
    try:
        if client_settings.is_set(tree):
            lines.append("the status line in .claude/settings.local.json; yours comes back")
    except client_settings.Unwritable as error:
        lines.append(f"no status line: {error}")
    return lines


def _stays(home: str, tree: str, only_here: list[Path], refs: list[str]) -> list[str]:
    lines = [f"{path}: written by people, and not committed as it is" for path in only_here]
    lines += [f"{ref}: evidence of commits; with --notes it goes" for ref in refs]
    copies = traces.kept_copies(home, tree)
    if copies:
        lines.append(f"{copies}: copies of your files, made before they were put back")
    return lines


def _take_away(home: str, tree: str, files: list[Path], behind: list[Path], *, notes: bool) -> None:
    told = []
    with contextlib.suppress(git_hooks.NotHere):  # no repository, no hooks
        told += git_hooks.uninstall(tree)
    try:
        told.append(client_settings.remove_line(home, tree))
    except client_settings.Unwritable as error:
        told.append(str(error))
    if notes:
        traces.drop_notes(tree)
    traces.remove([*files, *behind], tree)
    if traces.leave_home(home):
        told.append(f"{home} is gone; no other tree had anything in it")
    for line in told:
        if line:
            click.echo(line)
    click.echo("done")
