"""The run of one tree: its stage file, its second record, and how both change as one.

A commit is: the next record aside (`pending.json`, with the journal lines it owes) and a copy of
the next stage file, then the stage file in the tree, then the record over the old one, then the
journal. Whoever next holds the lock finishes or forgets what a killed process left, so a reader
finds the old state or the new one.
"""

from __future__ import annotations

import posix

from . import journal
from .files import digest, exists, lock, make_folder, remove, replace, slurp
from .home import STAGE_FILE, is_live, mark_live, run_folder, unmark_live
from .wire import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from stagelock.core.model import Entry, Policy, State

    class Record(TypedDict):
        """The second record: what the stage file must be, kept where an agent does not write."""

        tree: str
        run: str
        revision: int
        sha256: str  # of the stage file's bytes
        n: int  # sealed journal lines so far
        head: str  # the seal of the last one
        anchor: str  # the seal of the last line of the commit before, and where it stands
        anchor_at: int
        owed: list[str]  # the lines of the last commit, in case its process was killed
        over: bool  # the run ended; only its files are still to be taken away


class Conflict(Exception):  # what happened, not an error of anyone
    """The run changed between reading and writing; nothing was written."""


_FIELDS = {"tree", "run", "revision", "sha256", "n", "head", "anchor", "anchor_at", "owed", "over"}

IGNORED = b"""# written by stagelock: the run's records stay out of git
stage.json*
journal.jsonl
evidence/
report.html
packets/
units/
.gitignore
"""


def look(home: str, tree: str) -> tuple[State | None, str]:
    """Read where the run stands. Returns the state, and the rule id of a tampering or "".

    The state is None where there is nothing to go by; then the rule id says why, and "" says that
    the run has ended.
    """
    folder = run_folder(home, tree)
    state, tamper = _compare(folder, tree)
    if tamper:
        # a commit may be half way: look again with nobody writing
        if not exists(folder):
            return state, tamper
        held = lock(folder + "/lock")
        try:
            _settle(folder, tree, home)
            state, tamper = _compare(folder, tree)
            if not is_live(home, tree):
                return None, ""
        finally:
            posix.close(held)
    return state, tamper


def begin(home: str, tree: str, policy: Policy, state: State, entries: list[Entry]) -> None:
    """Make a run live. Raises Conflict when the tree already has one."""
    folder = run_folder(home, tree)
    make_folder(folder + "/read")
    make_folder(folder + "/changes")
    make_folder(tree + "/.stagelock")
    held = lock(folder + "/lock")
    try:
        _settle(folder, tree, home)
        if exists(folder + "/record.json"):
            raise Conflict("a run is live in this tree")
        below = _live_below(home, tree)
        if below:
            raise Conflict("a run is live below, in `" + below + "`; end it first")
        _write_new(tree + "/.stagelock/.gitignore", IGNORED)
        replace(folder + "/policy.json", dumps(policy).encode())
        _commit(home, folder, tree, state, entries, None)
        mark_live(home, tree)
    finally:
        posix.close(held)


def _live_below(home: str, tree: str) -> str:
    """Return a live tree inside `tree`: each of two locks would leave a file to the other."""
    try:
        keys = posix.listdir(home + "/live")
    except OSError:
        return ""
    for key in keys:
        record = _record(home + "/runs/" + key)
        if record is not None and record["tree"].startswith(tree + "/"):
            return record["tree"]
    return ""


def commit(home: str, tree: str, before: State, after: State, entries: list[Entry]) -> None:
    """Write the next state and its journal lines as one.

    Raises Conflict when the run moved on since `before` was read. A state with no stage is the end:
    the record goes, the stage file goes, the journal stays.
    """
    folder = run_folder(home, tree)
    held = lock(folder + "/lock")
    try:
        _settle(folder, tree, home)
        record = _record(folder)
        if record is None or record["revision"] != before["revision"]:
            raise Conflict("the run moved on; look again")
        if record["run"] != before["run"]:
            raise Conflict("another run is live in this tree")
        _commit(home, folder, tree, after, entries, record)
        if not after["stage"]:
            _close(folder, tree, home)
    finally:
        posix.close(held)


def repair(home: str, tree: str, entry: Entry) -> str:
    """Put the stage file back as the second record has it; returns what was done.

    `entry` is the journal line that says who asked; it starts the sealed lines anew where they
    were broken. Raises LookupError where the second record itself is gone: then only ending the
    run helps.
    """
    folder = run_folder(home, tree)
    if not exists(folder):
        raise LookupError("there is no second record of this tree")
    held = lock(folder + "/lock")
    try:
        _settle(folder, tree, home)
        record = _record(folder)
        copy = slurp(folder + "/stage.json") if exists(folder + "/stage.json") else b""
        if record is None or digest(copy) != record["sha256"]:
            raise LookupError("the second record is damaged")
        make_folder(tree + "/.stagelock")
        _clear(tree + STAGE_FILE)
        replace(tree + STAGE_FILE, copy)
        mark_live(home, tree)
        entry["run"] = record["run"]
        make_folder(tree + "/.stagelock")
        number, head = record["n"], record["head"]
        if journal.broken_at(home, tree, record["run"], head):
            number, head = 0, journal.FIRST
        record["owed"], record["head"] = journal.seal_entries(home, [entry], number, head)
        record["n"] = number + 1
        record["anchor"], record["anchor_at"] = journal.FIRST, -1
        replace(folder + "/record.json", dumps(record).encode())
        _pay(tree, record)
        return "the stage file is as the second record has it"
    finally:
        posix.close(held)


def forget(home: str, tree: str) -> None:
    """End a run whose records cannot be trusted: all of it goes but the journal."""
    folder = run_folder(home, tree)
    make_folder(folder)
    held = lock(folder + "/lock")
    try:
        _close(folder, tree, home)
    finally:
        posix.close(held)


def copy_of_state(home: str, tree: str) -> State | None:
    """Return the state as the state home has it, for a stage file that is not to be believed."""
    try:
        state: State = loads(slurp(run_folder(home, tree) + "/stage.json").decode())
    except (OSError, ValueError):
        return None
    return state


def policy_of(home: str, tree: str, state: State) -> Policy:
    """Return the policy that the run pinned; raises ValueError where it is not the pinned one."""
    data = slurp(run_folder(home, tree) + "/policy.json")
    if digest(data) != state["policy"]:
        raise ValueError("the run's policy is not the one it started with")
    policy: Policy = loads(data.decode())
    return policy


def pin(policy: Policy) -> str:
    """Return the digest under which a run pins `policy`."""
    return digest(dumps(policy).encode())


def journal_fault(home: str, tree: str) -> str:
    """Return what is wrong with the journal of the live run, "" where it holds."""
    folder = run_folder(home, tree)
    held = lock(folder + "/lock")
    try:
        _settle(folder, tree, home)
        record = _record(folder)
        if record is None:
            return ""
        return journal.broken_at(home, tree, record["run"], record["head"])
    finally:
        posix.close(held)


def settle(home: str, tree: str) -> None:
    """Finish what a killed process left half done, before the journal is read for people."""
    folder = run_folder(home, tree)
    if exists(folder):
        held = lock(folder + "/lock")
        try:
            _settle(folder, tree, home)
        finally:
            posix.close(held)


def mark_read(home: str, tree: str, path: str) -> None:
    """Remember that a file was read in this run."""
    posix.close(
        posix.open(
            _read_mark(home, tree, path), posix.O_WRONLY | posix.O_CREAT | posix.O_CLOEXEC, 0o600
        )
    )


def was_read(home: str, tree: str, path: str) -> bool:
    """Say whether a file was read in this run."""
    return exists(_read_mark(home, tree, path))


def count_change(home: str, tree: str, what: str) -> int:
    """Count a change of a file, by one byte more in a file of its own; returns how many."""
    name = digest(what.encode("utf-8", "surrogateescape"))
    path = run_folder(home, tree) + "/changes/" + name
    fd = posix.open(path, posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | posix.O_CLOEXEC, 0o600)
    try:
        posix.write(fd, b".")
        return posix.fstat(fd).st_size
    finally:
        posix.close(fd)


def forget_changes(home: str, tree: str) -> None:
    """Count changes anew: the outcome changed, or a person decided."""
    folder = run_folder(home, tree) + "/changes"
    try:
        for name in posix.listdir(folder):
            remove(folder + "/" + name)
    except OSError:
        pass  # a run that was started before it was counted


def mark_wrote(home: str, tree: str, agent: str) -> None:
    """Remember that a subagent was let write in this run."""
    mark_read(home, tree, "wrote: " + agent)


def has_written(home: str, tree: str, agent: str) -> bool:
    """Say whether a subagent was let write in this run."""
    return was_read(home, tree, "wrote: " + agent)


def _read_mark(home: str, tree: str, path: str) -> str:
    return run_folder(home, tree) + "/read/" + digest(path.encode("utf-8", "surrogateescape"))


def _compare(folder: str, tree: str) -> tuple[State | None, str]:
    record = _record(folder)
    if record is None:
        return None, "tamper/second-record"
    if record["over"]:
        return None, "tamper/stage-file"  # to be taken away under the lock, by whoever comes next
    try:
        data = slurp(tree + STAGE_FILE)
    except OSError:
        return None, "tamper/stage-file"
    if digest(data) != record["sha256"]:
        return None, "tamper/stage-file"
    read = loads(data.decode())
    if not isinstance(read, dict):
        return None, "tamper/stage-file"
    state: State = read  # type: ignore[assignment]  # its digest is that of what we wrote
    if not journal.stands(tree, record["anchor"], record["anchor_at"]):
        return state, "tamper/journal"
    return state, ""


def _record(folder: str) -> Record | None:
    try:
        record = loads(slurp(folder + "/record.json").decode())
    except (OSError, ValueError):
        return None
    whole = isinstance(record, dict) and set(record) >= _FIELDS
    return record if whole else None


def _commit(
    home: str,
    folder: str,
    tree: str,
    state: State,
    entries: list[Entry],
    before: Record | None,
) -> None:
    data = dumps(state).encode()
    number = before["n"] if before else 0
    owed, head = journal.seal_entries(
        home, entries, number, before["head"] if before else journal.FIRST
    )
    record: Record = {
        "tree": tree,
        "run": state["run"],
        "revision": state["revision"],
        "sha256": digest(data),
        "n": number + len(owed),
        "head": head,
        "anchor": before["head"] if before else journal.FIRST,
        "anchor_at": journal.find(tree, before["head"]) if before else -1,
        "owed": owed,
        "over": not state["stage"],
    }
    replace(folder + "/stage.new", data)
    replace(folder + "/pending.json", dumps(record).encode())
    replace(tree + STAGE_FILE, data)
    _finish(folder, tree, record)


def _finish(folder: str, tree: str, record: Record) -> None:
    """Do what is left of a commit once the stage file in the tree is the new one."""
    if exists(folder + "/stage.new"):
        posix.rename(folder + "/stage.new", folder + "/stage.json")
    posix.rename(folder + "/pending.json", folder + "/record.json")
    _pay(tree, record)


def _settle(folder: str, tree: str, home: str) -> None:
    """Finish or forget what a killed process left half done. The lock is held."""
    try:
        pending: Record | None = loads(slurp(folder + "/pending.json").decode())
    except (OSError, ValueError):
        pending = None
    if pending is not None:
        try:
            there = digest(slurp(tree + STAGE_FILE))
        except OSError:
            there = ""
        if there == pending["sha256"]:
            _finish(folder, tree, pending)
        else:
            remove(folder + "/pending.json")
            remove(folder + "/stage.new")
    record = _record(folder)
    if record is not None and record["owed"] and journal.find(tree, record["head"]) < 0:
        _pay(tree, record)
    if record is not None and record["over"]:
        _close(folder, tree, home)


def _pay(tree: str, record: Record) -> None:
    """Write the journal lines that the record owes, those that are not there yet."""
    for line in record["owed"]:
        if journal.find(tree, loads(line)["seal"]) < 0:
            journal.add(tree, line)


def _close(folder: str, tree: str, home: str) -> None:
    """Take the files of an ended run away; a process killed in between is finished by the next."""
    if exists(home + "/trees"):
        from .tree import tidy  # a git process, once a run

        tidy(home, tree)
    _clear(tree + STAGE_FILE)
    unmark_live(home, tree)
    for name in ("policy.json", "stage.json", "stage.new", "pending.json", "record.json"):
        remove(folder + "/" + name)
    for marks in ("read", "calls", "reminded", "looks", "agents", "units", "changes", "hypotheses"):
        try:
            for mark in posix.listdir(folder + "/" + marks):
                remove(folder + "/" + marks + "/" + mark)
        except OSError:
            pass
    try:
        posix.rmdir(folder + "/looks")
    except OSError:
        pass


def _clear(path: str) -> None:
    """Take away whatever stands where the stage file belongs."""
    try:
        remove(path)
    except OSError:
        aside = path + ".not-a-file"
        posix.rename(path, aside)


def _write_new(path: str, data: bytes) -> None:
    if not exists(path):
        replace(path, data)
