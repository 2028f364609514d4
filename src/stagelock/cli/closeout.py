"""`stagelock closeout`: the closing note of a run, drafted from the journal."""

import click

from stagelock.core.closeout import draft
from stagelock.core.history import spans
from stagelock.store import journal, records

from . import here
from .plain import plain


@click.command()
@click.option("--run", default="", help="Which run; the live one, else the last, if not given.")
def closeout(*, run: str) -> None:
    """Draft the closing note: what was done, what was left, what to watch.

    Read it, say what no record knows, and keep it beside the other artifacts of the run.
    """
    tree = here.live_tree() or here.own_tree()
    records.settle(here.state_home(), tree)
    entries = journal.read(tree)[0]
    known = list(dict.fromkeys(span["run"] for span in spans(entries) if span["run"]))
    if not known:
        raise click.ClickException("no run has been here yet; start one with /work TOPIC")
    if run and run not in known:
        named = ", ".join(known)
        raise click.ClickException(f"no run `{plain(run)}` in the journal; there are: {named}")
    text = draft(entries, run or known[-1])
    click.echo("\n".join(plain(line) for line in text.splitlines()))
