"""Small languages inside commands: does this sed or awk script only print?"""

from __future__ import annotations

DIGITS = "0123456789"


def prints_only(program: str, script: str) -> bool:
    """Say whether a script can neither write a file nor run a program."""
    return _sed(script) if program == "sed" else _awk(script)


def _awk(script: str) -> bool:
    """Awk writes by `>` and runs by `|`, `system` and `getline`; none may stand in it.

    What is a regular expression, a division or a comment depends on the grammar around it, so the
    marks are looked for everywhere; only a comparison in a pattern without any quoting passes.
    """
    if any(word in script for word in ("system", "getline", "close", "@", "#")):
        return False
    if "|" in script.replace("||", ""):
        return False
    if ">" not in script:
        return True
    depth = 0
    for letter in script:
        depth += letter == "{"
        depth -= letter == "}"
        if letter in '"/' or (letter == ">" and depth > 0):
            return False
    return True


def _sed(script: str) -> bool:
    """Read a sed script command by command; only those that print, delete and replace pass."""
    i = 0
    while i < len(script):
        if script[i] in " \t\n;{}":
            i += 1
            continue
        i = _address(script, i)
        if i < 0:
            return False
        while i < len(script) and script[i] in " !":
            i += 1
        if i >= len(script):
            return False
        command = script[i]
        i += 1
        if command == "s":
            i = _replacement(script, i)
            if i < 0:
                return False
        elif command == "y":
            i = _delimited(script, i, 2, brackets=False)
            if i < 0:
                return False
        elif command not in "pdqnNgGhHxDP={}":
            return False
    return True


def _address(script: str, i: int) -> int:
    """Return where the addresses at `i` end, -1 where they are not understood."""
    for _ in range(2):
        if i < len(script) and script[i] in DIGITS + "$":
            while i < len(script) and script[i] in DIGITS + "$~":
                i += 1
        elif i < len(script) and script[i] == "/":
            i = _delimited(script, i, 1)
            if i < 0:
                return -1
            while i < len(script) and script[i] == "I":
                i += 1
        if i < len(script) and script[i] == ",":
            i += 1
            if i < len(script) and script[i] == "+":
                i += 1
        else:
            break
    return i


def _delimited(script: str, i: int, pieces: int, *, brackets: bool = True) -> int:
    """Skip `pieces` pieces that the character at `i` parts; return what follows, or -1."""
    if i >= len(script) or script[i].isalnum() or script[i] in " \n\\":
        return -1
    mark = script[i]
    i += 1
    while pieces:
        if i >= len(script):
            return -1
        if script[i] == "\\":
            i += 2
            continue
        if brackets and script[i] == "[" and mark != "[":  # a bracket may hold the mark
            end = script.find("]", i + 2)
            if end < 0:
                return -1
            i = end
        pieces -= script[i] == mark
        i += 1
    return i


def _replacement(script: str, i: int) -> int:
    """Skip `s/…/…/flags`; the flags `w` and `e` write and run."""
    if i >= len(script) or script[i].isalnum() or script[i] in " \n\\":
        return -1
    mark = script[i]
    i = _delimited(script, i, 1)
    if i < 0:
        return -1
    while i < len(script) and script[i] != mark:
        i += 2 if script[i] == "\\" else 1
    if i >= len(script):
        return -1
    i += 1
    while i < len(script) and script[i] in "gpIi" + DIGITS:
        i += 1
    return i if i >= len(script) or script[i] in " \t\n;}" else -1
