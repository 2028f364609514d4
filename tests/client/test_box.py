"""The box in the real client: what nobody can judge runs where it can change nothing."""

import sys
from pathlib import Path

import pytest

from . import play
from .support.client import Client, git_project
from .support.model import Model, call

pytestmark = pytest.mark.client

TESTS = """
import pathlib

def test_that_leaves_a_file_behind():
    try:
        pathlib.Path("left-behind.txt").write_text("x")
        wrote = True
    except OSError:
        wrote = False
    pathlib.Path("src/app.py").read_text()
    assert not wrote
"""


def test_the_projects_tests_run_in_design_only_where_they_can_change_nothing(
    version: str, tmp_path: Path
) -> None:
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"src/app.py": play.APP, "test_app.py": TESTS})
        before = _files(client.project)
        run = f"{sys.executable} -m pytest -q"
        model.turns = [
            [call("Bash", command="pytest -q", description="x")],
            [call("Bash", command=run, description="x")],
            [call("Bash", command=f"stagelock ro -- '{run}'", description="x")],
            [call("Bash", command="stagelock ro -- 'echo x > src/app.py'; ls", description="x")],
        ]
        client.prompt("/stagelock:design add login", mode="bypassPermissions")
        results = [text for _, (_, text) in sorted(model.results().items())]
    assert "refused: Bash" in results[0]
    assert "stagelock ro -- '...'" in results[0]
    assert "`pytest -q` runs the project's own code" in results[0]
    assert "refused: Bash" in results[1]
    assert "1 passed" in results[2]
    assert "Read-only file system" in results[3] or "Permission denied" in results[3]
    assert {path: text for path, text in _files(client.project).items() if path in before} == before
    assert not (client.project / "left-behind.txt").exists()
    assert not (client.project / "__pycache__").exists()


def _files(project: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(project)): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and path.relative_to(project).parts[0] not in (".git", ".stagelock")
    }
