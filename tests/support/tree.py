"""A working tree with a person's own git, looked at by stagelock."""

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from stagelock.store import tree as trees


class Tree:
    """A working tree and the state home that its looks are kept in."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.home = base / "state"
        self.root = base / "tree"
        self.root.mkdir()

    def take(self) -> str:
        return trees.take(str(self.home), str(self.root))

    def since(self, old: str) -> dict[str, str]:
        found = trees.differences(str(self.home), str(self.root), old, self.take())
        return {change["path"]: change["how"] for change in found}

    def put_back(self, at: str, *paths: str) -> Path:
        return Path(trees.put_back(str(self.home), str(self.root), at, list(paths)))

    def write(self, path: str, content: str | bytes) -> Path:
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(content.encode() if isinstance(content, str) else content)
        return full

    def git(self, *words: str, at: str = ".") -> str:
        """Run the person's own git, with no config of this machine."""
        done = subprocess.run(
            ["git", "-C", str(self.root / at), *words],
            capture_output=True,
            check=True,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.base),
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_AUTHOR_NAME": "a",
                "GIT_AUTHOR_EMAIL": "a",
                "GIT_COMMITTER_NAME": "a",
                "GIT_COMMITTER_EMAIL": "a",
                "GIT_ALLOW_PROTOCOL": "file",
            },
        )
        return done.stdout.decode().strip()

    def commit(self, at: str = ".") -> None:
        self.git("add", "-A", at=at)
        self.git("commit", "-qm", "x", "--allow-empty", at=at)


def committed(base: Path) -> Tree:
    """A repository with one commit of four files."""
    made = Tree(base)
    shutil.copytree(_template(), made.root, symlinks=True, dirs_exist_ok=True)
    return made


@cache
def _template() -> Path:
    base = tempfile.TemporaryDirectory()
    atexit.register(base.cleanup)
    made = Tree(Path(base.name))
    made.git("init", "-q")
    made.write("src/app.py", "one\n")
    made.write("src/lib.py", "two\n")
    made.write("run.sh", "echo\n").chmod(0o755)
    (made.root / "link").symlink_to("src/app.py")
    made.commit()
    return made.root
