"""One place name for every spelling of a path."""

from pathlib import Path

import pytest

from stagelock.store import places


def _roots(tmp_path: Path) -> "places.Roots":
    (tmp_path / "tree" / "src").mkdir(parents=True)
    worktree = tmp_path / "tree/.claude/worktrees/agent-1"
    worktree.mkdir(parents=True)
    (worktree / ".git").write_text("gitdir: elsewhere")
    return {
        "tree": str(tmp_path / "tree"),
        "state": str(tmp_path / "home/.local/state/stagelock"),
        "plugin": str(tmp_path / "plugin"),
        "client": str(tmp_path / "home/.claude"),
        "home": str(tmp_path / "home"),
        "bound": False,
    }


def test_to_an_agent_that_is_bound_a_file_of_a_worktree_is_no_file_of_the_tree(
    tmp_path: Path,
) -> None:
    at = {**_roots(tmp_path), "bound": True}
    place = ".claude/worktrees/agent-1/src/app.py"
    assert places.name(place, at["tree"], at) == place


@pytest.mark.parametrize(
    ("spelled", "named"),
    [
        ("src/app.py", "src/app.py"),
        ("./src//app.py", "src/app.py"),
        ("docs/../src/app.py", "src/app.py"),
        ("docs/../../tree/src/app.py", "src/app.py"),
        ("../home/.claude/settings.json", "client:/settings.json"),
        ("../home/.local/state/stagelock/live", "state:/live"),
        ("../plugin/hooks/entry.py", "plugin:/hooks/entry.py"),
        ("../home/notes.txt", "~/notes.txt"),
        ("~/notes.txt", "~/notes.txt"),
        ("/etc/passwd", "/etc/passwd"),
        (".", "."),
        (".claude/worktrees/agent-1/src/app.py", "src/app.py"),
        (".claude/worktrees/forged/src/app.py", ".claude/worktrees/forged/src/app.py"),
        ("client:/projects/x", "./client:/projects/x"),
        ("state:/x", "./state:/x"),
        ("./~/x", "./~/x"),
    ],
)
def test_every_spelling_of_a_place_has_one_name(tmp_path: Path, spelled: str, named: str) -> None:
    at = _roots(tmp_path)
    assert places.name(spelled, at["tree"], at) == named


def test_links_are_followed_in_parents_and_for_files_that_do_not_exist(tmp_path: Path) -> None:
    at = _roots(tmp_path)
    docs = tmp_path / "tree" / "docs"
    docs.symlink_to("src")
    (tmp_path / "tree" / "way-out").symlink_to("/etc")
    (tmp_path / "tree" / "dangling").symlink_to("src/new.py")
    assert places.name("docs/yet-to-be.md", at["tree"], at) == "src/yet-to-be.md"
    assert places.name("way-out/x", at["tree"], at) == "/etc/x"
    assert places.name("dangling", at["tree"], at) == "src/new.py"


def test_a_loop_of_links_and_a_nul_are_errors_not_names(tmp_path: Path) -> None:
    at = _roots(tmp_path)
    (tmp_path / "tree" / "a").symlink_to("b")
    (tmp_path / "tree" / "b").symlink_to("a")
    with pytest.raises(ValueError, match="loop of links"):
        places.name("a/x", at["tree"], at)
    with pytest.raises(ValueError, match="NUL"):
        places.name("a\0b", at["tree"], at)
