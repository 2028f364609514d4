"""`/fix` as its user sees it, from what is broken to a commit that mends it, and the page of it.

    make story               or   python -m tests.client.fix_story

One shell at a screen, a small Python project with a bug and pytest. Only the model is a stand-in;
it does what agents do: it mends at once, runs nothing, and says that it is done.
"""

import re
import sys
import tempfile
from pathlib import Path

from tests.support.checked import accept_checks, prepared_launcher

from .first_minutes import Recorder, Seen, Step, shell
from .support.client import ROOT, Client, git_project, newest
from .support.model import Block, Model, call, say
from .support.terminal import Shell

PAGE = ROOT / "docs/fix.md"
BEGIN, END = "<!-- begin of what `make story` wrote -->\n", "<!-- end of it -->\n"
RECORDS = "docs/stagelock/the-last-page-is-missing"
PAGES = "def count(items, size):\n    return items // size - 1\n"
MENDED = PAGES.replace(" - 1", "")
SEES_IT = "stagelock ro -- 'python -c \"import pages; assert pages.count(10, 5) == 2\"'"
TEST = "python -m pytest -q tests/test_last.py"
FILES = {
    "pages.py": PAGES,
    "rows.py": MENDED,
    "conftest.py": "",
    "tests/test_rows.py": "import rows\n\n\ndef test_rows():\n    assert rows.count(4, 2) == 2\n",
    ".gitignore": "__pycache__/\n.pytest_cache/\n.stagelock/\n",
    ".stagelock/config.yaml": "checks:\n  - {name: tests, command: python -m pytest -q}\n",
}
CAUSE = f"""# Root cause

## Cause
The last page is missing because one too many is taken off at pages.py:2

## Reproduction
`{SEES_IT}`

## Evidence
It says 1 where 2 pages are needed.
"""
PATTERN = "# Pattern\n\n## Reference\n`rows.py`\n\n## Differences\n- It takes nothing off.\n"
OWN = "from pages import count\n\n\ndef test_last():\n    assert count(10, 5) == 2\n"
DONE = "It is mended and works.\nSTATUS: DONE"

STEPS = {
    "cause": Step(
        "Say what is broken. The agent mends at once, and may not; it must show the failure first",
        "/fix the last page is missing",
        (
            "refused: Write pages.py in stage `root-cause` (rule root-cause/otherwise)",
            "now in `pattern`",
        ),
        ("was not seen to fail; run exactly that, as a call of its own",),
    ),
    "pattern": Step(
        "It reads where the same thing works, and lists what is different",
        "go on",
        ("now in `hypothesis`",),
        ("the reference `rows.py` was not read in this run; Read it",),
    ),
    "hypothesis": Step(
        "One hypothesis, tried by stagelock and put aside again",
        "go on",
        ("now in `reproduce`",),
        ("hypothesis 1 (one too many is taken off): stands",),
    ),
    "red": Step(
        "A test that fails because of the bug: not on its import, and seen in a copy of its commit",
        "go on",
        ("now in `repair`",),
        (
            "a test could not be collected or set up; it must fail on an assertion",
            "with pages.py broken: it fails otherwise, so it needs that file",
        ),
    ),
    "green": Step(
        "The fix: the test is frozen, and taking the fix away makes it red again",
        "go on",
        ("now in `refactor`",),
        (
            "(rule repair/frozen)",
            "without the fix: it fails on an assertion",
            "with the fix: it passes",
            "the reproduction: passes now",
        ),
    ),
    "end": Step(
        "You end it",
        "/approve",
        ("the run is done",),
    ),
    "log": Step(
        "What there is then: a commit that shows the bug, and one that mends it",
        "git log --oneline --stat -2",
        ("green: fix the last page", "red: reproduce the missing page"),
    ),
    "refused": Step(
        "And what was refused on the way",
        "stagelock log --event refused",
        ("root-cause/otherwise", "reproduce/unverified", "repair/frozen", "repair/unverified"),
    ),
}


def perform(version: str, base: Path) -> list[Seen]:
    """Play it; a step that does not show what it must is an AssertionError."""
    with Model([]) as model:
        client = User(version, base, model.url)
        with Shell(client) as screen:
            seen = Recorder(client, screen, STEPS)
            flags = "--permission-mode bypassPermissions --plugin-dir ~/stagelock"
            screen.start(f"claude {flags}")
            for name, turns in _turns(client).items():
                model.add(*turns)
                seen.step(name, inside=True)
            seen.step("end")
            screen.type("/exit")
            screen.wait_for_prompt()
            seen.step("log")
            seen.step("refused")
        told = model.heard()
        assert [text for step in STEPS.values() for text in step.heard if text not in told] == []
    return seen.steps


class User(Client):
    """A home with stagelock in it, and a project whose checks a person has accepted."""

    def __init__(self, version: str, base: Path, url: str) -> None:
        super().__init__(version, base, url, plugin=None)
        self.project = self.home / "shop"
        (self.home / "stagelock").symlink_to(ROOT)
        own = self.home / ".local/bin"
        own.mkdir(parents=True)
        (own / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        (own / "python").chmod(0o755)
        (own / "stagelock").symlink_to(ROOT / "bin/stagelock")
        (self.home / ".gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.org\n")
        git_project(self.project, FILES)
        accept_checks(self.state, self.project)
        for name in ("stagelock-stagelock", "stagelock-inline"):
            prepared_launcher(self.home / ".claude/plugins/data" / name)

    def env(self) -> dict[str, str]:
        """As a person's shell has it: the client and their own programs on PATH."""
        given = super().env()
        own = f"{self.home}/.local/bin:{Path(self.program).parent}"
        return {**given, "PATH": f"{own}:{given['PATH']}", "PS1": "$ "}


def _turns(client: User) -> dict[str, list[list[Block]]]:
    """What the model does after each of the person's lines."""

    def write(path: str, text: str) -> list[Block]:
        return [call("Write", file_path=str(client.project / path), content=text)]

    def read(path: str) -> list[Block]:
        return [call("Read", file_path=str(client.project / path))]

    red = shell("git add -A && git commit -qm 'red: reproduce the missing page'")
    green = shell("git add -A && git commit -qm 'green: fix the last page'")
    opened = "stagelock hypothesis 'one too many is taken off' --scope pages.py"
    done = [say(DONE)]
    return {
        "cause": [
            read("pages.py"), write("pages.py", MENDED), write(f"{RECORDS}/root-cause.md", CAUSE),
            done, [shell(SEES_IT)], done,
        ],
        "pattern": [
            write(f"{RECORDS}/pattern.md", PATTERN), done, read("rows.py"), done,
        ],
        "hypothesis": [
            [shell(opened)], read("pages.py"), write("pages.py", MENDED),
            [shell("stagelock hypothesis --test")], done,
        ],
        "red": [
            write("tests/test_last.py", OWN.replace("from pages", "from page")),
            write(f"{RECORDS}/reproduction.md", f"# Reproduction\n\n## Test\n`{TEST}`\n"),
            [shell(TEST)], [red], write("tests/test_last.py", OWN), [shell(TEST)], [red],
            [shell("stagelock replay")], done,
        ],
        "green": [
            write("tests/test_last.py", OWN.replace("== 2", ">= 0")), read("pages.py"),
            write("pages.py", MENDED), [green], [shell(TEST)], [shell("stagelock verify")],
            [green], [shell("stagelock replay")], done,
        ],
    }  # fmt: skip


def page(version: str, seen: list[Seen]) -> str:
    """The part of the page that shows what came."""
    parts = [
        f"Played in Claude Code {version} by `make story`, which writes this part; a test plays it "
        "in two\nversions. The model is a stand-in that mends at once, runs nothing and says that "
        "it is done. Newer\nclients fold what an agent was told into a line: `stagelock log` has "
        "it whole.\n"
    ]
    for number, one in enumerate(seen, 1):
        parts.append(f"### {number}. {STEPS[one.name].what}\n")
        parts.append(f"```text\n{_calm(one.screen)}\n```\n")
        flat = " ".join(one.screen.split())
        heard = [line for line in STEPS[one.name].heard if line not in flat]
        if heard:
            parts.append("The agent was told, among other things:\n")
            parts.append("\n".join(f"    {line}" for line in heard) + "\n")
    return "\n".join(parts)


def _calm(screen: str) -> str:
    """Leave out what the client draws while it works, and tmux says of itself."""
    return re.sub(r"\n+(?:✻ | {8,}tmux ).*", "", screen)


def main() -> None:
    """Play it in the newest client and write the part of the page between the two marks."""
    version = sys.argv[1] if len(sys.argv) > 1 else newest()
    with tempfile.TemporaryDirectory() as base:
        seen = perform(version, Path(base).resolve())
    head, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(head + BEGIN + "\n" + page(version, seen) + "\n" + END + rest.partition(END)[2])
    print(f"{PAGE.relative_to(ROOT)}, played in Claude Code {version}")


if __name__ == "__main__":
    main()
