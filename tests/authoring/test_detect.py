"""Checks are proposed from a project's files, with where and why; nothing is run to find out."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from stagelock.authoring.detect import KINDS, detect

PROJECTS = Path(__file__).parent / "projects"
TABLE = yaml.safe_load((PROJECTS / "expected.yaml").read_text())
FOLDERS = sorted(path.name for path in PROJECTS.iterdir() if path.is_dir())
# what the project's commands start, where this machine has it
PROGRAMS = {"python": ["pytest", "ruff", "mypy"], "python-plain": ["python"], "node": ["npm"],
            "make": ["make"], "rust": ["cargo"], "go": ["go"]}  # fmt: skip


@pytest.mark.parametrize("name", FOLDERS)
def test_each_kind_of_project_gets_its_checks_with_where_they_are_written(name: str) -> None:
    found = detect(PROJECTS / name)
    told = [[p.name, p.command, p.at, *(["fast"] if p.fast else [])] for p in found.proposals]
    assert told == TABLE[name]["checks"]
    assert [note.split(";")[0] for note in found.notes] == TABLE[name].get("notes", [])
    assert all(p.why for p in found.proposals)


def test_every_project_stands_in_the_table_and_every_kind_has_a_project() -> None:
    assert sorted(TABLE) == FOLDERS
    proposed = {row[1].split(" ")[0] for told in TABLE.values() for row in told["checks"]}
    assert proposed >= {
        "pytest", "ruff", "mypy", "uv", "npm", "pnpm", "yarn", "bun", "cargo", "go", "mvn",
        "./gradlew", "bundle", "vendor/bin/phpunit", "dotnet", "make", "pre-commit",
    }  # fmt: skip
    assert len(KINDS) == 11


@pytest.mark.parametrize("name", PROGRAMS)
def test_proposed_commands_really_pass_where_the_tool_is_at_hand(name: str, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    missing = [p for p in PROGRAMS[name] if not shutil.which(p, path=path)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not on this machine")
    tree = tmp_path / name
    shutil.copytree(PROJECTS / name, tree)
    env = {**os.environ, "PATH": path, "MYPY_CACHE_DIR": str(tmp_path / "cache")}
    for proposal in detect(tree).proposals:
        done = subprocess.run(
            proposal.command, shell=True, cwd=tree, env=env, capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, (proposal.command, done.stdout, done.stderr)


def test_detecting_runs_nothing_of_the_project(tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    for name in ("setup.py", "conftest.py", "noxfile.py"):
        (tmp_path / name).write_text(f"open({str(trap)!r}, 'w')\nimport pytest\n")
    (tmp_path / "Makefile").write_text(f"X := $(shell touch {trap})\ntest:\n\ttouch {trap}\n")
    (tmp_path / "package.json").write_text('{"scripts": {"test": "touch ran"}}')
    assert detect(tmp_path).proposals
    assert not trap.exists()


def test_what_would_make_a_reader_wait_or_swell_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyproject.toml")
    (tmp_path / "package.json").write_text("{" + " " * (2 << 20) + "}")
    (tmp_path / "Makefile").symlink_to("Makefile")
    found = detect(tmp_path)
    assert found.proposals == []
    assert found.notes == ["package.json: larger than 1 MiB, so it was not read"]


def test_damaged_files_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.pytest.ini_options\n\xff\n")
    (tmp_path / "package.json").write_text('{"scripts": {"test": ')
    (tmp_path / "composer.json").write_text("[]")
    (tmp_path / "Makefile").write_text("test:\n\ttrue\n")
    found = detect(tmp_path)
    assert [p.command for p in found.proposals] == ["make test"]
    assert found.notes == [
        "pyproject.toml: not UTF-8, so it was not read",
        "package.json:1: not JSON, so nothing was read from it; mend it first",
        "composer.json:1: no JSON object, so nothing was read from it",
    ]


def test_a_command_that_could_hide_a_second_line_is_not_proposed(tmp_path: Path) -> None:
    text = '{"enforcement": {"command": "pytest\\nrm -rf ~"}}'
    (tmp_path / ".coverage-thresholds.json").write_text(text)
    found = detect(tmp_path)
    assert found.proposals == []
    assert "no single line of text" in found.notes[0]
