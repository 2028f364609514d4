"""The packed road of this process, where it started from one; see `road`."""

from __future__ import annotations

import sys


def is_used() -> bool:
    """Say whether this process started from packed files, all of them fresh."""
    return getattr(sys, "packed_road", None) is not None


def unpack(group: str) -> None:
    """Take a group of modules from its packed file; without one they load one by one."""
    make = getattr(sys, "packed_road", None)
    if make:
        make(group)
