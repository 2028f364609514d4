"""Files of a tree put back to what they were, what is there now kept first.

Every file is replaced by one rename, so that a killed process leaves each as it was or as it is to
be, and a copy of what was there lies in the state home before anything is touched. Folders are
opened one by one without following a link, so nothing outside the tree is reached through one.
"""

from __future__ import annotations

import os
import stat
import time

from stagelock.core.taint import shown

from . import home as homes
from .files import make_folder
from .repository import private_git
from .tree import TreeUnknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    Want = tuple[bytes, bytes]  # mode and blob

NOFOLLOW = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
PIECE = 1 << 20
ASIDE = ".stagelock-put-back"  # a file on its way to its place


def put_back(home: str, tree: str, at: str, paths: list[str], into: str = "") -> str:
    """Do what `tree.put_back` says; `into` is the folder for what is there now.

    A caller that names it may call again after it was killed, and finds all of it there.
    """
    private = private_git.folder(home, tree)
    for path in paths:
        _check(path)
    held = -1
    try:
        held = private_git.hold(private)
        wanted = _wanted(private, tree, at)
        content = private + "/content"
        where = _contents(private, tree, content, {p: wanted[p] for p in paths if p in wanted})
        kept = into or new_folder(home, tree)
        make_folder(kept)
        with open(content, "rb") as contents:
            for path in sorted((p for p in paths if p not in wanted), reverse=True):
                take_away(tree, path, kept)
            for path in sorted(p for p in paths if p in wanted):
                mode, blob = wanted[path]
                contents.seek(where[blob][0])
                restore(tree, path, kept, mode, _pieces(contents, where[blob][1]))
        os.unlink(content)
    except (private_git.GitFailed, OSError) as error:
        raise TreeUnknown(
            "not everything was put back (" + str(error) + "); nothing is lost: call it again"
        ) from None
    finally:
        if held >= 0:
            os.close(held)
    return kept


def put_folders(tree: str, folders: dict[str, int], added: list[str], kept: str) -> None:
    """Make the folders anew that are missing, with their rights; take away `added`, where empty."""
    for path in sorted(added, reverse=True):
        fds = _folders(tree, path, kept="")
        if fds:
            try:
                os.rmdir(os.path.basename(path), dir_fd=fds[-1])
            except OSError:
                pass  # it holds something, or is gone
            finally:
                _close(fds)
    for path in sorted(folders):
        fds = _folders(tree, path, kept)
        try:
            name = os.path.basename(path)
            if not _is_folder(fds[-1], name):
                os.mkdir(name, 0o700, dir_fd=fds[-1])
                os.chmod(name, folders[path], dir_fd=fds[-1])
        finally:
            _close(fds)


def put_rights(tree: str, rights: dict[str, int]) -> None:
    """Give regular files the permissions they had, where those are others now."""
    for path, mode in rights.items():
        fds = _folders(tree, path, kept="")
        if not fds:
            continue
        try:
            found = _found(fds[-1], os.path.basename(path))
            if found and stat.S_ISREG(found.st_mode) and found.st_mode & 0o7777 != mode:
                with _read(fds[-1], os.path.basename(path)) as file:
                    os.fchmod(file.fileno(), mode)
        finally:
            _close(fds)


def _check(path: str) -> None:
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise TreeUnknown(
            "`" + shown(path) + "` is no file of a tree; name it relative to the tree"
        )
    if parts[0] == ".stagelock":
        raise TreeUnknown("`" + shown(path) + "` is stagelock's own; name files of the tree")


def _wanted(private: str, tree: str, at: str) -> dict[str, Want]:
    """Return mode and blob of every file of a tree id."""
    out = private_git.run(private, tree, [b"ls-tree", b"-r", b"-z", at.encode()])
    found = {}
    for line in out.split(b"\0")[:-1]:
        about, _, path = line.partition(b"\t")
        mode, _, blob = about.split(b" ")
        found[path.decode("utf-8", "surrogateescape")] = (mode, blob)
    return found


def _contents(
    private: str, tree: str, into: str, wants: dict[str, Want]
) -> dict[bytes, tuple[int, int]]:
    """Write all blobs into one file; return where each begins and ends in it."""
    blobs = {blob: path for path, (_, blob) in wants.items()}
    given = b"".join(blob + b"\n" for blob in blobs)
    objects = private_git.objects_of(tree)
    private_git.run(private, tree, [b"cat-file", b"--batch"], given, objects, into)
    where = {}
    with open(into, "rb") as contents:
        for blob, path in blobs.items():
            words = contents.readline().split()
            if words[1:2] != [b"blob"]:
                raise TreeUnknown(
                    "the content of `"
                    + shown(path)
                    + "` was not kept (too large, or cleaned away); put "
                    "it back by hand and call again"
                )
            begin = contents.tell()
            where[blob] = (begin, begin + int(words[2]))
            contents.seek(where[blob][1] + 1)
    return where


def _pieces(contents: BinaryIO, end: int) -> Iterator[bytes]:
    while piece := contents.read(min(PIECE, end - contents.tell())):
        yield piece


def new_folder(home: str, tree: str) -> str:
    """Make a folder in the state home for what is to be kept; return its path."""
    name = os.path.basename(tree) + "-" + homes.key(tree)[:8]
    base = home + "/kept/" + name + "/" + time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
    make_folder(home + "/kept/" + name)
    n = 1
    while True:
        folder = base + ("-" + str(n) if n > 1 else "")
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            n += 1
            continue
        return folder


# one file


def take_away(tree: str, path: str, kept: str) -> None:
    """Move a file that was added since out of the tree, and folders that this leaves empty."""
    fds = _folders(tree, path, kept="")
    if not fds:
        return
    name = os.path.basename(path)
    try:
        _keep(fds[-1], name, kept + "/" + path)
        _remove(fds[-1], name)
        parts = path.split("/")
        while len(fds) > 1:
            os.close(fds.pop())
            try:
                os.rmdir(parts[len(fds) - 1], dir_fd=fds[-1])
            except OSError:
                break  # it holds something else
    finally:
        _close(fds)


def restore(tree: str, path: str, kept: str, mode: bytes, pieces: Iterator[bytes]) -> None:
    """Make a file what it is to be; what is there now goes to the folder `kept`."""
    fds = _folders(tree, path, kept)
    name = os.path.basename(path)
    folder = fds[-1]
    try:
        _drop(folder, ASIDE)
        if mode == b"120000":
            os.symlink(b"".join(pieces), ASIDE, dir_fd=folder)
        else:
            _write(folder, mode, _rights(folder, name), pieces)
        if _same(folder, name):
            _drop(folder, ASIDE)
            return
        _keep(folder, name, kept + "/" + path)
        if _is_folder(folder, name):
            _remove(folder, name)
        os.rename(ASIDE, name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    finally:
        _close(fds)


def _write(folder: int, mode: bytes, rights: int, pieces: Iterator[bytes]) -> None:
    fd = os.open(ASIDE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW, 0o600, dir_fd=folder)
    try:
        for piece in pieces:
            view = memoryview(piece)
            while view:
                view = view[os.write(fd, view) :]
        runs = (rights & 0o444) >> 2
        os.fchmod(fd, rights | runs if mode == b"100755" else rights & ~0o111)
        os.fsync(fd)
    finally:
        os.close(fd)


def _rights(folder: int, name: str) -> int:
    """Return the permissions to give: those the file has, else what the user's umask leaves."""
    found = _found(folder, name)
    if found is not None and stat.S_ISREG(found.st_mode):
        return found.st_mode & 0o777
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def _same(folder: int, name: str) -> bool:
    """Say whether what is there is already as it is to be, in kind, content and right to run."""
    now, new = _found(folder, name), _found(folder, ASIDE)
    if now is None or new is None or now.st_size != new.st_size:
        return False
    if (now.st_mode ^ new.st_mode) & (0o170000 | 0o100):
        return False
    if stat.S_ISLNK(now.st_mode):
        return os.readlink(name, dir_fd=folder) == os.readlink(ASIDE, dir_fd=folder)
    with _read(folder, name) as one, _read(folder, ASIDE) as other:
        while (piece := one.read(PIECE)) == other.read(PIECE):
            if not piece:
                return True
    return False


# what is there now, kept


def _keep(folder: int, name: str, to: str) -> None:
    """Copy whatever stands at `name` to `to`; again, where it changed while it was copied."""
    while (before := _found(folder, name)) is not None:
        _copy(folder, name, before.st_mode, to)
        after = _found(folder, name)
        if after is None or _mark(after) == _mark(before):
            return


def _copy(folder: int, name: str, mode: int, to: str) -> None:
    make_folder(os.path.dirname(to))
    if stat.S_ISLNK(mode):
        if os.path.lexists(to):
            os.unlink(to)
        os.symlink(os.readlink(name, dir_fd=folder), to)
    elif stat.S_ISREG(mode):
        with _read(folder, name) as source, open(to, "wb") as copy:
            while piece := source.read(PIECE):
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
            os.fchmod(copy.fileno(), mode & 0o777 | 0o600)
    elif stat.S_ISDIR(mode):
        make_folder(to)
        fd = os.open(name, FOLDER, dir_fd=folder)
        try:
            for inner in os.listdir(fd):
                _keep(fd, inner, to + "/" + inner)
        finally:
            os.close(fd)


def _remove(folder: int, name: str) -> None:
    if not _is_folder(folder, name):
        _drop(folder, name)
        return
    fd = os.open(name, FOLDER, dir_fd=folder)
    try:
        for inner in os.listdir(fd):
            _remove(fd, inner)
    finally:
        os.close(fd)
    os.rmdir(name, dir_fd=folder)


def _drop(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        pass


def _read(folder: int, name: str) -> BinaryIO:
    return open(os.open(name, os.O_RDONLY | NOFOLLOW, dir_fd=folder), "rb")


def _found(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _is_folder(folder: int, name: str) -> bool:
    found = _found(folder, name)
    return found is not None and stat.S_ISDIR(found.st_mode)


def _mark(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


# the folders that lead to a file


def _folders(tree: str, path: str, kept: str) -> list[int]:
    """Open every folder from the tree down to the one that holds `path`, following no link.

    With `kept`, one that is missing is made, and what stands in its place is moved there first;
    without, the list is empty where one is missing.
    """
    fds = [os.open(tree, FOLDER)]
    parts = path.split("/")[:-1]
    try:
        for n, part in enumerate(parts):
            if not _is_folder(fds[-1], part):
                if not kept:
                    _close(fds)
                    return []
                _keep(fds[-1], part, kept + "/" + "/".join(parts[: n + 1]))
                _drop(fds[-1], part)
                os.mkdir(part, 0o777, dir_fd=fds[-1])
            fds.append(os.open(part, FOLDER, dir_fd=fds[-1]))
    except OSError:
        _close(fds)
        raise
    return fds


def _close(fds: list[int]) -> None:
    while fds:
        os.close(fds.pop())
