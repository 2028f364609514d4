"""`stagelock init`: look at a project, write its config, offer the rest, say what to type first."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from stagelock.authoring.config import load_library
from stagelock.authoring.detect import Found, detect
from stagelock.authoring.draft import added, draft, undeclared
from stagelock.authoring.source import InvalidWorkflow
from stagelock.core.doors import stranger_at_terminal
from stagelock.store import accepted, client_settings, traces
from stagelock.store.processes import lineage
from stagelock.store.repository import git_hooks, person_git

from . import here
from .accept import pending

if TYPE_CHECKING:
    from stagelock.authoring.detect import Proposal

CONFIG = ".stagelock/config.yaml"
FIRST = (
    "in Claude Code, in this folder, type: /work TOPIC      (a plan, your yes, the code, your yes)"
)


@click.command()
@click.option(
    "--yes", is_flag=True, help="Take the proposed checks and the git hooks; ask nothing."
)
@click.option(
    "--git-hooks/--no-git-hooks", "hooks", default=None, help="Also ask the books in git."
)
@click.option("--notes/--no-notes", default=None, help="Let evidence travel as git notes.")
@click.option("--status-line/--no-status-line", "line", default=None, help="Show the stage always.")
def init(*, yes: bool, hooks: bool | None, notes: bool | None, line: bool | None) -> None:
    """Set this project up: five questions at most, and nothing is overwritten.

    Looks at the project's files, runs nothing of it, and writes .stagelock/config.yaml. What only a
    person may decide (accepting commands, hooks, settings) is left out for a program, and named.
    """
    tree = here.own_tree()
    if here.live_tree():
        here.person(tree)
    clients, marked = lineage(os.getpid())
    is_person = not stranger_at_terminal(tty=here.is_terminal(), clients=clients, marked=marked)
    caller = Caller(tree, is_person, asks=is_person and not yes)
    found = detect(Path(tree))
    _show(found)
    agreed = _write_config(caller, found.proposals)
    _accept(caller, found.proposals if agreed else [])
    wanted = yes if hooks is None and not caller.asks else hooks
    _git_hooks(caller, wanted=wanted, notes=notes)
    _status_line(caller, wanted=line)
    click.echo(f"next: {FIRST}")
    click.echo("undo: stagelock uninstall")


class Caller(NamedTuple):
    """Who called, and where."""

    tree: str
    is_person: bool  # at a terminal of their own
    asks: bool  # whether questions are put

    def may(self, question: str, *, said: bool | None) -> bool:
        """Return what a flag said, else the answer to the question, else no."""
        if said is not None:
            return said
        return self.asks and click.confirm(question, default=True)


def _show(found: Found) -> None:
    for proposal in found.proposals:
        click.echo(f"  {proposal.name}: {proposal.command}")
        click.echo(f"      {_plain(f'{proposal.at} {proposal.why}')}")
    for note in found.notes:
        click.echo(f"  note: {_plain(note)}")
    if not found.proposals:
        click.echo("  no check was found; name your own in the config, or write one and call again")


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _write_config(caller: Caller, proposals: list[Proposal]) -> bool:
    """Write the config, or add to the one there; says whether the checks were agreed to."""
    path = Path(caller.tree, CONFIG)
    if path.exists():
        return _add_to_config(path, caller, proposals)
    question = f"write {CONFIG} with these checks? they also may run here then, as you"
    if caller.asks and not click.confirm(question, default=True):
        return False
    path.parent.mkdir(exist_ok=True)
    _put(path, draft(proposals), caller.tree)
    click.echo(f"wrote {CONFIG}")
    return True


def _add_to_config(path: Path, caller: Caller, proposals: list[Proposal]) -> bool:
    before = path.read_text(encoding="utf-8", errors="surrogateescape")
    missing = undeclared(before, proposals)
    if not missing:
        click.echo(f"{CONFIG} is there, and stays as it is")
        return False
    after = added(before, missing)
    if not after:
        click.echo(f"{CONFIG} has a list of checks, and stays as it is; not in it:")
        click.echo("\n".join(f"  {p.name}: {p.command}" for p in missing))
        return False
    lines = before.splitlines(), after.splitlines()
    diff = difflib.unified_diff(*lines, CONFIG, f"{CONFIG} with the checks", n=1, lineterm="")
    click.echo("\n".join(_plain(line) for line in diff))
    if not caller.asks:
        click.echo(f"{CONFIG} is there, and stays as it is; a person may add this: stagelock init")
        return False
    question = f"add this to {CONFIG}? the checks also may run here then, as you"
    if not click.confirm(question, default=False):
        return False
    _put(path, after, caller.tree)
    click.echo(f"added to {CONFIG}")
    return True


def _put(path: Path, text: str, tree: str) -> None:
    aside = path.with_name("config.yaml.new")
    aside.write_text(text, encoding="utf-8", errors="surrogateescape")
    aside.replace(path)
    traces.remember_written(here.state_home(), tree, path)


def _accept(caller: Caller, agreed: list[Proposal]) -> None:
    """A person who has just seen a command and said yes to it need not be asked again."""
    try:
        declared = load_library(Path(caller.tree))["settings"]["checks"]
    except InvalidWorkflow as error:
        click.echo(f"{error}\nmend this, then: stagelock compile")
        return
    seen = {(proposal.name, proposal.command) for proposal in agreed}
    left = []
    for check in pending(caller.tree, declared):
        name, command = check["name"], check["command"]
        if caller.is_person and (name, command) in seen:
            who = here.person(caller.tree)
            accepted.accept(here.state_home(), caller.tree, name, command, who)
        else:
            left.append(name)
    if left:
        told = "run only after a person accepted them: stagelock accept"
        click.echo(f"{', '.join(left)} {told}")


def _git_hooks(caller: Caller, *, wanted: bool | None, notes: bool | None) -> None:
    try:
        if git_hooks.holds(git_hooks.status(caller.tree)):
            return
    except git_hooks.NotHere:
        if wanted:
            click.echo("no git repository here, so no git hooks; make one with: git init")
        return
    if not caller.may("have git itself ask the books, beside your own hooks?", said=wanted):
        return
    if not caller.is_person:
        click.echo("git hooks are a person's to install: stagelock git-hooks install")
        return
    question = "may evidence travel with your commits, as git notes that a push takes along?"
    agreed = caller.may(question, said=notes)
    for line in git_hooks.install(here.state_home(), caller.tree, notes=agreed):
        click.echo(line)


def _status_line(caller: Caller, *, wanted: bool | None) -> None:
    try:
        if client_settings.is_set(caller.tree):
            return
        question = "show the stage in your status line here? (.claude/settings.local.json)"
        if not caller.may(question, said=wanted):
            return
        if not caller.is_person:
            click.echo("client settings are a person's to change: stagelock init --status-line")
            return
        own = client_settings.add_line(here.state_home(), caller.tree)
    except client_settings.Unwritable as error:
        click.echo(f"no status line: {error}")
        return
    click.echo("status line set" + (f", around yours: {_plain(own)}" if own else ""))
    local = client_settings.LOCAL
    if person_git.ask(caller.tree, "status", "--porcelain", "-uall", "--", local):
        click.echo(
            f"keep {local} out of git, it names a path of this machine: add it to .gitignore"
        )
