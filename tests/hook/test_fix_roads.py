"""`/fix` without tests, without git, with old failures, a slow suite, a runner nobody knows."""

import shutil
from pathlib import Path

import pytest

from tests.support.checked import begin
from tests.support.hunted import done, run, write
from tests.support.repository import Repository

RECORDS = "docs/stagelock/a-page-is-missing/"
PAGES = "def count(items, size):\n    return items // size - 1\n"
MENDED = "def count(items, size):\n    return items // size\n"
TEST = "python -m pytest -q tests/test_last.py"
OWN = "from pages import count\n\n\ndef test_last():\n    assert count(10, 5) == 2\n"
CHECK = "checks:\n  - {name: tests, command: python -m pytest -q}\n"
NONE = "checks: []\n"
CAUSE = (
    "## Cause\nOne is missing because one too many is taken off at pages.py:2\n\n"
    "## Reproduction\n`python -m pytest -q tests/test_old.py`\n\n## Evidence\nIt says 1.\n"
)
IGNORED = "__pycache__/\n.stagelock/\n.pytest_cache/\n*.log\ncheck.sh\nlint.sh\n"


def hunt(world: Repository, stage: str, config: str, files: dict[str, str]) -> Repository:
    """Begin in a stage of `fix`, on a project with these files."""
    for path, text in {"pages.py": PAGES, ".gitignore": IGNORED, **files}.items():
        world.write(path, text)
    if (world.tree / ".git").exists():
        world.git("add", "-A")
        world.git("commit", "-qm", "second")
    begin(world, "fix", "a page is missing", config, stage)
    world.write(RECORDS + "root-cause.md", CAUSE)
    return world


def red(world: Repository, path: str, text: str, command: str) -> str:
    """Write a test and see it fail; returns what is told of it."""
    assert not write(world, path, text).denied
    write(world, RECORDS + "reproduction.md", f"# R\n\n## Test\n`{command}`\n")
    return run(world, command)


def commit(world: Repository, subject: str) -> str:
    """Commit everything that is there."""
    return run(world, f"git add -A && git commit -qm '{subject}'")


@pytest.fixture
def world(tmp_path: Path) -> Repository:
    """A repository without a run."""
    return Repository(tmp_path)


def test_without_git_snapshots_stand_for_the_commits(world: Repository) -> None:
    shutil.rmtree(world.tree / ".git")
    hunt(world, "reproduce", CHECK, {})
    red(world, "tests/test_last.py", OWN, TEST)
    assert "run `stagelock replay`, alone" in done(world)
    assert "passed, recorded" in run(world, "stagelock replay")
    assert "now in `repair`" in done(world)
    write(world, "pages.py", MENDED)
    run(world, TEST)
    run(world, "stagelock verify")
    assert "passed, recorded" in run(world, "stagelock replay")
    assert "now in `refactor`" in done(world)
    assert "the run is done" in str(world.typed("/approve").json)


def test_without_git_a_snapshot_that_changed_more_than_tests_is_refused(world: Repository) -> None:
    shutil.rmtree(world.tree / ".git")
    hunt(world, "reproduce", CHECK, {})
    world.write("pages.py", PAGES + "# changed\n")
    red(world, "tests/test_last.py", OWN, TEST)
    assert "changed more than tests: pages.py" in done(world)


def test_without_git_a_faked_green_shows_when_the_fix_is_taken_away(world: Repository) -> None:
    shutil.rmtree(world.tree / ".git")
    hunt(world, "reproduce", CHECK, {})
    text = OWN.replace("== 2", "== 2 or os.path.exists('x.log')")
    red(world, "tests/test_last.py", "import os\n" + text, TEST)
    run(world, "stagelock replay")
    assert "now in `repair`" in done(world)
    world.write("x.log", "")
    write(world, "pages.py", PAGES + "# mended\n")
    run(world, TEST)
    run(world, "stagelock verify")
    why = "without the fix: the test passes"
    assert why in run(world, "stagelock replay")
    assert why in done(world)


def test_without_tests_a_script_reproduces_it(world: Repository) -> None:
    hunt(world, "reproduce", NONE, {})
    script = "from pages import count\n\nassert count(10, 5) == 2, 'a page is missing'\n"
    assert "red: `python reproduce.py` failed (exit 1), recorded" in red(
        world, "reproduce.py", script, "stagelock ro -- 'python reproduce.py'"
    ).replace("stagelock ro -- 'python reproduce.py'", "python reproduce.py")
    assert commit(world, "red: reproduce the missing page") == ""
    assert "passed, recorded" in run(world, "stagelock replay")
    assert "now in `repair`" in done(world)
    assert "(rule repair/frozen)" in write(world, "reproduce.py", "").reason
    write(world, "pages.py", MENDED)
    run(world, "stagelock ro -- 'python reproduce.py'")
    assert commit(world, "green: fix the last page") == ""
    assert "passed, recorded" in run(world, "stagelock replay")
    assert "now in `refactor`" in done(world)


def test_what_a_runner_does_not_tell_a_person_decides(world: Repository) -> None:
    hunt(world, "reproduce", NONE, {})
    command = "stagelock ro -- 'sh reproduce.sh'"
    script = 'test "$(python -c "import pages; print(pages.count(10, 5))")" = 2\n'
    assert "a person looks at the output and decides" in red(world, "reproduce.sh", script, command)
    assert "/waive red REASON" in commit(world, "red: reproduce the missing page")
    assert "/waive red REASON" in done(world)
    world.typed("/waive red it prints 1 and must print 2")
    assert commit(world, "red: reproduce the missing page") == ""
    assert "passed, recorded" in run(world, "stagelock replay")
    assert "now in `repair`" in done(world)
    waived = [entry for entry in world.journal() if entry["event"] == "waived"]
    assert [(e["what"], e["why"]) for e in waived] == [("red", "it prints 1 and must print 2")]
    write(world, "pages.py", MENDED)
    run(world, command)
    assert "/waive green REASON" in commit(world, "green: fix the last page")
    world.typed("/waive green it prints 2 now")
    assert commit(world, "green: fix the last page") == ""
    assert "passed, recorded" in run(world, "stagelock replay")
    assert "now in `refactor`" in done(world)
    assert (
        "a person let the red stand: it prints 1 and must print 2"
        in world.typed("/approve").context
    )


def test_what_a_person_let_stand_is_decided_anew_when_it_runs_anew(world: Repository) -> None:
    hunt(world, "reproduce", NONE, {})
    command = "stagelock ro -- 'sh reproduce.sh'"
    red(world, "reproduce.sh", "false\n", command)
    world.typed("/waive red it is so")
    assert world.look()["evidence"]["fix:red"].get("decided") == "it is so"
    run(world, command)
    assert "decided" not in world.look()["evidence"]["fix:red"]


OLD = (
    "import pages\n\n\ndef test_old():\n    assert pages.count(0, 5) == 0\n\n\n"
    "def test_b():\n    assert 2 == 3\n"
)


def test_what_failed_before_may_stay_and_nothing_new(world: Repository) -> None:
    other = "import pages\n\n\ndef test_c():\n    assert pages.count(5, 5) >= 0\n"
    hunt(world, "root-cause", CHECK, {"tests/test_old.py": OLD, "tests/test_c.py": other})
    assert "fails already; the 2 tests that do may go on failing" in run(world, "stagelock verify")
    state = world.look()
    assert state["evidence"]["before:tests"].get("failing") == [
        "tests/test_old.py::test_old",
        "tests/test_old.py::test_b",
    ]
    run(world, "python -m pytest -q tests/test_old.py")
    assert "now in `pattern`" in done(world)
    world.typed("/waive hypothesis x")
    _to(world, "reproduce")
    red(world, "tests/test_last.py", OWN, TEST)
    commit(world, "red: reproduce the missing page")
    run(world, "stagelock replay")
    assert "now in `repair`" in done(world)
    write(world, "pages.py", MENDED.replace("size\n", "size if items > 5 else -1\n"))
    run(world, TEST)
    run(world, "stagelock verify")
    new = "check `tests` fails where it did not before: tests/test_c.py::test_c"
    assert new in commit(world, "green: fix the last page")
    write(world, "pages.py", MENDED)
    run(world, TEST)
    assert "fails only where it did before this run, which counts" in run(world, "stagelock verify")
    assert commit(world, "green: fix the last page") == ""


def _to(world: Repository, stage: str) -> None:
    """Go on to a stage: what those between owe is shown in another test."""
    write(world, "notes.md", "")
    write(world, RECORDS + "pattern.md", "## Reference\n`README.md`\n\n## Differences\n- None.\n")
    world.tool("Read", {"file_path": str(world.tree / "README.md")})
    assert "now in `hypothesis`" in done(world)
    world.typed("/waive hypothesis it is plain")
    assert f"now in `{stage}`" in done(world)


def test_where_a_runner_does_not_tell_which_failed_a_person_compares(world: Repository) -> None:
    config = "checks:\n  - {name: all, command: sh all.sh}\n"
    hunt(world, "root-cause", config, {"all.sh": "exit 1\n", "tests/test_old.py": OLD})
    run(world, "stagelock verify")
    run(world, "python -m pytest -q tests/test_old.py")
    assert "now in `pattern`" in done(world)
    _to(world, "reproduce")
    red(world, "tests/test_last.py", OWN, TEST)
    commit(world, "red: reproduce the missing page")
    run(world, "stagelock replay")
    done(world)
    write(world, "pages.py", MENDED)
    run(world, TEST)
    run(world, "stagelock verify")
    told = commit(world, "green: fix the last page")
    assert "as it did before anything was changed; its runner does not tell which tests" in told
    world.typed("/waive all it is the same one")
    assert commit(world, "green: fix the last page") == ""


def test_a_slow_suite_stands_before_the_gate_and_a_fast_one_before_each_commit(
    world: Repository,
) -> None:
    config = (
        "checks:\n  - {name: quick, command: python -m pytest -q tests/test_last.py, fast: true}\n"
        "  - {name: whole, command: python -m pytest -q, gates: [stage, push, release]}\n"
    )
    hunt(world, "reproduce", config, {})
    red(world, "tests/test_last.py", OWN, TEST)
    commit(world, "red: reproduce the missing page")
    run(world, "stagelock replay")
    done(world)
    write(world, "pages.py", MENDED)
    said = run(world, TEST)
    assert "green: `" in said
    said = run(world, "stagelock verify --fast")
    assert "check `quick` passed" in said
    assert "whole" not in said
    assert commit(world, "green: fix the last page") == ""
    run(world, "stagelock replay")
    assert "check `whole` has not been seen to pass" in done(world)
    run(world, "stagelock verify whole")
    assert "now in `refactor`" in done(world)


def test_a_project_says_what_its_tests_are_called(world: Repository) -> None:
    config = CHECK + "fix:\n  tests: {python: ['checks/**']}\n"
    hunt(world, "reproduce", config, {})
    assert "(rule reproduce/otherwise)" in write(world, "pages_spec.py", OWN).reason
    assert not write(world, "checks/last.py", OWN).denied
    write(
        world, RECORDS + "reproduction.md", "# R\n\n## Test\n`python -m pytest -q checks/last.py`\n"
    )
    run(world, "python -m pytest -q checks/last.py")
    assert commit(world, "red: reproduce the missing page") == ""
    run(world, "stagelock replay")
    assert "now in `repair`" in done(world)
    assert "(rule repair/frozen)" in write(world, "checks/last.py", "").reason


def test_a_project_may_do_without_runs_in_copies(world: Repository) -> None:
    hunt(world, "reproduce", CHECK + "fix: {replay: false}\n", {})
    red(world, "tests/test_last.py", OWN, TEST)
    commit(world, "red: reproduce the missing page")
    assert "now in `repair`" in done(world)
    write(world, "pages.py", MENDED)
    run(world, TEST)
    run(world, "stagelock verify")
    commit(world, "green: fix the last page")
    assert "now in `refactor`" in done(world)


def test_what_is_left_over_in_refactor_is_committed_or_put_back(world: Repository) -> None:
    hunt(world, "reproduce", CHECK + "fix: {replay: false}\n", {})
    red(world, "tests/test_last.py", OWN, TEST)
    commit(world, "red: reproduce the missing page")
    done(world)
    write(world, "pages.py", MENDED)
    run(world, TEST)
    run(world, "stagelock verify")
    commit(world, "green: fix the last page")
    assert "now in `refactor`" in done(world)
    write(world, "pages.py", MENDED.replace("items", "number"))
    write(world, "spare.py", "")
    run(world, TEST)
    run(world, "stagelock verify")
    told = str(world.typed("/approve").json)
    assert "in no commit: pages.py, spare.py; commit it as `refactor: ...`, or put it back" in told
    assert commit(world, "refactor: name the number of items") == ""
    assert "the run is done" in str(world.typed("/approve").json)


def test_the_commit_is_run_and_not_the_tree_around_it(world: Repository) -> None:
    hunt(world, "reproduce", CHECK, {})
    world.write("mine.py", "raise SystemExit('half done')\n")  # of the user, and no part of this
    world.write("tests/test_mine.py", "import mine\n")
    red(world, "tests/test_last.py", OWN, TEST)
    run(world, "git add tests/test_last.py && git commit -qm 'red: reproduce the missing page'")
    assert "passed, recorded" in run(world, "stagelock replay")
    assert (world.tree / "mine.py").read_text() == "raise SystemExit('half done')\n"


def test_a_red_commit_takes_nothing_of_the_user_along(world: Repository) -> None:
    hunt(world, "reproduce", CHECK, {})
    world.write("notes.txt", "of the user\n")
    red(world, "tests/test_last.py", OWN, TEST)
    told = commit(world, "red: reproduce the missing page")
    assert "this would commit more than tests: notes.txt; `git add` the test alone" in told
    assert "notes.txt" in run(world, "git add notes.txt && git commit -qm 'red: reproduce it'")
    assert "refused" in run(world, "git commit -qam 'red: reproduce the missing page'")
    named = "git add tests/test_last.py && git commit -qm 'red: reproduce the missing page'"
    assert run(world, named) == ""
    assert world.git("show", "--name-only", "--format=", "HEAD") == "tests/test_last.py"


def test_a_green_commit_takes_nothing_of_the_user_along(world: Repository) -> None:
    hunt(world, "reproduce", CHECK, {"kept.txt": "as committed\n"})
    world.write("notes.txt", "of the user\n")
    world.write("kept.txt", "changed by the user\n")
    red(world, "tests/test_last.py", OWN, TEST)
    run(world, "git add tests/test_last.py && git commit -qm 'red: reproduce the missing page'")
    run(world, "stagelock replay")
    assert "now in `repair`" in done(world)
    write(world, "pages.py", MENDED)
    write(world, "spare.py", "")
    run(world, TEST)
    run(world, "stagelock verify")
    told = commit(world, "green: fix the last page")
    assert "this would commit what was there before the fix: kept.txt, notes.txt; `git add`" in told
    assert "kept.txt" in run(world, "git commit -qam 'green: fix the last page'")
    named = "git add pages.py spare.py && git commit -qm 'green: fix the last page'"
    assert run(world, named) == ""
    assert world.git("show", "--name-only", "--format=", "HEAD").split() == ["pages.py", "spare.py"]
    assert world.git("status", "--porcelain", "kept.txt", "notes.txt").split()[0] == "M"
    run(world, "stagelock replay")
    assert "now in `refactor`" in done(world)


def test_ci_takes_a_red_commit_and_what_failed_before_and_no_more(
    world: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(world.home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    hunt(world, "root-cause", CHECK, {"tests/test_old.py": OLD})
    world.install(notes=True)
    start = world.git("rev-parse", "HEAD")
    run(world, "stagelock verify")
    run(world, "python -m pytest -q tests/test_old.py")
    assert "now in `pattern`" in done(world)
    _to(world, "reproduce")
    red(world, "tests/test_last.py", OWN, TEST)
    assert commit(world, "red: reproduce the missing page") == ""
    run(world, "stagelock replay")
    assert "now in `repair`" in done(world)
    write(world, "pages.py", MENDED)
    run(world, TEST)
    run(world, "stagelock verify")
    assert commit(world, "green: fix the last page") == ""
    told = world.stagelock("ci", "--base", start)
    assert "stagelock: 0 of 2 commits flagged" in told.stdout, told.stdout + told.stderr
    assert "it is there to fail: a test that shows a bug, before it is mended" in told.stdout
    world.write("pages.py", PAGES)
    world.git("-c", "core.hooksPath=/dev/null", "commit", "-qam", "red: no test")
    world.git("notes", "--ref", "stagelock", "copy", "HEAD~2", "HEAD")
    told = world.stagelock("ci", "--base", start)
    assert "stagelock: 1 of 3 commits flagged" in told.stdout
