"""Start of every hook; kept tiny, because a main script is compiled anew on every start."""

import sys
from marshal import loads

ROOT = __file__[:-14]
PACK = ROOT + "hooks/__pycache__/" + sys.implementation.cache_tag + "."
sys.path.insert(0, ROOT + "src")
try:
    import posix

    _fd = posix.open(PACK + "base", 0)
    _program, _base = loads(posix.read(_fd, posix.fstat(_fd).st_size))
    exec(_program)  # noqa: S102  # see stagelock/hook/road.py
except Exception:  # noqa: BLE001, S110  # not packed yet, or damaged: modules load one by one
    pass

from stagelock.hook.start import main

main(sys.argv[1])
