"""Broken on purpose: whatever fails, a live run stays shut, in one visible line with the cure."""

import json
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from stagelock.authoring.hooks_file import hooks_file
from stagelock.store import records, runs
from stagelock.store.clock import stamp
from tests.support import pythons
from tests.support.artifacts import DESIGN
from tests.support.broken import is_told
from tests.support.world import ROOT, SESSION, Reply, World

WRITE = {"tool_name": "Write", "tool_input": {"file_path": "src/x.py"}}
DOCTOR = "your human runs `stagelock doctor` in a terminal"


def _with(world: World, event: str, payload: object, before: str = "", **more: str) -> Reply:
    """Run the shipped command line of an event, `before` it a piece of shell."""
    command = hooks_file()["hooks"][event][0]["hooks"][0]["command"]
    for old, new in (("/usr/bin/python3", more.pop("PYTHON", "/usr/bin/python3")),):
        command = command.replace(old, new)
    given = payload if isinstance(payload, dict) else {}
    full = {"session_id": SESSION, "cwd": str(world.tree), "hook_event_name": event, **given}
    done = subprocess.run(
        ["/bin/sh", "-c", before + command],
        input=json.dumps(full).encode(),
        capture_output=True,
        env={**world.env(), **more},
        cwd=world.tree,
        check=False,
        timeout=60,
    )
    return Reply(done.returncode, done.stdout, done.stderr)


def _folder(path: Path, python: str = "") -> str:
    """A PATH that holds only what the line itself needs, and a python3 if one is given."""
    path.mkdir()
    for name in ("tee", "sh", "sleep"):
        (path / name).symlink_to(shutil.which(name) or name)
    if python:
        (path / "python3").write_text(python)
        (path / "python3").chmod(0o755)
    return str(path)


@pytest.mark.parametrize("version", ["", "3.6", "3.8"])
def test_without_a_python_that_can_run_it_a_live_run_stays_shut(
    ready: World, tmp_path: Path, version: str
) -> None:
    python = f'#!/bin/sh\nexec {pythons.real(version)} "$@"\n' if version else ""
    path = _folder(tmp_path / "bin", python)
    reply = _with(ready, "PreToolUse", WRITE, PATH=path, PYTHON="/no/python3")
    assert reply.code == 2
    told = "[stagelock] refused: python3 3.9 or newer did not start, so nothing opens"
    cure = "next: your human installs it"
    assert reply.err.splitlines()[-1] == f"{told} (rule error/no-python); {cure}"
    prompt = _with(ready, "UserPromptSubmit", {"prompt": "x"}, PATH=path, PYTHON="/no/python3")
    assert prompt.code == 0
    assert is_told("no python3", prompt.json["systemMessage"])
    assert is_told("python3 is 3.8", prompt.json["systemMessage"])


def test_a_shim_only_costs_time(ready: World, tmp_path: Path) -> None:
    shim = f'#!/bin/sh\nsleep 0.1\nPATH={os.environ["PATH"]} exec /usr/bin/env python3 "$@"\n'
    path = _folder(tmp_path / "bin", shim)
    reply = _with(ready, "PreToolUse", WRITE, PATH=path, PYTHON="/no/python3")
    assert "(rule design/otherwise)" in reply.reason


def test_a_plugin_that_lost_its_entry_keeps_a_live_run_shut(ready: World, tmp_path: Path) -> None:
    """The client starts no hook where the whole folder is gone: see tests/client/test_broken.py."""
    reply = ready.hook("PreToolUse", WRITE, root=tmp_path / "was-here")
    assert reply.code == 2
    assert reply.err.splitlines()[-1] == (
        "[stagelock] refused: the plugin is gone from its place, so nothing opens "
        "(rule error/no-python); next: your human installs the plugin anew"
    )
    prompt = ready.hook("UserPromptSubmit", {"prompt": "x"}, root=tmp_path / "was-here")
    assert prompt.json["systemMessage"] == (
        "[stagelock] the plugin is gone from its place; gates stay shut until you install the "
        "plugin anew"
    )


# put the state home on a disk of its own, and fill that
FULL = """
cp -R "$XDG_STATE_HOME" "$SPARE" && mount -t tmpfs -o size=512k none "$XDG_STATE_HOME" &&
cp -R "$SPARE/." "$XDG_STATE_HOME" || exit 77
dd if=/dev/zero of="$XDG_STATE_HOME/fill" bs=1024 2>/dev/null && exit 77
exec /bin/sh -c "$LINE"
"""


def test_a_full_disk_opens_nothing_and_loses_nothing(ready: World, tmp_path: Path) -> None:
    """On a small disk of its own, where this machine lets a test mount one."""
    command = hooks_file()["hooks"]["PreToolUse"][0]["hooks"][0]["command"]
    payload = {"session_id": SESSION, "cwd": str(ready.tree), **WRITE}
    more = {"XDG_STATE_HOME": str(ready.state.parent), "SPARE": str(tmp_path / "spare")}
    done = subprocess.run(
        ["unshare", "-rm", "/bin/sh", "-c", FULL] if shutil.which("unshare") else ["false"],
        input=json.dumps(payload).encode(),
        env={**ready.env(), **more, "LINE": command},
        cwd=ready.tree, capture_output=True, check=False,
    )  # fmt: skip
    reply = Reply(done.returncode, done.stdout, done.stderr)
    if done.returncode in (1, 77):
        pytest.skip("no disk can be mounted here")
    assert reply.denied
    assert is_told("the disk is full", reply.reason) or "(rule design/otherwise)" in reply.reason
    assert "now in `architect`" in ready.typed("/approve").context


def test_where_no_file_may_grow_nothing_opens(ready: World) -> None:
    reply = _with(ready, "PreToolUse", WRITE, "ulimit -f 0; ")
    assert reply.denied
    assert is_told("the disk is full", reply.reason)
    assert is_told("the home is read-only", reply.reason)
    assert DOCTOR in reply.reason
    read = {"tool_name": "Read", "tool_input": {"file_path": "src/x.py"}}
    assert _with(ready, "PreToolUse", read, "ulimit -f 0; ").silent
    assert ready.stage() == "design"


def test_a_disk_that_is_full_at_an_approval_moves_nothing_and_loses_nothing(ready: World) -> None:
    before = (ready.tree / ".stagelock/stage.json").read_bytes()
    home, tree = str(ready.state), str(ready.tree)
    state, _ = runs.look(home, tree)
    assert state
    script = (
        "from stagelock.store import moves, runs\n"
        f"home, tree = {home!r}, {tree!r}\n"
        "state, _ = runs.look(home, tree)\n"
        "moves.approve(home, tree, state, moves.person('terminal', '', tree))\n"
    )
    done = subprocess.run(
        ["/bin/sh", "-c", f'ulimit -f 0; exec "{shutil.which("python3")}" -c "$0"', script],
        env={"PYTHONPATH": str(ROOT / "src"), "HOME": str(ready.home), "PATH": os.environ["PATH"],
             "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert (ready.tree / ".stagelock/stage.json").read_bytes() == before
    assert runs.look(home, tree) == (state, "")
    assert "now in `architect`" in ready.typed("/approve").context


def test_a_home_that_is_read_only_opens_nothing(ready: World) -> None:
    """In stagelock's own read-only box, where one works here."""
    which = subprocess.run(
        [str(ROOT / "bin/stagelock"), "ro", "--which"], capture_output=True, check=False
    )
    if which.returncode:
        pytest.skip("no read-only box works here")
    command = hooks_file()["hooks"]["PreToolUse"][0]["hooks"][0]["command"]
    payload = {"session_id": SESSION, "cwd": str(ready.tree), **WRITE}
    done = subprocess.run(
        [str(ROOT / "bin/stagelock"), "ro", "--", command],
        input=json.dumps(payload).encode(),
        env=ready.env(),
        cwd=ready.tree,
        capture_output=True,
        check=False,
    )
    reply = Reply(done.returncode, done.stdout, done.stderr)
    assert reply.denied, reply.err
    assert "Read-only file system" in reply.reason or "design/otherwise" in reply.reason


def test_a_run_from_last_month_is_told_to_a_new_session_once_it_starts(ready: World) -> None:
    assert "systemMessage" not in ready.hook("SessionStart", {"source": "startup"}).json
    home, tree = str(ready.state), str(ready.tree)
    state, _ = runs.look(home, tree)
    assert state
    after = {**state, "entered": stamp(time.time() - 31 * 86400), "revision": state["revision"] + 1}
    records.commit(home, tree, state, after, [])  # type: ignore[arg-type]
    told = ready.hook("SessionStart", {"source": "startup"}).json["systemMessage"]
    assert told == (
        "[stagelock] run `add-login` has stood in stage `design` for 31 days; go on with it, or "
        "/abandon REASON ends it"
    )


def test_two_clients_in_one_tree_share_the_run(ready: World) -> None:
    other = {"session_id": "another"}
    assert "stage `design`" in ready.hook("SessionStart", {"source": "startup", **other}).context
    assert ready.tool("Write", WRITE["tool_input"], **other).denied
    assert "is live in stage `design`" in ready.typed("/work something else", **other).reason
    ready.typed("/stage", **other)  # the first prompt of a session opens no gate
    assert "now in `architect`" in ready.typed("/approve", **other).context
    assert "(rule architect/otherwise)" in ready.tool("Write", WRITE["tool_input"]).reason


def test_of_two_clients_that_approve_at_once_one_moves_the_run(ready: World) -> None:
    ready.typed("/stage")
    ready.write("docs/stagelock/add-login/design.md", DESIGN)
    replies: list[Reply] = []
    at_once = [
        threading.Thread(target=lambda: replies.append(ready.typed("/approve"))) for _ in range(2)
    ]
    for thread in at_once:
        thread.start()
    for thread in at_once:
        thread.join()
    assert ready.stage() == "architect"
    moved = [reply for reply in replies if "now in `architect`" in reply.context]
    assert len(moved) == 1
    kept = next(reply for reply in replies if reply is not moved[0])
    assert kept.reason.startswith("[stagelock] ")
