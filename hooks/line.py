"""Start of the status line: as light as the start of a hook, and for the same interpreters."""

import sys

sys.path.insert(0, __file__[: -len("hooks/line.py")] + "src")

from stagelock.hook.status_line import main

main(sys.argv[1:])
