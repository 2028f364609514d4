"""A check that edits source behind the reader's back, in the real client."""

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.terminal import at_terminal

from .support.client import Client, git_project
from .support.model import Block, Model, call, say

pytestmark = pytest.mark.client

WORKFLOW = """\
workflow: checking
summary: run the checks and write down what came of them
enter: [check]
artifacts:
  notes: {path: notes.md, sections: [Results], code: false}
always:
  - id: look
    tools: [read, web, ask, track, plan, skill]
    because: looking changes nothing
stages:
  check:
    purpose: run the checks
    produces: notes.md with the results
    must_not: change code
    allow:
      - {id: write-notes, tools: [edit], paths: ["{artifacts}/*.md"], because: notes go here}
      - {id: run-checks, shell: [read, run], because: checks run project code}
    artifacts: [notes]
    gate: human
    next: []
"""
SPOIL = """\
import sys, time
time.sleep(float(sys.argv[1]))
open("src/app.py", "w").write("spoilt = 1\\n")
open("src/planted.py", "w").write("evil = 1\\n")
sys.exit(int(sys.argv[2]))
"""
APP = "app = 1\n"
DRAFT = "a person's work, never committed\n"
NOTES = "docs/stagelock/look/notes.md"


def _started(client: Client, wait: float = 0, code: int = 0) -> SimpleNamespace:
    """A project with a run in `check`, started by a person at a terminal."""
    makefile = f"test:\n\tpython3 spoil.py {wait} {code}\n"
    files = {"src/app.py": APP, "spoil.py": SPOIL, "Makefile": makefile}
    git_project(client.project, {**files, ".stagelock/workflows/checking.yaml": WORKFLOW})
    (client.project / "src/draft.py").write_text(DRAFT)
    person = SimpleNamespace(home=client.home, tree=client.project)
    status, out = at_terminal(person, "", "start", "checking", "look")
    assert status == 0, out
    return person


def _check(**more: object) -> Block:
    return call("Bash", command="make test", description="run the checks", **more)


def _note(client: Client) -> Block:
    return call("Write", file_path=str(client.project / NOTES), content="# Notes\n")


def _journal(client: Client) -> list[dict[str, Any]]:
    lines = (client.project / ".stagelock/journal.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines if line]


@pytest.mark.parametrize("code", [0, 1], ids=["passes", "fails"])
def test_a_check_that_edits_source_taints_the_run_and_restore_heals_it(
    version: str, tmp_path: Path, code: int
) -> None:
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        person = _started(client, code=code)
        model.add([_check()], [_note(client)], [say("I could not.")])
        client.prompt("check it")
        results = model.results()
        assert "changed behind the stage's rules: src/app.py, src/planted.py" in model.heard()
        error, text = results["toolu_0002"]
        assert error
        assert "(rule check/tainted)" in text
        assert "src/app.py, src/planted.py" in text
        assert not (client.project / NOTES).exists()
        status, out = at_terminal(person, "y\n", "restore")
        assert status == 0, out
        assert (client.project / "src/app.py").read_text() == APP
        assert (client.project / "src/draft.py").read_text() == DRAFT
        assert not (client.project / "src/planted.py").exists()
        kept = Path(out.strip().splitlines()[-1].rpartition(" lies in ")[2])
        assert (kept / "src/app.py").read_text() == "spoilt = 1\n"
        assert (kept / "src/planted.py").read_text() == "evil = 1\n"
        model.add([_note(client)], [say("Written.")])
        client.prompt("write the notes")
        assert (client.project / NOTES).exists()
        events = [entry["event"] for entry in _journal(client)]
        assert events == ["started", "tainted", "refused", "restored"]


def test_a_check_in_the_background_is_looked_after_when_something_happens_next(
    version: str, tmp_path: Path
) -> None:
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        _started(client, wait=1)

        def later(_: object) -> list[Block]:
            """Wait until the command is done, then write."""
            spoilt = client.project / "src/planted.py"
            while len(turns) == 1 and not spoilt.exists():
                time.sleep(0.1)
            return turns.pop(0) if turns else [say("Done.")]

        turns = [[_check(run_in_background=True)], [_note(client)]]
        model.turns = later
        client.prompt("check it")
        error, text = model.results()["toolu_0002"]
        assert error
        assert "(rule check/tainted)" in text
        assert "src/app.py" in text


def test_an_edit_beside_the_check_in_one_answer_taints_nothing(
    version: str, tmp_path: Path
) -> None:
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        _started(client)
        (client.project / "spoil.py").write_text("import time; time.sleep(0.5)\n")
        model.add([_check(), _note(client)], [_note_again(client)], [say("Done.")])
        client.prompt("check it")
        assert [error for error, _ in model.results().values()] == [False, False, False]
        assert [entry["event"] for entry in _journal(client)] == ["started"]


def _note_again(client: Client) -> Block:
    path = str(client.project / NOTES)
    return call("Edit", file_path=path, old_string="# Notes", new_string="# Results")
