"""What git and the tree have of a unit: its diff, what is staged, what a commit holds.

A diff is known by one digest over its raw lines (path, modes, blobs, as git would hold them), which
is the same for the tree, for the index and for a commit, so that what was passed can be held
against what is made.
"""

from __future__ import annotations

from stagelock.core.plan.scopes import covered
from stagelock.store import tree as trees
from stagelock.store.files import digest
from stagelock.store.repository import private_git
from stagelock.store.repository.git import head
from stagelock.store.repository.private_git import GitFailed

from . import as_git

TYPE_CHECKING = False
if TYPE_CHECKING:
    Changes = dict[str, str]  # path: its raw line

NOTHING = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the tree of no files, which git knows
OWN = ".stagelock"
RAW = ["-r", "-z", "--raw", "--no-renames", "--no-abbrev"]


def changed(home: str, tree: str, leave_out: str, base: str = "") -> tuple[Changes, str]:
    """Return what differs from the last commit, or from `base`, now, and the tree id.

    `leave_out` is a folder that is nobody's scope: the run's own artifacts. Raises TreeUnknown.
    """
    now = trees.take(home, tree)
    words = [b"diff-tree", *[word.encode() for word in RAW], _base(tree, base), now.encode()]
    at = private_git.folder(home, tree)
    try:
        out = private_git.run(at, tree, words, objects=private_git.objects_of(tree))
    except GitFailed as error:
        raise trees.TreeUnknown("the change cannot be shown: " + str(error)) from None
    found = as_git.held(home, tree, read(out.decode("utf-8", "surrogateescape")))
    nobodys = (leave_out + "/", OWN + "/")  # a tree id says nothing of our own folder
    return {path: raw for path, raw in found.items() if not path.startswith(nobodys)}, now


def staged(home: str, tree: str) -> Changes:
    """Return what a commit would hold now; raises GitFailed."""
    words = ["diff-index", "--cached", *RAW[1:], _base(tree).decode(), "--"]
    return read(private_git.ask(home, tree, words))


def committed(home: str, tree: str, before: str, after: str) -> Changes:
    """Return what came with the commits between two; raises GitFailed."""
    words = ["diff-tree", *RAW, before or NOTHING, after, "--"]
    return read(private_git.ask(home, tree, words))


def said(home: str, tree: str, commit: str) -> str:
    """Return the message of a commit; raises GitFailed."""
    return private_git.ask(home, tree, ["log", "-1", "--format=%B", commit, "--"])


def within(files: list[str], changes: Changes) -> Changes:
    """Return the part of a change that lies in a scope."""
    return {path: raw for path, raw in changes.items() if covered(files, path)}


def seal(changes: Changes) -> str:
    """Return the digest under which a change is known, "" for none."""
    lines = [path + "\0" + changes[path] for path in sorted(changes)]
    return digest(private_git.raw("\n".join(lines))) if lines else ""


def shown(home: str, tree: str, now: str, paths: list[str], base: str = "") -> bytes:
    """Return the change of some paths, from the last commit or `base` up to the tree `now`."""
    form = [b"diff", b"--no-color", b"--no-ext-diff", b"--no-textconv", b"--no-renames"]
    named = [private_git.raw(":(literal)" + path) for path in paths]
    words = [*form, _base(tree, base), now.encode(), b"--", *named]
    at = private_git.folder(home, tree)
    try:
        return private_git.run(at, tree, words, objects=private_git.objects_of(tree))
    except GitFailed as error:
        raise trees.TreeUnknown("the change cannot be shown: " + str(error)) from None


def _base(tree: str, base: str = "") -> bytes:
    return (base or head(tree) or NOTHING).encode()


def read(text: str) -> Changes:
    """Return the change that git printed with `RAW`."""
    fields = text.split("\0")
    return {fields[n + 1]: fields[n] for n in range(0, len(fields) - 1, 2)}
