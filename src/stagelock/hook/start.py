"""What stands between the entry script and the first event: the interpreter made ready."""

from __future__ import annotations

import gc
import sys

if sys.version_info < (3, 9):  # noqa: UP036  # 3.8 comes far, and then meets what it does not know
    raise ImportError("the hooks of stagelock need Python 3.9 or newer")
gc.disable()  # the process is over before there is anything to collect
try:
    import posix as _  # noqa: F401
except ImportError:
    from stagelock.portable import stand_in

    stand_in()

from .main import main as main  # noqa: E402, PLC0414  # handed on, once it can load
