"""Traps for a tree id: what other ways of asking git have answered wrongly, and more.

Each trap is given a committed tree; it prepares, and yields. What it does up to the first `yield`
belongs to the tree that was looked at; what it does after it must be seen ("changed") or must not
matter ("same"). Told apart by name in the list of tests; the ways that were wrong are `git stash
create`, `git diff HEAD`, `git status` with hashes, a copied index, and a walk over sizes and times.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stagelock.store import tree as trees
from stagelock.store.repository import private_git
from tests.support.tree import Tree, committed

Trap = Callable[[Tree], Iterator[None]]
TRAPS: dict[str, tuple[str, Trap]] = {}


def trap(outcome: str) -> Callable[[Trap], Trap]:
    """Enter a trap under its name."""

    def enter(made: Trap) -> Trap:
        TRAPS[made.__name__] = (outcome, made)
        return made

    return enter


changed, same = trap("changed"), trap("same")


# what a person's index can hide


@changed
def assume_unchanged(tree: Tree) -> Iterator[None]:
    yield
    tree.git("update-index", "--assume-unchanged", "src/app.py")
    tree.write("src/app.py", "1\n")


@changed
def skip_worktree(tree: Tree) -> Iterator[None]:
    tree.git("update-index", "--skip-worktree", "src/app.py")
    yield
    tree.write("src/app.py", "1\n")


@changed
def same_second_same_size_after_add(tree: Tree) -> Iterator[None]:
    tree.write("src/app.py", "1\n")
    tree.git("add", "-A")
    yield
    tree.write("src/app.py", "2\n")


@changed
def an_edit_put_back_in_the_index_only(tree: Tree) -> Iterator[None]:
    yield
    tree.write("src/app.py", "1\n")
    tree.git("add", "-A")
    tree.git("reset", "-q")


@same
def added_to_the_index(tree: Tree) -> Iterator[None]:
    tree.write("new", "1\n")
    yield
    tree.git("add", "-A")


@same
def removed_from_the_index_only(tree: Tree) -> Iterator[None]:
    yield
    tree.git("rm", "-q", "--cached", "src/app.py")


@changed
def intent_to_add(tree: Tree) -> Iterator[None]:
    tree.write("new", "1\n")
    tree.git("add", "-N", "new")
    yield
    tree.write("new", "2\n")


@changed
def merge_conflict(tree: Tree) -> Iterator[None]:
    tree.git("checkout", "-qb", "other")
    tree.write("src/app.py", "theirs\n")
    tree.commit()
    tree.git("checkout", "-q", "-")
    tree.write("src/app.py", "ours\n")
    tree.commit()
    with pytest.raises(subprocess.CalledProcessError):
        tree.git("merge", "other")
    yield
    tree.write("src/app.py", "both\n")


@changed
def held_index_lock(tree: Tree) -> Iterator[None]:
    tree.write(".git/index.lock", "")
    yield
    tree.write("src/app.py", "1\n")


@changed
def damaged_index(tree: Tree) -> Iterator[None]:
    tree.write(".git/index", "no index at all")
    yield
    tree.write("src/app.py", "1\n")


@changed
def split_index(tree: Tree) -> Iterator[None]:
    tree.git("update-index", "--split-index")
    yield
    tree.write("src/app.py", "1\n")


@changed
def sparse_checkout(tree: Tree) -> Iterator[None]:
    tree.git("sparse-checkout", "set", "--no-cone", "src")
    yield
    tree.write("run.sh", "back\n")


# times, sizes, modes


@changed
def same_size_and_time_put_back(tree: Tree) -> Iterator[None]:
    path = tree.write("src/app.py", "1\n")
    yield
    then = path.stat()
    path.write_text("2\n")
    os.utime(path, ns=(then.st_atime_ns, then.st_mtime_ns))


@changed
def same_size_and_an_old_time_put_back_within_a_second(tree: Tree) -> Iterator[None]:
    path = tree.write("src/app.py", "1\n")
    os.utime(path, (1, 1))
    yield
    path.write_text("2\n")
    os.utime(path, (1, 1))


@changed
def the_same_once_more_for_a_file_whose_content_is_the_committed_one(tree: Tree) -> Iterator[None]:
    path = tree.root / "src/app.py"
    os.utime(path, (1, 1))
    yield
    path.write_text("eno\n")
    os.utime(path, (1, 1))


@changed
def a_new_file_in_a_folder_whose_time_is_put_back(tree: Tree) -> Iterator[None]:
    tree.write("d/one", "1")
    os.utime(tree.root / "d", (1, 1))
    yield
    tree.write("d/two", "1")
    os.utime(tree.root / "d", (1, 1))


@changed
def weak_stat_config(tree: Tree) -> Iterator[None]:
    path = tree.root / "src/app.py"
    tree.git("config", "core.trustctime", "false")
    tree.git("config", "core.checkStat", "minimal")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    tree.git("status")
    yield
    path.write_text("eno\n")
    os.utime(path, (1_600_000_000, 1_600_000_000))


@changed
def two_files_swapped_with_size_and_time(tree: Tree) -> Iterator[None]:
    for name in ("a", "b"):
        os.utime(tree.write(name, name), (1, 1))
    yield
    (tree.root / "a").rename(tree.root / "c")
    (tree.root / "b").rename(tree.root / "a")
    (tree.root / "c").rename(tree.root / "b")


@changed
def edited_through_a_hard_link(tree: Tree) -> Iterator[None]:
    outside = tree.base / "other-name"
    outside.hardlink_to(tree.root / "src/app.py")
    yield
    outside.write_text("eno\n")


@changed
def time_in_the_future(tree: Tree) -> Iterator[None]:
    path = tree.write("src/app.py", "1\n")
    ahead = time.time() + 1e6
    os.utime(path, (ahead, ahead))
    yield
    path.write_text("2\n")
    os.utime(path, (ahead, ahead))


@same
def touched(tree: Tree) -> Iterator[None]:
    yield
    (tree.root / "src/app.py").touch()
    os.utime(tree.root / "run.sh", (1, 1))


@same
def edited_and_put_back(tree: Tree) -> Iterator[None]:
    yield
    tree.write("src/app.py", "something else\n")
    tree.write("src/app.py", "one\n")


@changed
def right_to_run_with_file_mode_off(tree: Tree) -> Iterator[None]:
    tree.git("config", "core.fileMode", "false")
    yield
    (tree.root / "src/app.py").chmod(0o755)


@changed
def right_to_run_taken(tree: Tree) -> Iterator[None]:
    yield
    (tree.root / "run.sh").chmod(0o644)


@changed
def truncated(tree: Tree) -> Iterator[None]:
    yield
    tree.write("src/app.py", "")


# kinds of file


@changed
def link_to_another_place_of_equal_length(tree: Tree) -> Iterator[None]:
    yield
    (tree.root / "link").unlink()
    (tree.root / "link").symlink_to("src/lib.py")


@changed
def file_becomes_a_link_to_its_own_content(tree: Tree) -> Iterator[None]:
    tree.write("copy", "one\n")
    yield
    (tree.root / "copy").unlink()
    (tree.root / "copy").symlink_to("src/app.py")


@changed
def folder_becomes_a_link_to_the_same_files(tree: Tree) -> Iterator[None]:
    shutil.copytree(tree.root / "src", tree.base / "src")
    yield
    shutil.rmtree(tree.root / "src")
    (tree.root / "src").symlink_to(tree.base / "src")


@changed
def link_to_a_folder_becomes_the_folder(tree: Tree) -> Iterator[None]:
    (tree.root / "d").symlink_to("src")
    yield
    (tree.root / "d").unlink()
    shutil.copytree(tree.root / "src", tree.root / "d")


@changed
def file_becomes_a_folder(tree: Tree) -> Iterator[None]:
    yield
    (tree.root / "run.sh").unlink()
    tree.write("run.sh/run.sh", "echo\n")


@changed
def folder_becomes_a_file(tree: Tree) -> Iterator[None]:
    yield
    shutil.rmtree(tree.root / "src")
    tree.write("src", "one\n")


@changed
def file_becomes_a_pipe(tree: Tree) -> Iterator[None]:
    yield
    (tree.root / "run.sh").unlink()
    os.mkfifo(tree.root / "run.sh")


@same
def pipes_and_sockets_lie_about(tree: Tree) -> Iterator[None]:
    yield
    os.mkfifo(tree.root / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(tree.root)  # a socket's path may not be long
        made.bind("socket")
        os.chdir(here)


@same
def an_empty_folder(tree: Tree) -> Iterator[None]:
    yield
    (tree.root / "empty/er").mkdir(parents=True)


@changed
def dangling_and_looping_links(tree: Tree) -> Iterator[None]:
    (tree.root / "dangling").symlink_to("nowhere")
    (tree.root / "loop").symlink_to("loop")
    yield
    (tree.root / "loop").unlink()


@changed
def renamed(tree: Tree) -> Iterator[None]:
    yield
    (tree.root / "run.sh").rename(tree.root / "go.sh")


@changed
def renamed_in_case_only(tree: Tree) -> Iterator[None]:
    tree.git("config", "core.ignoreCase", "true")
    yield
    (tree.root / "run.sh").rename(tree.root / "Run.sh")


# untracked and ignored


@changed
def new_untracked_file(tree: Tree) -> Iterator[None]:
    yield
    tree.write("new/deep/file", "")


@changed
def edited_untracked_file(tree: Tree) -> Iterator[None]:
    tree.write("new", "1")
    yield
    tree.write("new", "2")


@changed
def removed_untracked_file(tree: Tree) -> Iterator[None]:
    tree.write("new", "1")
    yield
    (tree.root / "new").unlink()


@changed
def untracked_files_not_shown(tree: Tree) -> Iterator[None]:
    tree.git("config", "status.showUntrackedFiles", "no")
    yield
    tree.write("new", "1")


@changed
def hidden_by_the_exclude_file(tree: Tree) -> Iterator[None]:
    yield
    tree.write(".git/info/exclude", "new\n")
    tree.write("new", "1")


@changed
def known_then_hidden_by_the_exclude_file(tree: Tree) -> Iterator[None]:
    tree.write("new", "1")
    yield
    tree.write(".git/info/exclude", "*\n")
    tree.write("new", "2")


@changed
def hidden_by_a_config_that_names_an_exclude_file(tree: Tree) -> Iterator[None]:
    yield
    (tree.base / "hide").write_text("*\n")
    tree.git("config", "core.excludesFile", str(tree.base / "hide"))
    tree.write("new", "1")


@changed
def hidden_by_the_ignore_file_of_the_home_folder(tree: Tree) -> Iterator[None]:
    yield
    (tree.base / ".config/git").mkdir(parents=True)
    (tree.base / ".config/git/ignore").write_text("*\n")
    tree.write("new", "1")


@changed
def hidden_by_a_new_line_in_gitignore(tree: Tree) -> Iterator[None]:
    yield
    tree.write(".gitignore", "new\n")
    tree.write("new", "1")


@changed
def tracked_although_ignored(tree: Tree) -> Iterator[None]:
    tree.write(".gitignore", "*.py\n")
    tree.commit()
    yield
    tree.write("src/app.py", "1\n")


@same
def ignored_file(tree: Tree) -> Iterator[None]:
    tree.write(".gitignore", "*.log\n!keep.log\n")
    tree.write("a.log", "1")
    yield
    tree.write("a.log", "2")
    tree.write("b.log", "2")


@changed
def not_ignored_after_all(tree: Tree) -> Iterator[None]:
    tree.write(".gitignore", "*.log\n!keep.log\n")
    yield
    tree.write("keep.log", "2")


@same
def stagelocks_own_folder(tree: Tree) -> Iterator[None]:
    yield
    tree.write(".stagelock/journal.jsonl", "x")


@same
def stagelocks_own_folder_where_gitignore_names_it_back(tree: Tree) -> Iterator[None]:
    tree.write(".gitignore", "!.stagelock/\n!.stagelock/**\n")
    tree.write(".stagelock/config.yaml", "x")
    tree.commit()
    yield
    tree.write(".stagelock/config.yaml", "y")
    tree.write(".stagelock/journal.jsonl", "x")


# conversions


@changed
def an_edit_that_a_clean_filter_hides(tree: Tree) -> Iterator[None]:
    tree.git("config", "filter.hide.clean", "echo always the same")
    tree.write(".gitattributes", "*.py filter=hide\n")
    tree.commit()
    yield
    tree.write("src/app.py", "1\n")


@changed
def line_endings_under_text_auto(tree: Tree) -> Iterator[None]:
    tree.write(".gitattributes", "* text=auto\n")
    tree.commit()
    yield
    tree.write("src/app.py", "one\r\n")


@changed
def line_endings_under_eol(tree: Tree) -> Iterator[None]:
    tree.write(".gitattributes", "*.py eol=crlf\nsrc/app.py crlf=input\n")
    tree.commit()
    yield
    tree.write("src/app.py", "one\r\n")


@changed
def line_endings_under_autocrlf(tree: Tree) -> Iterator[None]:
    tree.git("config", "core.autocrlf", "true")
    yield
    tree.write("src/app.py", "one\r\n")


@changed
def a_keyword_under_ident(tree: Tree) -> Iterator[None]:
    tree.write(".gitattributes", "*.py ident\n")
    tree.write("src/app.py", "$Id$\n")
    tree.commit()
    yield
    tree.write("src/app.py", "$Id: something new $\n")


@changed
def another_encoding_of_the_same_text(tree: Tree) -> Iterator[None]:
    tree.write(".gitattributes", "*.py working-tree-encoding=UTF-16\n")
    tree.write("src/app.py", "x\n".encode("utf-16-le"))
    yield
    tree.write("src/app.py", "x\n".encode("utf-16-be"))


@changed
def a_file_without_diff(tree: Tree) -> Iterator[None]:
    tree.write(".gitattributes", "*.py -diff\n")
    yield
    tree.write("src/app.py", "1\n")


@changed
def an_external_diff(tree: Tree) -> Iterator[None]:
    tree.git("config", "diff.external", "true")
    yield
    tree.write("src/app.py", "1\n")


# commits


@same
def committed_as_verified(tree: Tree) -> Iterator[None]:
    tree.write("src/app.py", "1\n")
    tree.write("new", "1\n")
    yield
    tree.commit()


@same
def amended(tree: Tree) -> Iterator[None]:
    yield
    tree.git("commit", "-q", "--amend", "--allow-empty", "-m", "other words")


@same
def stashed_and_back(tree: Tree) -> Iterator[None]:
    tree.write("src/app.py", "1\n")
    tree.write("new", "1\n")
    yield
    tree.git("stash", "-u")
    tree.git("stash", "pop")


@changed
def stashed(tree: Tree) -> Iterator[None]:
    tree.write("src/app.py", "1\n")
    yield
    tree.git("stash")


@same
def another_branch_with_the_same_files(tree: Tree) -> Iterator[None]:
    yield
    tree.git("checkout", "-q", "--orphan", "other")


@same
def repository_packed_and_cleaned(tree: Tree) -> Iterator[None]:
    tree.write("src/app.py", "1\n")
    tree.git("add", "-A")
    yield
    tree.git("reset", "-q")
    tree.git("reflog", "expire", "--expire=now", "--all")
    tree.git("gc", "-q", "--prune=now")


@changed
def a_replaced_object(tree: Tree) -> Iterator[None]:
    tree.write("src/lib.py", "replacement\n")
    tree.git("add", "-A")
    old, new = tree.git("rev-parse", "HEAD:src/app.py"), tree.git("rev-parse", ":src/lib.py")
    tree.git("replace", old, new)
    yield
    tree.write("src/app.py", "replacement\n")


@changed
def no_commit_yet(tree: Tree) -> Iterator[None]:
    shutil.rmtree(tree.root / ".git")
    tree.git("init", "-q")
    yield
    tree.write("src/app.py", "1\n")


@changed
def no_repository(tree: Tree) -> Iterator[None]:
    shutil.rmtree(tree.root / ".git")
    yield
    tree.write("src/app.py", "1\n")


@same
def a_repository_is_made_and_taken_away(tree: Tree) -> Iterator[None]:
    shutil.rmtree(tree.root / ".git")
    yield
    tree.git("init", "-q")
    tree.commit()
    tree.take()
    shutil.rmtree(tree.root / ".git")


@changed
def objects_are_gone(tree: Tree) -> Iterator[None]:
    yield
    shutil.rmtree(tree.root / ".git/objects")
    tree.write("src/app.py", "1\n")


@changed
def another_object_format(tree: Tree) -> Iterator[None]:
    shutil.rmtree(tree.root / ".git")
    tree.git("init", "-q", "--object-format=sha256")
    tree.commit()
    yield
    tree.write("src/app.py", "1\n")


@changed
def a_damaged_repository(tree: Tree) -> Iterator[None]:
    tree.write(".git/config", "[core\nnonsense")
    tree.write(".git/HEAD", "ref: refs/heads/" + "x" * 300)
    tree.write(".gitmodules", "[submodule \nnonsense")
    yield
    tree.write("src/app.py", "1\n")


# repositories inside the tree


def _with_submodule(tree: Tree) -> None:
    (tree.base / "lib").mkdir()
    tree.git("init", "-q", at="../lib")
    (tree.base / "lib/lib.py").write_text("lib\n")
    tree.commit(at="../lib")
    tree.git("submodule", "add", "-q", str(tree.base / "lib"), "vendor/lib")
    tree.commit()


@changed
def submodule_edited(tree: Tree) -> Iterator[None]:
    _with_submodule(tree)
    yield
    tree.write("vendor/lib/lib.py", "bil\n")


@changed
def submodule_dirty_already(tree: Tree) -> Iterator[None]:
    _with_submodule(tree)
    tree.write("vendor/lib/lib.py", "dirty\n")
    yield
    tree.write("vendor/lib/lib.py", "dirtier\n")


@changed
def submodule_with_a_new_file(tree: Tree) -> Iterator[None]:
    _with_submodule(tree)
    yield
    tree.write("vendor/lib/new/file", "")


@changed
def submodule_that_is_to_be_ignored(tree: Tree) -> Iterator[None]:
    _with_submodule(tree)
    for file in (".gitmodules", ".git/config"):
        tree.git("config", "-f", file, "submodule.vendor/lib.ignore", "all")
    yield
    tree.write("vendor/lib/lib.py", "bil\n")


@same
def submodule_committed(tree: Tree) -> Iterator[None]:
    _with_submodule(tree)
    tree.write("vendor/lib/lib.py", "bil\n")
    yield
    tree.commit(at="vendor/lib")
    tree.commit()


@changed
def submodule_in_a_submodule(tree: Tree) -> Iterator[None]:
    _with_submodule(tree)
    tree.git("submodule", "add", "-q", str(tree.base / "lib"), "deep", at="vendor/lib")
    tree.commit(at="vendor/lib")
    yield
    tree.write("vendor/lib/deep/lib.py", "bil\n")


@changed
def submodule_filled_late(tree: Tree) -> Iterator[None]:
    _with_submodule(tree)
    tree.git("submodule", "deinit", "-q", "-f", "vendor/lib")
    yield
    tree.git("-c", "protocol.file.allow=always", "submodule", "update", "-q", "--init")


@same
def commit_in_a_worktree_inside(tree: Tree) -> Iterator[None]:
    tree.git("worktree", "add", "-q", ".wt/x")
    yield
    tree.write(".wt/x/src/app.py", "theirs\n")
    tree.write(".wt/x/new", "theirs\n")
    tree.commit(at=".wt/x")


@same
def a_worktree_is_made_inside(tree: Tree) -> Iterator[None]:
    yield
    tree.git("worktree", "add", "-q", ".claude/worktrees/agent")


@changed
def a_folder_that_only_says_it_is_a_worktree(tree: Tree) -> Iterator[None]:
    tree.git("worktree", "add", "-q", ".wt/x")
    yield
    tree.write("evil/.git", (tree.root / ".wt/x/.git").read_text())
    tree.write("evil/app.py", "hidden?\n")


@changed
def repository_inside_without_a_commit(tree: Tree) -> Iterator[None]:
    tree.git("init", "-q", "inner")
    tree.write("inner/a", "1")
    yield
    tree.write("inner/a", "2")


@same
def repository_inside_with_nothing_in_it(tree: Tree) -> Iterator[None]:
    yield
    tree.git("init", "-q", "inner")


@changed
def a_folder_turned_into_a_repository_to_hide_it(tree: Tree) -> Iterator[None]:
    yield
    tree.write("src/evil.py", "x")
    tree.git("init", "-q", "src")


@changed
def a_new_folder_hidden_in_a_repository(tree: Tree) -> Iterator[None]:
    yield
    tree.git("init", "-q", "new")
    tree.write("new/evil.py", "x")


@same
def committed_in_a_repository_inside(tree: Tree) -> Iterator[None]:
    tree.git("init", "-q", "inner")
    tree.write("inner/a", "1")
    yield
    tree.commit(at="inner")
    tree.git("gc", "-q", at="inner")


@changed
def repository_in_a_repository_inside(tree: Tree) -> Iterator[None]:
    tree.git("init", "-q", "inner")
    tree.git("init", "-q", "inner/most")
    tree.write("inner/most/a", "1")
    yield
    tree.write("inner/most/b", "1")


@changed
def repository_inside_that_stops_being_one(tree: Tree) -> Iterator[None]:
    tree.git("init", "-q", "inner")
    yield
    shutil.rmtree(tree.root / "inner/.git")
    tree.write("inner/a", "1")


@changed
def worktree_inside_that_stops_being_one(tree: Tree) -> Iterator[None]:
    tree.git("worktree", "add", "-q", "x")
    yield
    (tree.root / "x/.git").unlink()


@changed
def all_files_of_a_repository_inside_replaced(tree: Tree) -> Iterator[None]:
    tree.git("init", "-q", "inner")
    tree.write("inner/a", "1")
    yield
    (tree.root / "inner/a").unlink()
    tree.take()
    tree.write("inner/b", "1")


@changed
def a_file_beside_ignored_ones_in_a_repository_inside(tree: Tree) -> Iterator[None]:
    tree.git("init", "-q", "inner")
    tree.write("inner/.gitignore", "*.log\n.gitignore\n")
    tree.write("inner/a.log", "1")
    yield
    tree.write("inner/a.txt", "1")


@changed
def a_file_becomes_a_repository(tree: Tree) -> Iterator[None]:
    yield
    (tree.root / "run.sh").unlink()
    tree.git("init", "-q", "run.sh")
    tree.write("run.sh/evil.py", "x")
    without = tree.take()
    tree.write("run.sh/evil.py", "y")
    assert tree.take() != without


@changed
def bare_repository_inside(tree: Tree) -> Iterator[None]:
    tree.git("init", "-q", "--bare", "bare.git")
    yield
    tree.write("bare.git/hooks/post-update", "evil")


@changed
def the_tree_is_a_linked_worktree(tree: Tree) -> Iterator[None]:
    tree.git("worktree", "add", "-q", "../linked")
    tree.root = tree.base / "linked"
    yield
    tree.write("src/app.py", "1\n")


@changed
def the_tree_is_a_shared_clone(tree: Tree) -> Iterator[None]:
    tree.git("clone", "-q", "--shared", str(tree.root), "../clone")
    tree.root = tree.base / "clone"
    yield
    shutil.rmtree(tree.base / "tree")
    tree.write("src/app.py", "1\n")


# programs and settings that would run or mislead


@changed
def a_file_system_monitor_that_lies(tree: Tree) -> Iterator[None]:
    liar = tree.write(".git/liar", "#!/bin/sh\ntouch ran\nprintf 'token\\0'\n")
    liar.chmod(0o755)
    tree.git("config", "core.fsmonitor", str(liar))
    tree.git("status")
    (tree.root / "ran").unlink(missing_ok=True)
    yield
    tree.write("src/app.py", "1\n")
    tree.take()
    assert not (tree.root / "ran").exists()


@same
def hooks_do_not_run(tree: Tree) -> Iterator[None]:
    for name in ("post-index-change", "pre-commit", "reference-transaction"):
        tree.write(f".git/hooks/{name}", "#!/bin/sh\ntouch ran\n").chmod(0o755)
    yield


@changed
def another_work_tree_in_the_config(tree: Tree) -> Iterator[None]:
    tree.git("config", "core.worktree", str(tree.base))
    yield
    tree.write("src/app.py", "1\n")


# names


HOSTILE = [
    "new\nline", "tab\there", "sp ace ", '"quoted"', "'single'", "back\\slash", "-rf", "--all",
    ":(exclude)x", ":!x", "*", "?", "[a]", "{a}", "$(id)", "`id`", ";id", "~", "#x", "!x",
    "é", "e\u0301",
    "\U0001f4a5", "\udcff\udcfe", "\udcf0\udc9f", "x" * 255, "git~1", ".git.", ".git ",
    ".g\u200cit", "nul", "aux", "a:b", ".gitignore~", "\x7f", "\x01", "\r",
]  # fmt: skip


@changed
def files_of_any_name(tree: Tree) -> Iterator[None]:
    for name in HOSTILE:
        tree.write(name, "1")
    before = tree.take()
    yield
    for name in HOSTILE:
        tree.write(name, "2")
    assert tree.since(before) == dict.fromkeys(HOSTILE, "changed")


def test_files_of_any_name_come_back(tmp_path: Path) -> None:
    tree = committed(tmp_path)
    paths = [tree.write(name, name.encode("utf-8", "surrogateescape")) for name in HOSTILE]
    before = tree.take()
    for path in paths:
        path.unlink()
    assert tree.since(before) == dict.fromkeys(HOSTILE, "deleted")
    tree.put_back(before, *HOSTILE)
    assert tree.take() == before


@pytest.mark.parametrize(
    "name", ["a:b", '"quoted"', "new\nline", "sp ace", "\U0001f4a5", "-x", "#x"]
)
def test_a_tree_of_any_name_is_looked_at(name: str, tmp_path: Path) -> None:
    base = tmp_path / name
    base.mkdir()
    tree = committed(base)
    before = tree.take()
    tree.write("src/app.py", "1\n")
    (tree.root / "src/lib.py").unlink()
    assert tree.since(before) == {"src/app.py": "changed", "src/lib.py": "deleted"}
    tree.put_back(
        before, "src/app.py", "src/lib.py"
    )  # their contents lie in the person's repository
    assert tree.take() == before


@pytest.mark.parametrize("name", [".GIT/x", "sub/.Git/x", ".gitmodules"])
def test_what_no_git_tree_can_hold_is_told_not_overlooked(name: str, tmp_path: Path) -> None:
    tree = committed(tmp_path)
    tree.take()
    path = tree.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to("x")
    with pytest.raises(trees.TreeUnknown, match="rename it"):
        tree.take()
    path.unlink()
    tree.take()


# the environment

VARIABLES = {
    "GIT_DIR": "{base}/nowhere",
    "GIT_INDEX_FILE": "{base}/index",
    "GIT_WORK_TREE": "{base}",
    "GIT_OBJECT_DIRECTORY": "{base}/objects",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "{base}/objects",
    "GIT_COMMON_DIR": "{base}/nowhere",
    "GIT_NAMESPACE": "x",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.excludesFile",
    "GIT_CONFIG_VALUE_0": "{base}/everything",
    "GIT_CONFIG_PARAMETERS": "'core.excludesfile'='{base}/everything'",
    "GIT_CONFIG_GLOBAL": "{base}/config",
    "GIT_CONFIG": "{base}/config",
    "GIT_LITERAL_PATHSPECS": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TRACE": "1",
    "GIT_EXEC_PATH": "{base}/nowhere",
    "GIT_DEFAULT_HASH": "sha256",
    "GIT_INDEX_VERSION": "4",
    "LD_PRELOAD": "{base}/nothing.so",
    "HOME": "{base}/home",
    "XDG_CONFIG_HOME": "{base}/home",
    "PATH": "{base}/bin",
    "LANG": "tr_TR.UTF-8",
    "TMPDIR": "{base}/nowhere",
}


def test_no_variable_reaches_our_git(tmp_path: Path) -> None:
    plain = committed(tmp_path)
    (tmp_path / "everything").write_text("*\n")
    (tmp_path / "config").write_text("[core]\n\tfileMode = false\n\tautocrlf = true\n")
    (tmp_path / "home/git").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text("#!/bin/sh\necho fooled\n")
    (tmp_path / "bin/git").chmod(0o755)
    expected = [plain.take(), *_edits(plain)]
    shutil.rmtree(plain.root)
    (tmp_path / "again").mkdir()
    again = committed(tmp_path / "again")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from stagelock.store import tree; print(tree.take(sys.argv[2], sys.argv[3]))"
    )
    source = str(Path(trees.__file__).parents[2])
    env = {name: value.format(base=tmp_path) for name, value in VARIABLES.items()}

    def take() -> str:
        python = (
            "/usr/bin/python3" if Path("/usr/bin/python3").exists() else shutil.which("python3")
        )
        argv = [str(python), "-I", "-S", "-c", script, source, str(again.home), str(again.root)]
        done = subprocess.run(argv, env=env, capture_output=True, check=True, cwd=tmp_path)
        return done.stdout.decode().strip()

    again.take = take  # type: ignore[method-assign]
    assert [again.take(), *_edits(again)] == expected


def _edits(tree: Tree) -> Iterator[str]:
    tree.write("src/app.py", "one\r\n")
    yield tree.take()
    tree.write("new", "x")
    yield tree.take()
    (tree.root / "src/lib.py").chmod(0o755)
    yield tree.take()


# the private directory itself


@pytest.mark.parametrize(
    "damage", ["index", "HEAD", "objects", "config", "id", "index-bytes", "info", "everything"]
)
def test_a_damaged_private_directory_mends_itself(damage: str, tmp_path: Path) -> None:
    tree = committed(tmp_path)
    tree.write("new", "x")
    before = tree.take()
    private = Path(private_git.folder(str(tree.home), str(tree.root)))
    if damage == "everything":
        shutil.rmtree(private)
    elif damage == "id":
        (private / "id").unlink()
    elif damage == "index-bytes":
        (private / "git/index").write_bytes(b"DIRC nonsense")
    elif (private / "git" / damage).is_dir():
        shutil.rmtree(private / "git" / damage)
    else:
        (private / "git" / damage).unlink()
    assert tree.take() == before
    tree.write("new", "y")
    assert tree.take() != before


def test_a_tree_that_is_gone_is_told(tmp_path: Path) -> None:
    tree = committed(tmp_path)
    tree.take()
    shutil.rmtree(tree.root)
    with pytest.raises(trees.TreeUnknown, match="is not there"):
        tree.take()


def test_a_missing_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = committed(tmp_path)
    monkeypatch.setattr(private_git, "PLACES", ())
    monkeypatch.setattr(private_git.posix, "environ", {b"PATH": b"/nowhere"})
    with pytest.raises(trees.TreeUnknown, match="git program is not on this machine"):
        tree.take()


def test_nothing_is_written_to_the_tree_or_its_repository(tmp_path: Path) -> None:
    tree = committed(tmp_path)
    tree.write("new", "x")
    before = _everything(tree.root)
    first = tree.take()
    tree.since(first)
    assert _everything(tree.root) == before


def _everything(root: Path) -> dict[str, tuple[int, int, bytes]]:
    found = {}
    for path in sorted(root.rglob("*")):
        seen = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (seen.st_mode, seen.st_mtime_ns, content)
    return found


def test_a_tree_that_changes_while_it_is_looked_at_gives_an_id_or_says_so(tmp_path: Path) -> None:
    tree = committed(tmp_path)
    tree.take()
    busy = subprocess.Popen(
        ["sh", "-c", "i=0; while :; do i=$((i+1)); echo $i > f$((i%5)); rm -f f$(((i+2)%5)); done"],
        cwd=tree.root,
    )
    try:
        for _ in range(30):
            assert len(tree.take()) == 40
    finally:
        busy.kill()
        busy.wait()
    told = tree.take()
    tree.commit()
    assert tree.git("rev-parse", "HEAD^{tree}") == told


@pytest.mark.parametrize("name", TRAPS)
def test_no_trap_fools_the_tree_id(name: str, tmp_path: Path) -> None:
    tree = committed(tmp_path)
    steps = TRAPS[name][1](tree)
    next(steps)
    _spring(name, tree, steps, tree.take())


Set = tuple[Tree, Iterator[None], str]


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Set]:
    """Every trap set, looked at before and after, and left alone until all its times are old."""
    traps: dict[str, Set] = {}
    for name, (_, made) in TRAPS.items():
        tree = committed(tmp_path_factory.mktemp("settled"))
        tree.take()
        steps = made(tree)
        next(steps)
        traps[name] = (tree, steps, tree.take())
    time.sleep(1.1)
    for tree, _, before in traps.values():
        assert tree.take() == before
    time.sleep(1.1)
    return traps


@pytest.mark.parametrize("name", TRAPS)
def test_no_trap_fools_a_tree_id_in_the_middle_of_a_run(name: str, settled: dict[str, Set]) -> None:
    """With our index in place, and every time in it old enough for git to trust."""
    tree, steps, before = settled[name]
    _spring(name, tree, steps, before)


def _spring(name: str, tree: Tree, steps: Iterator[None], before: str) -> None:
    assert tree.take() == before
    for _ in steps:
        pass
    after = tree.take()
    expected = TRAPS[name][0] == "changed"
    assert (before != after) == expected
    found = trees.differences(str(tree.home), str(tree.root), before, after)
    assert bool(found) == expected
    assert tree.take() == after
