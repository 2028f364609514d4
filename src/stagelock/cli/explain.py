"""`stagelock explain`: how a command is read, and what each stage answers."""

import json
from typing import Any

import click

from stagelock.core.evidence import gate_of
from stagelock.core.model import Policy
from stagelock.core.shell.reading import read_command
from stagelock.core.shell.vcs_words import asked
from stagelock.store import library, runs

from . import here
from .judge import judge


@click.command()
@click.argument("command")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def explain(command: str, *, as_json: bool) -> None:
    """Show what COMMAND would do, part by part, and the rule that answers in each stage."""
    reading = read_command(command)
    policy = _policy()
    answers = {stage: judge(policy, stage, "main", "Bash", command) for stage in policy["stages"]}
    if as_json:
        told: dict[str, Any] = {**reading, "workflow": policy["workflow"], "answers": answers}
        click.echo(json.dumps(told, indent=1))
        return
    for part in reading["parts"]:
        why = f": {part['reason']}" if part["reason"] else ""
        click.echo(f"{part['text']}\n  {part['effect']}{why}")
    if reading["reason"] and not command.rstrip().endswith(reading["parts"][-1]["text"]):
        click.echo("what stands after that was not read: one such part decides for the whole call")
    click.echo(f"in {policy['workflow']}:")
    for stage, (answer, rule) in answers.items():
        unless = _unless(policy, stage, command) if answer == "allow" else ""
        click.echo(f"  {stage:<12} {answer:<6} {rule}{unless}")


def _unless(policy: Policy, stage: str, command: str) -> str:
    """Say which rule answers while a check that the call takes was not seen to pass."""
    gates = policy["stages"][stage]["vcs"]
    takes = any(gates.get(gate_of(verb)) for verb in asked(command))
    return f", or deny {stage}/unverified until its checks hold" if takes else ""


def _policy() -> Policy:
    """The workflow of the live run, else the lifecycle."""
    tree = here.live_tree()
    state = runs.look(here.state_home(), tree)[0] if tree else None
    if state is not None:
        return runs.policy_of(here.state_home(), tree, state)
    return library.library(here.own_tree())["policies"]["lifecycle"]
