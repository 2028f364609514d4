"""The second net in the real client: its hooks are off, and git refuses what the stage forbids."""

import subprocess
from pathlib import Path

import pytest

from stagelock.store import git_hooks

from . import play
from .support.client import Client, git_project
from .support.model import Model, call, say

pytestmark = pytest.mark.client


def _commits(project: Path) -> list[str]:
    argv = ["git", "log", "--all", "--format=%s"]
    return subprocess.run(
        argv, cwd=project, capture_output=True, text=True, check=True
    ).stdout.split("\n")[:-1]


def test_with_every_hook_of_the_client_off_git_refuses_the_commit(
    version: str, tmp_path: Path
) -> None:
    who = "git -c user.name=x -c user.email=x@example.org"
    attempts = [
        f"echo x >new.py; git add -A; {who} commit -m sneaked",
        f"{who} commit --no-verify -m sneaked",
        f"XDG_STATE_HOME=/nowhere {who} commit --allow-empty -m sneaked",
    ]
    bash = [[call("Bash", command=command, description="x")] for command in attempts]
    with Model([[say("Designing.")], *bash, [say("Done.")]]) as model:
        held = Client(version, tmp_path, model.url)
        git_project(held.project, {"README.md": "x\n"})
        git_hooks.install(str(held.state), str(held.project), notes=False)
        held.prompt("/stagelock:design add login")
        assert play.stage(held.project) == "design"
        free = Client(version, tmp_path, model.url, plugin=None)
        free.prompt("commit it")
        answers = [text for _, text in model.results().values()]
    assert (held.project / "new.py").exists()  # nothing but git stood in the way
    assert ["[stagelock] refused: git commit" in text for text in answers] == [True] * 3
    assert "in stage `design` (rule design/otherwise)" in answers[0]
    assert _commits(held.project) == ["first"]
