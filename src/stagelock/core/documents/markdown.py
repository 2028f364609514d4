"""Markdown as far as an artifact needs it: where fences stand, and what is only a comment."""

from __future__ import annotations


def fence_after(line: str, fence: str) -> tuple[str, bool]:
    """Return the fence that is open after this line, and whether this line is a fence itself."""
    text = line.strip()
    if fence:
        return ("", True) if text.startswith(fence) and not text.strip(fence[0]) else (fence, False)
    if not text.startswith(("```", "~~~")):
        return "", False
    for mark in ("`", "~"):
        size = len(text) - len(text.lstrip(mark))
        if size >= 3 and line[:4].strip() and "`" not in text[size:]:
            return mark * size, True
    return "", False


def without_comments(text: str) -> list[str]:
    """Return the lines with HTML comments blanked; a comment counts as nothing.

    In a fence or in backticks it is no comment but something shown.
    """
    lines: list[str] = []
    fence = ""
    commented = False
    every = text.replace("\r\n", "\n").split("\n")
    if "<!--" not in text:
        return every
    last = max((n for n, line in enumerate(every) if "-->" in line), default=-1)
    for n, line in enumerate(every):
        left = line
        if not fence:
            left, commented = _uncommented(line, commented=commented, ends=n < last)
        if not commented:
            fence, _ = fence_after(left, fence)
        lines.append(left)
    return lines


def _uncommented(line: str, *, commented: bool, ends: bool) -> tuple[str, bool]:
    """Return a line without its comments, and whether one is still open at its end."""
    left = ""
    i = 0
    while i < len(line):
        mark = "-->" if commented else "<!--"
        at = line.find(mark, i)
        if at < 0:
            return left if commented else left + line[i:], commented
        closes = ends or "-->" in line[at:] or not line[:at].strip()
        shown = not commented and (line.count("`", 0, at) % 2 == 1 or not closes)
        left += "" if commented else line[i : at + (len(mark) if shown else 0)]
        commented = commented if shown else not commented
        i = at + len(mark)
    return left, commented
