"""The real client, installed from npm, in a home of its own."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[3]
OLDEST = "2.1.197"
NEWEST = "STAGELOCK_NEWEST"  # the variable that names the newest version, once it was asked for
PACKAGE = "@anthropic-ai/claude-code"
KEY = "sk-ant-api03-scripted-model-needs-no-real-key-000000000000"


def clients_folder() -> Path:
    """Where installed clients are kept between runs."""
    return Path(os.environ.get("STAGELOCK_CLIENTS", ROOT / ".clients"))


@cache
def newest() -> str:
    """The newest published version; offline, the newest one installed here."""
    if version := os.environ.get(NEWEST) or _published():
        return version
    here = [p.name for p in clients_folder().glob("*") if re.fullmatch(r"[\d.]+", p.name)]
    if not here:
        raise RuntimeError(f"npm cannot be reached, and no client is in {clients_folder()}")
    version = max(here, key=lambda v: [int(n) for n in v.split(".")])
    print(f"npm cannot be reached; the newest client here is {version}", file=sys.stderr)
    return version


def _published() -> str | None:
    argv = ["npm", "view", PACKAGE, "version"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    said = done.stdout.strip()
    return said if done.returncode == 0 and re.fullmatch(r"[\d.]+", said) else None


@cache
def installed(version: str) -> str:
    """Return the path of the client of that version, installing it the first time."""
    folder = clients_folder() / version
    program = folder / "node_modules/.bin/claude"
    clients_folder().mkdir(parents=True, exist_ok=True)
    with (clients_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            argv = [
                "npm",
                "install",
                "--silent",
                "--no-fund",
                "--no-audit",
                "--prefix",
                str(folder),
            ]
            subprocess.run([*argv, f"{PACKAGE}@{version}"], check=True, timeout=900)
    return str(program)


class Session(NamedTuple):
    """What one prompt in print mode came to."""

    events: list[dict[str, Any]]
    code: int
    result: str
    errors: str


class Client:
    """One home, one project; sessions in print mode or (by Terminal) at a screen."""

    def __init__(self, version: str, base: Path, url: str, plugin: Path | None = ROOT) -> None:
        self.version = version
        self.program = installed(version)
        self.home = base / "home"
        self.project = base / "project"
        self.plugin = plugin
        self.url = url
        self.home.mkdir(parents=True, exist_ok=True)
        self.project.mkdir(parents=True, exist_ok=True)
        self._settle_in()

    @property
    def state(self) -> Path:
        """stagelock's state home."""
        return self.home / ".local/state/stagelock"

    def env(self) -> dict[str, str]:
        """An environment in which no trace of an outer client is left."""
        kept = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "TERM")
            if name in os.environ
        }
        as_root = {"IS_SANDBOX": "1"} if os.geteuid() == 0 else {}  # root may not bypass without
        return {
            **kept,
            **as_root,
            "HOME": str(self.home),
            "SHELL": "/bin/bash",
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
        }

    def flags(self) -> list[str]:
        """The flags that load the plugin under test."""
        return ["--plugin-dir", str(self.plugin)] if self.plugin else []

    def prompt(
        self,
        text: str,
        *flags: str,
        mode: str = "bypassPermissions",
        allowed: Iterable[str] = (),
    ) -> Session:
        """Run one prompt in print mode; `allowed` are permission rules such as `Bash(ls *)`."""
        argv = [self.program, "-p", text, "--output-format", "stream-json", "--verbose"]
        argv += ["--permission-mode", mode, "--model", "claude-sonnet-4-5", *self.flags(), *flags]
        if rules := ",".join(allowed):
            argv += [f"--allowedTools={rules}"]
        done = subprocess.run(
            argv,
            cwd=self.project,
            env=self.env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if not events:
            raise RuntimeError(
                f"the client said nothing: {done.stdout[-500:]} {done.stderr[-500:]}"
            )
        results = [str(e.get("result", "")) for e in events if e["type"] == "result"]
        return Session(events, done.returncode, (results or [""])[-1], done.stderr)

    def cli(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a subcommand such as `claude plugin validate`."""
        return subprocess.run(
            [self.program, *argv],
            cwd=self.project,
            env=self.env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def _settle_in(self) -> None:
        """Answer beforehand what a first start would ask."""
        known = {
            "hasCompletedOnboarding": True,
            "lastOnboardingVersion": self.version,
            "theme": "dark",
            "bypassPermissionsModeAccepted": True,
            "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
            "projects": {str(self.project): {"hasTrustDialogAccepted": True}},
        }
        path = self.home / ".claude.json"
        if not path.exists():
            path.write_text(json.dumps(known))


def git_project(project: Path, files: dict[str, str]) -> None:
    """Make a small repository with one commit."""
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git = shutil.which("git") or "git"
    who = ["-c", "user.name=someone", "-c", "user.email=someone@example.org"]
    for argv in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run([git, *who, *argv], cwd=project, check=True, capture_output=True)
