"""Who may open a gate, and every way that was seen to pretend."""

import json
from typing import Any

import pytest

from tests.support.artifacts import DESIGN
from tests.support.world import SESSION, World

RUN = "docs/stagelock/add-login"


def _held(world: World, reply: Any, why: str) -> None:
    assert "needs a person" in reply.reason
    assert why in reply.reason
    assert world.stage() == "design"
    assert world.journal()[-1]["rule"] == "never/human-door"


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({"CLAUDE_CODE_ENTRYPOINT": "sdk-cli"}, "without a person"),
        ({"CLAUDE_CODE_ENTRYPOINT": ""}, "without a person"),
        ({"CLAUDE_JOB_DIR": "/tmp/job"}, "in the background"),
        ({"CLAUDE_CODE_SESSION_ATTENDED": "0"}, "in the background"),
    ],
)
def test_a_client_without_a_person_opens_nothing(
    ready: World, env: dict[str, str], why: str
) -> None:
    _held(ready, ready.typed("/approve", env=env), why)


def test_a_shadowing_project_command_opens_nothing(ready: World) -> None:
    reply = ready.typed("/approve", command_source="projectSettings")
    _held(ready, reply, "`projectSettings`")


def test_a_subagent_opens_nothing(ready: World) -> None:
    _held(ready, ready.typed("/approve", agent_id="a1"), "a subagent")


def test_a_client_inside_a_client_opens_nothing(ready: World) -> None:
    _held(ready, ready.typed("/approve", nested=True), "inside another client")


def test_a_client_whose_surroundings_were_scrubbed_is_still_seen_by_its_ancestors(
    ready: World,
) -> None:
    _held(ready, ready.typed("/approve", nested="scrubbed"), "inside another client")


def test_a_hook_that_no_client_started_opens_nothing(ready: World) -> None:
    payload = {
        "expansion_type": "slash_command",
        "command_name": "stagelock:approve",
        "command_args": "",
        "command_source": "plugin",
        "prompt_id": "forged",
    }
    reply = ready.hook("UserPromptExpansion", payload)
    assert "cannot be found" in reply.reason or "inside another client" in reply.reason
    assert ready.stage() == "design"


def test_the_first_prompt_of_a_session_opens_nothing(ready: World) -> None:
    other = "99999999-2222-3333-4444-555555555555"
    _held(ready, ready.typed("/approve", session_id=other), "first prompt")
    assert "now in `architect`" in ready.typed("/approve", session_id=other).context


def test_a_resumed_session_starts_over(ready: World) -> None:
    ready.hook("SessionStart", {"source": "resume"})
    _held(ready, ready.typed("/approve"), "first prompt")


def test_a_cleared_session_goes_on(ready: World) -> None:
    new = "99999999-2222-3333-4444-555555555555"
    ready.hook("SessionStart", {"source": "clear", "session_id": new})
    assert "now in `architect`" in ready.typed("/approve", session_id=new).context


@pytest.mark.parametrize("given", ["", "looks good", "architect"])
def test_prose_is_not_an_approval(ready: World, given: str) -> None:
    for prompt in ("/approve", "/stagelock:approve " + given, "approved! " + given):
        ready.hook("UserPromptSubmit", {"prompt": prompt, "prompt_id": "x"})
    assert ready.stage() == "design"


def test_a_command_with_other_words_is_asked_again(ready: World) -> None:
    assert "takes nothing more" in ready.typed("/approve it all").reason
    assert ready.stage() == "design"


def _ask(world: World, header: str = "stagelock") -> dict[str, Any]:
    questions = [
        {
            "question": "May I already write code?",
            "header": header,
            "options": [{"label": "Approve", "description": ""}],
        }
    ]
    payload = {"tool_name": "AskUserQuestion", "tool_input": {"questions": questions}}
    full = {"session_id": SESSION, "cwd": str(world.tree), "prompt_id": "p9", **payload}
    return world.hook_in_client("PreToolUse", full).json


def _answer(world: World, question: str, label: str, **more: Any) -> None:
    payload = {
        "session_id": SESSION,
        "cwd": str(world.tree),
        "prompt_id": "p9",
        "tool_name": "AskUserQuestion",
        "tool_response": {"answers": {question: label}},
        **more,
    }
    world.hook_in_client("PostToolUse", payload)


def test_the_dialog_asks_what_stagelock_wrote_and_its_answer_counts(ready: World) -> None:
    asked = _ask(ready)["hookSpecificOutput"]["updatedInput"]["questions"][0]
    assert "approve stage `design` of run `add-login`?" in asked["question"]
    assert "sha256" in asked["question"]
    _answer(ready, asked["question"], "Not yet")
    assert ready.stage() == "design"
    _answer(ready, asked["question"], "Approve")
    assert ready.stage() == "architect"
    approved = next(e for e in ready.journal() if e["event"] == "approved")
    assert approved["door"] == "dialog"


def test_answers_to_other_questions_mean_nothing(ready: World) -> None:
    assert _ask(ready, header="Colours") == {}
    _answer(ready, "May I already write code?", "Approve")
    asked = _ask(ready)["hookSpecificOutput"]["updatedInput"]["questions"][0]
    _answer(ready, "May I already write code?", "Approve")
    _answer(ready, asked["question"], "Approve", session_id="another")
    assert ready.stage() == "design"


def test_an_artifact_that_changes_while_the_question_is_open_is_not_approved(ready: World) -> None:
    asked = _ask(ready)["hookSpecificOutput"]["updatedInput"]["questions"][0]
    ready.write(f"{RUN}/design.md", DESIGN + "\nsneaked in\n")
    _answer(ready, asked["question"], "Approve")
    assert ready.stage() == "design"


def test_nothing_is_asked_while_something_is_missing(ready: World) -> None:
    (ready.tree / RUN / "design.md").unlink()
    specific = _ask(ready)["hookSpecificOutput"]
    assert specific["permissionDecision"] == "deny"
    assert "nothing to approve yet" in specific["permissionDecisionReason"]


def test_with_a_code_the_person_types_what_only_the_screen_showed(ready: World) -> None:
    _with_code(ready)
    shown = ready.typed("/approve").reason
    code = shown.split("/approve ")[1].split(" ")[0]
    assert len(code) == 6
    assert ready.stage() == "design"
    wrong = "000000" if code != "000000" else "111111"
    assert "not the code" in ready.typed(f"/approve {wrong}").reason
    assert code not in (ready.tree / ".stagelock/stage.json").read_text()
    assert "now in `architect`" in ready.typed(f"/approve {code}").context


def test_a_code_is_for_one_content(ready: World) -> None:
    _with_code(ready)
    code = ready.typed("/approve").reason.split("/approve ")[1].split(" ")[0]
    ready.write(f"{RUN}/design.md", DESIGN + "\nmore\n")
    assert "to approve, type" in ready.typed(f"/approve {code}").reason
    assert ready.stage() == "design"


def _with_code(world: World) -> None:
    """Turn the one-time code on, as a config would have at the start."""
    from stagelock.store import records, runs

    home, tree = str(world.state), str(world.tree)
    state, _ = runs.look(home, tree)
    assert state is not None
    after = json.loads(json.dumps(state))
    after["approval"]["code"] = True
    after["revision"] += 1
    records.commit(home, tree, state, after, [])


def test_a_question_of_the_agents_own_with_the_same_words_approves_nothing(ready: World) -> None:
    asked = _ask(ready)["hookSpecificOutput"]["updatedInput"]["questions"][0]
    _answer(ready, asked["question"], "Not yet", tool_use_id="")
    _answer(ready, asked["question"], "Approve", tool_use_id="another-call")
    assert ready.stage() == "design"
