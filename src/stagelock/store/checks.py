"""Run one check to its end, whatever it does: it may hang, fork, flood its output or never start.

Only the command line tool loads this. The check runs in a session of its own; on Linux this process
is the reaper of all that descends from it, so a child that forked twice to get away is ended too.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import re
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stagelock.core.model import Check

    Progress = Callable[[float, int], None]  # seconds so far, bytes so far

KEPT = 1 << 16  # bytes of output kept, however many come
SHOWN = 8000  # characters of tail in a record
TICK = 0.1
GRACE = 2.0  # seconds between the polite signal and the other one
DRAIN = 1 << 22  # what may still stand in the pipe when a check has ended
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
IS_SUBREAPER = 37  # PR_GET_CHILD_SUBREAPER

# What a check is given of the environment; `env:` of the check names more. A list of what to take
# away (LD_PRELOAD, BASH_ENV, NODE_OPTIONS, PYTEST_ADDOPTS, GIT_DIR, ...) would never be whole.
GIVEN = {
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "TMPDIR", "CI",
    "VIRTUAL_ENV", "CONDA_PREFIX", "NVM_DIR", "JAVA_HOME", "GOPATH", "GOROOT", "CARGO_HOME",
    "RUSTUP_HOME", "GEM_HOME", "DOTNET_ROOT", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
    "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy",
    "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS",
}  # fmt: skip
# escape sequences, and control characters but tab and newline: a record is read at terminals
UNPRINTED = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]"
)


class Result(NamedTuple):
    """What came of one run of a check."""

    exit: int  # -1 where it was ended or did not start
    seconds: float
    tail: str
    digest: str
    why: str  # why it cannot count whatever it returned, "" for nothing
    left: int  # processes it left behind, ended
    whole: str = ""  # the end of the output, as much of it as was kept


def run(check: Check, tree: str, progress: Progress | None = None) -> Result:
    """Run a check in `tree` and wait for it and all its children; raises nothing of its own."""
    began = time.monotonic()
    with _reaping() as strangers:
        try:
            child = subprocess.Popen(
                ["/bin/sh", "-c", check["command"]],
                cwd=tree,
                env=environment(check),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return Result(-1, 0.0, str(error), "", f"it could not be started: {error}", 0)
        output = _Output()
        timed_out = _watch(child, output, began, check["timeout"], progress)
        left = _end_all(child, strangers, polite=timed_out)
        _drain(child, output)
    seconds = round(time.monotonic() - began, 2)
    why = f"it was ended after {check['timeout']} seconds, its timeout" if timed_out else ""
    code = -1 if timed_out else _code(child.returncode)
    left = 0 if timed_out else left
    return Result(code, seconds, output.tail(), output.digest(), why, left, output.whole())


def environment(check: Check) -> dict[str, str]:
    """Return what a check is given of this process's environment."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in GIVEN or name.startswith("LC_") or name in check["env"]
    }
    # bytecode beside the sources would change the tree of a project that does not ignore it
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}


class _Output:
    """Output as it comes: its digest, and no more of it than the end."""

    def __init__(self) -> None:
        self.size = 0
        self._end = b""
        self._sum = hashlib.sha256()

    def add(self, part: bytes) -> None:
        self.size += len(part)
        self._sum.update(part)
        self._end = (self._end + part)[-KEPT:]

    def digest(self) -> str:
        return self._sum.hexdigest()

    def whole(self) -> str:
        return UNPRINTED.sub("", self._end.decode("utf-8", "replace").replace("\r\n", "\n"))

    def tail(self) -> str:
        return self.whole()[-SHOWN:].strip("\n")


def _watch(
    child: subprocess.Popen[bytes],
    output: _Output,
    began: float,
    timeout: int,
    progress: Progress | None,
) -> bool:
    """Read until the check itself has ended; says whether its time ran out first."""
    pipe = _pipe(child)
    told = 0.0
    is_open = True
    while child.poll() is None:
        now = time.monotonic()
        if now - began > timeout:
            return True
        if progress and now - told > TICK:
            progress(now - began, output.size)
            told = now
        if not is_open:
            time.sleep(TICK / 10)
        elif select.select([pipe], [], [], TICK)[0]:
            part = os.read(pipe, 1 << 16)
            is_open = bool(part)
            output.add(part)
    return False


def _drain(child: subprocess.Popen[bytes], output: _Output) -> None:
    """Take what stands in the pipe; nobody is left to write, so it ends."""
    pipe = _pipe(child)
    taken = 0
    while taken < DRAIN and select.select([pipe], [], [], 0)[0]:
        part = os.read(pipe, 1 << 16)
        if not part:
            break
        taken += len(part)
        output.add(part)
    if child.stdout:
        child.stdout.close()


def _pipe(child: subprocess.Popen[bytes]) -> int:
    return child.stdout.fileno() if child.stdout else -1


def _end_all(child: subprocess.Popen[bytes], strangers: set[int], *, polite: bool) -> int:
    """End the check and whatever descends from it; returns how many were still there."""
    if polite:
        _signal_group(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GRACE)
    _signal_group(child.pid, signal.SIGKILL)
    child.wait()
    left = 0
    end = time.monotonic() + GRACE
    while True:
        found = _below(os.getpid())
        below = set(found) - strangers
        left = max(left, sum(found[pid] != "Z" for pid in below))
        for pid in below:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        for pid in below:
            with contextlib.suppress(OSError):  # the child of another is reaped by that one
                os.waitpid(pid, os.WNOHANG)
        if not below or time.monotonic() > end:
            return left
        time.sleep(0.01)


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(pid, number)


@contextlib.contextmanager
def _reaping() -> Iterator[set[int]]:
    """Adopt what the check orphans (Linux); yields the processes that are none of its own."""
    if not sys.platform.startswith("linux"):
        yield set()
        return
    libc = ctypes.CDLL(None, use_errno=True)
    before = ctypes.c_int()
    libc.prctl(IS_SUBREAPER, ctypes.byref(before), 0, 0, 0)
    libc.prctl(SUBREAPER, 1, 0, 0, 0)
    try:
        yield set(_below(os.getpid()))
    finally:
        libc.prctl(SUBREAPER, before.value, 0, 0, 0)


def _below(pid: int) -> dict[int, str]:
    """Return all descendants of a process and their states (Linux); `Z` is dead, not yet reaped."""
    children: dict[int, list[tuple[int, str]]] = {}
    try:
        names = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return {}
    for name in names:
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                rest = stat.read().rpartition(") ")[2].split(" ")
        except OSError:
            continue
        if len(rest) > 1:
            children.setdefault(int(rest[1]), []).append((int(name), rest[0]))
    found: dict[int, str] = {}
    todo = [pid]
    while todo:
        for child, state in children.get(todo.pop(), []):
            found[child] = state
            todo.append(child)
    return found


def _code(status: int) -> int:
    return status if status >= 0 else 128 - status  # as a shell says that a signal ended it
