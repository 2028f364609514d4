"""The reports in the form that people and other tools know."""

from stagelock.core.plan import reports
from tests.support.units import GREEN, Loop, unit


def _loop() -> Loop:
    loop = Loop()
    loop.first_done()
    loop.answer("before WU-003")
    loop.start("WU-002", "coder-2")
    return loop


def test_the_execution_state() -> None:
    loop = _loop()
    loop.implemented("WU-002", "coder-2")
    loop.validated("WU-002", checks={**GREEN, "lint": "failed"})
    assert reports.execution_state(loop.plan, loop.state, "2031-01-02T03:04:05Z") == (
        "# Execution State\n"
        "<!-- updated: 2031-01-02T03:04:05Z -->\n"
        "\n"
        "## Current Position\n"
        "\n"
        "- Active work unit: WU-002\n"
        "- Current phase: IMPLEMENT\n"
        "- Retry count: 1\n"
        "\n"
        "## Work Unit Status\n"
        "\n"
        "| WU | Status | Phase | Retries |\n"
        "| --- | --- | --- | --- |\n"
        "| WU-001 | COMPLETE | COMMITTED | 0 |\n"
        "| WU-002 | IN-PROGRESS | IMPLEMENT | 1 |\n"
        "| WU-003 | PENDING | — | 0 |\n"
        "| WU-004 | PENDING | — | 0 |\n"
        "| WU-005 | PENDING | — | 0 |\n"
        "\n"
        "## Blocked / Escalated\n"
        "\n"
        "none\n"
    )


def test_the_active_plan_says_who_approved_it_and_whether_it_runs() -> None:
    text = reports.active_plan("# Plan: x\n\nall of it\n", "2031-01-02", 2, "in-progress")
    assert text == (
        "# Active Plan\n"
        "<!-- approved: 2031-01-02 -->\n"
        "<!-- gate-iterations: 2 -->\n"
        "<!-- user-approved: true -->\n"
        "<!-- status: in-progress -->\n"
        "\n"
        "# Plan: x\n"
        "\n"
        "all of it\n"
    )


def test_a_checkpoint_after_a_unit() -> None:
    loop = Loop()
    loop.to("WU-001", "done")
    text = reports.checkpoint(loop.plan, loop.state, "after WU-001", ["one table: fewer joins"], [])
    assert text == (
        "## Checkpoint: after WU-001\n"
        "\n"
        "### Completed Work Units\n"
        "\n"
        "| WU | Title | Status | Review |\n"
        "| --- | --- | --- | --- |\n"
        "| WU-001 | Store to-dos | PASS | Adversarial PASS |\n"
        "\n"
        "### Key Decisions Made\n"
        "\n"
        "- one table: fewer joins\n"
        "\n"
        "### What Comes Next\n"
        "\n"
        "- WU-002: Serve to-dos over HTTP\n"
        "- WU-003: Take payments for sharing\n"
        "- WU-004: Show the list\n"
        "- WU-005: Wire list and sharing into the application\n"
        "\n"
        "### Questions for Human (if any)\n"
        "\n"
        "- the shape of the table, before anything is built on it\n"
        "\n"
        "---\n"
        "**Action required**: Reply to continue, or provide feedback to adjust course.\n"
    )


def test_a_checkpoint_before_a_unit_asks_for_its_credentials_by_name_only() -> None:
    loop = Loop()
    loop.first_done()
    text = reports.checkpoint(loop.plan, loop.state, "before WU-003", [], [])
    line = "- Stripe wants STRIPE_KEY, STRIPE_PRICE: do you have these configured? [Y/n]"
    assert line in text.splitlines()


def test_an_escalation_tells_all_that_was_tried() -> None:
    loop = Loop()
    for n, check in enumerate(("tests", "coverage", "types")):
        loop.start("WU-001")
        loop.tell("implemented", "WU-001", agent="coder", status="DONE", what=f"fix {n}")
        loop.validated("WU-001", checks={**GREEN, check: "failed"})
    text = reports.escalation(unit(loop.plan, "WU-001"), loop.state["units"]["WU-001"])
    assert text == (
        "## Escalation: Work Unit WU-001 Failed After 3 Attempts\n"
        "\n"
        "### Failure History\n"
        "\n"
        "| Attempt | Phase | Error | Fix Tried |\n"
        "| --- | --- | --- | --- |\n"
        "| 1 | VALIDATE | tests failed | fix 1 |\n"
        "| 2 | VALIDATE | coverage failed | fix 2 |\n"
        "| 3 | VALIDATE | types failed | — |\n"
        "\n"
        "### Root Cause Assessment\n"
        "\n"
        "not known; the history above is all there is\n"
        "\n"
        "### Options\n"
        "\n"
        "1. Mend the unit's spec or its done-items, and try again\n"
        "2. Give it what is missing (a file, a service, a decision), and try again\n"
        "3. Abandon WU-001 and restructure what depends on it\n"
        "\n"
        "### Recommendation\n"
        "\n"
        "none\n"
    )


def test_the_final_report_says_yes_only_when_everything_holds() -> None:
    loop = Loop()
    loop.to("WU-001", "done")
    gates = {"All tests pass": True, "Type check clean": True}
    text = reports.final(loop.plan, loop.state, gates, [], ready=True)
    assert "| WU-001 | Store to-dos | Done | Pass | Pass | c1 |" in text
    assert "| WU-002 | Serve to-dos over HTTP | — | — | — | — |" in text
    assert "- [x] All tests pass\n- [x] Type check clean\n" in text
    assert text.endswith("### Ready for PR: YES\n")
    for worse in (
        reports.final(loop.plan, loop.state, {**gates, "Lint clean": False}, [], ready=True),
        reports.final(loop.plan, loop.state, gates, ["a TODO is left"], ready=True),
        reports.final(loop.plan, loop.state, gates, [], ready=False),
    ):
        assert "### Overall Verdict: FAIL" in worse
        assert worse.endswith("### Ready for PR: NO\n")
