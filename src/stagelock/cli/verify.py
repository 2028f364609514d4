"""`stagelock verify`: run the checks of the project, show what came, and record it as evidence."""

import os
import sys
import time
from collections.abc import Callable

import click

from stagelock.core.evidence import chosen, holds
from stagelock.core.model import Check, Evidence, Person, State
from stagelock.core.plan.units import APART
from stagelock.store import checks as runner
from stagelock.store import coverage, evidence, library, moves, records
from stagelock.store.plan import units
from stagelock.store.processes import lineage

from . import here
from .accept import require
from .tracker import follow

WIDTH = 24  # of the bar
TAIL = 40  # lines of a failing check that are shown
MOST = 16_000  # characters of them all; the client cuts what is longer than 30,000
NONE = (
    "this project declares no checks, so there is nothing to verify; declare them under `checks` "
    "in .stagelock/config.yaml"
)


@click.command()
@click.argument("names", metavar="[CHECK]...", nargs=-1)
@click.option("--fast", is_flag=True, help="Only the checks that are declared `fast`.")
@click.option("--unit", default="", help="In the worktree where that unit is built, if it has one.")
def verify(*, names: tuple[str, ...], fast: bool, unit: str) -> None:
    """Run the named checks, or all, on the tree as it is; exit status 1 unless all hold."""
    tree, state = _where()
    root = _built_in(tree, state, unit.upper()) if unit else tree
    declared = state["checks"] if state else _settings(tree)
    picked = _picked(declared, names, fast=fast)
    require(tree, picked)
    recorder = _recorder(tree, state, root)
    made = [_one(root, check, recorder, MOST // len(picked)) for check in picked]
    click.echo("")
    if recorder.state and made:
        recorder.keep(made)
    if recorder.why:
        click.echo(recorder.why)
    follow()
    # the last line is for the hook that watches the client run this command
    told = " ".join(f"{m['check']}={m['exit']}/{m['seconds']:.2f}" for m in made)
    click.echo(f"stagelock verify: {told}")
    if not all(m["exit"] == 0 and not m["why"] for m in made):
        raise SystemExit(1)


def _where() -> tuple[str, State | None]:
    if not here.live_tree():
        return here.own_tree(), None
    return here.standing()


def _built_in(tree: str, state: State | None, name: str) -> str:
    """Return the tree in which a unit is built."""
    if state is None or state.get("units") is None:
        raise click.ClickException("no plan of units is carried out here; call it without --unit")
    at = units.load(here.state_home(), tree, state)[1]["units"].get(name)
    if at is None:
        raise click.ClickException(f"the plan has no unit `{name}`; see: stagelock status")
    if at["tree"] == APART:
        raise click.ClickException(f"no coder of `{name}` was seen in its worktree yet")
    return at["tree"] or tree


def _settings(tree: str) -> list[Check]:
    try:
        return library.library(tree)["settings"]["checks"]
    except library.Unreadable as error:
        raise click.ClickException(str(error)) from error


def _picked(declared: list[Check], names: tuple[str, ...], *, fast: bool) -> list[Check]:
    if not declared:
        raise click.ClickException(NONE)
    unknown = [name for name in names if name not in {check["name"] for check in declared}]
    if unknown:
        known = ", ".join(check["name"] for check in declared)
        raise click.ClickException(f"no check `{unknown[0]}`; declared are: {known}")
    wanted = chosen(["--fast"] if fast and not names else list(names), declared)
    if not wanted:
        raise click.ClickException("no check is declared `fast`; call it without --fast")
    return [check for check in declared if check["name"] in wanted]


class _Recorder:
    """Whether this process may record: only outside the agent's shell, for a live run."""

    def __init__(self, tree: str, state: State | None, why: str, root: str) -> None:
        self.tree = tree
        self.root = root  # where the checks run: the tree, or a worktree of the run
        self.state = state
        self.why = why

    def look(self) -> str:
        """Return the tree id, "" where it is not needed or cannot be taken."""
        if self.state is None:
            return ""
        now, why = evidence.tree_now(here.state_home(), self.root)
        if why:
            self.why = f"not recorded: the tree id cannot be taken: {why}"
        return now

    def keep(self, made: list[Evidence]) -> None:
        """Record what came."""
        who = moves.person("terminal", "", self.tree)
        try:
            after = _kept(self, who, made)
        except records.Conflict as error:
            raise click.ClickException(str(error)) from error
        if after is None:
            self.why = "not recorded: the run ended, or its records were changed from outside"


def _kept(recorder: _Recorder, who: Person, made: list[Evidence]) -> State | None:
    home, tree, root = here.state_home(), recorder.tree, recorder.root
    if root == tree:
        return evidence.keep(home, tree, who, made)
    return evidence.keep_beside(home, tree, root, who, made)


def _recorder(tree: str, state: State | None, root: str) -> _Recorder:
    if state is None:
        return _Recorder(tree, None, "not recorded: no run is live here", root)
    clients, marked = lineage(os.getpid())
    if clients or marked:
        why = "recorded by stagelock's hook, if the client ran exactly this and nothing else"
        return _Recorder(tree, None, why, root)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _Recorder(tree, None, "not recorded: this is not a person's terminal", root)
    return _Recorder(tree, state, "", root)


def _one(tree: str, check: Check, recorder: _Recorder, share: int) -> Evidence:
    before = recorder.look()
    began = time.time()
    progress = _progress(check)
    result = runner.run(check, tree, progress)
    if progress:
        sys.stderr.write("\r\x1b[K")
    after = recorder.look()
    why = result.why
    if result.exit == 0 and not why and check["coverage"]:
        why = coverage.shortfall(tree, check["coverage"], began)
    who = moves.person("terminal", "", tree)
    made: Evidence = {
        "check": check["name"],
        "command": check["command"],
        "exit": result.exit,
        "seconds": result.seconds,
        "tail": result.tail,
        "digest": result.digest,
        "before": before,
        "after": after,
        "why": why,
        "how": "ran",
        "program": evidence.program(check["command"], tree),
        "flaky": False,
        "run": recorder.state["run"] if recorder.state else "",
        "by": who["by"],
        "session": "",
        "at": who["at"],
    }
    _show(tree, made, result.left, share)
    return made


def _show(tree: str, made: Evidence, left: int, share: int) -> None:
    """Say in a line how it went; a failing one shows how it ended."""
    held = made["exit"] == 0 and not made["why"]
    how = (
        "passed" if held else f"failed (exit {made['exit']})" if made["exit"] else "does not count"
    )
    click.echo(f"{made['check']}: {how} in {made['seconds']:.1f} s: {made['command']}")
    if not held and made["tail"]:
        for line in made["tail"][-share:].splitlines()[-TAIL:]:
            click.echo("  | " + line[:400])
    if made["why"]:
        click.echo(f"  {made['why']}")
    if made["before"] and made["after"] and not holds({**made, "exit": 0, "why": ""}):
        files = evidence.changed(here.state_home(), tree, made["before"])
        click.echo(f"  it changed the tree, so it does not count: {evidence.some(files)}")
        click.echo("  what it only caches belongs into .gitignore; then run it again")
    if left:
        click.echo(f"  it left {left} processes behind; they were ended")


def _progress(check: Check) -> Callable[[float, int], None] | None:
    """A bar with the time so far, where a person is looking."""
    if not sys.stderr.isatty():
        return None

    def draw(seconds: float, size: int) -> None:
        full = min(WIDTH, int(WIDTH * seconds / check["timeout"]))
        bar = "#" * full + "-" * (WIDTH - full)
        of = f"{seconds:5.1f} of {check['timeout']} s"
        sys.stderr.write(f"\r{check['name']} [{bar}] {of}, {size / 1e6:.1f} MB\x1b[K")
        sys.stderr.flush()

    return draw
