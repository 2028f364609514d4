"""Start of every git hook that `stagelock git-hooks install` put in place."""

import sys

sys.path.insert(0, __file__[: -len("hooks/git.py")] + "src")

from stagelock.hook.git import main

main(sys.argv[1], sys.argv[2:])
