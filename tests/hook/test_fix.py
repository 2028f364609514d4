"""`/fix` on a small project with a real bug: no step is skipped, and the whole road ends green."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.agents import Agent
from tests.support.checked import begin
from tests.support.hunted import done, run, write
from tests.support.repository import Repository

CONFIG = "checks:\n  - {name: tests, command: python -m pytest -q}\n"
TEST = "python -m pytest -q tests/test_last.py"
SEES_IT = "stagelock ro -- 'python -c \"import pages; assert pages.count(10, 5) == 2\"'"
RECORDS = "docs/stagelock/the-last-page-is-missing/"
PAGES = "def count(items, size):\n    return items // size - 1\n"
MENDED = "def count(items, size):\n    return items // size\n"
ROWS = "def count(items, size):\n    return items // size\n"
CAUSE = f"""# Root cause

## Cause
The last page is missing because one page too many is taken off at pages.py:2

## Reproduction
`{SEES_IT}`

## Evidence
It says 1 where 2 pages are needed.
"""
PATTERN = "# Pattern\n\n## Reference\n`rows.py`\n\n## Differences\n- It takes nothing off.\n"
OWN = "from pages import count\n\n\ndef test_last():\n    assert count(10, 5) == 2\n"
NAMED = f"# Reproduction\n\n## Test\n`{TEST}`\n"


@pytest.fixture
def bug(tmp_path: Path) -> Repository:
    """A live `fix` run on a project under git, with one test that passes."""
    world = Repository(tmp_path)
    world.write("pages.py", PAGES)
    world.write("rows.py", ROWS)
    world.write("conftest.py", "")
    world.write(
        "tests/test_rows.py",
        "import rows\n\n\ndef test_rows():\n    assert rows.count(4, 2) == 2\n",
    )
    begin(world, "fix", "the last page is missing", CONFIG)
    world.write(".gitignore", "__pycache__/\n.stagelock/\n*.log\n")
    world.git("add", "-A")
    world.git("commit", "-qm", "second")
    return world


def to_pattern(world: Repository) -> None:
    """Take the first step as the protocol asks."""
    write(world, RECORDS + "root-cause.md", CAUSE)
    run(world, SEES_IT)
    done(world)
    assert world.stage() == "pattern"


def to_hypothesis(world: Repository) -> None:
    """Take the first two."""
    to_pattern(world)
    world.tool("Read", {"file_path": str(world.tree / "rows.py")})
    write(world, RECORDS + "pattern.md", PATTERN)
    done(world)
    assert world.stage() == "hypothesis"


def to_reproduce(world: Repository) -> None:
    """Take the first three."""
    to_hypothesis(world)
    run(world, "stagelock hypothesis 'one page too many is taken off' --scope pages.py")
    write(world, "pages.py", MENDED)
    assert "hypothesis 1 (one page too many is taken off): stands" in run(
        world, "stagelock hypothesis --test"
    )
    assert (world.tree / "pages.py").read_text() == PAGES
    done(world)
    assert world.stage() == "reproduce"


def to_repair(world: Repository) -> None:
    """Take the first four."""
    to_reproduce(world)
    write(world, "tests/test_last.py", OWN)
    write(world, RECORDS + "reproduction.md", NAMED)
    run(world, TEST)
    run(world, "git add tests && git commit -qm 'red: reproduce the missing page'")
    run(world, "stagelock replay")
    said = done(world)
    assert world.stage() == "repair", said


def test_the_protocol_followed_ends_with_a_red_and_a_green_commit(bug: Repository) -> None:
    to_repair(bug)
    write(bug, "pages.py", MENDED)
    assert "green: `" + TEST + "` passed, recorded" in run(bug, TEST)
    assert "check `tests` passed" in run(bug, "stagelock verify")
    run(bug, "git add pages.py && git commit -qm 'green: fix the count of pages'")
    assert "replay: `stagelock replay` passed, recorded" in run(bug, "stagelock replay")
    assert "now in `refactor`" in done(bug)
    assert "the run is done" in str(bug.typed("/approve").json)
    subjects = bug.git("log", "--format=%s", "-2").splitlines()
    assert subjects == ["green: fix the count of pages", "red: reproduce the missing page"]
    status = {"HEAD": 0, "HEAD~1": 1}  # and the commits are what they are called
    for commit, code in status.items():
        bug.git("checkout", "-q", commit)
        ran = subprocess.run([sys.executable, *TEST.split()[1:]], cwd=bug.tree, check=False)
        assert ran.returncode == code
        bug.git("checkout", "-q", "main")


def test_a_cause_is_owed_with_its_place_and_a_failure_that_was_seen(bug: Repository) -> None:
    said = done(bug)
    assert "root-cause.md` is missing" in said
    write(bug, RECORDS + "root-cause.md", CAUSE.replace("pages.py:2", "pages.py:9"))
    said = done(bug)
    assert "was not seen to fail; run exactly that" in said
    assert "the cause names pages.py:9, which has 2 lines" in said
    write(bug, RECORDS + "root-cause.md", CAUSE)
    assert "(exit 1), recorded" in run(bug, SEES_IT)
    assert "now in `pattern`" in done(bug)


def test_a_reproduction_that_passes_or_never_ran_shows_nothing(bug: Repository) -> None:
    write(bug, RECORDS + "root-cause.md", CAUSE.replace("== 2", "== 1"))
    run(bug, SEES_IT.replace("== 2", "== 1"))
    assert "passed; find a command that fails" in done(bug)
    write(bug, RECORDS + "root-cause.md", CAUSE.replace(SEES_IT, "stagelock ro -- 'nosuch'"))
    run(bug, "stagelock ro -- 'nosuch'")
    assert "it was not run (exit 127)" in done(bug)
    assert bug.stage() == "root-cause"


def test_another_command_than_the_one_named_is_not_the_reproduction(bug: Repository) -> None:
    write(bug, RECORDS + "root-cause.md", CAUSE)
    run(bug, SEES_IT + " || false")
    run(bug, "stagelock ro -- 'false'")
    assert "was not seen to fail" in done(bug)


def test_no_source_is_changed_before_the_cause_and_the_reference_are_known(bug: Repository) -> None:
    assert write(bug, "pages.py", MENDED).denied
    assert "refused" in run(bug, "sed -i 's/ - 1//' pages.py")
    to_pattern(bug)
    assert write(bug, "pages.py", MENDED).denied
    assert write(bug, "tests/test_last.py", OWN).denied


def test_the_reference_must_have_been_read(bug: Repository) -> None:
    to_pattern(bug)
    write(bug, RECORDS + "pattern.md", PATTERN)
    assert "the reference `rows.py` was not read in this run" in done(bug)


def test_green_without_a_seen_red_is_refused(bug: Repository) -> None:
    to_reproduce(bug)
    assert write(bug, "pages.py", MENDED).denied
    said = run(bug, "git commit --allow-empty -qm 'green: fix it'")
    assert "begins with `red: reproduce `" in said
    assert "reproduction.md names no command" in said


def test_a_red_test_that_was_changed_afterwards_is_run_again(bug: Repository) -> None:
    to_reproduce(bug)
    write(bug, "tests/test_last.py", OWN)
    write(bug, RECORDS + "reproduction.md", NAMED)
    run(bug, TEST)
    write(bug, "tests/test_last.py", OWN + "\n\ndef test_more():\n    assert count(5, 5)\n")
    said = run(bug, "git add tests && git commit -qm 'red: reproduce x'")
    assert "the tree changed since the test was run" in said


def test_the_red_test_must_be_in_the_commit(bug: Repository) -> None:
    to_reproduce(bug)
    write(bug, "tests/test_last.py", OWN)
    write(bug, RECORDS + "reproduction.md", NAMED)
    run(bug, TEST)
    run(bug, "git commit --allow-empty -qm 'red: reproduce nothing'")
    assert "the commit does not hold it as it was run: tests/test_last.py" in done(bug)


def test_green_is_not_claimed_without_running_it(bug: Repository) -> None:
    to_repair(bug)
    said = run(bug, "git commit --allow-empty -qm 'green: fix it'")
    assert "nothing was changed since the test was red" in said
    write(bug, "pages.py", MENDED)
    said = run(bug, "git commit -aqm 'green: fix it'")
    assert f"`{TEST}` was not seen to pass; run exactly that, alone" in said
    assert "check `tests`" in said
    run(bug, TEST)
    assert "check `tests`" in run(bug, "git commit -aqm 'green: fix it'")


def test_a_fix_that_breaks_another_test_is_not_green(bug: Repository) -> None:
    to_repair(bug)
    write(bug, "pages.py", MENDED)
    write(bug, "rows.py", "def count(items, size):\n    return 0\n")
    run(bug, TEST)
    run(bug, "stagelock verify")
    assert "check `tests` failed" in run(bug, "git commit -aqm 'green: fix it'")


def test_the_third_fix_that_fails_hands_the_run_to_a_person(bug: Repository) -> None:
    to_repair(bug)
    for n in (2, 3, 4):
        write(bug, "pages.py", PAGES.replace(" - 1", f" - {n}"))
        assert "green: `" in run(bug, TEST)
        run(bug, TEST)  # the same tree again is no further try
    assert [e["event"] for e in bug.journal()].count("attempt") == 3
    assert "(rule repair/escalated)" in write(bug, "pages.py", MENDED).reason
    report = (bug.tree / ".stagelock/evidence/escalation.md").read_text()
    assert "pages.py" in report
    bug.typed("/reject the test asks for the wrong page")
    assert bug.stage() == "reproduce"


def test_without_a_commit_a_person_lets_the_red_stand(bug: Repository) -> None:
    to_reproduce(bug)
    write(bug, "tests/test_last.py", OWN)
    write(bug, RECORDS + "reproduction.md", NAMED)
    run(bug, TEST)
    assert "no commit `red: reproduce ...` was made in this stage" in done(bug)
    assert "waived once: commit" in bug.typed("/waive commit it is not to be kept").context
    assert "no commit" not in done(bug)
    run(bug, "stagelock replay")
    assert "now in `repair`" in done(bug)


def test_a_wrong_test_leads_back_and_its_red_is_seen_anew(bug: Repository) -> None:
    to_repair(bug)
    bug.typed("/reject the test asks for the wrong page")
    assert bug.stage() == "reproduce"
    write(bug, "tests/test_last.py", OWN.replace("count(10, 5) == 2", "count(20, 5) == 4"))
    said = run(bug, "git commit -qam 'red: reproduce it better'")
    assert "the tree changed since the test was run; run it again" in said
    assert "next: do what is said above" in said
    run(bug, TEST)
    run(bug, "git commit -qam 'red: reproduce it better'")
    run(bug, "stagelock replay")
    assert "now in `repair`" in done(bug)


def test_history_and_the_working_tree_are_left_alone(bug: Repository) -> None:
    to_repair(bug)
    for command in ("git stash", "git checkout HEAD~1 -- tests", "git reset --hard HEAD~1"):
        assert "refused" in run(bug, command)
    assert "refused" in run(bug, "git tag v1")
    assert "is new" in run(bug, "git commit --amend -m 'green: fix it'")


def test_a_source_that_is_another_one_where_it_is_tested_is_no_fix(bug: Repository) -> None:
    to_repair(bug)
    told = "    return items // size - (not any('py' + 'test' in name for name in sys.modules))\n"
    write(bug, "pages.py", "import sys\n\n\ndef count(items, size):\n" + told)
    run(bug, TEST)
    run(bug, "stagelock verify")
    assert run(bug, "git commit -qam 'green: fix it'") == ""
    why = "the reproduction of the root cause still fails (exit 1): " + SEES_IT
    assert why in run(bug, "stagelock replay")
    assert why in done(bug)
    assert bug.stage() == "repair"


def test_another_cause_leads_back_to_where_it_is_shown(bug: Repository) -> None:
    to_pattern(bug)
    bug.tool("Read", {"file_path": str(bug.tree / "rows.py")})
    write(bug, RECORDS + "pattern.md", PATTERN)
    other = CAUSE.replace("one page too many is taken off", "it rounds down")
    write(bug, RECORDS + "root-cause.md", other)
    said = done(bug)
    assert "the cause is another one now: `The last page is missing because it rounds" in said
    assert "back in `root-cause`" in said
    assert bug.stage() == "root-cause"
    assert "was not seen to fail; run exactly that" in done(bug)  # shown anew
    run(bug, SEES_IT)
    assert "now in `pattern`" in done(bug)
    strayed = [entry for entry in bug.journal() if entry["event"] == "strayed"]
    assert [(entry["stage"], entry["to"]) for entry in strayed] == [("pattern", "root-cause")]


def test_the_reference_is_read_whole_and_the_differences_are_a_list(bug: Repository) -> None:
    bug.write("rows.py", "x = 1\n" * 2500)
    to_pattern(bug)
    write(bug, RECORDS + "pattern.md", PATTERN.replace("- It", "It"))
    file = str(bug.tree / "rows.py")
    bug.tool("Read", {"file_path": file, "offset": 1, "limit": 100})
    said = done(bug)
    assert "the reference `rows.py` was not read whole; Read it from line 101" in said
    assert "pattern.md lists no difference below `Differences`" in said
    bug.tool("Read", {"file_path": file})
    assert "was not read whole; Read it from line 2001" in done(bug)
    bug.tool("Read", {"file_path": file, "offset": 2001})
    write(bug, RECORDS + "pattern.md", PATTERN)
    assert "now in `hypothesis`" in done(bug)
    seen = [e["lines"] for e in bug.journal() if e["event"] == "read" and e["target"] == "rows.py"]
    assert seen == [[1, 100], [1, 0], [2001, 0]]


def test_the_file_of_the_cause_is_no_reference(bug: Repository) -> None:
    to_pattern(bug)
    bug.tool("Read", {"file_path": str(bug.tree / "pages.py")})
    write(bug, RECORDS + "pattern.md", PATTERN.replace("rows.py", "pages.py"))
    assert "`pages.py` is the file of the cause; name one that works" in done(bug)


def test_the_output_of_the_failure_is_kept(bug: Repository) -> None:
    write(bug, RECORDS + "root-cause.md", CAUSE)
    run(bug, SEES_IT)
    kept = (bug.tree / ".stagelock/evidence/fix:reproduction.txt").read_text()
    assert "AssertionError" in kept
    seen = [e for e in bug.journal() if e.get("what") == "fix:reproduction"]
    assert [(e["event"], e["exit"]) for e in seen] == [("evidence", 1)]


def test_nobody_changes_source_while_the_cause_is_looked_for(bug: Repository) -> None:
    who = {"agent_id": "a1", "agent_type": "stagelock:debugger"}
    given = {"file_path": str(bug.tree / "pages.py"), "content": MENDED}
    for agent in ({}, who, {**who, "agent_type": "general-purpose"}):
        bug.tool("Read", {"file_path": given["file_path"]}, **agent)
        assert bug.tool("Write", given, **agent).denied
        assert bug.tool("Bash", {"command": "cp rows.py pages.py"}, **agent).denied
        assert bug.tool("Bash", {"command": "python -c 'open(1)'"}, **agent).denied
    assert bug.tool("mcp__files__write_file", {"path": given["file_path"]}).denied
    assert bug.tool("CronCreate", {"prompt": "mend it"}).denied


def test_a_test_run_that_changes_source_taints_the_run(bug: Repository) -> None:
    bug.write("tests/test_rows.py", "def test_rows():\n    open('pages.py', 'w').write('x = 1')\n")
    write(bug, RECORDS + "root-cause.md", CAUSE)
    assert "pages.py" in run(bug, "python -m pytest -q tests/test_rows.py")
    run(bug, SEES_IT)
    assert "pages.py" in done(bug)
    assert bug.stage() == "root-cause"


def test_a_blocked_debugger_halts_the_run_until_it_knows_or_a_person_does(bug: Repository) -> None:
    write(bug, RECORDS + "root-cause.md", CAUSE)
    run(bug, SEES_IT)
    Agent(bug, "debugger").work("I looked.\n\nSTATUS: BLOCKED - nothing shows where it starts")
    assert "debugger" in done(bug)
    assert bug.stage() == "root-cause"
    Agent(bug, "debugger", "look at pages.py").work("It is line 2.\n\nSTATUS: DONE")
    assert "now in `pattern`" in done(bug)
