"""What every coder is given: its unit, what runs beside it, and a context that grows by itself."""

import shutil
from pathlib import Path

import pytest

from tests.support.executed import DONE, WORK, Executed

CONTEXT = ".stagelock/units/PROJECT-CONTEXT.md"
INVENTORY = ".stagelock/units/SERVICE-INVENTORY.md"


@pytest.fixture
def run(tmp_path: Path) -> Executed:
    return Executed(tmp_path)


def _first_done(run: Executed) -> None:
    run.carries("WU-001")
    run.typed("/approve")
    run.typed("/approve")


def test_a_coder_is_given_all_that_the_plan_and_the_books_know_of_its_unit(run: Executed) -> None:
    _first_done(run)
    first = run.coder("WU-002")
    told = run.coder("WU-003").sent["prompt"]
    assert "## Spec\n\nA client for Stripe starts a checkout" in told
    assert "2. a 402 from Stripe raises `PaymentDeclined` with the decline code" in told
    assert "You may write these and nothing else: src/pay/client.py" in told
    assert "- provides `start_checkout(list_id) -> url`" in told
    assert "- WU-002, Serve to-dos over HTTP (implement): src/todo/service.py" in told
    assert "| WU-001 | Store to-dos | src/todo/store.py" in told
    assert "- tests: `sh check.sh`" in told
    assert "- expects `TodoStore.add(title) -> Todo` of WU-001" in first.sent["prompt"]
    assert "- WU-004 will build on `POST /api/todos`" in first.sent["prompt"]


def test_a_prompt_that_the_coordinator_wrote_reaches_no_coder(run: Executed) -> None:
    agent = run.coder("WU-001")
    assert "please build it" not in agent.sent["prompt"]
    assert agent.sent["prompt"].startswith("You are the coder of work unit WU-001")


def test_context_and_inventory_grow_with_each_commit(run: Executed) -> None:
    assert "WU-001" not in (run.tree / CONTEXT).read_text()
    _first_done(run)
    assert "| WU-001 | Store to-dos |" in (run.tree / CONTEXT).read_text()
    assert (
        "| `TodoStore" in (run.tree / INVENTORY).read_text()
        or "TodoStore" in (run.tree / INVENTORY).read_text()
    )


def test_a_pattern_that_a_coder_names_is_told_to_the_next(run: Executed) -> None:
    agent = run.coder("WU-001")
    run.writes(agent, WORK["WU-001"], "done = 1\n")
    said = (
        "I wrote it.\n\n## Patterns\n\n- **ids**: 12 letters, made in src/todo/store.py\n\n" + DONE
    )
    agent.stop(said), agent.returns(said)
    assert "- ids: 12 letters, made in src/todo/store.py" in (run.tree / CONTEXT).read_text()
    run.checks(), run.judged("WU-001"), run.commits("WU-001")
    run.typed("/approve"), run.typed("/approve")
    assert "- ids: 12 letters, made in src/todo/store.py" in run.coder("WU-002").sent["prompt"]
    assert "12 letters" not in run.reviewer("WU-001").sent["prompt"]


def test_a_context_that_was_removed_is_written_anew_before_the_next_coder(run: Executed) -> None:
    _first_done(run)
    shutil.rmtree(run.tree / ".stagelock/units")
    told = run.coder("WU-002").sent["prompt"]
    assert "| WU-001 | Store to-dos | src/todo/store.py" in told
    assert "TodoStore" in (run.tree / INVENTORY).read_text()


def test_no_coder_is_sent_while_the_context_lacks_a_committed_unit(run: Executed) -> None:
    _first_done(run)
    folder = run.tree / ".stagelock/units"
    shutil.rmtree(folder)
    folder.write_text("in the way\n")  # nothing can be written below a file
    agent = run.reviewer("WU-002")
    agent.role = agent.given["subagent_type"] = "stagelock:implementer"
    refused = agent.dispatch()
    assert "(rule execute/unit-context)" in refused.reason
    assert "lacks WU-001" in refused.reason
    folder.unlink()
    assert not agent.dispatch().denied
