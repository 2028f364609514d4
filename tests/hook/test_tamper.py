"""What an agent changes behind stagelock's back shuts what writes, until a person acts."""

import json
import os
import shutil
from collections.abc import Callable

import pytest

from tests.support.artifacts import DESIGN
from tests.support.world import World

HARM: dict[str, tuple[Callable[[World], object], str]] = {
    "an edited stage file": (
        lambda w: _stage(w).write_text(_stage(w).read_text().replace('"design"', '"implement"')),
        "tamper/stage-file",
    ),
    "an empty stage file": (lambda w: _stage(w).write_text(""), "tamper/stage-file"),
    "a removed stage file": (lambda w: _stage(w).unlink(), "tamper/stage-file"),
    "a stage file that is a folder": (
        lambda w: (_stage(w).unlink(), _stage(w).mkdir()),
        "tamper/stage-file",
    ),
    "a removed folder": (lambda w: shutil.rmtree(w.tree / ".stagelock"), "tamper/stage-file"),
    "a removed second record": (lambda w: _record(w).unlink(), "tamper/second-record"),
    "a damaged second record": (lambda w: _record(w).write_text("{}"), "tamper/second-record"),
    "a removed state home": (lambda w: shutil.rmtree(w.state), "tamper/second-record"),
    "a removed journal": (
        lambda w: (w.tree / ".stagelock/journal.jsonl").unlink(),
        "tamper/journal",
    ),
    "an emptied journal": (
        lambda w: (w.tree / ".stagelock/journal.jsonl").write_text(""),
        "tamper/journal",
    ),
}


def test_a_pipe_in_an_artifacts_place_does_not_hang_the_gate(world: World) -> None:
    world.typed("/design add login")
    design = world.write("docs/stagelock/add-login/design.md", DESIGN)
    world.typed("/approve")
    assert world.stage() == "architect"
    design.unlink()
    os.mkfifo(design)
    write = {"file_path": str(world.tree / "docs/stagelock/add-login/architecture.md")}
    assert world.tool("Write", {"file_path": str(world.tree / "src/x.py")}).denied
    assert world.tool("Write", write).silent


def _stage(world: World):
    return world.tree / ".stagelock/stage.json"


def _record(world: World):
    return next((world.state / "runs").glob("*/record.json"))


@pytest.fixture
def moved(world: World) -> World:
    """A run that has moved once, so that there is an older state to roll back to."""
    world.typed("/scope add login")
    world.typed("/off 0")
    (world.tree / "rolled-back.json").write_text(_stage(world).read_text())
    world.typed("/off 0")
    return world


@pytest.mark.parametrize("name", HARM)
def test_harm_shuts_what_writes_and_leaves_reading_open(world: World, name: str) -> None:
    world.typed("/design add login")
    world.typed("/off 0")
    harm, rule = HARM[name]
    harm(world)
    for tool, given in (
        ("Write", {"file_path": str(world.tree / "docs/stagelock/add-login/design.md")}),
        ("Bash", {"command": "touch x"}),
        ("mcp__x__y", {}),
        ("Agent", {"prompt": "x"}),
    ):
        assert f"(rule {rule})" in world.tool(tool, given).reason
    assert world.tool("Read", {"file_path": str(world.tree / "x")}).silent
    world.typed("/approve")  # with the state home gone, the first prompt of the session
    approval = world.typed("/approve")
    assert "changed from outside" in approval.reason


def test_a_rolled_back_stage_file_is_noticed(moved: World) -> None:
    _stage(moved).write_text((moved.tree / "rolled-back.json").read_text())
    reply = moved.tool("Write", {"file_path": str(moved.tree / "x")})
    assert "(rule tamper/stage-file)" in reply.reason


@pytest.mark.parametrize("name", ["an edited stage file", "a removed folder", "an emptied journal"])
def test_a_typed_pause_puts_the_records_right(world: World, name: str) -> None:
    world.typed("/design add login")
    world.typed("/off 0")
    HARM[name][0](world)
    assert "off for 5 minutes" in world.typed("/off 5 repair").context
    world.typed("/off 0")
    write = {"file_path": str(world.tree / "docs/stagelock/add-login/design.md")}
    assert world.tool("Write", write).silent
    assert world.stage() == "design"
    world.write("docs/stagelock/add-login/design.md", DESIGN)
    assert "now in `architect`" in world.typed("/approve").context
    assert "repaired" in [entry["event"] for entry in world.journal()]


@pytest.mark.parametrize("name", HARM)
def test_a_person_can_always_end_the_run(world: World, name: str) -> None:
    world.typed("/design add login")
    world.typed("/off 0")
    HARM[name][0](world)
    world.typed("/stage")
    reply = world.typed("/abandon it is broken")
    assert "ended" in reply.context or "abandoned" in reply.context
    assert not (world.state / "live").exists()
    assert world.tool("Write", {"file_path": str(world.tree / "x")}).silent


def test_a_rewritten_journal_keeps_the_gate_shut(world: World) -> None:
    world.typed("/design add login")
    world.write("docs/stagelock/add-login/design.md", DESIGN)
    path = world.tree / ".stagelock/journal.jsonl"
    path.write_text(path.read_text().replace('"by":"', '"by":"not-'))
    assert "the journal is not whole" in world.typed("/approve").reason
    assert world.stage() == "design"


@pytest.mark.parametrize(
    ("settings", "blocked"),
    [
        ({"disableAllHooks": True}, True),
        ({"enabledPlugins": {"stagelock@stagelock": False}}, True),
        ({"allowManagedHooksOnly": True}, True),
        ({"disableAllHooks": False, "model": "x"}, False),
        ({"enabledPlugins": {"other@x": False}}, False),
    ],
)
def test_settings_that_switch_hooks_off_do_not_take_effect(
    world: World, settings: dict[str, object], blocked: bool
) -> None:
    world.typed("/design add login")
    path = world.write(".claude/settings.json", json.dumps(settings))
    payload = {"source": "project_settings", "file_path": str(path)}
    assert (world.hook("ConfigChange", payload).json.get("decision") == "block") is blocked
    told = world.hook("UserPromptSubmit", {"prompt": "go on"}).json.get("systemMessage", "")
    assert ("(rule never/client-settings)" in told) is blocked
    again = world.hook("UserPromptSubmit", {"prompt": "go on"}).json.get("systemMessage", "")
    assert "client-settings" not in again
    world.typed("/off 5 on purpose")
    assert world.hook("ConfigChange", payload).silent
