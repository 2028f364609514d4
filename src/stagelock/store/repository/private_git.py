"""A git directory of our own over a person's working tree: its files, its environment, one process.

The person's index, config, attributes, hooks, filters, locks and environment do not reach it, and
nothing of it lies in the tree. Git is started by `posix_spawn`, which costs a third of what the
`subprocess` module costs to load.
"""

from __future__ import annotations

import posix
import time

from stagelock.store import home as homes
from stagelock.store.files import CLOEXEC, drain, exists, make_folder, replace, slurp, write
from stagelock.store.places import real

# Where git is looked for before PATH, which whoever started the client may have set.
PLACES = (b"/usr/bin", b"/bin", b"/usr/local/bin", b"/opt/homebrew/bin", b"/opt/local/bin")
CONFIG = b"""[core]
\trepositoryformatversion = 0
\tbare = false
\tfileMode = true
\ttrustctime = true
\tcheckStat = default
\tsymlinks = true
\tignoreCase = false
\tprecomposeUnicode = false
\tprotectHFS = false
\tprotectNTFS = false
\tautocrlf = false
\tsafecrlf = false
\tfsmonitor = false
\tsparseCheckout = false
\tsplitIndex = false
\tuntrackedCache = true
\tpreloadIndex = true
\thooksPath = /dev/null
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\tquotePath = false
\tcompression = 0
\tlooseCompression = 0
\tfsync = none
[index]
\tversion = 2
[status]
\tshowUntrackedFiles = all
\trenames = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
[commit]
\tgpgSign = false
[user]
\tname = stagelock
\temail = stagelock
"""
# Bytes as they are: no line endings changed, no filter program run, no difference hidden.
ATTRIBUTES = b"* -text -crlf -filter -ident -working-tree-encoding !diff\n"
ENVIRONMENT = {
    b"PATH": b"/usr/bin:/bin",
    b"HOME": b"/nonexistent",
    b"LC_ALL": b"C",
    b"GIT_CONFIG_NOSYSTEM": b"1",
    b"GIT_CONFIG_GLOBAL": b"/dev/null",
    b"GIT_ATTR_NOSYSTEM": b"1",
    b"GIT_NO_REPLACE_OBJECTS": b"1",
    b"GIT_TERMINAL_PROMPT": b"0",
    b"GIT_AUTHOR_DATE": b"1000000000 +0000",
    b"GIT_COMMITTER_DATE": b"1000000000 +0000",
}
UNBORN = b"ref: refs/heads/none\n"
PATIENCE = 60.0  # seconds to wait for another look at the same tree
LIMIT = 1 << 32  # of what git prints


class GitFailed(Exception):
    """Git ended with an error; the text is what it said."""


def folder(home: str, tree: str) -> str:
    """Return where the private git directory of a tree is kept."""
    return home + "/trees/" + homes.key(tree)


def hold(at: str) -> int:
    """Wait for the lock and return its descriptor; closing it gives it back.

    A git that we start inherits it, so that one whose parent was killed still keeps others out.
    Raises GitFailed when another look does not end.
    """
    import fcntl

    make_folder(at)
    fd = posix.open(at + "/lock", posix.O_RDWR | posix.O_CREAT | CLOEXEC, 0o600)
    until = time.monotonic() + PATIENCE
    pause = 0.001
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > until:
                posix.close(fd)
                raise GitFailed("another look at this tree does not end") from None
            time.sleep(pause)
            pause = min(pause * 2, 0.02)
            continue
        posix.set_inheritable(fd, True)  # noqa: FBT003  # the interpreter's own signature
        return fd


def make(at: str, tree: str) -> None:
    """Make the private git directory, with a copy of what the person's git ignores beside it.

    The copy is taken once: a line written to `.git/info/exclude` afterwards hides nothing.
    """
    for inner in ("objects", "refs", "info"):
        make_folder(at + "/git/" + inner)
    replace(at + "/git/config", CONFIG)
    replace(at + "/git/info/attributes", ATTRIBUTES)
    replace(at + "/git/info/exclude", _excluded(at, tree) + b"\n/.stagelock/\n")
    replace(at + "/git/HEAD", UNBORN)


def run(
    at: str,
    tree: str,
    words: list[bytes],
    given: bytes | None = None,
    objects: str = "",
    into: str = "",
    index: str = "",
) -> bytes:
    """Run one git command and return what it printed; raises GitFailed.

    `given` is its standard input. `objects` is an object folder of a repository that may be read as
    well. `into` is a file that takes the output instead. `index` is another index than our own.
    """
    env = {**ENVIRONMENT, b"GIT_DIR": raw(at + "/git"), b"GIT_WORK_TREE": raw(tree)}
    env[b"GIT_CEILING_DIRECTORIES"] = raw(tree)
    if index:
        env[b"GIT_INDEX_FILE"] = raw(index)
    if objects:
        env[b"GIT_ALTERNATE_OBJECT_DIRECTORIES"] = _quoted(raw(objects))
    return _spawn(at, [b"git", b"-C", raw(tree), *words], env, given, into)


def ask(home: str, tree: str, words: list[str]) -> str:
    """Ask the person's own repository, with an environment built from nothing; raises GitFailed."""
    at = folder(home, tree)
    make_folder(at)
    argv = [b"git", b"-C", raw(tree), b"-c", b"safe.directory=*", *map(raw, words)]
    return _spawn(at, argv, ENVIRONMENT, None, "").decode("utf-8", "surrogateescape")


def as_person(home: str, tree: str, words: list[str]) -> str:
    """Ask git as the person has it, their own configuration and filters included; raises GitFailed.

    For what only they can say: what git would make of a file.
    """
    at = folder(home, tree)
    make_folder(at)
    env = {name: value for name, value in posix.environ.items() if name[:4] != b"GIT_"}
    env[b"GIT_OPTIONAL_LOCKS"] = b"0"
    argv = [b"git", b"-C", raw(tree), b"-c", b"core.fsmonitor=false", *map(raw, words)]
    return _spawn(at, argv, env, None, "").decode("utf-8", "surrogateescape")


def said(at: str) -> str:
    """Return the end of what the last git command said on its standard error."""
    try:
        return slurp(at + "/said").decode("utf-8", "replace").strip()[-500:]
    except (OSError, ValueError):
        return ""


def objects_of(tree: str) -> str:
    """Return the object folder of the person's repository, "" where there is none."""
    from .git import folders

    for git in reversed(folders(tree)):
        if exists(git + "/objects"):
            return real(git + "/objects", "/")
    return ""


def raw(path: str) -> bytes:
    """Return a path as the bytes that the file system has."""
    return path.encode("utf-8", "surrogateescape")


def _spawn(
    at: str, argv: list[bytes], env: dict[bytes, bytes], given: bytes | None, into: str
) -> bytes:
    source = "/dev/null"
    if given is not None:
        source = at + "/given"
        _put(source, given)
    out, end = posix.pipe()
    fresh = posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC
    actions = [
        (posix.POSIX_SPAWN_OPEN, 0, source, posix.O_RDONLY, 0),
        (posix.POSIX_SPAWN_OPEN, 1, into, fresh, 0o600)
        if into
        else (posix.POSIX_SPAWN_DUP2, end, 1),
        (posix.POSIX_SPAWN_OPEN, 2, at + "/said", fresh, 0o600),
    ]
    try:
        child = posix.posix_spawn(program(), argv, env, file_actions=actions)
    except OSError as error:
        posix.close(out)
        raise GitFailed("git does not start: " + str(error.strerror)) from None
    finally:
        posix.close(end)
    try:
        printed = drain(out, LIMIT)
    finally:
        posix.close(out)
        status = posix.waitpid(child, 0)[1]
    if status:
        raise GitFailed("git " + _verb(argv) + ": " + (said(at) or "status " + str(status)))
    return printed


def program() -> bytes:
    """Return the path of git; raises GitFailed where there is none."""
    for place in (*PLACES, *posix.environ.get(b"PATH", b"").split(b":")):
        path = place + b"/git"
        if place[:1] == b"/" and posix.access(path, posix.X_OK):
            return path
    raise GitFailed("the git program is not on this machine")


def _verb(argv: list[bytes]) -> str:
    words = argv[3:]
    while words[:1] == [b"-c"]:
        words = words[2:]
    return words[0].decode("utf-8", "replace")


def _put(path: str, data: bytes) -> None:
    fd = posix.open(path, posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | CLOEXEC, 0o600)
    try:
        write(fd, data)
    finally:
        posix.close(fd)


def _quoted(path: bytes) -> bytes:
    """Spell a folder for a list that is parted by colons."""
    if b":" not in path and b"\n" not in path and path[:1] != b'"':
        return path
    escaped = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def _excluded(at: str, tree: str) -> bytes:
    """Return what the person's git ignores besides the `.gitignore` files in the tree."""
    from .git import folders

    texts = []
    for path in (_global_excludes(at, tree), *[git + "/info/exclude" for git in folders(tree)]):
        try:
            texts.append(slurp(path) if path else b"")
        except (OSError, ValueError):
            pass
    return b"\n".join(texts)


def _global_excludes(at: str, tree: str) -> str:
    env = {b"PATH": ENVIRONMENT[b"PATH"]}
    for name in (b"HOME", b"XDG_CONFIG_HOME"):
        if name in posix.environ:
            env[name] = posix.environ[name]
    words = [b"config", b"--null", b"--type=path", b"--get", b"core.excludesFile"]
    try:
        named = _spawn(at, [b"git", b"-C", raw(tree), *words], env, None, "").rstrip(b"\0")
    except GitFailed:
        named = b""
    if not named:
        base = env.get(b"XDG_CONFIG_HOME") or env.get(b"HOME", b"") + b"/.config"
        named = base + b"/git/ignore"
    return real(named.decode("utf-8", "surrogateescape"), tree)
