"""The run of one tree as it lies: its stage file held against its second record, and its marks."""

from __future__ import annotations

import posix

from . import journal
from .files import digest, exists, slurp
from .home import STAGE_FILE, run_folder
from .wire import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from stagelock.core.model import Policy, State

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


_FIELDS = {"tree", "run", "revision", "sha256", "n", "head", "anchor", "anchor_at", "owed", "over"}


def look(home: str, tree: str) -> tuple[State | None, str]:
    """Read where the run stands. Returns the state, and the rule id of a tampering or "".

    The state is None where there is nothing to go by; then the rule id says why, and "" says that
    the run has ended.
    """
    folder = run_folder(home, tree)
    state, tamper = compare(folder, tree)
    if tamper and exists(folder):
        from .records import settled  # a commit may be half way: look again with nobody writing

        return settled(home, tree)
    return state, tamper


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
    folder = run_folder(home, tree) + "/changes"
    flags = posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | posix.O_CLOEXEC
    try:
        fd = posix.open(folder + "/" + name, flags, 0o600)
    except FileNotFoundError:
        posix.mkdir(folder, 0o700)
        fd = posix.open(folder + "/" + name, flags, 0o600)
    try:
        posix.write(fd, b".")
        return posix.fstat(fd).st_size
    finally:
        posix.close(fd)


def mark_wrote(home: str, tree: str, agent: str) -> None:
    """Remember that a subagent was let write in this run."""
    mark_read(home, tree, "wrote: " + agent)


def has_written(home: str, tree: str, agent: str) -> bool:
    """Say whether a subagent was let write in this run."""
    return was_read(home, tree, "wrote: " + agent)


def _read_mark(home: str, tree: str, path: str) -> str:
    return run_folder(home, tree) + "/read/" + digest(path.encode("utf-8", "surrogateescape"))


def compare(folder: str, tree: str) -> tuple[State | None, str]:
    """Hold the stage file against the second record in `folder`; returns what `look` does."""
    record = record_of(folder)
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


def record_of(folder: str) -> Record | None:
    """Read the second record in `folder`, None where there is none that is whole."""
    try:
        record = loads(slurp(folder + "/record.json").decode())
    except (OSError, ValueError):
        return None
    whole = isinstance(record, dict) and set(record) >= _FIELDS
    return record if whole else None
