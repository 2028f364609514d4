"""A pause for one prompt, and one for a session: a person's, held to them, over by itself."""

import json
import subprocess
from typing import Any

import pytest

from tests.support.command import stagelock
from tests.support.world import ROOT, SESSION, World

OTHER = "99999999-2222-3333-4444-555555555555"


@pytest.fixture
def design(world: World) -> World:
    world.typed("/design add login")
    return world


def _write(world: World, prompt: str = "", **more: Any) -> bool:
    """Whether a write that the stage forbids is let through, in the prompt that came last."""
    given = {"file_path": str(world.tree / "src/x.py"), "content": "x"}
    asked = world.tool("Write", given, prompt_id=prompt or f"prompt-{world.prompts}", **more)
    return asked.silent


def _prompted(world: World, text: str = "go on") -> None:
    world.prompts += 1
    given = {"prompt": text, "prompt_id": f"prompt-{world.prompts}"}
    world.hook("UserPromptSubmit", given)


def _told(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stagelock(world, "status", "--json").stdout)
    return found


def _ended(world: World) -> list[str]:
    return [
        line["why"] for line in world.journal() if line["event"] == "off" and not line["minutes"]
    ]


def test_a_pause_for_one_prompt_holds_for_that_prompt_alone(design: World) -> None:
    said = design.typed("/off prompt mend the typo in src/x.py")
    assert "off for this prompt" in said.context
    assert _write(design)
    assert _write(design, agent_id="a1", agent_type="general-purpose"), "its agents are part of it"
    assert not _write(design, prompt="prompt-99")
    assert not _write(design, session_id=OTHER)
    _prompted(design)
    assert not _write(design)
    assert _ended(design) == ["the next prompt came"]
    assert design.stage_file()["off_until"] == 0


def test_a_pause_for_one_prompt_ends_with_its_turn(design: World) -> None:
    design.typed("/off prompt mend the typo")
    design.hook(
        "Stop", {"last_assistant_message": "Done.", "prompt_id": f"prompt-{design.prompts}"}
    )
    assert _ended(design) == ["the prompt ended"]
    assert not _write(design)


def test_what_a_prompt_left_in_the_background_is_part_of_it(design: World) -> None:
    design.typed("/off prompt mend the typo")
    this = {"prompt_id": f"prompt-{design.prompts}", "background_tasks": [{"id": "a1"}]}
    design.hook("Stop", {"last_assistant_message": "It works on.", **this})
    assert _write(design, agent_id="a1", agent_type="general-purpose")
    _prompted(design, "<task-notification> done")
    assert _ended(design) == ["the next prompt came"]


def test_a_pause_for_a_session_holds_for_its_prompts_and_no_other_session(design: World) -> None:
    assert "off for this session" in design.typed("/off session a spike").context
    _prompted(design)
    assert _write(design)
    design.hook("Stop", {"last_assistant_message": "Done."})
    _prompted(design)
    assert _write(design)
    assert not _write(design, session_id=OTHER)
    design.hook("SessionEnd", {"reason": "other"}, None)
    assert _ended(design) == ["the session ended"]
    assert not _write(design)


@pytest.mark.parametrize(
    ("source", "goes_on"), [("resume", False), ("startup", False), ("compact", True)]
)
def test_a_session_that_begins_anew_is_held_again(
    design: World, source: str, goes_on: bool
) -> None:
    design.typed("/off session a spike")
    design.hook("SessionStart", {"source": source})
    assert _write(design) is goes_on


def test_another_session_ends_nothing(design: World) -> None:
    design.typed("/off session a spike")
    design.hook("SessionEnd", {"reason": "other", "session_id": OTHER})
    design.hook("SessionStart", {"source": "startup", "session_id": OTHER})
    assert _ended(design) == []
    assert _write(design)


def test_it_ends_by_the_clock_where_nothing_else_ends_it(design: World) -> None:
    design.typed("/off session a spike")
    line = next(line for line in design.journal() if line["event"] == "off")
    assert (line["what"], line["minutes"], line["why"]) == ("session", 480, "a spike")


def test_it_opens_no_key_of_the_lock_and_no_agent_sets_it(design: World) -> None:
    for scope in ("prompt", "session"):
        assert "first prompt" in World.typed(design, f"/off {scope} x", prompt_id=None).reason
        skill = design.tool("Skill", {"skill": "stagelock:off", "args": f"{scope} x"})
        assert "never/human-door" in skill.reason
        assert "inside another client" in design.typed(f"/off {scope} x", nested=True).reason
    design.typed("/off session a spike")
    key = {"file_path": str(design.tree / ".stagelock/stage.json"), "content": "x"}
    asked = design.tool("Write", key, prompt_id=f"prompt-{design.prompts}")
    assert "never/stagelock-state" in asked.reason


def test_a_reason_is_asked_for(design: World) -> None:
    assert "say /off prompt REASON" in design.typed("/off prompt").reason
    assert "say /off session REASON" in design.typed("/off session ").reason


def test_status_and_status_line_say_whom_it_is_for(design: World) -> None:
    design.typed("/off session a spike")
    assert _told(design)["off_for"] == f"one session {SESSION[:8]}"
    assert (
        f"off    for one session {SESSION[:8]}, at most until "
        in stagelock(design, "status").stdout
    )
    assert " · off for this session · " in _line(design, SESSION)
    assert " · off in another session · " in _line(design, OTHER)
    design.typed("/off prompt a typo")
    assert _told(design)["off_for"] == f"one prompt of session {SESSION[:8]}"
    assert " · off for this prompt · " in _line(design, SESSION)
    design.typed("/off 0")
    assert _told(design)["off_for"] == ""
    assert " off " not in _line(design, SESSION)


def _line(world: World, session: str) -> str:
    payload = {"session_id": session, "cwd": str(world.tree)}
    done = subprocess.run(
        [str(ROOT / "bin/stagelock"), "statusline"],
        input=json.dumps(payload).encode(), capture_output=True, cwd=world.tree,
        env={"PATH": "/usr/bin:/bin", "HOME": str(world.home)}, check=True,
    )  # fmt: skip
    return done.stdout.decode()


def test_where_no_run_is_live_it_only_lets_the_disciplines_rest(world: World) -> None:
    said = world.typed("/off session not now")
    assert "nothing was held" in said.context
    assert not (world.state / "live").exists()
    assert "no run is live" in world.typed("/off not now").reason
