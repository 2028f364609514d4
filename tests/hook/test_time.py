"""Time and turns: each thing is said once, to the person and, where it helps, to the agent."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from stagelock.core.documents import checklist
from stagelock.store import records, runs
from stagelock.store.clock import stamp
from tests.support.artifacts import PLAN
from tests.support.world import Reply, World

RUN = "docs/stagelock/add-login"


@pytest.fixture
def working(world: World) -> World:
    """A run of two-gates in its first stage, which has a target of 20 minutes and a cap of 45."""
    world.typed("/work add login")
    return world


def _entered(world: World, minutes: float) -> None:
    """Put the entry into the stage that far into the past, records and all."""
    home, tree = str(world.state), str(world.tree)
    state, tamper = runs.look(home, tree)
    assert state
    assert not tamper
    after = state.copy()
    after["entered"] = stamp(time.time() - 60 * minutes)
    after["revision"] += 1
    records.commit(home, tree, state, after, [])


def _prompt(world: World, n: int = 0) -> Reply:
    return world.hook("UserPromptSubmit", {"prompt": "go on", "prompt_id": f"more-{n}"})


def _stop(world: World, said: str = "I wrote.") -> Reply:
    return world.hook("Stop", {"last_assistant_message": said, "stop_hook_active": False})


def _to_person(reply: Reply) -> str:
    return str(reply.json.get("systemMessage", ""))


def _memory(world: World) -> Path:
    return next(world.state.glob("runs/*/nudges"))


def test_before_the_target_nothing_is_said(working: World) -> None:
    _entered(working, 19)
    assert _to_person(_prompt(working)) == ""
    assert _to_person(_stop(working)) == ""


def test_at_the_target_one_nudge_names_the_exit(working: World) -> None:
    _entered(working, 21)
    reply = _prompt(working)
    assert "21 minutes in stage `prepare`, meant to take 20" in _to_person(reply)
    assert "missing: `plan.md` is missing or is not text; then /approve ends it" in _to_person(
        reply
    )
    assert "Head for the exit: missing: `plan.md`" in reply.context
    assert _to_person(_prompt(working, 1)) == ""
    assert _to_person(_stop(working)) == ""


def test_at_the_cap_the_run_is_handed_to_a_person_and_that_is_on_record(working: World) -> None:
    _entered(working, 46)
    reply = _prompt(working)
    assert "escalation: 46 minutes in stage `prepare`, past its cap of 45" in _to_person(reply)
    assert "a person decides: /approve, /reject REASON, /abandon REASON" in _to_person(reply)
    assert "Begin nothing new" in reply.context
    assert _to_person(_stop(working)) == ""
    escalated = [e for e in working.journal() if e["event"] == "escalated"]
    assert [(e["what"], e["stage"]) for e in escalated] == [("time-cap", "prepare")]


def test_the_clock_starts_anew_with_the_next_stage(working: World) -> None:
    _entered(working, 46)
    _stop(working)
    working.write(f"{RUN}/plan.md", PLAN)
    working.typed("/approve")
    assert _to_person(_prompt(working)) == ""
    _entered(working, 31)
    assert "31 minutes in stage `implement`, meant to take 30" in _to_person(_prompt(working, 1))


def test_a_stage_without_minutes_has_no_clock(ready: World) -> None:
    _entered(ready, 6000)
    assert "minutes in stage" not in _to_person(_prompt(ready))


def test_an_approval_that_waits_is_shown_once(working: World) -> None:
    working.write(f"{RUN}/plan.md", PLAN)
    assert "it is whole" in _to_person(_stop(working))
    assert _to_person(_prompt(working)) == ""
    _waited(working, 11)
    shown = _to_person(_prompt(working, 1))
    assert "the approval of stage `prepare` has waited for 11 minutes: /approve" in shown
    assert _to_person(_prompt(working, 2)) == ""
    working.write(f"{RUN}/plan.md", PLAN + "\nmore\n")  # a new question waits anew
    _stop(working)
    assert _to_person(_prompt(working, 3)) == ""
    _waited(working, 12)
    assert "has waited for 12 minutes" in _to_person(_prompt(working, 4))


def _waited(world: World, minutes: int) -> None:
    memory = json.loads(_memory(world).read_text())
    memory["whole"] = time.time() - 60 * minutes
    _memory(world).write_text(json.dumps(memory))


def test_twelve_prompts_without_progress_get_one_nudge_that_names_the_exit(ready: World) -> None:
    (ready.tree / "docs/stagelock/add-login/design.md").unlink()
    replies = [_prompt(ready, n) for n in range(20)]
    spoke = [
        n for n, reply in enumerate(replies, 1) if "brought its exit no nearer" in reply.context
    ]
    assert spoke == [12]
    assert "`design.md` is missing" in replies[11].context
    assert "/approve ends it" in _to_person(replies[11])


def test_progress_starts_the_count_anew(ready: World) -> None:
    for n in range(11):
        _prompt(ready, n)
    ready.write("docs/stagelock/add-login/design.md", "# Design\n")
    replies = [_prompt(ready, n) for n in range(11, 22)]
    assert not [reply for reply in replies if "no nearer" in reply.context]


def test_the_nudge_joins_what_is_said_anyway(working: World) -> None:
    _entered(working, 21)
    working.write(f"{RUN}/plan.md", PLAN)
    told = _to_person(_stop(working))
    assert "it is whole: /approve" in told
    assert "21 minutes in stage `prepare`" in told


@pytest.mark.parametrize("damage", ["{", "[]", '{"stay": 5}', "\udcff"])
def test_a_damaged_memory_is_begun_anew(working: World, damage: str) -> None:
    _prompt(working)
    _memory(working).write_bytes(damage.encode("utf-8", "surrogateescape"))
    _entered(working, 21)
    assert "21 minutes" in _to_person(_prompt(working, 1))


def test_what_the_reply_says_of_the_checklist_is_on_record(working: World) -> None:
    _stop(working, "I read the code.\nT0 and T1 done, T2 skipped: the plan is short.")
    _stop(working, "T0 done. T2 done after all.")
    items = [(e["what"], e["status"]) for e in working.journal() if e["event"] == "checklist"]
    assert items == [("T0", "done"), ("T1", "done"), ("T2", "skipped"), ("T2", "done")]


def test_the_reply_that_ends_a_stage_speaks_of_that_stage(working: World) -> None:
    working.write(f"{RUN}/plan.md", PLAN)
    working.typed("/approve")
    _stop(working, "T4 done.\nSTATUS: DONE")
    assert working.stage() == "validate"
    noted = [(e["what"], e["stage"]) for e in working.journal() if e["event"] == "checklist"]
    assert noted == [("T4", "implement")]


ROWS: list[tuple[str, dict[str, str]]] = [
    ("T0 done", {"T0": "done"}),
    ("T0, T1 and T2 done; T3 skipped", {"T0": "done", "T1": "done", "T2": "done", "T3": "skipped"}),
    ("- [x] T0 the scope\n- [ ] T1 reading", {"T0": "done", "T1": "skipped"}),
    ("T1 was not done", {"T1": "skipped"}),
    ("skipped T1", {}),
    ("**T0**: done.", {"T0": "done"}),
    ("T0 is next", {}),
    ("all done", {}),
    ("T00 done, xT0 done", {}),
    ("T0 done\nT0 skipped", {"T0": "skipped"}),
    ("", {}),
]


@pytest.mark.parametrize(("said", "expected"), ROWS, ids=[said for said, _ in ROWS])
def test_a_checklist_is_read_by_the_ids_of_its_items(said: str, expected: Any) -> None:
    assert checklist.read(said, ["T0", "T1", "T2", "T3"]) == expected
