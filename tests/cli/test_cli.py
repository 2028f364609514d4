"""The terminal: what a person may do there, and what a program may only ask."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from stagelock.cli.main import TOGETHER, VERBS, main
from tests.support.artifacts import DESIGN, PLAN
from tests.support.terminal import at_terminal, env, piped
from tests.support.world import ROOT, World

RUN = "docs/stagelock/add-login"


def test_a_person_approves_at_a_terminal_after_seeing_what(ready: World) -> None:
    code, out = at_terminal(ready, "y\n", "approve")
    assert code == 0
    assert "run `add-login`, stage `design`" in out
    assert f"{RUN}/design.md (22 lines, sha256 " in out
    assert "stage `design` approved; now in `architect`" in out
    assert ready.stage() == "architect"
    assert [e["door"] for e in ready.journal() if e["event"] == "approved"] == ["terminal"]


def test_no_is_no(ready: World) -> None:
    assert at_terminal(ready, "n\n", "approve")[0] == 1
    assert ready.stage() == "design"


@pytest.mark.parametrize(
    "verb", ["approve", "reject", "waive", "off", "abandon", "doctor", "start"]
)
def test_a_program_decides_nothing(ready: World, verb: str) -> None:
    more = {
        "approve": ["--yes"], "reject": ["x"], "waive": ["AC-1", "x"], "off": ["x"],
        "abandon": ["x"], "doctor": ["--repair"], "start": ["quick"],
    }[verb]  # fmt: skip
    before = (ready.tree / ".stagelock/stage.json").read_bytes()
    done = piped(ready, verb, *more)
    assert done.returncode == 1
    assert "this is not a terminal (rule never/human-door)" in done.stderr
    assert (ready.tree / ".stagelock/stage.json").read_bytes() == before


def test_a_terminal_that_the_agent_opened_decides_nothing(ready: World) -> None:
    code, out = at_terminal(ready, "y\n", "approve", AI_AGENT="claude-code_2-1-197_agent")
    assert code == 1
    assert "from inside the client" in out
    assert ready.stage() == "design"


def test_status_tells_people_and_programs_the_same(ready: World) -> None:
    (ready.tree / RUN / "design.md").write_text(DESIGN.replace("## Risks", "## Rest"))
    told = json.loads(piped(ready, "status", "--json").stdout)
    assert (told["live"], told["run"], told["stage"]) == (True, "add-login", "design")
    assert told["stages"][:3] == ["scope", "design", "architect"]
    assert told["missing"] == [
        {"what": "design.md#Risks", "why": "design.md has no section `Risks`"}
    ]
    assert {rule["rule"] for rule in told["policy"]} >= {"always/look", "design/write-artifact"}
    text = piped(ready, "status").stdout
    assert "stage  scope > [design] > architect > implement > review > release" in text
    assert "lacks  design.md has no section `Risks`" in text


def test_the_log_answers_which_stage_was_active_and_what_was_refused(ready: World) -> None:
    ready.tool("Write", {"file_path": str(ready.tree / "src/x.py")})
    out = piped(ready, "log").stdout
    assert "started" in out
    assert "target=src/x.py rule=design/otherwise" in out
    entries = [json.loads(line) for line in piped(ready, "log", "--json").stdout.splitlines()]
    assert [entry["event"] for entry in entries] == ["started", "refused"]
    assert {entry["stage"] for entry in entries} == {"design"}
    assert len(piped(ready, "log", "--last", "1").stdout.splitlines()) == 1


def test_torn_lines_are_counted_not_dropped_in_silence(ready: World) -> None:
    with (ready.tree / ".stagelock/journal.jsonl").open("a") as journal:
        journal.write('{"event": "ref\n')
    done = piped(ready, "log")
    assert "1 lines of the journal could not be read" in done.stderr


def test_doctor_sees_harm_and_a_person_puts_it_right(ready: World) -> None:
    assert piped(ready, "doctor").returncode == 0
    stage = ready.tree / ".stagelock/stage.json"
    stage.write_text(stage.read_text().replace("design", "implement", 1))
    seen = piped(ready, "doctor")
    assert seen.returncode == 1
    assert "records  tamper/stage-file" in seen.stdout
    assert "changed from outside" in piped(ready, "approve").stderr
    code, out = at_terminal(ready, "", "doctor", "--repair")
    assert code == 0, out
    assert "records  whole" in out
    assert ready.stage() == "design"


def test_a_run_starts_waives_pauses_and_ends_at_a_terminal(world: World) -> None:
    assert at_terminal(world, "", "start", "two-gates", "add", "login")[0] == 0
    assert world.stage() == "prepare"
    assert "no workflow `nope`" in at_terminal(world, "", "start", "nope")[1]
    assert "waived once" in at_terminal(world, "", "waive", "plan.md", "tiny")[1]
    assert "off for 3 minutes" in at_terminal(world, "", "off", "--minutes", "3", "hotfix")[1]
    assert world.tool("Write", {"file_path": str(world.tree / "x")}).silent
    assert "now in `implement`" in at_terminal(world, "", "approve", "--yes")[1]
    assert "still in `implement`" in at_terminal(world, "", "reject", "no")[1]
    assert "abandoned" in at_terminal(world, "", "abandon", "enough")[1]
    assert "no run is live here" in piped(world, "status").stdout


def test_a_teams_own_workflow_and_config_work_like_a_shipped_one(
    world: World, tmp_path: Path
) -> None:
    workflow = (ROOT / "src/stagelock/workflows/two-gates.yaml").read_text()
    world.write(".stagelock/workflows/own.yaml", workflow.replace("two-gates", "own"))
    world.write(
        ".stagelock/config.yaml",
        "artifacts: notes\ntools:\n  mcp__files__write: {group: edit, paths: [path]}\n",
    )
    plugin = _plugin_with_this_python(tmp_path)
    reply = world.typed("/start own add login", root=plugin)
    assert "run `add-login` started, stage `prepare`" in reply.context
    inside = {"path": str(world.tree / "notes/add-login/plan.md")}
    assert world.tool("mcp__files__write", inside).silent
    assert world.tool("mcp__files__write", {"path": str(world.tree / "src/x.py")}).denied
    assert world.tool("mcp__files__write", {"path": 5}).denied
    assert world.tool("mcp__files__write", {"path": "notes/add-login/plan.md"}).denied
    assert world.tool("mcp__files__write", {"path": f"file://{inside['path']}"}).denied
    assert world.tool("Write", {"file_path": str(world.tree / ".stagelock/config.yaml")}).denied


def test_other_peoples_agents_are_asked_for_a_status_where_the_config_says_so(
    world: World, tmp_path: Path
) -> None:
    world.write(".stagelock/config.yaml", "agents: {asked: all}\n")
    reply = world.typed("/design add login", root=_plugin_with_this_python(tmp_path))
    assert "run `add-login` started" in reply.context
    ended = {"agent_id": "a1", "agent_type": "other:helper", "last_assistant_message": "done"}
    assert world.hook("SubagentStop", ended).json["decision"] == "block"


def test_where_the_workflow_says_so_only_approve_ends_a_stage(world: World, tmp_path: Path) -> None:
    workflow = (ROOT / "src/stagelock/workflows/two-gates.yaml").read_text()
    workflow = workflow.replace("two-gates", "own").replace("enter: [prepare]", "enter: [plan]")
    workflow = workflow.replace("  prepare:", "  plan:").replace("[implement]", "[act]", 1)
    workflow = workflow.replace("  implement:", "  act:").replace("back: implement", "back: act")
    strict = workflow.replace("    gate: human\n", "    gate: human\n    typed_entry: false\n", 1)
    world.write(".stagelock/workflows/own.yaml", strict)
    plugin = _plugin_with_this_python(tmp_path)
    assert "stage `plan`" in world.typed("/start own add login", root=plugin).context
    world.write("docs/stagelock/add-login/plan.md", PLAN)
    assert "ends by /approve, then comes `act`" in world.typed("/act").reason
    assert world.stage() == "plan"
    assert "now in `act`" in world.typed("/approve").context


def test_a_workflow_with_mistakes_starts_nothing_and_names_them(
    world: World, tmp_path: Path
) -> None:
    world.write(".stagelock/workflows/own.yaml", "workflow: own\nsumary: x\n")
    plugin = _plugin_with_this_python(tmp_path)
    reply = world.typed("/start own x", root=plugin)
    assert "own.yaml:2: sumary: unknown key; did you mean `summary`?" in reply.reason
    assert not (world.tree / ".stagelock/stage.json").exists()
    assert "own.yaml:2" in piped(world, "compile").stdout


def _plugin_with_this_python(tmp_path: Path) -> Path:
    """A copy of the plugin whose launcher uses this environment instead of making one."""
    plugin = tmp_path / "plugin"
    ignored = shutil.ignore_patterns("__pycache__")
    for part in ("hooks", "src", "skills"):
        shutil.copytree(ROOT / part, plugin / part, ignore=ignored)
    launcher = plugin / "bin/stagelock"
    launcher.parent.mkdir()
    launcher.write_text(
        f'#!/bin/sh\nPYTHONPATH={plugin}/src exec {sys.executable} -m stagelock.cli.main "$@"\n'
    )
    return plugin


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    done = CliRunner().invoke(main, [verb, "--help"])
    assert done.exit_code == 0
    assert len(done.output.splitlines()) > 3


def test_the_launcher_makes_its_environment_once_and_says_so(world: World) -> None:
    data = {"CLAUDE_PLUGIN_DATA": str(world.home / "data"), **_network()}
    first = _launch(world, data)
    assert first.stdout.startswith("no run is live"), first.stderr
    assert first.stderr.count("\n") == 1
    assert "(once)" in first.stderr
    again = _launch(world, data)
    assert (again.stdout, again.stderr) == (first.stdout, "")


def test_without_a_network_the_launcher_says_what_to_do(world: World) -> None:
    nowhere = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "UV_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_RETRIES": "0",
        "PIP_CONFIG_FILE": "/dev/null",
    }
    done = _launch(world, {"CLAUDE_PLUGIN_DATA": str(world.home / "data"), **nowhere})
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("stagelock: its packages could not be fetched: connect to the network")
    assert not (world.home / "data/venv").exists()


def _network() -> dict[str, str]:
    """What this machine needs to reach its package index."""
    names = ("PIP_", "UV_", "SSL_", "REQUESTS_", "HTTP", "http", "NO_PROXY", "no_proxy")
    return {name: value for name, value in os.environ.items() if name.startswith(names)}


def _launch(world: World, more: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "bin/stagelock"), "status"],
        cwd=world.tree,
        env={**env(world), **more, "PYENV_ROOT": os.environ.get("PYENV_ROOT", "")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_tells_every_verb_with_the_whole_of_what_it_is_for(world: World) -> None:
    out = piped(world, "--help").stdout
    assert out.count("...") == 1, "that of the usage"
    for name in VERBS:
        assert re.search(rf"^  {name} +\S", out, re.MULTILINE), name
    assert set().union(*TOGETHER.values()) <= set(VERBS)


def test_where_nothing_happened_yet_the_next_step_is_told(world: World) -> None:
    assert "/work TOPIC" in piped(world, "status").stdout
    assert piped(world, "log").stderr == (
        "nothing has happened here yet; a run begins with /work TOPIC\n"
    )
    assert "no run has been here yet" in piped(world, "closeout").stderr
    world.typed("/work add login")
    assert "entries is of that kind" in piped(world, "log", "--event", "waived").stderr
