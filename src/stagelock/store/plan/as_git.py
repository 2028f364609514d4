"""What a change is in git's own eyes, where that differs from the bytes that lie in the tree.

A tree id knows bytes. Git holds a file as its filters leave it (line endings, LFS), a submodule as
one commit, and no mode where `core.fileMode` is off; a commit is made of that.
"""

from __future__ import annotations

from stagelock.store.repository import private_git
from stagelock.store.repository.git import head
from stagelock.store.repository.private_git import GitFailed
from stagelock.store.tree import TreeUnknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    Changes = dict[str, str]

LINK = "160000"
FILES = ("100644", "100755")
MANY = 400  # paths that one git command is given
GONE = "0" * 40


def held(home: str, tree: str, found: Changes) -> Changes:
    """Return a change as git would hold it; raises TreeUnknown where that cannot be told."""
    try:
        found = _unseen(home, tree, _linked(home, tree, found))
        return _modes(home, tree, _filtered(home, tree, found))
    except GitFailed as error:
        raise TreeUnknown("git does not say what it would hold: " + str(error)) from None


def _linked(home: str, tree: str, found: Changes) -> Changes:
    """Tell a submodule by its commit, and as changed where anything inside it is."""
    links = [path for path, raw in found.items() if raw.startswith(":" + LINK)]
    if not links:
        return found
    above = tuple(path + "/" for path in links)
    kept = {p: raw for p, raw in found.items() if p not in links and not p.startswith(above)}
    words = ["status", "--porcelain=v2", "-z", "--ignore-submodules=none", "--", *links]
    told = private_git.as_person(home, tree, words).split("\0")
    for path in links:
        old, now = found[path].split(" ")[2], head(tree + "/" + path)
        line = next((line for line in told if line.endswith(" " + path) and line[:1] == "1"), "")
        inside = line.split(" ")[2][2:] if line else ""
        if now and (now != old or inside.strip(".")):
            changed = " ".join([":" + LINK, LINK, old, now, "M"])
            kept[path] = changed + (" and inside" if inside.strip(".") else "")
        elif not now and _is_removed(tree + "/" + path):
            kept[path] = found[path]
    return kept


def _unseen(home: str, tree: str, found: Changes) -> Changes:
    """A file that is ignored, and came under git after the run began, is no part of a tree id."""
    there = [p for p, raw in found.items() if raw[-1:] == "D" and _kind(tree + "/" + p) in FILES]
    if not there:
        return found
    now = _hashed(home, tree, there, ["--no-filters"])
    kept = found.copy()
    for path in there:
        before, _, old, _, _ = found[path].split(" ")
        kind = _kind(tree + "/" + path)
        kept[path] = " ".join([before, kind, old, now[path], "M"])
        if before[1:] == kind and now[path] == old:
            del kept[path]
    return kept


def _kind(path: str) -> str:
    """Return git's mode of a file, "" for what is none."""
    import posix

    try:
        found = posix.lstat(path)
    except OSError:
        return ""
    if found.st_mode & 0o170000 != 0o100000:
        return ""
    return "100755" if found.st_mode & 0o100 else "100644"


def _is_removed(path: str) -> bool:
    """Say whether a submodule is gone; one that was never fetched is an empty folder."""
    from stagelock.store.files import is_folder

    return not is_folder(path)


def _filtered(home: str, tree: str, found: Changes) -> Changes:
    """Put the blob that git would make of each file in place of that of its bytes."""
    paths = [path for path, raw in found.items() if raw.split(" ")[1] in FILES]
    blobs = _hashed(home, tree, paths, [])
    other = [path for path in paths if blobs[path] != found[path].split(" ")[3]]
    bytes_now = _hashed(home, tree, other, ["--no-filters"])
    kept = found.copy()
    for path in other:
        before, after, old, new, how = found[path].split(" ")
        if bytes_now[path] != new:
            raise TreeUnknown("`" + path + "` changed while it was looked at; call it again")
        kept[path] = " ".join([before, after, old, blobs[path], how])
        if blobs[path] == old and before[1:] == after:
            del kept[path]  # only its bytes differ, as they do in every checkout of this file
    return kept


def _hashed(home: str, tree: str, paths: list[str], more: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for n in range(0, len(paths), MANY):
        some = paths[n : n + MANY]
        told = private_git.as_person(home, tree, ["hash-object", *more, "--", *some])
        found.update(zip(some, told.split("\n")))
    return found


def _modes(home: str, tree: str, found: Changes) -> Changes:
    """Where git does not look at the right to run a file, a change of it is none."""
    turned = [path for path, raw in found.items() if _turns(raw)]
    if not turned:
        return found
    try:
        words = ["config", "--type=bool", "--default=true", "--get", "core.fileMode"]
        if private_git.as_person(home, tree, words).strip() != "false":
            return found
    except GitFailed:
        return found
    kept = found.copy()
    for path in turned:
        before, _after, old, new, how = found[path].split(" ")
        kept[path] = " ".join(
            [before, "100644" if before == ":000000" else before[1:], old, new, how]
        )
        if old == new:
            del kept[path]
    return kept


def _turns(raw: str) -> bool:
    before, after = raw[1:].split(" ")[:2]
    both = before in FILES and after in FILES
    return (both and before != after) or (before == "000000" and after == "100755")
