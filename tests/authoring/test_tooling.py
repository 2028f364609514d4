"""What a project is built with is told from its files, each with the file that says so."""

import json
from pathlib import Path

from stagelock.authoring.tooling import tooling


def test_a_node_project_says_manager_runner_linter_and_build(tmp_path: Path) -> None:
    scripts = {"test": "vitest run", "lint": "eslint .", "build": "vite build"}
    (tmp_path / "package.json").write_text(json.dumps({"scripts": scripts}))
    (tmp_path / "pnpm-lock.yaml").write_text("lockfileVersion: 9\n")
    assert tooling(tmp_path) == {
        "Package manager": "pnpm (pnpm-lock.yaml)",
        "Test runner": "`pnpm run test` (package.json)",
        "Linter": "`pnpm run lint` (package.json)",
        "Build": "`pnpm run build` (package.json)",
    }


def test_a_python_project_says_what_it_has_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n\n[tool.ruff]\n")
    (tmp_path / "uv.lock").write_text("version = 1\n")
    assert tooling(tmp_path) == {
        "Package manager": "uv (uv.lock)",
        "Test runner": "`uv run pytest -q` (pyproject.toml)",
        "Linter": "`uv run ruff check .` (pyproject.toml)",
    }


def test_an_empty_folder_says_nothing(tmp_path: Path) -> None:
    assert tooling(tmp_path) == {}
