"""Where the command was called: the tree, its run, and who is at the terminal."""

import os
import sys
from pathlib import Path

import click

from stagelock.core.doors import stranger_at_terminal
from stagelock.core.model import Person, State
from stagelock.store import home, moves, runs
from stagelock.store.plan import units
from stagelock.store.processes import lineage
from stagelock.store.repository import git


def state_home() -> str:
    """Return the state home."""
    return home.state_home()


def live_tree() -> str:
    """Return the live tree at or above the working directory, "" where none is.

    In a worktree where a unit of a plan is built, that is the tree of the run.
    """
    found = home.find_tree(state_home(), [str(Path.cwd().resolve())])
    return found or _built_for(own_tree())


def _built_for(root: str) -> str:
    """Return the tree of the run that builds a unit in the worktree `root`, "" where none does."""
    shared = git.folders(root)[1:]
    tree = str(Path(shared[0]).resolve().parent) if shared else ""
    if not tree or not home.is_live(state_home(), tree):
        return ""
    state, tamper = runs.look(state_home(), tree)
    if state is None or tamper or not units.is_live(state):
        return ""
    now = units.load(state_home(), tree, state)[1]
    return tree if any(at["tree"] == root for at in now["units"].values()) else ""


def own_tree() -> str:
    """Return the tree a run would start in."""
    return git.top(str(Path.cwd().resolve()))


def standing() -> tuple[str, State]:
    """Return the live tree and its state; ends with what to do where there is none to trust."""
    tree = live_tree()
    if not tree:
        raise click.ClickException("no run is live here; start one with: stagelock start two-gates")
    state, tamper = runs.look(state_home(), tree)
    if tamper:
        raise click.ClickException(
            f"the run's records were changed from outside ({tamper}); "
            "put them right with: stagelock doctor --repair"
        )
    if state is None:
        raise click.ClickException("the run has ended; start one with: stagelock start two-gates")
    return tree, state


def is_terminal() -> bool:
    """Say whether somebody may be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def person(tree: str) -> Person:
    """Return who decides; ends with a refusal where it cannot be a person at a terminal."""
    clients, marked = lineage(os.getpid())
    tty = sys.stdin.isatty() and sys.stdout.isatty()
    why = stranger_at_terminal(tty=tty, clients=clients, marked=marked)
    if why:
        raise click.ClickException(
            f"only a person decides, and {why} (rule never/human-door); "
            "open a terminal of your own and call it there"
        )
    return moves.person("terminal", "", tree)


def tell(outcome: "moves.Outcome") -> None:
    """Print what came of a move; a gate that stays shut is exit status 1."""
    for line in outcome["told"]:
        click.echo(line)
    if not outcome["moved"]:
        raise SystemExit(1)
