"""The road of `/execute` as the hooks walk it today: who may do what, and what opens a stage."""

import hashlib
import json

import pytest

from tests.support.checked import prepared_launcher
from tests.support.judged import plan_passed
from tests.support.units import TEXT
from tests.support.world import World

RUN = "docs/stagelock/paid-lists"
DONE = {"last_assistant_message": "as agreed\nSTATUS: DONE"}
CODER = {"agent_id": "a1", "agent_type": "stagelock:implementer"}
BRIEF = {"file_path": f"{RUN}/plan.md"}


@pytest.fixture
def planned(world: World) -> World:
    """A run of `/execute` whose plan is written."""
    prepared_launcher(world.home / ".claude/plugins/data/stagelock-stagelock")
    told = world.typed("/execute paid lists")
    assert world.stage() == "plan"
    assert "templates/units.md" in told.context
    assert not world.tool("Write", {"file_path": f"{RUN}/plan.md", "content": TEXT}).denied
    world.write(f"{RUN}/plan.md", TEXT)
    return world


def test_a_plan_without_its_sections_does_not_leave_its_stage(planned: World) -> None:
    planned.write(f"{RUN}/plan.md", TEXT.replace("## Pre-flight", "## Thoughts"))
    planned.hook("Stop", DONE)
    assert planned.stage() == "plan"
    planned.write(f"{RUN}/plan.md", TEXT)
    planned.hook("Stop", DONE)
    assert planned.stage() == "plan-review"


def test_a_plan_with_a_mistake_does_not_leave_its_stage_and_is_told_where(planned: World) -> None:
    planned.write(
        f"{RUN}/plan.md", TEXT.replace("**Depends on**: WU-002", "**Depends on**: WU-009")
    )
    told = planned.hook("Stop", DONE).json["systemMessage"]
    assert planned.stage() == "plan"
    assert f"{RUN}/plan.md:" in told
    assert "WU-009" in told
    assert planned.stage_file()["units"] is None


def test_a_plan_that_leaves_its_stage_is_pinned_by_digest(planned: World) -> None:
    planned.hook("Stop", DONE)
    book = planned.stage_file()["units"]
    run = next((planned.state / "runs").iterdir())
    plan = json.loads((run / "units" / book["plan"]).read_text())
    assert [unit["id"] for unit in plan["units"]] == [f"WU-00{n}" for n in range(1, 6)]
    assert hashlib.sha256((run / "units" / book["plan"]).read_bytes()).hexdigest() == book["plan"]
    assert (
        "| WU-001 | PENDING |" in (planned.tree / ".stagelock/units/EXECUTION-STATE.md").read_text()
    )


def test_no_plan_reaches_its_execution_without_review_and_person(planned: World) -> None:
    planned.typed("/stage execute")
    assert planned.stage() == "plan"
    planned.hook("Stop", DONE)
    planned.typed("/approve")
    assert planned.stage() == "plan-review", "nobody has reviewed it"
    planned.hook("Stop", DONE)
    assert planned.stage() == "plan-review", "only a person ends it"
    assert planned.tool("Edit", {"file_path": f"{RUN}/plan.md"}).denied
    plan_passed(str(planned.state), str(planned.tree))
    planned.typed("/approve")
    assert planned.stage() == "execute"


def test_who_coordinates_commits_and_who_codes_writes(planned: World) -> None:
    planned.hook("Stop", DONE)
    plan_passed(str(planned.state), str(planned.tree))
    planned.typed("/approve")
    new = {"file_path": "src/todo/service.py", "content": "x = 1\n"}
    assert planned.tool("Write", new).denied
    assert "execute/unit-first" in planned.tool("Write", new, **CODER).reason
    assert planned.tool("Read", BRIEF, **CODER).silent
    assert planned.tool("Write", new, **CODER).denied, "the plan is nobody's brief"
    commit = {"command": "git commit -F message"}
    assert "execute/unit-commit" in planned.tool("Bash", commit).reason
    assert planned.tool("Bash", commit, **CODER).denied


def test_an_approved_plan_that_changes_shuts_what_builds_on_it(planned: World) -> None:
    planned.hook("Stop", DONE)
    plan_passed(str(planned.state), str(planned.tree))
    planned.typed("/approve")
    planned.write(f"{RUN}/plan.md", TEXT + "\nOne more thing.\n")
    new = {"file_path": "src/todo/service.py", "content": "x = 1\n"}
    refused = planned.tool("Write", new, **CODER)
    assert refused.denied
    assert "execute/approval-stale" in refused.reason
