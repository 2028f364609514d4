"""`stagelock off`: pause the stage's rules."""

import click

from stagelock.core.step import OFF_MINUTES, OFF_MOST
from stagelock.store import moves

from . import here


@click.command()
@click.argument("reason", nargs=-1)
@click.option(
    "--minutes",
    default=OFF_MINUTES,
    show_default=True,
    type=click.IntRange(0, OFF_MOST),
    help="0 ends a pause.",
)
def off(reason: tuple[str, ...], minutes: int) -> None:
    """Pause the stage's rules for some minutes; REASON goes into the journal.

    For one prompt, or one session, of the client, type there: /off prompt REASON (session REASON).
    """
    tree, state = here.standing()
    if minutes and not reason:
        raise click.ClickException("a reason is needed: stagelock off REASON")
    why = " ".join(reason) or "on again"
    here.tell(moves.off(here.state_home(), tree, state, here.person(tree), minutes, why))
