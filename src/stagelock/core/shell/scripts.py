"""Small languages inside commands: does this sed or awk script only print?"""

from __future__ import annotations

DIGITS = "0123456789"


def prints_only(program: str, script: str) -> bool:
    """Say whether a script can neither write a file nor run a program."""
    return _sed(script) if program == "sed" else _awk(script)


def selects_only(text: str) -> bool:
    """Say whether what `sqlite3` is asked can only read: one SELECT, or a listing.

    Its command line has functions of its own that write and run (`writefile`, `edit`).
    """
    plain = text.strip().rstrip(";").lower()
    if plain.split(" ")[0] in (".tables", ".schema", ".databases", ".indexes", ".dbinfo"):
        return "\n" not in plain
    named = any(
        word in plain
        for word in ("writefile", "edit(", "load_extension", "fts3_tokenizer", "attach")
    )
    first = plain.split("(")[0].split()[:1]
    looks = first == ["select"] or plain.startswith(("pragma table_info(", "pragma index_list("))
    return looks and ";" not in plain and "\n." not in text and not named


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
# After these a slash begins a pattern; after a name, a number or `]` it divides.
BEFORE_PATTERN = (
    "", "(", ",", "{", "}", ";", "\n", "!", "~", "&", "|", "=", "?", ":", "return", "in", "print",
    "printf", "else", "do", "case",
)  # fmt: skip


def _awk(script: str) -> bool:
    """Awk writes by `>` and runs by `|`, `system` and `getline`: none may stand in it.

    The marks are looked for outside strings and patterns; where it is not plain whether a slash
    begins a pattern or divides, the script is not read.
    """
    reader = _Awk(script)
    while 0 <= reader.i < len(script):
        if not reader.one():
            return False
    return reader.i >= 0


class _Awk:
    """A place in an awk script, and what stands before it."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.i = 0
        self.last = ""  # the name or mark before
        self.depth = 0  # how many parentheses stand open
        self.prints = False  # whether something printed before: what follows may say where to

    def one(self) -> bool:
        """Read one piece; say whether it is harmless so far."""
        script, letter = self.script, self.script[self.i]
        if letter in " \t":
            self.i += 1
        elif script.startswith("\\\n", self.i):
            self.i += 2
        elif letter == "#":
            end = script.find("\n", self.i)
            self.i = len(script) if end < 0 else end
        elif letter == '"':
            self.i, self.last = _string(script, self.i), '"'
        elif letter == "/":
            return self._slash()
        elif letter in LETTERS:
            return self._name()
        elif letter in DIGITS + ".":
            self.i, self.last = self.i + 1, "0"
        else:
            return self._mark(letter)
        return True

    def _slash(self) -> bool:
        ambiguous = self.last in ("+", "-", "*", "%", "^", "<", ">", "$") or (
            self.last == ")" and "/" in self.script[self.i + 1 :]
        )
        if ambiguous:
            return False
        if self.last in BEFORE_PATTERN:
            self.i = _pattern(self.script, self.i)
        else:
            self.i += 1
        self.last = "/"
        return True

    def _name(self) -> bool:
        start = self.i
        while self.i < len(self.script) and self.script[self.i] in LETTERS + DIGITS:
            self.i += 1
        self.last = self.script[start : self.i]
        self.prints = self.prints or self.last in ("print", "printf")
        return self.last not in ("system", "getline", "close", "fflush")

    def _mark(self, letter: str) -> bool:
        if letter in "@`" or (letter == "|" and self.script[self.i + 1 : self.i + 2] != "|"):
            return False
        self.i += 2 if letter == "|" else 1
        self.depth += (letter == "(") - (letter == ")")
        self.last = letter
        return self.depth >= 0 and not (letter == ">" and self.prints and not self.depth)


def _string(script: str, i: int) -> int:
    """Return what follows the string at `i`, or -1."""
    i += 1
    while i < len(script) and script[i] not in '"\n':
        i += 2 if script[i] == "\\" else 1
    return i + 1 if script[i : i + 1] == '"' else -1


def _pattern(script: str, i: int) -> int:
    """Return what follows the pattern at `i`, or -1; a bracket may hold the slash."""
    i += 1
    while i < len(script) and script[i] not in "/\n":
        if script[i] == "[":
            return -1 if "/" in script[i : script.find("]", i + 2)] else _after_bracket(script, i)
        i += 2 if script[i] == "\\" else 1
    return i + 1 if script[i : i + 1] == "/" else -1


def _after_bracket(script: str, i: int) -> int:
    end = script.find("]", i + 2)
    return _pattern(script, end) if end > 0 else -1


def _sed(script: str) -> bool:
    """Read a sed script command by command; only those that print, delete and replace pass."""
    i = 0
    while 0 <= i < len(script):
        if script[i] in " \t\n;{}":
            i += 1
            continue
        i = _address(script, i)
        while 0 <= i < len(script) and script[i] in " !":
            i += 1
        if not 0 <= i < len(script):
            return False
        i = _sed_command(script, i)
    return i >= 0


def _sed_command(script: str, i: int) -> int:
    """Return what follows the command at `i`, -1 where it is not known to only print."""
    command = script[i]
    i += 1
    if command == "s":
        return _replacement(script, i)
    if command == "y":
        return _delimited(script, i, 2, brackets=False)
    if command in "aic":  # text, up to a line's end that no backslash takes away
        while i < len(script) and script[i] != "\n":
            i += 2 if script[i] == "\\" else 1
        return i
    if command in ":btTr":  # a label or a file to read: what follows a blank is looked at again
        stops = "; \t\n}"
        while i < len(script) and script[i] in " \t":
            i += 1
        while i < len(script) and script[i] not in stops:
            i += 1
        return i
    if command in "lqQ":
        while i < len(script) and script[i] in " " + DIGITS:
            i += 1
        return i
    return i if command in "pdnNgGhHxDPFz={}" else -1


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
            end = script.find("]", i + 1)
            if end < 0 or mark in script[i:end] or script[i + 1 : end + 1] in ("]", "^]"):
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
