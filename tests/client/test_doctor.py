"""`stagelock doctor --client` in the real client, as installed: the canary tells on from off."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checked import prepared_launcher

from .support.client import ROOT, Client, git_project
from .support.model import Model, call, say
from .support.terminal import Terminal

pytestmark = pytest.mark.client


def _doctor(client: Client, plugin: Path = ROOT) -> subprocess.CompletedProcess[str]:
    path = f"{Path(client.program).parent}:{os.environ['PATH']}"
    kept = {k: v for k, v in client.env().items() if not k.startswith("ANTHROPIC")}
    return subprocess.run(
        [sys.executable, "-m", "stagelock.cli.main", "doctor", "--client"],
        cwd=client.project,
        env={**kept, "PATH": path, "PYTHONPATH": str(plugin / "src")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


@pytest.fixture
def client(version: str, tmp_path: Path) -> Client:
    """A client with the plugin installed from its marketplace; no model is there to ask."""
    client = Client(version, tmp_path, "http://127.0.0.1:9", plugin=None)
    git_project(client.project, {"README.md": "x\n"})
    for argv in (("marketplace", "add", str(ROOT)), ("install", "stagelock@stagelock")):
        assert client.cli("plugin", *argv).returncode == 0
    return client


def test_the_canary_is_refused_in_the_main_thread_and_in_a_subagent(client: Client) -> None:
    done = _doctor(client)
    wanted = "client   refused an edit and a shell write, in the main thread and in a subagent"
    assert wanted in done.stdout, done.stdout + done.stderr
    assert "1 out-of-stage work is refused on every channel  holds here" in done.stdout
    assert done.returncode == 0
    left = {path.name for path in client.state.glob("*")}
    assert not left & {"live", "runs", "beats", "sessions"}  # it had a state home of its own
    assert sorted(p.name for p in client.project.iterdir()) == [".git", "README.md"]
    left = [p.name for p in client.home.glob(".claude/projects/*") if "canary" in p.name]
    assert left == []


@pytest.mark.parametrize("where", ["home/.claude", "project/.claude"])
def test_hooks_that_settings_switch_off_are_told(
    client: Client, tmp_path: Path, where: str
) -> None:
    path = tmp_path / where / "settings.json"
    path.parent.mkdir(exist_ok=True)
    before = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**before, "disableAllHooks": True}))
    done = _doctor(client)
    assert "client   the hooks are OFF in this client: nothing was refused" in done.stdout
    assert f"{path} switches all hooks off (`disableAllHooks`)" in done.stdout
    assert "does NOT hold here: settings, client" in done.stdout
    assert done.returncode == 1


def test_a_damaged_hooks_file_is_told_by_the_canary_and_by_name(
    version: str, tmp_path: Path
) -> None:
    plugin = tmp_path / "plugin"
    ignored = shutil.ignore_patterns(".venv", ".clients", ".git", ".*_cache", "tests")
    shutil.copytree(ROOT, plugin, ignore=ignored)
    client = Client(version, tmp_path, "http://127.0.0.1:9", plugin=None)
    git_project(client.project, {"README.md": "x\n"})
    for argv in (("marketplace", "add", str(plugin)), ("install", "stagelock@stagelock")):
        assert client.cli("plugin", *argv).returncode == 0
    (plugin / "hooks/hooks.json").write_text("{")
    done = _doctor(client, plugin)
    assert "the hooks are OFF in this client" in done.stdout, done.stdout + done.stderr
    assert "hooks/hooks.json cannot be read, so the client runs no hook" in done.stdout


def test_a_person_asks_from_within_the_session_and_the_locked_stage_lets_it(
    version: str, tmp_path: Path
) -> None:
    with Model([[say("Planning.")]]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"README.md": "x\n"})
        for name in ("stagelock-stagelock", "stagelock-inline"):
            prepared_launcher(client.home / ".claude/plugins/data" / name)
        with Terminal(client, mode="bypassPermissions") as terminal:
            terminal.type("/stagelock:work add login")
            terminal.wait_for("Planning.")
            looks = call("Bash", command="stagelock doctor", description="doctor")
            draft = call("Bash", command="stagelock closeout", description="draft")
            model.add([looks], [draft], [say("That is what it says.")])
            terminal.type("/stagelock:doctor")
            terminal.wait_for("That is what it says.", 60)
        told = [text for _, text in model.results().values()]
    assert any("hooks    last answered " in text and "in this session" in text for text in told)
    assert any("# Closeout: add-login" in text for text in told), told
