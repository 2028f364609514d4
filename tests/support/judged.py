"""A plan that its three reviewers pass, as the store hears of it; and what a reviewer replies."""

from __future__ import annotations

import time

from stagelock.store import agents, reports, rounds, runs
from stagelock.store import tree as trees

THREE = ("feasibility-reviewer", "completeness-reviewer", "scope-reviewer")
FIVE = (
    "product-reviewer", "engineering-reviewer", "design-reviewer", "security-reviewer",
    "cto-reviewer",
)  # fmt: skip


def plan_passed(home: str, tree: str) -> None:
    """Let each reviewer that the live stage waits for say DONE of the tree as it is."""
    state, tamper = runs.look(home, tree)
    assert state is not None
    assert tamper == ""
    for n, role in enumerate(state["exit"]["needs"]):
        agent = f"judge{n}"
        known = {"agent": agent, "session": "s", "run": state["run"], "stage": state["stage"]}
        agents.started(home, tree, {**known, "role": role, "at": time.time()})  # type: ignore[typeddict-item]
        now = trees.take(home, tree)
        agents.sent(home, tree, agent, {"role": role, "prompt": role, "tree": now, "ours": True})
        end: agents.End = {"word": "DONE", "why": "", "own": True, "at": time.time()}
        agents.ended(home, tree, agent, end)
        reports.settle(home, tree, agent, "s")
    assert "all of them passed" in rounds.settle(home, tree, "s")


def passing(path: str) -> str:
    """What a reviewer replies who finds nothing against a document."""
    return (
        f"VERDICT: PASS\n\n## Evidence\n- {path}:3 says what is built, and the tree has room for it"
        "\n\n## Findings\n- none\n\nSTATUS: DONE"
    )


def failing(path: str, why: str) -> str:
    """What a reviewer replies who finds one blocking thing."""
    return (
        f"VERDICT: FAIL\n\n## Evidence\n- {path}:3 says what is built\n\n"
        f"## Findings\n- BLOCKING {path}:8 {why}\n\nSTATUS: BLOCKED - {why}"
    )
