"""The client is killed at any point: the run goes on where it stood, and nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.agents import Agent
from tests.support.checked import bash
from tests.support.executed import DONE, WORK, Executed, verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = "WU-001"
FILE = WORK[NAME]
START = "Recovered execution context. Resuming from WU-001, Phase "


@pytest.fixture
def run(tmp_path: Path) -> Executed:
    return Executed(tmp_path)


class Road:
    """One unit's road, event by event as the client sends them; it may end before any of them."""

    def __init__(self, run: Executed) -> None:
        self.run = run
        self.coder = Agent(run, "implementer", f"unit: {NAME}")
        self.judge = Agent(run, "adversarial-reviewer", f"unit: {NAME}")
        self.commit = {"command": f"git commit -m {NAME}"}
        good = verdict(FILE)
        self.steps: list[Callable[[], object]] = [
            self.coder.dispatch, self.coder.start,
            lambda: self.coder.tool("Read", {"file_path": run.brief(self.coder)}),
            lambda: run.writes(self.coder, FILE, "done = 1\n"),
            lambda: self.coder.stop(DONE), lambda: self.coder.returns(DONE),
            lambda: run.tool("Bash", {"command": "sh check.sh"}, tool_use_id="toolu_check"),
            run.checks, self.judge.dispatch, self.judge.start,
            lambda: self.judge.stop(good), lambda: self.judge.returns(good),
            lambda: run.git("add", "-A", "--", FILE),
            lambda: run.tool("Bash", self.commit, tool_use_id="toolu_commit"),
            lambda: run.git("commit", "-qF", f".stagelock/packets/{NAME}.message"),
            lambda: run.hook("PostToolUse", {
                "tool_name": "Bash", "tool_use_id": "toolu_commit",
                "tool_input": {"command": f"git commit -F .stagelock/packets/{NAME}.message"},
                "tool_response": {"stdout": "", "stderr": "", "interrupted": False},
            }),
        ]  # fmt: skip


# where a new session stands after the first N events, and what it is told
PHASES = [
    "IMPLEMENT.", *["IMPLEMENT, attempt 1/3."] * 4, *["VALIDATE, attempt 1/3."] * 3,
    *["REVIEW, attempt 1/3."] * 4, *["COMMIT, attempt 1/3."] * 3,
]  # fmt: skip


@pytest.mark.parametrize("killed_after", range(17))
def test_killed_after_any_event_it_goes_on_there_and_ends_as_one_commit(
    run: Executed, killed_after: int
) -> None:
    road = Road(run)
    for step in road.steps[:killed_after]:
        step()
    told = run.hook("SessionStart", {"source": "startup"}).context
    if killed_after < len(PHASES):
        assert START + PHASES[killed_after] in told
    else:
        assert "Waiting at the checkpoint after WU-001." in told
    again = run.hook("SessionStart", {"source": "resume"}).context
    assert again.count("Recovered execution context.") == 1
    late = road.coder.tool("Write", {"file_path": str(run.tree / FILE), "content": "late\n"})
    assert late.denied or killed_after < 3, "a coder of the session that died writes no more"
    _finish(run)
    assert run.at(NAME) == "done"
    assert run.git("log", "--format=%s").splitlines() == ["feat(wu-001): store to-dos", "first"]
    starts = [e for e in run.unit_events() if e["event"] == "unit-start"]
    assert len(starts) == (1 if killed_after in (0, *range(5, 17)) else 2), "nothing done again"


def _finish(run: Executed) -> None:
    """Carry the unit on from wherever it stands, well behaved."""
    for _ in range(6):
        phase = run.at(NAME).partition(",")[0]
        if phase == "done":
            return
        if phase in ("waiting", "implement"):
            run.builds(NAME)
        elif phase == "validate":
            run.checks()
        elif phase == "review":
            run.judged(NAME)
        else:
            run.git("add", "-A", "--", FILE)
            bash(run, f"git commit -m {NAME}")


def test_after_a_compaction_the_same_session_knows_where_it_stood(run: Executed) -> None:
    run.builds(NAME)
    run.checks()
    judge = run.reviewer(NAME)
    judge.dispatch(), judge.start()
    told = run.hook("SessionStart", {"source": "compact"}).context
    assert START + "REVIEW, attempt 1/3." in told
    good = verdict(FILE)
    judge.stop(good), judge.returns(good)
    assert run.at(NAME) == "commit, attempt 1/3", "its agents go on"


ACTIVE = """# Active Plan
<!-- approved: {at} -->
<!-- gate-iterations: 1 -->
<!-- user-approved: true -->
<!-- status: in-progress -->

# Plan: to-do lists with paid sharing
"""
STATE = """# Execution State
<!-- updated: {at} -->

## Current Position

- Active work unit: WU-001
- Current phase: REVIEW
- Retry count: 1

## Work Unit Status

| WU | Status | Phase | Retries |
| --- | --- | --- | --- |
| WU-001 | IN-PROGRESS | REVIEW | 1 |
| WU-002 | PENDING | — | 0 |
| WU-003 | PENDING | — | 0 |
| WU-004 | PENDING | — | 0 |
| WU-005 | PENDING | — | 0 |

## Blocked / Escalated

none
"""


def test_plan_and_state_lie_there_in_the_form_that_other_tools_read(run: Executed) -> None:
    run.builds(NAME)
    run.checks(), run.judged(NAME, good=False)
    run.builds(NAME, "better = 1\n")
    run.checks()
    folder = run.tree / ".stagelock/units"
    plan = (folder / "ACTIVE-PLAN.md").read_text()
    assert plan.startswith(ACTIVE.format(at=_stamp(plan)))
    state = (folder / "EXECUTION-STATE.md").read_text()
    assert state == STATE.format(at=_stamp(state))


def _stamp(text: str) -> str:
    return text.split("\n")[1].partition(": ")[2].removesuffix(" -->")


def test_the_copies_decide_nothing(run: Executed) -> None:
    run.builds(NAME)
    folder = run.tree / ".stagelock/units"
    for name in ("ACTIVE-PLAN.md", "EXECUTION-STATE.md"):
        (folder / name).write_text("| WU-001 | COMPLETE | COMMITTED | 0 |\n")
    told = run.hook("SessionStart", {"source": "startup"}).context
    assert START + "VALIDATE, attempt 1/3." in told
    run.checks()
    assert "| WU-001 | IN-PROGRESS | REVIEW | 0 |" in (folder / "EXECUTION-STATE.md").read_text()
