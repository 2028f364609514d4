"""Runs one command in a box that cannot end it by itself: Landlock, sandbox-exec.

    main([BACKEND, NAME=/PATH..., OPTION..., --, SHELL, COMMAND])

Three processes. The first only waits: it is the one the caller knows, and may kill. The second
makes the private folder, and when the command ends, or the first is gone, ends what is left running
and takes the folder away. The third goes into the box and becomes the command.
"""

from __future__ import annotations

import _signal  # `signal` costs 3 ms for its enumerations
import _socket  # without what `socket` adds
import _thread
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn, Protocol

    class Enter(Protocol):
        """Boxes this process in, or returns the words before a command that do."""

        def __call__(
            self,
            folder: str,
            writable: list[str],
            *,
            net: bool,
            newest: int,
            hand_over: Callable[[int], None],
        ) -> list[str]: ...


REFUSED = 125
PLACES = ("/tmp", "/dev/tmp", "/var/tmp")  # noqa: S108 (the folder in it is ours alone)
PREFIX = "/stagelock-ro-"
ENDS = (_signal.SIGHUP, _signal.SIGINT, _signal.SIGQUIT, _signal.SIGTERM)
IGNORED = (_signal.SIGPIPE, _signal.SIGXFSZ)  # by Python
PATIENCE = 5.0  # seconds for what multiplies faster than it is ended
SET_PDEATHSIG, SET_CHILD_SUBREAPER = 1, 36


class Call:
    """What the command line asks for."""

    def __init__(self, words: list[str]) -> None:
        self.backend = words[0]
        self.private: list[str] = []
        self.writable: list[str] = []
        self.net = False
        self.libraries = ""
        self.newest = 99
        at = 1
        while words[at] != "--":
            if words[at] == "--net":
                self.net = True
            elif words[at] == "--no-ctype":
                os.environ.pop("LC_CTYPE", None)
            elif words[at] == "--libraries":
                at += 1
                self.libraries = words[at]
            elif words[at] == "--write":
                at += 1
                self.writable.append(words[at])
            elif words[at] == "--landlock":  # act as an older kernel would make us
                at += 1
                self.newest = int(words[at])
            else:
                self.private.append(words[at])
            at += 1
        self.shell, self.command = words[at + 1 :]


class Ended(Exception):
    """The caller is gone, or wants the command to end."""


def main(words: list[str]) -> NoReturn:
    """Run a command; the process ends with its exit code, or 125 when it was not run."""
    call = Call(words)
    try:
        enter = BACKENDS[call.backend]()
    except (KeyError, ImportError, OSError) as error:
        _refuse("the box `" + call.backend + "` cannot be loaded (" + str(error) + ")")
    if sys.platform == "linux":
        _prctl(SET_PDEATHSIG, _signal.SIGTERM)  # as bubblewrap does: nothing outlives the caller
    caller = os.getpid()
    inner = os.fork()
    if inner == 0:
        os._exit(_supervise(call, enter, caller))
    while True:
        try:
            status = os.waitpid(inner, 0)[1]
        except KeyboardInterrupt:
            os.kill(inner, _signal.SIGINT)
            continue
        os._exit(_code(status))


def _landlock() -> Enter:
    from .landlock import enter

    return enter


def _sandbox_exec() -> Enter:
    from .sandbox_exec import enter

    return enter


BACKENDS: dict[str, Callable[[], Enter]] = {"landlock": _landlock, "sandbox-exec": _sandbox_exec}


def _supervise(call: Call, enter: Enter, caller: int) -> int:
    """Make the private folder, start the command, wait, and leave nothing behind."""
    for number in ENDS:
        _signal.signal(number, _end)
    folder = ""
    child = 0
    code = REFUSED
    try:
        os.setsid()  # a signal to the caller's group ends the first process, and so reaches us
        os.closerange(3, 1 << 16)
        _watch(caller)
        folder = _own_folder()
        ours, theirs = _socket.socketpair()
        child = os.fork()
        if child == 0:
            ours.close()
            _become(call, enter, folder, theirs)
        theirs.close()
        _thread.start_new_thread(_answer, (ours, [folder, *call.writable]))
        code = _wait(child)
    except Ended as ended:
        code = 128 + ended.args[0]
    except OSError as error:
        _tell("the box could not be made (" + str(error) + "), so the command was not run")
    for number in ENDS:
        _signal.signal(number, _signal.SIG_IGN)
    _end_all(child)
    if folder:
        _clear_away(folder)
    return code


def _end(number: int, _frame: FrameType | None) -> None:
    raise Ended(number)


def _watch(caller: int) -> None:
    """Have what loses its parent come to us, and a signal when the caller is gone."""
    if sys.platform != "linux":
        return
    _prctl(SET_CHILD_SUBREAPER, 1)
    _prctl(SET_PDEATHSIG, _signal.SIGTERM)
    if os.getppid() != caller:
        raise Ended(_signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    from .landlock import prctl

    prctl(option, value)


def _own_folder() -> str:
    """Make a private folder; in a box in a box only the outer one's can be written."""
    inherited = os.environ.get("TMPDIR", "")
    places = (*PLACES, inherited) if PREFIX in inherited else PLACES
    for place in places:
        for attempt in range(100):
            folder = place + PREFIX + str(os.getpid()) + "-" + str(attempt)
            try:
                os.mkdir(folder, 0o700)
            except FileExistsError:
                continue
            except OSError:
                break
            return os.path.realpath(folder)
    raise OSError("no temporary folder can be written: " + ", ".join(places))


def _become(call: Call, enter: Enter, folder: str, above: _socket.socket) -> NoReturn:
    """Go into the box and become the command; whatever fails, it is not run."""
    try:
        for number in (*ENDS, *IGNORED):
            _signal.signal(number, _signal.SIG_DFL)
        os.setpgid(0, 0)  # not the leader of a session, which could take a terminal for its own
        if sys.platform == "linux":
            _prctl(SET_PDEATHSIG, _signal.SIGKILL)
        _point_into(folder, call.private)
        if call.libraries:
            os.environ["LD_LIBRARY_PATH"] = call.libraries
        words = enter(
            folder,
            call.writable,
            net=call.net,
            newest=call.newest,
            hand_over=lambda listener: _hand_over(above, listener),
        )
        above.close()
        words += [call.shell, "-c", "--", call.command]
        os.execv(words[0], words)  # noqa: S606 (it is the shell)
    except BaseException as error:  # noqa: BLE001 (the one thing that must not happen is going on)
        _tell(
            "the box `" + call.backend + "` does not work here (" + str(error) + "), "
            "so the command was not run; see what does: stagelock ro --which"
        )
    finally:
        os._exit(REFUSED)


def _hand_over(above: _socket.socket, listener: int) -> None:
    """Give a descriptor to the supervisor."""
    rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, listener.to_bytes(4, sys.byteorder))
    above.sendmsg([b"."], [rights])


def _answer(below: _socket.socket, folders: list[str]) -> None:
    """Answer what the box asks, if it does, as long as this process lives."""
    _, rights, _, _ = below.recvmsg(1, _socket.CMSG_SPACE(4))
    below.close()
    if rights:
        from .asked import answer

        answer(int.from_bytes(rights[0][2], sys.byteorder), folders)


def _point_into(folder: str, private: list[str]) -> None:
    for pair in private:
        name, _, path = pair.partition("=")
        os.environ[name] = (folder + path).rstrip("/")
    given = os.environ.get("PYTEST_ADDOPTS", "")
    os.environ["PYTEST_ADDOPTS"] = given + " -o cache_dir=" + folder + "/pytest"
    os.environ["GIT_OPTIONAL_LOCKS"] = "0"
    os.environ["STAGELOCK_BOX"] = "1"


def _wait(child: int) -> int:
    """Return the exit code of the command; what it orphaned is reaped on the way."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            return _code(status)


def _code(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _end_all(child: int) -> None:
    """End the command and all it left; each one's children become ours when it is gone."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        if sys.platform != "linux" and child:
            _kill(-child)
        for pid in _children():
            _kill(pid)
        try:
            if os.waitpid(-1, 0) == (0, 0):
                return
        except ChildProcessError:
            return


def _children() -> list[int]:
    """Return our children; without that list of the kernel, by each process's own word."""
    me = str(os.getpid())
    try:
        with open("/proc/self/task/" + me + "/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        pass
    found = []
    for entry in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
        try:
            with open("/proc/" + entry + "/stat", "rb") as file:
                if file.read().rpartition(b")")[2].split()[1] == me.encode():
                    found.append(int(entry))
        except (OSError, ValueError, IndexError):
            continue
    return found


def _kill(pid: int) -> None:
    try:
        os.kill(pid, _signal.SIGKILL)
    except OSError:
        pass


def _clear_away(folder: str) -> None:
    """Remove the private folder, in which nothing runs any more."""
    try:
        _remove(folder)
    except (OSError, RecursionError):  # too deep for a path: `rm` walks without one
        os.spawnv(os.P_WAIT, "/bin/rm", ["rm", "-rf", "--", folder])  # noqa: S606


def _remove(folder: str) -> None:
    os.chmod(folder, 0o700)
    for entry in os.listdir(folder):
        path = folder + "/" + entry
        if os.path.isdir(path) and not os.path.islink(path):
            _remove(path)
        else:
            os.unlink(path)
    os.rmdir(folder)


def _refuse(why: str) -> NoReturn:
    _tell(why + ", so the command was not run; see what works: stagelock ro --which")
    os._exit(REFUSED)


def _tell(text: str) -> None:
    os.write(2, ("stagelock: " + text + "\n").encode("utf-8", "surrogateescape"))
