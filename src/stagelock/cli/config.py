"""`stagelock config`: what holds here, and where each value comes from."""

from __future__ import annotations

import json
from pathlib import Path

import click

from stagelock.authoring.config import json_schema, values
from stagelock.authoring.source import InvalidWorkflow
from stagelock.store import accepted

from . import here

FILE = ".stagelock/config.yaml"


@click.group()
def config() -> None:
    """Show the settings of this project, or the schema of the file they stand in."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show(*, as_json: bool) -> None:
    """Show every setting with the line it comes from, or that it is a default."""
    tree = here.live_tree() or here.own_tree()
    try:
        told = values(Path(tree, FILE), FILE)
    except InvalidWorkflow as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        rows = [{"key": key, "value": value, "from": origin} for key, value, origin in told]
        click.echo(json.dumps(rows, indent=1))
        return
    width = max(len(key) for key, _, _ in told)
    home = here.state_home()
    for key, value, origin in told:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        click.echo(f"{key:<{width}}  {text}   ({origin})")
    for name, command in _commands(told):
        if not accepted.is_accepted(home, tree, name, command):
            click.echo(f"not accepted on this machine: {name}; a person runs: stagelock accept")
    if here.live_tree():
        click.echo("the live run keeps the checks and workflow it started with")


@config.command()
def schema() -> None:
    """Print the JSON Schema of .stagelock/config.yaml, for editors.

    For example: stagelock config schema >.stagelock/config.schema.json, and as the first line of
    the config: # yaml-language-server: $schema=config.schema.json
    """
    click.echo(json.dumps(json_schema(), indent=1))


def _commands(told: list[tuple[str, object, str]]) -> list[tuple[str, str]]:
    names = {key: str(value) for key, value, _ in told}
    return [
        (names[key.replace(".command", ".name")], value)
        for key, value in names.items()
        if key.startswith("checks[") and key.endswith(".command")
    ]
