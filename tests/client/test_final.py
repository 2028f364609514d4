"""The end of a plan in the real client: no pull request before the final report says YES."""

from pathlib import Path

import pytest

from tests.support.executed import AT, WORK

from .support.client import Client
from .support.model import Block, Model, call, say
from .test_units import Run, _bash, _carried, _scripts

pytestmark = pytest.mark.client

PR = "gh pr create --fill"
PLACE = f"{WORK['WU-001']}:1 assigns what the spec names"
COMPLIANT = f"VERDICT: COMPLIANT\n## Mapping\n- {PLACE}\n## Omissions\n- none\n\nSTATUS: DONE"
GOOD = f"VERDICT: PASS\n## Evidence\n- {PLACE}\n## Findings\n- none\n\nSTATUS: DONE"
LEARNT = (
    "# Learnt\n\n## What we learnt\n\nThe store wants ids.\n\n## What changes\n\nNone needs to.\n"
)
STAND_IN = '#!/bin/sh\nprintf "%s\\n" "$*" >> "{calls}"\necho https://example.org/pull/1\n'


def _send(role: str) -> Block:
    given = {"description": "x", "prompt": "judge", "run_in_background": False}
    return call("Agent", subagent_type=f"stagelock:{role}", **given)


def test_no_pull_request_before_the_report_says_yes_and_what_was_learnt_is_committed(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "calls"
    (tmp_path / "bin").mkdir()
    gh = tmp_path / "bin/gh"
    gh.write_text(STAND_IN.format(calls=calls))
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    done = [say("All that was asked for.\n\nSTATUS: DONE")]
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        run = Run(client, monkeypatch)
        model.agents = _scripts(run)
        model.turns = [*_carried("WU-001"), [say("I wait.")]]
        client.prompt("go on")
        run.approve(), run.approve()
        model.turns = [
            *_carried("WU-002", "WU-003"), *_carried("WU-004"), *_carried("WU-005"),
            [_bash(PR)], done,
        ]  # fmt: skip
        client.prompt("go on")
        assert "(rule execute/otherwise)" in model.heard()
        report = run.tree / ".stagelock/units/FINAL-REPORT.md"
        model.agents = {"for `spec-reviewer`": [[say(COMPLIANT)]], "for `reviewer`": [[say(GOOD)]]}
        model.turns = [[say("I look.")]]
        client.prompt("go on")
        assert report.read_text().endswith("### Ready for PR: NO\n")
        model.turns = [
            [_bash(PR)], [_send("spec-reviewer")], [_send("reviewer")], [say("Both passed.")]
        ]  # fmt: skip
        client.prompt("go on")
        assert "(rule final-review/otherwise)" in model.heard()
        assert report.read_text().endswith("### Ready for PR: YES\n"), report.read_text()
        run.approve()
        assert (run.tree / AT / "final-review.md").read_text() == report.read_text()
        learn = call("Write", file_path=str(run.tree / AT / "learnings.md"), content=LEARNT)
        model.turns = [[_bash(PR)], [learn], done]
        client.prompt("go on")
        assert "(rule capture/otherwise)" in model.heard()
        assert not calls.exists(), "nothing was sent so far"
        model.turns = [
            [_bash("git add docs")], [_bash("git commit -m 'docs: what was learnt'")], done,
        ]  # fmt: skip
        client.prompt("go on")
        model.turns = [[_bash(PR)], [say("It is sent.")]]
        client.prompt("go on")
        assert calls.read_text() == "pr create --fill\n", model.results()
