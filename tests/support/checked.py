"""A project that declares checks, and what the client says when its agent runs one."""

import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from stagelock.authoring.config import load_library
from stagelock.store import accepted, library, moves
from tests.support.world import ROOT, SESSION, Reply, World

COMMAND = "sh check.sh"
CONFIG = f"""
checks:
  - {{name: tests, command: {COMMAND}, timeout: 60}}
  - {{name: lint, command: sh lint.sh, timeout: 60, fast: true, gates: [commit]}}
"""
IDS = itertools.count()


def prepared_launcher(data: Path) -> Path:
    """Let `bin/stagelock` find an environment that is ready: this one."""
    python = data / "venv/bin/python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (data / "venv/ready").write_text((ROOT / "requirements.txt").read_text())
    return data


def start(world: World, typed: str, config: str = CONFIG) -> Reply:
    """Type the command that begins a run in a project whose config declares checks."""
    data = _project(world, config)
    return world.typed(typed, env={"CLAUDE_PLUGIN_DATA": str(data)})


def begin(world: World, workflow: str, topic: str, config: str = CONFIG, stage: str = "") -> None:
    """The same without the typing, which costs a start of the compiler."""
    _project(world, config)
    world.typed("/hello")  # a person was here: the first prompt of a session opens nothing
    own = load_library(world.tree)
    policy = {**library.library("/nowhere")["policies"], **own["policies"]}[workflow]
    who = moves.person("typed", SESSION, str(world.tree))
    where = str(world.state), str(world.tree)
    moves.start(*where, policy, stage or policy["enter"][0], topic, own["settings"], who)


def _project(world: World, config: str) -> Path:
    world.write(".stagelock/config.yaml", config)
    world.write("check.sh", "exit 0\n")
    world.write("lint.sh", "exit 0\n")
    if not (world.tree / ".gitignore").exists():
        world.write(".gitignore", "*.log\n")
    accept_checks(world.state, world.tree)
    return prepared_launcher(world.home / "data")


def accept_checks(state: Path, tree: Path) -> None:
    """Accept every declared command, as a person once does at a terminal."""
    who = moves.person("terminal", "", str(tree))
    for check in load_library(tree)["settings"]["checks"]:
        accepted.accept(str(state), str(tree), check["name"], check["command"], who)


def bash(world: World, command: str, **more: Any) -> tuple[Reply, Reply | None]:
    """Let the agent run a command as the client would: hook, the command itself, hook.

    Returns what the hooks before and after it said; the second is None where it was refused.
    """
    given = {"command": command, "description": "x", **more.pop("given", {})}
    box, setup, path = more.pop("box", []), more.pop("setup", ""), more.pop("path", "")
    payload = {"tool_name": "Bash", "tool_use_id": f"toolu_{next(IDS)}", **more}
    first = world.hook("PreToolUse", {**payload, "tool_input": given})
    if first.denied:
        return first, None
    changed = first.json.get("hookSpecificOutput", {}).get("updatedInput")
    payload["tool_input"] = changed or given
    if given.get("run_in_background"):
        response = {"stdout": "", "stderr": "", "interrupted": False, "backgroundTaskId": "b1"}
        return first, world.hook("PostToolUse", {**payload, "tool_response": response})
    done = subprocess.run(
        [*box, "/bin/bash", "-c", setup + payload["tool_input"]["command"]],
        cwd=more.get("cwd", world.tree),
        env=agent_env(world, path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    out = done.stdout + done.stderr
    if done.returncode:
        error = f"Exit code {done.returncode}\n{out}"
        failure = {**payload, "error": error, "is_interrupt": False, "duration_ms": 5}
        return first, world.hook("PostToolUseFailure", failure)
    response = {"stdout": out, "stderr": "", "interrupted": False, "isImage": False}
    return first, world.hook("PostToolUse", {**payload, "tool_response": response})


def agent_env(world: World, path: str = "") -> dict[str, str]:
    """The environment of the client's shell tool; `path` comes first on PATH."""
    return {
        "PATH": f"{path}{os.environ['PATH']}:{ROOT / 'bin'}",
        "HOME": str(world.home),
        "CLAUDE_PLUGIN_DATA": str(world.home / "data"),
        "CLAUDECODE": "1",
        "AI_AGENT": "claude-code_2-1-197_agent",
    }


def ends(world: World, text: str, event: str = "Stop", **more: Any) -> Reply:
    """Let the agent end its turn."""
    payload = {"last_assistant_message": text, "background_tasks": [], "stop_hook_active": False}
    return world.hook(event, {**payload, **more})


def evidence(world: World) -> list[tuple[str, int, str]]:
    """What the journal says of evidence: check, exit, why it does not count."""
    return [
        (e["what"], e["exit"], e.get("why", ""))
        for e in world.journal()
        if e["event"] == "evidence"
    ]
