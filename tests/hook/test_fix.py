"""`/fix` on a small project with a real bug: no step is skipped, and the whole road ends green."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checked import bash, begin, ends
from tests.support.repository import Repository
from tests.support.world import Reply

PYTHON = f"{Path(sys.executable).parent}:"
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


def run(world: Repository, command: str) -> str:
    """Let the agent run a command; returns the refusal, or what it was told."""
    first, told = bash(world, command, path=PYTHON)
    return first.reason if told is None else told.context


def write(world: Repository, path: str, text: str) -> Reply:
    """Let the agent write a file, if it may."""
    full = str(world.tree / path)
    if (world.tree / path).exists():
        world.tool("Read", {"file_path": full})
    reply = world.tool("Write", {"file_path": full, "content": text})
    if not reply.denied:
        world.write(path, text)
    return reply


def done(world: Repository) -> str:
    """Let the agent claim that the step is done; returns what it is told."""
    reply = ends(world, "done\nSTATUS: DONE")
    return str(reply.json.get("reason") or reply.json.get("systemMessage"))


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


FAKED_RED = {
    "an import": (OWN.replace("from pages", "from page"), "could not be collected"),
    "itself": (OWN.replace("count(10, 5) == 2", "False"), "fails by itself"),
    "an error": (OWN.replace("10, 5", "'x', 5"), "something else than an assertion"),
    "nothing": (OWN.replace("== 2", "== 1"), "passed; it must fail"),
}


@pytest.mark.parametrize("how", FAKED_RED)
def test_a_faked_red_is_not_committed(bug: Repository, how: str) -> None:
    text, why = FAKED_RED[how]
    to_reproduce(bug)
    write(bug, "tests/test_last.py", text)
    write(bug, RECORDS + "reproduction.md", NAMED)
    run(bug, TEST)
    assert why in run(bug, "git add tests && git commit -qm 'red: reproduce x'")
    assert why in done(bug)
    assert bug.stage() == "reproduce"


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


FAKED_GREEN = {
    "a weaker test": ("tests/test_last.py", OWN.replace("== 2", ">= 0"), "repair/frozen"),
    "a skip": ("tests/test_last.py", "import pytest\npytest.skip()\n", "repair/frozen"),
    "a conftest": ("conftest.py", "collect_ignore = ['tests']\n", "repair/runner"),
    "a runner that is told": ("pytest.ini", "[pytest]\naddopts = --co\n", "repair/runner"),
}


@pytest.mark.parametrize("how", FAKED_GREEN)
def test_a_faked_green_is_refused_where_it_is_written(bug: Repository, how: str) -> None:
    path, text, rule = FAKED_GREEN[how]
    to_repair(bug)
    assert f"(rule {rule})" in write(bug, path, text).reason
    bug.write(path, text)  # and by whatever way it came there, it does not count
    run(bug, TEST)
    said = run(bug, "git commit -aqm 'green: fix it'")
    assert "refused" in said
    assert f"changed since the test was red, and frozen: {path}" in said


def test_a_source_that_skips_its_test_is_no_fix(bug: Repository) -> None:
    to_repair(bug)
    write(bug, "pages.py", "def count(a, b):\n    import pytest\n    pytest.skip('x')\n")
    run(bug, TEST)
    assert "1 skipped; the reproducing test must run and pass" in run(
        bug, "git commit -aqm 'green: fix it'"
    )


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
