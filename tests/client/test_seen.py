"""What a person sees in the real client: the status line, and that it tells when hooks are off."""

import json
import re
import time
from pathlib import Path

import pytest

from tests.support.artifacts import DESIGN

from . import play
from .support.client import ROOT, Client, git_project
from .support.model import Model, call, say
from .support.terminal import Terminal

pytestmark = pytest.mark.client

RUN = "docs/stagelock/add-login"


def test_the_status_line_shows_the_stage_and_never_cries_wolf(version: str, tmp_path: Path) -> None:
    with Model([[say("Designing.")]]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"README.md": "x\n"})
        seen = _with_status_line(client, tmp_path)
        with Terminal(client) as terminal:
            terminal.wait_for("mine")
            terminal.type("/stagelock:design add login")
            terminal.wait_for("mine [design] add-login · `design.md` is missing or is not text")
            model.add(
                [call("Read", file_path=str(client.project / "README.md"))],
                [call("Bash", command="ls", description="x")],
                [say("I looked.")],
            )
            terminal.type("look around")
            terminal.wait_for("I looked.")
            _put(client, "design.md", DESIGN)
            model.add([say("It is ready.")])
            terminal.type("go on")
            terminal.wait_for("[design] add-login · ends by /approve")
            model.add([say("Cutting.")])
            terminal.type("/approve")
            terminal.wait_for("[architect] add-login")
        shown = seen.read_text()
        assert "[design]" in shown
        assert "hooks are OFF" not in shown
        assert "hooks silent" not in shown


def test_a_client_without_the_plugin_in_a_live_tree_says_that_the_hooks_are_off(
    version: str, tmp_path: Path
) -> None:
    with Model([[say("Designing.")], [say("Hello.")], [say("Hello again.")]]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"README.md": "x\n"})
        client.prompt("/stagelock:design add login")
        live = client.state / "live"
        assert play.settle(live.exists)
        time.sleep(3)  # what a session said before the run began says nothing about the hooks
        _with_status_line(client, tmp_path)
        client.plugin = None
        with Terminal(client) as terminal:
            terminal.type("hello")
            terminal.wait_for("Hello.")
            terminal.type("hello")
            terminal.wait_for("hooks are OFF: nothing is held (stagelock doctor)")


def test_what_the_plugin_adds_to_an_idle_session_is_what_readme_states(
    version: str, tmp_path: Path
) -> None:
    """Measured on what the model is really sent; `claude plugin details` only estimates.

    Its estimate counts skills that are kept from the model, and where an API answers its question
    for a count, it shows that answer: the stand-in's.
    """
    places = {"without": None, "with": ROOT}
    sent = [_sent(version, tmp_path / name, plugin) for name, plugin in places.items()]
    tokens = (sent[1] - sent[0]) / 4  # four letters a token, as the client itself estimates
    stated = re.search(r"always-on cost is about (\d+) tokens", (ROOT / "README.md").read_text())
    assert stated
    assert abs(tokens - int(stated[1])) <= 5, tokens


def _sent(version: str, base: Path, plugin: Path | None) -> int:
    """How many letters of text the model is sent for a first prompt in an idle tree."""
    with Model([]) as model:
        client = Client(version, base, model.url, plugin=plugin)
        git_project(client.project, {"README.md": "x\n"})
        client.prompt("hello")
        first = model.requests[0]
    texts = [first["system"], *(message["content"] for message in first["messages"])]
    parts = [part for text in texts for part in (text if isinstance(text, list) else [text])]
    letters = sum(len(part["text"] if isinstance(part, dict) else part) for part in parts)
    return letters - len(str(client.project)) * sum(
        (part["text"] if isinstance(part, dict) else part).count(str(client.project))
        for part in parts
    )


def _with_status_line(client: Client, base: Path) -> Path:
    """Set the status line in the person's own settings; what it says is also kept in a file."""
    seen = base / "seen"
    command = f"{ROOT}/bin/stagelock statusline -- 'echo mine' | tee -a {seen}"
    settings = {"statusLine": {"type": "command", "command": command}}
    (client.home / ".claude").mkdir(exist_ok=True)
    (client.home / ".claude/settings.json").write_text(json.dumps(settings))
    return seen


def _put(client: Client, name: str, text: str) -> None:
    path = client.project / RUN / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
