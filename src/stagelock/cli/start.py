"""`stagelock start`: begin a run from a terminal."""

import click

from stagelock.store import library, moves, records

from . import here


@click.command()
@click.argument("workflow")
@click.argument("topic", nargs=-1)
@click.option("--stage", default="", help="Where to enter, if not at the first stage.")
def start(workflow: str, topic: tuple[str, ...], stage: str) -> None:
    """Begin a run of WORKFLOW about TOPIC in this tree."""
    tree = here.own_tree()
    who = here.person(tree)
    try:
        shelf = library.library(tree)
    except library.Unreadable as error:
        raise click.ClickException(str(error)) from error
    if workflow not in shelf["policies"]:
        raise click.ClickException(
            f"no workflow `{workflow}`; there are: {', '.join(shelf['policies'])}"
        )
    policy = shelf["policies"][workflow]
    entrance = stage or policy["enter"][0]
    if entrance not in policy["enter"]:
        raise click.ClickException(
            f"`{workflow}` is not entered at `{entrance}`; enter at: {', '.join(policy['enter'])}"
        )
    try:
        outcome = moves.start(
            here.state_home(),
            tree,
            policy,
            entrance,
            " ".join(topic),
            shelf["settings"],
            who,
        )
    except records.Conflict as error:
        raise click.ClickException(f"{error}; see: stagelock status") from error
    here.tell(outcome)
