"""What a command does to the shell itself: its place, its variables, its names."""

from __future__ import annotations

from .syntax import NO_FUNCTION
from .words import (
    COUNTED,
    DIGITS,
    FOUND,
    KINDS,
    LINE,
    NUMBER,
    TOP,
    Unread,
    Words,
    is_setting,
    plain_word,
    worth,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .syntax import Reader
    from .words import Word


def follow(
    reader: Reader, name: str, words: list[Word], assigns: list[tuple[str, Word]], begin: int
) -> None:
    """Follow a command that is named in `syntax.FOLLOWED`, or a function; raises Unread."""
    if name in reader.functions:
        if assigns:
            raise Unread("variables for a function are not read here")
        _called(reader, name, words)
        words[0] = plain_word("true", begin)  # its body was read where it was defined
    elif name in ("cd", "pushd", "popd"):
        _cd(reader, words)
    elif name in ("trap", "alias", "let"):
        {"trap": _trap, "alias": _alias, "let": _let}[name](reader, words)
    elif name in ("read", "mapfile", "readarray", "getopts", "unset"):
        _named(reader, name, words, bare=not assigns)
    else:
        _assigned(reader, name, words, assigns)


def _called(reader: Reader, name: str, words: list[Word]) -> None:
    body, cwd, opens = reader.functions[name]
    for word in words[1:] if opens else ():
        named = word["text"][:5] != "/dev/" and not word["text"].startswith("?")
        if not named and word["kind"] not in (*KINDS, FOUND):
            raise Unread("`" + name + "` may be given an address: it reads what it is given")
    if reader.cwd != cwd:
        raise Unread("`" + name + "` is called in another folder than it was read for")
    for variable in body:
        reader.assign(variable, "?")


def _assigned(
    reader: Reader, name: str, words: list[Word], assigns: list[tuple[str, Word]]
) -> None:
    if name == "local" and not reader.in_function:
        raise Unread("`local` outside a function is not read here")
    shows = [word["text"] for word in words[1:2]] in (["-p"], ["-F"], ["-f"])
    listed = any(w["text"][:1] == "-" and "a" in w["text"].lower() for w in words[1:])
    for word in words[1:]:
        text = word["text"]
        if text.startswith("-") and word["known"]:
            plain = shows or text in ("-r", "-x", "-g", "-a", "-A", "--")
        else:
            variable = text.partition("=")[0]
            plain = word["known"] and _is_name(variable)
            plain = plain and (("=" not in text) if shows else not is_setting(variable))
            if plain:
                reader.assign(variable, "?")
        if not plain:
            raise Unread("`" + name + " " + text + "` is not read here")
    for variable, value in assigns:
        if is_setting(variable):
            raise Unread("`" + variable + "=` changes what programs do")
        reader.assign(variable, "?" if listed else worth(value))
    if name == "readonly" or any(w["text"][:1] == "-" and "r" in w["text"] for w in words[1:]):
        reader.fixed += [variable for variable, _ in assigns]
        reader.fixed += [w["text"].partition("=")[0] for w in words[1:]]


def _named(reader: Reader, name: str, words: list[Word], *, bare: bool) -> None:
    """Follow what assigns the variables it names; only plain names are read."""
    first = True
    skip = False
    flags = "".join(word["text"][1:] for word in words[1:] if word["text"][:1] == "-")
    bare = bare and not any(letter in flags for letter in "dnNu")
    for word in words[1:]:
        text = word["text"]
        if skip or (text.startswith("-") and word["known"]):
            if skip and _is_name(text):
                raise Unread("`" + name + " " + text + "`: a variable, if the flag takes no value")
            skip = not skip and text[-1:] in ("dnNtpui" if name == "read" else "dnOsu")
            continue
        if name == "getopts" and first:
            first = False
            continue
        if not word["known"] or not _is_name(text) or is_setting(text):
            raise Unread("`" + name + " " + text + "` is not read here")
        fed = reader.feed if name == "read" and first else ""
        if fed == COUNTED:
            fed = NUMBER if bare and words[-1] is not word else ""
        elif any(letter not in "rsd" for letter in flags) or (not bare and fed != LINE):
            fed = FOUND if fed == FOUND and not any(c not in "rsd" for c in flags) else ""
        whole = any(w["text"] == "-d" for w in words)  # `find -print0 | read -d ''`
        reader.assign(text, fed if fed and (fed != LINE or whole) else FOUND if fed else "?")
        first = False


def _let(reader: Reader, words: list[Word]) -> None:
    from .arithmetic import arithmetic  # loaded where it is used

    for word in words[1:]:
        if not word["known"]:
            raise Unread("`let` of something the text does not tell")
        inner = Words(word["text"] + ";", 0)
        inner.values, inner.touched, inner.unsure = reader.values, reader.touched, reader.unsure
        inner.fixed = reader.fixed
        arithmetic(inner, ";")
        if inner.i < len(inner.text):
            raise Unread("this `let` is not read here")


def _trap(reader: Reader, words: list[Word]) -> None:
    if len(words) < 2 or words[1]["text"] in ("-", "-p", "-l", ""):
        return
    if not words[1]["known"]:
        raise Unread("`trap` of something the text does not tell")
    from .documents import later  # loaded where it is used

    later(reader, words[1]["text"])


def _alias(reader: Reader, words: list[Word]) -> None:
    for word in words[1:]:
        name, mark, _ = word["text"].partition("=")
        odd = name.startswith("-") or not _is_name(name.replace("-", "_"))
        if not word["known"] or odd or name in NO_FUNCTION:
            raise Unread("this `alias` is not read here")
        if mark:
            reader.aliases.append(name)


def _cd(reader: Reader, words: list[Word]) -> None:
    operands = [w for w in words[1:] if w["text"] not in ("--", "-L")]
    if words[0]["text"] == "popd":
        reader.cwd = reader.pushed.pop() if reader.pushed and not operands else "?"
        return
    if words[0]["text"] == "pushd":
        reader.pushed.append(reader.cwd)
    plain = len(operands) == 1 and operands[0]["known"] and not operands[0]["loose"]
    if len(operands) == 1 and operands[0]["kind"] == TOP:
        reader.cwd = "?top"  # the store can tell it
        return
    if not plain or operands[0]["text"].startswith(("-", "~", "+")) or reader.cwd == "?":
        reader.cwd = "?"
        return
    target = operands[0]["text"]
    reader.cwd = target if target.startswith("/") else reader.cwd + "/" + target


def _is_name(text: str) -> bool:
    return text.replace("_", "a").isalnum() and text.isascii() and text[0] not in DIGITS
