"""The end of a plan: the whole change is judged, what was learnt is committed, then the PR."""

from pathlib import Path

import pytest

from tests.support.agents import Agent
from tests.support.executed import AT, CONFIG, WORK, Executed

END = {"last_assistant_message": "all units are committed\nSTATUS: DONE"}
REPORT = ".stagelock/units/FINAL-REPORT.md"
PR = {"command": "gh pr create --fill"}
LEARNT = (
    "# Learnt\n\n## What we learnt\n\nThe store wants ids.\n\n## What changes\n\nNone needs to.\n"
)


@pytest.fixture
def run(tmp_path: Path) -> Executed:
    return Executed(tmp_path)


def _built(run: Executed, **texts: str) -> None:
    """Every unit is committed; `texts` is what single units hold instead of nothing much."""
    for name in WORK:
        _carry(run, name, texts.get(name.replace("-", "_"), "done = 1\n"))
    run.hook("Stop", END)
    assert run.stage() == "final-review"


def _carry(run: Executed, name: str, text: str) -> None:
    run.typed("/approve"), run.typed("/approve")  # the checkpoints that wait
    run.builds(name, text)
    run.checks()
    run.judged(name)
    run.commits(name)
    assert run.at(name) == "done"


def _judged(run: Executed) -> None:
    place = f"{WORK['WU-001']}:1 assigns what the spec names"
    spec = f"VERDICT: COMPLIANT\n## Mapping\n- {place}\n## Omissions\n- none\n\nSTATUS: DONE"
    Agent(run, "spec-reviewer").work(spec)
    good = f"VERDICT: PASS\n## Evidence\n- {place}\n## Findings\n- none\n\nSTATUS: DONE"
    Agent(run, "reviewer").work(good)


def test_the_report_says_no_until_all_holds_and_then_yes(run: Executed) -> None:
    _built(run)
    told = run.hook("Stop", END).json["systemMessage"]
    assert f"the final report is in {REPORT}: Ready for PR: NO" in told
    text = (run.tree / REPORT).read_text()
    assert text.startswith("## Final Comprehensive Review\n\n### Overall Verdict: FAIL\n")
    assert "this gate waits for `reviewer` to return DONE" in text
    assert "- [x] tests holds on exactly this tree" in text
    held = run.typed("/approve").reason
    assert "waits for `spec-reviewer`" in held
    _judged(run)
    told = run.hook("Stop", END).json["systemMessage"]
    assert "Ready for PR: YES; /approve" in told
    text = (run.tree / REPORT).read_text()
    assert "### Overall Verdict: PASS" in text
    assert "| WU-001 | Store to-dos | Done | Pass | Pass |" in text
    assert text.endswith("### Ready for PR: YES\n")
    run.typed("/approve")
    assert run.stage() == "capture"
    assert (run.tree / AT / "final-review.md").read_text() == text


def test_a_pull_request_waits_for_learnings_that_are_committed(run: Executed) -> None:
    _built(run)
    _judged(run)
    run.typed("/approve")
    assert "(rule capture/otherwise)" in run.tool("Bash", PR).reason
    run.hook("Stop", END)
    assert run.stage() == "capture", "nothing was learnt yet"
    run.write(f"{AT}/learnings.md", LEARNT)
    told = run.hook("Stop", END).json["systemMessage"]
    assert "learnings.md is not committed" in told
    run.git("add", "docs")
    run.git("commit", "-qm", "docs: what was learnt")
    run.write(f"{AT}/learnings.md", LEARNT + "\nAnd one more thing.\n")
    assert "learnings.md changed since its commit" in run.hook("Stop", END).json["systemMessage"]
    run.git("commit", "-qam", "docs: and one more thing")
    run.hook("Stop", END)
    assert run.stage() == "pr"
    sent = run.tool("Bash", PR)
    assert not sent.denied, sent.reason


def test_a_person_may_leave_the_learnings_out(run: Executed) -> None:
    _built(run)
    _judged(run)
    run.typed("/approve")
    run.write(f"{AT}/learnings.md", LEARNT)
    run.typed("/waive learnings they live in our wiki")
    run.hook("Stop", END)
    assert run.stage() == "pr"


def test_what_shows_only_where_units_meet_holds_the_gate(run: Executed) -> None:
    same = "def total(cart):\n    # TODO: taxes\n    return 1\n"
    _built(run, WU_002=same, WU_003=same)
    _judged(run)
    held = run.typed("/approve").reason
    assert "`total` is defined at" in held
    assert "`TODO` is left over" in held
    run.hook("Stop", END)
    text = (run.tree / REPORT).read_text()
    assert "- [ ] no cross-unit integration issues" in text
    assert "### Ready for PR: NO" in text
    run.typed("/waive cross-unit the second one goes next week")
    run.typed("/approve")
    assert run.stage() == "capture"
    kept = (run.tree / AT / "final-review.md").read_text()
    assert "waived by a person: cross-unit (the second one goes next week)" in kept
    assert "### Ready for PR: YES" in kept


def test_a_change_after_the_review_takes_the_yes_back(run: Executed) -> None:
    _built(run)
    _judged(run)
    run.write("src/todo/service.py", "done = 2\n")
    held = run.typed("/approve").reason
    assert "tests" in held
    assert "waits for `spec-reviewer` to return DONE on exactly this tree" in held
    assert run.stage() == "final-review"


def test_the_end_of_the_run_archives_where_it_stood(run: Executed) -> None:
    _built(run)
    run.typed("/abandon the feature is not wanted any more")
    folder = run.tree / ".stagelock/units"
    assert "<!-- status: abandoned -->" in (folder / "ACTIVE-PLAN.md").read_text()
    assert not (folder / "EXECUTION-STATE.md").exists()
    kept = list(folder.glob("EXECUTION-STATE-*.md"))
    assert len(kept) == 1
    assert "| WU-005 | COMPLETE | COMMITTED | 0 |" in kept[0].read_text()
    assert (folder / "PROJECT-CONTEXT.md").exists(), "kept for reference"


def test_a_project_may_do_without_learnings(tmp_path: Path) -> None:
    run = Executed(tmp_path, CONFIG + "plan: {learnings: false}\n")
    _built(run)
    _judged(run)
    run.typed("/approve")
    run.hook("Stop", END)
    assert run.stage() == "pr"
