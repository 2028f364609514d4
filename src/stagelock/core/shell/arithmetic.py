"""Numbers and what is computed of them, in the text of a command."""

from __future__ import annotations

from .words import LETTERS, NAME, NUMBER, Unread, is_digits, is_setting, number_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .words import Words


def arithmetic(words: Words, end: str) -> None:
    """Read numbers and operators up to `end`; a name must be known to be a number.

    A name's value is evaluated as an expression once more, and may hold a command.
    """
    begin = words.i
    depth = 0
    known = dict(words.values)
    while words.i < len(words.text):
        letter = words.text[words.i]
        if not depth and words.text.startswith(end, words.i):
            inner = words.text[begin : words.i]
            if any(mark in inner for mark in ("&&", "||", "?")) and not all(
                number_value(known.get(name, "")) for name in _changed(words, known)
            ):
                break  # what it assigns it may not assign
            words.i += len(end)
            return
        if letter in NAME or letter == "$":
            read = _operand if letter in LETTERS else _number
            (_operand_value if letter == "$" else read)(words, begin)
            if words.text[words.i : words.i + 1] in ("$", "`", *NAME):
                break  # two pieces make one name
        elif letter in "()":
            depth += 1 if letter == "(" else -1
            words.i += 1
        elif letter in " \t\n+-*/%<>=!&|^~?:,;" and depth >= 0:
            words.i += 1
        else:
            break
    raise Unread("arithmetic at column " + str(begin + 1) + " is not read here")


def _changed(words: Words, known: dict[str, str]) -> list[str]:
    return [name for name, value in words.values.items() if known.get(name) != value]


def _number(words: Words, begin: int) -> None:
    start = words.i
    while words.i < len(words.text) and words.text[words.i] in NAME + "#":
        words.i += 1
    base, mark, value = words.text[start : words.i].partition("#")
    plain = base.isdigit() or base[:2] in ("0x", "0X")
    if not plain or (mark and not (value.isalnum() and base.isdigit())):
        raise Unread("arithmetic at column " + str(begin + 1) + " is not read here")


def _operand(words: Words, begin: int) -> None:
    name = words.name()
    rest = words.text[words.i : words.i + 8].lstrip(" ")
    assigns = rest[:1] == "=" and rest[1:2] != "="
    if rest[:1] in ("[", "(", "#") or is_setting(name):
        raise Unread("`" + name + "` in arithmetic is not read here")
    if not assigns and not words.is_number(name):
        raise Unread(
            "`" + name + "` at column " + str(begin + 1) + " is evaluated, and is no number"
        )
    changes = assigns or rest[:2] in ("++", "--") or rest[1:2] == "=" or rest[2:3] == "="
    before = words.text[: words.i - len(name)].rstrip(" ")[-2:]
    if changes or before in ("++", "--"):
        words.assign(name, NUMBER)


def _operand_value(words: Words, begin: int) -> None:
    piece, sure = words.expansion(quoted=False)
    if piece != NUMBER and not (sure and is_digits(piece)):
        raise Unread(
            "what is evaluated at column " + str(begin + 1) + " is not known to be a number"
        )
