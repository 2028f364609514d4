"""The time, as the journal writes it."""

from __future__ import annotations

import time


def stamp(now: float) -> str:
    """Return seconds since the epoch as UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))


def seconds(stamped: str) -> float:
    """Return a stamp as seconds since the epoch, 0 for what is no stamp.

    By hand: `time.strptime` loads half the library, and a hook asks for this.
    """
    digits = (
        stamped[0:4],
        stamped[5:7],
        stamped[8:10],
        stamped[11:13],
        stamped[14:16],
        stamped[17:19],
    )
    if len(stamped) != 20 or not all(part.isdigit() for part in digits):
        return 0
    year, month, day, hour, minute, second = (int(part) for part in digits)
    year -= month < 3  # count from March, so that the leap day comes last
    days = 365 * year + year // 4 - year // 100 + year // 400
    days += (153 * ((month + 9) % 12) + 2) // 5 + day - 719469
    return float(86400 * days + 3600 * hour + 60 * minute + second)
