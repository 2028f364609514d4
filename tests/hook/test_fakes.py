"""Faked reds and greens: each row is played through the hooks, and refused with its reason."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.checked import begin
from tests.support.hunted import done, run, write
from tests.support.repository import Repository

TABLE = yaml.safe_load((Path(__file__).parents[1] / "cases/fakes.yaml").read_text())
RECORDS = "docs/stagelock/a-page-is-missing/"
CHECKS = {
    "python": "checks:\n  - {name: tests, command: python -m pytest -q}\n",
    "javascript": "checks:\n  - {name: tests, command: node --test}\n",
}


def hunt(base: Path, project: dict[str, Any], name: str) -> Repository:
    """Begin at `reproduce`, the cause told and seen, as the stages before leave it."""
    world = Repository(base)
    for path, text in project["files"].items():
        world.write(path, text)
    ignored = "__pycache__/\n.stagelock/\n.pytest_cache/\n*.log\ncheck.sh\nlint.sh\n"
    world.write(".gitignore", ignored)
    world.git("add", "-A")
    world.git("commit", "-qm", "second")
    begin(world, "fix", "a page is missing", CHECKS[name], "reproduce")
    place = project["cause"]
    cause = f"## Cause\nOne is missing because one too many is taken off at {place}\n"
    world.write(RECORDS + "root-cause.md", f"{cause}\n## Reproduction\n`{project['sees_it']}`\n")
    return world


def red(world: Repository, project: dict[str, Any], row: dict[str, Any]) -> str:
    """Write the test of the row, run it, commit; returns what the commit is told."""
    for path, text in row.get("files", {}).items():
        assert not write(world, path, text).denied
    assert not write(world, project["test"], row.get("text", project["text"])).denied
    write(world, RECORDS + "reproduction.md", f"# R\n\n## Test\n`{project['command']}`\n")
    run(world, project["command"])
    added = row.get("add", "-A")
    return run(world, f"git add {added} && git commit -qm 'red: reproduce the missing page'")


@pytest.mark.parametrize("row", TABLE["red"], ids=lambda row: row["why"])
def test_a_faked_red_is_refused_with_its_reason(tmp_path: Path, row: dict[str, Any]) -> None:
    project = TABLE["projects"][row["project"]]
    world = hunt(tmp_path, project, row["project"])
    if "before" in row:
        assert f"(rule {row['rule']})" in run(world, row["before"])
        return
    told = red(world, project, row)
    if "said" in row:
        assert row["said"] in told
        assert "refused" in told
    else:
        assert "refused" not in told
        assert row["replay"] in run(world, "stagelock replay")
        assert row["replay"] in done(world)
    assert world.stage() == "reproduce"


@pytest.mark.parametrize("row", TABLE["green"], ids=lambda row: row["why"])
def test_a_faked_green_is_refused_with_its_reason(tmp_path: Path, row: dict[str, Any]) -> None:
    project = TABLE["projects"][row["project"]]
    files = {**project["files"], **row.get("files", {})}
    world = hunt(tmp_path, {**project, "files": files}, row["project"])
    red(world, project, {"text": row.get("test_text", project["text"])})
    run(world, "stagelock replay")
    assert "now in `repair`" in done(world)
    for path, text in row.get("writes", {}).items():
        refused = write(world, path, text).reason
        assert f"(rule {row['rule']}" in refused if "rule" in row else not refused
        world.write(path, text)  # and by whatever way it came there, it does not count
    if "run" in row:
        assert f"(rule {row['rule']}" in run(world, row["run"])
        (world.tree / row["deletes"]).unlink()
    run(world, project["command"])
    run(world, "stagelock verify")
    told = run(world, f"git add {row.get('add', '-A')} && git commit -qm 'green: fix it'")
    if "said" in row:
        assert row["said"] in told
        assert "refused" in told
    elif "gate" in row:
        assert row["gate"] in done(world)
    else:
        assert "refused" not in told
        assert row["replay"] in run(world, "stagelock replay")
        assert row["replay"] in done(world)
    assert world.stage() == "repair"


@pytest.mark.parametrize("name", TABLE["projects"])
def test_the_same_road_taken_honestly_ends_green(tmp_path: Path, name: str) -> None:
    project = TABLE["projects"][name]
    world = hunt(tmp_path, project, name)
    red(world, project, {})
    assert "replay: `stagelock replay` passed, recorded" in run(world, "stagelock replay")
    assert "now in `repair`" in done(world)
    for path, text in project["mended"].items():
        write(world, path, text)
    run(world, project["command"])
    run(world, "stagelock verify")
    assert run(world, "git add -A && git commit -qm 'green: fix the last page'") == ""
    assert "replay: `stagelock replay` passed, recorded" in run(world, "stagelock replay")
    assert "now in `refactor`" in done(world)
