"""`/ship`, `/qa` and `/verify`: no step before its turn, no attempt beyond those granted."""

import subprocess
from typing import Any

import pytest

from tests.support.checked import COMMAND, bash, begin, ends
from tests.support.world import World

ONE = f"checks: [{{name: tests, command: {COMMAND}}}]\n"


@pytest.fixture
def ship(world: World) -> World:
    """A `ship` run in a real repository, nothing done yet."""
    (world.tree / ".git").rmdir()
    world.write("pyproject.toml", 'version = "1"\n')
    world.write("CHANGELOG.md", "# 1\n")
    _git(world, "init", "-q")
    _git(world, "add", "-A")
    _git(world, "commit", "-qm", "first")
    begin(world, "ship", "version 2", ONE)
    return world


def _git(world: World, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", *who, *words], cwd=world.tree, check=True, capture_output=True)


def _edit(world: World, path: str, text: str) -> Any:
    world.tool("Read", {"file_path": str(world.tree / path)})
    reply = world.tool("Edit", {"file_path": str(world.tree / path), "new_string": text})
    if not reply.denied:
        world.write(path, text)
    return reply


def _ran(world: World, command: str, code: int = 0) -> Any:
    """Let the client report a command as run, without running it."""
    call = {"tool_name": "Bash", "tool_use_id": command, "tool_input": {"command": command}}
    reply = world.hook("PreToolUse", call)
    if reply.denied:
        return reply
    if code:
        return world.hook("PostToolUseFailure", {**call, "error": f"Exit code {code}\n"})
    return world.hook("PostToolUse", {**call, "tool_response": {"stdout": "", "stderr": ""}})


def _steps(world: World) -> list[str]:
    return [entry["what"] for entry in world.journal() if entry["event"] == "step"]


def test_a_release_goes_through_its_steps_in_their_order(ship: World) -> None:
    assert "step `test` comes first" in _edit(ship, "pyproject.toml", 'version = "2"\n').reason
    bash(ship, "stagelock verify")
    assert _steps(ship) == ["test"]
    reply = _edit(ship, "CHANGELOG.md", "# 2\n# 1\n")
    assert "(rule release/out-of-order)" in reply.reason
    assert "step `version` comes first: [test] > version > changelog > commit" in reply.reason
    assert not _edit(ship, "pyproject.toml", 'version = "2"\n').denied
    assert "step `changelog` comes first" in _ran(ship, "git commit -qam 2").reason
    assert not _edit(ship, "CHANGELOG.md", "# 2\n# 1\n").denied
    reply = _ran(ship, "git commit -qam 2")
    assert "(rule release/unverified)" in reply.reason  # the tree changed since the tests
    assert "step `commit` comes first" in _ran(ship, "git push").reason
    bash(ship, "stagelock verify")
    assert "[changelog] > [commit] > push" in _ran(ship, "git commit -qam 2").context
    assert "(rule release/out-of-order)" in _ran(ship, "gh pr create --fill").reason
    assert "the gate stays shut" in ship.typed("/approve").reason
    _git(ship, "commit", "-qam", "2")  # a commit of exactly the verified tree is verified
    _ran(ship, "git push")
    _ran(ship, "gh pr create --fill")
    assert _steps(ship) == ["test", "version", "changelog", "commit", "push", "pr"]
    assert "the run is done" in ship.typed("/approve").json["systemMessage"]


def test_a_command_that_failed_is_no_step(ship: World) -> None:
    bash(ship, "stagelock verify")
    _edit(ship, "pyproject.toml", 'version = "2"\n')
    _edit(ship, "CHANGELOG.md", "# 2\n# 1\n")
    bash(ship, "stagelock verify")
    _ran(ship, "git commit -qam 2", code=1)
    assert "commit" not in _steps(ship)
    assert "step `commit` comes first" in _ran(ship, "git push").reason


def test_checks_that_failed_are_no_step(ship: World) -> None:
    ship.write("check.sh", "exit 1\n")
    bash(ship, "stagelock verify")
    assert _steps(ship) == []
    assert "step `test` comes first" in _edit(ship, "pyproject.toml", "x").reason


def test_a_person_leaves_a_step_out(ship: World) -> None:
    bash(ship, "stagelock verify")
    assert "waived once" in ship.typed("/waive version it stands in a tag").context
    assert not _edit(ship, "CHANGELOG.md", "# 2\n# 1\n").denied


def test_a_release_changes_no_code(ship: World) -> None:
    bash(ship, "stagelock verify")
    assert "(rule release/otherwise)" in _edit(ship, "src/app.py", "x").reason


def test_the_lifecycles_release_leaves_out_what_it_has_no_use_for(world: World) -> None:
    from stagelock.store import library

    steps = library.library("/nowhere")["policies"]["lifecycle"]["stages"]["release"]["steps"]
    assert [step["id"] for step in steps if not step["optional"]] == ["test"]


def test_qa_counts_every_failed_run_on_a_changed_tree(world: World) -> None:
    begin(world, "qa", "make it green", ONE)
    world.write("check.sh", "exit 1\n")
    for n in range(3):
        assert not world.tool("Bash", {"command": "make"}).denied
        world.write("src/app.py", f"x = {n}\n")
        bash(world, "stagelock verify")
        _, told = bash(world, "stagelock verify")  # the same tree again is no new attempt
    assert told is None
    assert len([e for e in world.journal() if e["event"] == "attempt"]) == 3
    assert "(rule qa/escalated)" in world.tool("Bash", {"command": "make"}).reason
    world.typed("/reject the port is wrong")
    assert not world.tool("Bash", {"command": "make"}).denied


def test_qa_ends_when_it_is_green(world: World) -> None:
    begin(world, "qa", "make it green", ONE)
    assert "check `tests` has not been seen" in world.typed("/approve").reason
    bash(world, "stagelock verify")
    assert ends(world, "STATUS: DONE").json.get("decision") != "block"
    assert "the run is done" in world.typed("/approve").json["systemMessage"]


def test_a_project_without_checks_has_nothing_to_test_first(world: World) -> None:
    begin(world, "ship", "version 2", "artifacts: docs\n")
    world.write("VERSION", "1\n")
    assert not _edit(world, "VERSION", "2\n").denied
    assert _steps(world) == ["test"]


def test_release_without_a_run_begins_the_pipeline(world: World) -> None:
    assert "stage `release`" in world.typed("/release version 2").context
    assert "workflow ship" in world.typed("/stage").context


def test_verify_only_speaks(world: World) -> None:
    assert world.typed("/verify").silent
    assert not (world.tree / ".stagelock/stage.json").exists()
