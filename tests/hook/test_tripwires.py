"""Each tripwire has a detector that counts, a limit that can be set, and says what follows."""

import re
from typing import Any

import pytest

from stagelock.authoring.config import json_schema
from stagelock.core.fix import tripwires
from stagelock.core.fix.tripwires import LIMITS, TABLE
from tests.hook.test_fix import (
    MENDED,
    PAGES,
    RECORDS,
    TEST,
    bug,
    to_hypothesis,
    to_repair,
    to_reproduce,
)
from tests.hook.test_hypothesis import fails, opens
from tests.support.checked import COMMAND, CONFIG, bash, begin, ends
from tests.support.hunted import done, run, write
from tests.support.repository import Repository
from tests.support.world import ROOT, Reply, World

__all__ = ["bug"]


def met(world: World) -> list[str]:
    """The tripwires that the journal tells of."""
    return [e["what"] for e in world.journal() if e["event"] == "tripwire"]


def edits(world: World, n: int, path: str = "pages.py") -> list[Reply]:
    """Let the agent change one file again and again."""
    full = str(world.tree / path)
    world.tool("Read", {"file_path": full})
    given = {"file_path": full, "old_string": "a", "new_string": "b"}
    return [world.tool("Edit", given) for _ in range(n)]


# --- the table ------------------------------------------------------------------------------------


def test_every_limit_is_a_setting_that_the_schema_and_the_page_describe() -> None:
    described = json_schema()["$defs"]["Tripwires"]["properties"]
    assert {name: it["default"] for name, it in described.items()} == LIMITS
    assert all(it["description"] for it in described.values())
    named = {name for it in TABLE.values() for name in it["limits"]}
    assert named | {"scope_places", "scope_files"} == set(LIMITS)
    page = (ROOT / "docs/debugging.md").read_text()
    for name, it in TABLE.items():
        assert re.search(rf"^\| `{name}` \| {re.escape(it['sees'])} \|", page, re.MULTILINE), name


def test_a_phrase_never_decides() -> None:
    assert all("hint" not in it["sees"] and "says" not in it["sees"] for it in TABLE.values())
    assert tripwires.hint("ONE  more\ntry, then") != ""
    assert tripwires.hint("it counts from one") == ""


# --- a fix before its reproduction ----------------------------------------------------------------


def test_a_fix_before_its_reproduction_is_refused_and_said_to_be_one(bug: Repository) -> None:
    reply = write(bug, "pages.py", MENDED)
    assert "a fix before its reproduction: see it fail first" in reply.reason
    assert "a fix before" in run(bug, "sed -i 's/ - 1//' pages.py")
    assert met(bug) == ["fix-before-reproduction"] * 2
    to_hypothesis(bug)
    assert "a fix before" not in write(bug, "pages.py", MENDED).reason
    assert len(met(bug)) == 2


def test_a_fix_before_its_red_test_is_one_too(bug: Repository) -> None:
    to_reproduce(bug)
    assert "a fix before its reproduction" in write(bug, "pages.py", MENDED).reason
    assert "a fix before" not in write(bug, "conftest.py", "x = 1\n").reason


# --- complete, and not run ------------------------------------------------------------------------


def test_done_without_running_it_is_sent_back_and_noted(bug: Repository) -> None:
    said = ends(bug, "It should be fixed.\nSTATUS: DONE").reason
    assert "said to be complete, and not run: reproduction" in said
    assert "`should be fixed`: run it and see" in said
    assert met(bug) == ["complete-unrun"]
    to_repair(bug)
    write(bug, "pages.py", MENDED)
    assert f"said to be complete, and not run: `{TEST}`" in done(bug)


def test_an_open_hypothesis_is_not_complete_untested(bug: Repository) -> None:
    to_hypothesis(bug)
    opens(bug)
    assert "not run: stagelock hypothesis --test" in done(bug)


# --- one more try ---------------------------------------------------------------------------------


def test_after_two_the_next_hypothesis_is_told_to_be_one_more_try(bug: Repository) -> None:
    to_hypothesis(bug)
    fails(bug, 1)
    assert "one more try" not in opens(bug, "the count is off by 2 somewhere")
    write(bug, "pages.py", PAGES.replace("1", "3"))
    run(bug, "stagelock hypothesis --test")
    _, told = bash(bug, "stagelock hypothesis 'it may be the third' --scope pages.py")
    assert told is not None
    assert "one more try after 2 that failed" in told.context
    assert "that it is enough to change pages.py because the count is off by 1" in told.context
    assert "one more try after 2" in told.json["systemMessage"]
    assert "one-more-try" in met(bug)


def test_after_two_fixes_that_failed_the_next_is_one_more_try(bug: Repository) -> None:
    to_repair(bug)
    for n, is_told in ((2, False), (3, True)):
        write(bug, "pages.py", PAGES.replace(" - 1", f" - {n}"))
        assert ("one more try after 2 that failed" in run(bug, TEST)) is is_told


# --- the same file again and again ----------------------------------------------------------------


def test_the_fifth_change_of_a_file_is_nudged_once_and_the_ninth_asks_a_person(
    bug: Repository,
) -> None:
    to_repair(bug)
    came = edits(bug, 8)
    assert [bool(reply.context) for reply in came] == [False] * 4 + [True] + [False] * 3
    assert "`pages.py` was changed 5 times and the outcome is the same; step back" in (
        came[4].context
    )
    assert "\n" not in came[4].context
    assert not any(reply.denied for reply in came)
    ninth = edits(bug, 1)[0]
    assert "(rule repair/escalated)" in ninth.reason
    assert "changed 9 times and the outcome is the same; a person decides" in ninth.reason
    assert "(rule repair/escalated)" in write(bug, "rows.py", "x = 1\n").reason
    assert met(bug)[-2:] == ["same-file", "same-file-stop"]
    report = (bug.tree / ".stagelock/evidence/escalation.md").read_text()
    assert "`pages.py` was changed 9 times" in report
    assert f"`{TEST}` (fix:red) ended with exit 1" in report
    assert "stuck  `pages.py` was changed 9 times" in bug.stagelock("status").stdout
    bug.typed("/waive same-file it is a long file")
    assert not edits(bug, 1)[0].denied


def test_another_outcome_counts_anew_and_the_same_does_not(bug: Repository) -> None:
    to_repair(bug)
    edits(bug, 4)
    write(bug, "pages.py", MENDED.replace("size\n", "size + 0\n"))
    run(bug, TEST)  # green for the first time: another outcome
    assert not any(reply.context for reply in edits(bug, 4))
    run(bug, TEST)  # and green again
    assert "changed 5 times" in edits(bug, 1)[0].context


def test_what_a_command_writes_is_counted_too(bug: Repository) -> None:
    to_repair(bug)
    given = {"command": "sed -i 's/ - 1/ - 2/' pages.py"}
    came = [bug.tool("Bash", given) for _ in range(5)]
    assert "changed 5 times" in came[4].context


def test_the_records_of_a_run_may_be_written_as_often_as_it_takes(bug: Repository) -> None:
    write(bug, RECORDS + "root-cause.md", "x\n")
    came = edits(bug, 12, RECORDS + "root-cause.md")
    assert not any(reply.denied or reply.context for reply in came)


COUNTS = CONFIG + "tripwires: {same_file: 2, same_file_stop: 3}\n"


def test_counts_are_settings_and_other_workflows_are_told_without_being_shut(world: World) -> None:
    begin(world, "quick", "x", COUNTS)
    world.write("a.py", "a\n")
    came = edits(world, 4, "a.py")
    assert not any(reply.denied for reply in came)
    assert "changed 2 times" in came[1].context
    assert "escalation: `a.py` was changed 3 times" in came[2].json["systemMessage"]
    assert "escalated" in [e["event"] for e in world.journal()]
    assert not came[3].context
    bash(world, COMMAND)
    assert not edits(world, 1, "a.py")[0].context


def test_the_person_is_asked_after_the_nudge_or_the_config_is_wrong(world: World) -> None:
    from tests.support.command import stagelock

    world.write(".stagelock/config.yaml", "tripwires:\n  same_file: 9\n")
    done: Any = stagelock(world, "compile")
    assert "same_file_stop: must be more than `same_file`" in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["many_files", "same_file_stop", "scope_files"])
def test_a_count_below_one_is_a_mistake_of_the_config(world: World, name: str) -> None:
    from tests.support.command import stagelock

    world.write(".stagelock/config.yaml", f"tripwires: {{{name}: 0}}\n")
    done: Any = stagelock(world, "compile")
    assert done.returncode == 1
    assert name in done.stdout + done.stderr
