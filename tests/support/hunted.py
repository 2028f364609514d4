"""An agent that hunts a bug: it runs, writes and claims through the hooks."""

import sys
from pathlib import Path

from tests.support.checked import bash, ends
from tests.support.world import Reply, World

PYTHON = f"{Path(sys.executable).parent}:"


def run(world: World, command: str) -> str:
    """Let the agent run a command; returns the refusal, or what it was told."""
    first, told = bash(world, command, path=PYTHON)
    return first.reason if told is None else told.context


def write(world: World, path: str, text: str) -> Reply:
    """Let the agent write a file, if it may."""
    full = str(world.tree / path)
    if (world.tree / path).exists():
        world.tool("Read", {"file_path": full})
    reply = world.tool("Write", {"file_path": full, "content": text})
    if not reply.denied:
        world.write(path, text)
    return reply


def done(world: World) -> str:
    """Let the agent claim that the step is done; returns what it is told."""
    reply = ends(world, "done\nSTATUS: DONE")
    return str(reply.json.get("reason") or reply.json.get("systemMessage"))
