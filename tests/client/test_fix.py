"""`/fix` in the real client, on a Python and a JavaScript project: skipped steps are stopped."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.checked import accept_checks, prepared_launcher

from .support.client import Client, git_project
from .support.model import Block, Model, call, say

pytestmark = pytest.mark.client

DONE = say("It is done.\nSTATUS: DONE")
RECORDS = "docs/stagelock/a-page-is-missing/"


class Project(NamedTuple):
    """A small project with a bug, and what its debugger writes and runs."""

    files: dict[str, str]
    source: str
    mended: str
    sees_it: str
    test: tuple[str, str]
    broken: str  # a test that fails on something else than an assertion
    run: str


PAGES = "def count(items, size):\n    return items // size - 1\n"
OWN = "from pages import count\n\n\ndef test_last():\n    assert count(10, 5) == 2\n"
PAGES_JS = "exports.count = (items, size) =>\n  Math.floor(items / size) - 1;\n"
OWN_JS = (
    "const test = require('node:test');\nconst assert = require('node:assert');\n"
    "const { count } = require('../pages.js');\n"
    "test('last', () => assert.equal(count(10, 5), 2));\n"
)
REPRO_JS = "require('assert').equal(require('./pages.js').count(10, 5), 2);\n"
PROJECTS = {
    "python": Project(
        {"pages.py": PAGES, "rows.py": PAGES.replace(" - 1", ""), "conftest.py": ""},
        "pages.py",
        PAGES.replace(" - 1", ""),
        "stagelock ro -- 'python -c \"import pages; assert pages.count(10, 5) == 2\"'",
        ("tests/test_last.py", OWN),
        OWN.replace("from pages", "from nowhere"),
        "python -m pytest -q tests/test_last.py",
    ),
    "javascript": Project(
        {"pages.js": PAGES_JS, "rows.js": PAGES_JS.replace(" - 1", ""), "repro.js": REPRO_JS},
        "pages.js",
        PAGES_JS.replace(" - 1", ""),
        "stagelock ro -- 'node repro.js'",
        ("test/last.test.js", OWN_JS),
        OWN_JS.replace("../pages.js", "../nowhere.js"),
        "stagelock ro -- 'node --test test/last.test.js'",
    ),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_each_skipped_step_is_stopped_and_the_protocol_ends_red_then_green(  # noqa: PLR0915  # one run, in order
    version: str, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "bin/python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv("PATH", f"{python.parent}:{os.environ['PATH']}")
    project = PROJECTS[name]
    with Model([]) as model:
        client = _client(version, tmp_path, model, project)
        commit = f"git commit -qm 'green: fix it' -- {project.source}"
        model.turns = [
            [call("Read", file_path=str(client.project / project.source))],
            [_write(client, project.source, project.mended)], [_bash(commit)],  # at once: refused
            _records(client, "root-cause.md", _cause(project)), [DONE],  # not seen: sent back
            [_bash(project.sees_it)], [DONE],
        ]  # fmt: skip
        client.prompt("/stagelock:fix a page is missing")
        assert "(rule root-cause/otherwise)" in model.heard()
        assert "was not seen to fail; run exactly that" in model.heard()
        assert _stage(client) == "pattern", _told(model)
        rows = project.source.replace("pages", "rows")
        pattern = f"# P\n\n## Reference\n`{rows}`\n\n## Differences\n- Nothing is taken off.\n"
        model.turns = [
            _records(client, "pattern.md", pattern), [DONE],  # not read: sent back
            [call("Read", file_path=str(client.project / rows))], [DONE],
        ]  # fmt: skip
        client.prompt("go on", "--continue")
        assert f"the reference `{rows}` was not read in this run" in model.heard()
        assert _stage(client) == "hypothesis", _told(model)
        model.turns = [
            [DONE],  # none was tried: sent back
            [call("Read", file_path=str(client.project / project.source))],
            [_bash(f"stagelock hypothesis 'one page too many is taken off' --scope {rows}")],
            [_write(client, project.source, project.mended)],  # outside its scope: refused
            [_bash("stagelock hypothesis --test")],
            [_bash(f"stagelock hypothesis 'the count is off' --scope {project.source}")],
            [_write(client, project.source, project.mended)],
            [_bash("stagelock hypothesis --test")], [DONE],
        ]  # fmt: skip
        client.prompt("go on", "--continue")
        heard = model.heard()
        assert "no hypothesis was seen to hold; open one" in heard
        assert "(rule hypothesis/otherwise)" in heard
        assert "hypothesis 1 (one page too many is taken off): failed (exit 1)" in heard
        assert "hypothesis 2 (the count is off): stands" in heard
        assert (client.project / project.source).read_text() == project.files[project.source]
        assert _stage(client) == "reproduce", _told(model)
        test, text = project.test
        red = "git add -A && git commit -qm 'red: reproduce the missing page'"
        model.turns = [
            [_write(client, project.source, project.mended)],  # the fix first: refused
            _records(client, "reproduction.md", f"# R\n\n## Test\n`{project.run}`\n"),
            [_write(client, test, project.broken)], [_bash(_plain(project))],
            [_bash(project.run)], [_bash(red)],
            [_write(client, test, text)], [_bash(red)],  # not run as it is now: refused
            [_bash(project.run)], [_bash(red)], [DONE],  # not run at the commit: sent back
            [_bash("stagelock replay")], [DONE],
        ]  # fmt: skip
        client.prompt("go on", "--continue")
        heard = model.heard()
        assert "was not run in a copy of the commit; run `stagelock replay`, alone" in heard
        assert f"with {project.source} broken: it fails otherwise, so it needs that file" in heard
        assert "(rule reproduce/otherwise)" in heard
        if project.run != _plain(project):  # the shell's reader does not know what it does
            assert "or run it where it can change nothing: stagelock ro -- '...'" in heard
        assert "it must fail on an assertion" in heard
        assert "the tree changed since the test was run" in heard
        assert _stage(client) == "repair", _told(model)
        green = "git add -A && git commit -qm 'green: fix the last page'"
        model.turns = [
            [_write(client, test, "")],  # no test: refused
            [call("Read", file_path=str(client.project / project.source))],
            [_write(client, project.source, project.mended)], [_bash(green)],  # not run: refused
            [_bash(project.run)], [_bash("stagelock verify")], [_bash(green)],
            [_bash("stagelock replay")], [DONE],
        ]  # fmt: skip
        client.prompt("go on", "--continue")
        assert "(rule repair/frozen)" in model.heard()
        assert "was not seen to pass; run exactly that, alone" in model.heard()
        assert _stage(client) == "refactor", _told(model)
        simpler = "git add -A && git commit -qm 'refactor: name the number of items'"
        named = project.mended.replace("items", "number")
        model.turns = [
            [call("Read", file_path=str(client.project / project.source))],
            [_write(client, test, "")],  # no test: refused
            [_write(client, project.source, project.mended.replace("size", "items"))],
            [_bash(project.run)], [_bash(simpler)],  # another behaviour: refused
            [_write(client, project.source, named)], [_bash(simpler)],  # not run: refused
            [_bash(project.run)], [_bash("stagelock verify")],
            [_bash(simpler.replace("refactor: ", ""))],  # called otherwise: refused
            [_bash(simpler)], [DONE],
        ]  # fmt: skip
        client.prompt("go on", "--continue")
        heard = model.heard()
        assert "(rule refactor/frozen)" in heard
        assert "the reproducing test still fails" in heard
        assert "a commit made here is new, and begins with `refactor: `" in heard
    log = _git(client, "log", "--format=%s", "-3").splitlines()
    assert log == [
        "refactor: name the number of items",
        "green: fix the last page",
        "red: reproduce the missing page",
    ]
    main = _git(client, "rev-parse", "HEAD").strip()
    for at, code in ((main, 0), (f"{main}~1", 0), (f"{main}~2", 1)):
        _git(client, "checkout", "-q", at)
        ran = subprocess.run(
            _plain(project).split(), cwd=client.project, env=client.env(), check=False
        )
        assert ran.returncode == code


def _plain(project: Project) -> str:
    """The test command without the box around it."""
    return project.run.partition("'")[2].rstrip("'") or project.run


def _client(version: str, base: Path, model: Model, project: Project) -> Client:
    client = Client(version, base, model.url)
    whole = _plain(project).rpartition(" ")[0]
    config = f"checks: [{{name: tests, command: {whole}}}]\n"
    ignored = "__pycache__/\n.stagelock/\n.pytest_cache/\n"
    git_project(
        client.project, {**project.files, ".gitignore": ignored, ".stagelock/config.yaml": config}
    )
    _git(client, "config", "user.name", "a")
    _git(client, "config", "user.email", "a@b.c")
    accept_checks(client.state, client.project)
    for name in ("stagelock-stagelock", "stagelock-inline"):
        prepared_launcher(client.home / ".claude/plugins/data" / name)
    return client


def _cause(project: Project) -> str:
    return (
        "# Root cause\n\n## Cause\nThe last page is missing because one too many is taken off at "
        f"{project.source}:2\n\n## Reproduction\n`{project.sees_it}`\n\n## Evidence\nIt says 1.\n"
    )


def _records(client: Client, name: str, text: str) -> list[Block]:
    return [_write(client, RECORDS + name, text)]


def _write(client: Client, path: str, text: str) -> Block:
    return call("Write", file_path=str(client.project / path), content=text)


def _bash(command: str) -> Block:
    return call("Bash", command=command, description="work")


def _git(client: Client, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=client.project, capture_output=True, text=True, check=True
    ).stdout


def _stage(client: Client) -> str:
    text = (client.project / ".stagelock/stage.json").read_text()
    return text.partition('"stage":')[2].split('"')[1]


def _told(model: Model) -> str:
    return "\n".join(f"{answer.tool}: {answer.text}" for answer in model.answers()[-8:])
