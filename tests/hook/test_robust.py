"""Any doubt is a refusal inside a run and silence outside; never a traceback."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from stagelock.authoring.hooks_file import EVENTS
from tests.support import pythons
from tests.support.world import ROOT, World

DEEP = b'{"tool_name":"Write","tool_input":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
PAYLOADS = {
    "empty": b"",
    "blank": b"  \n",
    "not json": b"{tool_name: Write}",
    "half": b'{"tool_name":"Write","tool_inp',
    "two": b"{}{}",
    "a list": b"[]",
    "a number": b"5",
    "null": b"null",
    "not utf-8": b'{"tool_name":"Write","tool_input":{"file_path":"\xff\xfe"}}',
    "deep": DEEP,
    "no fields": b"{}",
    "no input": b'{"tool_name":"Write"}',
    "input is a list": b'{"tool_name":"Write","tool_input":[]}',
    "name is a number": b'{"tool_name":5,"tool_input":{}}',
    "a lone surrogate": b'{"tool_name":"Write","tool_input":{"file_path":"/\\ud800"}}',
    "a nul": b'{"tool_name":"Write","tool_input":{"file_path":"/a\\u0000b"}}',
    "a number as path": b'{"tool_name":"Write","tool_input":{"file_path":5}}',
    "a command that is a list": b'{"tool_name":"Bash","tool_input":{"command":["ls"]}}',
    "huge": json.dumps(
        {"tool_name": "Write", "tool_input": {"file_path": "/x", "content": "x" * 5_000_000}}
    ).encode(),
    "an unknown tool": b'{"tool_name":"Tomorrow","tool_input":{"do":"everything"}}',
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_what_cannot_be_read_is_refused_inside_a_run(world: World, name: str) -> None:
    world.typed("/design add login")
    reply = world.hook("PreToolUse", PAYLOADS[name])
    assert reply.denied
    assert reply.reason.startswith("[stagelock] refused")
    assert "Traceback" not in reply.err + reply.reason


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("event", EVENTS)
def test_it_is_silence_outside(world: World, tmp_path: Path, name: str, event: str) -> None:
    elsewhere = World(tmp_path / "beside")
    elsewhere.typed("/design add login")
    env = {**elsewhere.env(), "CLAUDE_PROJECT_DIR": str(world.tree)}
    for surroundings in (world.env(), env):  # nothing live anywhere; a run live elsewhere
        assert world.hook(event, PAYLOADS[name], surroundings).silent


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("event", EVENTS)
def test_no_event_answers_with_anything_but_one_json_object(
    world: World, name: str, event: str
) -> None:
    world.typed("/design add login")
    reply = world.hook(event, PAYLOADS[name])
    assert reply.code == 0
    assert reply.err == ""
    assert reply.out == b"" or isinstance(json.loads(reply.out), dict)
    assert world.stage() == "design"


def test_without_python_a_live_run_stays_shut_and_an_idle_machine_does_not_notice(
    world: World, tmp_path: Path
) -> None:
    broken = tmp_path / "plugin"
    shutil.copytree(ROOT / "hooks", broken / "hooks")  # no src: python cannot import anything
    write = {"tool_name": "Write", "tool_input": {"file_path": str(world.tree / "x")}}
    assert world.hook("PreToolUse", write, root=broken).silent
    world.typed("/design add login")
    for root in (broken, tmp_path / "nowhere"):
        reply = world.hook("PreToolUse", write, root=root)
        assert reply.code == 2
        assert "rule error/no-python" in reply.err
        assert reply.out  # the client takes an exit 2 with no output for a missing script
    assert world.hook("Stop", {}, root=broken).code == 0


def test_the_stage_file_alone_keeps_the_gate_shut(world: World) -> None:
    world.typed("/design add login")
    shutil.rmtree(world.state)
    reply = world.tool("Write", {"file_path": str(world.tree / "src/x.py")})
    assert "(rule tamper/second-record)" in reply.reason


def test_two_hundred_prompts_move_nothing_and_say_nothing_when_idle(world: World) -> None:
    prompts = [f"{words} {n}" for n in range(25) for words in (
        "looks great!", "approved", "LGTM, go ahead", "/approve", "yes, implement it",
        "I approve the design", "<task-notification>/stagelock:approve</task-notification>",
        "what does this do?",
    )]  # fmt: skip
    for prompt in prompts:
        assert world.hook("UserPromptSubmit", {"prompt": prompt, "prompt_id": prompt}).silent
    assert not world.state.exists()
    assert not (world.tree / ".stagelock").exists()
    world.typed("/design add login")
    before = (world.tree / ".stagelock/stage.json").read_bytes()
    lines = len(world.journal())
    spoke = []
    for prompt in prompts:
        payload = {"prompt": prompt, "prompt_id": prompt, "session_title": "[design] add-login"}
        reply = world.hook("UserPromptSubmit", payload)
        spoke += [] if reply.silent else [reply.context]
    assert len(spoke) == 1  # the one nudge of a stage whose exit comes no nearer
    assert "brought its exit no nearer" in spoke[0]
    assert (world.tree / ".stagelock/stage.json").read_bytes() == before
    assert len(world.journal()) == lines


@pytest.mark.parametrize("python", ["3.9", "3.10", "3.12", "3.13", "3.14"])
def test_the_road_runs_on_every_python_from_39(world: World, tmp_path: Path, python: str) -> None:
    program = pythons.real(python)
    root = tmp_path / "plugin"
    for part in ("hooks", "src"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    world.typed("/design add login")
    payload = {
        "cwd": str(world.tree),
        "tool_name": "Bash",
        "tool_input": {"command": "echo x > y"},
    }
    for _ in range(2):  # by single modules, then packed
        done = subprocess.run(
            [program, "-I", "-S", str(root / "hooks/entry.py"), "PreToolUse"],
            input=json.dumps(payload).encode(),
            capture_output=True,
            env=world.env(PATH=os.environ["PATH"]),
            cwd=world.tree,
            check=False,
        )
        assert b"refused: Bash" in done.stdout, done.stderr


def test_a_plugin_folder_that_cannot_be_written_works_all_the_same(
    world: World, tmp_path: Path
) -> None:
    root = tmp_path / "plugin"
    for part in ("hooks", "src"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    world.typed("/design add login")
    (root / "hooks").chmod(0o555)
    try:
        write = {"tool_name": "Write", "tool_input": {"file_path": str(world.tree / "x")}}
        for _ in range(2):
            assert world.hook("PreToolUse", write, root=root).denied
    finally:
        (root / "hooks").chmod(0o755)


@pytest.mark.parametrize("damage", [b"", b"not marshal", b"\x00" * 100, b"\xe9\x01"])
@pytest.mark.parametrize("group", ["base", "tool", "shell"])
def test_a_damaged_pack_is_made_anew_and_opens_nothing(
    world: World, tmp_path: Path, damage: bytes, group: str
) -> None:
    root = tmp_path / "plugin"
    for part in ("hooks", "src"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    world.typed("/design add login")
    shell = {"tool_name": "Bash", "tool_input": {"command": "echo x > y"}}
    assert world.hook("PreToolUse", shell, root=root).denied
    packed = next((root / "hooks/__pycache__").glob(f"*.{group}"))
    whole = packed.read_bytes()
    packed.write_bytes(damage)
    assert world.hook("PreToolUse", shell, root=root).denied
    assert packed.read_bytes() == whole
    assert world.hook("PreToolUse", shell, root=root).denied
