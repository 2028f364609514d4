"""`stagelock approve`: the door in a terminal outside the client."""

import click

from stagelock.store import artifacts, evidence, moves, records

from . import here
from .tracker import follow


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask again.")
def approve(*, yes: bool) -> None:
    """Approve the current stage, as a person, after seeing what is approved."""
    tree, state = here.standing()
    who = here.person(tree)
    if "terminal" not in state["approval"]["doors"]:
        raise click.ClickException(
            "this project takes approvals in the client: type /approve there"
        )
    click.echo(f"run `{state['run']}`, stage `{state['stage']}`")
    for artifact in artifacts.owed(tree, state):
        click.echo("  " + moves.summary(artifact, ""))
    for path in artifacts.stale(tree, state):
        click.echo(f"  {path} changed after its approval and is approved again")
    for line in evidence.shown(here.state_home(), tree, state):
        click.echo(f"  {line}")
    if not yes:
        click.confirm("approve?", abort=True)
    try:
        here.tell(moves.approve(here.state_home(), tree, state, who))
    except records.Conflict as error:
        raise click.ClickException(f"{error}: call it again") from error
    follow()
