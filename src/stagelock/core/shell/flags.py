"""The words of one command, held against what its program may be given.

A usage is one line of marks, parted by blanks:

    -abc      letters that may stand alone or bundled behind one dash
    -k:       letters that take a value, attached or as the next word
    -U?       letters that may take a value, attached only
    --all     a long flag without a value
    --key:    a long flag with a value, behind `=` or as the next word
    --color?  a long flag that may take a value, behind `=` only
    any       no flag of the program can write or run: a word may turn into any
    free      no word at all can make it write: nothing is checked
    number    `-5` is a flag
    apart     the value of a letter is never attached
    old       the first operand is a bundle of flags without a dash (`tar tf`)
    most=N    more than N operands may write; `least=N` likewise
    needs=F   one of these flags, parted by commas, must be there
    with=F    operands are read only beside one of these flags
    plus      its operands start with `+`; `noplus`, `noslash`, `noequals`, `noat`: they may not
              start with it, or hold it
    options   its operands are names that `shopt` may set
    digits    its operands are numbers
    local     no value of a flag names another machine
    prints    its operands are files whose content it prints

Flags are an allow list, compared after unquoting; abbreviations are not read.
"""

from __future__ import annotations

from .words import Unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from .words import Word

    class Usage(TypedDict):
        """One usage line, taken apart."""

        short: dict[str, str]  # letter: "", ":" or "?"
        long: str  # the line itself, in which they are looked up
        words: dict[str, str]  # the marks that are no flags, with their values
        held: bool  # whether one of these says what operands or flags there may be

    class Given(TypedDict):
        """What a command was given."""

        flags: list[str]  # as they were spelled, without values: `-n`, `--max-count`
        values: dict[str, Word]
        pairs: list[tuple[str, Word]]  # every flag that was given a value, in order
        operands: list[Word]


# marks that say nothing of how many words there are, or which
UNHELD = ("any", "free", "number", "apart", "old", "prints", "digits")
# What `shopt` may set: how patterns match, and nothing else.
OPTIONS = ("nullglob", "globstar", "dotglob", "failglob", "nocaseglob", "nocasematch")
_usages: dict[str, Usage] = {}  # those taken apart already: a command may name one often


def read_words(name: str, words: list[Word], usage: str) -> Given:
    """Return the flags, values and operands of a command; raises Unread where one is not known."""
    marks = _usage(usage)
    given: Given = {"flags": [], "values": {}, "pairs": [], "operands": []}
    if "free" in marks["words"]:
        given["operands"] = words
        return given
    rest = list(words)
    if "old" in marks["words"] and rest and rest[0]["known"] and rest[0]["text"][:1].isalpha():
        if any(marks["short"].get(letter) for letter in rest[0]["text"][:-1]):
            raise Unread("`" + name + " " + rest[0]["text"] + "`: values in another order")
        rest[0] = {**rest[0], "text": "-" + rest[0]["text"]}
    while rest:
        word = rest.pop(0)
        text = word["text"]
        if text == "--" and word["known"]:
            given["operands"] += rest
            break
        if word["loose"]:
            if "any" not in marks["words"]:
                raise Unread("`" + name + "` with a word that may become a flag: " + where(word))
            given["operands"].append(word)
        elif text.startswith("--"):
            _long(name, word, rest, marks, given)
        elif text.startswith("-") and text != "-":
            _short(name, word, rest, marks, given)
        else:
            given["operands"].append(word)
    if marks["held"]:
        _hold(name, given, marks["words"])
    return given


def where(word: Word) -> str:
    """Say where a word stands."""
    return "column " + str(word["at"] + 1)


def _usage(line: str) -> Usage:
    found = _usages.get(line)
    if found is not None:
        return found
    found = _usages[line] = {"short": {}, "long": " " + line + " ", "words": {}, "held": False}
    for mark in [mark for mark in line.split() if mark[:2] != "--"]:
        takes = mark[-1] if mark[-1] in ":?" else ""
        if mark.startswith("-"):
            for letter in mark[1:].rstrip(":?"):
                found["short"][letter] = takes
        else:
            word, _, value = mark.partition("=")
            found["words"][word] = value
            found["held"] = found["held"] or word not in UNHELD
    return found


def _long(name: str, word: Word, rest: list[Word], marks: Usage, given: Given) -> None:
    flag, attached, _ = word["text"][2:].partition("=")
    takes = _takes(marks["long"], flag)
    if takes is None or (attached and not takes) or "?" in flag:
        raise Unread("`" + name + " --" + flag + "`: the flag is not known to only look")
    given["flags"].append("--" + flag)
    if attached:
        _give(given, "--" + flag, {**word, "text": word["text"].partition("=")[2]})
    elif takes == ":":
        _give(given, "--" + flag, _value(name, word, rest, marks))


def _takes(line: str, flag: str) -> str | None:
    """Return what a long flag takes, None where the usage does not have it."""
    if not any(mark in flag for mark in " :?"):
        for takes in ("", ":", "?"):
            if " --" + flag + takes + " " in line:
                return takes
    return None


def _short(name: str, word: Word, rest: list[Word], marks: Usage, given: Given) -> None:
    text = word["text"]
    if "number" in marks["words"] and text[1:].isdigit():
        return
    for n, letter in enumerate(text[1:], 1):
        takes = marks["short"].get(letter)
        if takes is None:
            raise Unread("`" + name + " " + text + "`: `-" + letter + "` is not known to only look")
        given["flags"].append("-" + letter)
        if takes and text[n + 1 :] and "apart" in marks["words"]:
            raise Unread("`" + name + " " + text + "`: a value stands apart from `-" + letter + "`")
        if takes and text[n + 1 :]:
            _give(given, "-" + letter, {**word, "text": text[n + 1 :]})
            return
        if takes == ":":
            _give(given, "-" + letter, _value(name, word, rest, marks))


def _value(name: str, flag: Word, rest: list[Word], marks: Usage) -> Word:
    if not rest:
        raise Unread("`" + name + " " + flag["text"] + "` without its value")
    value = rest.pop(0)
    if "any" in marks["words"]:
        return value
    if value["several"]:
        raise Unread("`" + name + "` with a word that may become a flag: " + where(value))
    text = value["text"]
    if text.startswith("-") and text != "-" and not text[1:].isdigit():
        # should the flag take no value after all, this would be a flag of its own
        raise Unread("`" + name + " " + flag["text"] + "` before something that looks like a flag")
    return value


def _give(given: Given, flag: str, value: Word) -> None:
    given["values"][flag] = value
    given["pairs"].append((flag, value))


def _hold(name: str, given: Given, marks: dict[str, str]) -> None:
    """Hold what was given against the marks that say what there may be."""
    _enough(name, given, marks)
    for word in given["operands"]:
        _refuse_operand(name, word, marks)
    if "local" in marks and any(":" in value["text"] for value in given["values"].values()):
        raise Unread("`" + name + "` of another machine is not read here")


def _enough(name: str, given: Given, words: dict[str, str]) -> None:
    operands = given["operands"]
    most = int(words.get("most", "1000000"))
    if len(operands) > most:
        raise Unread("`" + name + "` with `" + operands[most]["text"] + "` may write")
    if "most" in words and any(word["several"] for word in operands):
        raise Unread("`" + name + "` with a word that may become several: " + where(operands[0]))
    if len(operands) < int(words.get("least", "0")):
        raise Unread("`" + name + "` with so few words is not known to only look")
    for mark in ("needs", "with"):
        wanted = words.get(mark, "")
        held = any(flag in wanted.split(",") for flag in given["flags"])
        if wanted and not held and (mark == "needs" or operands):
            raise Unread("`" + name + "` without `" + wanted.split(",")[0] + "` may write")


def _refuse_operand(name: str, word: Word, marks: dict[str, str]) -> None:
    text = word["text"]
    if "plus" in marks and not (text.startswith("+") and word["known"]):
        raise Unread("`" + name + "` with such an operand may set the clock")
    if "noplus" in marks and (text.startswith("+") or word["loose"]):
        raise Unread("`" + name + " " + text + "` may run a command")
    if "noslash" in marks and ("/" in text or not word["known"]):
        raise Unread("`" + name + " " + text + "` is not read here")
    if "noat" in marks and text[:1] in ("@", "?"):
        raise Unread("`" + name + " " + text + "` may be a file of flags")
    if "options" in marks and text not in OPTIONS:
        raise Unread("`" + name + " " + text + "` is not read here")
    if "noequals" in marks and ("=" in text or not word["known"]):
        raise Unread("`" + name + " " + text + "` may set something")
