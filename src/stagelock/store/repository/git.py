"""What git says, read from its files: no process, no user config."""

from __future__ import annotations

from stagelock.store.files import slurp

MADE_AT = "/.claude/worktrees/"  # where the client makes a worktree for an agent


def top(folder: str) -> str:
    """Return the nearest folder at or above `folder` that holds `.git`, else `folder`."""
    from stagelock.store.files import exists

    at = folder
    while at:
        if exists(at + "/.git"):
            return at
        at = at.rpartition("/")[0]
    return folder


def worktree_at(tree: str, at: str) -> str:
    """Return the worktree of the client's that the folder `at` lies in, "" for none."""
    from stagelock.store.files import exists

    inside = tree + MADE_AT
    if not at.startswith(inside):
        return ""
    root = inside + at[len(inside) :].partition("/")[0]
    return root if exists(root + "/.git") else ""


def head(tree: str) -> str:
    """Return the commit that HEAD names, "" where there is none yet."""
    try:
        git = _folder(tree)
        ref = slurp(git + "/HEAD").decode().strip()
        if ref.startswith("ref: "):
            ref = "" if ".." in ref else _resolve(git, ref[5:])
    except (OSError, ValueError):
        return ""
    is_commit = len(ref) in (40, 64) and all(c in "0123456789abcdef" for c in ref)
    return ref if is_commit else ""


def is_pushed(home: str, tree: str) -> bool:
    """Say whether a remote is known to have the commit that HEAD names; any doubt says yes."""
    from .private_git import GitFailed, ask

    if not head(tree):
        return False
    try:
        unpushed = ask(home, tree, ["rev-list", "--count", "HEAD", "--not", "--remotes"])
    except GitFailed:
        return True
    return unpushed.strip() == "0"


def folders(tree: str) -> list[str]:
    """Return the git folder of a tree and, for a linked worktree, the one it shares; else none."""
    try:
        return _with_common(_folder(tree))
    except (OSError, ValueError):
        return []


def _folder(tree: str) -> str:
    git = tree + "/.git"
    try:
        text = slurp(git).decode("utf-8", "surrogateescape")
    except IsADirectoryError:
        return git
    git = text.partition("gitdir:")[2].strip()  # a linked worktree: a file that names the folder
    return git if git.startswith("/") else tree + "/" + git


def _with_common(git: str) -> list[str]:
    try:
        common = slurp(git + "/commondir").decode("utf-8", "surrogateescape").strip()
    except OSError:
        return [git]
    return [git, common if common.startswith("/") else git + "/" + common]


def _resolve(git: str, ref: str) -> str:
    for folder in _with_common(git):
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
