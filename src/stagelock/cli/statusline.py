"""`stagelock statusline`: one line for the client's status line."""

import subprocess
import sys

import click

from stagelock.store.library import PACKAGE

SCRIPT = PACKAGE[: -len("src/stagelock/")] + "/hooks/line.py"


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("own", nargs=-1, type=click.UNPROCESSED)
def statusline(own: tuple[str, ...]) -> None:
    """Print run, stage and what the exit needs, from the client's JSON on standard input.

    In the client's settings, with the full path of bin/stagelock:
    {"statusLine": {"type": "command", "command": ".../bin/stagelock statusline"}}.
    A status line you have already goes after two dashes: stagelock statusline -- 'YOUR COMMAND'.

    bin/stagelock takes a shorter road to the same script; this is for everybody else.
    """
    argv = [sys.executable, "-I", "-S", SCRIPT, *(["--", *own] if own else [])]
    raise SystemExit(subprocess.run(argv, check=False).returncode)
