"""What doctor found: one thing looked at, whether it is in order, and the cure where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Order = Literal["well", "ill", "unknown"]


@dataclass(frozen=True)
class Found:
    """One thing looked at. `unknown` is not in order and not out of it: it was not shown."""

    name: str
    order: Order
    told: str
    cure: str = ""

    def __str__(self) -> str:
        line = f"{self.name:<8} {self.told}"
        return f"{line}\n{'':<8}   {self.cure}" if self.cure and self.order != "well" else line


def well(name: str, told: str) -> Found:
    """Say that a thing is in order."""
    return Found(name, "well", told)


def ill(name: str, told: str, cure: str) -> Found:
    """Say that a thing is not in order, and what to do."""
    return Found(name, "ill", told, cure)


def unknown(name: str, told: str, cure: str) -> Found:
    """Say that nobody knows, and how to find out."""
    return Found(name, "unknown", told, cure)
