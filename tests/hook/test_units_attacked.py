"""The loop of units, attacked by somebody who has its source: each hole that was found is a row."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.agents import Agent
from tests.support.executed import AT, DONE, WORK, Executed, verdict
from tests.support.world import Reply

ONE = "WU-001"
COMMIT = {"command": f"git commit -m {ONE}"}


@pytest.fixture
def run(tmp_path) -> Executed:
    return Executed(tmp_path)


def _passed(run: Executed) -> Executed:
    run.builds(ONE)
    run.checks()
    run.judged(ONE)
    run.git("add", "-A", "--", WORK[ONE])
    assert run.at(ONE) == "commit, attempt 1/3"
    return run


def _let(run: Executed) -> dict[str, Any]:
    """The commit of the unit is let through; returns the command that the client runs."""
    reply = run.tool("Bash", COMMIT, tool_use_id="the-commit")
    assert not reply.denied, reply.reason
    changed: dict[str, Any] = reply.json["hookSpecificOutput"]["updatedInput"]
    return changed


def _after(run: Executed, given: dict[str, Any], **response: Any) -> Reply:
    payload = {"tool_name": "Bash", "tool_use_id": "the-commit", "tool_input": given}
    came = {"stdout": "", "stderr": "", "interrupted": False, **response}
    return run.hook("PostToolUse", {**payload, "tool_response": came})


# --- commits that no unit made --------------------------------------------------------------------


def _sneaks(run: Executed) -> str:
    """A coder's script commits a file outside every scope; returns the commit."""
    coder = run.coder(ONE)
    run.writes(coder, WORK[ONE], "x = 1\n")
    assert not coder.tool("Bash", {"command": "python3 build.py"}).denied
    run.write("src/evil.py", "evil = 1\n")
    run.git("add", "src/evil.py")
    run.git("commit", "-qm", "sneaky")
    coder.stop(DONE), coder.returns(DONE)
    return run.git("rev-parse", "HEAD")


def test_a_commit_that_a_script_made_holds_every_unit(run: Executed) -> None:
    sneaky = _sneaks(run)
    told = run.checks()
    assert f"HEAD is at {sneaky[:12]}, which no unit made (src/evil.py)" in told
    assert run.at(ONE) == "validate, attempt 1/3"
    refused = run.reviewer(ONE).dispatch()
    assert "(rule execute/unit-tree)" in refused.reason
    assert "which no unit made" in run.commits(ONE).reason
    run.hook("Stop", {"last_assistant_message": "all is well\nSTATUS: DONE"})
    assert run.stage() == "execute"


def test_a_person_undoes_what_a_script_committed(run: Executed) -> None:
    _sneaks(run)
    run.git("reset", "-q", "--hard", "HEAD~1")
    run.builds(ONE) if run.at(ONE).startswith("implement") else run.checks()
    run.checks()
    assert run.at(ONE) == "review, attempt 1/3"


def test_a_person_answers_for_a_commit_of_their_own(run: Executed) -> None:
    run.builds(ONE)
    run.write("NOTES.md", "a person's\n")
    run.git("add", "NOTES.md")
    run.git("commit", "-qm", "a person's own commit")
    assert "which no unit made (NOTES.md)" in run.checks()
    run.typed("/waive commits I made it myself")
    run.checks()
    assert run.at(ONE) == "review, attempt 1/3"
    taken = [entry for entry in run.unit_events() if entry["event"] == "unit-adopted"]
    assert taken[0]["why"] == "I made it myself"
    assert taken[0]["door"] == "typed"


def test_documents_of_the_run_are_committed_whenever_a_person_likes(run: Executed) -> None:
    run.builds(ONE)
    run.git("add", AT)
    run.git("commit", "-qm", "docs: the plan")
    run.checks()
    assert run.at(ONE) == "review, attempt 1/3"


@pytest.mark.parametrize(
    "command",
    ["git reset --soft HEAD~1", "git reset HEAD~1", "git reset HEAD^", "git reset ORIG_HEAD",
     "git reset -q --mixed HEAD~1", "git reset HEAD~1 -- src/todo/store.py"],
)  # fmt: skip
def test_a_commit_of_a_unit_is_not_taken_back(run: Executed, command: str) -> None:
    run.carries(ONE)
    run.typed("/approve"), run.typed("/approve")
    refused = run.tool("Bash", {"command": command})
    assert "(rule execute/unit-history)" in refused.reason, command


@pytest.mark.parametrize("command", ["git reset", "git reset -q", "git reset HEAD -- src/x.py"])
def test_what_was_staged_by_mistake_is_unstaged(run: Executed, command: str) -> None:
    _passed(run)
    assert not run.tool("Bash", {"command": command}).denied


def test_nothing_is_pushed_before_every_unit_is_finished(run: Executed) -> None:
    run.carries(ONE)
    run.typed("/approve"), run.typed("/approve")
    run.checks()
    refused = run.tool("Bash", {"command": "git push"})
    assert "(rule execute/unmet)" in refused.reason
    assert "WU-002 is in waiting" in refused.reason


# --- a commit whose end is not seen ---------------------------------------------------------------


def test_a_commit_in_the_background_is_refused(run: Executed) -> None:
    refused = _passed(run).tool("Bash", {**COMMIT, "run_in_background": True})
    assert "a commit is waited for" in refused.reason
    assert run.at(ONE) == "commit, attempt 1/3"


def test_a_commit_that_the_client_sends_to_the_background_is_seen_when_it_is_there(
    run: Executed,
) -> None:
    given = _let(_passed(run))
    _after(run, given, backgroundTaskId="b1")
    assert run.at(ONE) == "commit, attempt 1/3"
    run.git(*given["command"].split()[1:])
    run.checks()
    assert run.at(ONE) == "done"


def test_a_commit_that_the_person_declined_may_be_tried_again(run: Executed) -> None:
    _let(_passed(run))  # and nothing follows: the client asked, and the person said no
    told = run.runs(COMMIT["command"])
    assert "WU-001 is committed" in told.context, told.reason


def test_a_commit_whose_hook_was_killed_is_seen_by_the_next_that_looks(run: Executed) -> None:
    given = _let(_passed(run))
    run.git(*given["command"].split()[1:])
    assert "WU-001 is committed" in run.checks()


# --- what was written for somebody else -----------------------------------------------------------


def _forged(run: Executed, agent: Agent, mark: str) -> str:
    path = agent.sent["prompt"].partition(mark)[2].partition(" ")[0].rstrip(":")
    (run.tree / path).write_text("+ a lovely change\n")
    return str(run.tree / path)


def test_a_forged_packet_is_not_read_and_a_verdict_on_it_is_none(run: Executed) -> None:
    run.builds(ONE, "bad = 1\n")
    run.checks()
    agent = run.reviewer(ONE)
    agent.dispatch(), agent.start()
    path = _forged(run, agent, "The diff of the unit is in ")
    assert "(rule execute/unit-packet)" in agent.tool("Read", {"file_path": path}).reason
    agent.stop(verdict(WORK[ONE]))
    assert "no verdict on WU-001" in agent.returns(verdict(WORK[ONE])).context
    assert run.at(ONE) == "review, attempt 1/3"


def test_a_forged_brief_binds_nobody(run: Executed) -> None:
    agent = Agent(run, "implementer", f"unit: {ONE}")
    agent.dispatch(), agent.start()
    path = _forged(run, agent, "First of all, Read ")
    assert "(rule execute/unit-packet)" in agent.tool("Read", {"file_path": path}).reason
    assert "execute/unit-first" in run.writes(agent, WORK[ONE], "x = 1\n").reason


def test_a_commit_with_another_message_is_told_to_a_person(run: Executed) -> None:
    given = _let(_passed(run))
    (run.tree / given["command"].split()[-1]).write_text("feat: I wrote this\n")
    run.git(*given["command"].split()[1:])
    told = _after(run, given).context
    assert "the commit says something else than was let through" in told
    assert run.at(ONE).startswith("escalated")


def test_a_project_hook_that_adds_to_the_message_is_welcome(run: Executed) -> None:
    hook = run.tree / ".git/hooks/commit-msg"
    hook.write_text("#!/bin/sh\necho 'Change-Id: I1234' >> \"$1\"\n")
    hook.chmod(0o755)
    assert "WU-001 is committed" in _passed(run).runs(COMMIT["command"]).context


def test_a_project_hook_that_changes_what_was_passed_is_told_to_a_person(run: Executed) -> None:
    hook = run.tree / ".git/hooks/pre-commit"
    hook.write_text(f"#!/bin/sh\necho 'y = 2' >> {WORK[ONE]}\ngit add {WORK[ONE]}\n")
    hook.chmod(0o755)
    told = _passed(run).runs(COMMIT["command"])
    assert "holds another diff than was passed" in told.context


# --- out of the scope -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    ["ln -s ../other.py src/todo/store.py", "ln -sf /etc/passwd src/todo/store.py",
     "mv README.md src/todo/store.py", "mv src/todo/store.py src/other.py", "rm README.md",
     "tee src/todo/store.py src/other.py < README.md", "sed -i s/a/b/ README.md"],
)  # fmt: skip
def test_a_shell_leads_out_of_the_scope_no_more_than_a_tool(run: Executed, command: str) -> None:
    refused = run.coder(ONE).tool("Bash", {"command": command})
    assert "(rule execute/unit-scope)" in refused.reason, command


def _nests(run: Executed) -> str:
    run.write("src/nested/evil.py", "evil = 1\n")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "x"]):
        run.git("-C", "src/nested", *words)
    return "src/nested/evil.py"


def _excludes(run: Executed) -> str:
    (run.tree / ".git/info/exclude").write_text("src/evil.py\n")
    run.write("src/evil.py", "evil = 1\n")
    return "src/evil.py"


def _assumes(run: Executed) -> str:
    run.git("update-index", "--assume-unchanged", "README.md")
    run.write("README.md", "evil\n")
    return "README.md"


def _ignores(run: Executed) -> str:
    run.write("src/.gitignore", "evil.py\n")
    run.write("src/evil.py", "evil = 1\n")
    return "src/.gitignore"


@pytest.mark.parametrize("hides", [_nests, _excludes, _assumes, _ignores])
def test_what_a_script_hides_from_git_is_seen_all_the_same(
    run: Executed, hides: Callable[[Executed], str]
) -> None:
    coder = run.coder(ONE)
    run.writes(coder, WORK[ONE], "x = 1\n")
    path = hides(run)
    coder.stop(DONE), coder.returns(DONE)
    run.checks()
    failed = [e for e in run.unit_events() if e["event"] == "unit-validated"][-1]
    assert f"outside the scope: {path}" in failed["why"]
    assert run.at(ONE) == "implement, attempt 2/3"


def test_of_four_coders_sent_at_once_one_is_let_through(run: Executed) -> None:
    agents = [Agent(run, "implementer", f"unit: {ONE}") for _ in range(4)]
    with ThreadPoolExecutor(4) as crowd:
        replies = list(crowd.map(lambda agent: agent.dispatch(), agents))
    refused = [reply.reason for reply in replies if reply.denied]
    assert len(refused) == 3
    assert all("(rule execute/unit-agent)" in reason for reason in refused)


def test_a_link_in_the_scope_is_what_it_points_to(run: Executed) -> None:
    run.write("src/todo/other.py", "x = 1\n")
    (run.tree / WORK[ONE]).symlink_to("other.py")
    coder = run.coder(ONE)
    coder.tool("Read", {"file_path": str(run.tree / "src/todo/other.py")})
    given = {"file_path": str(run.tree / WORK[ONE]), "content": "x = 2\n"}
    assert "(rule execute/unit-scope)" in coder.tool("Write", given).reason


def test_the_agent_of_an_agent_is_bound_to_nothing(run: Executed) -> None:
    coder = run.coder(ONE)
    helper = Agent(run, "general-purpose", "help")
    helper.role = helper.given["subagent_type"] = "general-purpose"
    sent = helper.dispatch(agent_id=coder.id, agent_type=coder.role)
    if not sent.denied:
        helper.start()
        assert "execute/unit-first" in run.writes(helper, WORK[ONE], "x = 1\n").reason


def test_a_plan_that_is_edited_in_the_loop_opens_nothing(run: Executed) -> None:
    coder = run.coder(ONE)
    plan = run.tree / AT / "plan.md"
    plan.write_text(plan.read_text().replace(WORK[ONE], f"{WORK[ONE]}, src/evil.py"))
    for path in (WORK[ONE], "src/evil.py"):
        assert "execute/approval-stale" in run.writes(coder, path, "x = 1\n").reason
    assert Agent(run, "implementer", "unit: WU-002").dispatch().denied


def test_two_clients_at_once_commit_once(run: Executed) -> None:
    given = _let(_passed(run))
    run.git(*given["command"].split()[1:])
    other = {"session_id": "22222222-2222-3333-4444-555555555555"}
    refused = run.tool("Bash", COMMIT, **other)
    assert "(rule execute/unit-phase)" in refused.reason
    assert run.at(ONE) == "done"
    assert run.git("rev-list", "--count", "HEAD") == "2"


def test_a_unit_whose_change_is_gone_goes_back_to_its_coder(run: Executed) -> None:
    run.builds(ONE)
    (run.tree / WORK[ONE]).unlink()
    told = run.checks()
    assert "nothing in its scope differs from the last commit" in told
    assert run.at(ONE) == "implement, attempt 2/3"
    assert json.loads((run.tree / ".stagelock/stage.json").read_text())["stage"] == "execute"


@pytest.mark.parametrize(
    "command",
    [
        "git stash -u",
        "git reset --hard",
        "git clean -fd",
        "git checkout -- .",
        "git checkout main",
        "git switch -c elsewhere",
        "git checkout -- src/pay/client.py",
        "git restore src/pay/client.py",
        "git rm -f README.md",
        "make; git stash",
        "git -C . stash",
    ],
)
def test_a_coder_takes_nobody_elses_work_away_with_git(run: Executed, command: str) -> None:
    run.carries("WU-001")
    run.typed("/approve")
    run.typed("/approve")
    two, three = run.coder("WU-002"), run.coder("WU-003")
    run.writes(three, WORK["WU-003"], "half = 1\n")
    refused = two.tool("Bash", {"command": command})
    assert "(rule execute/unit-scope)" in refused.reason
    assert "may change files of others" in refused.reason
    own = two.tool("Bash", {"command": f"git checkout HEAD -- {WORK['WU-002']}"})
    assert not own.denied, own.reason
