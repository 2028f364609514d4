"""A new user's first five minutes, by README alone, and the page that shows them.

    make minutes               or   python -m tests.client.first_minutes

One shell at a screen, in a home where stagelock never was: install, set up, a first refusal, a
first approval, a first green commit, and everything away again. Only the model is a stand-in.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.support.artifacts import PLAN

from .play import settle
from .support.client import ROOT, Client, git_project, newest
from .support.model import Model, call, say
from .support.terminal import Shell

PAGE = ROOT / "docs/first-minutes.md"
RUN = "docs/stagelock/add-login"
FILES = {
    "app.py": "def login():\n    return None\n",
    "test_app.py": (
        "import unittest\n\nfrom app import login\n\n\nclass Login(unittest.TestCase):\n"
        "    def test_it_says_welcome(self):\n        self.assertEqual(login(), 'welcome')\n"
    ),
    ".gitignore": "__pycache__/\n.claude/settings.local.json\n",
}
BEFORE = "def login():\n    return 'soon'\n"
AFTER = "def login():\n    return 'welcome'\n"
CLIENT = "claude --permission-mode bypassPermissions"


class Step(NamedTuple):
    """What the person types, and what the screen must show then."""

    what: str
    typed: str
    shows: tuple[str, ...]
    heard: tuple[
        str, ...
    ] = ()  # what the model must be told; newer clients fold it away on the screen


STEPS = {
    "marketplace": Step(
        "Tell the client where stagelock is",
        "claude plugin marketplace add ~/stagelock",
        ("dded marketplace: stagelock",),
    ),
    "install": Step(
        "Install it",
        "claude plugin install stagelock@stagelock",
        ("nstalled plugin: stagelock@stagelock",),
    ),
    "link": Step(
        "Have its command line in your own terminal",
        "ln -s ~/stagelock/bin/stagelock ~/.local/bin/ && stagelock init",
        (
            "-m unittest discover",
            "wrote .stagelock/config.yaml",
            "next: in Claude Code, in this folder, type: /work TOPIC",
            "undo: stagelock uninstall",
        ),
    ),
    "refusal": Step(
        "Start the client, ask for work, and see the first refusal",
        "/work add login",
        (
            "refused: Write app.py in stage `prepare` (rule prepare/otherwise)",
            f"open here: {RUN}/*.md",
            "it is whole: /approve, or /reject REASON",
            "[prepare] add-login",
        ),
    ),
    "approval": Step(
        "Approve the plan; the code opens, and a commit waits for green checks",
        "/approve",
        ("Login is in, and committed.", "[validate] add-login"),
        (
            "refused: git commit in stage `implement` (rule implement/unverified)",
            "next: run `stagelock verify` until it is green",
        ),
    ),
    "green": Step(
        "See the first green commit",
        "git log --oneline --stat -1",
        ("add login", "app.py"),
    ),
    "log": Step(
        "Read what was refused",
        "stagelock log --event refused",
        ("prepare/otherwise", "implement/unverified"),
    ),
    "away": Step(
        "Take everything away again",
        "stagelock abandon 'only tried' && stagelock uninstall",
        ("goes:", "take this away? [y/N]: y", "done"),
    ),
    "unplug": Step(
        "And the plugin itself",
        "claude plugin uninstall stagelock && claude plugin marketplace remove stagelock",
        ("ninstalled plugin: stagelock", "emoved marketplace: stagelock"),
    ),
}


class Seen(NamedTuple):
    """One step as it came: what the screen showed below what was typed, and how long it took."""

    name: str
    screen: str
    seconds: float


class Newcomer(Client):
    """A home where nobody ever trusted the folder or installed a plugin, and a shell's PATH."""

    def __init__(self, version: str, base: Path, url: str) -> None:
        super().__init__(version, base, url, plugin=None)
        self.project = self.home / "shop"
        ignored = shutil.ignore_patterns(".venv", ".clients", ".git", ".*_cache", "__pycache__")
        shutil.copytree(ROOT, self.home / "stagelock", ignore=ignored)
        (self.home / ".local/bin").mkdir(parents=True)
        (self.home / ".gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.org\n")
        git_project(self.project, FILES)

    def env(self) -> dict[str, str]:
        """As a person's shell has it: the client and their own programs on PATH."""
        given = super().env()
        own = f"{self.home}/.local/bin:{Path(self.program).parent}"
        return {**given, "PATH": f"{own}:{given['PATH']}", "PS1": "$ "}


def perform(version: str, base: Path) -> list[Seen]:
    """Play the first minutes; a step that does not show what it must is an AssertionError."""
    with Model([]) as model:
        client = Newcomer(version, base, model.url)
        before = _files(client)
        with Shell(client) as shell:
            seen = Recorder(client, shell, STEPS)
            for name in ("marketplace", "install"):
                seen.step(name)
            seen.step("link", answers=4)
            shell.start(CLIENT)
            model.add(*_plan(client))
            seen.step("refusal")
            model.add(*_build(client))
            seen.step("approval")
            shell.type("/exit")
            shell.wait_for_prompt()
            seen.step("green")
            seen.step("log")
            seen.step("away", answers=1)
            seen.step("unplug")
            assert not client.state.exists(), list(client.state.iterdir())
        told = model.heard()
        assert [text for step in STEPS.values() for text in step.heard if text not in told] == []
    left = _files(client) - before
    assert not list(client.home.glob(".claude/plugins/data/*stagelock*"))
    assert "stagelock" not in (client.home / ".claude/settings.json").read_text()
    assert left == {f"{RUN}/plan.md"}, left  # the work stays, nothing else
    return seen.steps


class Recorder:
    """Types the steps and keeps what the screen showed."""

    def __init__(self, client: Client, shell: Shell, script: dict[str, Step]) -> None:
        self.client = client
        self.shell = shell
        self.script = script
        self.steps: list[Seen] = []

    def step(self, name: str, *, answers: int = 0, inside: bool = False) -> None:
        """Type one step, press y for each question, and wait for what must come.

        `inside` says that the client is what it is typed to.
        """
        step, began = self.script[name], time.monotonic()
        self.shell.type(step.typed)
        for n in range(answers):
            self._answer(step.typed, n + 1)
        for text in step.shows:
            self.shell.wait_for(text, 40)
        if step.typed[0] != "/" and not inside:
            self.shell.wait_for_prompt()
        took = time.monotonic() - began
        self.steps.append(Seen(name, self._since(step.typed), took))

    def _answer(self, typed: str, number: int) -> None:
        """Say yes to the question of that number below what was typed."""
        asked = re.compile(r"\[[Yy]/[Nn]\]:")
        heard = settle(lambda: len(asked.findall(self._since(typed))) >= number, 40)
        assert heard, self.shell.screen()
        self.shell.press("y")
        self.shell.press("Enter")

    def _since(self, typed: str) -> str:
        """The screen from where `typed` last stands to the input box; the home is called ~."""
        lines = self.shell.screen().replace(str(self.client.home), "~").splitlines()
        wanted = typed.removeprefix("/")[:60]  # the client writes /work as /stagelock:work
        here = [n for n, line in enumerate(lines) if line[:1] in "$❯>" and wanted in line]
        at = here[-1] if here else -1
        assert at >= 0, (typed, lines)
        below = [line.rstrip().replace("\u00a0", " ") for line in lines[at:]]
        text, _, under = "\n".join(below).partition("\n" + "─" * 40)
        line = re.search(r"^  \[\w+\] .*$", under, re.MULTILINE)  # the status line
        text += "\n\n" + line[0] if line else ""
        text = re.sub(r"\n {40,}\S.*", "", text)  # the client's own hint above the input box
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n").removesuffix("\n$")


def _plan(client: Newcomer) -> list[list[dict[str, object]]]:
    app = str(client.project / "app.py")
    plan = str(client.project / RUN / "plan.md")
    return [
        [call("Read", file_path=app)],
        [call("Write", file_path=app, content=BEFORE)],
        [
            call(
                "Write",
                file_path=plan,
                content=PLAN.replace("2. the handler", "2. the handler, in app.py"),
            )
        ],
        [say("The plan is written.")],
    ]


def _build(client: Newcomer) -> list[list[dict[str, object]]]:
    app = str(client.project / "app.py")
    read = [call("Read", file_path=str(client.project / RUN / "plan.md"))]
    return [
        read,
        [call("Read", file_path=app)],
        [call("Write", file_path=app, content=AFTER)],
        [shell("git add -A")],
        [shell("git commit -qm 'add login'")],
        [shell("stagelock verify")],
        [shell("git commit -qm 'add login'")],
        [say("Login is in, and committed.\nSTATUS: DONE")],
    ]


def shell(command: str) -> dict[str, object]:
    """A call of the shell."""
    return call("Bash", command=command, description=command.split()[1])


def _files(client: Newcomer) -> set[str]:
    """The files of the project that are not git's own."""
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others"],
        cwd=client.project, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name for name in told.stdout.splitlines() if (client.project / name).exists()}


def page(version: str, seen: list[Seen]) -> str:
    """The page of docs that shows what came."""
    whole = sum(one.seconds for one in seen)
    head = f"""# The first five minutes

A new user's way, from a home where stagelock never was, in Claude Code {version}: every screen
below is what a terminal showed, but for what the client draws around it. `make minutes` plays it
and writes this page; a test plays it in two versions. The model is a stand-in that does what agents
do (it writes code before the plan, and commits before the checks), and it answers at once:
{whole:.0f} seconds in all. The client is started as `{CLIENT}`,
so that it refuses nothing itself: every refusal is stagelock's. Left out is its own first question,
whether you trust the folder: it names `.claude/settings.local.json`, where step 3 wrote the status
line, and its default is "No, exit".
"""
    parts = [head]
    for number, one in enumerate(seen, 1):
        parts.append(f"## {number}. {STEPS[one.name].what}\n\n{one.seconds:.0f} s")
        parts.append(f"```text\n{one.screen}\n```\n")
    return "\n".join(parts).rstrip() + "\n"


def main() -> None:
    """Play it in the newest client and write the page."""
    version = sys.argv[1] if len(sys.argv) > 1 else newest()
    with tempfile.TemporaryDirectory() as base:
        seen = perform(version, Path(base).resolve())
    PAGE.write_text(page(version, seen))
    print(f"{PAGE.relative_to(ROOT)}, played in Claude Code {version}")


if __name__ == "__main__":
    main()
