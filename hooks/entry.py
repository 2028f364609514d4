"""Start of every hook: find the package beside this file and hand over.

Started as `python3 -I -S entry.py EVENT`; kept tiny because the main script is compiled anew on
every start, while the modules it imports are cached.
"""

import sys

sys.path.insert(0, __file__[: -len("hooks/entry.py")] + "src")

from stagelock.hook.main import main

main(sys.argv[1])
