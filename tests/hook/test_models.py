"""Models and effort by role: chosen in a terminal, carried by the dispatch."""

import json
import os
import subprocess
import sys

import pytest

from stagelock.store import models
from tests.support.agents import Agent
from tests.support.world import ROOT, World


def _configure(world: World, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stagelock.cli.main", "configure", *argv],
        env={**world.env(), "PYTHONPATH": str(ROOT / "src"), "PATH": os.environ["PATH"]},
        cwd=world.tree, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_dispatch_carries_the_model_that_was_chosen(world: World) -> None:
    world.typed("/work add login")
    assert Agent(world, "explorer").dispatch().silent
    done = _configure(world, "explorer", "--model", "haiku", "--effort", "low")
    assert done.stdout == "explorer: model haiku, effort low\n", done.stderr
    agent = Agent(world, "explorer", "find it", model="opus")
    agent.dispatch()
    assert agent.sent == {**agent.given, "model": "haiku", "effort": "low"}


def test_a_choice_for_this_repository_comes_before_one_for_everywhere(world: World) -> None:
    world.typed("/work add login")
    _configure(world, "explorer", "--model", "haiku", "--effort", "low")
    _configure(world, "explorer", "--model", "opus", "--here")
    agent = Agent(world, "explorer")
    agent.dispatch()
    assert (agent.sent["model"], agent.sent["effort"]) == ("opus", "low")
    _configure(world, "explorer", "--model", "default", "--here")
    agent.dispatch()
    assert agent.sent["model"] == "haiku"


def test_the_teams_choice_holds_where_a_person_made_none(world: World) -> None:
    team = {"stagelock:explorer": {"model": "sonnet", "effort": "high"}}
    home, tree = str(world.state), str(world.tree)
    assert models.chosen(home, tree, team, "stagelock:explorer") == team["stagelock:explorer"]
    _configure(world, "explorer", "--model", "haiku")
    both = {"model": "haiku", "effort": "high"}
    assert models.chosen(home, tree, team, "stagelock:explorer") == both


def test_without_a_terminal_it_shows_every_role(world: World) -> None:
    _configure(world, "reviewer", "--model", "opus")
    lines = _configure(world).stdout.splitlines()
    assert "reviewer: model opus" in lines
    assert "explorer: default" in lines
    assert len(lines) == len(list((ROOT / "agents").glob("*.md")))


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["stagelock:nobody", "--model", "opus"], "no role `stagelock:nobody`; there are: coord"),
        (["reviewer", "--model", "gpt"], "'gpt' is not one of"),
        (["--model", "opus"], "name the role too"),
    ],
)
def test_what_cannot_be_set_is_said(world: World, argv: list[str], told: str) -> None:
    done = _configure(world, *argv)
    assert done.returncode != 0
    assert told in done.stderr


def test_a_damaged_choice_costs_a_preference_and_no_dispatch(world: World) -> None:
    world.typed("/work add login")
    (world.state / "models.json").write_text(json.dumps([1])[:-1])
    assert Agent(world, "explorer").dispatch().silent
