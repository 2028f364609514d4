"""Stand-ins for the modules of a hook's road, on a Python that has no `posix` (Windows) or `fcntl`.

The road speaks to `posix` and `fcntl` directly, since importing `os` costs a third of a bare start.
Where they are not there, modules of those names are made from what every Python has. Forced by a
test on Linux; never tried on Windows itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ABSENT = ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY")  # flags that a system without them needs not
EXCLUSIVE, AT_ONCE, RELEASE = 2, 4, 8  # what flock is asked for
WAITS = 0.02  # seconds between two tries for a lock, where the system does not wait by itself
_started: dict[int, subprocess.Popen[bytes]] = {}


def stand_in() -> None:
    """Put a `posix` and a `fcntl` where imports find them, where there are none."""
    for name, make in (("posix", _posix), ("fcntl", _fcntl)):
        try:
            __import__(name)
        except ImportError:
            sys.modules[name] = make()


def _posix() -> ModuleType:
    made = ModuleType("posix")
    made.__dict__.update({name: getattr(os, name) for name in dir(os) if name[:1] != "_"})
    made.__dict__.update({name: 0 for name in ABSENT if not hasattr(os, name)})
    made.__dict__.update(
        {
            "_exit": os._exit,
            "environ": _environment(),
            "open": _open,
            "rename": os.replace,  # also over a file that is there
            "posix_spawn": _spawn,
            "posix_spawnp": _spawn,
            "POSIX_SPAWN_OPEN": 0,
            "POSIX_SPAWN_CLOSE": 1,
            "POSIX_SPAWN_DUP2": 2,
            "waitpid": _wait,
        }
    )
    if not hasattr(os, "getuid"):
        made.__dict__["getuid"] = lambda: 0
    return made


def _environment() -> dict[bytes, bytes]:
    """The environment as `posix` has it, in bytes."""
    encode: Callable[[str], bytes] = os.fsencode
    return {encode(name): encode(value) for name, value in os.environ.items()}


def _open(path: str, flags: int, mode: int = 0o777) -> int:
    return os.open(path, flags | getattr(os, "O_BINARY", 0), mode)


def _spawn(path: str, argv: list[str], env: Any, **more: Any) -> int:
    """As posix_spawn does, for the three standard descriptors."""
    moved = {}
    for what, *about in more.get("file_actions", ()):
        if what == 0:
            moved[about[0]] = os.open(*about[1:])
        elif what == 2:
            moved[about[1]] = about[0]
    text = {os.fsdecode(name): os.fsdecode(value) for name, value in env.items()}
    child = subprocess.Popen(
        argv,
        executable=path if os.path.dirname(path) else None,  # noqa: PTH120  # pathlib is dearer
        env=text,
        stdin=moved.get(0),
        stdout=moved.get(1),
        stderr=moved.get(2),
    )
    _started[child.pid] = child
    return child.pid


def _wait(pid: int, _: int) -> tuple[int, int]:
    code = _started.pop(pid).wait()
    return pid, code << 8 if code >= 0 else -code


def _fcntl() -> ModuleType:
    made = ModuleType("fcntl")
    made.__dict__.update({"LOCK_EX": EXCLUSIVE, "LOCK_NB": AT_ONCE, "LOCK_UN": RELEASE})
    made.__dict__["flock"] = _lock
    return made


def _lock(fd: int, what: int) -> None:
    """Wait for a lock on a file, or raise BlockingIOError at once; closing it gives it back."""
    if hasattr(os, "lockf"):
        kinds = {RELEASE: os.F_ULOCK, EXCLUSIVE | AT_ONCE: os.F_TLOCK}
        os.lockf(fd, kinds.get(what, os.F_LOCK), 0)
        return
    import msvcrt  # noqa: PLC0415  # Windows only

    kind = msvcrt.LK_UNLCK if what == RELEASE else msvcrt.LK_NBLCK  # type: ignore[attr-defined]
    while True:
        try:
            msvcrt.locking(fd, kind, 1)  # type: ignore[attr-defined]
        except OSError as error:
            if what & AT_ONCE:
                raise BlockingIOError(error.errno, "held by another process") from error
            time.sleep(WAITS)
        else:
            return
