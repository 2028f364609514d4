"""`stagelock git-hooks`: the second net, for when the client's hooks are off."""

import os

import click

from stagelock.core.doors import stranger_at_terminal
from stagelock.store.processes import lineage
from stagelock.store.repository import git_hooks as hooks

from . import here


@click.group("git-hooks")
def git_hooks() -> None:
    """Have git itself ask the books before a commit and a push, also where no client runs.

    The hooks live beside your own and pass on to them; outside a run they are silent.
    """


@git_hooks.command()
@click.option(
    "--notes/--no-notes", default=None, help="Let evidence travel as git notes; asked if not said."
)
def install(*, notes: bool | None) -> None:
    """Install the hooks of this repository, or renew them."""
    _not_by_an_agent()
    tree = here.own_tree()
    if notes is None:
        notes = here.is_terminal() and click.confirm(
            "may evidence and approvals travel with your commits? "
            f"(git notes, {hooks.NOTES}, fetched and pushed with the rest)",
            default=True,
        )
    try:
        _tell(hooks.install(here.state_home(), tree, notes=notes))
    except (hooks.NotHere, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("undo: stagelock git-hooks uninstall")


@git_hooks.command()
def uninstall() -> None:
    """Take the hooks and their settings away; what you had before is as it was."""
    tree = here.own_tree()
    here.person(tree)
    try:
        told = hooks.uninstall(tree)
    except (hooks.NotHere, OSError) as error:
        raise click.ClickException(str(error)) from error
    _tell(told or ["no git hooks of stagelock are installed here"])


@git_hooks.command()
def status() -> None:
    """Say whether the hooks stand and git starts them; exit status 1 where they do not."""
    try:
        standing = hooks.status(here.own_tree())
    except hooks.NotHere as error:
        raise click.ClickException(str(error)) from error
    for line in told_of(standing):
        click.echo(line)
    raise SystemExit(0 if hooks.holds(standing) else 1)


def told_of(standing: hooks.Standing) -> list[str]:
    """Say in a few lines how the hooks stand, and what to do where they do not."""
    if not standing["installed"]:
        return ["git hooks  not installed; to have them: stagelock git-hooks install"]
    again = "; run: stagelock git-hooks install"
    lines = [f"git hooks  in {standing['folder']}"]
    if standing["behind"]:
        lines.append(f"behind     {standing['behind']}, passed on to")
    if not standing["runs"]:
        lines.append("off        git starts the hooks of another folder (core.hooksPath)" + again)
    if standing["missing"]:
        lines.append(f"missing    {', '.join(standing['missing'])}{again}")
    if not standing["entry"]:
        lines.append("broken     the plugin is not where the hooks look for it" + again)
    travels = "travel with fetch and push" if standing["notes"] else "stay on this machine"
    lines.append(f"notes      {travels} ({hooks.NOTES})")
    return lines


def _tell(lines: list[str]) -> None:
    for line in lines:
        click.echo(line)


def _not_by_an_agent() -> None:
    """Hooks only take capabilities away, so a script may install them; an agent may not."""
    clients, marked = lineage(os.getpid())
    why = stranger_at_terminal(tty=True, clients=clients, marked=marked)
    if why:
        raise click.ClickException(
            f"git hooks are a person's to install, and {why} (rule never/human-door); "
            "open a terminal of your own and call it there"
        )
