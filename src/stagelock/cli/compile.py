"""`stagelock compile`: are the tree's own config and workflows right?"""

import json
from pathlib import Path

import click

from stagelock.authoring.config import load_library
from stagelock.authoring.doubts import doubts_of_tree
from stagelock.authoring.source import InvalidWorkflow

from . import here


@click.command()
@click.argument("tree", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs, hooks among them.")
def compile_tree(tree: str | None, *, as_json: bool) -> None:
    """Compile .stagelock/ of TREE (this tree if not given) and report every mistake."""
    place = Path(tree or here.own_tree())
    try:
        library = load_library(place)
    except InvalidWorkflow as error:
        mistakes = [str(mistake) for mistake in error.mistakes]
        click.echo(json.dumps({"errors": mistakes}) if as_json else "\n".join(mistakes))
        raise SystemExit(1) from error
    if as_json:
        click.echo(json.dumps({"library": library}))
        return
    names = ", ".join(library["policies"]) or "none of its own"
    click.echo(f"right; workflows: {names}")
    for doubt in doubts_of_tree(place):
        click.echo(f"doubt: {doubt}")
