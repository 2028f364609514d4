"""`stagelock reject`: say no, with a reason."""

import click

from stagelock.store import moves

from . import here


@click.command()
@click.argument("reason", nargs=-1, required=True)
def reject(reason: tuple[str, ...]) -> None:
    """Reject the current stage; REASON goes into the journal."""
    tree, state = here.standing()
    here.tell(moves.reject(here.state_home(), tree, state, here.person(tree), " ".join(reason)))
