"""Commands made of commands: groups, conditions, loops, tests, functions; read where one is met."""

from __future__ import annotations

from .arithmetic import arithmetic
from .syntax import INPUTS, NO_FUNCTION, all_read, may_fail
from .words import (
    ATOM,
    COUNTED,
    FOUND,
    LINE,
    NUMBER,
    Unread,
    at,
    either_of,
    is_number,
    is_setting,
    may_be_flag,
    number_value,
    plain_word,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from .syntax import Reader, Redirection
    from .words import Word


def parenthesis(reader: Reader) -> None:
    """Read `(( … ))`, or `( … )`, which runs in a shell of its own."""
    before = dict(reader.values)
    if reader.text.startswith("((", reader.i):
        reader.i += 2
        arithmetic(reader, "))")
        redirections_after(reader, before=before)
        return
    reader.i += 1
    _apart(reader, lambda: reader.list_until((")",)))
    redirections_after(reader)


def _apart(reader: Reader, read: Callable[[], object]) -> None:
    """Read what runs in a shell of its own: nothing it sets outlives it."""
    kept = reader.cwd, dict(reader.values), dict(reader.functions), list(reader.pushed)
    background, reader.background = reader.background, 0
    read()
    all_read(reader)
    reader.cwd, reader.values, reader.functions, reader.pushed = kept
    reader.background = background


def compound(reader: Reader, word: str, begin: int) -> None:
    """Read the compound command that the keyword `word` at `begin` opens."""
    before = dict(reader.values)
    if word == "[[":
        _test(reader, begin)
    elif word == "function":
        reader.blanks()
        function(reader, reader.name(), begin)
        return
    elif word == "time":
        _time(reader, begin)
        return
    elif word == "{":
        reader.list_until(("}",))
    elif word == "if":
        _if(reader)
    elif word == "case":
        _case(reader)
    elif word == "for":
        _for(reader, begin)
    else:
        _while(reader)
        return
    redirections_after(reader, before=before)


def _while(reader: Reader) -> None:
    """Read a `while` loop; what it is fed stands behind it, and tells what its `read` reads."""
    place, count, pending = reader.i, len(reader.commands), list(reader.pending)
    values, touched, functions = dict(reader.values), dict(reader.touched), dict(reader.functions)
    around, fed_here = (reader.depth, reader.unsure, reader.looped), reader.feed
    reader.retries[0] -= 1
    for hoped in (COUNTED, "") if not fed_here and reader.retries[0] > 0 else (fed_here,):
        reader.i, reader.pending, reader.feed = place, list(pending), hoped
        reader.values, reader.touched, reader.functions = (
            dict(values),
            dict(touched),
            dict(functions),
        )
        reader.depth, reader.unsure, reader.looped = around
        del reader.commands[count:]
        try:
            _loop(reader, lambda: (reader.list_until(("do",)), reader.list_until(("done",))))
            fed = redirections_after(reader, behind=hoped != fed_here, before=values)
        except Unread:
            if hoped == fed_here:
                raise
        else:
            if hoped in (fed_here, fed):
                break
    reader.feed = fed_here


def _time(reader: Reader, begin: int) -> None:
    """Read the keyword: only as what it is in both shells, with a command after it."""
    reader.blanks()
    if reader.text.startswith("-p ", reader.i):
        reader.i += 3
        reader.blanks()
    if reader.text[reader.i : reader.i + 1] in ("", "-", "!", *"\n;|&)"):
        raise Unread(at("time", begin) + " in this form is not read here")
    reader.pipeline()


def _if(reader: Reader) -> None:
    start = reader.cwd
    reader.unsure += 1
    reader.list_until(("then",))
    end = reader.list_until(("elif", "else", "fi"))
    while end == "elif":
        reader.list_until(("then",))
        end = reader.list_until(("elif", "else", "fi"))
    if end == "else":
        reader.list_until(("fi",))
    reader.unsure -= 1
    if reader.cwd != start:
        reader.cwd = "?"


def _case(reader: Reader) -> None:
    start = reader.cwd
    reader.blanks()
    reader.word()
    reader.blanks(lines=True)
    if not (reader.text.startswith("in", reader.i) and reader.bounded(2)):
        raise Unread(at("case", reader.i) + ": `in` is missing")
    reader.i += 2
    reader.unsure += 1
    while True:
        reader.blanks(lines=True)
        if reader.text.startswith("esac", reader.i) and reader.bounded(4):
            reader.i += 4
            break
        _patterns(reader)
        reader.blanks(lines=True)
        if reader.text.startswith(";;", reader.i):
            reader.i += 2
        elif reader.list_until((";;", "esac")) == "esac":
            break
    reader.unsure -= 1
    if reader.cwd != start:
        reader.cwd = "?"


def _patterns(reader: Reader) -> None:
    if reader.text[reader.i : reader.i + 1] == "(":
        reader.i += 1
    while True:
        _blanks_only(reader)
        reader.word(pattern=True)
        _blanks_only(reader)
        letter = reader.text[reader.i : reader.i + 1]
        reader.i += 1
        if letter == ")":
            return
        if letter != "|":
            raise Unread(at(letter or "the end", reader.i - 1) + " in a pattern of `case`")


def _for(reader: Reader, begin: int) -> None:
    reader.blanks()
    if reader.text.startswith("((", reader.i):
        reader.i += 2
        arithmetic(reader, ";")
        _loop(reader, lambda: _for_arithmetic(reader))
        return
    name = reader.name()
    if not name or is_setting(name):
        raise Unread(at("for", begin) + " over this variable is not read here")
    reader.blanks(lines=True)
    known: list[Word] = []
    if reader.text.startswith("in", reader.i) and reader.bounded(2):
        reader.i += 2
        while True:
            reader.blanks()
            if reader.text[reader.i : reader.i + 1] in (";", "\n", ""):
                break
            known.append(reader.word())
    value = _worth_of_each(known)
    _loop(reader, lambda: _for_body(reader, name, value))


def _for_arithmetic(reader: Reader) -> None:
    arithmetic(reader, ";")
    arithmetic(reader, "))")
    _do(reader)


def _for_body(reader: Reader, name: str, value: str) -> None:
    reader.touched[name] = value == NUMBER
    if value == "?":
        reader.values.pop(name, None)
    else:
        reader.values[name] = value
    _do(reader)


def _do(reader: Reader) -> None:
    reader.blanks()
    if reader.text[reader.i : reader.i + 1] == ";":
        reader.i += 1
    reader.blanks(lines=True)
    if not (reader.text.startswith("do", reader.i) and reader.bounded(2)):
        raise Unread("`do` is missing after `for`")
    reader.i += 2
    reader.list_until(("done",))


def _loop(reader: Reader, read: Callable[[], object]) -> None:
    """Read a loop so that what it says holds in every round.

    A later round sees what an earlier one assigned: the body is read with what was known, and
    once more with less where it assigned something else than that.
    """
    place, count, pending = reader.i, len(reader.commands), list(reader.pending)
    cwd, before, touched = reader.cwd, reader.values, reader.touched
    known = dict(before)
    while True:
        reader.values, reader.touched = dict(known), {}
        reader.looped += 1
        read()
        reader.looped -= 1
        holds = {n for n, number in reader.touched.items() if number and n in known}
        holds = {n for n in holds if number_value(before.get(n, ""))}
        wrong = [n for n in reader.touched if known.get(n, "?") != (NUMBER if n in holds else "?")]
        if not wrong:
            break
        reader.retries[0] -= 1
        if reader.retries[0] < 0:
            raise Unread("too many loops that assign variables")
        for name in wrong:
            known[name] = NUMBER
            if name not in holds:
                del known[name]
        reader.i, reader.cwd, reader.pending = place, cwd, list(pending)
        del reader.commands[count:]
    for name, number in reader.touched.items():
        touched[name] = touched.get(name, True) and number
        reader.values.pop(name, None)
        if name in holds:
            reader.values[name] = NUMBER
    reader.touched = touched
    if reader.cwd != cwd:
        raise Unread("`cd` in a loop is not read here")


def _test(reader: Reader, begin: int) -> None:
    """Read `[[ … ]]`: strings and files compared; numbers only where they are numbers."""
    last = plain_word("", begin)
    wants_number = False
    while True:
        _blanks_only(reader)
        if reader.text.startswith("]]", reader.i) and reader.bounded(2):
            reader.i += 2
            return
        if reader.i >= len(reader.text):
            raise Unread(at("[[", begin) + " is not closed")
        letter = reader.text[reader.i]
        if letter in "()<>&|!" and not reader.text.startswith("!=", reader.i):
            if letter in "<>" and reader.text[reader.i + 1 : reader.i + 2] == "(":
                raise Unread(at(letter + "(", reader.i) + " in `[[` is not read here")
            reader.i += 1
            continue
        if reader.text.startswith("==", reader.i) or reader.text.startswith("!=", reader.i):
            reader.i += 2
            continue
        if reader.text.startswith("=~", reader.i):
            reader.i += 2
            _regex(reader)
            continue
        start = reader.i
        word = reader.word(pattern=True, assigned=True)
        if reader.i == start:
            raise Unread(at(letter, start) + " in `[[` is not read here")
        if reader.text[reader.i : reader.i + 1] == "(":
            raise Unread(at("(", reader.i) + " in a pattern is not read here")
        if word["text"] in ("-v", "-R"):
            raise Unread("`" + word["text"] + "` in `[[` is not read here")
        compares = word["text"] in ("-eq", "-ne", "-lt", "-le", "-gt", "-ge")
        wants_number = wants_number or last["text"] == "-t"
        if (compares and not is_number(last)) or (wants_number and not is_number(word)):
            # both shells evaluate there, and a variable's text may hold a command
            raise Unread("a number in `[[` is evaluated, and is not known to be one")
        wants_number = compares
        last = word


def _blanks_only(reader: Reader) -> None:
    """Skip blanks and lines where a `#` may begin a pattern instead of a comment."""
    while reader.text[reader.i : reader.i + 1] in (" ", "\t", "\n") and reader.i < len(reader.text):
        reader.i += 1
    if reader.text[reader.i : reader.i + 1] == "#":
        raise Unread(at("#", reader.i) + " is not read here")


def _regex(reader: Reader) -> None:
    """Read what stands right of `=~`, up to the blank that ends it."""
    _blanks_only(reader)
    depth = 0
    while reader.i < len(reader.text):
        letter = reader.text[reader.i]
        if letter in " \t\n" and not depth:
            return
        depth += (letter == "(") - (letter == ")")
        if letter == "\\":
            reader.i += 2
        elif letter == "[":
            end = reader.text.find("]", reader.i + 2)
            if end < 0 or any(c in "$`'\"\\" for c in reader.text[reader.i : end]):
                raise Unread(at("[", reader.i) + " in a regular expression is not read here")
            reader.i = end + 1
        elif letter in "'\"$" and not _ends_regex(reader):
            reader.word(pattern=True, assigned=True)
        elif letter in "`;&<>":
            raise Unread(at(letter, reader.i) + " in a regular expression is not read here")
        else:
            reader.i += 1


def _ends_regex(reader: Reader) -> bool:
    return reader.text[reader.i] == "$" and reader.text[reader.i + 1 : reader.i + 2] in (
        "",
        *" )|\n",
    )


def redirections_after(
    reader: Reader, *, behind: bool = False, before: dict[str, str] | None = None
) -> str:
    """Read what stands behind a compound command; return what it feeds, if it is `behind`.

    A file that cannot be opened leaves the variables as they were `before`.
    """
    reader.blanks()
    fed = ""
    redirections: list[Redirection] = []
    while True:
        found = reader.redirection()
        if found is None:
            break
        redirections.append(found)
        fed = found["target"]["kind"] if found["op"] == "<(" else ""
        reader.blanks()
    inputs = [redirection for redirection in redirections if redirection["op"] in INPUTS]
    if reader.feed and (len(inputs) > 1 if behind else inputs):
        raise Unread("a second input for the commands before column " + str(reader.i + 1))
    if before is not None and any(may_fail(each) for each in redirections):
        reader.values = either_of(before, reader.values)
    if redirections:
        empty = plain_word("true", reader.i)
        reader.add([empty], [], redirections, reader.i)
    return fed


def function(reader: Reader, name: str, begin: int) -> None:
    """Read `name() { … }`: its body as if it ran here, with nothing known of any variable."""
    reader.blanks()
    if reader.text[reader.i : reader.i + 1] == "(":
        reader.i += 1
        reader.blanks()
        if reader.text[reader.i : reader.i + 1] != ")":
            raise Unread(at("(", reader.i) + " is not read here")
        reader.i += 1
    reader.blanks(lines=True)
    if not name or reader.taken(name) or name in NO_FUNCTION or name.startswith("TRAP"):
        raise Unread("a function `" + name + "` is not read here")
    if reader.unsure or reader.looped or name in reader.functions:
        raise Unread("a function that may not be defined is not read here")
    opening = reader.text[reader.i : reader.i + 1]
    if opening not in ("{", "("):
        raise Unread(at("function", begin) + " of this form is not read here")
    kept = reader.values, reader.touched, reader.cwd, reader.feed, reader.background
    reader.values, reader.touched, reader.feed, reader.background = {}, {}, "", 0
    around = reader.in_function, reader.opens
    reader.in_function, reader.opens = True, False
    reader.command()
    all_read(reader)
    body, moved, opens = reader.touched, reader.cwd, reader.opens
    reader.in_function, reader.opens = around
    reader.values, reader.touched, reader.cwd, reader.feed, reader.background = kept
    if moved != reader.cwd:
        raise Unread("`cd` in a function is not read here")
    reader.functions[name] = body, moved, opens


def _worth_of_each(words: list[Word]) -> str:
    """Return what is known of a variable that takes each of these words in turn."""
    if not words:
        return "?"
    if any(may_be_flag(word) for word in words):
        found = all(w["kind"] == FOUND or (w["known"] and w["text"][:1] != "/") for w in words)
        return FOUND if found else "?"
    if all(is_number(word) for word in words):
        return NUMBER
    split = all(word["kind"] in (ATOM, NUMBER) for word in words if not word["known"])
    blank = any(c in word["text"] for word in words if word["known"] for c in " \t\n*?[~")
    return ATOM if split and not blank else LINE
