"""Done means seen, in the real client: a scripted agent claims, and the tool looks."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.checked import accept_checks, prepared_launcher

from .support.client import Client, git_project
from .support.model import Block, Model, Result, call, say

pytestmark = pytest.mark.client

COMMAND = "sh check.sh"
FILES = {
    "src/app.py": "def login():\n    return None\n",
    "check.sh": "grep -q 'return 1' src/app.py || { echo 'login is not there'; exit 1; }\n",
    ".gitignore": "*.log\n",
    ".stagelock/config.yaml": f"checks: [{{name: tests, command: {COMMAND}}}]\n",
}
DONE = say("It is done, all tests pass.\nSTATUS: DONE")


def _client(version: str, base: Path, model: Model) -> Client:
    client = Client(version, base, model.url)
    git_project(client.project, FILES)
    accept_checks(client.state, client.project)
    for name in ("stagelock-stagelock", "stagelock-inline"):
        prepared_launcher(client.home / ".claude/plugins/data" / name)
    return client


def _bash(command: str, **more: Any) -> Block:
    return call("Bash", command=command, description="work", **more)


def _edit(client: Client, text: str) -> list[Block]:
    path = client.project / "src/app.py"
    return [call("Write", file_path=str(path), content=f"def login():\n    return {text}\n")]


def _read(client: Client) -> list[Block]:
    return [call("Read", file_path=str(client.project / "src/app.py"))]


def _journal(client: Client, *events: str) -> list[dict[str, Any]]:
    lines = (client.project / ".stagelock/journal.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines if line]
    return [entry for entry in entries if entry["event"] in events]


def _stage(client: Client) -> str:
    return str(json.loads((client.project / ".stagelock/stage.json").read_text())["stage"])


def _shell(model: Model) -> list[Result]:
    return [answer for answer in model.answers() if answer.tool == "Bash"]


def test_an_agent_that_claims_done_is_stopped_until_the_checks_are_seen_to_pass(
    version: str, tmp_path: Path
) -> None:
    with Model([]) as model:
        client = _client(version, tmp_path, model)
        model.turns = [
            _read(client),
            _edit(client, "1"), [DONE],  # edits and claims: stopped
            [_bash(f"{COMMAND} || true")], [DONE],  # no evidence: stopped
            [_bash(COMMAND)],  # green
            _edit(client, "10"), [DONE],  # one byte more: stopped
            [_bash("stagelock verify")], [DONE],  # green on this very tree
        ]  # fmt: skip
        session = client.prompt("/stagelock:quick make login in src/app.py return 1")
        heard = model.heard()
        why = [entry["why"] for entry in _journal(client, "reminded")]
        assert why == [
            "check `tests` has not been seen to pass",
            "check `tests` has not been seen to pass",
            "check `tests` passed, and the tree changed since",
        ], session.result
        assert "stage `change` is not done" in heard
        assert f"what would: exactly `{COMMAND}` as a call of its own" in heard
        assert "check `tests` passed and counts for this tree" in heard
        seen = _journal(client, "evidence")
        assert [(e["what"], e["exit"], e.get("why", "")) for e in seen] == [("tests", 0, "")] * 2
        assert [answer.is_error for answer in _shell(model)] == [False, False, False]
        assert "tests: passed in" in _shell(model)[2].text
        assert _stage(client) == "verify"
        assert model.turns == []


def test_a_commit_stands_behind_evidence_on_this_very_tree(version: str, tmp_path: Path) -> None:
    with Model([]) as model:
        client = _client(version, tmp_path, model)
        model.turns = [
            _read(client),
            _edit(client, "1"),
            [_bash("git commit -qam early")],
            [_bash(COMMAND)],
            _edit(client, "11"),
            [_bash("git commit -qam later")],
            [_bash("git push")],
            [_bash(COMMAND)],
            [_bash("git commit -qam work")],
            [say("STATUS: BLOCKED - enough")],
        ]
        subprocess.run(["git", "config", "user.name", "a"], cwd=client.project, check=True)
        subprocess.run(["git", "config", "user.email", "a@b.c"], cwd=client.project, check=True)
        client.prompt("/stagelock:quick make login in src/app.py return 1")
        early, green, later, push, again, last = _shell(model)
        for answer in (early, later, push):
            assert answer.is_error
            assert "(rule change/unverified)" in answer.text
            assert "next: run `stagelock verify` until it is green" in answer.text
        assert [answer.is_error for answer in (green, again, last)] == [False] * 3, last.text
        log = ["git", "log", "--format=%s"]
        done = subprocess.run(log, cwd=client.project, capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["work", "first"]


def test_no_way_round_the_gates_is_let_through_and_green_on_this_tree_commits(
    version: str, tmp_path: Path
) -> None:
    remote = tmp_path / "remote.git"
    ways = {
        "git commit --no-verify -qam a": "never/skipped-hooks",
        "git commit -qnam a": "never/skipped-hooks",
        "git -c core.hooksPath=/dev/null commit -qam a": "never/skipped-hooks",
        "HUSKY=0 git commit -qam a": "never/skipped-hooks",
        "git push --force origin main": "never/forced-push",
        "git push origin +main": "never/forced-push",
        "git push origin :main": "never/forced-push",
        "git commit -q --amend -m a": "never/rewritten-history",
    }
    with Model([]) as model:
        client = _client(version, tmp_path, model)
        for words in (["config", "user.name", "a"], ["config", "user.email", "a@b.c"],
                      ["init", "-q", "--bare", str(remote)], ["branch", "-qM", "main"],
                      ["remote", "add", "origin", str(remote)],
                      ["push", "-q", "origin", "main"]):  # fmt: skip
            _git(client, *words)
        tries = [[_bash(command)] for command in ways]
        model.turns = [
            _read(client), _edit(client, "1"), *tries,
            [_bash(COMMAND)], *tries,  # green opens none of them
            [_bash("git commit -qam work")], [_bash("git push -q origin main")],
            [say("STATUS: BLOCKED - enough")],
        ]  # fmt: skip
        client.prompt("/stagelock:quick make login in src/app.py return 1")
        answers = _shell(model)
        before, after = answers[: len(ways)], answers[len(ways) + 1 : -2]
        for refused in (before, after):
            told = [
                f"(rule {rule})" in a.text for a, rule in zip(refused, ways.values(), strict=True)
            ]
            assert told == [True] * len(ways), [a.text for a in refused]
        assert [a.is_error for a in answers[-2:]] == [False, False], answers[-1].text
        assert _git(client, "log", "--format=%s", "origin/main").split() == ["work", "first"]


def _git(client: Client, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=client.project, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_three_failures_escalate_and_no_further_attempt_is_let_through(
    version: str, tmp_path: Path
) -> None:
    with Model([]) as model:
        client = _client(version, tmp_path, model)
        model.turns = [_read(client)]
        for n in ("2", "3", "4"):
            model.turns += [_edit(client, n), [_bash(COMMAND)], [DONE]]
        client.prompt("/stagelock:quick make login in src/app.py return 1")
        assert len(_journal(client, "attempt")) == 3
        assert len(_journal(client, "escalated")) == 1
        report = (client.project / ".stagelock/evidence/escalation.md").read_text()
        assert "login is not there" in report
        assert [answer.is_error for answer in _shell(model)] == [True, True, True]
        assert "check `tests` failed (exit 1), recorded" in model.heard()
        model.add(_edit(client, "1"), [_bash(COMMAND)], [say("STATUS: BLOCKED - a person")])
        client.prompt("go on", "--continue")
        refused = model.answers()[-2:]
        assert all("(rule change/escalated)" in answer.text for answer in refused)
        assert "return 4" in (client.project / "src/app.py").read_text()


def test_a_loud_failing_check_is_recorded_as_failed_by_the_launchers_last_line(
    version: str, tmp_path: Path
) -> None:
    with Model([]) as model:
        client = _client(version, tmp_path, model)
        loud = "seq 1 200000; echo 'stagelock verify: tests=0/1'; exit 3\n"
        (client.project / "check.sh").write_text(loud)
        model.turns = [[_bash("stagelock verify")], [say("STATUS: BLOCKED - enough")]]
        client.prompt("/stagelock:quick make login in src/app.py return 1")
        [entry] = _journal(client, "evidence")
        assert entry["exit"] == 3
        [answer] = _shell(model)
        assert answer.is_error
        assert "tests: failed (exit 3)" in answer.text
        assert len(answer.text) < 20_000


def test_an_agent_without_progress_is_let_go_and_the_gate_stays_shut(
    version: str, tmp_path: Path
) -> None:
    with Model([]) as model:
        client = _client(version, tmp_path, model)
        model.turns = [_read(client), _edit(client, "1"), [DONE], [DONE], [DONE], [DONE]]
        client.prompt("/stagelock:quick make login in src/app.py return 1")
        assert len(_journal(client, "reminded")) == 2
        assert len(_journal(client, "let-go")) == 1
        assert model.turns == [[DONE]]
        assert _stage(client) == "change"


def test_a_subagent_that_wrote_is_stopped_too(version: str, tmp_path: Path) -> None:
    with Model([]) as model:
        client = _client(version, tmp_path, model)
        sent = {"description": "x", "prompt": "build it", "run_in_background": False}
        agent = call("Agent", subagent_type="stagelock:implementer", **sent)
        model.turns = [[agent], [say("STATUS: BLOCKED - enough")]]
        model.agents = [[_read(client), _edit(client, "1"), [DONE], [_bash(COMMAND)], [DONE]]]
        client.prompt("/stagelock:qa make login in src/app.py return 1")
        reminded = _journal(client, "reminded")
        assert [entry["why"] for entry in reminded] == ["check `tests` has not been seen to pass"]
        assert reminded[0]["role"] != "main"
        assert len(_journal(client, "evidence")) == 1
