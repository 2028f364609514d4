"""The tree id: one content hash of a whole working tree, untracked files included.

A git directory of our own looks at the person's files (see `private_git`): `git status` on its own
index says whether anything differs from the last look; if not, the id of that look still holds.
Otherwise exactly the files named are hashed and kept, so that each can be put back later. The id is
that of a git tree object: the same content has the same id, whatever is committed or staged.

What `.gitignore` names is not looked at, nor `.git`, nor stagelock's own folder. Repositories
inside the tree (submodules, clones) are looked at as plain folders; linked worktrees are other
trees.
"""

from __future__ import annotations

import posix
import time

from .files import exists, remove, replace, slurp
from .places import real
from .repository import private_git
from .repository.git import head
from .repository.private_git import GitFailed, raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypedDict

    class Change(TypedDict):
        """One file that differs between two trees; its path is decoded with surrogateescape."""

        path: str
        how: Literal["added", "changed", "deleted", "mode"]

    class Seen(TypedDict):
        """What one `git status` found different from the last look."""

        gone: list[bytes]
        there: list[bytes]
        inside: list[bytes]  # repositories inside the tree that are not looked into yet


OWN = b".stagelock/"
TRIES = 4  # looks at a tree that changes while it is looked at
MOST = 100_000  # differences told at once
LARGEST = 1 << 28  # 256 MiB: a larger file is hashed but no copy of it is kept
BULK = 100  # from so many files on, one pack is quicker to write than a file for each
LAG = 0.05  # seconds by which a file's time may lag behind the clock
STATUS = [
    b"status",
    b"--porcelain=v2",
    b"-z",
    b"-uall",
    b"--no-renames",
    b"--ignore-submodules=all",
]
UNCACHED = [b"-c", b"core.untrackedCache=false"]
MODES = {b"\0\0\x81\xa4": b"100644", b"\0\0\x81\xed": b"100755", b"\0\0\xa0\0": b"120000"}
EMPTY = b"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"  # the blob of no bytes
HOWS: dict[bytes, Literal["added", "changed", "deleted"]] = {b"A": "added", b"D": "deleted"}


class TreeUnknown(Exception):
    """The tree id cannot be told; the text says why and ends with what to do."""


def take(home: str, tree: str) -> str:
    """Return the id of the tree as it is now; one git process where nothing changed.

    The content of every file up to LARGEST is kept (what HEAD holds, in the person's repository),
    so that `put_back` can bring it back. Raises TreeUnknown.
    """
    at = private_git.folder(home, tree)
    try:
        held = private_git.hold(at)
    except (GitFailed, OSError) as error:
        raise _unknown(error) from None
    try:
        return _patiently(at, tree)
    finally:
        posix.close(held)


def differences(home: str, tree: str, old: str, new: str, most: int = MOST) -> list[Change]:
    """Return what differs between two ids of this tree, by path, at most `most` of it.

    Raises TreeUnknown where one of them was never taken here.
    """
    if old == new:
        return []
    at = private_git.folder(home, tree)
    words = [b"diff-tree", b"-r", b"-z", b"--raw", b"--no-renames", b"--no-abbrev"]
    try:
        fields = private_git.run(at, tree, [*words, _id(old), _id(new)]).split(b"\0")
    except (GitFailed, OSError) as error:
        raise _unknown(error) from None
    return [_change(fields[n], fields[n + 1]) for n in range(0, len(fields) - 1, 2)][:most]


def diff(home: str, tree: str, old: str, new: str) -> str:
    """Return the unified diff between two ids of this tree; raises TreeUnknown.

    What HEAD held when the first id was taken is read from the person's repository.
    """
    at, objects = private_git.folder(home, tree), private_git.objects_of(tree)
    words = [b"-c", b"core.bigFileThreshold=16m", b"diff-tree", b"-r", b"-p", b"-M"]
    more = [b"--no-color", b"--no-ext-diff", b"--no-textconv"]
    try:
        told = private_git.run(at, tree, [*words, *more, _id(old), _id(new)], objects=objects)
    except (GitFailed, OSError) as error:
        raise _unknown(error) from None
    return told.decode("utf-8", "replace")


def content(home: str, tree: str, at: str, path: str) -> str:
    """Return what a file of an earlier id of this tree held; raises TreeUnknown."""
    private, objects = private_git.folder(home, tree), private_git.objects_of(tree)
    words = [b"cat-file", b"blob", _id(at) + b":" + path.encode("utf-8", "surrogateescape")]
    try:
        return private_git.run(private, tree, words, objects=objects).decode("utf-8", "replace")
    except (GitFailed, OSError) as error:
        raise _unknown(error) from None


def tidy(home: str, tree: str) -> None:
    """Forget the contents of trees that were, once nobody will ask for them: the run is over."""
    at = private_git.folder(home, tree)
    if not exists(at + "/git/index"):
        return
    try:
        held = private_git.hold(at)
    except (GitFailed, OSError):
        return
    try:
        # what the person's repository holds is missing here, so nothing but pruning will do
        private_git.run(at, tree, [b"prune", b"--expire=now"])
    except (GitFailed, OSError):
        pass  # only room on the disk is lost
    finally:
        posix.close(held)


def put_back(home: str, tree: str, at: str, paths: list[str]) -> str:
    """Put exactly `paths` back to what they were in the tree `at`; return where the rest lies.

    What was there is first copied to a folder in the state home, the one returned, so nothing is
    lost. Killed in between, a second call completes it. Raises TreeUnknown.
    """
    from .put_back import put_back as put  # only for people

    return put(home, tree, _id(at).decode(), paths)


def _id(text: str) -> bytes:
    if len(text) != 40 or any(c not in "0123456789abcdef" for c in text):
        raise TreeUnknown("`" + text + "` is no tree id; take one first")
    return text.encode()


def _unknown(error: Exception) -> TreeUnknown:
    return TreeUnknown(
        "the tree cannot be looked at (" + str(error) + "); put that right and call again"
    )


def _patiently(at: str, tree: str) -> str:
    """Look until a look is whole: files may come and go meanwhile, and our index may be damaged."""
    for left in range(TRIES - 1, -1, -1):
        try:
            return _look(at, tree)
        except (GitFailed, OSError) as error:
            if not exists(tree):
                raise TreeUnknown("`" + tree + "` is not there; call it in a folder") from None
            if not left:
                raise _unknown(error) from None
            remove(at + "/id")
            if left < TRIES - 1:  # twice in a row: not only a file that went away meanwhile
                remove(at + "/git/index")
    raise AssertionError


def _look(at: str, tree: str) -> str:
    began = time.time()
    remove(at + "/git/index.lock")  # its process was killed: the lock around us is held
    if not exists(at + "/git/index"):
        _begin(at, tree)
    known, stamp = _known(at)
    if known and stamp != _stamp(at):
        _distrust(at)
    seen = _status(at, tree)
    if known and not (seen["gone"] or seen["there"] or seen["inside"]):
        if stamp != _stamp(at):
            _blur(at, tree, began)
            _remember(at, known)
        return known
    remove(at + "/id")
    while seen["gone"] or seen["there"] or seen["inside"]:
        if seen["inside"]:
            seen = _opened(at, tree, seen)
        _enter(at, tree, seen)
        if not _is_any_folder(tree, seen["gone"]):
            break
        # git does not name a repository that stands where its index has a file
        seen = _status(at, tree, UNCACHED)
    told = private_git.run(at, tree, [b"write-tree", b"--missing-ok"]).strip()
    commit = private_git.run(at, tree, [b"commit-tree", told])
    replace(at + "/git/HEAD", commit)
    _blur(at, tree, began)
    _remember(at, told.decode())
    return told.decode()


# the kept id, and the index it was told from


def _known(at: str) -> tuple[str, str]:
    try:
        known, _, stamp = slurp(at + "/id").decode().partition(" ")
    except (OSError, ValueError):
        return "", ""
    return (known, stamp) if len(known) == 40 else ("", "")


def _remember(at: str, known: str) -> None:
    replace(at + "/id", (known + " " + _stamp(at)).encode())


def _stamp(at: str) -> str:
    seen = posix.stat(at + "/git/index")
    return str(seen.st_ino) + " " + str(seen.st_mtime_ns) + " " + str(seen.st_size)


def _begin(at: str, tree: str) -> None:
    """Start from the commit that HEAD names: only what differs from it is to be kept by us."""
    private_git.make(at, tree)
    remove(at + "/id")
    commit, objects = head(tree), private_git.objects_of(tree)
    lines: list[bytes] = []
    if len(commit) == 40 and objects:
        try:
            words = [b"ls-tree", b"-r", b"-z", b"--full-tree", commit.encode()]
            lines = private_git.run(at, tree, words, objects=objects).split(b"\0")
        except GitFailed:
            lines = []  # then we keep everything
    kept = [line for line in lines if _is_file(line) and not _is_own(line.partition(b"\t")[2])]
    _index(at, tree, kept)


def _is_file(line: bytes) -> bool:
    return line[:2] in (b"10", b"12")


def _is_own(path: bytes) -> bool:
    return path.startswith(OWN)


def _index(at: str, tree: str, lines: list[bytes]) -> None:
    given = b"".join(line + b"\0" for line in lines)
    private_git.run(at, tree, [b"update-index", b"-z", b"--index-info"], given)


# what changed


def _status(at: str, tree: str, config: list[bytes] | None = None) -> Seen:
    seen: Seen = {"gone": [], "there": [], "inside": []}
    for record in private_git.run(at, tree, [*(config or []), *STATUS]).split(b"\0"):
        kind = record[:1]
        if kind == b"?":
            path = record[2:]
            if path[-1:] == b"/":
                if _is_part(tree, path):
                    seen["inside"].append(path)
            elif not _is_own(path):
                seen["there"].append(path)
        elif kind == b"1" and record[3:4] != b".":
            seen["gone" if record[3:4] == b"D" else "there"].append(record.split(b" ", 8)[8])
    return seen


def _is_part(tree: str, path: bytes) -> bool:
    """Say whether a repository inside the tree is to be looked into: it holds files of its own."""
    inner = tree + "/" + path.rstrip(b"/").decode("utf-8", "surrogateescape")
    return posix.listdir(inner) not in ([".git"], []) and not _is_worktree(inner)


def _is_worktree(inner: str) -> bool:
    """Say whether a folder is a linked worktree, known as such to its repository."""
    try:
        text = slurp(inner + "/.git").decode("utf-8", "surrogateescape")
        git = real(text.partition("gitdir:")[2].strip(), inner)
        back = slurp(git + "/gitdir").decode("utf-8", "surrogateescape").strip()
        return exists(git + "/commondir") and real(back, git) == real(inner + "/.git", "/")
    except (OSError, ValueError):
        return False


def _opened(at: str, tree: str, seen: Seen) -> Seen:
    """Make git look into repositories inside the tree, and those inside them.

    It goes into a folder that its index has a file of, whatever `.git` lies there; so each gets a
    file that does not exist, which the next status calls gone.
    """
    for _ in range(50):  # a nest deeper than this is left alone
        if not seen["inside"]:
            break
        _index(
            at,
            tree,
            [b"100644 " + EMPTY + b" 0\t" + path + b".stagelock" for path in seen["inside"]],
        )
        before = seen["inside"]
        # what git remembers of untracked files does not tell it that it may go in now
        seen = _status(at, tree, UNCACHED)
        seen["inside"] = [path for path in seen["inside"] if path not in before]
    return seen


def _is_any_folder(tree: str, paths: list[bytes]) -> bool:
    for path in paths:
        try:
            if posix.lstat(raw(tree) + b"/" + path).st_mode & 0o170000 == 0o040000:
                return True
        except OSError:
            continue
    return False


def _enter(at: str, tree: str, seen: Seen) -> None:
    """Bring the index to what is there: hash the files named, keep them, drop what is gone."""
    gone, small, large = seen["gone"], [], []
    for path in seen["there"]:
        try:
            found = posix.lstat(raw(tree) + b"/" + path)
        except OSError:
            gone = [*gone, path]
            continue
        if found.st_mode & 0o170000 not in (0o100000, 0o120000):
            gone = [*gone, path]  # a pipe or a socket has no content
        elif found.st_size > LARGEST:
            large.append(path)
        else:
            small.append(path)
    if gone:
        _index(at, tree, [b"0 " + b"0" * 40 + b"\t" + path for path in gone])
    bulk = [b"-c", b"core.bigFileThreshold=1"] if len(small) >= BULK else []
    _add(at, tree, bulk, [], small)
    _add(at, tree, [], [b"--info-only"], large)


def _add(at: str, tree: str, config: list[bytes], more: list[bytes], paths: list[bytes]) -> None:
    if not paths:
        return
    words = [
        *config,
        b"update-index",
        b"--add",
        b"--remove",
        b"--replace",
        *more,
        b"-z",
        b"--stdin",
    ]
    private_git.run(at, tree, words, b"\0".join(paths) + b"\0")
    said = private_git.said(at)
    if "Ignoring path" in said:  # such as `.GIT/x`, which no git tree can hold
        raise TreeUnknown(
            "git keeps no file of that name (" + said.splitlines()[-1] + "); rename it, or name it "
            "in .gitignore"
        )


# times too coarse to tell


def _blur(at: str, tree: str, began: float) -> None:
    """Make git compare by content what may change again without a trace in its times.

    Git compares whole seconds. It distrusts a file whose content was changed in the second of the
    look, but not one whose time was then set back: change, set back, look, change and set back
    again, within one second, would go unseen. The inode's own time cannot be set; where it is of
    this very second, git is made to forget what it knows of the file. The same for folders.
    """
    data = slurp(at + "/git/index", 1 << 32)
    first = int(began - LAG)
    rest = data.find(b"UNTR")  # what git knows of folders; earlier only if a file is so called
    lines = []
    folders = False
    for second in range(first, int(time.time()) + 1):
        mark = second.to_bytes(4, "big")
        n = data.find(mark)
        while n >= 0:
            if _number(data, n + 8) < first:
                line = _entry(data, n)
                if line:
                    lines.append(line)
                elif n > rest >= 0 and _number(data, n - 8) < first:
                    folders = True
            n = data.find(mark, n + 1)
    if lines:
        _index(at, tree, lines)
    if folders:
        private_git.run(at, tree, [b"update-index", b"--no-untracked-cache"])


def _entry(data: bytes, n: int) -> bytes:
    """Return the index entry that begins at `n`, as `update-index` takes it; empty if none does."""
    mode = MODES.get(data[n + 24 : n + 28])
    if n % 8 != 4 or not mode:
        return b""
    path = data[n + 62 : data.find(b"\0", n + 62)]
    if int.from_bytes(data[n + 60 : n + 62], "big") & 0xFFF != min(len(path), 0xFFF):
        return b""
    return mode + b" " + data[n + 40 : n + 60].hex().encode() + b" 0\t" + path


def _number(data: bytes, n: int) -> int:
    return int.from_bytes(data[n : n + 4], "big")


def _distrust(at: str) -> None:
    """A look was killed before it could blur: make git compare every file by content."""
    posix.utime(at + "/git/index", (1, 1))


def _change(fields: bytes, path: bytes) -> Change:
    old, new, was, now, how = fields[1:].split(b" ")
    name = path.decode("utf-8", "surrogateescape")
    if how == b"M" and was == now and old != new:
        return {"path": name, "how": "mode"}
    return {"path": name, "how": HOWS.get(how, "changed")}
