"""`stagelock abandon`: end a run before its end."""

import click

from stagelock.store import moves, runs

from . import here


@click.command()
@click.argument("reason", nargs=-1, required=True)
def abandon(reason: tuple[str, ...]) -> None:
    """End the run; its artifacts and its journal stay."""
    tree = here.live_tree()
    if not tree:
        raise click.ClickException("no run is live here; nothing to abandon")
    who = here.person(tree)
    state = runs.look(here.state_home(), tree)[0] or runs.copy_of_state(here.state_home(), tree)
    try:
        if state is None:
            raise runs.Conflict("the records are gone")  # noqa: TRY301  # the same way out
        here.tell(moves.abandon(here.state_home(), tree, state, who, " ".join(reason)))
    except runs.Conflict:
        runs.forget(here.state_home(), tree)
        click.echo("the run's records could not be trusted; it is ended, the journal stays")
