"""Small work stays small: what a trivial task costs with a run around it, measured."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.checked import accept_checks, prepared_launcher

from .support.client import ROOT, Client, git_project
from .support.model import Block, Model, call, say
from .support.terminal import Terminal

pytestmark = pytest.mark.client

COMMAND = "sh check.sh"
FILES = {
    "app.py": "def login():\n    return None\n",
    "check.sh": "grep -q 'return 1' app.py\n",
    ".gitignore": "*.log\n",
    ".stagelock/config.yaml": f"checks: [{{name: tests, command: {COMMAND}}}]\n",
    ".stagelock/.gitignore": "*\n!config.yaml\n",
}


def _task(client: Client) -> list[list[Block]]:
    """What a careful agent does anyway: read, change, check, say so."""
    app = str(client.project / "app.py")
    return [
        [call("Read", file_path=app)],
        [call("Write", file_path=app, content="def login():\n    return 1\n")],
        [call("Bash", command=COMMAND, description="check")],
        [say("It returns 1 now.\nSTATUS: DONE")],
    ]


def _played(version: str, base: Path, plugin: Path | None) -> tuple[int, Path]:
    """Play the task; return the model's turns, and the project."""
    with Model([]) as model:
        client = Client(version, base, model.url, plugin=plugin)
        git_project(client.project, FILES)
        accept_checks(client.state, client.project)
        for name in ("stagelock-stagelock", "stagelock-inline"):
            prepared_launcher(client.home / ".claude/plugins/data" / name)
        model.add(*_task(client))
        start = "/stagelock:quick" if plugin else "please"
        with Terminal(client, mode="bypassPermissions") as terminal:
            terminal.type(f"{start} make login in app.py return 1")
            terminal.wait_for("It returns 1 now.")
            if plugin:
                terminal.wait_for("now in `verify`")
                model.add([say("Closed.")])
                terminal.type("/approve")
                terminal.wait_for("the run is done")
                terminal.wait_for("Closed.")
                assert "what to watch" in model.heard()
                assert "closeout.md" not in model.heard(), "a small task owes no file at its end"
        return len(model.requests), client.project


def test_a_trivial_task_costs_what_readme_states(version: str, tmp_path: Path) -> None:
    bare, _ = _played(version, tmp_path / "without", None)
    held, project = _played(version, tmp_path / "with", ROOT)
    readme = (ROOT / "README.md").read_text()
    stated = re.search(r"(\d+) more turns? of the model and (\d+) bytes of artifacts", readme)
    assert stated
    status = ["git", "status", "--porcelain", "--untracked-files=all"]
    seen = subprocess.run(status, cwd=project, capture_output=True, text=True, check=True).stdout
    new = [line[3:] for line in seen.splitlines() if line[3:] != "app.py"]
    size = sum((project / name).stat().st_size for name in new)
    assert (held - bare, size) == (int(stated[1]), int(stated[2])), seen
