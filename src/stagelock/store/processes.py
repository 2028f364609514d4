"""Who started this process: clients among its ancestors, and the marks a client leaves."""

from __future__ import annotations

import posix

from .files import slurp

# How the environment of a process says who started it (2.1.197 and 2.1.329): variable, its end.
AGENT = ((b"AI_AGENT=", b"_agent"),)  # the client's shell tool
# Programs that hold a terminal in a person's place: a client below one is driven, not used.
DRIVERS = ("script", "expect", "unbuffer", "dtach", "abduco", "socat", "reptyr")
MARKS = ((b"CLAUDECODE=", b""), (b"CLAUDE_CODE_CHILD_SESSION=", b""), *AGENT)


def lineage(pid: int) -> tuple[int, bool]:
    """Return how many clients are among `pid` and its ancestors, and whether a mark was seen.

    Up to the first client, only the mark of its shell tool counts, since a client marks its hooks
    too; from the first client on, any mark says that another client started it. Raises nothing:
    what cannot be read counts as not there, and the caller takes no client found for a refusal.

    A client that was cut loose (a double fork, `setsid`, an empty environment) has no client above
    it and no mark; only the program that holds its terminal is left to see (2.1.197, 2.1.329).
    """
    clients = 0
    marked = False
    while pid > 1:
        parent, command = _status(pid)
        if is_client(command):
            clients += 1
        marked = marked or command.rpartition("/")[2] in DRIVERS
        marked = marked or _marked(pid, AGENT if clients == 0 else MARKS)
        pid = parent
    return clients, marked


def is_client(command: str) -> bool:
    """Say whether a program, by its path, is the client."""
    base = command.rpartition("/")[2]
    return base.startswith("claude") or "/claude-code/" in command or "/claude/versions/" in command


def _status(pid: int) -> tuple[int, str]:
    """Return the parent and the program of a process; (0, "") when it is gone."""
    try:
        text = slurp("/proc/" + str(pid) + "/stat").decode("utf-8", "replace")
    except OSError:
        return _status_by_ps(pid)
    # the name stands in brackets and may hold any character, brackets included
    comm = text[text.index("(") + 1 : text.rindex(")")]
    parent = int(text[text.rindex(")") + 2 :].split(" ")[1])
    try:
        program = posix.readlink("/proc/" + str(pid) + "/exe")
    except OSError:
        program = comm
    if not is_client(program):
        program = _script(pid) or (comm if is_client(comm) else program)
    return parent, program


def _script(pid: int) -> str:
    """Return the script that an interpreter runs, where it is the client's."""
    try:
        words = slurp("/proc/" + str(pid) + "/cmdline").decode("utf-8", "replace").split("\0")
    except OSError:
        return ""
    for word in words[:2]:
        if word and not word.startswith("-") and is_client(word):
            return word
    return ""


def _marked(pid: int, marks: tuple[tuple[bytes, bytes], ...]) -> bool:
    try:
        env = slurp("/proc/" + str(pid) + "/environ").split(b"\0")
    except OSError:
        return False
    return any(
        variable.startswith(name) and variable.endswith(end)
        for variable in env
        for name, end in marks
    )


def _status_by_ps(pid: int) -> tuple[int, str]:
    """The same from `ps`, where there is no /proc (macOS)."""
    read, write = posix.pipe()
    try:
        child = posix.posix_spawn(
            "/bin/ps",
            ["ps", "-o", "ppid=,comm=", "-p", str(pid)],
            {},
            file_actions=[(posix.POSIX_SPAWN_DUP2, write, 1)],
        )
    except OSError:
        posix.close(read)
        posix.close(write)
        return 0, ""
    posix.close(write)
    text = posix.read(read, 4096).decode("utf-8", "replace").strip()
    posix.close(read)
    posix.waitpid(child, 0)
    parent, _, command = text.partition(" ")
    return (int(parent), command.strip()) if parent.isdigit() else (0, "")
