"""`stagelock replay`: run a bug's test again in copies of the tree, without its fix and with it."""

import json

import click

from stagelock.store.fix import bug_records
from stagelock.store.fix import replay as store
from stagelock.store.repository.private_git import GitFailed

from . import here

LAST = "stagelock replay: "


@click.command()
def replay() -> None:
    """Run the reproducing test of a `fix` again, in copies of the tree; exit status 1 if it fakes.

    After `red: ...`: as committed, where it must fail on an assertion, and with the file broken
    that the cause names, where it must fail otherwise. After `green: ...`: without the fix, where
    it must fail again, and with it, where the first reproduction must pass, too.
    """
    tree, state = here.standing()
    if not state["exit"].get("owes"):
        raise click.ClickException("no bug is hunted in this stage; start with: /fix WHAT")
    home = here.state_home()

    try:
        found = store.replay(home, tree, state, click.echo)
        at = bug_records.replayed(home, tree, state)
    except GitFailed as error:
        raise click.ClickException(f"the tree cannot be copied: {error}") from error
    # the last line is for the hook that watches the client run this command
    click.echo(LAST + json.dumps({"at": at, "found": found}, separators=(",", ":")))
    if any(found.values()):
        raise SystemExit(1)
