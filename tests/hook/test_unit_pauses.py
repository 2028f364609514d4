"""Planned pauses: the report, the hard wait, and credentials that are named and never kept."""

from pathlib import Path

import pytest

from tests.support.agents import Agent
from tests.support.executed import WORK, Executed

SECRET = "sk_live_51HxSecretValue"
OTHER = "price_1OtherSecret"


@pytest.fixture
def run(tmp_path: Path) -> Executed:
    return Executed(tmp_path)


CHECKPOINT = """## Checkpoint: after WU-001

### Completed Work Units

| WU | Title | Status | Review |
| --- | --- | --- | --- |
| WU-001 | Store to-dos | PASS | Adversarial PASS |

### Key Decisions Made

- Errors: one class for each refusal

### What Comes Next

"""


def _first(run: Executed) -> None:
    agent = run.coder("WU-001")
    run.writes(agent, WORK["WU-001"], "x = 1\n")
    report = "I wrote it.\n\n## Patterns\n\n- Errors: one class for each refusal\n\nSTATUS: DONE"
    agent.stop(report), agent.returns(report)
    run.checks(), run.judged("WU-001")


def test_a_checkpoint_is_reported_in_the_form_that_people_know(run: Executed) -> None:
    _first(run)
    told = run.commits("WU-001")
    assert "checkpoint after WU-001 waits for you" in told.json["systemMessage"]
    report = (run.tree / ".stagelock/units/CHECKPOINT-after-WU-001.md").read_text()
    assert report.startswith(CHECKPOINT)
    assert report.endswith(
        "---\n**Action required**: Reply to continue, or provide feedback to adjust course.\n"
    )


def test_everything_that_changes_anything_waits_for_the_person(run: Executed) -> None:
    _first(run)
    beside = Agent(run, "x:y", "help out")
    beside.role = beside.given["subagent_type"] = "general-purpose"
    beside.dispatch(), beside.start()
    run.commits("WU-001")
    assert (
        "(rule execute/unit-checkpoint)"
        in Agent(run, "implementer", "unit: WU-002").dispatch().reason
    )
    for command in ("git add -A -- src", "git commit -m WU-002", "git push"):
        assert "(rule execute/unit-checkpoint)" in run.runs(command).reason, command
    write = beside.tool("Write", {"file_path": str(run.tree / "src/x.py"), "content": "x"})
    assert "(rule execute/unit-checkpoint)" in write.reason
    assert "(rule execute/unit-checkpoint)" in beside.tool("Bash", {"command": "make x"}).reason
    assert not run.tool("Read", {"file_path": str(run.tree / "README.md")}).denied
    assert not run.tool("Bash", {"command": "git status"}).denied
    run.hook("Stop", {"last_assistant_message": "I go on then\nSTATUS: DONE"})
    assert run.tool("Skill", {"skill": "stagelock:approve"}).denied
    assert (
        "(rule execute/unit-checkpoint)"
        in Agent(run, "implementer", "unit: WU-002").dispatch().reason
    )
    run.typed("/approve")
    assert not Agent(run, "implementer", "unit: WU-002").dispatch().denied


def test_credentials_are_asked_for_by_name_before_the_unit_that_needs_them(run: Executed) -> None:
    (run.tree / ".gitignore").write_text("*.log\n.env\n")
    run.git("commit", "-qam", "ignore the environment")
    run.write(".env", f"STRIPE_KEY={SECRET}\n")
    run.carries("WU-001")
    run.typed("/approve")
    assert (
        "(rule execute/unit-checkpoint)"
        in Agent(run, "implementer", "unit: WU-003").dispatch().reason
    )
    report = (run.tree / ".stagelock/units/CHECKPOINT-before-WU-003.md").read_text()
    assert "STRIPE_KEY, STRIPE_PRICE: do you have these configured? [Y/n]" in report
    assert "seen here: not STRIPE_PRICE" in report
    assert SECRET not in report


def test_no_value_of_a_credential_reaches_any_book(
    run: Executed, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run.tree / ".gitignore").write_text("*.log\n.env\n")
    run.write("check.sh", f"cat .env; echo {OTHER}; exit 1\n")
    run.git("commit", "-qam", "a check that talks too much")
    run.write(".env", f"STRIPE_KEY='{SECRET}'\n")
    monkeypatch.setattr(run, "env", _with(run, STRIPE_PRICE=OTHER))
    agent = run.coder("WU-001")
    run.writes(agent, WORK["WU-001"], "x = 1\n")
    said = f"I tried with {SECRET}.\n\nSTATUS: BLOCKED — {SECRET} and {OTHER} are not accepted"
    agent.stop(said), agent.returns(said)
    assert run.at("WU-001") == "implement, attempt 2/3"
    run.builds("WU-001", "x = 2\n")
    run.checks()
    assert run.at("WU-001") == "implement, attempt 3/3"
    last = run.coder("WU-001")
    report = f"It wants {SECRET}.\n\nSTATUS: BLOCKED — External: {SECRET} is refused"
    last.stop(report), last.returns(report)
    assert run.at("WU-001").startswith("escalated")
    books = [
        p for top in (run.state, run.tree / ".stagelock") for p in top.rglob("*") if p.is_file()
    ]
    assert any("[hidden]" in p.read_text(errors="replace") for p in books)
    for path in books:
        text = path.read_bytes()
        if "trees" not in path.parts:  # what lies in the tree itself is git's
            assert SECRET.encode() not in text, path
            assert OTHER.encode() not in text, path


def _with(run: Executed, **more: str) -> object:
    plain = run.env
    return lambda **given: plain(**{**more, **given})
