"""The scripted model, the client and the terminal, before any plugin is loaded into them."""

import json
from pathlib import Path

import pytest

from .support.client import Client, git_project
from .support.model import Model, Result, Turn, call, say
from .support.terminal import Terminal

pytestmark = pytest.mark.client

APP = "def login():\n    return None\n"


def test_print_mode_runs_a_tool_call_and_returns_the_answer(version: str, tmp_path: Path) -> None:
    with Model([]) as model:
        client = _client(version, tmp_path, model)
        model.add([say("Let me look."), _read(client)], [say("It returns None.")])
        session = client.prompt("what does login return?", mode="default")
        assert (session.code, session.result) == (0, "It returns None.")
        assert session.events[0]["claude_code_version"] == version
        [result] = model.answers()
        assert result[:3] == ("toolu_0001", "Read", False)
        assert "def login():" in result.text
        assert model.turns == []


def test_a_call_that_no_rule_allows_is_refused_and_one_that_a_rule_allows_runs(
    version: str, tmp_path: Path
) -> None:
    touch = call("Bash", command="touch made", description="make a file")
    with Model([[touch], [say("One.")], [touch], [say("Two.")]]) as model:
        client = _client(version, tmp_path, model)
        client.prompt("go", mode="default")
        assert not (client.project / "made").exists()
        client.prompt("go", mode="default", allowed=["Bash(touch *)"])
        assert (client.project / "made").exists()
        assert [(r.tool, r.is_error) for r in model.answers()] == [("Bash", True), ("Bash", False)]


def test_each_subagent_follows_the_script_its_prompt_asks_for(version: str, tmp_path: Path) -> None:
    with Model([]) as model:
        client = _client(version, tmp_path, model)
        model.agents = {
            "count the lines": [[_read(client)], [say("Two lines.")]],
            "find the name": [[say("It is login.")]],
        }
        asked = [_agent("find the name"), _agent("count the lines")]
        model.add(asked, [say("Two lines, named login.")])
        session = client.prompt("describe src/app.py", mode="default")
        assert session.result == "Two lines, named login."
        results = model.answers()
        assert sorted(result.tool for result in results) == ["Agent", "Agent", "Read"]
        name, lines = (_result(results, key) for key in ("toolu_0001", "toolu_0002"))
        assert "It is login." in name.text
        assert "Two lines." in lines.text


def test_a_script_may_be_a_function_of_the_request(version: str, tmp_path: Path) -> None:
    def answer(request: dict) -> Turn:
        return [say("Found it." if "pelican" in json.dumps(request["messages"]) else "No bird.")]

    with Model(answer) as model:
        client = _client(version, tmp_path, model)
        assert client.prompt("a pelican", mode="default").result == "Found it."
        assert client.prompt("a stone", mode="default").result == "No bird."


def test_a_typed_prompt_is_answered_on_the_screen(version: str, tmp_path: Path) -> None:
    with Model([[say("First answer.")], [say("Second answer.")]]) as model:
        client = _client(version, tmp_path, model)
        with Terminal(client) as terminal:
            terminal.type("a question")
            terminal.wait_for("First answer.")
            terminal.type("a question " + "that goes on and on " * 12)
            assert "First answer." in terminal.wait_for("Second answer.")
        assert len(model.requests) == 2


def test_a_folder_never_seen_before_is_trusted_at_the_dialog(version: str, tmp_path: Path) -> None:
    with Model([[say("Hello.")]]) as model:
        client = _client(version, tmp_path, model)
        settled = client.home / ".claude.json"
        settled.write_text(json.dumps(json.loads(settled.read_text()) | {"projects": {}}))
        with Terminal(client) as terminal:
            terminal.type("hello there")
            terminal.wait_for("Hello.")
        projects = json.loads(settled.read_text())["projects"]
        assert projects[str(client.project)]["hasTrustDialogAccepted"]


def test_a_home_that_never_bypassed_permissions_accepts_it_at_the_dialog(
    version: str, tmp_path: Path
) -> None:
    with Model([[say("Hello.")]]) as model:
        client = _client(version, tmp_path, model)
        settled = client.home / ".claude.json"
        known = json.loads(settled.read_text()) | {"projects": {}}
        settled.write_text(json.dumps(known | {"bypassPermissionsModeAccepted": False}))
        with Terminal(client, mode="bypassPermissions") as terminal:
            terminal.type("hello there")
            assert "bypass permissions on" in terminal.wait_for("Hello.")


def test_nothing_of_an_outer_client_reaches_the_inner_one(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer = ["CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "AI_AGENT", "ANTHROPIC_MODEL"]
    for name in [*outer, "XDG_STATE_HOME"]:
        monkeypatch.setenv(name, "outer")
    show = call("Bash", command="env", description="show the environment")
    with Model([[show], [say("Done.")]]) as model:
        client = _client(version, tmp_path, model)
        client.prompt("go")
        [result] = model.answers()
    assert "CLAUDECODE=1" in result.text
    assert "=outer" not in result.text


def test_the_client_can_be_asked_for_its_version(version: str, tmp_path: Path) -> None:
    with Model([]) as model:
        client = _client(version, tmp_path, model)
        assert client.cli("--version").stdout == f"{version} (Claude Code)\n"


def _client(version: str, base: Path, model: Model) -> Client:
    client = Client(version, base, model.url, plugin=None)
    git_project(client.project, {"src/app.py": APP})
    return client


def _read(client: Client) -> dict:
    return call("Read", file_path=str(client.project / "src/app.py"))


def _agent(prompt: str) -> dict:
    return call(
        "Agent",
        description="look",
        prompt=prompt,
        subagent_type="general-purpose",
        run_in_background=False,
    )


def _result(results: list[Result], key: str) -> Result:
    return next(result for result in results if result.id == key)
