"""Start of every hook; kept tiny, because a main script is compiled anew on every start."""

import gc
import marshal
import sys

gc.disable()  # the process is over before there is anything to collect
ROOT = __file__[: -len("hooks/entry.py")]
PACK = ROOT + "hooks/__pycache__/" + sys.implementation.cache_tag + "."
sys.path.insert(0, ROOT + "src")
try:
    import posix
except ImportError:
    from stagelock.portable import stand_in

    stand_in()
    import posix
try:
    _fd = posix.open(PACK + "base", 0)
    _program, _base = marshal.loads(posix.read(_fd, posix.fstat(_fd).st_size))
    exec(_program)  # noqa: S102  # see stagelock/hook/road.py
except Exception:  # noqa: BLE001, S110  # not packed yet, or damaged: modules load one by one
    pass

from stagelock.hook.main import main

main(sys.argv[1])
