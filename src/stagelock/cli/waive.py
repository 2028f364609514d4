"""`stagelock waive`: let a gate open once without something."""

import click

from stagelock.store import moves

from . import here


@click.command()
@click.argument("what")
@click.argument("reason", nargs=-1, required=True)
def waive(what: str, reason: tuple[str, ...]) -> None:
    """Let the gate open once without WHAT (as `stagelock status --json` names it under missing)."""
    tree, state = here.standing()
    who = here.person(tree)
    here.tell(moves.waive(here.state_home(), tree, state, who, what, " ".join(reason)))
