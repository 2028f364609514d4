"""Fifty processes at once: one transition, none without its approval, no line lost."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.artifacts import DESIGN
from tests.support.world import SESSION, World


def test_fifty_hooks_at_once_make_exactly_one_transition(world: World) -> None:
    world.typed("/design add login")
    world.write("docs/stagelock/add-login/design.md", DESIGN)
    lines = len(world.journal())
    artifact = str(world.tree / "docs/stagelock/add-login/design.md")

    def one(n: int) -> Any:
        kind = n % 5
        if kind == 0:
            return world.hook_in_client("UserPromptExpansion", _approval(world, n))
        if kind == 1:
            return world.hook("Stop", {"last_assistant_message": "STATUS: DONE"})
        if kind == 2:
            return world.tool("Write", {"file_path": artifact, "content": DESIGN})
        if kind == 3:
            return world.tool("Write", {"file_path": str(world.tree / f"src/{n}.py")})
        return world.hook("PostToolUse", {"tool_name": "AskUserQuestion", "tool_response": {}})

    world.typed("/stage")  # makes the stand-in client before the crowd needs it
    with ThreadPoolExecutor(50) as crowd:
        replies = list(crowd.map(one, range(50)))

    assert all(reply.code == 0 for reply in replies)
    assert world.stage() == "architect"
    entries = world.journal()[lines:]
    events = [entry["event"] for entry in entries]
    assert events.count("approved") == 1
    assert events.count("entered") == 1
    moved = [reply for reply in replies if "now in `architect`" in reply.context]
    assert len(moved) == 1
    refused = [entry["target"] for entry in entries if entry["event"] == "refused"]
    assert sorted(t for t in refused if t.startswith("src/")) == sorted(
        f"src/{n}.py" for n in range(50) if n % 5 == 3
    )
    raw = (world.tree / ".stagelock/journal.jsonl").read_text()
    assert all(json.loads(line) for line in raw.splitlines() if line)


def test_two_people_starting_at_once_start_one_run(world: World) -> None:
    (world.tree / "x").mkdir()
    world.typed("/stage")
    payloads = [_command(world, "work", f"topic {n}", n) for n in range(10)]
    with ThreadPoolExecutor(10) as crowd:
        replies = list(
            crowd.map(lambda p: world.hook_in_client("UserPromptExpansion", p), payloads)
        )
    assert len([r for r in replies if "started" in r.json.get("systemMessage", "")]) == 1
    assert [e["event"] for e in world.journal()] == ["started"]


def _approval(world: World, n: int) -> dict[str, Any]:
    return _command(world, "approve", "", n)


def _command(world: World, name: str, given: str, n: int) -> dict[str, Any]:
    return {
        "session_id": SESSION,
        "cwd": str(world.tree),
        "prompt_id": f"crowd-{n}",
        "expansion_type": "slash_command",
        "command_name": f"stagelock:{name}",
        "command_args": given,
        "command_source": "plugin",
    }
