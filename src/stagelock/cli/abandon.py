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
    state, tamper = runs.look(here.state_home(), tree)
    if state is None or tamper:
        moves.forget(here.state_home(), tree, who, " ".join(reason))
        click.echo("the run's records were not to be trusted; it is ended, the journal stays")
        return
    here.tell(moves.abandon(here.state_home(), tree, state, who, " ".join(reason)))
