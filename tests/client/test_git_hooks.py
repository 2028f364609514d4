"""The second net in the real client: its hooks are off, and git refuses what the stage forbids."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stagelock.store.repository import git_hooks
from tests.support.world import ROOT

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


def test_a_commit_past_every_hook_there_is_gets_flagged_where_only_its_push_arrives(
    version: str, tmp_path: Path
) -> None:
    """The client's hooks are off, and git's are switched off for the one command."""
    remote, clone = tmp_path / "remote.git", tmp_path / "runner/clone"
    who = "git -c user.name=x -c user.email=x@example.org"
    sneak = f"echo x >new.py; git add -A; {who} -c core.hooksPath=/dev/null commit -qm sneaked"
    push = "git push -q origin main"  # which `pre-push` refuses
    past = "git -c core.hooksPath=/dev/null push -q origin main"
    bash = [[call("Bash", command=command, description="x")] for command in (sneak, push, past)]
    with Model([[say("Designing.")], *bash, [say("Done.")]]) as model:
        held = Client(version, tmp_path, model.url)
        git_project(held.project, {"README.md": "x\n"})
        for words in (
            ["init", "-q", "--bare", "-b", "main", str(remote)],
            ["branch", "-qM", "main"],
            ["remote", "add", "origin", str(remote)],
            ["tag", "before"],
            ["push", "-q", "origin", "main", "before"],
        ):
            subprocess.run(["git", *words], cwd=held.project, check=True)
        git_hooks.install(str(held.state), str(held.project), notes=True)
        held.prompt("/stagelock:design add login")
        Client(version, tmp_path, model.url, plugin=None).prompt("commit and push it")
        answers = [text for _, text in model.results().values()]
    assert "[stagelock] refused: git push" in answers[1]
    clone.parent.mkdir()
    subprocess.run(["git", "clone", "-q", str(remote), str(clone)], check=True)
    ci = [sys.executable, "-m", "stagelock.cli.main", "ci", "--base", "before"]
    env = {"PATH": os.environ["PATH"], "HOME": str(clone.parent), "PYTHONPATH": str(ROOT / "src")}
    told = subprocess.run(ci, cwd=clone, env=env, capture_output=True, text=True, check=False)
    assert told.returncode == 1, told.stderr
    assert told.stdout.startswith("stagelock: 1 of 1 commits flagged")
    assert "! no note came with it: made without stagelock" in told.stdout
