"""The promises of stagelock, and what each needs to hold on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .found import Found

# the promise, and the names of what must be in order for it
PROMISES = (
    (
        "out-of-stage work is refused on every channel",
        ("python", "plugin", "settings", "home", "client"),
    ),
    (
        "a stage ends only when a person says so",
        ("plugin", "settings", "client", "doors", "platform"),
    ),
    ("done means seen", ("python", "plugin", "settings", "records", "journal")),
    ("every agent ends with a status", ("python", "plugin", "settings", "client")),
    ("roles lose capabilities", ("python", "plugin", "settings", "client")),
    ("nothing is forged", ("settings", "records", "journal")),
    ("failing closed, visibly", ("python", "plugin", "home")),
    ("a person always has a way out", ("plugin", "settings", "home")),
)


def told(findings: list[Found]) -> list[str]:
    """Say for each promise whether it holds here, and what speaks against it."""
    order = {found.name: found.order for found in findings}
    lines = []
    for n, (promise, needs) in enumerate(PROMISES, 1):
        ill = [name for name in needs if order.get(name) == "ill"]
        unknown = [name for name in needs if order.get(name) == "unknown"]
        if ill:
            answer = f"does NOT hold here: {', '.join(ill)}"
        elif unknown:
            answer = f"not shown: {', '.join(unknown)}"
        else:
            answer = "holds here"
        lines.append(f"{n} {promise:<46} {answer}")
    return lines
