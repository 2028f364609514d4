"""Start of every hook; kept tiny, because a main script is compiled anew on every start."""

import marshal
import posix
import sys

ROOT = __file__[: -len("hooks/entry.py")]
sys.path.insert(0, ROOT + "src")
try:
    _fd = posix.open(ROOT + "hooks/__pycache__/road-" + sys.implementation.cache_tag, 0)
    _program, _head = marshal.loads(posix.read(_fd, 1 << 22))  # see stagelock/hook/road.py
    exec(marshal.loads(_program), {**globals(), **_head})  # noqa: S102
except (OSError, ValueError, EOFError, TypeError, KeyError):
    pass  # not packed yet: the modules load one by one

from stagelock.hook.main import main

main(sys.argv[1])
