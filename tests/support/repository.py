"""A real git repository for one test, on a machine of its own, with or without a live run."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from stagelock.authoring.config import load_library
from stagelock.core.model import Evidence, State
from stagelock.store import evidence, library, moves, runs
from stagelock.store.repository import git_hooks
from tests.support.artifacts import PLAN, STORY
from tests.support.world import World

CONFIG = "checks:\n  - {name: tests, command: 'true'}\n"


class Repository(World):
    """A tree under git whose hooks are stagelock's."""

    def __init__(self, base: Path) -> None:
        super().__init__(base)
        (self.tree / ".git").rmdir()
        (self.home / ".gitconfig").write_text(
            "[user]\n\tname = A Person\n\temail = person@example.org\n"
            '[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n'
        )
        self.git("init", "-q")
        self.write("README.md", "a project\n")
        self.git("add", "-A")
        self.git("commit", "-qm", "first")

    def git(self, *words: str, folder: Path | None = None, ok: bool = True) -> str:
        """Run git as a person would; returns both outputs."""
        done = self.try_git(*words, folder=folder)
        assert not ok or done.returncode == 0, done.stdout + done.stderr
        return (done.stdout + done.stderr).strip()

    def try_git(
        self, *words: str, folder: Path | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run git and say how it went."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.home), **more}
        return subprocess.run(
            ["git", *words], cwd=folder or self.tree, env=env, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip

    def commit(self, path: str, text: str, *flags: str) -> subprocess.CompletedProcess[str]:
        """Change a file and try to commit it."""
        self.write(path, text)
        self.git("add", path)
        return self.try_git("commit", "-qm", f"change {path}", *flags)

    def start(self, workflow: str = "two-gates", config: str = CONFIG) -> None:
        """Begin a run, as a person at a terminal does, with one declared check."""
        self.write(".stagelock/config.yaml", config)
        settings = load_library(self.tree)["settings"]
        policy = library.library("/nowhere")["policies"][workflow]
        who = moves.person("terminal", "", str(self.tree))
        where, tree = str(self.state), str(self.tree)
        moves.start(where, tree, policy, policy["enter"][0], "add login", settings, who)

    def approve(self) -> None:
        """Approve the plan: the run goes on to the stage that builds."""
        for name, text in (("plan.md", PLAN), ("story.md", STORY)):
            self.write(f"docs/stagelock/add-login/{name}", text)
        who = moves.person("terminal", "", str(self.tree))
        assert moves.approve(str(self.state), str(self.tree), self.look(), who)["moved"]

    def verify(self, **more: Any) -> None:
        """Record that the declared check held on the tree as it is."""
        where, tree = str(self.state), str(self.tree)
        now, _ = evidence.tree_now(where, tree)
        made: Evidence = {
            "check": "tests", "command": "true", "exit": 0, "seconds": 0.1, "tail": "ok",
            "digest": "0" * 64, "before": now, "after": now, "why": "", "how": "ran",
            "program": "", "flaky": False, "run": "add-login", "by": "a person", "session": "",
            "at": "2026-01-01T00:00:00Z",
        }  # fmt: skip
        made.update(more)  # type: ignore[typeddict-item]  # a test may say anything
        who = moves.person("terminal", "", tree)
        assert evidence.keep(where, tree, who, [made]) is not None

    def look(self) -> State:
        """The state of the run."""
        state, tamper = runs.look(str(self.state), str(self.tree))
        assert state is not None
        assert tamper == ""
        return state

    def install(self, *, notes: bool = False) -> list[str]:
        """Install the git hooks."""
        return git_hooks.install(str(self.state), str(self.tree), notes=notes)

    def note(self, commit: str = "HEAD") -> dict[str, Any]:
        """The note of a commit."""
        line = self.git("notes", "--ref", "stagelock", "show", commit)
        note: dict[str, Any] = json.loads(line)
        return note

    def stagelock(
        self, *words: str, folder: Path | None = None, home: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Call the command line without a terminal."""
        return subprocess.run(
            [sys.executable, "-m", "stagelock.cli.main", *words],
            cwd=folder or self.tree,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(home or self.home),
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
