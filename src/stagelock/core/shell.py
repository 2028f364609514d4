"""What a shell command would do: it only looks, it writes known paths, it runs checks, or opaque.

`syntax` reads the text, `programs` says what each program does with its words; this module holds
the one against the other. What is not understood is opaque, with the part and the reason.
"""

from __future__ import annotations

from .programs import (
    ANY,
    CHOOSERS,
    ENVIRONMENT,
    GIT,
    PROGRAMS,
    RUN_ATTACHED,
    RUN_FLAGS,
    RUN_VALUES,
    RUNS,
    VERSIONS,
    WRITERS,
)
from .scripts import prints_only
from .syntax import TIED, Unread, parse, plain_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypedDict

    from .programs import Program
    from .syntax import Redirection, Simple, Word

    class Write(TypedDict):
        """One path a command would change, and the folder it is told from."""

        path: str
        cwd: str

    class Part(TypedDict):
        """One simple command of the text and what it does."""

        text: str
        effect: str
        reason: str

    class Reading(TypedDict):
        """What a command would do."""

        effect: Literal["read", "run", "opaque"]
        reads: list[str]  # files whose content it prints, as written
        writes: list[Write]
        reason: str  # why it is opaque, "" where it is not
        parts: list[Part]


# redirections that write nothing
QUIET = ("<", "<<", "<<-", "<<<", "<(")
SINKS = ("/dev/null", "/dev/stdout", "/dev/stderr")
UNARY = ("-d", "-e", "-f", "-h", "-L", "-n", "-r", "-s", "-w", "-x", "-z", "!")
SYSTEM = ("/bin/", "/usr/bin/")


def read_command(text: str, home: tuple[str, ...] = (), cwd: str = ".") -> Reading:
    """Read a command line that starts in `cwd`.

    `home` names folders in which git is known to be the tree's own.
    """
    found: Reading = {"effect": "read", "reads": [], "writes": [], "reason": "", "parts": []}
    try:
        for command in parse(text, cwd):
            part = _judge(command, home)
            found["parts"].append(part["part"])
            found["reads"] += part["reads"]
            found["writes"] += part["writes"]
            if part["part"]["effect"] == "run":
                found["effect"] = "run"
    except (Unread, RecursionError) as error:
        reason = error if isinstance(error, Unread) else "nested too deep"
        return {
            "effect": "opaque",
            "reads": [],
            "writes": [],
            "reason": str(reason),
            "parts": [*found["parts"], {"text": text, "effect": "opaque", "reason": str(reason)}],
        }
    return found


if TYPE_CHECKING:

    class Judged(TypedDict):
        """What one simple command does."""

        part: Part
        reads: list[str]
        writes: list[Write]


def _judge(command: Simple, home: tuple[str, ...]) -> Judged:
    writes = [w for redirection in command["redirections"] for w in _redirected(redirection)]
    _environment(command)
    effect = "read"
    reads: list[str] = []
    words = command["words"]
    if words:
        effect, reads, written = _simple(words, command["cwd"], home)
        writes += written
    if command["cwd"] == "?" and not all(write["path"].startswith("/") for write in writes):
        raise Unread("`" + command["raw"][:40] + "` writes where the folder is not known")
    for write in writes:
        write["cwd"] = write["cwd"] or command["cwd"]
    told = effect if not writes else "write " + ", ".join(write["path"] for write in writes)
    part: Part = {"text": command["raw"], "effect": told, "reason": ""}
    return {"part": part, "reads": reads, "writes": writes}


def _redirected(redirection: Redirection) -> list[Write]:
    op, target = redirection["op"], redirection["target"]
    if op in QUIET:
        return []
    if op in (">&", "<&") and (target["text"].isdigit() or target["text"] == "-"):
        return []
    if target["text"] in SINKS and target["known"]:
        return []
    if op == "<&":
        raise Unread("`" + op + "` at column " + str(target["at"] + 1) + " is not read here")
    return [_path(target)]


def _path(word: Word) -> Write:
    """Return the path a word names; raises Unread where it is not told or not a file."""
    if not word["known"] or word["loose"]:
        raise Unread(
            "what is written at column " + str(word["at"] + 1) + " is not told by the text"
        )
    if word["text"].startswith(("/dev/", "/proc/", "/sys/")) or not word["text"]:
        raise Unread("`" + word["text"] + "` is no file to write")
    return {"path": word["text"], "cwd": ""}


def _environment(command: Simple) -> None:
    for name, value in command["assigns"]:
        if name in ENVIRONMENT or name.startswith("LC_"):
            if value["text"] not in ("", "cat") and name.endswith("PAGER"):
                raise Unread("`" + name + "` names a program")
            continue
        if command["words"] or name.upper() == name or name in TIED:
            raise Unread("`" + name + "=` changes what programs do")


# --- simple commands ------------------------------------------------------------------------------

if TYPE_CHECKING:
    Effects = tuple[str, list[str], list[Write]]


def _simple(words: list[Word], cwd: str, home: tuple[str, ...]) -> Effects:
    name = _name(words[0])
    texts = [name, *[word["text"] for word in words[1:]]]
    if " ".join(texts) in VERSIONS:
        return "read", [], []
    if _runs(words, texts):
        return "run", [], []
    if name in WRAPPERS:
        return WRAPPERS[name](words, cwd, home)
    if name == "git":
        _git(words, cwd, home)
        return "read", [], []
    if name == "sed" and any(text.startswith(("-i", "--in-place")) for text in texts[1:]):
        return _sed_in_place(words)
    if name in WRITERS:
        return "read", [], _writer(name, words)
    program = PROGRAMS.get(name)
    if program is None:
        raise Unread("`" + name + "` is not known to only look")
    if program.get("single_dash"):
        return _find(words, program, cwd, home)
    operands = _operands(name, words[1:], program)
    _special(name, words, operands, program)
    reads = [word["text"] for word in operands if word["known"] and cwd != "?"]
    if program.get("script"):
        reads = reads[1:]
    reads = [
        path if path.startswith(("/", "~")) or cwd == "." else cwd + "/" + path for path in reads
    ]
    return "read", reads if program.get("prints") or program.get("script") else [], []


def _name(word: Word) -> str:
    for folder in SYSTEM:
        if word["text"].startswith(folder):
            return word["text"][len(folder) :]
    return word["text"]


def _runs(words: list[Word], texts: list[str]) -> bool:
    """Say whether a command runs the project's own checks, as they are, and nothing else.

    Only plain flags that choose and show are let through: others name files, plugins or code.
    """
    text = " ".join(texts) + " "
    form = next((form for form in RUNS if text.startswith(form + " ")), "")
    if not form or any(not word["known"] or word["loose"] for word in words):
        return False
    takes_value = False
    for word in texts[len(form.split()) :]:
        if takes_value:
            takes_value = False
        elif word in RUN_VALUES.split():
            takes_value = True
        elif word.startswith("-"):
            if word not in RUN_FLAGS.split() and not word.startswith(RUN_ATTACHED):
                return False
        elif form not in CHOOSERS:
            return False
    return not takes_value


def _special(name: str, words: list[Word], operands: list[Word], program: Program) -> None:
    texts = [word["text"] for word in operands]
    if name == "printf" and len(words) > 1 and words[1]["text"].startswith("-"):
        raise Unread("`printf " + words[1]["text"] + "` may set a variable")
    if program.get("plus") and not all(text.startswith("+") for text in texts):
        raise Unread("`" + name + "` with such an operand may set the clock")
    if program.get("names"):
        for text in texts:
            if not text.replace("_", "a").isalnum() or text.upper() == text or text in TIED:
                raise Unread("`" + name + " " + text + "` is not read here")
    if name in ("test", "["):
        _test(name, words)
    if name == "printf":
        _printf(operands)
    if name == "cd" and texts == ["-"]:
        raise Unread("`cd -` leads to a place not known here")
    if program.get("script"):
        script = operands[0] if operands else None
        if script is None or not script["known"] or not prints_only(name, script["text"]):
            raise Unread("this `" + name + "` script is not known to only print")


def _test(name: str, words: list[Word]) -> None:
    """Numbers are evaluated in a test, and what is evaluated may hold a command."""
    for n, word in enumerate(words[1:], 1):
        if word["text"] in ("-v", "-R", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"):
            raise Unread("`" + word["text"] + "` in `" + name + "` is not read here")
        beside = [w["text"] for w in words[max(1, n - 1) : n + 2] if w is not word]
        settled = any(text in ("=", "!=", "==") for text in beside)
        settled = settled or words[n - 1]["text"] in UNARY
        if word["several"] or (word["loose"] and not settled):
            raise Unread("a word that may become a test of its own: " + _where(word))


def _printf(operands: list[Word]) -> None:
    """Refuse what is evaluated as a number (zsh) or sets a variable (`%n`, bash)."""
    if not operands:
        return
    form = operands[0]
    kinds = [
        part.lstrip("-+ 0123456789.'#")[:1]
        for part in form["text"].replace("%%", "").split("%")[1:]
    ]
    digits = all(word["known"] and word["text"].isdigit() for word in operands[1:])
    plain = all(kind in "sbqc" for kind in kinds) or (digits and all(k in "sbqcd" for k in kinds))
    if not form["known"] or not plain or "" in kinds:
        raise Unread("`printf` of what may be evaluated as a number")


def _git(words: list[Word], cwd: str, home: tuple[str, ...]) -> None:
    if cwd != "." and cwd not in home:
        raise Unread("`git` after `cd`: a planted repository could run programs")
    rest = words[1:]
    while rest and rest[0]["text"] == "--no-pager":
        rest = rest[1:]
    if not rest:
        return
    verb = rest[0]["text"]
    program = GIT.get(verb)
    if program is None or not rest[0]["known"]:
        raise Unread("`git " + verb + "` is not known to only look")
    operands = _operands("git " + verb, rest[1:], program)
    texts = [word["text"] for word in rest]
    if verb == "cat-file" and not any(text in texts for text in ("-p", "-t", "-e", "-s")):
        raise Unread("`git cat-file` without `-p`, `-t` or `-e` is not read here")
    if any("%G" in text or "%(signature" in text for text in texts):
        raise Unread("`%G` starts the program that checks signatures")
    if any(word["text"].startswith("-") for word in operands):
        raise Unread("`git " + verb + "` with an operand that looks like a flag")


def _operands(name: str, words: list[Word], program: Program) -> list[Word]:
    """Check the flags against the program's allow list; return the operands."""
    if program.get("free"):  # no word, flag or not, can make it write
        return words
    operands: list[Word] = []
    i = 0
    while i < len(words):
        word = words[i]
        text = word["text"]
        if text == "--" and word["known"]:
            operands += words[i + 1 :]
            break
        if word["loose"]:
            if not program.get("any"):
                raise Unread("`" + name + "` with a word that may become a flag: " + _where(word))
            operands.append(word)
        elif text.startswith("-") and text != "-":
            long = text.startswith("--")
            takes = _long(name, text, program) if long else _short(name, text, program)
            value = words[i + takes] if takes and i + takes < len(words) else None
            if value and value["loose"] and not program.get("any"):
                raise Unread("`" + name + "` with a word that may become a flag: " + _where(value))
            if value and value["text"].startswith("-"):  # the flag may take no value after all
                raise Unread("`" + name + " " + text + "` before something that looks like a flag")
            i += takes
        else:
            operands.append(word)
        i += 1
    if len(operands) > program.get("most", ANY):
        raise Unread(
            "`" + name + "` with `" + operands[program.get("most", ANY)]["text"] + "` may write"
        )
    if any(word["loose"] for word in operands) and program.get("most", ANY) < ANY:
        raise Unread("`" + name + "` with a word that may become several: " + _where(words[0]))
    return operands


def _where(word: Word) -> str:
    return "column " + str(word["at"] + 1)


def _long(name: str, word: str, program: Program) -> int:
    """Return how many further words a long flag takes."""
    flag, attached, _ = word[2:].partition("=")
    if flag in program.get("long", "").split() and not attached:
        return 0
    if flag in program.get("long_value", "").split():
        return 0 if attached else 1
    raise Unread("`" + name + " " + word + "`: the flag is not known to only look")


def _short(name: str, word: str, program: Program) -> int:
    """Return how many further words a bundle of short flags takes."""
    if program.get("number") and word[1:].isdigit():
        return 0
    for n, letter in enumerate(word[1:]):
        if letter in program.get("short_value", ""):
            if word[n + 2 :] and program.get("apart"):
                raise Unread(
                    "`" + name + " " + word + "`: a value stands apart from `-" + letter + "`"
                )
            return 0 if word[n + 2 :] else 1
        if letter not in program.get("short", ""):
            raise Unread("`" + name + " " + word + "`: `-" + letter + "` is not known to only look")
    return 0


# --- programs that write where they are told ------------------------------------------------------


def _writer(name: str, words: list[Word]) -> list[Write]:
    program = WRITERS[name]
    operands = _operands(name, words[1:], program)
    if not operands:
        raise Unread("`" + name + "` without an operand")
    paths = [_path(word) for word in operands]
    if name in ("cp", "mv"):
        if len(paths) != 2:
            raise Unread("`" + name + "` is read only from one file to another")
        # the target may be a folder, and then the file lands in it
        base = paths[0]["path"].rstrip("/").rpartition("/")[2]
        inside: Write = {"path": paths[1]["path"].rstrip("/") + "/" + base, "cwd": ""}
        landed = [inside] if paths[1]["path"].endswith("/") else [paths[1]]
        return landed + (paths[:1] if name == "mv" else [])
    return paths


def _sed_in_place(words: list[Word]) -> Effects:
    plain: Program = {"short": "nEr", "long": "regexp-extended in-place quiet"}
    words = [word for word in words if word["text"] != "-i"]
    operands = _operands("sed -i", words[1:], plain)
    if len(operands) < 2 or not operands[0]["known"] or not prints_only("sed", operands[0]["text"]):
        raise Unread("this `sed -i` is not read here")
    return "read", [], [_path(word) for word in operands[1:]]


# --- wrappers: what they start is judged by the same rules ---------------------------------------


def _find(words: list[Word], program: Program, cwd: str, home: tuple[str, ...]) -> Effects:
    i = 1
    effect: Effects = ("read", [], [])
    while i < len(words):
        word = words[i]["text"]
        if words[i]["loose"]:
            raise Unread("`find` with a word that may become a flag: " + _where(words[i]))
        if word in ("-exec", "-execdir"):
            i = _find_exec(words, i, cwd, home)
        elif word.startswith("-"):
            if word[1:] in program.get("long_value", "").split():
                i += 1
                if i < len(words) and words[i]["loose"]:
                    raise Unread("`find` with a word that may become a flag: " + _where(words[i]))
            elif word[1:] not in program.get("long", "").split():
                raise Unread("`find " + word + "` is not known to only look")
        i += 1
    return effect


def _find_exec(words: list[Word], i: int, cwd: str, home: tuple[str, ...]) -> int:
    end = i + 1
    while end < len(words) and words[end]["text"] != ";":
        if words[end]["text"] == "+" and words[end - 1]["text"] == "{}":
            break  # anywhere else a `+` is a word like others
        end += 1
    many = end < len(words) and words[end]["text"] == "+"
    if words[i]["text"] == "-execdir":
        cwd = "?"
    inner = words[i + 1 : end]
    if end == len(words) or not inner:
        raise Unread("`find -exec` without an end is not read here")
    given = [_unknown(w, loose=many) if "{}" in w["text"] else w for w in inner]
    if "{}" in inner[0]["text"]:
        raise Unread("`find -exec` runs what it finds")
    _only_looks("find -exec", given, cwd, home)
    return end


def _unknown(word: Word, *, loose: bool) -> Word:
    found = plain_word("./?", word["at"])
    found["known"], found["loose"], found["several"] = False, loose, loose
    return found


def _only_looks(name: str, words: list[Word], cwd: str, home: tuple[str, ...]) -> None:
    effect, _, writes = _simple(words, cwd, home)
    if effect != "read" or writes:
        raise Unread("`" + name + "` starts something that does more than look")


def _xargs(words: list[Word], cwd: str, home: tuple[str, ...]) -> Effects:
    rest = words[1:]
    stand_in = ""
    while rest and rest[0]["text"].startswith("-"):
        flag = rest[0]["text"]
        if rest[0]["loose"]:
            raise Unread("`xargs` with a word that may become a flag: " + _where(rest[0]))
        takes = flag in ("-n", "-I", "-d", "-L", "-P", "-s")
        plain = (
            takes or flag in ("-0", "-r", "-t", "-x") or flag[:2] in ("-n", "-I", "-d", "-L", "-P")
        )
        if not plain and flag not in ("--null", "--no-run-if-empty"):
            raise Unread("`xargs " + flag + "` is not read here")
        if flag.startswith("-I"):
            stand_in = flag[2:] or (rest[1]["text"] if len(rest) > 1 else "")
        rest = rest[2 if takes else 1 :]
    if not rest:
        return "read", [], []
    if stand_in:
        rest = [_unknown(w, loose=True) if stand_in in w["text"] else w for w in rest]
    more = _unknown(words[0], loose=True)
    _only_looks("xargs", [*rest, more], cwd, home)
    return "read", [], []


def _after(words: list[Word], start: int, name: str, cwd: str, home: tuple[str, ...]) -> Effects:
    rest = words[start:]
    if not rest:
        return "read", [], []
    if not rest[0]["known"] or rest[0]["loose"] or rest[0]["text"].startswith("-"):
        raise Unread("`" + name + "` with such flags is not read here")
    return _simple(rest, cwd, home)


def _command(words: list[Word], cwd: str, home: tuple[str, ...]) -> Effects:
    if len(words) > 1 and words[1]["text"] in ("-v", "-V"):
        return "read", [], []
    return _after(words, 1, "command", cwd, home)


def _env(words: list[Word], cwd: str, home: tuple[str, ...]) -> Effects:
    i = 1
    while i < len(words) and "=" in words[i]["text"] and words[i]["known"]:
        name, _, value = words[i]["text"].partition("=")
        if not (name in ENVIRONMENT or name.startswith("LC_")) or (
            name.endswith("PAGER") and value not in ("", "cat")
        ):
            raise Unread("`" + name + "=` changes what programs do")
        i += 1
    return _after(words, i, "env", cwd, home)


def _timeout(words: list[Word], cwd: str, home: tuple[str, ...]) -> Effects:
    if len(words) < 3 or not words[1]["text"].rstrip("smhd").replace(".", "").isdigit():
        raise Unread("`timeout` with such flags is not read here")
    return _after(words, 2, "timeout", cwd, home)


def _nice(words: list[Word], cwd: str, home: tuple[str, ...]) -> Effects:
    start = 3 if len(words) > 2 and words[1]["text"] == "-n" else 1
    return _after(words, start, "nice", cwd, home)


def _time(words: list[Word], cwd: str, home: tuple[str, ...]) -> Effects:
    return _after(words, 2 if len(words) > 1 and words[1]["text"] == "-p" else 1, "time", cwd, home)


def _sh(words: list[Word], cwd: str, home: tuple[str, ...]) -> Effects:
    if len(words) < 3 or words[1]["text"] != "-c" or not words[2]["known"]:
        raise Unread("`" + words[0]["text"] + "` is read only as `-c` with a text")
    inner = read_command(words[2]["text"], home, cwd)
    if inner["effect"] == "opaque":
        raise Unread("in `" + words[0]["text"] + " -c`: " + inner["reason"])
    return inner["effect"], inner["reads"], inner["writes"]


def _set(words: list[Word], cwd: str, home: tuple[str, ...]) -> Effects:  # noqa: ARG001
    for word in words[1:]:
        if word["text"] not in (
            "-e",
            "-u",
            "-x",
            "-eu",
            "-ex",
            "-o",
            "-euo",
            "-eo",
            "-uo",
            "pipefail",
            "+e",
            "-exuo",
            "-eux",
        ):
            raise Unread("`set " + word["text"] + "` is not read here")
    return "read", [], []


WRAPPERS = {
    "command": _command,
    "env": _env,
    "timeout": _timeout,
    "nice": _nice,
    "time": _time,
    "xargs": _xargs,
    "sh": _sh,
    "bash": _sh,
    "set": _set,
}
