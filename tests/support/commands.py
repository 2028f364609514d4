"""A command of the agent's shell, as the client reports it: before, what it does, after."""

from collections.abc import Callable
from typing import Any

from tests.support.artifacts import PLAN
from tests.support.world import Reply, World

RUN = "docs/stagelock/add-login"
CHECK = {"command": "pytest -q", "description": "check"}


def validating(world: World) -> World:
    """A two-gates run that stands in validate: notes may be written, checks may run."""
    world.write("src/app.py", "x = 1\n")
    world.write("src/draft.py", "a person's uncommitted work\n")
    world.typed("/work add login")
    world.write(f"{RUN}/plan.md", PLAN)
    world.typed("/approve")
    world.hook("Stop", {"last_assistant_message": "built\nSTATUS: DONE"})
    assert world.stage() == "validate"
    return world


def run_command(
    world: World,
    does: Callable[[], Any] = lambda: None,
    *,
    event: str = "PostToolUse",
    tool: str = "Bash",
    given: dict[str, Any] | None = None,
    call: str = "toolu_1",
    response: dict[str, Any] | None = None,
    **more: Any,
) -> Reply:
    """Let a call through, do what it does, and report its end by `event`; returns that reply."""
    about = {"tool_name": tool, "tool_input": given or CHECK, "tool_use_id": call, **more}
    asked = world.hook("PreToolUse", about)
    assert asked.silent, asked.reason
    does()
    if not event:
        return asked
    return world.hook(event, {**about, "tool_response": response or {}})


def edit(world: World, path: str) -> Reply:
    """Ask to write a file of the tree."""
    return world.tool("Write", {"file_path": str(world.tree / path), "content": "x"})


def taint(world: World) -> None:
    """Let a command change src/app.py behind the stage's rules."""
    told = run_command(world, lambda: world.write("src/app.py", "spoilt = 1\n"))
    assert "tainted" in told.json["systemMessage"]
