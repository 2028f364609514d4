"""`stagelock graph`: a workflow as a picture, for documents and for thinking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stagelock.core.history import spans, text
from stagelock.store import journal, library, runs

from . import here
from .chart import END, ways
from .drawing import svg

if TYPE_CHECKING:
    from stagelock.core.model import Policy


@click.command()
@click.argument("workflow", required=False)
@click.option("--svg", "as_svg", is_flag=True, help="A drawing instead of Mermaid text.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it there.")
def graph(workflow: str | None, *, as_svg: bool, out: Path | None) -> None:
    """Draw WORKFLOW, shipped or the team's own; without a name, the live run's, and where it is."""
    policy, marks = _chosen(workflow)
    drawn = svg(policy, marks) if as_svg else mermaid(policy, marks)
    if out:
        out.write_text(drawn + "\n")
        click.echo(f"written to {out}")
    else:
        click.echo(drawn)


def mermaid(policy: Policy, marks: dict[str, str]) -> str:
    """Return the chart as Mermaid's state diagram, which GitHub shows as a picture."""
    names = {stage: f"s{n}" for n, stage in enumerate(policy["stages"], 1)} | {END: "[*]"}
    lines = ["stateDiagram-v2", "  direction LR"]
    lines += [f'  state "{stage}" as {names[stage]}' for stage in policy["stages"]]
    lines += [f"  [*] --> {names[stage]}" for stage in policy["enter"]]
    lines += [
        f"  {names[way.start]} --> {names[way.to]}: {way.word.replace(': ', ' ')}"
        for way in ways(policy)
    ]
    lines += [
        f"  note right of {names[stage]}: the run is here"
        for stage, mark in marks.items()
        if mark == "here"
    ]
    return "\n".join(lines)


def marks_of(tree: str, run: str, stage: str) -> dict[str, str]:
    """Say which stages of a run are done, and where it is, by the journal."""
    found = [s for s in spans(journal.read(tree)[0]) if s["run"] == run]
    done = {s["stage"]: "done" for s in found if s["left"] in ("approved", "passed", "done")}
    return {**done, stage: "here"} if stage else done


def _chosen(workflow: str | None) -> tuple[Policy, dict[str, str]]:
    tree = here.live_tree()
    state = runs.look(here.state_home(), tree)[0] if tree else None
    if state is not None and workflow in (None, state["workflow"]):
        policy = runs.policy_of(here.state_home(), tree, state)
        return policy, marks_of(tree, text({**state}, "run"), state["stage"])
    try:
        policies = library.library(here.own_tree())["policies"]
    except library.Unreadable as error:
        raise click.ClickException(str(error)) from error
    if workflow is None:
        raise click.ClickException(f"no run is live here; name one of: {', '.join(policies)}")
    if workflow not in policies:
        raise click.ClickException(f"no workflow `{workflow}`; there are: {', '.join(policies)}")
    return policies[workflow], {}
