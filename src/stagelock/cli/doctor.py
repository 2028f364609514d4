"""`stagelock doctor`: are the run's records whole, and put them right."""

import shutil
import subprocess
import sys

import click

from stagelock.store import box, journal, library, moves, runs

from . import here


@click.command()
@click.option("--repair", is_flag=True, help="Put the stage file back as the second record has it.")
def doctor(*, repair: bool) -> None:
    """Check the interpreter, the records of the live run and its journal."""
    ok = _interpreter()
    _box()
    tree = here.live_tree()
    if not tree:
        click.echo("run      none is live here")
        raise SystemExit(0 if ok else 1)
    if repair:
        who = here.person(tree)
        try:
            click.echo("repair   " + moves.repair(here.state_home(), tree, who))
        except LookupError as error:
            raise click.ClickException(
                f"{error}; end the run with: stagelock abandon REASON"
            ) from error
    _, tamper = runs.look(here.state_home(), tree)
    fault = runs.journal_fault(here.state_home(), tree)
    _, torn = journal.read(tree)
    click.echo(f"records  {tamper or 'whole'}")
    click.echo(f"journal  {fault or 'whole'}" + (f", {torn} lines torn" if torn else ""))
    if tamper:
        click.echo("next     stagelock doctor --repair, in a terminal of your own")
    raise SystemExit(0 if ok and not tamper and not fault else 1)


def _box() -> None:
    """Say which read-only box works here; without one, stagelock only refuses more."""
    done = subprocess.run(
        ["/bin/sh", box.LAUNCH, "ro", "--which"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        click.echo("box      none works here; install bubblewrap to run checks in locked stages")
    else:
        click.echo(f"box      {done.stdout.strip()} (stagelock ro -- 'COMMAND')")


def _interpreter() -> bool:
    """The hooks start a python3 of their own: show which, and that it can read the package."""
    python = "/usr/bin/python3" if shutil.which("/usr/bin/python3") else "python3"
    source = library.PACKAGE[: -len("stagelock/")]
    probe = f"import sys; sys.path.insert(0, {source!r}); import stagelock.hook.main"
    try:
        done = subprocess.run([python, "-I", "-S", "-c", probe], capture_output=True, check=False)
    except OSError as error:
        click.echo(f"python   {python} does not start: {error}; install Python 3.9 or newer")
        return False
    if done.returncode:
        click.echo(
            f"python   {python} cannot run the hooks:\n{done.stderr.decode(errors='replace')}"
        )
        return False
    click.echo(f"python   {python} runs the hooks (this command runs on {sys.executable})")
    return True
