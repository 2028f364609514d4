"""`stagelock test`: do a workflow's promises hold?"""

from pathlib import Path

import click

from stagelock.authoring.cases import run_cases
from stagelock.authoring.source import InvalidWorkflow

from .judge import judge


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def test(files: tuple[Path, ...]) -> None:
    """Run the case tables in FILES and name every row that does not hold."""
    held = 0
    failed = 0
    for path in files:
        try:
            outcomes = run_cases(path, judge)
        except InvalidWorkflow as error:
            raise click.ClickException(str(error)) from error
        for outcome in outcomes:
            if not outcome.holds:
                click.echo(str(outcome))
        failed += sum(not outcome.holds for outcome in outcomes)
        held += sum(outcome.holds for outcome in outcomes)
    click.echo(f"{held} rows hold, {failed} do not")
    if failed or not held:
        raise SystemExit(1)
