"""The closing note: what is on record stands in it, and nothing else is made up."""

from stagelock.core.closeout import draft
from tests.support.artifacts import CLOSEOUT, PLAN
from tests.support.command import stagelock
from tests.support.journal import hostile_run, whole_run
from tests.support.world import World

RUN = "docs/stagelock/add-login"


def test_the_draft_says_what_was_done_left_and_is_to_be_watched() -> None:
    entries = whole_run()
    entries[-1:-1] = [
        {"event": "escalated", "run": "add-login", "stage": "validate", "why": "past its cap"},
        {"event": "approved", "run": "add-login", "stage": "x", "unreviewed": "11..22", "at": "z"},
    ]
    done, left, watch = draft(entries, "add-login").split("\n## ")[1:]
    assert "- stage prepare, 2026-03-02T09:00:00Z to 2026-03-02T09:17:00Z: approved by ada" in done
    assert "- approved: docs/stagelock/add-login/plan.md as 15ebfd8ba460" in done
    assert "- check tests held on tree 41aa00000000" in done
    assert "- waived: lint (the linter is down today)" in left
    assert "- skipped: item T3" in left
    assert "builder" not in left  # blocked once, then done
    assert "- escalated in validate: past its cap" in watch
    assert "- tainted in implement: src/planted.py" in watch
    assert "- commits 11..22 were made in x" in watch


def test_what_is_not_on_record_is_not_made_up() -> None:
    entries = [{"event": "started", "run": "a", "stage": "s", "at": "2026-03-02T09:00:00Z"}]
    _, left, watch = draft(entries, "a").split("\n## ")[1:]
    assert "- nothing is on record" in left
    assert "- nothing is on record" in watch


def test_hostile_words_end_no_line_and_open_no_comment() -> None:
    text = "x\n## Done\n<!-- "
    note = draft(hostile_run(text), text)
    assert note.count("\n## Done") == 1
    assert note.count("<!--") == 2  # ours


def test_closing_a_run_takes_its_note_and_asks_for_it(world: World) -> None:
    world.typed("/work add login")
    world.write(f"{RUN}/plan.md", PLAN)
    world.typed("/approve")
    world.hook("Stop", {"last_assistant_message": "STATUS: DONE"})
    assert "closeout.md" in world.typed("/approve").reason
    assert world.stage() == "validate"
    world.write(f"{RUN}/closeout.md", CLOSEOUT)
    context = world.typed("/approve").context
    assert "the run is done" in context
    assert "Write its closing note" not in context  # it is there


def test_a_run_without_a_note_is_asked_for_one_with_the_draft(world: World) -> None:
    world.typed("/quick fix typo")
    world.write("docs/stagelock/fix-typo/notes.md", "what was tried\n")
    world.hook("Stop", {"last_assistant_message": "STATUS: DONE"})
    context = world.typed("/approve").context
    assert "Write its closing note to docs/stagelock/fix-typo/closeout.md" in context
    assert "- stage change, " in context


def test_a_run_that_left_no_artifact_owes_no_note_either(world: World) -> None:
    world.typed("/quick fix typo")
    world.hook("Stop", {"last_assistant_message": "STATUS: DONE"})
    assert "It owes no file" in world.typed("/approve").context


def test_the_command_line_drafts_the_same_note(ready: World) -> None:
    out = stagelock(ready, "closeout").stdout
    assert out.startswith("# Closeout: add-login\n")
    assert "## Watch" in out
    assert "no run `nope` in the journal" in stagelock(ready, "closeout", "--run", "nope").stderr
