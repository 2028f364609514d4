"""The seccomp programs of the box, from a table: what neither mounts nor Landlock close.

`make build` writes them to `filters/`, so that a start only loads bytes and nothing an agent could
edit stands between. A program is a list of instructions for the kernel: each looks at one number
of the system call, and the first answer holds; what no row names is allowed. Programs stack.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    Instruction = tuple[int, int, int, int]

EPERM, EROFS, ENOSYS, ENOTSUP = 1, 30, 38, 95
ASK = -1  # no error: the supervisor answers, see asked.py
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # what the kernel calls the machine
NEWEST = 469  # system calls above are not judged yet, and answer "no such call"; x32 is above too

# Each program: (call, argument that is looked at, how, numbers, the error). How:
#   always   refuse
#   only     refuse, unless the argument is one of the numbers
#   only-kind  the same for the kind of a socket, flags aside
#   any-bit  refuse, if the argument shares a bit with the number
#   one-of   refuse, if the argument is one of the numbers
#   truncate refuse, if the flags ask to empty a file that is opened for reading
NEW_NAMESPACE = 0x7E020000
INET, INET6, NETLINK = 2, 10, 16
STREAM, SEQPACKET = 1, 5
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
F_SETOWN, F_SETOWN_EX, FIOSETOWN, SIOCSPGRP = 8, 15, 0x8901, 0x8902
# ioctl families that change a file through a descriptor opened for reading, and what they may do:
# flags and generation may be asked for, extents mapped, and a file cloned into one open for writing
FILE_FAMILIES = {
    0x66: (0x80086601, 0x80046601, 0xC020660B),
    0x76: (0x80087601, 0x80047601),
    0x58: (0x801C581F,),
    0x94: (0x40049409, 0x4020940D),
}
SETS = (
    "chmod", "fchmod", "fchmodat", "fchmodat2", "utimensat", "chown", "fchown", "lchown",
    "fchownat",
)  # fmt: skip
Row = "tuple[tuple[str, ...], int, str, tuple[int, ...], int]"
PROGRAMS: dict[str, list[Row]] = {  # type: ignore[valid-type]
    # both back ends of Linux
    "common": [
        # path sockets are how to reach docker, ssh-agent, tmux; vsock would reach the host
        (("socket",), 0, "only", (INET, INET6, NETLINK), EPERM),
        # and so could one of a pair, unless it is bound to the other for good
        (("socketpair",), 1, "only-kind", (STREAM, SEQPACKET), EPERM),
        # an io_uring does files and sockets without system calls that a filter could see
        (("io_uring_setup", "io_uring_enter", "io_uring_register"), 0, "always", (), ENOSYS),
        # typing on the terminal in a person's place
        (("ioctl",), 1, "one-of", (TIOCSTI, TIOCLINUX), EPERM),
        # capabilities come back in a namespace of one's own; clone3 hides its flags in memory
        (("clone3",), 0, "always", (), ENOSYS),
        (("clone", "unshare"), 0, "any-bit", (NEW_NAMESPACE,), EPERM),
        (
            (
                "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree",
                "open_tree_attr", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
            ),
            0, "always", (), EPERM,
        ),
        # keys and loaded programs outlive the box
        (("add_key", "request_key", "keyctl", "bpf"), 0, "always", (), EPERM),
        # wide doors into the kernel that no check of a project needs
        (("userfaultfd", "perf_event_open"), 0, "always", (), EPERM),
    ],
    # Landlock judges paths: not the modes, owners, times and attributes of what may be read
    "landlock": [
        (
            (
                "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr",
                "lremovexattr", "fremovexattr", "removexattrat",
            ),
            0, "always", (), ENOTSUP,  # what copies files goes on without
        ),
        (("utime", "utimes", "futimesat", "file_setattr"), 0, "always", (), EROFS),
        (("ioctl",), 1, "file-families", (), EROFS),
        # shared memory, semaphores and queues of System V and POSIX outlive the box
        (
            (
                "shmget", "shmat", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget",
                "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink",
            ),
            0, "always", (), EPERM,
        ),
        # priorities and limits: a process may change its own
        (("setpriority", "ioprio_set"), 0, "only", (0, 1), EPERM),
        (("setpriority", "ioprio_set"), 1, "only", (0,), EPERM),
        (
            (
                "prlimit64", "sched_setscheduler", "sched_setparam", "sched_setattr",
                "sched_setaffinity", "process_madvise", "process_mrelease", "migrate_pages",
                "move_pages",
            ),
            0, "only", (0,), EPERM,
        ),
    ],
    # modes, times and owners: may be set in the private folder; in a box in a box, not even there
    "asked": [(SETS, 0, "always", (), ASK)],
    "unasked": [(SETS, 0, "always", (), EROFS)],
    # the network, where there is no namespace to take it away
    "offline": [(("socket",), 0, "only", (NETLINK,), EPERM)],
    # kernels whose Landlock does not yet scope signals: only to one's own group
    "signals": [
        (("kill",), 0, "only", (0,), EPERM),
        (
            ("tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"),
            0, "always", (), EPERM,
        ),
        (("fcntl",), 1, "one-of", (F_SETOWN, F_SETOWN_EX), EPERM),
        (("ioctl",), 1, "one-of", (FIOSETOWN, SIOCSPGRP), EPERM),
    ],
    # kernels whose Landlock does not yet know truncation
    "truncate": [
        (("truncate",), 0, "always", (), EROFS),
        (("openat2",), 0, "always", (), ENOSYS),
        (("open",), 1, "truncate", (), EROFS),
        (("openat",), 2, "truncate", (), EROFS),
    ],
}  # fmt: skip

# call: (x86_64, aarch64); None where that machine has no such call
CALLS: dict[str, tuple[int | None, int | None]] = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chmod": (90, None),
    "chown": (92, None),
    "chroot": (161, 51),
    "clone": (56, 220),
    "clone3": (435, 435),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "fcntl": (72, 25),
    "file_setattr": (469, 469),
    "fremovexattr": (199, 16),
    "fsconfig": (431, 431),
    "fsetxattr": (190, 7),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "futimesat": (261, None),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "ioprio_set": (251, 30),
    "keyctl": (250, 219),
    "kill": (62, 129),
    "lchown": (94, None),
    "lremovexattr": (198, 15),
    "lsetxattr": (189, 6),
    "migrate_pages": (256, 238),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "msgctl": (71, 187),
    "msgget": (68, 186),
    "msgrcv": (70, 188),
    "msgsnd": (69, 189),
    "open": (2, None),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "openat": (257, 56),
    "openat2": (437, 437),
    "perf_event_open": (298, 241),
    "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41),
    "prlimit64": (302, 261),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "removexattr": (197, 14),
    "removexattrat": (466, 466),
    "request_key": (249, 218),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "semctl": (66, 191),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "setns": (308, 268),
    "setpriority": (141, 140),
    "setxattr": (188, 5),
    "setxattrat": (463, 463),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmget": (29, 194),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "tgkill": (234, 131),
    "tkill": (200, 130),
    "truncate": (76, 45),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "utime": (132, None),
    "utimensat": (280, 88),
    "utimes": (235, None),
}

LOAD, EQUAL, ABOVE, ANY_BIT, AND, RETURN = 0x20, 0x15, 0x25, 0x45, 0x54, 0x06
SHIFT_RIGHT = 0x74
NUMBER, MACHINE = 0, 4  # where the kernel's record of a call holds them
ALLOW, KILL, FAIL, NOTIFY = 0x7FFF0000, 0x80000000, 0x00050000, 0x7FC00000
READS, EMPTIES = 0o3, 0o1000  # the bits of open() that say how, and O_TRUNC


def made() -> dict[str, bytes]:
    """Return the content of each file in `filters/`, by its name."""
    return {
        program + "-" + machine + ".bpf": assemble(PROGRAMS[program], machine)
        for program in PROGRAMS
        for machine in AUDIT
    }


def assemble(rows: list[Row], machine: str) -> bytes:  # type: ignore[valid-type]
    """Return rows as a program for one machine."""
    out: list[Instruction] = [
        (LOAD, 0, 0, MACHINE),
        (EQUAL, 1, 0, AUDIT[machine]),
        (RETURN, 0, 0, KILL),  # another machine's calls have other numbers
        (LOAD, 0, 0, NUMBER),
        (ABOVE, 0, 1, NEWEST),
        (RETURN, 0, 0, FAIL | ENOSYS),
    ]
    for names, argument, how, numbers, error in rows:  # type: ignore[attr-defined]
        body = list(_body(argument, how, numbers, error))
        for name in names:
            number = CALLS[name][list(AUDIT).index(machine)]
            if number is not None:
                out += [(EQUAL, 0, len(body), number), *body]
    out.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("=HBBI", *line) for line in out)


def _body(argument: int, how: str, numbers: tuple[int, ...], error: int) -> Iterator[Instruction]:
    """Yield what is done once the call is known; ends with the number of the call loaded anew."""
    refuse = (RETURN, 0, 0, NOTIFY if error == ASK else FAIL | error)
    if how == "always":
        yield refuse
        return
    yield LOAD, 0, 0, 16 + 8 * argument  # the low half: the kernel takes these as 32 bits
    yield from _tests(how, numbers, refuse)
    yield LOAD, 0, 0, NUMBER


def _tests(how: str, numbers: tuple[int, ...], refuse: Instruction) -> Iterator[Instruction]:
    if how == "only-kind":
        yield AND, 0, 0, 0xF
    if how in ("only", "only-kind"):
        for left, number in zip(range(len(numbers), 0, -1), numbers):
            yield EQUAL, left, 0, number
        yield refuse
    elif how == "one-of":
        for number in numbers:
            yield EQUAL, 0, 1, number
            yield refuse
    elif how == "any-bit":
        yield ANY_BIT, 0, 1, numbers[0]
        yield refuse
    elif how == "truncate":
        yield AND, 0, 0, READS | EMPTIES
        yield EQUAL, 0, 1, EMPTIES
        yield refuse
    elif how == "file-families":
        for family, allowed in FILE_FAMILIES.items():
            yield from _family(family, allowed, refuse)
    else:
        raise ValueError("no test `" + how + "`")


def _family(family: int, allowed: tuple[int, ...], refuse: Instruction) -> Iterator[Instruction]:
    """Yield the test of one family: its number is the second byte of an ioctl."""
    yield LOAD, 0, 0, 16 + 8
    yield SHIFT_RIGHT, 0, 0, 8
    yield AND, 0, 0, 0xFF
    rest = len(allowed) + 2
    yield EQUAL, 0, rest, family
    yield LOAD, 0, 0, 16 + 8
    for left, number in zip(range(len(allowed), 0, -1), allowed):
        yield EQUAL, left, 0, number
    yield refuse
