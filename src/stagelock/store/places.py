"""What a path really names: one place name for every spelling.

A place name is relative to the tree (`src/app.py`) or says what it lies outside of: `state:/…` the
state home, `plugin:/…` the plugin, `client:/…` the client's configuration, `~/…` the home folder,
else an absolute path.
"""

from __future__ import annotations

import posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Roots(TypedDict):
        """The folders that places are named from, each real (no link in it)."""

        tree: str
        state: str
        plugin: str
        client: str
        home: str
        bound: bool  # whether a file of a worktree in the tree is not the file it stands for


LONGEST = 8192  # twice what Linux takes; far longer ones would only be slow to walk
HOPS = 40  # links followed before it is called a loop, as Linux does


def real(path: str, cwd: str) -> str:
    """Make a path absolute: `.`, `..` and `//` gone, links in every component followed.

    A component that does not exist stays as written, so a file that is yet to be made resolves
    through the links of its parents. Raises ValueError on a loop of links, a NUL, or a length that
    no file can have.
    """
    if "\0" in path:
        raise ValueError("a NUL in the path")
    if len(path) > LONGEST:
        raise ValueError("the path is longer than any file's")
    if path[:1] != "/":
        path = cwd + "/" + path
    todo = path.split("/")
    todo.reverse()
    at = ""
    hops = 0
    while todo:
        part = todo.pop()
        if part in ("", "."):
            continue
        if part == "..":
            at = at.rpartition("/")[0]
            continue
        try:
            link = posix.readlink(at + "/" + part)
        except OSError:
            at += "/" + part
            continue
        hops += 1
        if hops > HOPS:
            raise ValueError("a loop of links at `" + path + "`")
        if link[:1] == "/":
            at = ""
        parts = link.split("/")
        parts.reverse()
        todo += parts
    return at or "/"


def roots(tree: str, state: str) -> Roots:
    """Name the folders places are told from; `tree` and `state` are real already."""
    env = posix.environ
    home = real(env.get(b"HOME", b"/").decode("utf-8", "surrogateescape"), "/")
    plugin = env.get(b"CLAUDE_PLUGIN_ROOT", b"").decode("utf-8", "surrogateescape")
    client = env.get(b"CLAUDE_CONFIG_DIR", b"").decode("utf-8", "surrogateescape")
    return {
        "tree": tree,
        "state": state,
        "plugin": real(plugin, "/") if plugin else "",
        "client": real(client or home + "/.claude", "/"),
        "home": home,
        "bound": False,
    }


def name(path: str, cwd: str, at: Roots) -> str:
    """Return the place name of `path` as seen from `cwd`; raises ValueError as `real` does."""
    if path == "~" or path.startswith("~/"):
        path = at["home"] + path[1:]
    full = real(path, cwd)
    for label in ("state", "plugin", "client"):
        inner = _below(full, at[label])
        if inner is not None:
            return label + ":/" + inner
    inner = _below(full, at["tree"])
    if inner is not None:
        inner = (inner if at["bound"] else _own_worktree(inner, at["tree"])) or "."
        # a file of the tree that is really called `client:` is no place of the client
        return "./" + inner if inner.partition("/")[0][-1:] in (":", "~") else inner
    inner = _below(full, at["home"])
    return full if inner is None else "~/" + inner


def _below(full: str, root: str) -> str | None:
    if not root:
        return None
    if full == root:
        return ""
    stem = root if root == "/" else root + "/"
    return full[len(stem) :] if full.startswith(stem) else None


def _own_worktree(inner: str, tree: str) -> str:
    """Name a file of a worktree that the client made for a subagent as the file it stands for.

    The client puts them at `.claude/worktrees/NAME` in the tree (2.1.197, 2.1.329).
    """
    parts = inner.split("/")
    if len(parts) > 3 and parts[:2] == [".claude", "worktrees"]:
        try:  # git makes a `.git` there; an agent's own folder of that name stays what it is
            posix.lstat(tree + "/" + "/".join(parts[:3]) + "/.git")
        except OSError:
            return inner
        return "/".join(parts[3:])
    return inner
