"""Signs of life: when the hooks last answered in a client session, on which prompt, in which tree.

A hook that does not run cannot say so. What it leaves behind can be missed: the status line and the
command line hold the last sign against what the session has done since.
"""

from __future__ import annotations

import posix

from .files import CLOEXEC, digest, make_folder, slurp, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Beat(TypedDict):
        """The last sign of one session."""

        at: float
        prompt: str
        tree: str


FLAGS = posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | CLOEXEC
KEPT = 30 * 86400  # seconds after which a session's last sign is swept away


def touch(home: str, session: str, prompt: str, tree: str) -> None:
    """Say that the hooks are alive: one system call, where an earlier sign is there."""
    try:
        posix.utime(_path(home, session))
    except FileNotFoundError:
        leave(home, session, prompt, tree)


def leave(home: str, session: str, prompt: str, tree: str) -> None:
    """Leave a sign that names the prompt and the tree."""
    text = prompt.replace("\n", " ") + "\n" + tree
    data = text.encode("utf-8", "surrogateescape")
    try:
        fd = posix.open(_path(home, session), FLAGS, 0o600)
    except FileNotFoundError:
        make_folder(home + "/beats")
        fd = posix.open(_path(home, session), FLAGS, 0o600)
    try:
        write(fd, data)  # not synced: a sign that is lost in a crash is left anew
    finally:
        posix.close(fd)


def last(home: str, session: str) -> Beat | None:
    """Return the last sign of a session, None where there never was one."""
    return _read(_path(home, session)) if session else None


def latest(home: str, tree: str) -> Beat | None:
    """Return the last sign of any session in `tree`."""
    found: Beat | None = None
    for name in _names(home):
        beat = _read(home + "/beats/" + name)
        if beat and beat["tree"] == tree and (found is None or beat["at"] > found["at"]):
            found = beat
    return found


def began(home: str, tree: str) -> float:
    """Return when the live run of `tree` began, 0 where that cannot be told."""
    from .home import key

    try:
        return posix.stat(home + "/live/" + key(tree)).st_mtime
    except OSError:
        return 0


def sweep(home: str, now: float) -> None:
    """Take away the signs of sessions that nobody will ask about any more."""
    for name in _names(home):
        path = home + "/beats/" + name
        try:
            if posix.stat(path).st_mtime < now - KEPT:
                posix.unlink(path)
        except OSError:
            pass  # another process was quicker


def _names(home: str) -> list[str]:
    try:
        return posix.listdir(home + "/beats")
    except OSError:
        return []


def _read(path: str) -> Beat | None:
    try:
        prompt, _, tree = slurp(path).decode("utf-8", "surrogateescape").partition("\n")
        return {"at": posix.stat(path).st_mtime, "prompt": prompt, "tree": tree}
    except OSError:
        return None


def _path(home: str, session: str) -> str:
    return home + "/beats/" + digest(session.encode("utf-8", "replace"))
