"""Modes, times and owners of private files: asked for in the box, set from outside it.

Landlock does not judge them, and a filter cannot see which file is meant. So the kernel holds such
a call and asks the supervisor, which looks the file up once, and sets what was asked for itself, on
the very file it looked up, where that lies in a folder that may be written. All else is refused.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct

from .filters import AUDIT, CALLS, EPERM, EROFS, SETS

RECEIVE, SEND, STILL_VALID = 0xC0502100, 0xC0182101, 0x40082102
NOTICE = struct.Struct("=QIIiIQ6Q")  # id, process, flags, call, machine, place, arguments
ANSWER = struct.Struct("=QqiI")  # id, value, error, flags
HERE, NO_FOLLOW, EMPTY_PATH = -100, 0x100, 0x1000
ENOENT, EFAULT, NAME_TOO_LONG = 2, 14, 36
PAGE, LONGEST, TWO_TIMES = 4096, 4096, 32
PERMISSIONS = 0o1777  # never setuid: the supervisor may be root

libc = ctypes.CDLL(None, use_errno=True)


def answer(listener: int, folders: list[str]) -> None:
    """Answer until nobody can ask any more."""
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    while waiting.poll()[0][1] & select.POLLIN:
        notice = ctypes.create_string_buffer(NOTICE.size)
        if libc.ioctl(listener, ctypes.c_ulong(RECEIVE), notice):
            continue  # whoever asked is gone
        try:
            _do(listener, notice.raw, folders)
            error = 0
        except OSError as problem:
            error = problem.errno or EROFS
        except (ValueError, OverflowError, StopIteration):
            error = EFAULT
        libc.ioctl(
            listener,
            ctypes.c_ulong(SEND),
            ANSWER.pack(*NOTICE.unpack(notice.raw)[:1], 0, -error, 0),
        )


def _do(listener: int, notice: bytes, folders: list[str]) -> None:
    """Do what one call asks for; raises OSError with what it is to be answered."""
    number, pid, _, call, machine, _, *words = NOTICE.unpack(notice)
    column = list(AUDIT.values()).index(machine)
    name = next(name for name in SETS if CALLS[name][column] == call)
    times = b""
    if name == "utimensat" and words[2]:
        times = _read(pid, words[2], TWO_TIMES)
    file = _look_up(pid, *_named(name, words), by_path=name not in ("fchmod", "fchown"))
    try:
        _must_lie_in(folders, file)
        # INVARIANT: asked last, so that all that was read belongs to the process that still waits
        if libc.ioctl(listener, ctypes.c_ulong(STILL_VALID), struct.pack("=Q", number)):
            raise OSError(ENOENT, "gone")
        _apply(name, file, words, times)
    finally:
        os.close(file)


def _named(name: str, words: list[int]) -> tuple[int, int, int]:
    """Return how a call names its file: a folder's descriptor, the path's address, flags."""
    if name in ("chmod", "chown"):
        return HERE, words[0], 0
    if name == "lchown":
        return HERE, words[0], NO_FOLLOW
    at = ctypes.c_int32(words[0]).value
    if name in ("fchmod", "fchown"):
        return at, 0, 0
    flags = {"fchmodat": 0, "fchownat": words[4]}.get(name, words[3])
    return at, words[1], flags


def _look_up(pid: int, at: int, address: int, flags: int, *, by_path: bool) -> int:
    """Open the file that is meant, without any right but to name it."""
    process = "/proc/" + str(pid)
    folder = process + ("/cwd" if at == HERE else "/fd/" + str(at))
    path = _text(pid, address) if by_path and address else ""
    if not path:
        if by_path and address and not flags & EMPTY_PATH:
            raise OSError(ENOENT, "no path")
        return os.open(folder, os.O_PATH | os.O_CLOEXEC)
    for own in ("/proc/self/", "/proc/thread-self/"):
        if path.startswith(own):
            path = process + "/" + path[len(own) :]
    how = os.O_PATH | os.O_CLOEXEC | (os.O_NOFOLLOW if flags & NO_FOLLOW else 0)
    if path.startswith("/"):
        return os.open(path, how)
    base = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    try:
        return os.open(path, how, dir_fd=base)
    finally:
        os.close(base)


def _text(pid: int, address: int) -> str:
    """Return the text at an address of a process, up to its end."""
    text = b""
    while len(text) < LONGEST:
        at = address + len(text)
        part, end, _ = _read(pid, at, PAGE - at % PAGE).partition(b"\0")
        text += part
        if end:
            return os.fsdecode(text)
    raise OSError(NAME_TOO_LONG, "path")


def _read(pid: int, address: int, length: int) -> bytes:
    memory = os.open("/proc/" + str(pid) + "/mem", os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = os.pread(memory, length, address)
    finally:
        os.close(memory)
    if len(found) < length:
        raise OSError(EFAULT, "address")
    return found


def _must_lie_in(folders: list[str], file: int) -> None:
    real = os.readlink("/proc/self/fd/" + str(file))
    if not any(real.startswith(folder + "/") for folder in folders):
        raise OSError(EROFS, real)


def _apply(name: str, file: int, words: list[int], times: bytes) -> None:
    path = "/proc/self/fd/" + str(file)
    after_path = words[2:] if name.endswith(("at", "at2")) else words[1:]
    if name == "utimensat":
        if libc.utimensat(HERE, os.fsencode(path), times or None, 0):
            raise OSError(ctypes.get_errno(), "utimensat")
    elif "chown" in name:
        now = os.fstat(file)
        for wanted, is_now in zip(after_path, (now.st_uid, now.st_gid)):
            if ctypes.c_int32(wanted).value not in (-1, is_now):
                raise OSError(EPERM, "a file is given to nobody else")
    else:
        os.chmod(path, after_path[0] & PERMISSIONS)
