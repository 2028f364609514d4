"""Worktrees in which units are built apart: found, brought to the branch, and brought together.

The client makes one for an agent that is sent with `isolation: worktree`, below the tree in
`.claude/worktrees`, at the commit that the remote's branch stands on (2.1.197, 2.1.330): what was
committed since is missing there until it is brought in.
"""

from __future__ import annotations

import os
import stat

from stagelock.store import put_back
from stagelock.store.files import exists
from stagelock.store.places import real
from stagelock.store.repository import person_git
from stagelock.store.repository.git import folders, head

from . import unit_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .unit_tree import Changes

PIECE = 1 << 20


class NotFresh(Exception):
    """The worktree is none that a unit can begin in; the text says why."""


def named(tree: str, path: str) -> str:
    """Return the linked worktree of this repository at `path`; raises NotFresh where it is none."""
    try:
        root = real(path, tree)
        own, theirs = folders(tree), folders(root)
        shared = bool(own and theirs) and real(own[-1], "/") == real(theirs[-1], "/")
    except ValueError as error:
        raise NotFresh(str(error)) from None
    if root == tree or not shared or not exists(root + "/.git"):
        raise NotFresh("`" + path + "` is no linked worktree of this repository")
    return root


def begin(tree: str, root: str, *, is_clients: bool) -> str:
    """Bring a fresh worktree to the commit that the branch stands on, and return that commit.

    The branch that the client made for it stays where it is, so nothing is lost; a worktree that a
    person made is left on theirs. Raises NotFresh where work lies in it, or it stands elsewhere.
    """
    at = head(tree)
    try:
        words = ("status", "--porcelain", "-uall", "--ignore-submodules=all")
        work = person_git.run(root, "--no-optional-locks", *words)
        if work:
            raise NotFresh("work lies in `" + root + "` already: " + work.splitlines()[0][3:])
        if head(root) != at and not is_clients:
            raise NotFresh("`" + root + "` stands on another commit than the branch, " + at[:12])
        if head(root) != at:
            person_git.run(root, "-c", "core.hooksPath=/dev/null", "checkout", "-q", "--detach", at)
    except person_git.GitSaid as error:
        raise NotFresh(str(error)) from None
    return at


def clash(home: str, tree: str, base: str, paths: list[str], dirty: Changes) -> list[str]:
    """Name the paths of a unit that are not in the tree what they were where the unit began.

    Raises GitFailed.
    """
    now = head(tree)
    since = unit_tree.committed(home, tree, base, now) if base != now else {}
    return [path for path in paths if path in since or path in dirty]


def bring(home: str, source: str, tree: str, paths: list[str]) -> None:
    """Make exactly `paths` in `tree` what they are in `source`; what was there is kept aside.

    Raises OSError; done again, it completes.
    """
    kept = ""
    for path in sorted(paths, reverse=True):
        if exists(source + "/" + path):
            continue
        kept = kept or put_back.new_folder(home, tree)
        put_back.take_away(tree, path, kept)
    for path in sorted(paths):
        if exists(source + "/" + path):
            kept = kept or put_back.new_folder(home, tree)
            put_back.restore(tree, path, kept, *_content(source + "/" + path))


def _content(path: str) -> tuple[bytes, Iterator[bytes]]:
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        return b"120000", iter([os.fsencode(os.readlink(path))])
    if not stat.S_ISREG(found.st_mode):
        raise OSError("`" + path + "` is no file")
    return (b"100755" if found.st_mode & 0o100 else b"100644"), _pieces(path)


def _pieces(path: str) -> Iterator[bytes]:
    with open(os.open(path, os.O_RDONLY | put_back.NOFOLLOW), "rb") as source:
        while piece := source.read(PIECE):
            yield piece
