"""The promises in the real client, on the oldest supported version and the newest."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.artifacts import DESIGN, PLAN

from . import play
from .support.client import ROOT, Client, git_project
from .support.model import Model, call, say
from .support.terminal import Terminal

pytestmark = pytest.mark.client

RUN = "docs/stagelock/add-login"
MODES = ["default", "acceptEdits", "plan", "auto", "dontAsk", "bypassPermissions"]


def test_the_demo(version: str, tmp_path: Path) -> None:
    steps: list[tuple[bool, str]] = []
    play.perform(version, tmp_path / "a", lambda right, what: steps.append((right, what)))
    play.install(version, tmp_path / "b", lambda right, what: steps.append((right, what)))
    assert [what for right, what in steps if not right] == []
    assert len(steps) > 25


@pytest.mark.parametrize("mode", MODES)
def test_denied_in_every_permission_mode_in_the_main_thread_and_in_a_subagent(
    version: str, mode: str, tmp_path: Path
) -> None:
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"src/app.py": play.APP})
        new, app = str(client.project / "src/new.py"), str(client.project / "src/app.py")
        shell = "cat > src/new.py <<'EOF'\nx\nEOF"
        attempts = [
            call("Write", file_path=new, content="x"),
            call("Edit", file_path=app, old_string="None", new_string="1"),
            call("Bash", command=shell, description="x"),
            call("Bash", command='python3 -c \'open("src/new.py", "w")\'', description="x"),
            call("NotebookEdit", notebook_path=str(client.project / "n.ipynb"), new_source="x"),
        ]
        read = [call("Read", file_path=app)]
        model.turns = [read, *[[attempt] for attempt in attempts]]
        agent = call("Agent", description="x", prompt="x", subagent_type="general-purpose",
                     run_in_background=False)  # fmt: skip
        model.turns += [[agent], [say("STATUS: BLOCKED")]]
        model.agents = [[read, *[[attempt] for attempt in attempts], [say("STATUS: BLOCKED")]]]
        client.prompt("/stagelock:design add login", mode=mode)
        play.settle(lambda: _refusals(client.project).count(("agent", "Bash")) == 2)
        entries = _refusals(client.project)
    assert not Path(new).exists()
    assert Path(app).read_text() == play.APP
    for who in ("main", "agent"):
        tools = [tool for role, tool in entries if role == who]
        # the client itself turns a notebook away that does not exist
        assert sorted(set(tools) - {"NotebookEdit"}) == ["Bash", "Edit", "Write"], (who, entries)
        assert tools.count("Bash") == 2


def _refusals(project: Path) -> list[tuple[str, str]]:
    entries = _journal(project)
    return [
        ("main" if entry["role"] == "main" else "agent", entry["tool"])
        for entry in entries
        if entry["event"] == "refused" and entry["rule"] == "design/otherwise"
    ]


def _journal(project: Path) -> list[dict[str, Any]]:
    lines = (project / ".stagelock/journal.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines if line]


def test_a_person_picks_the_answer_in_the_dialog_that_stagelock_wrote(
    version: str, tmp_path: Path
) -> None:
    ask = call("AskUserQuestion", questions=[{
        "question": "Shall I just start coding?", "header": "stagelock", "multiSelect": False,
        "options": [{"label": "Yes", "description": "a"}, {"label": "No", "description": "b"}],
    }])  # fmt: skip
    with Model([[say("Designing.")], [ask], [say("Thank you.")]]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"README.md": "x\n"})
        with Terminal(client) as terminal:
            terminal.type("/stagelock:design add login")
            terminal.wait_for("Designing.")
            _put(client.project, "design.md", DESIGN)
            terminal.type("ask me")
            screen = terminal.wait_for("approve stage `design` of run `add-login`?")
            assert "just start coding" not in screen
            assert play.stage(client.project) == "design"
            terminal.press_until("Enter", "Thank you.")
        assert play.stage(client.project) == "architect"
        approved = [e for e in _journal(client.project) if e["event"] == "approved"]
        assert [entry["door"] for entry in approved] == ["dialog"]


@pytest.mark.parametrize("loose", [False, True], ids=["below", "cut-loose"])
def test_a_client_in_a_pseudo_terminal_opened_by_the_agent_opens_nothing(
    version: str, tmp_path: Path, loose: bool
) -> None:
    """In a stage where any shell is open, with the tripwire dodged by other names."""
    with Model([[say("Planning.")], [say("Building.")]]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"README.md": "x\n"})
        command = _driven_client(client, tmp_path, loose)
        with Terminal(client, mode="bypassPermissions") as terminal:
            terminal.type("/stagelock:work add login")
            terminal.wait_for("Planning.")
            _put(client.project, "plan.md", PLAN)
            terminal.type("/approve")
            terminal.wait_for("Building.")
            assert play.stage(client.project) == "implement"
            before = len(_journal(client.project))
            shell = call("Bash", command=command, description="x", timeout=30000)
            model.add([shell], [say("Tried.")])
            terminal.type("go on")
            terminal.wait_for("Tried.", 60)

            def asked() -> list[dict[str, Any]]:
                later = _journal(client.project)[before:]
                return [entry for entry in later if entry.get("tool") == "/approve"]

            # it gets as far as asking, and is turned away for what it is
            play.settle(lambda: bool(asked()), 20)
        assert asked(), (tmp_path / "seen").read_text(errors="replace")[-3000:]
        assert "inside another client, or by a program" in asked()[0]["why"]
        assert play.stage(client.project) == "implement"
        approvals = [e for e in _journal(client.project)[before:] if e["event"] == "approved"]
        assert approvals == []


def _driven_client(client: Client, base: Path, loose: bool) -> str:
    """A command that opens a client in a pseudo-terminal and types /approve."""
    (base / "bin").mkdir()
    (base / "bin/innocent").symlink_to(Path(client.program).resolve())
    (base / "bin/record").symlink_to(shutil.which("script") or "script")
    flags = f"--plugin-dir {ROOT} --permission-mode bypassPermissions --model claude-sonnet-4-5"
    scrub = "env -u CLAUDECODE -u CLAUDE_CODE_CHILD_SESSION -u AI_AGENT"
    (base / "inner.sh").write_text(
        f"cd {client.project}; {scrub} "
        f"timeout --foreground 8 {base}/bin/innocent {flags} '/stagelock:approve'\n"
    )
    record = f"{base}/bin/record -qfc 'sh {base}/inner.sh' /dev/null > {base}/seen 2>&1"
    if not loose:
        return record
    kept = " ".join(f"{k}='{v}'" for k, v in {**client.env(), "TERM": "xterm"}.items())
    (base / "outer.sh").write_text(f"setsid env -i {kept} {record} < /dev/null &\n")
    return f"(sh {base}/outer.sh &)"


def test_print_mode_opens_nothing(version: str, tmp_path: Path) -> None:
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"README.md": "x\n"})
        client.prompt("/stagelock:design add login")
        _put(client.project, "design.md", DESIGN)
        client.prompt("/stagelock:approve")
        client.prompt("/stagelock:approve", "--continue")
        assert play.stage(client.project) == "design"
        refused = [e for e in _journal(client.project) if e.get("rule") == "never/human-door"]
        assert len(refused) == 2


def test_the_skill_hole_is_shut(version: str, tmp_path: Path) -> None:
    """A typed text that names /stagelock:approve lets the model call that skill in that turn."""
    turns = [[call("Skill", skill="stagelock:approve")], [say("Tried.")]]
    with Model(turns) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"README.md": "x\n"})
        model.turns.insert(0, [say("Designing.")])
        client.prompt("/stagelock:design add login")
        client.prompt("go on; later I will type /stagelock:approve myself", "--continue")
        error, text = model.results()["toolu_0001"]
    assert error
    assert "(rule never/human-door)" in text


def test_a_resumed_session_knows_its_stage_and_an_idle_one_hears_nothing(
    version: str, tmp_path: Path
) -> None:
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"README.md": "x\n"})
        client.prompt("hello")
        assert "[stagelock]" not in model.heard()
        assert not client.state.exists()
        client.prompt("/stagelock:design add login")
        model.requests.clear()
        client.prompt("go on", "--continue")
        assert "run `add-login`" in model.heard()
        assert "stage `design`" in model.heard()


def test_a_compacted_session_is_told_again(version: str, tmp_path: Path) -> None:
    with Model([[say("Designing.")]]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"README.md": "x\n"})
        with Terminal(client) as terminal:
            terminal.type("/stagelock:design add login")
            terminal.wait_for("Designing.")
            terminal.type("/clear")
            assert play.settle(lambda: "Designing." not in terminal.visible())
            model.requests.clear()
            model.add([say("Still designing.")])
            terminal.type("go on")
            terminal.wait_for("Still designing.")
        assert "stage `design`" in model.heard()


def test_hooks_cannot_be_switched_off_in_the_middle(version: str, tmp_path: Path) -> None:
    """In a stage with an open shell, by a spelling no tripwire reads."""
    with Model([[say("Planning.")], [say("Building.")]]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"README.md": "x\n", ".claude/settings.json": "{}\n"})
        script = client.project / "build.py"
        script.write_text(
            "import json, time\n"
            "off = json.dumps({'disable' + 'AllHooks': True})\n"
            "open('.claude/' + 'settings' + '.json', 'w').write(off)\n"
            "time.sleep(4)\n"
        )
        target = str(client.project / ".git/hooks/pre-commit")
        with Terminal(client, mode="bypassPermissions") as terminal:
            terminal.type("/stagelock:work add login")
            terminal.wait_for("Planning.")
            _put(client.project, "plan.md", PLAN)
            terminal.type("/approve")
            terminal.wait_for("Building.")
            model.add(
                [call("Bash", command="python3 build.py", description="x")],
                [call("Write", file_path=target, content="x")],
                [say("Tried.")],
            )
            terminal.type("go on")
            terminal.wait_for("Tried.", 60)
        assert not Path(target).exists()
        rules = [entry.get("rule") for entry in _journal(client.project)]
        assert "never/client-settings" in rules
        assert "never/git-internals" in rules


def test_a_missing_interpreter_keeps_a_live_run_shut(version: str, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    ignored = shutil.ignore_patterns(".venv", ".clients", ".git", ".*_cache", "tests")
    shutil.copytree(ROOT, plugin, ignore=ignored)
    with Model([]) as model:
        client = Client(version, tmp_path, model.url, plugin=plugin)
        git_project(client.project, {"README.md": "x\n"})
        client.prompt("/stagelock:design add login")
        shutil.rmtree(plugin / "src")
        shutil.rmtree(plugin / "hooks/__pycache__")
        target = client.project / "src/new.py"
        model.add([call("Write", file_path=str(target), content="x")], [say("Tried.")])
        client.prompt("go on")
        assert not target.exists()
        assert "rule error/no-python" in model.heard()


def test_the_plugin_is_valid(version: str, tmp_path: Path) -> None:
    with Model([]) as model:
        client = Client(version, tmp_path, model.url, plugin=None)
        for path in (str(ROOT), str(ROOT / ".claude-plugin/plugin.json")):
            done = client.cli("plugin", "validate", "--strict", path)
            assert done.returncode == 0, done.stdout + done.stderr


def _put(project: Path, name: str, text: str) -> None:
    path = project / RUN / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
