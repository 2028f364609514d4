"""A unit that cannot go on: what kind of failure it is, who hears of it, and each way out."""

import json
from pathlib import Path

import pytest

from tests.support.agents import Agent
from tests.support.checked import bash
from tests.support.command import stagelock
from tests.support.executed import AT, DONE, WORK, Executed
from tests.support.units import TEXT

NAME = "WU-001"
FILE = WORK[NAME]


@pytest.fixture
def run(tmp_path: Path) -> Executed:
    return Executed(tmp_path)


def _ends(run: Executed, reply: str) -> str:
    agent = run.coder(NAME)
    run.writes(agent, FILE, "x = 1\n")
    agent.stop(reply)
    told = agent.returns(reply)
    return told.context + "\n" + str(told.json.get("systemMessage", ""))


def _report(run: Executed, name: str = NAME) -> str:
    return (run.tree / f".stagelock/units/ESCALATION-{name}.md").read_text()


def _stuck(run: Executed) -> str:
    """Fail three times by the check; returns what the person is shown at the third."""
    run.write("check.sh", "exit 1\n")
    run.git("commit", "-qam", "a check that fails")
    for n in (1, 2, 3):
        run.builds(NAME, f"attempt = {n}\n")
        after = bash(run, "sh check.sh")[1]
    assert run.at(NAME).startswith("escalated")
    assert after is not None
    return str(after.json.get("systemMessage", ""))


# --- what kind it is -----------------------------------------------------------------------------


def test_what_lies_outside_the_project_goes_to_a_person_at_once(run: Executed) -> None:
    told = _ends(run, "No key.\n\nSTATUS: BLOCKED — External: PAY_KEY is not set here")
    assert run.at(NAME).startswith("escalated")
    assert "External: PAY_KEY is not set here" in told
    refused = Agent(run, "implementer", f"unit: {NAME}").dispatch()
    assert "a person decides" in refused.reason, "no retry"
    report = _report(run)
    assert "## Escalation: Work Unit WU-001 Failed After 1 Attempt\n" in report
    assert "| 1 | IMPLEMENT | External: PAY_KEY is not set here | — |" in report
    assert "Option 2: nothing that is written here mends it" in report


def test_a_check_that_says_the_network_is_gone_is_not_tried_again(run: Executed) -> None:
    run.write("check.sh", "echo 'curl: (6) Could not resolve host: registry.example'; exit 6\n")
    run.git("commit", "-qam", "a check that asks the network")
    run.builds(NAME)
    run.checks()
    assert run.at(NAME).startswith("escalated")
    assert "External: tests failed: curl: (6) Could not resolve host" in _report(run)


@pytest.mark.parametrize(
    ("reply", "advice"),
    [
        (
            "STATUS: BLOCKED — Fixable: store.py:3 has a typo",
            "Fixable: the error is clear; mend exactly that",
        ),
        (
            "STATUS: BLOCKED — it hangs now and then",
            "Ambiguous: find out why before you change anything",
        ),
    ],
)
def test_what_is_tried_again_comes_with_what_to_do_about_it(
    run: Executed, reply: str, advice: str
) -> None:
    _ends(run, f"I tried.\n\n{reply}")
    assert run.at(NAME) == "implement, attempt 2/3"
    assert advice in run.coder(NAME).sent["prompt"]


def test_the_same_failure_twice_asks_for_another_way(run: Executed) -> None:
    run.write("check.sh", "exit 1\n")
    run.git("commit", "-qam", "a check that fails")
    for n in (1, 2):
        agent = run.coder(NAME)
        assert "another way" not in agent.sent["prompt"]
        run.writes(agent, FILE, f"attempt = {n}\n")
        agent.stop(DONE), agent.returns(DONE)
        run.checks()
    assert "take another way than the last time" in run.coder(NAME).sent["prompt"]


# --- who hears of it ------------------------------------------------------------------------------


def test_the_third_failure_is_shown_to_the_person_with_its_history(run: Executed) -> None:
    shown = _stuck(run)
    assert "[stagelock] WU-001 waits for you: tests failed" in shown
    for way in ("/approve tries it again", "/waive CHECK REASON", "/waive WU-001 REASON",
                "/abandon REASON"):  # fmt: skip
        assert way in shown
    report = _report(run)
    assert "## Escalation: Work Unit WU-001 Failed After 3 Attempts\n" in report
    assert "| 1 | VALIDATE | tests failed | I wrote it and its tests. |" in report
    assert report.count("| VALIDATE | tests failed |") == 3
    assert "the same failure whatever was tried: tests failed" in report
    assert "`/waive tests REASON` and `/approve`" in report
    again = run.hook("Stop", {"last_assistant_message": "it does not work"})
    assert "waits for you" not in str(again.json.get("systemMessage")), "once"


def test_status_and_status_line_say_who_waits_and_what_may_be_typed(run: Executed) -> None:
    _stuck(run)
    told = stagelock(run, "status").stdout
    assert "unit   WU-001 escalated" in told
    assert "waits  WU-001 waits for you: tests failed" in told
    state = json.loads(stagelock(run, "status", "--json").stdout)
    assert any(line.startswith("WU-001 escalated") for line in state["units"])
    assert "WU-001" in [problem["what"] for problem in state["missing"]]
    line = _line(run)
    assert "WU-001 escalated: /approve, /waive WU-001 REASON" in line


def _line(run: Executed) -> str:
    import subprocess
    import sys

    from tests.support.world import ROOT

    done = subprocess.run(
        [sys.executable, "-I", str(ROOT / "hooks/line.py")],
        input=json.dumps({"workspace": {"project_dir": str(run.tree)}}),
        env=run.env(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def test_a_second_review_is_counted_where_people_look(run: Executed) -> None:
    run.builds(NAME)
    run.checks(), run.judged(NAME, good=False)
    run.builds(NAME, "better = 1\n")
    run.checks()
    told = stagelock(run, "status").stdout
    assert "unit   WU-001 review, attempt 2/3 (Re-review attempt 1/3)" in told
    run.judged(NAME, good=False)
    log = stagelock(run, "log").stdout
    assert "says=Re-review attempt 1/3 of WU-001, by a fresh reviewer" in log
    assert "0/5 units, WU-001 implement 3/3" in _line(run)


# --- the ways out ---------------------------------------------------------------------------------


def test_after_the_plan_was_mended_the_unit_is_tried_again(run: Executed) -> None:
    run.git("add", "-A"), run.git("commit", "-qm", "the plan")
    _stuck(run)
    plan = run.tree / AT / "plan.md"
    plan.write_text(TEXT.replace("raises `TitleTooLong`", "raises `TitleTooLong` at once", 1))
    told = run.typed("/approve")
    assert "approved again" in told.json["systemMessage"]
    assert run.at(NAME) == "waiting"
    assert "at once" in run.coder(NAME).sent["prompt"]


def test_with_a_waiver_a_unit_passes_without_the_check_once(run: Executed) -> None:
    _stuck(run)
    told = run.typed("/waive tests the runner is broken today, I looked at it myself")
    assert "waived once: tests" in told.json["systemMessage"]
    run.typed("/approve")
    assert run.at(NAME) == "implement, attempt 1/3"
    run.builds(NAME, "attempt = 4\n")
    run.checks()
    assert run.at(NAME) == "review, attempt 1/3"
    run.judged(NAME)
    run.commits(NAME)
    assert run.at(NAME) == "done"
    assert run.stage_file()["waivers"] == [], "once"
    run.typed("/approve"), run.typed("/approve")
    run.builds("WU-002")
    assert "VALIDATE FAIL: tests failed" in run.checks()


def test_a_waiver_is_for_what_failed_and_nothing_else(run: Executed) -> None:
    run.builds(NAME)
    assert (
        "is not something this gate waits for" in run.typed("/waive tests no time").json["reason"]
    )


def test_a_unit_is_dropped_by_a_person_and_what_needs_it_is_named(run: Executed) -> None:
    run.carries(NAME)
    run.typed("/approve"), run.typed("/approve")
    told = run.typed("/waive WU-003 we do not sell anything yet")
    assert "WU-003 is dropped" in told.json["systemMessage"]
    assert "unit   WU-005 waiting, needs WU-003, which was dropped: change the plan" in (
        stagelock(run, "status").stdout
    )
    refused = run.typed("/waive WU-001 it is committed, though")
    assert refused.json["decision"] == "block"
    assert "WU-001 is in done" in refused.json["reason"]


def test_the_run_is_abandoned(run: Executed) -> None:
    _stuck(run)
    run.typed("/abandon nobody can mend the runner")
    assert not (run.tree / ".stagelock/stage.json").exists()
    assert (
        "<!-- status: abandoned -->" in (run.tree / ".stagelock/units/ACTIVE-PLAN.md").read_text()
    )


def _section(text: str, name: str) -> str:
    """The part of a plan that is one unit's."""
    begin = text.index(f"### {name}:")
    end = text.find("\n### WU-", begin)
    return text[begin : end if end > 0 else text.index("\n## ", begin)]


def test_a_plan_that_is_approved_again_in_the_loop_keeps_what_is_done(run: Executed) -> None:
    run.carries(NAME)
    run.typed("/approve"), run.typed("/approve")
    run.builds("WU-002"), run.builds("WU-003")
    run.checks(), run.judged("WU-002")
    assert (run.at("WU-002"), run.at("WU-003")) == ("commit, attempt 1/3", "review, attempt 1/3")
    text = TEXT.replace(_section(TEXT, "WU-002"), _section(TEXT, "WU-002").replace("201", "200"))
    plan = run.tree / AT / "plan.md"
    plan.write_text(text.replace("`201 Created`", "`200 OK`"))
    refused = run.runs("git commit -m WU-002")
    assert "(rule execute/approval-stale)" in refused.reason, "nothing goes on meanwhile"
    told = run.typed("/approve")
    assert "approved again" in told.json.get("systemMessage", ""), told.json
    assert run.at(NAME) == "done", "what is done stays done"
    assert run.at("WU-002") == "waiting", "what changed goes again"
    assert run.at("WU-003") == "review, attempt 1/3", "what did not goes on"
    refused = run.commits("WU-002")
    assert "(rule execute/unit-phase)" in refused.reason
    assert "200 OK" in (run.tree / ".stagelock/units/ACTIVE-PLAN.md").read_text()
    run.git("reset", "-q")
    run.judged("WU-003")
    run.commits("WU-003")
    run.carries("WU-002")
    assert run.git("log", "--format=%s").count("wu-001") == 1, "nothing done is done again"
