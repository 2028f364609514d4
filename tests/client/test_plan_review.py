"""A plan is judged in the real client: rounds of three reviewers, a lens by its typed command."""

import os
import posix
from pathlib import Path
from typing import Any

import pytest

from stagelock.authoring.config import load_library
from stagelock.store import library, moves, runs
from tests.support.checked import prepared_launcher
from tests.support.judged import THREE, failing, passing
from tests.support.units import TEXT

from .support.client import Client, git_project
from .support.model import Block, Model, Turn, call, say
from .support.terminal import Terminal

pytestmark = pytest.mark.client

AT = "docs/stagelock/paid-lists"
PLAN = f"{AT}/plan.md"
WHY = "no unit migrates the old rows"


def _judging(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose plan waits for its reviewers."""
    tree = client.project
    git_project(tree, {"README.md": "a project\n"})
    data = prepared_launcher(tree.parent / "data")
    monkeypatch.setitem(posix.environ, b"CLAUDE_PLUGIN_DATA", os.fsencode(data))
    prepared_launcher(client.home / ".claude/plugins/data/stagelock-stagelock")
    policy = library.library("/nowhere")["policies"]["execute"]
    settings = load_library(tree)["settings"]
    where = str(client.state), str(tree)
    who = moves.person("terminal", "", str(tree))
    state = moves.start(*where, policy, "plan", "paid lists", settings, who)["state"]
    (tree / AT).mkdir(parents=True)
    (tree / PLAN).write_text(TEXT)
    assert moves.leave(*where, state, who)["state"]["stage"] == "plan-review"


def _stage(client: Client) -> str:
    state, tamper = runs.look(str(client.state), str(client.project))
    assert tamper == ""
    return state["stage"] if state else ""


def _send(*roles: str) -> Turn:
    given = {"description": "x", "prompt": "pass it", "run_in_background": False}
    return [call("Agent", subagent_type=f"stagelock:{role}", **given) for role in roles]


def _judges(*replies: str) -> dict[str, Any]:
    return {
        f"packet for `{role}`": [[say(text)]] for role, text in zip(THREE, replies, strict=True)
    }


def _revised(client: Client, text: str) -> list[Turn]:
    path = str(client.project / PLAN)
    write: Block = call("Write", file_path=path, content=text)
    return [[call("Read", file_path=path)], [write], [say("Revised.\n\nSTATUS: DONE")]]


def test_a_plan_is_judged_in_rounds_until_three_pass(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = passing(PLAN), failing(PLAN, WHY)
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        _judging(client, monkeypatch)
        model.agents = _judges(good, bad, good)
        touch = call("Bash", command=f"echo x >> {PLAN}", description="mend")
        model.turns = [[touch], _send(*THREE), *_revised(client, TEXT + "\nRows migrate first.\n")]
        client.prompt("go on")
        assert "plan-review/otherwise" in model.heard(), "nobody mends a plan under review"
        assert f"round 1/3 of `plan-review` FAIL: completeness-reviewer: {WHY}" in model.heard()
        assert _stage(client) == "plan-review", "revised, it is judged anew"
        model.agents = _judges(good, good, good)
        model.turns = [_send(*THREE), [say("All three passed. STATUS: DONE")]]
        client.prompt("go on")
        assert "all of them passed" in model.heard()
        asked = [
            r for r in model.requests if "packet for `scope-reviewer`" in str(r["messages"][0])
        ]
        assert len(asked) == 2
        assert WHY not in str(asked[-1]["messages"][0]), "the second one judges anew"
        assert _stage(client) == "plan-review", "the question is open, not the gate"
        review = (client.project / AT / "plan-review.md").read_text()
        assert "PASS in round 2." in review
        assert f"Round 1 failed by completeness-reviewer: {WHY}." in review
        model.turns = [[say("Hello to you.")]]
        with Terminal(client) as terminal:
            terminal.type("hello")  # the first prompt of a session is nobody's word
            terminal.wait_for("Hello to you.")
            terminal.type("/approve")
            terminal.wait_for("now in `execute`")


def test_a_third_round_that_fails_waits_for_a_person_who_overrides(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = passing(PLAN), failing(PLAN, WHY)
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        _judging(client, monkeypatch)
        for n in (1, 2, 3):
            model.agents = _judges(good, bad, good)
            more = _revised(client, TEXT + f"\nRevision {n}.\n") if n < 3 else []
            model.turns = [_send(*THREE), *more]
            client.prompt("go on")
        assert "your human decides now: override: /waive reviewers REASON" in model.heard()
        model.turns = [_send(THREE[1]), [say("I wait.")]]
        client.prompt("once more")
        assert "plan-review/escalated" in model.heard()
        model.turns = [[say("Hello to you.")]]
        with Terminal(client) as terminal:
            terminal.type("hello")  # the first prompt of a session is nobody's word
            terminal.wait_for("Hello to you.")
            terminal.type("/approve")
            terminal.wait_for("the gate stays shut")
            terminal.type("/waive reviewers the old rows are gone")
            terminal.wait_for("waived once: reviewers")
            terminal.type("/approve")
            terminal.wait_for("now in `execute`")


def test_a_lens_is_typed_by_its_short_name_and_touches_no_plan(
    version: str, tmp_path: Path
) -> None:
    with Model([]) as model:
        client = Client(version, tmp_path, model.url)
        git_project(client.project, {"PLAN.md": TEXT})
        at = client.project / "docs/stagelock/plan-md/security-review.md"
        text = "# Review\n\n## Findings\n\n- PLAN.md:8 stores anything\n\n## Verdict\n\nFAIL\n"
        model.turns = [
            [call("Write", file_path=str(client.project / "PLAN.md"), content="# Better\n")],
            [call("Bash", command="echo better > PLAN.md", description="mend")],
            [call("Write", file_path=str(at), content=text)],
            [say("It stores anything. STATUS: DONE")],
        ]
        with Terminal(client, mode="bypassPermissions") as terminal:
            terminal.type("/plan-review security PLAN.md")
            terminal.wait_for("It stores anything.")
            assert _stage(client) == "security"
            terminal.type("/approve")
            terminal.wait_for("the run is done")
        assert (client.project / "PLAN.md").read_text() == TEXT
        assert at.read_text() == text
