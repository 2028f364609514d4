"""`stagelock restore`: put back what a command changed behind the stage's rules."""

import click

from stagelock.core.taint import shown
from stagelock.store import records, taints
from stagelock.store.tree import TreeUnknown

from . import here

HOWS = {
    "added": "was added: moved away",
    "changed": "was changed: put back",
    "deleted": "was deleted: put back",
    "mode": "got other rights: put back",
}
CLEAN = "all is as it was; clear the taint?"


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
        spoilt = taints.spoilt(home, state)
        for spot, changes in spoilt:
            for change in changes:
                where = "" if spot["root"] == tree else spot["root"][len(tree) + 1 :] + "/"
                click.echo(f"  {where}{shown(change['path'])} {HOWS[change['how']]}")
        if not yes:
            is_any = any(changes for _, changes in spoilt)
            click.confirm("put back?" if is_any else CLEAN, abort=True)
        _, kept = taints.restore(home, tree, state, who)
    except TreeUnknown as error:
        raise click.ClickException(str(error)) from error
    except records.Conflict as error:
        raise click.ClickException(f"{error}: call it again") from error
    click.echo("the tree is as it was; the run is no longer tainted")
    for folder in kept:
        click.echo(f"what was there now lies in {folder}")
