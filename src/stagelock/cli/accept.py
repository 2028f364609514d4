"""`stagelock accept`: let the commands that the project declares as checks run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stagelock.authoring.config import load_library
from stagelock.authoring.source import InvalidWorkflow
from stagelock.core.doors import stranger_at_terminal
from stagelock.store import accepted
from stagelock.store.processes import lineage

from . import here

if TYPE_CHECKING:
    from stagelock.core.model import Check


@click.command()
@click.argument("names", metavar="[CHECK]...", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask again.")
def accept(*, names: tuple[str, ...], yes: bool) -> None:
    """Accept the declared check commands, as a person, after seeing each as it would run.

    A command comes from whoever wrote the file it stands in, so it runs only after this; once for
    each exact text, on this machine.
    """
    tree = here.live_tree() or here.own_tree()
    who = here.person(tree)
    declared = _declared(tree)
    unknown = [name for name in names if name not in {check["name"] for check in declared}]
    if unknown:
        known = ", ".join(check["name"] for check in declared) or "none"
        raise click.ClickException(f"no check `{unknown[0]}`; declared are: {known}")
    new = pending(tree, [check for check in declared if not names or check["name"] in names])
    if not new:
        click.echo("every declared check is accepted here already")
        return
    for check in new:
        click.echo(shown(check))
    if not yes:
        click.confirm("may these run here, as you?", abort=True)
    for check in new:
        accepted.accept(here.state_home(), tree, check["name"], check["command"], who)
    click.echo(f"accepted: {', '.join(check['name'] for check in new)}")


def pending(tree: str, checks: list[Check]) -> list[Check]:
    """Return the checks whose exact command nobody has accepted here yet."""
    home = here.state_home()
    return [c for c in checks if not accepted.is_accepted(home, tree, c["name"], c["command"])]


def require(tree: str, checks: list[Check]) -> None:
    """Go on only with accepted checks: a person at a terminal is asked, anyone else refused."""
    new = pending(tree, checks)
    if not new:
        return
    clients, marked = lineage(os.getpid())
    tty = sys.stdin.isatty() and sys.stdout.isatty()
    if stranger_at_terminal(tty=tty, clients=clients, marked=marked):
        names = " ".join(check["name"] for check in new)
        raise click.ClickException(
            f"no person has accepted these commands on this machine yet: {names} "
            "(rule never/unaccepted-check); your human runs in a terminal: stagelock accept"
        )
    for check in new:
        click.echo(shown(check))
    click.confirm("these come from the repository; may they run here, as you?", abort=True)
    who = here.person(tree)
    for check in new:
        accepted.accept(here.state_home(), tree, check["name"], check["command"], who)


def shown(check: Check) -> str:
    """Show a command so that nothing in it can hide: unprintable characters are spelled out."""
    command = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in check["command"])
    more = f"   (given {', '.join(check['env'])})" if check["env"] else ""
    return f"  {check['name']}: {command}{more}"


def _declared(tree: str) -> list[Check]:
    try:
        return load_library(Path(tree))["settings"]["checks"]
    except InvalidWorkflow as error:
        raise click.ClickException(str(error)) from error
