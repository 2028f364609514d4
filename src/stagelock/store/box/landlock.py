"""Landlock and seccomp, by their system calls: a box that needs no privilege and no other program.

Landlock judges where files are made, written and removed, TCP, and whom signals reach; the seccomp
programs in `filters/` close what it leaves open. Each kernel gets as much as it knows, and what an
older Landlock lacks, a filter refuses more widely.
"""

from __future__ import annotations

import ctypes
import os
import struct

from . import PACKAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    HandOver = Callable[[int], None]

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PATH_BENEATH = 1
SET_NO_NEW_PRIVS, SET_SECCOMP, CAP_DROP, CAP_AMBIENT = 38, 22, 24, 47
SECCOMP, NEW_LISTENER, EBUSY = {"x86_64": 317, "aarch64": 277}, 8, 16
CAPABILITIES = 0x20080522  # the version of capset() that knows 64 of them

WRITE_FILE, TRUNCATE, IOCTL_DEVICE = 1 << 1, 1 << 14, 1 << 15
# write a file; remove folder, file; make character device, folder, file, socket, pipe, block
# device, link
CHANGES = WRITE_FILE | sum(1 << bit for bit in range(4, 13))
# what the access right needs of the kernel: (Landlock's version, right)
LATER = ((2, 1 << 13), (3, TRUNCATE), (5, IOCTL_DEVICE))
TCP = (4, 0b11)  # bind and connect
SCOPES = (6, 0b11)  # abstract sockets, signals
# where a kernel has no answer, a filter: (needed if Landlock is older than, program)
FILTERS = ((99, "common"), (99, "landlock"), (6, "signals"), (3, "truncate"))
# INVARIANT: no terminal and no /dev/pts: what is written there, a person reads
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def enter(
    folder: str, writable: list[str], *, net: bool, newest: int, hand_over: HandOver
) -> list[str]:
    """Box this process in for good; raises OSError if any part fails."""
    version = min(_call("landlock", CREATE_RULESET, None, 0, 1), newest)
    machine = os.uname().machine
    programs = [_load(name, machine) for below, name in FILTERS if version < below]
    asked, unasked = _load("asked", machine), _load("unasked", machine)
    if not net:
        programs.append(_load("offline", machine))
    ruleset = _ruleset(version, [folder, *writable], net=net)
    _drop_capabilities()
    prctl(SET_NO_NEW_PRIVS, 1)
    _call("landlock_restrict_self", RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    listener = _listen(asked)
    if listener < 0:  # a box in a box: there can be one listener only
        _install(unasked)
    else:
        hand_over(listener)
        os.close(listener)
    for program in programs:
        _install(program)
    return []


def prctl(option: int, value: int, more: int = 0) -> None:
    """Change something about this process; raises OSError."""
    zero = ctypes.c_ulong(0)
    if libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(more), zero, zero):
        raise OSError(ctypes.get_errno(), "prctl " + str(option))


def _ruleset(version: int, folders: list[str], *, net: bool) -> int:
    rights = CHANGES | sum(right for since, right in LATER if version >= since)
    tcp = TCP[1] if version >= TCP[0] and not net else 0
    scopes = SCOPES[1] if version >= SCOPES[0] else 0
    length = 8 if version < TCP[0] else 16 if version < SCOPES[0] else 24
    handled = struct.pack("=QQQ", rights, tcp, scopes)[:length]
    ruleset = _call("landlock", CREATE_RULESET, handled, ctypes.c_size_t(length), 0)
    for folder in folders:
        _allow(ruleset, os.open(folder, os.O_PATH | os.O_CLOEXEC | os.O_DIRECTORY), rights)
    for device in DEVICES:
        try:
            opened = os.open(device, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # a container may lack some
        _allow(ruleset, opened, rights & (WRITE_FILE | TRUNCATE | IOCTL_DEVICE))
    for output in (1, 2):
        _allow_output(ruleset, output, rights & (WRITE_FILE | TRUNCATE))
    return ruleset


def _allow(ruleset: int, opened: int, rights: int) -> None:
    try:
        rule = struct.pack("=Qi", rights, opened)
        _call("landlock_add_rule", ADD_RULE, ruleset, PATH_BENEATH, rule, 0)
    finally:
        os.close(opened)


def _allow_output(ruleset: int, output: int, rights: int) -> None:
    """Let the file that the output goes to be opened anew, as `/dev/stdout`."""
    kind = os.fstat(output).st_mode & 0o170000
    if kind not in (0o100000, 0o020000):  # a file or a device: pipes and sockets are not judged
        return
    _allow(ruleset, os.open("/proc/self/fd/" + str(output), os.O_PATH | os.O_CLOEXEC), rights)


def _drop_capabilities() -> None:
    """Give up what root may; also for programs it starts."""
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:
        last = int(file.read())
    prctl(CAP_AMBIENT, 4)
    if os.geteuid() == 0:
        for capability in range(last + 1):
            _drop_bound(capability)
    header = struct.pack("=Ii", CAPABILITIES, 0)
    if libc.capset(header, b"\0" * 24):
        raise OSError(ctypes.get_errno(), "capset")


def _drop_bound(capability: int) -> None:
    try:
        prctl(CAP_DROP, capability)
    except PermissionError:
        pass  # then it is not ours to give either: no new privileges from here on


def _load(name: str, machine: str) -> bytes:
    path = PACKAGE + "filters/" + name + "-" + machine + ".bpf"
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError as error:
        raise OSError("no filter is known for the machine `" + machine + "`") from error


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_char_p))


def _install(program: bytes) -> None:
    wrapped = _Program(len(program) // 8, program)
    zero = ctypes.c_ulong(0)
    if libc.prctl(SET_SECCOMP, ctypes.c_ulong(2), ctypes.byref(wrapped), zero, zero):
        raise OSError(ctypes.get_errno(), "seccomp")


def _listen(program: bytes) -> int:
    """Install a program whose questions come out of the descriptor that is returned."""
    wrapped = _Program(len(program) // 8, program)
    call = SECCOMP[os.uname().machine]
    try:
        return _call("seccomp", call, 1, NEW_LISTENER, ctypes.byref(wrapped))
    except OSError as error:
        if error.errno == EBUSY:
            return -1
        raise


def _call(name: str, *words: object) -> int:
    # an int alone would be passed as 32 bits, where the kernel takes 64
    answer = int(libc.syscall(*(ctypes.c_long(w) if isinstance(w, int) else w for w in words)))
    if answer < 0:
        error = ctypes.get_errno()
        raise OSError(error, name + ": " + os.strerror(error))
    return answer
