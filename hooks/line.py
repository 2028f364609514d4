"""Start of the status line: as light as the start of a hook, and for the same interpreters."""

import sys

sys.path.insert(0, __file__[: -len("hooks/line.py")] + "src")
try:
    import posix  # noqa: F401  # every module of the road asks for it
except ImportError:
    from stagelock.portable import stand_in

    stand_in()

from stagelock.hook.status_line import main

main(sys.argv[1:])
