"""Programs that start others, or take a script: what they start is judged by the same rules."""

from __future__ import annotations

from .flags import read_words, where
from .programs import FIND, FIND_VALUE, SQLITE
from .scripts import prints_only, selects_only
from .words import ATOM, LINE, NUMBER, Unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .reading import Judge
    from .words import Word

SHELLS = ("sh", "bash", "zsh", "dash")
SHELL_FLAGS = ("-c", "-ec", "-euc", "-eu", "-e", "-u", "-o", "pipefail", "-euo", "-uc")
# what plain sh takes for something else than bash and zsh do
NOT_IN_SH = ("[[", "<<<", "<(", "&>", "|&", "function", "let ", "$'", "=(", "((")
SET_WORDS = ("-", "+", "pipefail", "errexit", "nounset", "noglob", "xtrace", "noclobber", "verbose")


# --- programs that take a script ------------------------------------------------------------------


def _sed(judge: Judge, words: list[Word], cwd: str, feed: str) -> None:  # noqa: ARG001
    in_place = ""
    rest: list[Word] = []
    for word in words[1:]:
        text = word["text"]
        if text.startswith(("-i", "--in-place=")) or text == "--in-place":
            suffix = text[2:] if text.startswith("-i") else text.partition("=")[2]
            if not word["known"] or not all(c.isalnum() or c in ".~_" for c in suffix):
                raise Unread("this `sed -i` is not read here")
            in_place = suffix or "."
        else:
            rest.append(word)
    given = read_words(
        "sed",
        rest,
        "-nErsuz -el: --quiet --silent --regexp-extended --expression: --separate --unbuffered "
        "--null-data --posix --debug --follow-symlinks --line-length: --sandbox",
    )
    scripts = [word for flag, word in given["pairs"] if flag in ("-e", "--expression")]
    operands = given["operands"]
    if not scripts:
        scripts, operands = operands[:1], operands[1:]
    if not scripts or not all(w["known"] and prints_only("sed", w["text"]) for w in scripts):
        raise Unread("this `sed` script is not known to only print")
    if not in_place:
        _printed_by(judge, operands, cwd)
        return
    if not operands:
        raise Unread("`sed -i` without a file")
    for word in operands:
        judge.write_word(word, cwd)
        if in_place != ".":
            judge.write(word["text"] + in_place, cwd)


def _awk(judge: Judge, words: list[Word], cwd: str, feed: str) -> None:  # noqa: ARG001
    given = read_words("awk", words[1:], "-Fv: --field-separator: --assign: --re-interval --posix")
    operands = given["operands"]
    if not operands or not operands[0]["known"] or not prints_only("awk", operands[0]["text"]):
        raise Unread("this `awk` script is not known to only print")
    for word in operands[1:]:
        if word["loose"]:
            raise Unread("`awk` with a word that may become a flag: " + where(word))
    _printed_by(judge, operands[1:], cwd)


def _sqlite(judge: Judge, words: list[Word], cwd: str, feed: str) -> None:  # noqa: ARG001
    operands = [w for w in words[1:] if w["text"][:1] != "-" or w["text"].lstrip("-") not in SQLITE]
    if any(not word["known"] or word["text"].startswith("-") for word in operands):
        raise Unread("this `sqlite3` is not known to only look")
    if len(operands) < 2 or not all(selects_only(word["text"]) for word in operands[1:]):
        raise Unread("this `sqlite3` is not known to only look")
    judge.reads.append(judge.below(cwd, operands[0]["text"]))
    if "-readonly" not in [word["text"] for word in words]:
        judge.write(operands[0]["text"], cwd, new=True)  # it makes a database that is not there


def _printed_by(judge: Judge, operands: list[Word], cwd: str) -> None:
    for word in operands:
        if word["known"] and not cwd.startswith("?"):
            judge.reads.append(judge.below(cwd, word["text"]))


# --- programs that start others: what they start is judged by the same rules ----------------------


def _only_looks(judge: Judge, name: str, words: list[Word], cwd: str, feed: str = "") -> None:
    known = len(judge.writes)
    if judge.simple(words, cwd, feed, inner=True) != "read" or len(judge.writes) > known:
        raise Unread("`" + name + "` starts something that does more than look")


def _filled(word: Word, mark: str, *, loose: bool, several: bool) -> Word:
    """Return a word with something unknown where the mark stands; the rest of it stays."""
    if mark not in word["text"]:
        return word
    filled = _unknown(word, loose=loose and word["text"].startswith(mark), several=several)
    filled["text"] = word["text"].replace(mark, "./?")
    return filled


def _unknown(word: Word, *, loose: bool, several: bool) -> Word:
    return {
        "text": "./?",
        "known": False,
        "loose": loose,
        "several": several,
        "kind": "",
        "at": word["at"],
    }


def _find(judge: Judge, words: list[Word], cwd: str, feed: str) -> None:  # noqa: ARG001
    i = 1
    while i < len(words):
        word = words[i]
        text = word["text"]
        if word["loose"]:
            raise Unread("`find` with a word that may become a flag: " + where(word))
        if text in ("-exec", "-execdir"):
            i = _find_exec(judge, words, i, cwd)
        elif text.startswith("-"):
            takes = text[1:] in FIND_VALUE
            if not takes and text[1:] not in FIND and text[:2] != "-O":
                raise Unread("`find " + text + "` is not known to only look")
            if takes and i + 1 < len(words) and words[i + 1]["several"]:
                raise Unread("`find` with a word that may become a flag: " + where(words[i + 1]))
            i += takes
        i += 1


def _find_exec(judge: Judge, words: list[Word], i: int, cwd: str) -> int:
    end = i + 1
    while end < len(words) and words[end]["text"] != ";":
        if words[end]["text"] == "+" and words[end - 1]["text"] == "{}":
            break  # anywhere else a `+` is a word like others
        end += 1
    many = end < len(words) and words[end]["text"] == "+"
    inner = words[i + 1 : end]
    if end == len(words) or not inner:
        raise Unread("`find -exec` without an end is not read here")
    if "{}" in inner[0]["text"]:
        raise Unread("`find -exec` runs what it finds")
    # what is found starts with the folder it was found in: never with a dash
    given = [_filled(w, "{}", loose=False, several=many) for w in inner]
    for n, word in enumerate(inner):
        if "{}" in word["text"] and word["text"] != "{}" and _starts_a_shell(inner[:n]):
            raise Unread("`find -exec` puts what it finds into a script")
    _only_looks(judge, "find -exec", given, "?" if words[i]["text"] == "-execdir" else cwd)
    return end


def _starts_a_shell(words: list[Word]) -> bool:
    return any(word["text"].rpartition("/")[2] in (*SHELLS, "awk", "sed") for word in words)


def _xargs(judge: Judge, words: list[Word], cwd: str, feed: str) -> None:
    rest = words[1:]
    stand_in = ""
    whole = parted = False
    while rest and rest[0]["text"].startswith("-"):
        flag = rest[0]["text"]
        if rest[0]["loose"]:
            raise Unread("`xargs` with a word that may become a flag: " + where(rest[0]))
        takes = flag in ("-n", "-I", "-d", "-L", "-P", "-s", "-E", "-a")
        plain = (
            takes
            or all(c in "0rtx" for c in flag[1:])
            or flag[:2] in ("-n", "-I", "-d", "-L", "-P")
            or flag.startswith(("--max-args=", "--max-lines=", "--max-procs=", "--delimiter="))
        )
        if not plain and flag not in ("--null", "--no-run-if-empty", "--verbose"):
            raise Unread("`xargs " + flag + "` is not read here")
        if takes and len(rest) > 1 and (not rest[1]["known"] or rest[1]["several"]):
            raise Unread("`xargs " + flag + "` of what the text does not tell")
        parted = parted or flag[:2] in ("-n", "-L") or flag.startswith("--max-")
        whole = whole or flag == "--null" or (flag[1:2] != "-" and "0" in flag and not takes)
        feed = "" if flag == "-a" else feed
        if flag.startswith("-I"):
            stand_in = flag[2:] or (rest[1]["text"] if len(rest) > 1 else "")
        rest = rest[2 if takes else 1 :]
    if not rest:
        return
    safe = feed in (ATOM, NUMBER) or (feed == LINE and whole)
    if stand_in:
        if parted:
            raise Unread("`xargs` with `-I` and a number of words is not read here")
        if any(stand_in in w["text"] and w["text"] != stand_in for w in rest[1:]) and (
            _starts_a_shell(rest[:-1])
        ):
            raise Unread("`xargs` puts what it reads into a script")
        given = [_filled(w, stand_in, loose=not safe, several=False) for w in rest]
        _only_looks(judge, "xargs", given, cwd)
        return
    more = _unknown(words[0], loose=not safe, several=True)
    _only_looks(judge, "xargs", [*rest, more], cwd)


def _after(judge: Judge, words: list[Word], start: int, name: str, cwd: str) -> None:
    rest = words[start:]
    if not rest:
        return
    if not rest[0]["known"] or rest[0]["loose"] or rest[0]["text"].startswith("-"):
        raise Unread("`" + name + "` with such flags is not read here")
    judge.simple(rest, cwd, inner=True)


def _command(judge: Judge, words: list[Word], cwd: str, feed: str) -> None:  # noqa: ARG001
    if len(words) > 1 and words[1]["text"] in ("-v", "-V", "-pv"):
        return
    _after(judge, words, 1, "command", cwd)


def _env(judge: Judge, words: list[Word], cwd: str, feed: str) -> None:  # noqa: ARG001
    i = 1
    unlisted = ""
    while i < len(words):
        word = words[i]
        text = word["text"]
        name, mark, value = text.partition("=")
        if word["several"] or (word["loose"] and not mark):
            raise Unread("`env` with a word that may become several: " + where(word))
        if mark and not name.startswith("-"):
            if not name.replace("_", "a").isalnum():
                raise Unread("`env` with a variable that the text does not tell")
            if not (judge.spelled(word, 'PATH="$PATH"') or judge.spelled(word, "PATH=$PATH")):
                judge.refuse_loaded(name, value)
            try:
                judge.refuse_unlisted(name, value)
            except Unread:
                unlisted = unlisted or (name if name != "PATH" else "")
        elif text in ("-u", "--unset") and i + 1 < len(words):
            i += 1
            _plainly("env", words[i])
        elif text not in ("-i", "-", "--ignore-environment", "-0", "--null"):
            break
        i += 1
    rest = words[i]["text"] if i < len(words) else ""
    if unlisted and rest not in ("", "printenv", "env", "echo", "printf", "true"):
        raise Unread("`" + unlisted + "=` is not known to change nothing")
    _after(judge, words, i, "env", cwd)


def _plainly(name: str, word: Word) -> None:
    if not word["known"] or word["several"]:
        raise Unread("`" + name + "` of what the text does not tell: " + where(word))


def _timeout(judge: Judge, words: list[Word], cwd: str, feed: str) -> None:  # noqa: ARG001
    i = 1
    while i < len(words) and words[i]["text"].startswith("-"):
        if words[i]["text"] in ("-k", "-s", "--signal", "--kill-after") and i + 1 < len(words):
            i += 1
            _plainly("timeout", words[i])
        elif words[i]["text"] not in ("--preserve-status", "--foreground", "-v") and (
            not words[i]["text"].startswith(("--signal=", "--kill-after=", "-k", "-s"))
        ):
            raise Unread("`timeout` with such flags is not read here")
        i += 1
    length = words[i]["text"].rstrip("smhd").replace(".", "") if i < len(words) else ""
    if not length.isdigit():
        raise Unread("`timeout` with such flags is not read here")
    _after(judge, words, i + 1, "timeout", cwd)


def _nice(judge: Judge, words: list[Word], cwd: str, feed: str) -> None:  # noqa: ARG001
    start = 1
    if len(words) > 2 and words[1]["text"] in ("-n", "-c"):
        _plainly(words[0]["text"], words[2])
        start = 3
    elif (
        len(words) > 1 and words[1]["text"][:1] == "-" and words[1]["text"].lstrip("-nc").isdigit()
    ):
        start = 2
    _after(judge, words, start, words[0]["text"], cwd)


def _stdbuf(judge: Judge, words: list[Word], cwd: str, feed: str) -> None:  # noqa: ARG001
    start = 1
    while start < len(words) and words[start]["text"] in ("-oL", "-o0", "-eL", "-e0", "-i0", "-iL"):
        start += 1
    _after(judge, words, start, "stdbuf", cwd)


def _time(judge: Judge, words: list[Word], cwd: str, feed: str) -> None:  # noqa: ARG001
    start = 1
    while start < len(words) and words[start]["text"] in ("-p", "-v"):
        start += 1
    _after(judge, words, start, "time", cwd)


def _shell(judge: Judge, words: list[Word], cwd: str, feed: str) -> None:  # noqa: ARG001
    """Read `sh -c 'text'`: further words are what `$1` stands for in it."""
    if words[1:] and words[1]["text"] == "-n" and len(words) == 3:
        if not words[2]["known"] or words[2]["text"].startswith("-"):
            raise Unread("`" + words[0]["text"] + " -n` of what the text does not tell")
        return  # only says whether the file could be read
    i = 1
    while (
        i < len(words)
        and words[i]["text"] in SHELL_FLAGS
        and not words[i - 1]["text"].endswith("c")
    ):
        i += 1
    if i < 2 or not words[i - 1]["text"].endswith("c") or i >= len(words):
        raise Unread("`" + words[0]["text"] + "` is read only as `-c` with a text")
    if not words[i]["known"]:
        raise Unread("`" + words[0]["text"] + " -c` of what the text does not tell")
    text = words[i]["text"]
    if words[0]["text"].rpartition("/")[2] in ("sh", "dash"):
        odd = next((mark for mark in NOT_IN_SH if mark in text.replace("$((", "")), "")
        if odd:
            raise Unread("`" + odd + "` means something else in `sh`")
    judge.text(text, cwd)


def _set(judge: Judge, words: list[Word], cwd: str, feed: str) -> None:  # noqa: ARG001
    for word in words[1:]:
        text = word["text"]
        letters = text[1:] if text[:1] in "-+" else ""
        if text == "--" or not word["known"]:
            raise Unread("`set " + text + "` is not read here")
        if text not in SET_WORDS and not (letters and all(c in "euxofvC" for c in letters)):
            raise Unread("`set " + text + "` is not read here")


WRAPPERS = {
    "command": _command,
    "env": _env,
    "timeout": _timeout,
    "gtimeout": _timeout,
    "nice": _nice,
    "ionice": _nice,
    "stdbuf": _stdbuf,
    "time": _time,
    "xargs": _xargs,
    "find": _find,
    "sh": _shell,
    "bash": _shell,
    "zsh": _shell,
    "dash": _shell,
    "set": _set,
    "sed": _sed,
    "awk": _awk,
    "sqlite3": _sqlite,
}
