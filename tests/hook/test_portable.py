"""The road on a Python without `posix`, `fcntl`, `_json` and the like gives the same answers."""

import json
import select
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stagelock.store import wire
from tests.support.artifacts import DESIGN
from tests.support.world import ROOT, SESSION, Reply, World

RUN = "docs/stagelock/add-login"
ABSENT = ("posix", "fcntl", "_json", "_sha256", "_sha2", "pwd")
# what `os` and `subprocess` need is loaded first; from then on nobody finds those modules
FORCED = """
import os, subprocess, hashlib, json, random, time, sys
for name in {absent!r}:
    sys.modules[name] = None
__file__ = {script!r}
sys.argv = [__file__, {event!r}]
exec(compile(open(__file__).read(), __file__, "exec"))
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A copy of the plugin without packed files."""
    place = tmp_path / "plugin"
    for part in ("hooks", "src"):
        shutil.copytree(ROOT / part, place / part, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def _forced(world: World, plugin: Path, event: str, payload: dict[str, Any]) -> Reply:
    """Run the entry script as a hook, the modules of Unix out of reach."""
    script = FORCED.format(absent=ABSENT, script=str(plugin / "hooks/entry.py"), event=event)
    full = {"session_id": SESSION, "cwd": str(world.tree), "hook_event_name": event, **payload}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        input=json.dumps(full).encode(),
        capture_output=True,
        env=world.env(CLAUDE_PLUGIN_ROOT=str(plugin)),
        cwd=world.tree,
        check=False,
        timeout=60,
    )
    return Reply(done.returncode, done.stdout, done.stderr)


CALLS = [
    ("Write", {"file_path": "src/app.py"}),
    ("Write", {"file_path": f"{RUN}/design.md"}),
    ("Read", {"file_path": "src/app.py"}),
    ("Bash", {"command": "cat > src/app.py"}),
    ("Bash", {"command": "git log --oneline | head -3"}),
    ("Bash", {"command": "stagelock approve"}),
    ("Skill", {"skill": "stagelock:approve"}),
    ("ToolOfTomorrow", {}),
]


@pytest.mark.parametrize("tool", range(len(CALLS)))
def test_every_decision_is_the_same(world: World, plugin: Path, tool: int) -> None:
    world.typed("/design add login")
    name, given = CALLS[tool]
    payload = {"tool_name": name, "tool_input": given}
    usual = world.hook("PreToolUse", payload)
    forced = _forced(world, plugin, "PreToolUse", payload)
    assert (forced.code, forced.json, forced.err) == (usual.code, usual.json, "")


def test_a_run_starts_moves_and_ends_without_the_modules_of_unix(
    world: World, plugin: Path
) -> None:
    def typed(command: str, given: str) -> Reply:
        payload = {
            "expansion_type": "slash_command", "command_name": f"stagelock:{command}",
            "command_args": given, "command_source": "plugin", "prompt_id": command,
        }  # fmt: skip
        return _forced(world, plugin, "UserPromptExpansion", payload)

    assert "run `add-login` started, stage `design`" in typed("design", "add login").context
    assert "stage `design`" in _forced(world, plugin, "SessionStart", {"source": "startup"}).context
    world.write(f"{RUN}/design.md", DESIGN)
    told = _forced(world, plugin, "Stop", {"last_assistant_message": "I am done."})
    assert "it is whole: /approve" in told.json["systemMessage"]
    # nobody is a person here: the ancestors are no client, and that is still seen
    assert "/approve needs a person" in typed("approve", "").reason
    assert "now in `architect`" in world.typed("/approve").context  # the usual road reads it on
    later = {"tool_name": "Write", "tool_input": {"file_path": "src/x"}}
    assert "rule architect/otherwise" in _forced(world, plugin, "PreToolUse", later).reason


def test_the_modules_were_really_out_of_reach(world: World, plugin: Path) -> None:
    script = FORCED.partition("__file__")[0].format(absent=ABSENT) + (
        f"sys.path.insert(0, {str(plugin / 'src')!r})\n"
        "from stagelock.portable import stand_in\nstand_in()\n"
        "import posix\nprint(posix.__spec__)\n"
        "try:\n    import _json\nexcept ImportError:\n    print('none')\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["None", "none"], done.stderr


def test_two_processes_wait_for_one_another_without_fcntl(tmp_path: Path, plugin: Path) -> None:
    script = FORCED.partition("__file__")[0].format(absent=ABSENT) + (
        f"sys.path.insert(0, {str(plugin / 'src')!r})\n"
        "from stagelock.portable import stand_in\nstand_in()\n"
        "from stagelock.store.files import lock\n"
        "held = lock(sys.argv[1])\nprint('held', flush=True)\ninput()\n"
    )
    argv = [sys.executable, "-I", "-S", "-c", script, str(tmp_path / "lock")]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    one, other = subprocess.Popen(argv, **pipes), None
    try:
        assert _says(one, 10)
        other = subprocess.Popen(argv, **pipes)
        assert not _says(other, 0.7)
        one.communicate(b"\n", timeout=10)
        assert _says(other, 10)
    finally:
        for process in (one, other):
            if process:
                process.kill()
                process.communicate()


def _says(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    return bool(select.select([process.stdout], [], [], seconds)[0])


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, True, "\u00e9\x00"]}, [], "x", {}])
def test_json_without_the_c_scanner_is_the_same(
    value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = wire.dumps(value)
    monkeypatch.setitem(sys.modules, "_json", None)
    assert wire.dumps(value) == usual
    assert wire.loads(usual) == value
