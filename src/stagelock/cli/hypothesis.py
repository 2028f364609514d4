"""`stagelock hypothesis`: one small change at a time, to show what causes a bug."""

import os
import time

import click

from stagelock.core.fix import hypothesis as core
from stagelock.core.model import Check, Hypothesis, State
from stagelock.store import checks as runner
from stagelock.store.fix import hypotheses
from stagelock.store.library import PACKAGE
from stagelock.store.tree import TreeUnknown

from . import here
from .plain import plain

TIMEOUT = 590  # seconds; the client itself ends a call at 600
WIDTH = 8000
BY_HOOK = "recorded by stagelock's hook, if the client ran exactly this and nothing else"


@click.command()
@click.argument("statement", required=False)
@click.argument("more", metavar="", nargs=-1)
@click.option("--scope", metavar="GLOB...", multiple=True, help="What it may change.")
@click.option(
    "--test", is_flag=True, help="Run the reproduction; whatever comes, the tree is put back."
)
@click.option(
    "--apply", "number", metavar="N", type=int, help="Write the change of attempt N again."
)
def hypothesis(
    *,
    statement: str | None,
    more: tuple[str, ...],
    scope: tuple[str, ...],
    test: bool,
    number: int | None,
) -> None:
    """Open an attempt to show that STATEMENT causes the bug, by a change within the scope.

    In the stage `hypothesis` of /fix. Without a word it lists the attempts, what each came to, and
    where what was undone lies.
    """
    tree, state = here.standing()
    if test:
        raise SystemExit(_test(tree, state))
    if number is not None:
        _apply(tree, state, number)
        return
    if statement is None:
        if scope or more:
            raise click.ClickException(f"say what causes the bug: {core.FORM}")
        _show(state)
        return
    asked = core.asked([statement, "--scope", *scope, *more])
    why = asked["fault"] or hypotheses.refused(tree, state, asked["scope"], asked["says"])[1]
    if why:
        raise click.ClickException(why)
    click.echo(f"hypothesis: {plain(asked['says'])}")
    click.echo(BY_HOOK)


def _show(state: State) -> None:
    tried = core.of(state)
    for it in tried:
        click.echo(plain(core.told(it)))
    if not tried:
        click.echo(core.lacking(state))


def _test(tree: str, state: State) -> int:
    """Run the reproduction as it was seen to fail, in a process group of its own."""
    if core.current(state, core.OPEN) is None:
        raise click.ClickException(f"no hypothesis is open; open one: {core.FORM}")
    command = hypotheses.reproduction(state)
    began = time.time()
    result = runner.run(_as_check(command), tree)
    click.echo(result.tail[-WIDTH:])
    if result.why:
        click.echo(result.why)
    click.echo(f"{command}: exit {result.exit} in {time.time() - began:.1f} s; {BY_HOOK}")
    # the last line is for the hook that watches the client run this command
    click.echo(f"stagelock hypothesis: reproduction={result.exit}")
    return 1 if result.exit else 0


def _as_check(command: str) -> Check:
    launcher = (
        "'" + (PACKAGE[: -len("src/stagelock/")] + "/bin/stagelock").replace("'", "'\\''") + "'"
    )
    named = launcher + command[len("stagelock") :] if command.startswith("stagelock ") else command
    return {
        "name": "reproduction",
        "command": named,
        "timeout": TIMEOUT,
        "gates": [],
        "fast": False,
        "coverage": "",
        "env": [name for name in os.environ if name.startswith("STAGELOCK_")],
    }


def _apply(tree: str, state: State, number: int) -> None:
    it = _numbered(state, number)
    try:
        kept = hypotheses.apply(here.state_home(), tree, it)
    except TreeUnknown as error:
        raise click.ClickException(str(error)) from error
    for path in it["paths"]:
        click.echo(f"  {plain(path)} is as hypothesis {number} had it")
    click.echo(f"what was there before lies in {kept}")


def _numbered(state: State, number: int) -> Hypothesis:
    for it in core.of(state):
        if it["n"] == number and it["phase"] == core.CLOSED and it["paths"]:
            return it
    raise click.ClickException(
        f"hypothesis {number} has no change that lies aside; `stagelock hypothesis` lists them"
    )
