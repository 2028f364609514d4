"""Random walks over a tree: two ids are the same exactly when every file is."""

import os
import random
import shutil
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.tree import Tree, committed

NAMES = [
    "a",
    "b",
    "c.py",
    "d",
    "e/f",
    "d/g",
    "d/h/i",
    "e/\udcff",
    "d/new\nline",
    "sub/x",
    "sub/y/z",
]


@pytest.mark.parametrize("seed", range(40))
def test_ids_are_the_same_exactly_when_every_file_is(seed: int, tmp_path: Path) -> None:
    tree = committed(tmp_path)
    chance = random.Random(seed)
    seen = {tree.take(): _everything(tree.root)}
    done = []
    for _ in range(60):
        for _ in range(chance.choice((1, 1, 1, 3))):
            step = chance.choice(STEPS)
            name = chance.choice(NAMES)
            done.append((step.__name__, name))
            with suppress(OSError, subprocess.CalledProcessError):  # it cannot be taken here
                step(tree, tree.root / name, chance)
        now, told = _everything(tree.root), tree.take()
        assert seen.setdefault(told, now) == now, done[-3:]
        assert sum(files == now for files in seen.values()) == 1, done[-3:]
    for told, files in chance.sample(list(seen.items()), 6):
        before = _everything(tree.root)
        paths = {path for path in {*files, *before} if files.get(path) != before.get(path)}
        assert set(tree.since(told)) == paths
        tree.put_back(told, *paths)
        assert _everything(tree.root) == files
        assert tree.take() == told


def _write(tree: Tree, path: Path, chance: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(chance.randrange(3)))


def _write_in_the_past(tree: Tree, path: Path, chance: random.Random) -> None:
    _write(tree, path, chance)
    os.utime(path, (1, 1))
    os.utime(path.parent, (1, 1))


def _link(tree: Tree, path: Path, chance: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(chance.choice(["a", "/etc", "d", "../b", "nowhere"]))


def _remove(tree: Tree, path: Path, chance: random.Random) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _remove_top(tree: Tree, path: Path, chance: random.Random) -> None:
    _remove(tree, tree.root / chance.choice("abde"), chance)


def _swap(tree: Tree, path: Path, chance: random.Random) -> None:
    other = tree.root / chance.choice(NAMES)
    aside = tree.base / "aside"
    path.rename(aside)
    try:
        other.rename(path)
    finally:
        aside.rename(other)


def _turn(tree: Tree, path: Path, chance: random.Random) -> None:
    if not path.is_symlink() and path.is_file():
        path.chmod(path.stat().st_mode ^ 0o100)


def _touch(tree: Tree, path: Path, chance: random.Random) -> None:
    os.utime(path, follow_symlinks=False)


def _git(tree: Tree, path: Path, chance: random.Random) -> None:
    words = chance.choice(
        [
            ["add", "-A"], ["commit", "-qam", "x"], ["stash", "-u"], ["stash", "pop"],
            ["reset", "-q", "--hard"], ["rm", "-rq", "--cached", "."], ["gc", "-q"],
            ["checkout", "-q", "HEAD", "--", "."], ["clean", "-fdq"],
            ["update-index", "--assume-unchanged", "src/app.py"],
        ]
    )  # fmt: skip
    tree.git(*words)


def _repository(tree: Tree, path: Path, chance: random.Random) -> None:
    folder = tree.root / chance.choice(["sub", "d", "sub/y"])
    if (folder / ".git").exists():
        shutil.rmtree(folder / ".git")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        tree.git("init", "-q", at=str(folder.relative_to(tree.root)))


STEPS = [
    *[_write] * 4, _write_in_the_past, _link, _remove, _remove_top, _swap, _turn, _touch, _git,
    _repository,
]  # fmt: skip


def _everything(root: Path) -> dict[str, tuple[str, bytes]]:
    """Read every file without git: kind and right to run, content."""
    found = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name != ".git"]
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in [*files, *links]:
            path = Path(folder) / name
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                content = ("link", os.fsencode(path.readlink()))
            else:
                content = ("run" if mode & 0o100 else "file", path.read_bytes())
            found[str(path.relative_to(root))] = content
    return found
