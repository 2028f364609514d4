"""What a change silences is shown to the person at the gate, or refused where a project says so."""

import shutil
import subprocess
from typing import Any

import pytest

from tests.support.checked import COMMAND, bash, begin, ends
from tests.support.world import SESSION, World

ONE = f"checks: [{{name: tests, command: {COMMAND}}}]\n"
REFUSE = ONE + "suppressions: refuse\n"
SILENT = "x = 1  # noqa\n"
LOST = "the change silences: src/app.py:1 # noqa"


@pytest.fixture
def one(world: World) -> World:
    begin(world, "quick", "fix src/app.py", ONE)
    world.write("src/app.py", SILENT)
    return world


@pytest.fixture
def refusing(world: World) -> World:
    begin(world, "quick", "fix src/app.py", REFUSE)
    world.write("src/app.py", SILENT)
    return world


def _shown(world: World) -> list[str]:
    from stagelock.store import evidence, runs

    where = str(world.state), str(world.tree)
    state, _ = runs.look(*where)
    assert state
    return evidence.shown(*where, state)


def test_what_the_change_silences_is_listed_for_the_person_and_nothing_is_refused(
    one: World,
) -> None:
    bash(one, COMMAND)
    assert LOST in _shown(one)
    assert LOST in ends(one, "STATUS: DONE").json["systemMessage"]
    assert LOST in one.typed("/approve").json["systemMessage"]


def test_the_dialog_lists_it_before_it_is_answered(one: World) -> None:
    bash(one, COMMAND)
    ends(one, "STATUS: DONE")
    bash(one, COMMAND)
    given = [{"question": "x", "header": "stagelock", "options": []}]
    asked = one.hook_in_client(
        "PreToolUse",
        {
            "session_id": SESSION,
            "cwd": str(one.tree),
            "prompt_id": "p9",
            "tool_name": "AskUserQuestion",
            "tool_input": {"questions": given},
        },
    ).json["hookSpecificOutput"]
    assert f" Note: {LOST}." in asked["updatedInput"]["questions"][0]["question"], asked


def test_a_deleted_test_is_listed_though_only_the_persons_repository_holds_it(
    world: World,
) -> None:
    world.write("tests/test_a.py", "def test_a():\n    assert 1\n")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        who = ["-c", "user.name=x", "-c", "user.email=x@y.z"]
        subprocess.run(["git", *who, *words], cwd=world.tree, check=True)
    begin(world, "quick", "fix it", f"checks: [{{name: tests, command: {COMMAND}}}]\n")
    (world.tree / "tests/test_a.py").unlink()
    bash(world, COMMAND)
    assert "the change silences: tests/test_a.py:1 deleted test file" in _shown(world)


def test_no_attribute_and_no_byte_hides_what_is_silenced(one: World) -> None:
    one.write(".gitattributes", "*.py -diff\n*.js binary\n")
    one.write("src/app.js", "x\0 // eslint-disable\n")
    bash(one, COMMAND)
    [told] = [s for s in _shown(one) if "silences" in s]
    assert told == "the change silences: src/app.js:1 cannot be read as text, src/app.py:1 # noqa"


def test_a_project_may_refuse_what_silences_a_check(refusing: World) -> None:
    bash(refusing, COMMAND)
    refused = refusing.tool("Bash", {"command": "git commit -am x"})
    assert "(rule change/unverified)" in refused.reason
    assert LOST in refused.reason
    assert "next: take out what silences a check" in refused.reason
    reply = ends(refusing, "STATUS: DONE")
    assert LOST in reply.reason
    assert "next: take out what silences a check" in reply.reason
    assert refusing.stage() == "change"
    refusing.write("src/app.py", "x = 1\n")
    bash(refusing, COMMAND)
    assert refusing.tool("Bash", {"command": "git commit -am x"}).silent
    assert "now in `verify`" in ends(refusing, "STATUS: DONE").json["systemMessage"]


def test_a_person_lets_one_pass_by_name_and_it_is_on_record(refusing: World) -> None:
    bash(refusing, COMMAND)
    assert "waived once" in refusing.typed("/waive suppressions the rule is wrong").context
    assert refusing.tool("Bash", {"command": "git commit -am x"}).silent
    assert "now in `verify`" in ends(refusing, "STATUS: DONE").json["systemMessage"]
    assert [e["waived"] for e in _passed(refusing)] == [["suppressions"]]
    assert LOST in refusing.typed("/approve").reason


def test_where_it_cannot_be_told_what_is_silenced_a_refusing_project_stays_shut(
    refusing: World,
) -> None:
    shutil.rmtree(refusing.state / "trees")
    bash(refusing, COMMAND)
    refused = refusing.tool("Bash", {"command": "git commit -am x"})
    assert "whether the change silences a check cannot be told" in refused.reason


def test_a_refusing_project_without_checks_is_held_too(world: World) -> None:
    begin(world, "quick", "fix src/app.py", "suppressions: refuse\n")
    world.write("src/app.py", SILENT)
    assert LOST in world.tool("Bash", {"command": "git commit -am x"}).reason


def _passed(world: World) -> list[dict[str, Any]]:
    return [entry for entry in world.journal() if entry["event"] == "passed"]
