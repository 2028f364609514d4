"""Looks at the tree around commands, and the taint that an unexplained change leaves on a run.

A watched call leaves a *look* in the state home before it runs: the tree id then, and what the
stage opened. Whoever finds one later compares: the event after the call or, for a command that went
on in the background or was interrupted, the next event of the run.
"""

from __future__ import annotations

import posix

from stagelock.core import step
from stagelock.core import taint as core

from . import records, runs
from . import tree as trees
from .files import digest, exists, make_folder, remove, replace, slurp
from .home import run_folder
from .wire import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from stagelock.core.model import Permits, Person, Spot, State, Taint

    class Look(TypedDict):
        """What was there before a watched call."""

        run: str
        root: str  # the folder looked at: the tree, or a worktree of a subagent in it
        before: str
        permits: Permits


WORKTREE = "-worktree"
NAMED = 100  # paths kept in the stage file; the two ids say all of them


def is_waiting(home: str, tree: str) -> bool:
    """Say whether any watched call has not been looked after yet; one look at the disk."""
    return exists(run_folder(home, tree) + "/looks")


def begin(home: str, tree: str, state: State, call: str, root: str) -> None:
    """Remember the tree at `root` before the call of that id. Raises trees.TreeUnknown."""
    look: Look = {
        "run": state["run"],
        "root": root,
        "before": trees.take(home, root),
        "permits": state["permits"],
    }
    folder = run_folder(home, tree) + "/looks"
    name = digest(call.encode()) + ("" if root == tree else WORKTREE)
    for _ in range(10):  # another call may end, and take the empty folder away, in between
        make_folder(folder)
        try:
            replace(folder + "/" + name, dumps(look).encode())
        except FileNotFoundError:
            continue
        return
    raise trees.TreeUnknown("`" + folder + "` cannot be written; make room and call again")


def is_begun(home: str, tree: str, call: str) -> bool:
    """Say whether the call of that id was watched."""
    return exists(run_folder(home, tree) + "/looks/" + digest(call.encode()))


def end(home: str, tree: str, call: str = "") -> None:
    """Forget the look of one call, or all of them."""
    folder = run_folder(home, tree) + "/looks"
    try:
        mine = digest(call.encode())
        for name in [mine, mine + WORKTREE] if call else posix.listdir(folder):
            remove(folder + "/" + name)
        posix.rmdir(folder)
    except OSError:
        pass  # another call is under way, or there was none


def settle(home: str, tree: str, state: State, who: Person) -> State:
    """Compare the tree with every look that is waiting; returns the state, tainted where it is."""
    for _ in range(3):
        found = _found(home, tree, state)
        news = _with_news(state.get("taint"), found) if found else None
        if news is None:
            return state
        after, entries = step.taint(state, who, news)
        try:
            records.commit(home, tree, state, after, entries)
        except records.Conflict:
            then, tamper = runs.look(home, tree)
            if then is None or tamper or then["run"] != state["run"]:
                return state
            state = then
            continue
        return after
    return state


def _found(home: str, tree: str, state: State) -> Taint | None:
    found: Taint | None = None
    now: dict[str, str] = {}
    for look in _looks(home, tree, state["run"]):
        root = look["root"]
        if root in (spot["root"] for spot in (found["spots"] if found else ())):
            continue  # an older look at the same folder has said it
        if root != tree and not exists(root):
            continue  # a worktree that is gone, and all that was in it
        why = ""
        paths: list[str] = []
        try:
            now[root] = now.get(root) or trees.take(home, root)
            paths = _unexplained(home, root, look["before"], now[root], look["permits"], state)
        except trees.TreeUnknown as error:
            why = str(error)
        if not paths and not why:
            continue
        found = found or _nothing(look["permits"])
        inside = "" if root == tree else root[len(tree) + 1 :] + "/"
        found["spots"].append({"root": root, "before": look["before"], "after": now.get(root, "")})
        found["paths"] = (found["paths"] + [inside + path for path in paths])[:NAMED]
        found["count"] += len(paths)
        found["why"] = found["why"] or why
    return found


def _nothing(permits: Permits) -> Taint:
    return {"spots": [], "paths": [], "count": 0, "why": "", "permits": permits}


def _looks(home: str, tree: str, run: str) -> list[Look]:
    """Return the looks that are waiting, the oldest first."""
    folder = run_folder(home, tree) + "/looks"
    found: list[tuple[int, Look]] = []
    try:
        names = posix.listdir(folder)
    except OSError:
        return []
    for name in names:
        try:
            seen = posix.stat(folder + "/" + name)
            look: Look = loads(slurp(folder + "/" + name).decode())
        except (OSError, ValueError):
            continue  # ended in between
        if look["run"] == run:
            found.append((seen.st_mtime_ns, look))
    return [look for _, look in sorted(found, key=lambda pair: pair[0])]


def _unexplained(
    home: str, root: str, before: str, after: str, then: Permits, state: State
) -> list[str]:
    """Return what differs between two ids and is explained neither by `then` nor by the stage."""
    changes = trees.differences(home, root, before, after)
    named = {_place(change["path"]): change["path"] for change in changes}
    return [named[place] for place in core.unexplained([then, state["permits"]], list(named))]


def _place(path: str) -> str:
    """Name a file of the tree as `places.name` does."""
    return "./" + path if path.partition("/")[0][-1:] in (":", "~") else path


def _with_news(known: Taint | None, found: Taint) -> Taint | None:
    """Return a taint with what was found added; None where all of it is known."""
    if known is None:
        return found
    fresh = [path for path in found["paths"] if path not in known["paths"]]
    if not fresh or known["count"] >= NAMED:
        return None
    again = [(spot["root"], spot["before"]) for spot in found["spots"]]
    kept = [spot for spot in known["spots"] if (spot["root"], spot["before"]) not in again]
    return {
        **known,
        "spots": kept + found["spots"],
        "paths": (known["paths"] + fresh)[:NAMED],
        "count": known["count"] + len(fresh),
    }


# what a person does about it


def spoilt(home: str, state: State) -> list[tuple[Spot, list[trees.Change]]]:
    """Return what is to be put back: the files of the taint that still are not what they were.

    Each with the spot that its path is relative to. Raises trees.TreeUnknown.
    """
    taint = state.get("taint")
    found: list[tuple[Spot, list[trees.Change]]] = []
    covered: set[tuple[str, str]] = set()
    for spot in taint["spots"] if taint else ():
        root, before = spot["root"], spot["before"]
        now = trees.take(home, root)
        permits = taint["permits"] if taint else state["permits"]
        paths = _unexplained(home, root, before, spot["after"] or now, permits, state)
        mine = {path for path in paths if (root, path) not in covered}
        covered.update((root, path) for path in paths)
        changes = trees.differences(home, root, before, now)
        found.append((spot, [change for change in changes if change["path"] in mine]))
    return found


def restore(home: str, tree: str, state: State, who: Person) -> tuple[State, list[str]]:
    """Put the files of the taint back and clear it; returns the state and where the rest lies.

    Raises trees.TreeUnknown where not everything is as it was, and records.Conflict.
    """
    kept = [
        trees.put_back(home, spot["root"], spot["before"], [change["path"] for change in changes])
        for spot, changes in spoilt(home, state)
        if changes
    ]
    for _, left in spoilt(home, state):
        if left:
            raise trees.TreeUnknown(
                "`" + core.shown(left[0]["path"]) + "` changed again meanwhile; end what writes it "
                "and call again"
            )
    after, entries = step.untaint(state, who, "restored", ", ".join(kept))
    records.commit(home, tree, state, after, entries)
    end(home, tree)
    return after, kept
