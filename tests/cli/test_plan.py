"""`stagelock plan`: what a person and a hook get to read."""

import json
import subprocess
from pathlib import Path

from click.testing import CliRunner, Result

from stagelock.cli.main import main

GOOD = (Path(__file__).parents[1] / "authoring/plans/good.md").read_text()


def _run(*argv: str) -> Result:
    return CliRunner().invoke(main, ["plan", *argv])


def _tree(tmp_path: Path, text: str) -> Path:
    (tmp_path / ".git").mkdir()
    path = tmp_path / "docs/plan.md"
    path.parent.mkdir()
    path.write_text(text)
    return path


def test_a_whole_plan_is_told_in_one_line(tmp_path: Path) -> None:
    done = _run("check", str(_tree(tmp_path, GOOD)))
    assert (done.exit_code, done.output) == (0, "whole: 5 units, 2 checkpoints, 2 endpoints\n")


def test_every_mistake_is_told_with_file_and_line(tmp_path: Path) -> None:
    path = _tree(tmp_path, GOOD.replace("- **Depends on**: none", "- **Depends on**: WU-005"))
    done = _run("check", str(path))
    assert done.exit_code == 1
    assert done.output == (
        f"{path}:14: WU-001: depends on itself in a circle: "
        "WU-001 -> WU-005 -> WU-003 -> WU-001; cut one of them\n"
    )


def test_a_program_reads_the_compiled_plan_or_the_mistakes(tmp_path: Path) -> None:
    path = _tree(tmp_path, GOOD)
    found = json.loads(_run("check", str(path), "--json").output)
    assert found["errors"] == []
    assert found["plan"]["units"][4]["needs"] == ["WU-003", "WU-004"]
    path.write_text(GOOD.replace("## Pre-flight", "## Thoughts"))
    found = json.loads(_run("check", str(path), "--json").output)
    assert found["plan"] is None
    assert found["errors"][0].startswith(f"{path}:1: Pre-flight: the section is missing")


def test_the_story_beside_the_plan_is_covered(tmp_path: Path) -> None:
    path = _tree(tmp_path, GOOD)
    (path.parent / "story.md").write_text("## Acceptance criteria\n\n- AC-1: a list is kept\n")
    assert "AC-1 is not covered by plan.md" in _run("check", str(path)).output


def test_the_trees_config_and_example_environment_count(tmp_path: Path) -> None:
    path = _tree(tmp_path, GOOD.replace(", .env.example", ""))
    assert "`.env.example` lacks `STRIPE_KEY`" in _run("check", str(path)).output
    (tmp_path / ".env.example").write_text("STRIPE_KEY=\nSTRIPE_PRICE=\n")
    assert _run("check", str(path)).exit_code == 0
    (tmp_path / ".stagelock").mkdir()
    (tmp_path / ".stagelock/config.yaml").write_text("plan: {risky: {web: ['web/**']}}\n")
    assert "touches web (`web/App.tsx`)" in _run("check", str(path)).output
    (tmp_path / ".stagelock/config.yaml").write_text("plan: {risk: {}}\n")
    assert "did you mean `risky`" in _run("check", str(path)).output


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    path = _tree(tmp_path, "")
    path.write_bytes(b"\xff\xfe")
    done = _run("check", str(path))
    assert done.exit_code == 1
    assert "is not UTF-8; save the file as UTF-8" in done.output


def _git(tree: Path, *argv: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *who, *argv], cwd=tree, check=True, capture_output=True)


def test_the_change_is_reviewed_against_the_plan(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q", "-b", "trunk")
    path = tmp_path / "docs/plan.md"
    path.parent.mkdir()
    path.write_text(GOOD)
    _git(tmp_path, "add", "-A")
    _git(tmp_path, "commit", "-qm", "plan")
    _git(tmp_path, "checkout", "-qb", "work")
    clean = _run("review", str(path), "--base", "trunk")
    assert (clean.exit_code, clean.output) == (0, "nothing found between trunk and HEAD\n")
    (tmp_path / "setup.cfg").write_text("# FIXME\n")
    _git(tmp_path, "add", "-A")
    _git(tmp_path, "commit", "-qm", "more")
    done = _run("review", str(path), "--base", "trunk", "--json")
    assert done.exit_code == 1
    assert json.loads(done.output)["findings"] == [
        "setup.cfg:1: `FIXME` is left over; do it, or open an issue and remove it",
        "setup.cfg:1: changed, and in no unit's file scope; put it back or give it to a unit",
    ]
    done = _run("review", str(path), "--base", "nowhere")
    assert done.exit_code == 1
    assert "name another with --base" in done.output


def test_no_change_is_reviewed_against_a_plan_that_is_not_whole(tmp_path: Path) -> None:
    path = _tree(tmp_path, GOOD.replace("## Pre-flight", "## Thoughts"))
    assert "is not whole; mend it first" in _run("review", str(path)).output


def test_a_base_that_is_an_option_of_git_is_none(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/plan.md").write_text(GOOD)
    done = _run("review", str(tmp_path / "docs/plan.md"), f"--base=--output={tmp_path}/written")
    assert "is no commit; name a branch or a commit with --base" in done.output
    assert not list(tmp_path.glob("written*"))
