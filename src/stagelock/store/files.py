"""Small files, read and written whole: atomically, under a lock, or by one append."""

from __future__ import annotations

import posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

try:
    from _sha256 import sha256 as _sha256  # CPython up to 3.11; hashlib costs 0.4 of a bare start
except ImportError:
    try:
        from _sha2 import sha256 as _sha256
    except ImportError:
        from hashlib import sha256 as _sha256

LIMIT = 1 << 26  # 64 MiB: more than this is not one of our files
CLOEXEC = 0o2000000 if not hasattr(posix, "O_CLOEXEC") else posix.O_CLOEXEC


def digest(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal."""
    return str(_sha256(data).hexdigest())


def slurp(path: str, limit: int = LIMIT) -> bytes:
    """Read a whole file; raises OSError, and ValueError above `limit` bytes.

    What is no regular file is an error: reading a pipe would wait for a writer that never comes.
    """
    fd = posix.open(path, posix.O_RDONLY | posix.O_NONBLOCK | CLOEXEC)
    try:
        kind = posix.fstat(fd).st_mode & 0o170000
        if kind == 0o040000:
            raise IsADirectoryError(21, "is a folder", path)
        if kind != 0o100000:
            raise OSError("`" + path + "` is no regular file")
        return drain(fd, limit)
    finally:
        posix.close(fd)


def drain(fd: int, limit: int) -> bytes:
    """Read a descriptor to its end; raises ValueError above `limit` bytes."""
    parts: list[bytes] = []
    size = 0
    while True:
        part = posix.read(fd, 1 << (16 if not parts else 20))  # most are short
        if not part:
            return b"".join(parts)
        size += len(part)
        if size > limit:
            raise ValueError("more than " + str(limit) + " bytes")
        parts.append(part)


def replace(path: str, data: bytes, *, lasting: bool = True) -> None:
    """Write a file so that a reader sees the old content or the new, and a crash leaves one.

    Without `lasting` that holds for a killed process but not for a power failure, which may leave
    an empty file: for what is only a memory, and cautious when it is gone.
    """
    aside = path + ".new-" + str(posix.getpid())
    fd = posix.open(aside, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | CLOEXEC, 0o600)
    try:
        write(fd, data)
        if lasting:
            posix.fsync(fd)
    finally:
        posix.close(fd)
    posix.rename(aside, path)


def append(path: str, line: str) -> None:
    """Add one line by one write, a newline at both ends: a torn line spoils only itself."""
    fd = posix.open(path, posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | CLOEXEC, 0o600)
    try:
        write(fd, b"\n" + line.encode() + b"\n")
    finally:
        posix.close(fd)


def write(fd: int, data: bytes) -> None:
    """Write all of `data` to a descriptor."""
    view = memoryview(data)
    while view:
        view = view[posix.write(fd, view) :]


def touch(path: str) -> None:
    """Make an empty file where there is none."""
    posix.close(posix.open(path, posix.O_WRONLY | posix.O_CREAT | CLOEXEC, 0o600))


def is_folder(path: str) -> bool:
    """Say whether something is there, links followed, and is a folder."""
    try:
        return posix.stat(path).st_mode & 0o170000 == 0o040000
    except (OSError, ValueError):
        return False


def exists(path: str) -> bool:
    """Say whether something stands at `path`, a dangling link included."""
    try:
        posix.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        return error.errno != 36  # a name too long is no file; what may not be looked at may be
    return True


def make_folder(path: str) -> None:
    """Make a folder and its parents, for this user alone."""
    parts = path.split("/")
    for n in range(2, len(parts) + 1):
        try:
            posix.mkdir("/".join(parts[:n]), 0o700)
        except FileExistsError:
            pass
        except OSError:
            if not exists("/".join(parts[:n])):
                raise


def remove(path: str) -> None:
    """Remove a file if it is there."""
    try:
        posix.unlink(path)
    except FileNotFoundError:
        pass


def lock(path: str) -> int:
    """Wait for the lock at `path` and return its descriptor; closing it gives it back."""
    try:
        import fcntl  # only where something is written
    except ImportError:
        from stagelock.portable import stand_in

        stand_in()
        import fcntl

    fd = posix.open(path, posix.O_RDWR | posix.O_CREAT | CLOEXEC, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd


def random_bytes(count: int) -> bytes:
    """Return bytes that nobody can guess."""
    try:
        fd = posix.open("/dev/urandom", posix.O_RDONLY | CLOEXEC)
    except FileNotFoundError:
        import os  # no such device here (Windows)

        return os.urandom(count)
    try:
        return posix.read(fd, count)
    finally:
        posix.close(fd)


def lines(data: bytes) -> Iterator[bytes]:
    """Yield the lines of `data` that hold anything."""
    for line in data.split(b"\n"):
        if line.strip():
            yield line
