"""Agents, roles, workflows and their page name the same agents with the same tools."""

import re
from pathlib import Path

import pytest
import yaml

from stagelock.core.agents.roles import OURS, ROLES
from stagelock.core.agents.status import WORDS
from stagelock.core.tools import TOOLS
from stagelock.store import library
from tests.support.world import ROOT

SKILLS = sorted((ROOT / "skills").glob("*/SKILL.md"))
AGENTS = sorted((ROOT / "agents").glob("*.md"))
PAGE = (ROOT / "docs/agents.md").read_text()
# the client ignores these in a plugin's agent, or adds tools by them (2.1.197)
USELESS = {"hooks", "mcpServers", "permissionMode", "memory", "initialPrompt"}


def _parts(path: Path) -> tuple[dict[str, str], str]:
    _, front, body = path.read_text().split("---\n", 2)
    return yaml.safe_load(front), body


def test_there_is_one_file_for_each_role() -> None:
    assert {OURS + path.stem for path in AGENTS} == set(ROLES)


@pytest.mark.parametrize("path", AGENTS, ids=lambda p: p.stem)
def test_an_agent_has_exactly_the_tools_of_its_role(path: Path) -> None:
    front, _ = _parts(path)
    assert front["name"] == path.stem
    assert front["tools"].split(", ") == ROLES[OURS + path.stem]["tools"]
    assert set(front["tools"].split(", ")) <= set(TOOLS)
    assert not USELESS & set(front)


@pytest.mark.parametrize("path", AGENTS, ids=lambda p: p.stem)
def test_an_agent_keeps_its_form(path: Path) -> None:
    front, body = _parts(path)
    assert front["description"].startswith("Use when")
    assert len(front["description"]) <= 300
    assert len(body.split()) <= 350
    headings = [line for line in body.splitlines() if line.startswith("## ")]
    assert headings == ["## You receive", "## You deliver", "## You do not", "## STATUS"]
    for word in WORDS:
        assert f"`STATUS: {word}" in body


@pytest.mark.parametrize("name", library.SHIPPED)
def test_a_workflow_names_only_agents_that_exist(name: str) -> None:
    policy = library.library("/nowhere")["policies"][name]
    named = {*policy["agents"]}
    for order in policy["agents"].values():
        named |= {*order["needs"], *order["closes"]}
    rules = [r for stage in policy["stages"].values() for r in stage["allow"]]
    for rule in [*policy["never"], *policy["always"], *rules]:
        named |= {*rule["agents"], *rule["roles"]}
    assert {one for one in named if one.startswith(OURS)} <= set(ROLES)


def test_every_agent_but_the_coordinator_is_sent_somewhere() -> None:
    sent = set()
    for policy in library.library("/nowhere")["policies"].values():
        for stage in policy["stages"].values():
            for rule in [*policy["always"], *stage["allow"]]:
                sent |= set(rule["agents"])
    assert set(ROLES) - sent == {"stagelock:coordinator"}


@pytest.mark.parametrize("role", ROLES)
def test_the_page_lists_every_agent_and_its_tools(role: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{role[len(OURS) :]}`"))
    assert ", ".join(ROLES[role]["tools"]) in row


@pytest.mark.parametrize("path", SKILLS, ids=lambda p: p.parent.name)
def test_a_skill_names_only_agents_that_its_stages_send(path: Path) -> None:
    named = set(re.findall(r"`(stagelock:[a-z-]+)`", path.read_text()))
    assert named <= set(ROLES)
    skill = path.parent.name
    sent = {f"{OURS}nobody"}
    for workflow, policy in library.library("/nowhere")["policies"].items():
        for stage, body in policy["stages"].items():
            if skill in (stage, workflow, {"two-gates": "work"}.get(workflow)):
                for rule in [*policy["always"], *body["allow"]]:
                    sent |= set(rule["agents"])
    assert named <= sent


def test_no_reviewer_has_more_than_eyes() -> None:
    for role, may in ROLES.items():
        if "reviewer" in role:
            assert (may["tools"], may["shell"], may["edits"]) == (["Read", "Grep", "Glob"], [], "")
