"""What a shell command would do, read from its text; what is not plainly read is opaque.

Read here: a list of simple commands, each a program that only looks, with plain words, joined by
`;`, `&&`, `||`, `|` or a newline. bash and zsh both run commands here, so a text is read only where
both mean the same by it.
"""

from __future__ import annotations

from .programs import ANY, GIT, MENDS, PROGRAMS, RUNS, VERSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypedDict

    from .programs import Program

    class Reading(TypedDict):
        """What a command would do."""

        effect: Literal["read", "run", "opaque"]
        reads: list[str]  # files whose content it prints, as written
        reason: str  # why it is opaque, "" where it is read
        programs: list[str]


class _Opaque(Exception):
    """Not read, and why."""


RESERVED = (
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac",
    "select", "function", "time", "coproc", "repeat", "foreach", "end", "nocorrect", "noglob",
    "!", "[[", "{", "}", "]]", "in", "always", "-",
)  # fmt: skip
PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:+%@=^~"
SINKS = ("/dev/null",)


def read_command(text: str) -> Reading:
    """Read a command line."""
    try:
        effect: Literal["read", "run"] = "read"
        commands = _split(text)
        reads: list[str] = []
        programs: list[str] = []
        for words in commands:
            _stays_home(words, programs)
            if _runs(words):
                effect = "run"
            else:
                reads += _simple(words)
            programs.append(words[0])
    except _Opaque as reason:
        return {"effect": "opaque", "reads": [], "reason": str(reason), "programs": []}
    return {"effect": effect, "reads": reads, "reason": "", "programs": programs}


def _stays_home(words: list[str], before: list[str]) -> None:
    if words[0] == "git" and "cd" in before:
        raise _Opaque("`git` after `cd`: a planted repository could run programs")


def _split(text: str) -> list[list[str]]:
    """Split into simple commands of unquoted words; raises _Opaque on anything else."""
    commands: list[list[str]] = []
    words: list[str] = []
    i = 0
    joined = True  # a command is owed: at the start, and after `&&`, `||` and `|`
    while i < len(text):
        letter = text[i]
        if letter in " \t":
            i += 1
        elif letter in ";\n|&":
            size = _operator(text, i)
            if words:
                commands.append(words)
            elif letter != "\n" or (joined and commands):
                raise _Opaque(_at(letter, i) + ": no command before it")
            joined = text[i : i + size] in ("&&", "||", "|")
            words = []
            i += size
        else:
            skipped = _redirection(text, i)
            if skipped:
                i = skipped
                continue
            word, i = _word(text, i, first=not words)
            words.append(word)
    if words:
        commands.append(words)
    elif joined:
        raise _Opaque("no command" if not commands else "the list ends in the middle")
    return commands


def _operator(text: str, i: int) -> int:
    """Return the length of the operator at `i`."""
    if text[i : i + 2] in ("&&", "||"):
        return 2
    if text[i] == "&":
        raise _Opaque(_at("&", i) + ": runs in the background")
    if text[i : i + 2] in (";;", "|&", ";&", ";|"):
        raise _Opaque(_at(text[i : i + 2], i) + " is not read here")
    return 1


def _redirection(text: str, i: int) -> int:
    """Return where a harmless redirection at `i` ends, 0 where there is none."""
    for form in ("2>&1", "1>&2", ">&2"):
        if text.startswith(form, i) and text[i + len(form) : i + len(form) + 1] in ("", *" \t;\n|"):
            return i + len(form)
    for form in ("2>", "1>", ">"):
        if not text.startswith(form, i):
            continue
        j = i + len(form)
        while text[j : j + 1] == " ":
            j += 1
        for sink in SINKS:
            if text.startswith(sink, j) and text[j + len(sink) : j + len(sink) + 1] in (
                "",
                *" \t;\n|",
            ):
                return j + len(sink)
        raise _Opaque(_at(">", i) + " writes to a file")
    return 0


def _word(text: str, i: int, *, first: bool) -> tuple[str, int]:
    """Read one word from `i`; return it unquoted, and where it ends."""
    begin = i
    parts: list[str] = []
    bare = ""
    while i < len(text) and text[i] not in " \t;\n|&":
        letter = text[i]
        if letter in "'\"":
            inner = _quoted(text, i)
            parts.append(inner)
            i += len(inner) + 2
            continue
        _plain(text, i, begin)
        bare += letter
        parts.append(letter)
        i += 1
    word = "".join(parts)
    if first:
        _names_program(word, bare)
    return word, i


def _quoted(text: str, i: int) -> str:
    """Return the text inside the quotes that open at `i`."""
    end = text.find(text[i], i + 1)
    if end < 0:
        raise _Opaque(_at(text[i], i) + ": the quote is not closed")
    inner = text[i + 1 : end]
    for n, letter in enumerate(inner):
        if (letter < " " and letter not in "\t\n") or letter == "\x7f":
            raise _Opaque("a control character at column " + str(i + n + 2))
        if text[i] == '"' and letter in "$`\\!":
            raise _Opaque(_at(letter, i + 1 + n) + " in quotes is not read here")
    return inner


def _plain(text: str, i: int, begin: int) -> None:
    letter = text[i]
    if letter not in PLAIN:
        raise _Opaque(_at(letter, i) + " is not read here")
    if letter == "=" and i == begin:
        raise _Opaque(_at("=", i) + " at the start of a word: zsh looks up a program")
    if letter == "~" and not _stays(text, i, begin):
        raise _Opaque(_at("~", i) + " is expanded")


def _names_program(word: str, bare: str) -> None:
    if "=" in bare:
        raise _Opaque("`" + word + "` sets a variable")
    if word.startswith("^"):
        raise _Opaque("`^` may be taken from the history")
    if word in RESERVED:
        raise _Opaque("`" + word + "` is not a simple command")
    if bare != word:
        raise _Opaque("a program's name in quotes is not read here")


def _stays(text: str, i: int, begin: int) -> bool:
    """Say whether a tilde means the home folder or nothing, in both shells."""
    if i == begin:
        return text[i + 1 : i + 2] in ("", "/", *" \t;\n|")
    return text[i - 1] not in ":=" and text[i - 1].isalnum()


def _at(mark: str, i: int) -> str:
    shown = mark if mark.isprintable() else f"U+{ord(mark[0]):04X}"
    return "`" + shown + "` at column " + str(i + 1)


def _runs(words: list[str]) -> bool:
    """Say whether a command runs the project's own checks, and changes nothing on purpose."""
    text = " ".join(words) + " "
    known = any(text.startswith(form + " ") for form in RUNS)
    return known and not any(word.partition("=")[0] in MENDS.split() for word in words)


def _simple(words: list[str]) -> list[str]:
    """Judge one simple command; return the files it prints."""
    name = words[0]
    if " ".join(words) in VERSIONS:
        return []
    if name == "git":
        return _git(words)
    program = PROGRAMS.get(name)
    if program is None:
        raise _Opaque("`" + name + "` is not known to only look")
    if name == "printf" and len(words) > 1 and words[1].startswith("-"):
        raise _Opaque("`printf " + words[1] + "` may set a variable")
    if name == "echo":
        return []
    if program.get("single_dash"):
        _find(words, program)
        return []
    operands = _operands(name, words[1:], program)
    if program.get("plus") and not all(word.startswith("+") for word in operands):
        raise _Opaque("`" + name + "` with such an operand may set the clock")
    if program.get("script"):
        if not operands or "-n" not in words or not _prints_lines(operands[0]):
            raise _Opaque("`sed` is read only as `sed -n` with line numbers and `p`")
        return operands[1:]
    if name == "cd" and operands == ["-"]:
        raise _Opaque("`cd -` leads to a place not known here")
    return operands if program.get("prints") else []


def _git(words: list[str]) -> list[str]:
    if len(words) < 2:
        return []
    if words[1] == "--no-pager":
        words = [words[0], *words[2:]]
    verb = words[1] if len(words) > 1 else ""
    program = GIT.get(verb)
    if program is None:
        raise _Opaque("`git " + verb + "` is not known to only look")
    operands = _operands("git " + verb, words[2:], program)
    if verb == "cat-file" and not any(word in words for word in ("-p", "-t", "-e", "-s")):
        raise _Opaque("`git cat-file` without `-p`, `-t` or `-e` is not read here")
    if any(word.startswith("-") for word in operands):
        raise _Opaque("`git " + verb + "` with an operand that looks like a flag")
    return []


def _operands(name: str, words: list[str], program: Program) -> list[str]:
    """Check the flags against the program's allow list; return the operands."""
    operands: list[str] = []
    i = 0
    while i < len(words):
        word = words[i]
        if word == "--":
            operands += words[i + 1 :]
            break
        if word.startswith("--"):
            i += _long(name, word, program)
        elif word.startswith("-") and word != "-":
            i += _short(name, word, program)
        else:
            operands.append(word)
        i += 1
    if len(operands) > program.get("most", ANY):
        raise _Opaque("`" + name + "` with `" + operands[program.get("most", ANY)] + "` may write")
    return operands


def _long(name: str, word: str, program: Program) -> int:
    """Return how many further words a long flag takes."""
    flag, attached, _ = word[2:].partition("=")
    if flag in program.get("long", "").split() and not attached:
        return 0
    if flag in program.get("long_value", "").split():
        return 0 if attached else 1
    raise _Opaque("`" + name + " " + word + "`: the flag is not known to only look")


def _short(name: str, word: str, program: Program) -> int:
    """Return how many further words a bundle of short flags takes."""
    if program.get("number") and word[1:].isdigit():
        return 0
    for n, letter in enumerate(word[1:]):
        if letter in program.get("short_value", ""):
            return 0 if word[n + 2 :] else 1
        if letter not in program.get("short", ""):
            raise _Opaque(
                "`" + name + " " + word + "`: `-" + letter + "` is not known to only look"
            )
    return 0


def _find(words: list[str], program: Program) -> None:
    i = 1
    while i < len(words):
        word = words[i]
        if word.startswith("-"):
            if word[1:] in program.get("long_value", "").split():
                i += 1
            elif word[1:] not in program.get("long", "").split():
                raise _Opaque("`find " + word + "` is not known to only look")
        i += 1


def _prints_lines(script: str) -> bool:
    """Say whether a sed script only prints lines by number: `5p`, `1,20p`, `10,$p`, with `;`."""
    for part in script.split(";"):
        piece = part.strip()
        if not piece.endswith("p"):
            return False
        for number in piece[:-1].split(","):
            if not (number.strip().isdigit() or number.strip() == "$"):
                return False
    return True


# --- what no command may do while a run is live, wherever any shell is open ---------------------

DOOR_PROGRAMS = ("claude", "tmux", "screen", "script", "expect", "unbuffer", "dtach", "abduco")
DECIDING = ("approve", "reject", "waive", "off", "abandon", "start", "doctor")
WRAPPERS = (
    "env", "timeout", "nohup", "setsid", "nice", "ionice", "xargs", "command", "exec", "time",
    "sudo", "stdbuf", "builtin", "eval", "then", "do", "else", "npx", "bunx", "!", "{",
)  # fmt: skip
INTERPRETERS = (
    "sh", "bash", "zsh", "dash", "ksh", "eval", "python", "python3", "perl", "ruby", "node",
)  # fmt: skip
CLIENT_PACKAGE = "@anthropic-ai/claude-code"


def names_human_door(text: str) -> str:
    """Return the word by which a command would start what a person decides with, else "".

    This looks for the word where a program is named: it is a tripwire for a stage in which any
    command may run, not a proof.
    """
    if CLIENT_PACKAGE in text:
        return CLIENT_PACKAGE
    found = _door(_unquoted(text, keep_quotes=True))
    if found:
        return found
    bare = _unquoted(text, keep_quotes=False)
    interpreted = any(word.rpartition("/")[2] in INTERPRETERS for word in bare.split())
    return _door(bare.replace("'", "\n").replace('"', "\n")) if interpreted else ""


def mentions(text: str, needles: tuple[str, ...]) -> str:
    """Return the first needle that the text names, quotes, backslashes and case aside."""
    plain = text.replace("'", "").replace('"', "").replace("\\", "").casefold()
    while "//" in plain or "/./" in plain:
        plain = plain.replace("//", "/").replace("/./", "/")
    for needle in needles:
        if needle.casefold() in plain:
            return needle
    return ""


def _unquoted(text: str, *, keep_quotes: bool) -> str:
    """Drop backslashes; with `keep_quotes`, turn quoted text with blanks into one harmless word."""
    text = text.replace("\\\n", " ").replace("\\", "")
    if not keep_quotes:
        return text
    parts: list[str] = []
    i = 0
    while i < len(text):
        if text[i] in "'\"":
            end = text.find(text[i], i + 1)
            if end < 0:
                end = len(text)
            inner = text[i + 1 : end]
            parts.append("quoted" if any(c in " \t\n;|&" for c in inner) else inner)
            i = end + 1
        else:
            parts.append(text[i])
            i += 1
    return "".join(parts)


def _door(text: str) -> str:
    for mark in ";&|()`{}<>\n":
        text = text.replace(mark, " \n ")
    for line in text.replace("$", " ").split("\n"):
        words = line.split()
        while words and _leads(words[0]):
            words = words[1:]
        if not words:
            continue
        name = words[0].rpartition("/")[2]
        if name in DOOR_PROGRAMS:
            return name
        if name == "stagelock" and any(word in DECIDING for word in words[1:3]):
            return "stagelock " + next(word for word in words[1:3] if word in DECIDING)
    return ""


def _leads(word: str) -> bool:
    """Say whether a word only leads to the program that comes after it."""
    name = word.rpartition("/")[2]
    value = "=" in word and word.partition("=")[0].replace("_", "a").isalnum()
    return name in WRAPPERS or value or word.startswith("-") or word.rstrip("smhd").isdigit()
