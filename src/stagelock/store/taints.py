"""Looks at the tree around commands, and the taint that an unexplained change leaves on a run.

A watched call leaves a *look* in the state home before it runs: the tree id then, and what the
stage opened. Whoever finds one later compares: the event after the call or, for a command that went
on in the background or was interrupted, the next event of the run.
"""

from __future__ import annotations

import posix

from stagelock.core import step
from stagelock.core import taint as core

from . import runs
from . import tree as trees
from .files import digest, exists, make_folder, remove, replace, slurp
from .home import run_folder
from .wire import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from stagelock.core.model import Permits, Person, State, Taint

    class Look(TypedDict):
        """What was there before a watched call."""

        run: str
        before: str
        permits: Permits


NAMED = 100  # paths kept in the stage file; the two ids say all of them


def is_waiting(home: str, tree: str) -> bool:
    """Say whether any watched call has not been looked after yet; one look at the disk."""
    return exists(run_folder(home, tree) + "/looks")


def begin(home: str, tree: str, state: State, call: str) -> None:
    """Remember the tree before the call of that id. Raises trees.TreeUnknown."""
    look: Look = {
        "run": state["run"],
        "before": trees.take(home, tree),
        "permits": state["permits"],
    }
    folder = run_folder(home, tree) + "/looks"
    for _ in range(10):  # another call may end, and take the empty folder away, in between
        make_folder(folder)
        try:
            replace(folder + "/" + digest(call.encode()), dumps(look).encode())
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
        for name in [digest(call.encode())] if call else posix.listdir(folder):
            remove(folder + "/" + name)
        posix.rmdir(folder)
    except OSError:
        pass  # another call is under way, or there was none


def settle(home: str, tree: str, state: State, who: Person) -> State:
    """Compare the tree with every look that is waiting; returns the state, tainted where it is."""
    for _ in range(3):
        found = _found(home, tree, state)
        if found is None or not _is_news(state, found):
            return state
        after, entries = step.taint(state, who, found)
        try:
            runs.commit(home, tree, state, after, entries)
        except runs.Conflict:
            then, tamper = runs.look(home, tree)
            if then is None or tamper or then["run"] != state["run"]:
                return state
            state = then
            continue
        return after
    return state


def _found(home: str, tree: str, state: State) -> Taint | None:
    looks = _looks(home, tree, state["run"])
    if not looks:
        return None
    try:
        now = trees.take(home, tree)
        for look in looks:
            changed = [c["path"] for c in trees.differences(home, tree, look["before"], now)]
            paths = _unexplained([look["permits"], state["permits"]], changed)
            if paths:
                return _taint(look, now, paths)
    except trees.TreeUnknown as error:
        return {**_taint(looks[0], "", []), "why": str(error)}
    return None


def _taint(look: Look, after: str, paths: list[str]) -> Taint:
    return {
        "before": look["before"],
        "after": after,
        "paths": paths[:NAMED],
        "count": len(paths),
        "why": "",
        "permits": look["permits"],
    }


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


def _unexplained(permits: list[Permits], changed: list[str]) -> list[str]:
    named = {_place(path): path for path in changed}
    return [named[place] for place in core.unexplained(permits, list(named))]


def _place(path: str) -> str:
    """Name a file of the tree as `places.name` does."""
    return "./" + path if path.partition("/")[0][-1:] in (":", "~") else path


def _is_news(state: State, found: Taint) -> bool:
    known = state.get("taint")
    return known is None or (found["count"] > known["count"] and known["before"] == found["before"])


# what a person does about it


def spoilt(home: str, tree: str, state: State) -> list[trees.Change]:
    """Return what is to be put back: the files of the taint that still are not what they were.

    Raises trees.TreeUnknown.
    """
    taint = state.get("taint")
    if taint is None:
        return []
    now = trees.take(home, tree)
    after = taint["after"] or now
    changed = [c["path"] for c in trees.differences(home, tree, taint["before"], after)]
    paths = set(_unexplained([taint["permits"], state["permits"]], changed))
    return [c for c in trees.differences(home, tree, taint["before"], now) if c["path"] in paths]


def restore(home: str, tree: str, state: State, who: Person) -> tuple[State, str]:
    """Put the files of the taint back and clear it; returns the state and where the rest lies.

    Raises trees.TreeUnknown where not everything is as it was, and runs.Conflict.
    """
    taint = state.get("taint")
    if taint is None:
        return state, ""
    paths = [change["path"] for change in spoilt(home, tree, state)]
    kept = trees.put_back(home, tree, taint["before"], paths) if paths else ""
    left = spoilt(home, tree, state)
    if left:
        raise trees.TreeUnknown(
            "`" + left[0]["path"] + "` changed again meanwhile; end what writes it and call again"
        )
    after, entries = step.untaint(state, who, "restored", kept)
    runs.commit(home, tree, state, after, entries)
    end(home, tree)
    return after, kept
