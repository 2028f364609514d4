"""What git says, read from its files: no process, no user config."""

from __future__ import annotations

from .files import slurp


def top(folder: str) -> str:
    """Return the nearest folder at or above `folder` that holds `.git`, else `folder`."""
    from .files import exists

    at = folder
    while at:
        if exists(at + "/.git"):
            return at
        at = at.rpartition("/")[0]
    return folder


def head(tree: str) -> str:
    """Return the commit that HEAD names, "" where there is none yet."""
    try:
        git = tree + "/.git"
        try:
            text = slurp(git).decode()  # a linked worktree: a file that names the folder
            git = text.partition("gitdir:")[2].strip()
            if not git.startswith("/"):
                git = tree + "/" + git
        except IsADirectoryError:
            pass
        ref = slurp(git + "/HEAD").decode().strip()
        if ref.startswith("ref: "):
            ref = "" if ".." in ref else _resolve(git, ref[5:])
    except (OSError, ValueError):
        return ""
    is_commit = len(ref) in (40, 64) and all(c in "0123456789abcdef" for c in ref)
    return ref if is_commit else ""


def _resolve(git: str, ref: str) -> str:
    folders = [git]
    try:
        common = slurp(git + "/commondir").decode().strip()
        folders.append(common if common.startswith("/") else git + "/" + common)
    except OSError:
        pass
    for folder in folders:
        try:
            return slurp(folder + "/" + ref).decode().strip()
        except OSError:
            pass
        try:
            packed = slurp(folder + "/packed-refs").decode()
        except OSError:
            continue
        for line in packed.splitlines():
            commit, _, named = line.partition(" ")
            if named == ref:
                return commit
    return ""
