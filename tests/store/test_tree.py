"""The tree id in ordinary use: what it says, what it keeps, what it puts back."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stagelock.store import tree as trees
from tests.support.tree import Tree, committed
from tests.support.world import ROOT


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A repository with one commit of four files."""
    return committed(tmp_path)


def test_an_id_is_that_of_the_tree_git_would_commit(tree: Tree) -> None:
    tree.write("new.py", "x\n")
    told = tree.take()
    tree.commit()
    assert tree.git("rev-parse", "HEAD^{tree}") == told
    assert tree.take() == told


def test_every_kind_of_change_is_named(tree: Tree) -> None:
    before = tree.take()
    tree.write("src/app.py", "changed\n")
    (tree.root / "src/lib.py").unlink()
    (tree.root / "run.sh").chmod(0o644)
    (tree.root / "link").unlink()
    (tree.root / "link").symlink_to("/etc")
    tree.write("a\nb", "x")
    tree.write("\udcff\n/\U0001f4a5", "x")
    changes = tree.since(before)
    assert changes.pop("\udcff\n/\U0001f4a5") == "added"
    assert changes.pop("a\nb") == "added"
    assert changes == {
        "src/app.py": "changed", "src/lib.py": "deleted", "run.sh": "mode", "link": "changed",
    }  # fmt: skip


def test_differences_are_bounded(tree: Tree) -> None:
    before = tree.take()
    for n in range(9):
        tree.write(f"f{n}", "x")
    found = trees.differences(str(tree.home), str(tree.root), before, tree.take(), most=3)
    assert [change["path"] for change in found] == ["f0", "f1", "f2"]


@pytest.mark.parametrize("bad", ["", "HEAD", "0" * 40, "--output=/tmp/x", "a" * 39 + "g"])
def test_an_id_that_was_never_taken_is_told_apart(tree: Tree, bad: str) -> None:
    told = tree.take()
    with pytest.raises(trees.TreeUnknown):
        trees.differences(str(tree.home), str(tree.root), bad, told)
    with pytest.raises(trees.TreeUnknown):
        tree.put_back(bad, "src/app.py")


def test_what_changed_is_put_back_and_what_was_there_is_kept(tree: Tree) -> None:
    tree.write("draft.txt", "uncommitted work\n")
    before = tree.take()
    tree.write("src/app.py", "spoilt\n")
    (tree.root / "src/lib.py").unlink()
    (tree.root / "run.sh").chmod(0o644)
    (tree.root / "link").unlink()
    tree.write("link", "a file now\n")
    tree.write("added/deep/file", "new\n")
    tree.write("mine.txt", "unrelated\n")
    paths = [path for path in tree.since(before) if path != "mine.txt"]
    kept = tree.put_back(before, *paths)
    assert tree.since(before) == {"mine.txt": "added"}
    assert (tree.root / "draft.txt").read_text() == "uncommitted work\n"
    assert str((tree.root / "link").readlink()) == "src/app.py"
    assert os.access(tree.root / "run.sh", os.X_OK)
    assert not (tree.root / "added").exists()
    assert (kept / "src/app.py").read_text() == "spoilt\n"
    assert (kept / "link").read_text() == "a file now\n"
    assert (kept / "added/deep/file").read_text() == "new\n"
    assert not kept.is_relative_to(tree.root)


def test_only_the_paths_named_are_put_back(tree: Tree) -> None:
    before = tree.take()
    tree.write("src/app.py", "1")
    tree.write("src/lib.py", "2")
    tree.put_back(before, "src/app.py")
    assert tree.since(before) == {"src/lib.py": "changed"}


def test_work_that_was_never_committed_comes_back_after_a_garbage_collection(tree: Tree) -> None:
    tree.write("src/app.py", "staged, then lost\n")
    tree.git("add", "-A")
    tree.write("src/lib.py", "never staged\n")
    before = tree.take()
    tree.git("reset", "-q", "--hard")
    tree.git("reflog", "expire", "--expire=now", "--all")
    tree.git("gc", "-q", "--prune=now")
    tree.put_back(before, *tree.since(before))
    assert (tree.root / "src/app.py").read_text() == "staged, then lost\n"
    assert (tree.root / "src/lib.py").read_text() == "never staged\n"


def test_many_files_come_back_without_any_repository(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    for n in range(300):
        tree.write(f"d{n % 7}/f{n}", f"content {n}\n" * n)
    before = tree.take()
    for n in range(300):
        (tree.root / f"d{n % 7}/f{n}").write_bytes(b"")
    paths = list(tree.since(before))
    assert len(paths) == 299  # one was empty already
    tree.put_back(before, *paths)
    assert tree.take() == before
    assert not (tree.root / ".git").exists()


def test_a_folder_that_became_a_link_leads_nothing_out_of_the_tree(
    tree: Tree, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "app.py").write_text("not ours\n")
    before = tree.take()
    (tree.root / "src/app.py").unlink()
    (tree.root / "src/lib.py").unlink()
    (tree.root / "src").rmdir()
    (tree.root / "src").symlink_to(outside)
    kept = tree.put_back(before, *tree.since(before))
    assert tree.take() == before
    assert [path.name for path in outside.iterdir()] == ["app.py"]
    assert (outside / "app.py").read_text() == "not ours\n"
    assert str((kept / "src").readlink()) == str(outside)


def test_a_file_that_became_a_folder_comes_back_and_what_the_folder_hid_is_kept(
    tree: Tree,
) -> None:
    tree.write(".gitignore", "*.pyc\n")
    before = tree.take()
    (tree.root / "run.sh").unlink()
    tree.write("run.sh/inner", "x")
    tree.write("run.sh/ignored.pyc", "y")
    kept = tree.put_back(before, *tree.since(before))
    assert tree.take() == before
    assert (kept / "run.sh/inner").read_text() == "x"
    assert (kept / "run.sh/ignored.pyc").read_text() == "y"


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "src/../../x", "", ".git/config", "sub/.GIT/x", ".stagelock/x"]
)
def test_nothing_but_files_of_the_tree_is_put_back(tree: Tree, path: str) -> None:
    with pytest.raises(trees.TreeUnknown):
        tree.put_back(tree.take(), path)


DYING = """
import os, posix, sys
sys.path.insert(0, sys.argv[1])
left = int(sys.argv[5])
from stagelock.store import tree

def dying(real):
    def call(*given, **named):
        global left
        left -= 1
        if left == 0:
            posix._exit(9)
        return real(*given, **named)
    return call

for name in ("write", "rename", "unlink", "rmdir", "mkdir", "symlink", "open", "fsync"):
    setattr(os, name, dying(getattr(os, name)))
tree.put_back(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[6:])
"""


@pytest.mark.parametrize("at", range(1, 62))
def test_killed_at_any_write_nothing_is_lost_and_the_next_call_completes(
    tree: Tree, at: int
) -> None:
    before = tree.take()
    tree.write("src/app.py", "spoilt\n")
    (tree.root / "src/lib.py").unlink()
    tree.write("added/file", "new\n")
    (tree.root / "link").unlink()
    tree.write("link/x", "in the way\n")
    paths = list(tree.since(before))
    argv = [sys.executable, "-c", DYING, str(ROOT / "src"), str(tree.home), str(tree.root)]
    done = subprocess.run([*argv, before, str(at), *paths], capture_output=True, check=False)
    assert done.returncode in (0, 9), done.stderr.decode()
    everywhere = _texts(tree.root) + _texts(tree.home / "kept")
    for text in ("spoilt\n", "new\n", "in the way\n"):
        assert text in everywhere
    if done.returncode:
        tree.put_back(before, *paths)
    assert tree.take() == before
    assert at < 61 or done.returncode == 0


def test_a_run_that_is_over_leaves_only_what_is_there_now(tree: Tree) -> None:
    for n in range(40):
        tree.write("big.bin", os.urandom(1 << 16))
        tree.write("new", str(n))
        before = tree.take()
    trees.tidy(str(tree.home), str(tree.root))
    size = sum(path.stat().st_size for path in tree.home.rglob("*") if path.is_file())
    assert size < 1 << 18
    assert tree.take() == before
    tree.write("new", "changed")
    (tree.root / "big.bin").unlink()
    tree.put_back(before, "new", "big.bin")
    assert tree.take() == before


def test_a_file_too_large_to_keep_is_seen_and_named(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "LARGEST", 100)
    tree.write("large.bin", b"1" * 101)
    tree.write("src/app.py", "small\n")
    before = tree.take()
    tree.write("large.bin", b"2" * 101)
    tree.write("src/app.py", "spoilt\n")
    assert tree.since(before) == {"large.bin": "changed", "src/app.py": "changed"}
    with pytest.raises(trees.TreeUnknown, match="large"):
        tree.put_back(before, "src/app.py", "large.bin")
    assert (tree.root / "src/app.py").read_text() == "spoilt\n"  # nothing is done by halves
    tree.put_back(before, "src/app.py")
    assert tree.since(before) == {"large.bin": "changed"}


def _texts(folder: Path) -> list[str]:
    return [
        path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.parts
    ]


def test_two_hundred_edits_within_a_second_are_all_seen(tree: Tree) -> None:
    path = tree.root / "src/app.py"
    kinds = ("same size", "back in time", "mode", "new file", "back and forth")
    ids = tree.take()
    for n in range(200):
        kind = kinds[n % len(kinds)]
        if kind == "mode":
            path.chmod(0o755 if path.stat().st_mode & 0o100 == 0 else 0o644)
        elif kind == "new file":
            tree.write(f"new/{n}", "")
            os.utime(tree.root / "new", (1, 1))
        else:
            path.write_text(f"{n:04}\n")
        if kind == "back in time":
            os.utime(path, (1, 1))
        now = tree.take()
        assert now != ids, (n, kind)
        ids = now


def test_twelve_at_once_give_one_answer(tree: Tree) -> None:
    for n in range(200):
        tree.write(f"many/{n}", str(n))
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from stagelock.store import tree; print(tree.take(sys.argv[2], sys.argv[3]))"
    )
    argv = [sys.executable, "-I", "-S", "-c", script, str(ROOT / "src")]
    running = [
        subprocess.Popen([*argv, str(tree.home), str(tree.root)], stdout=subprocess.PIPE)
        for _ in range(12)
    ]
    answers = {child.communicate()[0] for child in running}
    assert answers == {tree.take().encode() + b"\n"}


def test_a_look_that_was_killed_leaves_no_lock_and_no_wrong_answer(tree: Tree) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from stagelock.store import tree; tree.take(sys.argv[2], sys.argv[3])"
    )
    argv = [sys.executable, "-I", "-S", "-c", script, str(ROOT / "src")]
    for n in range(25):
        tree.write("src/app.py", f"{n:04}\n")
        tree.write(f"new{n}", "x")
        child = subprocess.Popen([*argv, str(tree.home), str(tree.root)])
        time.sleep(0.004 * (n % 12))
        child.kill()
        child.wait()
    began = time.monotonic()
    told = tree.take()
    assert time.monotonic() - began < 5
    tree.commit()
    assert tree.git("rev-parse", "HEAD^{tree}") == told
