"""How the records of a run change: stage file, second record and journal, as one.

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
from .runs import compare, record_of
from .wire import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Entry, Policy, State

    from .runs import Record

IGNORED = b"""# written by stagelock: the run's records stay out of git
stage.json*
journal.jsonl
evidence/
report.html
packets/
units/
.gitignore
"""


class Conflict(Exception):  # what happened, not an error of anyone
    """The run changed between reading and writing; nothing was written."""


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


def forget_changes(home: str, tree: str) -> None:
    """Count the changes of files anew: the outcome changed, or a person decided."""
    folder = run_folder(home, tree) + "/changes"
    try:
        for name in posix.listdir(folder):
            remove(folder + "/" + name)
    except OSError:
        pass  # nothing was counted yet


def _live_below(home: str, tree: str) -> str:
    """Return a live tree inside `tree`: each of two locks would leave a file to the other."""
    try:
        keys = posix.listdir(home + "/live")
    except OSError:
        return ""
    for key in keys:
        record = record_of(home + "/runs/" + key)
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
        record = record_of(folder)
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
        record = record_of(folder)
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


def journal_fault(home: str, tree: str) -> str:
    """Return what is wrong with the journal of the live run, "" where it holds."""
    folder = run_folder(home, tree)
    held = lock(folder + "/lock")
    try:
        _settle(folder, tree, home)
        record = record_of(folder)
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


def settled(home: str, tree: str) -> tuple[State | None, str]:
    """Finish what a killed process left half done, and look at the run as `runs.look` does."""
    folder = run_folder(home, tree)
    held = lock(folder + "/lock")
    try:
        _settle(folder, tree, home)
        found = compare(folder, tree)
        return found if is_live(home, tree) else (None, "")
    finally:
        posix.close(held)


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
    record = record_of(folder)
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
