"""Text from outside, made fit to be shown to a person: no control character reaches a terminal."""

from __future__ import annotations

import re
import time
from typing import Any

import click

from stagelock.store.clock import stamp

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def plain(text: str, longest: int = 0) -> str:
    """Show control characters as escapes and cut what is longer than `longest`."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return shown if not longest or len(shown) <= longest else shown[: longest - 3] + "..."


def duration(seconds: float) -> str:
    """Say how long something took, in the largest two units that matter."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{int(seconds)}s"
    if minutes < 60:
        return f"{minutes}m"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours < 48 else f"{hours // 24}d{hours % 24:02}h"


class Since(click.ParamType[str]):
    """A moment: `90m`, `2h`, `3d` ago, or the beginning of a stamp such as 2026-11-21."""

    name = "since"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Return the moment as the journal writes it."""
        ago = re.fullmatch(r"(\d{1,9})([smhdw])", str(value))
        if ago:
            return stamp(max(0, time.time() - int(ago[1]) * UNITS[ago[2]]))
        if not re.fullmatch(r"\d{4}(-\d\d(-\d\d(T[\d:]*Z?)?)?)?", str(value)):
            self.fail(f"`{value}` is no moment; say 90m, 2h, 3d or 2026-11-21", param, ctx)
        return str(value)
