"""Does a path match a glob? Segments, `*`, `?`, and `**` for any number of whole segments."""

from __future__ import annotations


def matches(pattern: list[str], path: list[str]) -> bool:
    """Match a path against a pattern, both already split at `/`.

    `**` stands for zero or more segments; backtracking goes no further than the last `**`,
    so the time is at most the product of both lengths.
    """
    i = j = mark = 0
    star = -1
    while j < len(path):
        if i < len(pattern) and pattern[i] == "**":
            star, mark = i, j
            i += 1
        elif i < len(pattern) and (pattern[i] == path[j] or segment(pattern[i], path[j])):
            i += 1
            j += 1
        elif star >= 0:
            mark += 1
            i, j = star + 1, mark
        else:
            return False
    while i < len(pattern) and pattern[i] == "**":
        i += 1
    return i == len(pattern)


def segment(pattern: str, text: str) -> bool:
    """Match one segment: `*` any run of characters, `?` exactly one."""
    i = j = mark = 0
    star = -1
    while j < len(text):
        if i < len(pattern) and pattern[i] == "*":
            star, mark = i, j
            i += 1
        elif i < len(pattern) and pattern[i] in ("?", text[j]):
            i += 1
            j += 1
        elif star >= 0:
            mark += 1
            i, j = star + 1, mark
        else:
            return False
    while i < len(pattern) and pattern[i] == "*":
        i += 1
    return i == len(pattern)
