"""The values of the credentials that a plan names: known so that no book ever holds one.

A plan names credentials by their variables. Whether one is set here is said, what it is never.
"""

from __future__ import annotations

import posix

from stagelock.store.files import slurp

FILES = (".env", ".env.local", ".env.development", ".env.test")
SHORTEST = 6  # a shorter value would be found in words that are none
HIDDEN = "[hidden]"


def found(tree: str, names: list[str]) -> dict[str, str]:
    """Return those of the variables that are set, in this process or in the tree's own files."""
    values = {}
    for file in FILES:
        values.update(_lines(tree + "/" + file))
    for name in names:
        value = posix.environ.get(name.encode("utf-8", "surrogateescape"))
        if value:
            values[name] = value.decode("utf-8", "surrogateescape")
    return {name: values[name] for name in names if values.get(name)}


def hide(text: str, values: list[str]) -> str:
    """Return a text in which none of the values stands."""
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= SHORTEST:
            text = text.replace(value, HIDDEN)
    return text


def _lines(path: str) -> dict[str, str]:
    try:
        text = slurp(path, 1 << 20).decode("utf-8", "replace")
    except (OSError, ValueError):
        return {}
    values = {}
    for line in text.splitlines():
        name, mark, value = line.strip().removeprefix("export ").partition("=")
        if mark and not name.startswith("#"):
            values[name.strip()] = value.strip().strip("\"'")
    return values
