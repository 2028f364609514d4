"""The end of a run: the closing note is asked for, drafted, and stays small for small work."""

from tests.support.artifacts import CLOSEOUT, PLAN
from tests.support.world import World

RUN = "docs/stagelock/add-login"


def test_a_run_that_ends_is_asked_for_its_note_with_a_draft_of_the_journal(world: World) -> None:
    world.typed("/work add login")
    world.write(f"{RUN}/plan.md", PLAN)
    assert "now in `implement`" in world.typed("/approve").context
    said = world.typed("/abandon the library does it already").context
    assert f"Write its closing note to {RUN}/closeout.md now" in said
    assert "- approved: docs/stagelock/add-login/plan.md as " in said
    assert "## Left" in said
    assert "## Watch" in said


def test_the_last_gate_of_two_gates_stays_shut_without_the_note(world: World) -> None:
    world.typed("/work add login")
    world.write(f"{RUN}/plan.md", PLAN)
    world.typed("/approve")
    world.hook("Stop", {"last_assistant_message": "Built.\n\nSTATUS: DONE"})
    assert world.stage() == "validate"
    assert "`closeout.md` is missing" in world.typed("/approve").reason
    world.write(f"{RUN}/closeout.md", CLOSEOUT)
    ended = world.typed("/approve").context
    assert "the run is done" in ended
    assert "Write its closing note" not in ended, "it is there"


def test_a_run_that_left_no_artifact_owes_no_file_at_its_end(world: World) -> None:
    world.typed("/quick mend a typo")
    said = world.typed("/abandon it was none").context
    assert "owes no file: say in a line each what was done" in said
    assert "closeout.md" not in said
