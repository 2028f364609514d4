"""A throw-away machine to run commands on: a project, a home, a git server, a place for files."""

import contextlib
import os
import pty
import subprocess
import tarfile
import threading
import zipfile
from pathlib import Path

from tests.support.world import ROOT

STAGELOCK = str(ROOT / "bin/stagelock")
MARK = "STAGELOCK_TEST_MARK"
FILES = {
    "README.md": "# Project\nTODO: write\n\nlast\n",
    "LICENSE": "free\n",
    "a": "1\n",
    "b": "2\n",
    "notes.tmp": "draft\n",
    ".env": "SECRET=1\n",
    ".gitignore": "*.tmp\n.env\n",
    "src/app/__init__.py": "",
    "src/app/main.py": 'open("out.txt", "w").close()\n',
    "src/app/config.py": "x=1\n",
    "docs/notes.txt": "one\ntwo\n",
    "docs/magic": "0\tstring\tabc\tabc file\n",
    "scripts/evil.sh": "#!/bin/sh\ntouch out.txt\n",
    "scripts/build.sh": "#!/bin/sh\ntouch out.txt\n",
    "scripts/check.sh": "#!/bin/sh\ntrue\n",
    "scripts/gen.py": 'open("out.txt", "w").close()\n',
    "scripts/check.py": "",
    "tests/test_auth.py": "def test_it():\n    open('out.txt', 'w').close()\n",
    "tests/run.js": 'require("fs").writeFileSync("out.txt", "")\n',
    "package.json": '{"name": "p", "version": "1.0.0", "scripts": {"test": "touch out.txt"}}\n',
    "Makefile": "X := $(shell touch out.txt)\ntest build:\n\ttouch out.txt\n",
    "rust/Cargo.toml": '[package]\nname = "r"\nversion = "0.1.0"\n',
    "rust/src/main.rs": "fn main() {}\n",
    ".workflow/state.json": '{"phase": "explore"}\n',
    "data/payload.b64": "aGk=\n",
    "data/fix.patch": "--- a/LICENSE\n+++ b/LICENSE\n@@ -1 +1 @@\n-free\n+paid\n",
}
GIT = """
git init -q -b main . && git config user.name n && git config user.email e@x
git add -A && git commit -qm one && git tag v0.1.0 && git branch feature/login
echo more >> LICENSE && git commit -qam two && git clone -q --bare . "$1"
git remote add origin "$1" && git fetch -q && git branch -q -u origin/main
echo x >> LICENSE && git stash -q && echo y=2 >> src/app/config.py
"""


class Boxed:
    """A machine below `base`; `ro` runs a command in the box, as the agent's shell would."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.tree = base / "proj"
        self.home = base / "home"
        self.srv = base / "srv"
        self.temp = base / "temp"
        for folder in (self.tree, self.home, self.srv, self.temp):
            folder.mkdir(parents=True)

    def fill(self) -> "Boxed":
        """Make the project, its repository with a stash and an upstream, and start-up files."""
        for name, text in FILES.items():
            path = self.tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755 if name.endswith(".sh") else 0o644)
        with zipfile.ZipFile(self.tree / "data/archive.zip", "w") as archive:
            archive.writestr("notes.txt", "hi\n")
        with tarfile.open(self.tree / "data/archive.tar", "w") as archive:
            archive.add(self.tree / "docs", "docs")
        (self.home / ".bashrc").write_text("")
        (self.home / "venv/bin").mkdir(parents=True)
        subprocess.run(
            ["/bin/sh", "-ec", GIT, "sh", str(self.srv / "proj.git")],
            cwd=self.tree,
            env=self.env(),
            check=True,
            capture_output=True,
        )
        return self

    def env(self, **more: str) -> dict[str, str]:
        """A small environment that stands on this machine only."""
        path = f"{self.home}/venv/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        return {"PATH": path, "HOME": str(self.home), "SHELL": "/bin/bash", MARK: self.mark, **more}

    @property
    def mark(self) -> str:
        """What every process that was started here carries in its environment."""
        return str(self.base)

    def here(self, text: str) -> str:
        """Put this machine's folders where a case names them."""
        places = {"HOME": self.home, "TREE": self.tree, "SRV": self.srv, "TEMP": self.temp}
        for name, path in places.items():
            text = text.replace(f"@{name}/", f"{path}/")
        return text

    def ro(self, command: str, *options: str, **how: object) -> subprocess.CompletedProcess[str]:
        """Run `stagelock ro OPTIONS -- COMMAND` in the tree."""
        return self.run([STAGELOCK, "ro", *options, "--", command], **how)

    def run(self, argv: list[str], **how: object) -> subprocess.CompletedProcess[str]:
        """Run a program in the tree, without input unless some is given."""
        how = {"cwd": self.tree, "env": self.env(), "timeout": 60, **how}
        if "input" not in how:
            how.setdefault("stdin", subprocess.DEVNULL)
        if "stdout" not in how:
            how["capture_output"] = True
        return subprocess.run(argv, text=True, errors="replace", check=False, **how)  # type: ignore[call-overload]

    def try_out(self, argv: list[str], seconds: float = 2) -> None:
        """Run a program for some time at most; what it says and how it ends is its own affair."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.run(argv, timeout=seconds)

    def at_terminal(self, argv: list[str], seconds: float = 30) -> tuple[int, str]:
        """Run a program with a terminal as input and output."""
        ours, theirs = pty.openpty()
        said = []

        def listen() -> None:
            try:
                while part := os.read(ours, 4096):
                    said.append(part)
            except OSError:
                pass  # the other end is closed

        process = subprocess.Popen(
            argv, cwd=self.tree, env=self.env(), stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        listener = threading.Thread(target=listen)
        listener.start()
        try:
            os.write(ours, b"q\n")
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            process.kill()
            listener.join(timeout=5)
            os.close(ours)
        return process.returncode, b"".join(said).decode(errors="replace")

    def state(self) -> dict[str, tuple[int, ...]]:
        """All files of the machine: what, whose, how large, when written and when changed."""
        seen = {}
        for folder, folders, files in os.walk(self.base):
            for name in (".", *folders, *files):
                path = f"{folder}/{name}"
                at = os.lstat(path)
                seen[path] = (
                    at.st_mode, at.st_uid, at.st_gid, at.st_size, at.st_ino, at.st_nlink,
                    at.st_mtime_ns, at.st_ctime_ns,
                )  # fmt: skip
        return seen

    def left_running(self) -> list[int]:
        """The processes that were started here and still run."""
        found = []
        if not Path("/proc/self/environ").exists():
            return found
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and self.mark.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
        return found


def changes(before: dict[str, tuple[int, ...]], after: dict[str, tuple[int, ...]]) -> list[str]:
    """The paths that differ."""
    return sorted(path for path in before.keys() | after if before.get(path) != after.get(path))
