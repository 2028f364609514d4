"""The state home, and which trees of this machine have a live run.

`live/` holds one empty file per live tree, named by the digest of the tree's path. The folder is
there exactly while a run is live somewhere, so the shell that starts a hook needs one look.
"""

from __future__ import annotations

import posix

from .files import digest, exists, make_folder, remove, touch
from .places import real

STAGE_FILE = "/.stagelock/stage.json"


def state_home() -> str:
    """Return the real path of the state home; it need not exist."""
    base = posix.environ.get(b"XDG_STATE_HOME", b"")
    if not base.startswith(b"/"):
        base = posix.environ.get(b"HOME", b"/") + b"/.local/state"
    return real(base.decode("utf-8", "surrogateescape") + "/stagelock", "/")


def key(tree: str) -> str:
    """Return the name under which the state home keeps a tree."""
    return digest(tree.encode("utf-8", "surrogateescape"))


def run_folder(home: str, tree: str) -> str:
    """Return the folder that holds the second record of a tree's run."""
    return home + "/runs/" + key(tree)


def find_tree(home: str, folders: list[str]) -> str:
    """Return the nearest live tree at or above any of `folders` (real paths), "" where none is."""
    seen = set()
    for folder in folders:
        at = folder
        while at and at not in seen:
            seen.add(at)
            if is_live(home, at):
                return at
            at = at.rpartition("/")[0]
    return ""


def is_live(home: str, tree: str) -> bool:
    """Say whether a run is live in `tree`.

    A stage file without a marker counts: deleting the marker must not open the gate.
    """
    return exists(home + "/live/" + key(tree)) or exists(tree + STAGE_FILE)


def mark_live(home: str, tree: str) -> None:
    """Say that a run is live in `tree`."""
    for _ in range(100):  # another run may end, and take the empty folder away, in between
        make_folder(home + "/live")
        try:
            touch(home + "/live/" + key(tree))
        except FileNotFoundError:
            continue
        return
    raise OSError("cannot mark the run as live in `" + home + "/live`")


def unmark_live(home: str, tree: str) -> None:
    """Say that no run is live in `tree` any more."""
    remove(home + "/live/" + key(tree))
    try:
        posix.rmdir(home + "/live")
    except OSError:
        pass  # another run is live, or another process was quicker
