"""The expansions beyond `$name`: `${…}`, `$'…'`, backquotes, braces and brackets."""

from __future__ import annotations

from .words import KINDS, NAME, NUMBER, PLAIN, Unread, at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .words import Words


def parameter(words: Words) -> tuple[str, bool]:
    """Read `${…}`; return its value, or what is known of it."""
    begin = words.i
    words.i += 2
    counts = (
        words.text[words.i : words.i + 1] == "#" and words.text[words.i + 1 : words.i + 2] != "}"
    )
    keys = words.text[words.i : words.i + 1] == "!"
    words.i += counts or keys
    name = words.name() or _special(words)
    if not name:
        raise Unread(at("${", begin) + " is not read here")
    every = _subscript(words, begin) if words.text[words.i : words.i + 1] == "[" else ""
    if keys and not every:
        raise Unread(at("${!", begin) + " follows a name that is not told by the text")
    if words.text[words.i : words.i + 1] == "}":
        words.i += 1
        if counts:
            return NUMBER, False
        if every:
            plain = words.values.get(name) in KINDS
            return ("x?\0" if plain and not keys else "?\0"), False
        return words.value(name)
    if counts or keys:
        raise Unread(at("${", begin) + " is not read here")
    _operation(words, begin)
    return "?", False


def _subscript(words: Words, begin: int) -> str:
    """Read `[…]`; a name in it is evaluated, and its value may hold a command."""
    end = words.text.find("]", words.i)
    inner = words.text[words.i + 1 : end] if end > 0 else ""
    sure = inner in ("@", "*") or inner.lstrip("-").isdigit()
    sure = sure or words.is_number(inner.lstrip("$"))
    if not sure or not inner.isascii():
        raise Unread(at("${", begin) + " with a computed place is not read here")
    words.i = end + 1
    return inner if inner in ("@", "*") else ""


def _operation(words: Words, begin: int) -> None:
    """Read what `${name` does with its value, up to the closing brace."""
    operator = words.text[words.i : words.i + 1]
    if operator not in ("#", "%", ":", "-", "+", "^", ",", "/", "?"):
        raise Unread(at("${", begin) + " is not read here")
    if operator == ":" and words.text[words.i + 1 : words.i + 2] not in ("-", "+", "?"):
        _place(words, begin)
        return
    words.i += 1 + (operator == ":")
    while True:
        letter = words.text[words.i : words.i + 1]
        if not letter:
            raise Unread(at("${", begin) + " is not closed")
        if letter == "}":
            words.i += 1
            return
        if letter in "$`":
            words.expansion(quoted=True)
        elif letter == '"':
            words.double()
        elif letter == "\\" and words.text[words.i + 1 : words.i + 2] in ("/", ".", " "):
            words.i += 2
        elif letter in "'\\({!<>":
            raise Unread(at(letter, words.i) + " in `${` is not read here")
        else:
            words.i += 1


def _place(words: Words, begin: int) -> None:
    """Read `${name:start:length}`, where both are numbers."""
    end = words.text.find("}", words.i)
    inner = words.text[words.i : end] if end > 0 else "?"
    for part in inner[1:].split(":"):
        name = part.strip(" -()")
        if not ((name.isdigit() and name.isascii()) or words.is_number(name.lstrip("$"))):
            raise Unread(at("${", begin) + " with a computed place is not read here")
    words.i = end + 1


def _special(words: Words) -> str:
    letter = words.text[words.i : words.i + 1]
    if letter and letter in "?#@*$!123456789":
        words.i += 1
        return letter
    return ""


def ansi(words: Words) -> tuple[str, bool]:
    """Read `$'…'` with the escapes that both shells take for the same."""
    begin = words.i
    words.i += 2
    parts: list[str] = []
    while True:
        letter = words.text[words.i : words.i + 1]
        if not letter:
            raise Unread(at("$'", begin) + ": the quote is not closed")
        words.i += 1
        if letter == "'":
            return "".join(parts), True
        if letter == "\\":
            letter = _ansi_escape(words, begin)
        parts.append(letter)


def _ansi_escape(words: Words, begin: int) -> str:
    following = words.text[words.i : words.i + 1]
    words.i += 1
    plain = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "e": "\x1b"}
    if following in plain:
        return plain[following]
    digits = words.text[words.i : words.i + 2].lower()
    if following == "x" and len(digits) == 2 and all(c in "0123456789abcdef" for c in digits):
        words.i += 2
        value = int(digits, 16)
        if 0 < value < 0x80:
            return chr(value)
    raise Unread(at("$'", begin) + " with this escape is not read here")


def brace(words: Words) -> tuple[str, bool]:
    """Read `{}` (itself), or a plain `{a,b}` or `{1..3}`."""
    begin = words.i
    end = words.text.find("}", begin)
    inner = words.text[begin + 1 : end] if end > 0 else " "
    if all(c in NAME + "-" for c in inner):  # `{}`, `@{u}`, `^{commit}`: themselves
        words.i = end + 1
        return "{" + inner + "}", True
    if any(c not in PLAIN + "*" for c in inner) or ("," not in inner and ".." not in inner):
        raise Unread(at("{", begin) + " is not read here")
    words.i = end + 1
    if any(part.startswith("-") for part in inner.replace("..", ",").split(",")):
        raise Unread(at("{", begin) + " may become a flag")
    return "?", False


def bracket(words: Words) -> None:
    """Read `[…]` of a pattern, from behind its first bracket."""
    end = words.text.find("]", words.i + 1)
    inner = words.text[words.i : end] if end > 0 else " "
    if any(c in inner for c in " \t\n$`'\"\\;|&<>()"):
        raise Unread(at("[", words.i - 1) + " is not read here")
    words.i = end + 1


def backquotes(words: Words) -> tuple[str, bool]:
    """Read a substitution in backquotes; return what is known of what it prints."""
    i = words.i
    end = words.text.find("`", i + 1)
    if end < 0:
        raise Unread(at("`", i) + ": the quote is not closed")
    inner = words.text[i + 1 : end]
    if "\\" in inner:
        raise Unread(at("\\", i + 1 + inner.index("\\")) + " in backquotes is not read here")
    kind = words.substitution(inner)
    words.i = end + 1
    return kind or "?", False
