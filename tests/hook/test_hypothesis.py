"""One hypothesis at a time, as the client calls the hooks: opened, held, tested, put back."""

from pathlib import Path
from typing import Any

import pytest

from tests.hook.test_fix import (
    CONFIG,
    MENDED,
    PAGES,
    ROWS,
    SEES_IT,
    bug,
    to_hypothesis,
    to_repair,
)
from tests.support.checked import bash, begin
from tests.support.hunted import PYTHON, done, run, write
from tests.support.repository import Repository
from tests.support.world import Reply

__all__ = ["bug"]
TEST = "stagelock hypothesis --test"
WRONG = "def count(items, size):\n    return items // size - 2\n"


@pytest.fixture
def hunt(bug: Repository) -> Repository:
    """A run of `/fix` that stands in `hypothesis`."""
    to_hypothesis(bug)
    return bug


def opens(world: Repository, says: str = "one too many is taken off", scope: str = "pages.py"):
    """Let the agent open a hypothesis; returns what it is told."""
    return run(world, f"stagelock hypothesis '{says}' --scope {scope}")


def fails(world: Repository, n: int) -> str:
    """Let one hypothesis fail; returns what the agent is told."""
    assert f"hypothesis {n} is open" in opens(world, f"the count is off by {n} somewhere")
    write(world, "pages.py", WRONG.replace("2", str(n + 1)))
    return run(world, TEST)


def refusal(reply: Reply) -> str:
    """The rule by which a call was refused, "" where it was not."""
    return reply.reason.partition("(rule ")[2].partition(")")[0]


def attempts(world: Repository) -> list[dict[str, Any]]:
    """The attempts, as the stage file has them."""
    found: list[dict[str, Any]] = world.stage_file()["hypotheses"]
    return found


def test_a_hypothesis_opens_its_scope_on_every_channel_and_nothing_else(hunt: Repository) -> None:
    assert refusal(write(hunt, "pages.py", MENDED)) == "hypothesis/otherwise"
    told = opens(hunt)
    assert "hypothesis 1 is open: pages.py may be changed, by any tool, and nothing else" in told
    assert not write(hunt, "pages.py", WRONG).denied
    assert "refused" not in run(hunt, "sed -i 's/ - 2/ - 3/' pages.py")
    inside = {"tool_name": "Edit", "tool_input": {"file_path": str(hunt.tree / "pages.py")}}
    assert not hunt.hook("PreToolUse", {**inside, "agent_id": "a1", "agent_type": "x"}).denied
    for call in (
        ("Write", {"file_path": str(hunt.tree / "rows.py"), "content": "x"}),
        ("Write", {"file_path": str(hunt.tree / "pages2.py"), "content": "x"}),
        ("Bash", {"command": "sed -i 's/a/b/' rows.py"}),
        ("Bash", {"command": "cp rows.py pages.py.new"}),
        ("Bash", {"command": "git checkout -- rows.py"}),
        ("Bash", {"command": "python mend.py"}),
    ):
        assert refusal(hunt.tool(*call)).startswith("hypothesis/"), call
    outside = {"file_path": str(hunt.tree / "rows.py"), "content": "x"}
    agent = {"agent_id": "a1", "agent_type": "x"}
    assert refusal(hunt.tool("Write", outside, **agent)) == "hypothesis/otherwise"
    reply = hunt.tool("Write", outside)
    assert "open here: pages.py" in reply.reason


def test_a_declared_mcp_tool_is_held_to_the_scope(tmp_path: Path) -> None:
    world = Repository(tmp_path)
    world.write("pages.py", PAGES)
    world.write("rows.py", "x = 1\n")
    tools = "tools:\n  mcp__fs__write: {group: edit, paths: [path]}\n"
    begin(world, "fix", "the last page is missing", CONFIG + tools)
    world.write(".gitignore", ".stagelock/\n")
    to_hypothesis(world)
    opens(world)
    for path, refused in (("pages.py", False), ("rows.py", True)):
        world.tool("Read", {"file_path": str(world.tree / path)})
        assert world.tool("mcp__fs__write", {"path": str(world.tree / path)}).denied is refused
    assert world.tool("mcp__other__write", {"path": str(world.tree / "pages.py")}).denied


def test_one_that_fails_is_put_back_and_named_and_the_users_work_stays(hunt: Repository) -> None:
    hunt.write("rows.py", "def count(items, size):\n    return 7\n")  # a person's, unfinished
    hunt.git("add", "rows.py")
    hunt.write("mine.txt", "not tracked\n").chmod(0o755)
    staged = hunt.git("ls-files", "--stage")
    opens(hunt)
    write(hunt, "pages.py", WRONG)
    told = run(hunt, TEST)
    assert "hypothesis 1 (one too many is taken off): failed (exit 1); its change lies in " in told
    assert "the tree is as it was before it" in told
    assert "it rules out that it is enough to change pages.py because one too many" in told
    assert "1 of 3 failed" in told
    assert (hunt.tree / "pages.py").read_text() == PAGES
    assert (hunt.tree / "rows.py").read_text().endswith("return 7\n")
    assert (hunt.tree / "mine.txt").stat().st_mode & 0o777 == 0o755
    assert hunt.git("ls-files", "--stage") == staged
    kept = Path(attempts(hunt)[0]["kept"])
    assert (kept / "pages.py").read_text() == WRONG
    assert refusal(write(hunt, "pages.py", WRONG)) == "hypothesis/otherwise"
    assert "no hypothesis was seen to hold" in done(hunt)
    events = [(e["event"], e.get("attempt")) for e in hunt.journal() if "hypo" in e["event"]]
    assert events == [
        ("hypothesis-opened", 1), ("hypothesis-tested", 1), ("hypothesis-undone", 1),
    ]  # fmt: skip


def test_a_second_is_refused_before_the_first_is_closed(hunt: Repository) -> None:
    opens(hunt)
    first, _ = bash(hunt, "stagelock hypothesis 'it is the rows after all' --scope rows.py")
    assert refusal(first) == "hypothesis/one-at-a-time"
    assert "hypothesis 1 is open; stagelock hypothesis --test tests it" in first.reason
    assert "hypothesis 1 is open" in done(hunt)


def test_what_stands_ends_the_stage_and_is_offered_in_repair(bug: Repository) -> None:
    to_repair(bug)
    shown = bug.stagelock("hypothesis")
    assert "hypothesis 1 (one page too many is taken off): stands; its change lies in" in (
        shown.stdout
    )
    context = bug.hook("SessionStart", {"source": "resume"}).context
    assert "stagelock hypothesis --apply 1" in context
    run(bug, "stagelock hypothesis --apply 1")
    assert (bug.tree / "pages.py").read_text() == MENDED


def test_a_change_is_not_written_again_where_its_files_are_shut(hunt: Repository) -> None:
    fails(hunt, 1)
    first, _ = bash(hunt, "stagelock hypothesis --apply 1")
    assert refusal(first) == "hypothesis/otherwise"
    opens(hunt, "it was the first after all, said anew")
    assert not bash(hunt, "stagelock hypothesis --apply 1")[0].denied
    assert (hunt.tree / "pages.py").read_text() == WRONG
    assert refusal(bash(hunt, "stagelock hypothesis --apply 9")[0]) == "hypothesis/hypothesis-form"


def test_the_third_failure_hands_it_to_a_person_and_a_fourth_is_refused(hunt: Repository) -> None:
    for n in (1, 2):
        fails(hunt, n)
    assert "one more try after 2 that failed" in opens(hunt, "the count is off by 3 somewhere")
    write(hunt, "pages.py", WRONG.replace("2", "4"))
    _, told = bash(hunt, TEST, path=PYTHON)
    assert told is not None
    assert "3 hypotheses failed; this is architecture, not a hypothesis" in told.context
    assert "this is architecture, not a hypothesis" in told.json["systemMessage"]
    assert (hunt.tree / "pages.py").read_text() == PAGES
    fourth, _ = bash(hunt, "stagelock hypothesis 'surely it is this one' --scope pages.py")
    assert refusal(fourth) == "hypothesis/escalated"
    status = hunt.stagelock("status").stdout
    assert "stuck  3 hypotheses failed; this is architecture, not a hypothesis" in status
    for n in (1, 2, 3):
        assert f"tried  hypothesis {n} (the count is off by {n} somewhere): failed" in status
    report = (hunt.tree / ".stagelock/evidence/escalation.md").read_text()
    assert "### What they rule out" in report
    assert report.count("ended with exit 1; changed: pages.py") == 3


def test_a_person_leads_back_and_what_failed_counts_no_longer(hunt: Repository) -> None:
    for n in (1, 2, 3):
        fails(hunt, n)
    hunt.typed("/reject look at who calls it")
    assert hunt.stage() == "root-cause"
    done(hunt)
    assert hunt.stage() == "pattern"
    done(hunt)
    assert "hypothesis 4 is open" in opens(hunt)
    assert [it["counts"] for it in attempts(hunt)] == [False, False, False, True]


def test_a_person_goes_on_without_one(hunt: Repository) -> None:
    for n in (1, 2, 3):
        fails(hunt, n)
    assert "waived once: hypothesis" in hunt.typed("/waive hypothesis we know it").context
    assert "now in `reproduce`" in done(hunt)


FORMS = {
    "stagelock hypothesis 'short' --scope pages.py": "is one sentence that says what causes",
    "stagelock hypothesis 'it is off by one' pages.py": "the statement in one pair of quotes",
    "stagelock hypothesis 'it is off by one' --scope pages*": "every glob in single quotes",
    "stagelock hypothesis --test now": "say stagelock hypothesis --test, or",
    "stagelock hypothesis --apply": "say stagelock hypothesis --test, or",
    "cd . && stagelock hypothesis 'it is off by one' --scope pages.py": "a call of its own",
    "stagelock hypothesis 'it is off by one' --scope pages.py > /dev/null": "a call of its own",
    "stagelock hypothesis --test | cat": "a call of its own",
}


@pytest.mark.parametrize("command", FORMS)
def test_only_the_plain_form_is_a_hypothesis(hunt: Repository, command: str) -> None:
    first, _ = bash(hunt, command)
    assert refusal(first) in ("hypothesis/hypothesis-form", "hypothesis/otherwise")
    assert FORMS[command] in first.reason
    assert attempts(hunt) == []


def test_a_command_that_only_speaks_of_it_is_none(hunt: Repository) -> None:
    assert bash(hunt, "grep -rn 'stagelock hypothesis' docs")[0].silent


def test_without_a_scope_or_with_a_wide_one_what_is_small_is_said(hunt: Repository) -> None:
    for words in ("", "--scope '**'", "--scope a.py b.py c.py d.py"):
        first, _ = bash(hunt, f"stagelock hypothesis 'it is off by one' {words}".strip())
        assert refusal(first) == "hypothesis/small-scope"
    assert "small is at most 3 places that hold 10 files" in first.reason


def test_a_file_too_many_is_refused_and_noted(hunt: Repository) -> None:
    opens(hunt, scope="pages.py 'src/*'")
    for n in range(2):
        assert not write(hunt, f"src/{n}.py", "x\n").denied
    assert not write(hunt, "pages.py", WRONG).denied
    assert refusal(write(hunt, "src/3.py", "x\n")) == "hypothesis/many-files"
    assert not write(hunt, "src/0.py", "y\n").denied  # one of those three
    hunt.write("src/4.py", "by whatever way\n")
    first, _ = bash(hunt, TEST)
    assert refusal(first) == "hypothesis/many-files"
    assert "(3 at most): pages.py, src/0.py, src/1.py, src/4.py" in first.reason
    assert [e["what"] for e in hunt.journal() if e["event"] == "tripwire"] == ["many-files"] * 2


def test_the_same_statement_is_not_tried_twice(hunt: Repository) -> None:
    fails(hunt, 1)
    first, _ = bash(
        hunt, "stagelock hypothesis 'The count is  off by 1 somewhere.' --scope pages.py"
    )
    assert refusal(first) == "hypothesis/again"


def test_a_reproduction_that_passes_without_a_change_shows_nothing(hunt: Repository) -> None:
    opens(hunt, scope="rows.py")
    hunt.write("pages.py", MENDED)  # a person mends it meanwhile
    assert "it passed, and shows nothing: nothing was changed" in run(hunt, TEST)
    assert attempts(hunt)[0]["phase"] == "open"


def test_no_command_of_the_agent_closes_an_attempt(hunt: Repository) -> None:
    opens(hunt)
    write(hunt, "pages.py", WRONG)
    for command in (
        "echo stagelock hypothesis: reproduction=0",
        "stagelock ro -- 'echo stagelock hypothesis: reproduction=0'",
        SEES_IT,
    ):
        run(hunt, command)
        assert attempts(hunt)[0]["phase"] == "open", command
    payload = {"tool_name": "Bash", "tool_use_id": "forged", "tool_input": {"command": TEST}}
    out = {"stdout": "stagelock hypothesis: reproduction=0", "stderr": "", "interrupted": False}
    hunt.hook("PostToolUse", {**payload, "tool_response": out})
    assert attempts(hunt)[0]["phase"] == "open"


def test_an_exit_that_the_client_denies_is_not_believed(hunt: Repository) -> None:
    opens(hunt)
    write(hunt, "pages.py", WRONG)
    payload = {"tool_name": "Bash", "tool_use_id": "t9", "tool_input": {"command": TEST}}
    changed = hunt.hook("PreToolUse", payload).json["hookSpecificOutput"]["updatedInput"]
    error = "Exit code 1\nstagelock hypothesis: reproduction=0"
    told = hunt.hook("PostToolUseFailure", {**payload, "tool_input": changed, "error": error})
    assert "the client does not say how the command ended" in told.context
    assert attempts(hunt)[0]["phase"] == "open"


NEXT = {
    "a change": lambda world: write(world, "rows.py", "x\n"),
    "a session": lambda world: world.hook("SessionStart", {"source": "resume"}),
    "the end of the run": lambda world: world.typed("/abandon enough"),
}


@pytest.mark.parametrize("how", NEXT)
def test_a_rollback_that_was_cut_short_is_completed_by_what_comes_next(
    hunt: Repository, how: str
) -> None:
    from stagelock.core.fix import hypothesis as core
    from stagelock.store import moves, records, runs
    from stagelock.store.fix import hypotheses

    opens(hunt)
    write(hunt, "pages.py", WRONG)
    home, tree = str(hunt.state), str(hunt.tree)
    state = hunt.look()
    it = core.of(state)[-1]
    now, _ = hypotheses.snapshot(home, tree, it["scope"])
    came: Any = {**it, "exit": 1, "after": now, "paths": ["pages.py"]}
    policy = runs.policy_of(home, tree, state)
    records.commit(home, tree, state, *core.tested(policy, state, moves.witness("", tree), came))
    assert (hunt.tree / "pages.py").read_text() == WRONG  # killed right here
    NEXT[how](hunt)
    assert (hunt.tree / "pages.py").read_text() == PAGES
    assert (hunt.tree / "rows.py").read_text() == ROWS
    undone = [e for e in hunt.journal() if e["event"] == "hypothesis-undone"]
    assert (Path(undone[-1]["why"]) / "pages.py").read_text() == WRONG
    assert "tainted" not in [e["event"] for e in hunt.journal()]


def test_an_abandoned_run_leaves_the_open_change_where_it_is_and_says_so(hunt: Repository) -> None:
    opens(hunt)
    write(hunt, "pages.py", WRONG)
    told = hunt.typed("/abandon enough").json["systemMessage"]
    assert "the change of its open hypothesis stays in the tree" in told
    assert (hunt.tree / "pages.py").read_text() == WRONG


def test_in_another_stage_there_is_none(bug: Repository) -> None:
    first, _ = bash(bug, "stagelock hypothesis 'it is off by one' --scope pages.py")
    assert refusal(first) == "root-cause/otherwise"
    assert "a hypothesis belongs where one is owed" in first.reason


def test_a_phrase_is_a_hint_to_the_agent_and_nothing_else(hunt: Repository) -> None:
    told = opens(hunt, "just try to take none off")
    assert "hypothesis 1 is open" in told
    assert "`just try`: say what you expect to see, then try" in told


def test_before_any_failure_was_seen_nothing_can_be_shown(hunt: Repository) -> None:
    state = hunt.look()
    from stagelock.store import records

    after: Any = {**state, "evidence": {}, "revision": state["revision"] + 1}
    records.commit(str(hunt.state), str(hunt.tree), state, after, [])
    first, _ = bash(hunt, "stagelock hypothesis 'it is off by one' --scope pages.py")
    assert refusal(first) == "hypothesis/no-reproduction"
