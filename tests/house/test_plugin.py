"""What is shipped: made files are fresh, skills keep their form, the client accepts the plugin."""

import json
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from stagelock.authoring import shipped
from stagelock.authoring.hooks_file import EVENTS
from stagelock.authoring.workflow import json_schema
from stagelock.cli.main import VERBS
from stagelock.hook import main, words
from tests.support.world import ROOT

SKILLS = sorted((ROOT / "skills").iterdir())
README = (ROOT / "README.md").read_text()
# events that 2.1.197 knows: it drops every hook of a plugin for one that it does not
KNOWN = {
    "PreToolUse", "PostToolUse", "PostToolUseFailure", "UserPromptSubmit", "UserPromptExpansion",
    "SessionStart", "SessionEnd", "Stop", "StopFailure", "SubagentStart", "SubagentStop",
    "ConfigChange", "PreCompact", "PostCompact", "PermissionRequest", "Notification",
}  # fmt: skip


@pytest.mark.parametrize("path", list(shipped.made()), ids=lambda p: p.name)
def test_made_files_are_as_their_sources_make_them(path: Path) -> None:
    assert path.read_text() == shipped.made()[path], "run: make build"


@pytest.mark.parametrize("path", sorted(shipped.WORKFLOWS.glob("*.yaml")), ids=lambda p: p.name)
def test_the_published_schema_accepts_what_is_shipped(path: Path) -> None:
    jsonschema.validate(yaml.safe_load(path.read_text()), json_schema())


def test_only_events_the_oldest_client_knows() -> None:
    assert set(EVENTS) <= KNOWN
    assert set(json.loads((ROOT / "hooks/hooks.json").read_text())["hooks"]) == set(EVENTS)
    assert set(main.EVENTS) == set(EVENTS)


@pytest.mark.parametrize("folder", SKILLS, ids=lambda p: p.name)
def test_a_skill_keeps_its_form(folder: Path) -> None:
    text = (folder / "SKILL.md").read_text()
    _, front, body = text.split("---\n", 2)
    fields = yaml.safe_load(front)
    assert fields["name"] == folder.name
    assert fields["description"].startswith("Use when")
    assert len(fields["description"]) <= 300
    # without this, a scheduled prompt would be expanded as if typed, and the model could call it
    is_discipline = folder.name in words.DISCIPLINES
    assert fields.get("disable-model-invocation", False) is not is_discipline
    assert len(body.split()) <= 500
    assert "!`" not in body
    for used in re.findall(r"`stagelock (\w+)", body):
        assert used in VERBS


@pytest.mark.parametrize("name", [*words.STAGES, *words.WORKFLOWS])
def test_a_stage_skill_says_what_it_produces_and_what_it_leaves_alone(name: str) -> None:
    text = (ROOT / "skills" / name / "SKILL.md").read_text()
    for heading in ("Produces", "Leave alone", "At the gate", "When a call is refused"):
        assert f"## {heading}\n" in text
    assert "STATUS: DONE" in text


@pytest.mark.parametrize("name", ["work", "scope", "design", "explore"])
def test_what_opens_a_longer_workflow_offers_the_short_one_for_small_work(name: str) -> None:
    before = (ROOT / "skills" / name / "SKILL.md").read_text().split("## Produces")[0]
    assert "one small change" in before
    assert "`/abandon small`, then `/quick`" in before


def test_every_command_has_its_skill_and_every_skill_its_command() -> None:
    commands = {*words.STAGES, *words.WORKFLOWS, *words.DECIDING, *words.SPEAKING}
    commands |= {"start", "stage", *words.DISCIPLINES}
    assert {folder.name for folder in SKILLS} == commands


@pytest.mark.parametrize("name", sorted(p.name for p in SKILLS))
def test_the_readme_lists_every_typed_command(name: str) -> None:
    shown = f"`{name}`" if name in words.DISCIPLINES else f"/{name}"
    assert shown in README or f"/stagelock:{name}" in README


@pytest.mark.parametrize("verb", VERBS)
def test_the_readme_lists_every_verb_and_every_verb_has_help(verb: str) -> None:
    assert f"stagelock {verb}" in README
    assert VERBS[verb].help


def test_the_repository_names_no_machine() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert tracked
    for name in tracked:
        text = (ROOT / name).read_text(errors="replace")
        assert not re.search(r"(^|[\s\"'`(=])/(root|home/\w+)/", text), name
