"""The time, as the journal writes it."""

from __future__ import annotations

import time


def stamp(now: float) -> str:
    """Return seconds since the epoch as UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
