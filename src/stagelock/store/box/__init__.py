"""The read-only box: a command sees everything, changes nothing, reaches nobody.

`launch.sh` is the road of every call: it reads which back end works here (remembered from a probe
that really tried), and starts it. `bubblewrap` is started from there, by plain sh; `landlock` and
`sandbox-exec` by `supervise.py`. Whatever goes wrong, the command is not run.
"""

from __future__ import annotations

PACKAGE = __file__[: -len("__init__.py")]
LAUNCH = PACKAGE + "launch.sh"
REFUSED = 125  # the exit code when the box is not there, or was called wrongly: nothing was run
BACKENDS = ("bubblewrap", "landlock", "sandbox-exec")  # in the order they are tried
