"""The attempts of a bug hunt on disk: a snapshot of the scope, and the tree put back exactly to it.

The tree id alone leaves out what git ignores, the rights of a file beyond running it, and folders
that hold nothing; so the snapshot of a scope adds them. It lies in the private git directory, and
beside it, in the state home, what git has no place for.

What is done is recorded before it is done: first that the attempt is over and what is to be put
back, then the files one by one, then that it is done. A killed process is finished by the next that
calls `settle`, and a second time changes nothing.
"""

from __future__ import annotations

import posix

from stagelock.core.evidence import configures
from stagelock.core.fix import hypothesis as core
from stagelock.core.fix.cause import place
from stagelock.core.fix.test_files import is_test
from stagelock.core.fix.tripwires import limit
from stagelock.core.globs import matches
from stagelock.store import evidence, records, runs
from stagelock.store import tree as trees
from stagelock.store.artifacts import read_artifact
from stagelock.store.files import is_folder, make_folder, remove, replace, slurp
from stagelock.store.home import key, run_folder
from stagelock.store.repository import private_git
from stagelock.store.wire import dumps, loads

from . import bug_records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from stagelock.core.model import Hypothesis, Person, State

    class Place(TypedDict):
        """What a scope holds: each file and each folder with its rights."""

        files: dict[str, int]
        folders: dict[str, int]


WILD = "*?"
LARGEST = 1 << 24  # bytes of one file in a scope
MOST = 20_000  # entries looked at to find what a scope holds
REGULAR, LINK, FOLDER = 0o100000, 0o120000, 0o040000
# what is put back after a power failure must have reached the disk before anything is changed
LASTING = [b"-c", b"core.fsync=committed", b"-c", b"core.fsyncMethod=fsync"]
NEVER = (".git", ".stagelock")


class Unfit(Exception):
    """A scope that no hypothesis may have; the text says why and what to do."""


def refused(tree: str, state: State, scope: list[str], says: str) -> tuple[str, str]:
    """Return the end of the rule and the reason by which an attempt may not open now."""
    if core.WHAT not in state["exit"].get("owes", []):
        why = "a hypothesis belongs where one is owed; `" + state["stage"] + "` owes none"
        return "/otherwise", why
    last = core.current(state, core.OPEN) or core.current(state, core.UNDOING)
    if last is not None:
        return "/one-at-a-time", core.lacking(state) + "; one at a time"
    held = core.standing(state)
    if held is not None:
        return "/stands", core.told(held) + "; end your reply with STATUS: DONE"
    if not reproduction(state):
        why = "no reproduction was seen to fail in this run, so nothing could show it to hold"
        return "/no-reproduction", why
    if any(_plain(it["says"]) == _plain(says) for it in core.failed(state)):
        return "/again", "that hypothesis failed already; say another cause"
    try:
        _fit(tree, state, scope)
    except Unfit as error:
        return "/small-scope", str(error)
    return "", ""


def reproduction(state: State) -> str:
    """Return the command that was seen to fail because of the bug, "" where none was."""
    seen = bug_records.held(state, "reproduction")
    return seen["command"] if seen and seen["exit"] > 0 and not seen["why"] else ""


def open_one(
    home: str, tree: str, who: Person, says: str, scope: list[str], by: str
) -> tuple[State | None, str]:
    """Take the snapshot and open an attempt; returns the state, or None and why it was not."""
    for _ in range(evidence.TRIES):
        state, tamper = runs.look(home, tree)
        if state is None or tamper:
            return None, "the run ended, or its records were changed from outside"
        why = refused(tree, state, scope, says)[1]
        if why:
            return None, why
        n = len(core.of(state)) + 1
        before, held = snapshot(home, tree, scope)
        make_folder(_folder(home, tree))
        replace(_beside(home, tree, n), dumps(held).encode())
        attempt: Hypothesis = {
            "n": n,
            "says": says,
            "scope": scope,
            "phase": core.OPEN,
            "counts": True,
            "command": reproduction(state),
            "exit": core.UNTESTED,
            "tail": "",
            "before": before,
            "after": "",
            "paths": [],
            "kept": "",
            "by": by,
            "at": who["at"],
        }
        policy = runs.policy_of(home, tree, state)
        after, entries = core.opened(policy, state, who, attempt)
        if evidence.committed(home, tree, state, after, entries):
            return after, ""
    raise records.Conflict("the run moved on too often; try again")


def tested(home: str, tree: str, who: Person, code: int, tail: str) -> State | None:
    """Record how the reproduction ended on the open attempt, and put the tree back."""
    for _ in range(evidence.TRIES):
        state, tamper = runs.look(home, tree)
        it = core.current(state, core.OPEN) if state and not tamper else None
        if state is None or it is None:
            return None
        after_id, _ = snapshot(home, tree, it["scope"])
        paths = changed(home, tree, it, after_id)
        came: Hypothesis = {**it, "exit": code, "tail": tail, "after": after_id, "paths": paths}
        policy = runs.policy_of(home, tree, state)
        after, entries = core.tested(policy, state, who, came)
        if evidence.committed(home, tree, state, after, entries):
            if code == 0:
                records.forget_changes(home, tree)
            return settle(home, tree, who)
    raise records.Conflict("the run moved on too often; test it again")


def settle(home: str, tree: str, who: Person) -> State | None:
    """Put aside what an attempt that is over changed, where that is not done yet.

    Returns the state then, None where there is none to trust. Raises trees.TreeUnknown where not
    everything could be put back; nothing is lost, and the next call goes on.
    """
    for _ in range(evidence.TRIES):
        state, tamper = runs.look(home, tree)
        it = core.current(state, core.UNDOING) if state and not tamper else None
        if state is None or it is None:
            return state if not tamper else None
        if not it["after"]:  # it was left without a test: what it changed is to be known first
            now, _ = snapshot(home, tree, it["scope"])
            noted = core.noted(state, now, changed(home, tree, it, now))
            evidence.committed(home, tree, state, noted, [])
            continue
        try:
            kept = _undo(home, tree, state, it)
        except (OSError, ValueError) as error:
            raise trees.TreeUnknown(
                "not everything was put back (" + str(error) + "); nothing is lost: call again"
            ) from None
        after, entries = core.undone(state, who, kept)
        if evidence.committed(home, tree, state, after, entries):
            if len(core.failed(after)) >= after["exit"]["attempts"]:
                evidence.for_people(tree, "escalation.md", core.report(after))
            return after
    raise records.Conflict("the run moved on too often; try again")


def let_go(home: str, tree: str, state: State, who: Person, reason: str) -> State:
    """Take the tree as it is, at a person's word, where a change could not be put aside."""
    after, entries = core.undone(state, who, "", reason)
    records.commit(home, tree, state, after, entries)
    return after


def changed(home: str, tree: str, it: Hypothesis, now: str) -> list[str]:
    """Name the files of the scope that differ between the snapshot and `now`, a later one."""
    found = [change["path"] for change in trees.differences(home, tree, it["before"], now)]
    return [path for path in found if covers(it["scope"], path)]


def changed_now(home: str, tree: str, it: Hypothesis) -> list[str]:
    """Name the files that the open attempt has changed so far; raises trees.TreeUnknown."""
    return changed(home, tree, it, snapshot(home, tree, it["scope"])[0])


def apply(home: str, tree: str, it: Hypothesis) -> str:
    """Write the change of a closed attempt into the tree again; returns where the rest lies.

    Raises trees.TreeUnknown where a file is no longer what the attempt began with.
    """
    now, _ = snapshot(home, tree, it["scope"])
    moved = [c["path"] for c in trees.differences(home, tree, it["before"], now)]
    still = {c["path"] for c in trees.differences(home, tree, now, it["after"])}
    lost = [path for path in it["paths"] if path in moved and path in still]
    if lost:
        raise trees.TreeUnknown(
            "changed since that attempt: " + evidence.some(lost) + "; nothing was written, take "
            "what you need of it from " + it["kept"]
        )
    return trees.put_back(home, tree, it["after"], it["paths"])


def snapshot(home: str, tree: str, scope: list[str]) -> tuple[str, Place]:
    """Return a tree id that holds all that the scope holds, ignored or not, and what it lacks."""
    now = trees.take(home, tree)
    at = private_git.folder(home, tree)
    index = at + "/git/scope-index"
    try:
        lock = private_git.hold(at)
    except (private_git.GitFailed, OSError) as error:
        raise trees.TreeUnknown("the tree cannot be looked at (" + str(error) + ")") from None
    try:
        held = look(tree, scope)
        remove(index)
        remove(index + ".lock")
        private_git.run(at, tree, [b"read-tree", now.encode()], index=index)
        given = b"".join(private_git.raw(path) + b"\0" for path in sorted(held["files"]))
        add = [b"update-index", b"--add", b"--remove", b"--replace", b"-z", b"--stdin"]
        private_git.run(at, tree, [*LASTING, *add], given, index=index)
        _settle_on_disk(at, tree, index, sorted(held["files"]))
        words = [*LASTING, b"write-tree", b"--missing-ok"]
        return private_git.run(at, tree, words, index=index).strip().decode(), held
    except (private_git.GitFailed, OSError) as error:
        raise trees.TreeUnknown(
            "the scope cannot be looked at (" + str(error) + "); put that right and call again"
        ) from None
    finally:
        remove(index)
        posix.close(lock)


def _settle_on_disk(at: str, tree: str, index: str, files: list[str]) -> None:
    """Make contents last that an earlier look had written without waiting for the disk."""
    words = [b"--literal-pathspecs", b"ls-files", b"--stage", b"-z", b"--"]
    paths = [private_git.raw(path) for path in files]
    lines = private_git.run(at, tree, [*words, *paths], index=index) if paths else b""
    for line in lines.split(b"\0")[:-1]:
        blob = line.split(b" ")[1].decode()
        try:
            fd = posix.open(at + "/git/objects/" + blob[:2] + "/" + blob[2:], posix.O_RDONLY)
        except OSError:
            continue  # it lies in a pack
        try:
            posix.fsync(fd)
        finally:
            posix.close(fd)


def look(tree: str, scope: list[str]) -> Place:
    """Find every file and folder of a scope, following no link; raises OSError above MOST."""
    held: Place = {"files": {}, "folders": {}}
    left = [MOST]
    for glob in scope:
        parts = glob.split("/")
        wild = (n for n, part in enumerate(parts) if any(mark in part for mark in WILD))
        lead = parts[: next(wild, len(parts) - 1)]
        if _lead(tree, lead, held):
            _walk(tree, "/".join(lead), parts, held, left)
    return held


def covers(scope: list[str], path: str) -> bool:
    """Say whether a file lies in a scope."""
    return any(matches(glob.split("/"), path.split("/")) for glob in scope)


# --- what a scope may be ------------------------------------------------------------------------


def _fit(tree: str, state: State, scope: list[str]) -> None:
    places, files = limit(state, "scope_places"), limit(state, "scope_files")
    small = "small is at most " + str(places) + " places that hold " + str(files) + " files"
    for glob in scope:
        _well_formed(tree, glob, state)
    if not scope or len(scope) > places:
        raise Unfit("a scope names what is changed; " + small + ": --scope FILE")
    try:
        found = sorted(look(tree, scope)["files"])
    except OSError as error:
        raise Unfit(str(error) + "; " + small) from None
    if len(found) > files:
        raise Unfit("the scope holds " + str(len(found)) + " files; " + small)
    for path in found:
        if posix.lstat(tree + "/" + path).st_size > LARGEST:
            raise Unfit("`" + path + "` is larger than 16 MiB, too large to be put back")
    _apart(tree, state, scope, found)


def _well_formed(tree: str, glob: str, state: State) -> None:
    parts = glob.split("/")
    if glob[:1] in ("/", "~", "-", "") or any(part in ("", ".", "..") for part in parts):
        raise Unfit("`" + glob + "` is no place of the tree; name it relative to the tree")
    if any(mark in glob for mark in "{}[]\t\n\0,") or parts[0][-1:] in (":", "~"):
        raise Unfit("`" + glob + "` is not read here; name a file, or use `*` and `**`")
    if parts[0].lower() in NEVER or any(part.lower() == ".git" for part in parts):
        raise Unfit("`" + glob + "` is not a hypothesis' to change")
    if parts[0] in ("*", "**"):
        raise Unfit("`" + glob + "` is the whole tree; name the files that are to change")
    if (glob + "/").startswith(state["artifacts_at"] + "/"):
        raise Unfit("`" + glob + "` holds the run's artifacts; name the source that is to change")
    if is_folder(tree + "/" + glob):
        raise Unfit("`" + glob + "` is a folder; name the files in it that are to change")


def _apart(tree: str, state: State, scope: list[str], found: list[str]) -> None:
    """Hold the scope apart from what shows the bug: tests, their runner, the reproduction."""
    for path in [*found, *(glob for glob in scope if not any(mark in glob for mark in WILD))]:
        if is_test(path, state["exit"]["tests"]) or configures(path, []):
            raise Unfit(
                "`" + path + "` is a test, or says how tests run; a hypothesis changes the source"
            )
        if path in _named(state) and path != cause_file(tree, state):
            raise Unfit(
                "`" + path + "` is what the reproduction runs; a hypothesis leaves it as it is"
            )


def _named(state: State) -> list[str]:
    """Name the words of the reproduction, files or not."""
    words = reproduction(state)
    for mark in "'\"()|&;=,":
        words = words.replace(mark, " ")
    return [word.removeprefix("./").partition("::")[0] for word in words.split()]


def cause_file(tree: str, state: State) -> str:
    """Return the file in which the bug is said to be: it may be what the reproduction runs."""
    at = state["artifacts_at"] + "/root-cause.md"
    return place(read_artifact(tree, "root-cause", at)["text"] or "")[0]


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(".")


# --- finding what it holds ----------------------------------------------------------------------


def _lead(tree: str, lead: list[str], held: Place) -> bool:
    """Note the folders that lead to a scope; says whether all are there and none is a link."""
    for n in range(1, len(lead) + 1):
        path = "/".join(lead[:n])
        try:
            found = posix.lstat(tree + "/" + path)
        except (FileNotFoundError, NotADirectoryError):
            return False
        if found.st_mode & 0o170000 != FOLDER:
            return False
        held["folders"][path] = found.st_mode & 0o7777
    return True


def _walk(tree: str, folder: str, glob: list[str], held: Place, left: list[int]) -> None:
    for name in posix.listdir(tree + "/" + folder):
        left[0] -= 1
        if left[0] < 0:
            raise OSError("the scope leads through too many files")
        if name.lower() == ".git" or (not folder and name == ".stagelock"):
            continue
        path = folder + "/" + name if folder else name
        try:
            found = posix.lstat(tree + "/" + path)
        except FileNotFoundError:
            continue
        kind = found.st_mode & 0o170000
        leads = kind == FOLDER and _may_lead(glob, path.split("/"))
        if leads or (kind == FOLDER and matches(glob, path.split("/"))):
            held["folders"][path] = found.st_mode & 0o7777
        if leads:
            _walk(tree, path, glob, held, left)
        elif kind in (REGULAR, LINK) and matches(glob, path.split("/")):
            held["files"][path] = found.st_mode & 0o7777 if kind == REGULAR else 0


def _may_lead(glob: list[str], folder: list[str]) -> bool:
    """Say whether a file below `folder` could match: as far as its segments go."""
    head = glob[: len(folder)]
    if "**" in head:
        return True
    return len(glob) > len(folder) and matches(head, folder)


# --- putting back -------------------------------------------------------------------------------


def _undo(home: str, tree: str, state: State, it: Hypothesis) -> str:
    from stagelock.store.put_back import put_back, put_folders, put_rights

    was: Place = loads(slurp(_beside(home, tree, it["n"])).decode())
    base = tree.rpartition("/")[2] + "-" + key(tree)[:8]
    # the same for whoever goes on after a killed process, another for a later run of that name
    kept = home + "/kept/" + base + "/" + state["run"] + "-" + str(int(state["began"]))
    kept += "-hypothesis-" + str(it["n"])
    if it["paths"]:
        put_back(home, tree, it["before"], it["paths"], kept)
    put_rights(tree, {path: mode for path, mode in was["files"].items() if mode})
    added = [path for path in look(tree, it["scope"])["folders"] if path not in was["folders"]]
    put_folders(tree, was["folders"], added, kept)
    return kept if it["paths"] else ""


def _folder(home: str, tree: str) -> str:
    return run_folder(home, tree) + "/hypotheses"


def _beside(home: str, tree: str, n: int) -> str:
    return _folder(home, tree) + "/" + str(n)
