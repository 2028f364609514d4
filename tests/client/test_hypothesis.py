"""One hypothesis at a time in the real client: its scope holds, and what fails leaves no trace."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.checked import prepared_launcher
from tests.support.hypotheses import everything

from .support.client import Client, git_project
from .support.model import Block, Model, call, say
from .test_fix import PROJECTS, RECORDS, _bash, _cause, _git, _stage, _told, _write

pytestmark = pytest.mark.client

DONE = say("It is done.\nSTATUS: DONE")
PROJECT = PROJECTS["python"]
TEST = _bash("stagelock hypothesis --test")


@pytest.fixture
def hunt(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A model and a client whose run of `/fix` stands in `hypothesis`, unfinished work about."""
    python = tmp_path / "bin/python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv("PATH", f"{python.parent}:{os.environ['PATH']}")
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        ignored = "__pycache__/\n.stagelock/\n*.bin\n"
        git_project(client.project, {**PROJECT.files, ".gitignore": ignored})
        for name in ("stagelock-stagelock", "stagelock-inline"):
            prepared_launcher(client.home / ".claude/plugins/data" / name)
        pattern = "# P\n\n## Reference\n`rows.py`\n\n## Differences\n- Nothing is taken off.\n"
        model.turns = [
            [_write(client, RECORDS + "root-cause.md", _cause(PROJECT))],
            [_bash(PROJECT.sees_it)],
            [DONE],
        ]
        client.prompt("/stagelock:fix a page is missing")
        model.turns = [
            [_write(client, RECORDS + "pattern.md", pattern)],
            [call("Read", file_path=str(client.project / "rows.py"))],
            [call("Read", file_path=str(client.project / "pages.py"))],
            [DONE],
        ]
        client.prompt("go on", "--continue")
        assert _stage(client) == "hypothesis", _told(model)
        _unfinished(client)
        yield model, client


def _unfinished(client: Client) -> None:
    """A person's own work: staged, not staged, not tracked, to be run, linked, binary, ignored."""
    root = client.project
    (root / "rows.py").write_text("staged = 1\n")
    _git(client, "add", "rows.py")
    (root / "rows.py").write_text("and_more = 2\n")
    (root / "mine.sh").write_text("echo mine\n")
    (root / "mine.sh").chmod(0o755)
    (root / "to").symlink_to("rows.py")
    (root / "mine.bin").write_bytes(bytes(range(256)))


def _opens(says: str, scope: str = "pages.py") -> Block:
    return _bash(f"stagelock hypothesis '{says}' --scope {scope}")


def _changes(client: Client, text: str) -> list[Block]:
    return [_write(client, "pages.py", text)]


def _go(model: Model, client: Client, *turns: list[Block]) -> str:
    model.turns = list(turns)
    client.prompt("go on", "--continue")
    return model.heard()


def _attempts(client: Client) -> list[dict[str, Any]]:
    state = json.loads((client.project / ".stagelock/stage.json").read_text())
    found: list[dict[str, Any]] = state["hypotheses"]
    return found


def test_one_fails_and_leaves_no_trace_one_stands_and_nothing_outside_its_scope_is_written(
    hunt: Any,
) -> None:
    model, client = hunt
    before, staged = everything(client.project), _git(client, "ls-files", "--stage")
    wrong = PROJECT.mended.replace("size", "size + 1", 1)
    heard = _go(
        model,
        client,
        _changes(client, PROJECT.mended),  # before one is open: refused
        [_opens("the count is one short of the pages")],
        [_opens("it is the rows that are short", "rows.py")],  # a second: refused
        [_write(client, "other.py", "x = 1\n")],  # outside its scope: refused
        [_bash("sed -i 's/1/2/' rows.py")],  # by a command: refused
        [call("Agent", description="x", prompt="write other.py", subagent_type="general-purpose")],
        _changes(client, wrong),
        [TEST],
        [say("It failed.")],
    )
    told = _told(model)
    assert "(rule hypothesis/otherwise)" in heard, told
    assert "(rule hypothesis/one-at-a-time)" in heard
    assert "hypothesis 1 (the count is one short of the pages): failed (exit 1)" in heard, told
    assert everything(client.project) == before
    assert _git(client, "ls-files", "--stage") == staged
    kept = Path(_attempts(client)[0]["kept"])
    assert (kept / "pages.py").read_text() == wrong
    heard = _go(
        model, client, [_opens("one is taken off that is needed")],
        _changes(client, PROJECT.mended), [TEST], [DONE],
    )  # fmt: skip
    assert "hypothesis 2 (one is taken off that is needed): stands" in heard, _told(model)
    assert everything(client.project) == before
    assert _git(client, "ls-files", "--stage") == staged
    assert _stage(client) == "reproduce"
    assert [(it["n"], it["exit"]) for it in _attempts(client)] == [(1, 1), (2, 0)]


def test_a_subagent_is_held_to_the_scope(hunt: Any) -> None:
    model, client = hunt
    outside, inside = _write(client, "other.py", "x = 1\n"), _changes(client, PROJECT.mended)[0]
    model.agents = [
        [[call("Read", file_path=str(client.project / "pages.py"))], [outside], [inside]]
    ]
    _go(
        model,
        client,
        [_opens("one is taken off that is needed")],
        [call("Agent", description="x", prompt="change it", subagent_type="general-purpose")],
        [say("Let me see.")],
    )
    assert not (client.project / "other.py").exists()
    assert (client.project / "pages.py").read_text() == PROJECT.mended, _told(model)
    assert "open here: pages.py" in model.heard()


def test_after_three_that_failed_a_fourth_waits_for_a_person(hunt: Any) -> None:
    model, client = hunt
    before = everything(client.project)
    for n in (1, 2, 3):
        wrong = PROJECT.mended.replace("size\n", f"size - {n + 1}\n")
        heard = _go(
            model, client, [_opens(f"the count is off by {n} in all")],
            _changes(client, wrong), [TEST], [say("No.")],
        )  # fmt: skip
        assert f"hypothesis {n} (the count is off by {n} in all): failed" in heard, _told(model)
        assert everything(client.project) == before
    assert "3 hypotheses failed; this is architecture, not a hypothesis" in heard
    _go(
        model, client, [_opens("surely it is this one")], _changes(client, PROJECT.mended),
        [say("STATUS: BLOCKED - a person decides")],
    )  # fmt: skip
    for answer in model.answers()[-2:]:
        assert "(rule hypothesis/escalated)" in answer.text, _told(model)
    assert everything(client.project) == before
    report = (client.project / ".stagelock/evidence/escalation.md").read_text()
    assert "This is architecture, not a hypothesis" in report


def test_the_fifth_change_of_one_file_brings_one_line_and_the_ninth_a_person(hunt: Any) -> None:
    model, client = hunt
    wrong = [PROJECT.mended.replace("size\n", f"size - {n}\n") for n in range(2, 11)]
    _go(
        model, client, [_opens("the count is off by some")],
        *[_changes(client, text) for text in wrong], [say("STATUS: BLOCKED - I go round")],
    )  # fmt: skip
    line = "`pages.py` was changed 5 times and the outcome is the same; step back"
    last = json.dumps(model.requests[-1]["messages"])
    assert last.count(line) == 1, _told(model)
    refused = [answer.text for answer in model.answers() if "9 times" in answer.text]
    assert len(refused) == 1
    assert "(rule hypothesis/escalated)" in refused[0]
    assert (client.project / "pages.py").read_text() == wrong[7]
    status = json.loads((client.project / ".stagelock/stage.json").read_text())
    assert "`pages.py` was changed 9 times" in status["escalated"]
