"""The second net: git itself refuses what the stage forbids, with every hook of the client off."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stagelock.hook.git import HOOKS
from stagelock.store import moves
from stagelock.store.repository import git_hooks
from stagelock.store.repository.hook_script import OURS, script
from tests.support.repository import Repository


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with the hooks installed and nothing live."""
    repo = _plain(tmp_path, monkeypatch)
    repo.install()
    return repo


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository without the hooks."""
    return _plain(tmp_path, monkeypatch)


def _plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repo = Repository(tmp_path)
    monkeypatch.setenv("HOME", str(repo.home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    return repo


def test_outside_a_run_the_hooks_are_silent(repo: Repository) -> None:
    done = repo.commit("a.py", "x = 1\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "Notes" not in repo.git("log", "-1", "--notes=*")
    repo.start()
    other = repo.home / "other"
    repo.git("clone", "-q", str(repo.tree), str(other))
    git_hooks.install(str(repo.state), str(other), notes=False)
    (other / "b.py").write_text("y = 1\n")
    repo.git("add", "-A", folder=other)
    done = repo.try_git("commit", "-qm", "beside a live run", folder=other)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_commit_that_the_stage_forbids_is_refused_in_the_words_of_the_gate(
    repo: Repository,
) -> None:
    repo.start()
    done = repo.commit("a.py", "x = 1\n")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == (
        "[stagelock] refused: git commit in stage `prepare` (rule prepare/otherwise)"
    )
    assert "next: finish docs/stagelock/add-login/plan.md" in done.stderr
    assert repo.git("log", "--format=%s") == "first"
    refused = [e for e in repo.journal() if e["event"] == "refused"]
    assert (refused[-1]["rule"], refused[-1]["role"]) == ("prepare/otherwise", "git")


def test_a_pause_for_one_session_lets_only_its_own_commits_through(repo: Repository) -> None:
    repo.start()
    who = moves.person("typed", "this-one", str(repo.tree))
    pause: Any = {"session": "this-one", "prompt": "p-1"}
    moves.off(str(repo.state), str(repo.tree), repo.look(), who, 5, "hotfix", pause)
    assert repo.commit("a.py", "x = 1\n").returncode == 1
    other = repo.try_git("commit", "-qm", "x", CLAUDE_CODE_SESSION_ID="another")
    assert "(rule prepare/otherwise)" in other.stderr
    assert repo.try_git("commit", "-qm", "x", CLAUDE_CODE_SESSION_ID="this-one").returncode == 0


def test_a_pause_for_another_session_takes_no_evidence_away(repo: Repository) -> None:
    repo.start()
    repo.approve()
    who = moves.person("typed", "this-one", str(repo.tree))
    pause: Any = {"session": "this-one", "prompt": ""}
    moves.off(str(repo.state), str(repo.tree), repo.look(), who, 5, "a spike", pause)
    done = repo.commit("a.py", "x = 1\n")
    assert "(rule implement/unverified)" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["commit", "-qm", "x", "--no-verify"],
        ["-c", "core.hooksPath=.git/hooks", "commit", "-qnm", "x"],
        ["commit", "-q", "--amend", "--no-verify", "-m", "x"],
        ["merge", "-q", "--no-verify", "--no-ff", "-m", "x", "side"],
        ["cherry-pick", "side"],
        ["revert", "--no-edit", "HEAD"],
        ["rebase", "-q", "side"],
    ],
)  # fmt: skip
def test_no_way_to_a_commit_passes_by_a_stage_that_makes_none(
    repo: Repository, words: list[str]
) -> None:
    repo.git("checkout", "-qb", "side")
    assert repo.commit("side.py", "s = 1\n").returncode == 0
    repo.git("checkout", "-q", "main")
    assert repo.commit("main.py", "m = 1\n").returncode == 0
    before = repo.git("log", "--all", "--format=%H %s")
    repo.start()
    if "commit" in words:
        repo.write("a.py", "x = 1\n")
        repo.git("add", "a.py")
    done = repo.try_git(*words, GIT_EDITOR="true")
    assert done.returncode != 0
    assert "[stagelock] refused: git" in done.stderr
    assert repo.git("log", "--all", "--format=%H %s") == before


def test_what_makes_no_commit_goes_on_in_every_stage(repo: Repository) -> None:
    repo.start()
    repo.git("branch", "other")
    repo.git("stash", "-u", "-q")
    repo.git("stash", "pop", "-q")
    repo.git("worktree", "add", "-q", "-b", "beside", str(repo.home / "beside"))
    repo.git("checkout", "-q", "other")
    repo.git("tag", "v1")


def test_a_commit_needs_evidence_on_this_very_tree_where_the_stage_asks_for_it(
    repo: Repository,
) -> None:
    repo.start()
    repo.approve()
    repo.git("add", "-A")
    done = repo.try_git("commit", "-qm", "unverified")
    assert done.returncode == 1
    assert "git commit in stage `implement` (rule implement/unverified)" in done.stderr
    assert "check `tests` has not been seen to pass" in done.stderr
    repo.verify()
    assert repo.commit("late.py", "x = 1\n").returncode == 1
    repo.verify()
    done = repo.try_git("commit", "-qm", "verified")
    assert done.returncode == 0, done.stderr
    assert repo.git("log", "-1", "--format=%s") == "verified"


def test_content_that_was_staged_and_then_taken_back_is_not_what_the_checks_saw(
    repo: Repository,
) -> None:
    repo.start()
    repo.approve()
    repo.write("a.py", "broken\n")
    repo.git("add", "-A")
    repo.write("a.py", "x = 1\n")
    repo.verify()
    done = repo.try_git("commit", "-qm", "sneaked")
    assert done.returncode == 1
    assert "git commit in stage `implement` (rule implement/staged)" in done.stderr
    assert "because: not as it was verified: a.py" in done.stderr
    assert repo.try_git("commit", "-qam", "all").returncode == 0
    assert repo.git("show", "HEAD:a.py") == "x = 1"
    repo.write("b.py", "y = 1\n")
    repo.write("notes.txt", "unfinished\n")
    repo.git("add", "b.py")
    repo.verify()
    done = repo.try_git("commit", "-qm", "one file of two")
    assert done.returncode == 0, done.stderr


def test_a_failed_check_on_this_tree_is_no_evidence(repo: Repository) -> None:
    repo.start()
    repo.approve()
    repo.git("add", "-A")
    repo.verify(exit=1)
    done = repo.try_git("commit", "-qm", "red")
    assert "check `tests` failed (exit 1)" in done.stderr


def test_a_persons_pause_is_honoured(repo: Repository) -> None:

    repo.start()
    who = moves.person("terminal", "", str(repo.tree))
    moves.off(str(repo.state), str(repo.tree), repo.look(), who, 5, "hotfix")
    done = repo.commit("a.py", "x = 1\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert repo.note()["off"] == "hotfix"


def test_a_push_is_held_to_the_stage_and_takes_nothing_away(repo: Repository) -> None:

    remote = repo.home / "remote.git"
    repo.git("init", "-q", "--bare", str(remote))
    repo.git("remote", "add", "origin", str(remote))
    repo.git("push", "-q", "origin", "main")
    repo.start()
    done = repo.try_git("push", "origin", "main:other")
    assert done.returncode == 1
    assert "refused: git push in stage `prepare`" in done.stderr
    repo.approve()
    repo.git("add", "-A")
    repo.verify()
    repo.git("commit", "-qm", "good")
    repo.git("push", "-q", "origin", "main")
    for words in (["--delete", "origin", "main"], ["-f", "origin", "HEAD~1:main"]):
        done = repo.try_git("push", *words)
        assert "(rule never/rewrite-pushed)" in done.stderr
    who = moves.person("terminal", "", str(repo.tree))
    moves.off(str(repo.state), str(repo.tree), repo.look(), who, 5, "clean up")
    assert repo.try_git("push", "-f", "origin", "HEAD~1:main").returncode == 0


def test_changed_records_are_a_refusal(repo: Repository) -> None:
    repo.start()
    stage = repo.tree / ".stagelock/stage.json"
    stage.write_text(stage.read_text().replace("prepare", "implement"))
    assert "(rule tamper/stage-file)" in repo.commit("a.py", "x = 1\n").stderr
    stage.unlink()
    assert "(rule tamper/stage-file)" in repo.commit("b.py", "x = 1\n").stderr


def test_another_state_home_and_another_work_tree_find_the_run(repo: Repository) -> None:
    repo.start()
    repo.write("a.py", "x = 1\n")
    repo.git("add", "a.py")
    done = repo.try_git("commit", "-qm", "x", XDG_STATE_HOME=str(repo.home / "elsewhere"))
    assert done.returncode == 1
    assert "[stagelock] refused" in done.stderr
    work = repo.home / "work"
    work.mkdir()
    where = {"GIT_DIR": str(repo.tree / ".git"), "GIT_WORK_TREE": str(work)}
    done = repo.try_git("commit", "-qm", "x", folder=work, **where)
    assert done.returncode == 1
    assert "[stagelock] refused" in done.stderr


def test_a_subagents_work_tree_follows_the_run_whatever_its_shell_says(repo: Repository) -> None:
    beside = repo.tree / ".claude/worktrees/agent-1"
    repo.git("worktree", "add", "-q", "-b", "agent", str(beside))
    repo.start()
    (beside / "a.py").write_text("x = 1\n")
    repo.git("add", "a.py", folder=beside)
    for more in ({}, {"XDG_STATE_HOME": "/nowhere"}):
        done = repo.try_git("commit", "-qm", "x", folder=beside, **more)
        assert done.returncode == 1
        assert "refused: git commit in stage `prepare` (rule prepare/otherwise)" in done.stderr


def test_a_work_tree_elsewhere_stands_alone(repo: Repository) -> None:
    beside = repo.home / "beside"
    repo.git("worktree", "add", "-q", "-b", "other", str(beside))
    repo.start()
    (beside / "a.py").write_text("x = 1\n")
    repo.git("add", "a.py", folder=beside)
    done = repo.try_git("commit", "-qm", "x", folder=beside)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_note_that_cannot_be_written_is_told_and_the_commit_stands(repo: Repository) -> None:
    repo.start()
    repo.approve()
    repo.git("add", "-A")
    repo.verify()
    repo.write(".git/refs/notes/stagelock.lock", "")
    done = repo.try_git("commit", "-qm", "good")
    assert done.returncode == 0
    assert done.stderr.startswith(
        "[stagelock] the commit stands, but its evidence was not attached"
    )
    assert "refused" not in done.stderr


def test_where_the_plugin_is_gone_a_live_tree_stays_shut_and_others_work(
    repo: Repository, tmp_path: Path
) -> None:
    for name in OURS:
        hook = repo.tree / ".git/hooks" / name
        hook.write_text(hook.read_text().replace("/hooks/git.py", "/gone/git.py"))
    assert repo.commit("a.py", "x = 1\n").returncode == 0
    repo.start()
    done = repo.commit("b.py", "x = 1\n")
    assert done.returncode == 1
    assert "(rule error/no-entry)" in done.stderr


def test_the_hooks_run_on_the_systems_python_alone(repo: Repository) -> None:
    """The interpreter that the scripts start first, where it is not the one of the tests."""
    if not os.access("/usr/bin/python3", os.X_OK):
        pytest.skip("no /usr/bin/python3 here")
    repo.start()
    done = subprocess.run(
        ["/usr/bin/python3", "-I", "-S", git_hooks.ENTRY, "pre-commit"],
        cwd=repo.tree, env={"HOME": str(repo.home), "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("[stagelock] refused: git commit")


# beside the hooks of others


def _hook(path: Path, text: str) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path.read_bytes()


def test_a_persons_own_hooks_go_on_in_place_and_are_untouched_after(plain: Repository) -> None:
    folder = plain.tree / ".git/hooks"
    own = _hook(folder / "pre-commit", f'echo "$0" >>{plain.home}/ran; exit 0')
    _hook(folder / "prepare-commit-msg", f"echo prepare >>{plain.home}/ran")
    _hook(folder / "my-hook", "true")
    config = (plain.tree / ".git/config").read_bytes()
    assert "in front of" in plain.install()[0]
    assert plain.commit("a.py", "x = 1\n").returncode == 0
    assert (plain.home / "ran").read_text().split() == [str(folder / "pre-commit"), "prepare"]
    plain.start()
    assert "refused" in plain.commit("b.py", "x = 1\n").stderr
    git_hooks.uninstall(str(plain.tree))
    assert (folder / "pre-commit").read_bytes() == own
    assert (plain.tree / ".git/config").read_bytes() == config
    assert not (plain.tree / ".git/stagelock").exists()


def test_a_hook_of_a_person_that_says_no_is_heard(plain: Repository) -> None:
    _hook(plain.tree / ".git/hooks/commit-msg", 'grep -q change "$1" || exit 7')
    _hook(plain.tree / ".git/hooks/pre-push", 'read -r a b c d; echo "$1 $c" >&2; exit 3')
    plain.install()
    plain.write("a.py", "x = 1\n")
    plain.git("add", "-A")
    assert plain.try_git("commit", "-qm", "no").returncode != 0
    assert plain.try_git("commit", "-qm", "a change").returncode == 0
    remote = plain.home / "remote.git"
    plain.git("init", "-q", "--bare", str(remote))
    plain.git("remote", "add", "origin", str(remote))
    done = plain.try_git("push", "origin", "main")
    assert done.returncode != 0
    assert "origin refs/heads/main" in done.stderr


def test_a_formatter_behind_that_changes_the_tree_is_seen(plain: Repository) -> None:
    _hook(plain.tree / ".git/hooks/pre-commit", "echo formatted >>a.py; git add a.py")
    plain.install()
    plain.start()
    plain.approve()
    plain.write("a.py", "x = 1\n")
    plain.git("add", "-A")
    plain.verify()
    done = plain.try_git("commit", "-qm", "x")
    assert done.returncode == 1
    assert "passed, and the tree changed since" in done.stderr


@pytest.mark.parametrize("where", [".githooks", ".husky/_"])
def test_a_folder_of_hooks_set_by_the_project_goes_on(plain: Repository, where: str) -> None:
    _hook(plain.tree / where / "pre-commit", f'echo "$0" >>{plain.home}/ran')
    plain.git("config", "core.hooksPath", where)
    config = plain.tree / ".git/config"
    config.write_text(config.read_text().replace("hooksPath = ", "hooksPath="))
    before = config.read_bytes()
    plain.install()
    assert plain.commit("a.py", "x = 1\n").returncode == 0
    assert (plain.home / "ran").read_text() == f"{where}/pre-commit\n"
    plain.start()
    assert "refused" in plain.commit("b.py", "x = 1\n").stderr
    assert [p.name for p in (plain.tree / where).iterdir()] == ["pre-commit"]
    git_hooks.uninstall(str(plain.tree))
    assert config.read_bytes() == before


def test_a_folder_of_hooks_set_for_all_repositories_goes_on(plain: Repository) -> None:
    _hook(plain.home / "hooks/pre-commit", f"echo ran >>{plain.home}/ran")
    plain.git("config", "--global", "core.hooksPath", "~/hooks")
    plain.install()
    assert plain.commit("a.py", "x = 1\n").returncode == 0
    assert (plain.home / "ran").read_text() == "ran\n"
    git_hooks.uninstall(str(plain.tree))
    assert plain.git("config", "--get", "core.hooksPath") == "~/hooks"


def test_a_tool_that_installs_its_hook_later_and_keeps_ours_works(repo: Repository) -> None:
    """As `pre-commit install` does: the hook it finds becomes NAME.legacy, started by its own."""
    folder = repo.tree / ".git/hooks"
    (folder / "pre-commit").rename(folder / "pre-commit.legacy")
    _hook(folder / "pre-commit", 'exec "$(dirname "$0")/pre-commit.legacy" "$@"')
    repo.start()
    assert "refused: git commit" in repo.commit("a.py", "x = 1\n").stderr
    assert git_hooks.status(str(repo.tree))["missing"] == []
    told = git_hooks.uninstall(str(repo.tree))
    assert any("another's by now, and stays" in line for line in told)
    assert sorted(p.name for p in folder.iterdir() if "sample" not in p.name) == ["pre-commit"]


def test_settings_changed_since_are_kept_and_ours_go(plain: Repository) -> None:
    plain.git("remote", "add", "origin", str(plain.home))
    plain.install(notes=True)
    plain.git("config", "user.nickname", "mine")
    git_hooks.uninstall(str(plain.tree))
    text = (plain.tree / ".git/config").read_text()
    assert "nickname = mine" in text
    assert "notes" not in text
    assert "fetch = +refs/heads/*:refs/remotes/origin/*" in text


def test_a_remote_without_notes_is_fetched_from_as_before(plain: Repository) -> None:
    remote = plain.home / "remote.git"
    plain.git("init", "-q", "--bare", str(remote))
    plain.git("remote", "add", "origin", str(remote))
    plain.install(notes=True)
    plain.git("push", "-q", "origin", "main")
    assert plain.git("fetch", "origin") == ""
    plain.git("notes", "--ref", "stagelock", "add", "-m", "x")
    plain.git("push", "-q", "origin", "main:other")
    plain.git("update-ref", "-d", "refs/notes/origin/stagelock")
    plain.git("fetch", "-q", "origin")
    assert plain.git("notes", "--ref", "origin/stagelock", "show") == "x"


def test_installing_twice_is_installing_once(plain: Repository) -> None:
    config = (plain.tree / ".git/config").read_bytes()
    folder = sorted(p.name for p in (plain.tree / ".git").iterdir())
    plain.git("config", "core.hooksPath", "")
    plain.git("config", "--unset", "core.hooksPath")
    for _ in range(2):
        plain.install(notes=True)
    assert git_hooks.holds(git_hooks.status(str(plain.tree)))
    git_hooks.uninstall(str(plain.tree))
    assert (plain.tree / ".git/config").read_bytes() == config
    assert sorted(p.name for p in (plain.tree / ".git").iterdir()) == folder


def test_status_tells_what_switched_the_hooks_off(repo: Repository) -> None:
    assert repo.stagelock("git-hooks", "status").returncode == 0
    repo.git("config", "core.hooksPath", ".husky/_")
    (repo.tree / ".git/hooks/pre-push").unlink()
    done = repo.stagelock("git-hooks", "status")
    assert done.returncode == 1
    assert "git starts the hooks of another folder (core.hooksPath)" in done.stdout
    assert "missing    pre-push; run: stagelock git-hooks install" in done.stdout


def test_only_a_person_takes_the_hooks_away(repo: Repository) -> None:
    done = repo.stagelock("git-hooks", "uninstall")
    assert done.returncode == 1
    assert "(rule never/human-door)" in done.stderr
    assert git_hooks.holds(git_hooks.status(str(repo.tree)))


@pytest.mark.parametrize("name", OURS)
def test_every_script_is_shell_that_any_sh_reads(name: str) -> None:
    for behind in ("", "/a b/it's"):
        text = script(name, "/home/x y/stagelock", behind, notes=True)
        done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)
        assert done.stderr == ""
    assert {*HOOKS, "post-commit"} == set(OURS)
