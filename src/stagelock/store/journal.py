"""The journal: one line per fact, never rewritten, its weighty lines sealed one to the next.

Each sealed line carries its number, the seal of the line before it and its own: the digest of the
approval key, the seal before and the line. Refusals are written without a seal by many processes
at once; they are evidence of what was tried, not of what was decided.
"""

from __future__ import annotations

import posix

from .files import append, digest, exists, lines, make_folder, random_bytes, replace, slurp
from .wire import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Entry

FILE = "/.stagelock/journal.jsonl"
FIRST = "0" * 64


def note(tree: str, entry: Entry) -> None:
    """Add an unsealed line."""
    add(tree, dumps(entry))


def add(tree: str, line: str) -> None:
    """Add a line, also where somebody took the folder away."""
    try:
        append(tree + FILE, line)
    except FileNotFoundError:
        make_folder(tree + "/.stagelock")
        append(tree + FILE, line)


def seal_entries(home: str, entries: list[Entry], number: int, head: str) -> tuple[list[str], str]:
    """Return the lines for `entries`, sealed onto the line `number` with seal `head`."""
    secret = key(home)
    sealed = []
    for entry in entries:
        number += 1
        entry["n"] = number
        entry["prev"] = head
        head = seal(secret, entry)
        entry["seal"] = head
        sealed.append(dumps(entry))
    return sealed, head


def seal(secret: str, entry: Entry) -> str:
    """Return the seal of an entry that has its number and predecessor but no seal yet."""
    return digest((secret + dumps(entry)).encode())


def key(home: str) -> str:
    """Return the approval key of this machine, made at the first need."""
    path = home + "/approval.key"
    if not exists(path):
        make_folder(home)
        replace(path, random_bytes(32).hex().encode())
    return slurp(path).decode()


def read(tree: str) -> tuple[list[dict[str, Any]], int]:
    """Return all entries, oldest first, and how many lines could not be read."""
    entries = []
    torn = 0
    try:
        data = slurp(tree + FILE, 1 << 34)  # it only grows, and must stay readable when it has
    except FileNotFoundError:
        return [], 0
    for line in lines(data):
        try:
            entry = loads(line.decode())
        except ValueError:
            torn += 1
            continue
        if isinstance(entry, dict):
            entries.append(entry)
        else:
            torn += 1
    return entries, torn


def broken_at(home: str, tree: str, run: str, head: str) -> str:
    """Return what is wrong with the sealed lines of a run, "" where they hold up to `head`.

    A `repaired` line, sealed by stagelock at a person's word, starts the count anew, and so does a
    `started` line: an earlier run that left no artifact may have had the same name.
    """
    secret = key(home)
    before, number, fault = FIRST, 0, ""
    for entry in read(tree)[0]:
        if "seal" not in entry or entry.get("run") != run:
            continue
        claimed = entry.pop("seal")
        is_ours = seal(secret, entry) == claimed  # type: ignore[arg-type]  # read back from disk
        if is_ours and entry.get("event") in ("started", "repaired") and entry.get("n") == 1:
            before, number, fault = claimed, 1, ""
            continue
        number += 1
        if not is_ours:
            fault = fault or "line " + str(number) + " was changed"
        elif entry.get("n") != number or entry.get("prev") != before:
            fault = fault or "line " + str(number) + " does not follow the one before it"
        before = claimed
    return fault or ("" if before == head else "the last line is missing")


def find(tree: str, head: str) -> int:
    """Return where in the journal the seal `head` stands, -1 where it does not."""
    try:
        fd = posix.open(tree + FILE, posix.O_RDONLY)
    except OSError:
        return -1
    try:
        end = posix.fstat(fd).st_size
        span = 1 << 16
        while True:  # near the end, unless very many refusals came after it
            start = max(0, end - span)
            at = posix.pread(fd, end - start, start).rfind(_quoted(head))
            if at >= 0 or start == 0:
                return start + at if at >= 0 else -1
            span *= 8
    finally:
        posix.close(fd)


def stands(tree: str, head: str, at: int) -> bool:
    """Say whether the seal `head` still stands at `at`: one short read, whatever the size."""
    try:
        fd = posix.open(tree + FILE, posix.O_RDONLY)
    except OSError:
        return False
    try:
        return at < 0 or posix.pread(fd, len(_quoted(head)), at) == _quoted(head)
    except OSError:
        return False
    finally:
        posix.close(fd)


def _quoted(head: str) -> bytes:
    return b'"seal":"' + head.encode() + b'"'
