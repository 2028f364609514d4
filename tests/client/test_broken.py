"""Broken on purpose, in the real client: the line of docs/broken.md is what a person sees."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagelock.store import records, runs
from stagelock.store.clock import stamp
from tests.support.broken import LINES, is_told

from .play import settle
from .support.client import ROOT, Client, git_project
from .support.model import Block, Model, call, say
from .support.terminal import Terminal

pytestmark = pytest.mark.client


@pytest.fixture
def model() -> Iterator[Model]:
    """A model that has nothing to say yet."""
    with Model([]) as model:
        yield model


@pytest.fixture
def client(version: str, tmp_path: Path, model: Model) -> Client:
    """A client with a plugin of its own, which may be broken, and a live run that it began."""
    place = tmp_path / "plugin"
    shutil.copytree(ROOT, place, ignore=shutil.ignore_patterns(".*", "tests", "docs"))
    shutil.copytree(ROOT / ".claude-plugin", place / ".claude-plugin")
    client = Client(version, tmp_path, model.url, plugin=place)
    git_project(client.project, {"README.md": "x\n"})
    model.add([say("Planning.")])
    with Terminal(client) as terminal:
        terminal.type("/stagelock:work add login")
        terminal.wait_for("Planning.")
    return client


def _plugin(client: Client) -> Path:
    assert client.plugin
    return client.plugin


def _app(client: Client) -> Path:
    return client.project / "app.py"


def _write(client: Client) -> Block:
    return call("Write", file_path=str(_app(client)), content="x = 1\n")


def _tried(terminal: Terminal, model: Model, client: Client, word: str = "Tried.") -> str:
    """Have the agent write code, which the stage forbids; returns the screen after it."""
    model.add([_write(client)], [say(word)])
    terminal.type("go on")
    return terminal.wait_for(word)


def _status(client: Client) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "stagelock.cli.main", "status"],
        cwd=client.project,
        env={**client.env(), "PYTHONPATH": str(_plugin(client) / "src")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_no_python3(
    client: Client, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = _plugin(client) / "hooks/hooks.json"
    hooks.write_text(hooks.read_text().replace("/usr/bin/python3", "/no/such/python3"))
    monkeypatch.setenv("PATH", _path_without_python(tmp_path / "bin"))
    with Terminal(client, mode="bypassPermissions") as terminal:
        screen = _tried(terminal, model, client)
    assert is_told("no python3", screen), screen
    assert not _app(client).exists()


def _path_without_python(folder: Path) -> str:
    folder.mkdir()
    for place in os.environ["PATH"].split(":"):
        for program in Path(place).glob("*") if place else ():
            link = folder / program.name
            if not program.name.startswith(("python", "pyenv")) and not link.exists():
                link.symlink_to(program)
    return str(folder)


def test_a_file_of_the_plugin_is_gone(client: Client, model: Model) -> None:
    with Terminal(client, mode="bypassPermissions") as terminal:
        assert "refused: Write app.py" in _tried(terminal, model, client)
        (_plugin(client) / "hooks/entry.py").unlink()
        screen = _tried(terminal, model, client, "Tried again.")
    assert is_told("a file of the plugin is gone", screen), screen
    assert not _app(client).exists()


def test_the_plugins_folder_is_renamed(client: Client, model: Model, tmp_path: Path) -> None:
    """What the client makes of it, and no more: nobody asks stagelock."""
    with Terminal(client, mode="bypassPermissions") as terminal:
        assert "refused: Write app.py" in _tried(terminal, model, client)
        _plugin(client).rename(tmp_path / "elsewhere")
        screen = _tried(terminal, model, client, "Tried again.")
        assert is_told("the plugin's folder is renamed", screen), screen
        assert _app(client).exists(), "the client holds the call back now: say so in docs/broken.md"
        (tmp_path / "elsewhere").rename(_plugin(client))
        assert "refused: Edit" in _edited(terminal, model, client)


def _edited(terminal: Terminal, model: Model, client: Client) -> str:
    edit = call("Edit", file_path=str(_app(client)), old_string="1", new_string="2")
    model.add([call("Read", file_path=str(_app(client)))], [edit], [say("Edited.")])
    terminal.type("change it")
    return terminal.wait_for("Edited.")


def test_hooks_json_is_damaged(client: Client, model: Model) -> None:
    hooks = _plugin(client) / "hooks/hooks.json"
    hooks.write_text(hooks.read_text()[:-30])
    line = {"type": "command", "command": f"{_plugin(client)}/bin/stagelock statusline"}
    (client.home / ".claude").mkdir(exist_ok=True)
    (client.home / ".claude/settings.json").write_text(json.dumps({"statusLine": line}))
    time.sleep(3)  # what was said before the run began says nothing about the hooks
    with Terminal(client) as terminal:
        for word in ("Hello.", "Hello again."):
            model.add([say(word)])
            terminal.type("hello")
            terminal.wait_for(word)
        terminal.wait_for(LINES["hooks.json is damaged"])
    assert "OFF for sessions from now on: hooks/hooks.json cannot be read" in _status(client)


def test_all_hooks_are_disabled_before_a_session(client: Client, model: Model) -> None:
    (client.home / ".claude").mkdir(exist_ok=True)
    settings = client.home / ".claude/settings.json"
    settings.write_text(json.dumps({"disableAllHooks": True}))
    with Terminal(client, mode="bypassPermissions") as terminal:
        _tried(terminal, model, client)
    assert _app(client).exists()
    told = _status(client)
    assert is_told("disableAllHooks before a session", told), told


def test_all_hooks_are_disabled_during_a_session(client: Client, model: Model) -> None:
    (client.project / ".claude").mkdir(exist_ok=True)
    settings = client.project / ".claude/settings.json"
    settings.write_text("{}")
    with Terminal(client, mode="bypassPermissions") as terminal:
        _tried(terminal, model, client)
        settings.write_text(json.dumps({"disableAllHooks": True}))
        journal = client.project / ".stagelock/journal.jsonl"
        assert settle(lambda: "never/client-settings" in journal.read_text())
        screen = _tried(terminal, model, client, "Tried again.")
    assert not _app(client).exists(), screen
    assert is_told("disableAllHooks during a session", screen), screen


def test_a_run_of_last_month(client: Client) -> None:
    home, tree = str(client.state), str(client.project)
    state, _ = runs.look(home, tree)
    assert state
    after = {**state, "entered": stamp(time.time() - 31 * 86400), "revision": state["revision"] + 1}
    records.commit(home, tree, state, after, [])  # type: ignore[arg-type]
    with Terminal(client) as terminal:
        terminal.wait_for("31 days")
        screen = terminal.screen()
    assert is_told("a run of last month", screen), screen


def test_two_clients_in_one_tree(client: Client, model: Model) -> None:
    with Terminal(client) as one, Terminal(client, mode="bypassPermissions") as other:
        model.add([say("Hello.")])
        one.type("hello")
        one.wait_for("Hello.")
        other.type("/stagelock:work something else")
        other.wait_for("is live in stage")
        screen = other.screen()
        assert is_told("two clients in one tree", screen), screen
        assert "refused: Write app.py" in _tried(other, model, client)
    assert not _app(client).exists()
