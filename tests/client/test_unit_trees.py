"""Units built apart in the real client, which makes a worktree for each of their coders."""

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.executed import DONE, WORK, verdict

from .support.client import Client
from .support.model import Block, Model, Turn, call, say
from .test_units import BRIEF, CHECKED, Run, _bash, _carried, _committed, _judged, _scripts

pytestmark = pytest.mark.client


def _apart(*names: str) -> Turn:
    turn: list[Block] = []
    for name in names:
        given = {"description": name, "prompt": f"unit: {name}\ngo", "run_in_background": False}
        more = {"subagent_type": "stagelock:implementer", "isolation": "worktree"}
        turn.append(call("Agent", **given, **more))
    return turn


def _verified(name: str) -> Turn:
    return [_bash(f"stagelock verify --unit {name}")]


class Coder:
    """A coder that looks where it is, tries the run's own tree and its neighbour's, then works."""

    def __init__(self, run: Run, name: str) -> None:
        self.run, self.name = run, name
        self.seen = ""

    def __call__(self, request: dict[str, Any]) -> Turn:
        text = json.dumps(request)
        here = self.run.tree / WORK[self.name]
        first = WORK["WU-001"]
        steps: list[Turn] = [
            [call("Read", file_path=_brief(text))],
            [_bash(f"pwd; cat {first}")],
            [call("Write", file_path=str(here), content="in the wrong tree\n")],
            [_bash(f"echo wrong > {here}")],
            [call("Write", file_path=WORK[self.name], content=f"unit = '{self.name}'\n")],
            [say(DONE)],
        ]
        self.seen = text
        return steps[text.count('"type": "tool_result"')]


def _brief(text: str) -> str:
    found = BRIEF.search(text)
    assert found
    return found[1]


def _published(run: Run) -> None:
    """Give the project a remote that has the first commit only."""
    bare = run.tree.parent / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", str(bare)], check=True)
    run.git("remote", "add", "origin", str(bare))
    branch = run.git("branch", "--show-current")
    run.git("push", "-q", "-u", "origin", branch)
    run.git("remote", "set-head", "origin", branch)


def _coordinator(*pair: str) -> Callable[[dict[str, Any]], Turn]:
    """Carry two units apart; the one that stagelock joins first is committed first."""
    turns = [_apart(*pair), *[_verified(name) for name in pair], _judged(*pair)]
    committing: list[Turn] = []

    def turn(request: dict[str, Any]) -> Turn:
        if turns:
            return turns.pop(0)
        if not committing:
            joined = re.search(r"(WU-\d+) is joined", json.dumps(request))
            assert joined
            for name in sorted(pair, key=lambda name: name != joined[1]):
                committing.extend([CHECKED, *_committed(name)])
            committing.append([say("Done.")])
        return committing.pop(0)

    return turn


def test_two_units_are_built_in_worktrees_of_the_client_and_joined(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        run = Run(client, monkeypatch)
        _published(run)
        model.agents = _scripts(run)
        model.turns = [*_carried("WU-001"), [say("I wait.")]]
        client.prompt("go on")
        run.approve(), run.approve()
        pair = ("WU-002", "WU-003")
        coders = {name: Coder(run, name) for name in pair}
        for name in pair:
            model.agents[f"the coder of work unit {name}"] = coders[name]
            good = verdict(WORK[name])
            model.agents[f"reviewer of work unit {name}"] = [[say(good)]]
        model.turns = _coordinator(*pair)
        client.prompt("go on")
        assert [run.at(name) for name in pair] == ["done", "done"], model.results()
        for name in pair:
            seen = coders[name].seen
            assert re.search(r"/\.claude/worktrees/agent-\w+\\\\?n", seen), "it had its own tree"
            assert "done = 1" in seen, "with what WU-001 committed, which the remote has not"
            assert f"unit = '{name}'" in run.git("show", f"HEAD:{WORK[name]}")
            assert "refused: Bash writes" in seen
        subjects = run.git("log", "-2", "--format=%s").splitlines()
        assert {line.partition(":")[0] for line in subjects} == {"feat(wu-002)", "feat(wu-003)"}
        assert run.git("status", "--porcelain", "src") == ""
        for name in pair:
            assert f"{name} is joined; every check runs again" in model.heard()


class Killed:
    """A client in print mode that is killed, with everything it started, at a turn of its model."""

    def __init__(self, client: Client, text: str) -> None:
        argv = [client.program, "-p", text, "--output-format", "stream-json", "--verbose"]
        more = ["--permission-mode", "bypassPermissions", "--model", "claude-sonnet-4-5"]
        self.child = subprocess.Popen(
            [*argv, *more, *client.flags()], cwd=client.project, env=client.env(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def kill(self) -> None:
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait(60)


def test_killed_while_units_are_built_apart_it_goes_on_and_does_nothing_twice(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        run = Run(client, monkeypatch)
        model.agents = _scripts(run)
        model.turns = [*_carried("WU-001"), [say("I wait.")]]
        client.prompt("go on")
        run.approve(), run.approve()
        at_work = threading.Event()

        def half(request: dict[str, Any]) -> Turn:
            """Write half, then think until the client is dead."""
            text = json.dumps(request)
            done = text.count('"type": "tool_result"')
            if done == 0:
                return [call("Read", file_path=_brief(text))]
            if done == 1:
                return [call("Write", file_path=WORK["WU-002"], content="half = 1\n")]
            at_work.set()
            time.sleep(3)
            return [say(DONE)]

        model.agents["the coder of work unit WU-002"] = half
        model.turns = [_apart("WU-002"), [say("never said")]]
        killed = Killed(client, "go on")
        assert at_work.wait(60), "the coder came to its work"
        killed.kill()
        assert run.at("WU-002") == "implement, attempt 1/3"
        seen: list[str] = []

        def whole(request: dict[str, Any]) -> Turn:
            text = json.dumps(request)
            steps: list[Turn] = [
                [call("Read", file_path=_brief(text))],
                [call("Read", file_path=WORK["WU-002"])],
                [call("Write", file_path=WORK["WU-002"], content="half = 1\nwhole = 2\n")],
                [say(DONE)],
            ]
            seen.append(text)
            return steps[text.count('"type": "tool_result"')]

        model.requests.clear()
        model.agents["the coder of work unit WU-002"] = whole
        model.turns = [
            _apart("WU-002"), _verified("WU-002"), _judged("WU-002"), CHECKED,
            *_committed("WU-002"), [say("Done.")],
        ]  # fmt: skip
        client.prompt("go on")
        assert "Recovered execution context. Resuming from WU-002, Phase IMPLEMENT" in model.heard()
        assert "half = 1" in seen[-1], "what was written before is there"
        assert run.at("WU-002") == "done", model.results()
        assert run.git("show", f"HEAD:{WORK['WU-002']}") == "half = 1\nwhole = 2"
        assert run.git("log", "--format=%s").count("feat(wu-001)") == 1
