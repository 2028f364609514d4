"""A pause for one prompt in the real client: what the client calls one prompt, and its end."""

import json
from pathlib import Path

import pytest

from . import play
from .support.client import Client, git_project
from .support.model import Block, Model, call, say
from .support.terminal import Terminal

pytestmark = pytest.mark.client


def _write(client: Client, name: str) -> Block:
    return call("Write", file_path=str(client.project / name), content="x = 1\n")


def test_a_pause_for_one_prompt_covers_its_agents_and_ends_with_its_turn(
    version: str, tmp_path: Path
) -> None:
    agent = call("Agent", description="x", prompt="x", subagent_type="general-purpose",
                 run_in_background=False)  # fmt: skip
    with Model([[say("Planning.")]]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"README.md": "x\n"})
        with Terminal(client, mode="bypassPermissions") as terminal:
            terminal.type("/stagelock:work add login")
            terminal.wait_for("Planning.")
            model.add([_write(client, "a.py")], [agent], [say("Both are written.")])
            model.agents = [[[_write(client, "b.py")], [say("STATUS: DONE")]]]
            terminal.type("/stagelock:off prompt write these two")
            terminal.wait_for("off for this prompt")
            terminal.wait_for("Both are written.")
            assert (client.project / "a.py").exists()
            assert play.settle((client.project / "b.py").exists), "its agent is part of it"
            assert play.settle(lambda: len(_offs(client.project)) == 2)
            model.add([_write(client, "c.py")], [say("It was refused.")])
            terminal.type("one more")
            terminal.wait_for("It was refused.")
            assert not (client.project / "c.py").exists()
    # newer clients send the agent to the background, and prompt with what came of it
    assert _offs(client.project)[1] in ("the prompt ended", "the next prompt came")


def test_a_pause_for_a_session_ends_when_the_client_is_left(version: str, tmp_path: Path) -> None:
    with Model([[say("Planning.")]]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"README.md": "x\n"})
        with Terminal(client, mode="bypassPermissions") as terminal:
            terminal.type("/stagelock:work add login")
            terminal.wait_for("Planning.")
            model.add([say("Paused.")])
            terminal.type("/stagelock:off session a spike")
            terminal.wait_for("Paused.")
            model.add([_write(client, "a.py")], [say("It is written.")])
            terminal.type("go on")
            terminal.wait_for("It is written.")
            assert (client.project / "a.py").exists()
            terminal.type("/exit")
            play.settle(lambda: len(_offs(client.project)) == 2)
        assert _offs(client.project) == ["a spike", "the session ended"]


def _offs(project: Path) -> list[str]:
    lines = (project / ".stagelock/journal.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines if line]
    return [entry["why"] for entry in entries if entry["event"] == "off"]
