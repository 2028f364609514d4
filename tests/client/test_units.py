"""A plan of five units in the real client: scripted coders and reviewers, good ones and bad."""

import json
import os
import posix
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stagelock.authoring.config import load_library
from stagelock.core.plan.units import attempts
from stagelock.store import library, moves, runs
from stagelock.store.plan import units
from tests.support.checked import accept_checks, prepared_launcher
from tests.support.executed import AT, CONFIG, DONE, WORK, verdict
from tests.support.judged import plan_passed
from tests.support.units import TEXT

from .support.client import Client, git_project
from .support.model import Block, Model, Turn, call, say

pytestmark = pytest.mark.client

BRIEF = re.compile(r"First of all, Read (\S+?):")


class Run:
    """A project in the real client whose plan of five units is approved."""

    def __init__(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client = client
        self.tree = client.project
        git_project(self.tree, {"README.md": "a project\n", "check.sh": "exit 0\n"})
        self.git("config", "user.name", "A Person")
        self.git("config", "user.email", "person@example.org")
        (self.tree / ".stagelock").mkdir(exist_ok=True)
        (self.tree / ".stagelock/config.yaml").write_text(CONFIG)
        data = prepared_launcher(client.project.parent / "data")
        monkeypatch.setitem(posix.environ, b"CLAUDE_PLUGIN_DATA", os.fsencode(data))
        accept_checks(client.state, self.tree)
        policy = library.library("/nowhere")["policies"]["execute"]
        settings = load_library(self.tree)["settings"]
        where = str(client.state), str(self.tree)
        who = moves.person("terminal", "", str(self.tree))
        state = moves.start(*where, policy, "plan", "paid lists", settings, who)["state"]
        (self.tree / AT).mkdir(parents=True)
        (self.tree / AT / "plan.md").write_text(TEXT)
        state = moves.leave(*where, state, who)["state"]
        plan_passed(*where)
        state, _ = runs.look(*where)
        assert state is not None
        assert moves.approve(*where, state, who)["state"]["stage"] == "execute"

    def approve(self) -> None:
        """A person at a terminal says go on."""
        where = str(self.client.state), str(self.tree)
        state, _ = runs.look(*where)
        assert state is not None
        assert moves.approve(*where, state, moves.person("terminal", "", str(self.tree)))["moved"]

    def at(self, name: str) -> str:
        where = str(self.client.state), str(self.tree)
        state, _ = runs.look(*where)
        assert state is not None
        at = units.load(*where, state)[1]["units"][name]
        return at["phase"] + attempts(at)

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.tree, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def coder(self, name: str, *more: str) -> Callable[[dict[str, Any]], Turn]:
        """The script of a coder: read the brief, write the unit's file (and `more`), say DONE."""
        paths = [WORK[name], *more]

        def turn(request: dict[str, Any]) -> Turn:
            done = json.dumps(request).count('"type": "tool_result"')
            if done == 0:
                found = BRIEF.search(json.dumps(request))
                assert found
                return [call("Read", file_path=str(self.tree / found[1]))]
            if done <= len(paths):
                path = str(self.tree / paths[done - 1])
                return [call("Write", file_path=path, content="done = 1\n")]
            return [say(DONE)]

        return turn


def _agent(role: str, name: str) -> Block:
    given = {"description": name, "prompt": f"unit: {name}\ngo", "run_in_background": False}
    return call("Agent", subagent_type=f"stagelock:{role}", **given)


def _bash(command: str) -> Block:
    return call("Bash", command=command, description="work")


def _coded(*names: str) -> Turn:
    return [_agent("implementer", name) for name in names]


def _judged(*names: str) -> Turn:
    return [_agent("adversarial-reviewer", name) for name in names]


def _committed(name: str) -> list[Turn]:
    return [[_bash(f"git add -A -- {WORK[name]}")], [_bash(f"git commit -m {name}")]]


CHECKED = [_bash("sh check.sh")]


def _carried(*names: str) -> list[Turn]:
    """The turns of a coordinator that carries units through their loop, side by side."""
    turns = [_coded(*names), CHECKED, _judged(*names)]
    for name in names:
        turns += _committed(name)
    return turns


def _scripts(run: Run) -> dict[str, Any]:
    scripts: dict[str, Any] = {}
    for name, path in WORK.items():
        scripts[f"the coder of work unit {name}"] = run.coder(name)
        scripts[f"reviewer of work unit {name}"] = [[say(verdict(path))]]
    return scripts


def test_five_units_end_as_five_commits(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        run = Run(client, monkeypatch)
        model.agents = _scripts(run)
        model.turns = [*_carried("WU-001"), _coded("WU-002"), [say("I wait.")]]
        client.prompt("go on")
        assert run.at("WU-001") == "done", model.results()
        assert "checkpoint after WU-001 waits" in model.heard()
        assert run.at("WU-002") == "waiting", "the checkpoint holds what comes after it"
        run.approve(), run.approve()
        model.turns = [
            *_carried("WU-002", "WU-003"), *_carried("WU-004"), *_carried("WU-005"), [say("Done.")],
        ]  # fmt: skip
        client.prompt("go on")
        assert "Resuming from WU-002, Phase IMPLEMENT" in model.heard()
        assert [run.at(name) for name in WORK] == ["done"] * 5, model.results()
        subjects = run.git("log", "--format=%s", "-5").splitlines()
        assert {line.partition(":")[0] for line in subjects} == {
            f"feat(wu-00{n})" for n in range(1, 6)
        }
        body = run.git("log", "-1", "--format=%B")
        assert "Reviewed-by: adversarial-review (PASS)" in body


def test_bad_agents_leave_the_loop_nowhere(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        run = Run(client, monkeypatch)
        head = run.git("rev-parse", "HEAD")
        name = "WU-001"
        model.agents = {
            "the coder of work unit WU-001": run.coder(name, "src/todo/service.py"),
            "reviewer of work unit WU-001": [[say(verdict(WORK[name], good=False))]],
        }
        early = [_bash(f"git commit -m {name}")]
        model.turns = [
            _coded("WU-002"), early, _coded(name), _judged(name), CHECKED, early, _judged(name),
            early, [_bash("git commit -qam done")], [say("Nothing works.")],
        ]  # fmt: skip
        client.prompt("go on")
        assert run.git("rev-parse", "HEAD") == head
        assert not (run.tree / "src/todo/service.py").exists()
        assert run.at(name) == "implement, attempt 2/3"
        heard = model.heard()
        for rule in ("unit-needs", "unit-phase", "unit-scope", "unit-hooks"):
            assert f"(rule execute/{rule})" in heard, rule
        assert "the title is never trimmed. Returning to IMPLEMENT, attempt 2/3" in heard
