"""`stagelock configure`: which model and effort each role works with."""

import sys

import click

from stagelock.core.agents.roles import EFFORTS, MODELS, OURS, ROLES, is_ours, short
from stagelock.store import models

from . import here

DEFAULT = "default"  # what the agent file or the session has


@click.command()
@click.argument("role", required=False)
@click.option("--model", type=click.Choice([*MODELS, DEFAULT]), help="What the role works with.")
@click.option("--effort", type=click.Choice([*EFFORTS, DEFAULT]), help="Newer clients only.")
@click.option("--here", "is_here", is_flag=True, help="In this repository alone.")
def configure(role: str | None, *, model: str | None, effort: str | None, is_here: bool) -> None:
    """Set model and effort of ROLE; asks for each role at a terminal, else shows what is set.

    It acts from the next dispatch on and leaves the agent files alone. An agent of your own is
    named in full.
    """
    tree = here.own_tree() if is_here else ""
    if role:
        name = _named(role)
        if not (model or effort):
            click.echo(_line(name, models.own(here.state_home(), tree).get(name, {})))
            return
        _choose(tree, name, model, effort)
    elif model or effort:
        raise click.ClickException("name the role too: stagelock configure ROLE --model ...")
    elif sys.stdin.isatty() and sys.stdout.isatty():
        for name in ROLES:
            _ask(tree, name)
        return
    for name in [_named(role)] if role else ROLES:
        click.echo(_line(name, models.own(here.state_home(), tree).get(name, {})))


def _named(role: str) -> str:
    name = OURS + role if OURS + role in ROLES else role
    if is_ours(name) and name not in ROLES:
        raise click.ClickException(f"no role `{role}`; there are: {', '.join(map(short, ROLES))}")
    return name


def _ask(tree: str, name: str) -> None:
    before = models.own(here.state_home(), tree).get(name, {})
    chosen = {
        field: click.prompt(
            f"{short(name)} {field}",
            default=before.get(field, DEFAULT),
            type=click.Choice([*known, DEFAULT]),
        )
        for field, known in (("model", MODELS), ("effort", EFFORTS))
    }
    _choose(tree, name, chosen["model"], chosen["effort"])


def _choose(tree: str, name: str, model: str | None, effort: str | None) -> None:
    choice = models.own(here.state_home(), tree).get(name, {}).copy()
    for field, value in (("model", model), ("effort", effort)):
        if value == DEFAULT:
            choice.pop(field, None)
        elif value:
            choice[field] = value
    models.choose(here.state_home(), tree, name, choice)


def _line(name: str, choice: dict[str, str]) -> str:
    told = ", ".join(f"{field} {value}" for field, value in choice.items())
    return f"{short(name)}: {told or DEFAULT}"
