"""`stagelock restore`: put back what a command changed behind the stage's rules."""

import click

from stagelock.core.taint import shown
from stagelock.store import runs, taints
from stagelock.store.tree import TreeUnknown

from . import here

HOWS = {
    "added": "was added: moved away",
    "changed": "was changed: put back",
    "deleted": "was deleted: put back",
    "mode": "got other rights: put back",
}


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask again.")
def restore(*, yes: bool) -> None:
    """Put the files of a tainted run back as they were; what is there now is kept aside."""
    tree, state = here.standing()
    if not state.get("taint"):
        click.echo("the run is not tainted; nothing to put back")
        return
    who = here.person(tree)
    home = here.state_home()
    try:
        spoilt = taints.spoilt(home, tree, state)
        for change in spoilt:
            click.echo(f"  {shown(change['path'])} {HOWS[change['how']]}")
        if not yes:
            click.confirm(
                "put back?" if spoilt else "all is as it was; clear the taint?", abort=True
            )
        _, kept = taints.restore(home, tree, state, who)
    except (TreeUnknown, runs.Conflict) as error:
        raise click.ClickException(f"{error}: call it again") from error
    click.echo("the tree is as it was; the run is no longer tainted")
    if kept:
        click.echo(f"what was there now lies in {kept}")
