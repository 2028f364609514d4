"""The status line: what it says, what it costs, and when it says that the hooks are off."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.artifacts import DESIGN
from tests.support.checked import COMMAND, bash, begin
from tests.support.command import stagelock
from tests.support.commands import taint, validating
from tests.support.world import ROOT, SESSION, World

RUN = "docs/stagelock/add-login"
OFF = "hooks are OFF: nothing is held"


def _line(world: World, *own: str, **more: Any) -> str:
    payload = {
        "session_id": SESSION,
        "cwd": str(world.tree),
        "workspace": {"project_dir": str(world.tree), "current_dir": str(world.tree)},
        **more,
    }
    done = subprocess.run(
        [str(ROOT / "bin/stagelock"), "statusline", *(["--", *own] if own else [])],
        input=json.dumps(payload).encode(),
        capture_output=True,
        cwd=world.tree,
        env={"PATH": os.environ["PATH"], "HOME": str(world.home)},
        check=True,
    )
    assert done.stderr == b""
    return done.stdout.decode().rstrip("\n")


def _transcript(world: World, ago: float = 0) -> str:
    path = world.home / "transcript.jsonl"
    path.write_text("{}\n")
    os.utime(path, (time.time() - ago, time.time() - ago))
    return str(path)


def test_it_names_stage_run_and_the_next_thing_the_exit_needs(ready: World) -> None:
    assert _line(ready) == "[design] add-login · ends by /approve"
    ready.write(f"{RUN}/design.md", DESIGN.replace("## Risks", "## Rest"))
    assert _line(ready) == "[design] add-login · design.md has no section `Risks`"
    ready.write(f"{RUN}/design.md", DESIGN)
    ready.typed("/approve")
    ready.write(f"{RUN}/design.md", DESIGN + "more\n")
    assert "design.md changed after its approval: /approve it anew" in _line(ready)


def test_it_shows_the_time_a_pause_and_tampering(world: World) -> None:
    world.typed("/work add login")
    assert _line(world).endswith(" · 0m of 20m")
    world.typed("/off 5 a hotfix")
    assert "off for 5 minutes more" in _line(world)
    (world.tree / ".stagelock/stage.json").write_text("{}")
    assert "changed from outside" in _line(world)


def test_a_tainted_run_names_the_file_and_the_way_out(world: World) -> None:
    taint(validating(world))
    assert " · tainted: src/app.py (stagelock restore) · " in _line(world)


def test_a_check_that_is_not_on_record_is_what_the_exit_needs(world: World) -> None:
    begin(world, "quick", "fix src/app.py", f"checks: [{{name: tests, command: {COMMAND}}}]\n")
    assert "no evidence that `tests` holds" in _line(world)
    world.write("src/app.py", "x = 1\n")
    bash(world, COMMAND)
    assert "ends by STATUS: DONE" in _line(world)


def test_where_no_run_is_live_it_says_nothing_and_leaves_the_persons_own_alone(
    world: World,
) -> None:
    assert _line(world) == ""
    assert _line(world, "echo mine; echo second") == "mine\nsecond"


def test_it_wraps_the_persons_own_line_on_the_same_input(ready: World) -> None:
    ours = "[design] add-login · ends by /approve"
    assert _line(ready, "echo mine; echo second") == f"mine  {ours}\nsecond"
    assert _line(ready, "printf", "%s-%s", "a", "b c") == f"a-b c  {ours}"
    assert _line(ready, "grep -c session_id") == f"1  {ours}"
    assert _line(ready, "exit 3") == ours
    assert _line(ready, "true", "ignores its input", cost="x" * 100_000).endswith(ours)
    assert _line(ready, "/no/such/program", "x") == ours


def test_a_session_whose_hooks_never_answered_is_told_so(ready: World) -> None:
    live = next((ready.state / "live").iterdir())
    os.utime(live, (time.time() - 100, time.time() - 100))
    more = {"transcript_path": _transcript(ready), "prompt_id": "p"}
    assert OFF not in _line(ready, **more)  # this session's hooks answered: it began the run
    assert OFF in _line(ready, **{**more, "session_id": "another"})
    assert OFF not in _line(ready, session_id="another")  # nothing was said in it yet
    before = {**more, "transcript_path": _transcript(ready, ago=200)}
    assert OFF not in _line(ready, **{**before, "session_id": "another"})  # idle since before


def test_a_session_that_goes_on_without_its_hooks_is_told_so(ready: World) -> None:
    beat = next((ready.state / "beats").iterdir())
    os.utime(beat, (time.time() - 300, time.time() - 300))
    more = {"transcript_path": _transcript(ready)}
    same = beat.read_text().split("\n")[0]
    assert "silent" not in _line(ready, prompt_id=same, **more)  # one long answer, perhaps
    assert "hooks silent for 5 minutes" in _line(ready, prompt_id="later", **more)
    ready.hook("UserPromptSubmit", {"prompt": "go on", "prompt_id": "later"})
    assert "silent" not in _line(ready, prompt_id="later", **more)


def test_a_tool_call_is_a_sign_of_life(ready: World) -> None:
    beat = next((ready.state / "beats").iterdir())
    os.utime(beat, (1, 1))
    ready.tool("Read", {"file_path": str(ready.tree / "x")})
    assert beat.stat().st_mtime > time.time() - 60
    beat.unlink()
    ready.tool("Read", {"file_path": str(ready.tree / "x")})
    assert beat.exists()


def test_old_signs_are_swept_away_when_a_session_starts(ready: World) -> None:
    old = ready.state / "beats/old"
    old.write_text("p\n/nowhere")
    os.utime(old, (1, 1))
    ready.hook("SessionStart", {"source": "startup"})
    assert not old.exists()
    assert len(list((ready.state / "beats").iterdir())) == 1


def test_a_home_that_cannot_be_written_opens_nothing(ready: World) -> None:
    beats = ready.state / "beats"
    for beat in beats.iterdir():
        beat.unlink()
    beats.rmdir()
    beats.write_text("in the way")
    assert ready.tool("Write", {"file_path": str(ready.tree / "src/x.py")}).denied


def test_a_hostile_payload_breaks_neither_line_nor_terminal(ready: World) -> None:
    for payload in ({"cwd": 5}, {"workspace": []}, {"transcript_path": "\0"}, {"session_id": None}):
        assert "\n" not in _line(ready, **payload)
    done = subprocess.run(
        [str(ROOT / "bin/stagelock"), "statusline"], input=b"\xff{", capture_output=True, check=True
    )
    assert done.stdout.startswith(b"[stagelock] cannot tell the stage")


def test_the_verb_of_the_command_line_says_the_same(ready: World) -> None:
    done = stagelock(ready, "statusline", "--", "echo mine")
    assert done.returncode == 0
    assert "statusLine" in stagelock(ready, "statusline", "--help").stdout


def test_it_costs_no_more_than_three_bare_starts(ready: World) -> None:
    """The whole process, launcher and all: under 30 ms wherever a bare start takes under 10."""
    took, floor = [], []
    for _ in range(15):
        start = time.perf_counter()
        _line(ready)
        took.append(time.perf_counter() - start)
        start = time.perf_counter()
        subprocess.run(["/usr/bin/env", "python3", "-I", "-S", "-c", "pass"], check=True)
        floor.append(time.perf_counter() - start)
    assert min(took) < 3 * min(floor)


@pytest.mark.parametrize("name", ["json", "re", "subprocess", "typing", "os"])
def test_it_loads_no_heavy_module(ready: World, name: str) -> None:
    script = (
        "import sys\n"
        f"sys.path.insert(0, {str(ROOT / 'src')!r})\n"
        "import stagelock.hook.status_line as line\n"
        "line.main([])\n"
        f"print({name!r} in sys.modules)"
    )
    done = subprocess.run(
        ["/usr/bin/env", "python3", "-I", "-S", "-c", script],
        input=json.dumps({"cwd": str(ready.tree)}).encode(),
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": str(ready.home)},
        check=True,
    )
    assert done.stdout.decode().splitlines()[-1] == "False"


def test_a_tree_below_a_link_is_found(ready: World, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(ready.tree)
    assert _line(ready, cwd=str(link), workspace={}).startswith("[design] add-login")
