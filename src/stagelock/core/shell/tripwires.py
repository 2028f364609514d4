"""What no command may so much as name while a run is live, where any shell is open.

These look at the text alone: tripwires for a stage in which any command may run, not a proof.
"""

from __future__ import annotations

DOOR_PROGRAMS = ("claude", "tmux", "screen", "script", "expect", "unbuffer", "dtach", "abduco")
DECIDING = (
    "approve", "reject", "waive", "off", "abandon", "start", "doctor", "restore", "accept", "init",
    "uninstall", "git-hooks",
)  # fmt: skip
LOOKING = {"git-hooks": "status"}  # what of a deciding verb only looks
# words that lead to a program named after them, flags and values in between
WRAPPERS = (
    "env", "timeout", "nohup", "setsid", "nice", "ionice", "xargs", "exec", "time", "sudo", "doas",
    "stdbuf", "builtin", "eval", "npx", "bunx", "uvx", "parallel", "busybox", "watch", "coproc",
    "-exec", "-execdir",
)  # fmt: skip
# those that do so by a verb of theirs
RUNNERS = {
    "uv": ("run",),
    "pipx": ("run",),
    "poetry": ("run",),
    "pdm": ("run",),
    "hatch": ("run",),
    "npm": ("exec", "x"),
    "pnpm": ("exec", "dlx"),
    "yarn": ("exec", "dlx"),
    "bun": ("x",),
}
# words after which a command begins at once
OPENERS = ("then", "do", "else", "elif", "if", "while", "until", "command", "!", "{")
INTERPRETERS = (
    "sh", "bash", "zsh", "dash", "ksh", "eval", "python", "perl", "ruby", "node",
)  # fmt: skip
CLIENT_PACKAGE = "@anthropic-ai/claude-code"
MOST_VALUES = 20  # how many variables are put in, and how long their values may be


def names_human_door(text: str) -> str:
    """Return the word by which a command would start what a person decides with, else ""."""
    plain = text.replace("\\\n", "").replace("\\", "").lower()
    joined = plain.replace("'", "").replace('"', "")
    if not any(name in joined for name in (*DOOR_PROGRAMS, "stagelock")):
        return ""  # nearly always, and a long text is long to look through
    if CLIENT_PACKAGE in plain.replace("//", "/"):
        return CLIENT_PACKAGE
    plain = with_values(plain, (*DOOR_PROGRAMS, "stagelock", *DECIDING))
    found = _door(without_prose(plain))
    if found:
        return found
    words = plain.replace("'", " ").replace('"', " ").replace("`", " ").split()
    interpreted = any(
        word.rpartition("/")[2].rstrip("0123456789.") in INTERPRETERS for word in words
    )
    if interpreted or "$(" in plain or "`" in plain:
        return _door(plain.replace("'", "\n").replace('"', "\n")) or _decides(plain)
    return ""


def mentions(text: str, needles: tuple[str, ...]) -> str:
    """Return the first needle that the text names, quotes, backslashes and case aside."""
    plain = text.replace("'", "").replace('"', "").replace("\\\n", "").replace("\\", "").casefold()
    while "//" in plain or "/./" in plain:
        plain = plain.replace("//", "/").replace("/./", "/")
    for needle in needles:
        if needle.casefold() in plain:
            return needle
    return ""


def with_values(text: str, starts: tuple[str, ...]) -> str:
    """Put in the values that the text itself gives to variables, where they start like this."""
    given: dict[str, str] = {}
    for word in text.replace(";", " ").split() if "=" in text and "$" in text else ():
        name, _, value = word.partition("=")
        value = value.strip("'\"")
        wanted = value.rpartition("/")[2].startswith(starts) and "$" not in value
        if wanted and name.isidentifier() and len(value) <= MOST_VALUES > len(given):
            given[name] = value if given.get(name, value) == value else given[name] + " " + value
    for name, value in given.items():
        first, *parts = text.replace("${" + name + "}", value).split("$" + name)
        for part in parts:
            longer = part[:1].isalnum() or part[:1] == "_"  # another variable's name
            first += ("$" + name if longer else value) + part
        text = first
    return text


def without_prose(text: str) -> str:
    """Join quoted pieces into their words; a quoted sentence becomes one harmless word."""
    parts: list[str] = []
    i = 0
    following = {quote: text.find(quote) for quote in "'\""}
    while True:
        following = {q: text.find(q, i) if 0 <= at < i else at for q, at in following.items()}
        begin = min((at for at in following.values() if at >= 0), default=-1)
        end = text.find(text[begin], begin + 1) if begin >= 0 else -1
        if begin < 0:
            return "".join([*parts, text[i:]])
        parts.append(text[i:begin])
        if end < 0:
            parts.append(text[begin])
            i = begin + 1
            continue
        inner = text[begin + 1 : end]
        parts.append("quoted" if any(c in inner for c in " \t\n;|&") else inner)
        i = end + 1


def _door(text: str) -> str:
    for mark in ";&|()`{}\n":
        text = text.replace(mark, " \n ")
    lines = [line.split() for line in text.replace("$", " ").replace(",", " ").split("\n")]
    echoed = [word for words in lines if words[:1] in (["echo"], ["printf"]) for word in words[1:]]
    for line in lines:
        words = _without_redirections(line)
        if words[-1:] == ["stagelock"]:  # its verb may come from `xargs` or a substitution
            words += echoed[:MOST_VALUES]
        found = _named(words)
        if found:
            return found
    return ""


def _without_redirections(words: list[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.lstrip("0123456789").startswith((">", "<")):
            skip = not word.strip("0123456789<>&|")
        else:
            kept.append(word)
    return kept


def _named(words: list[str]) -> str:
    """Return the door that a simple command starts, looking past what leads to it."""
    led = False
    for n, word in enumerate(words):
        name = word.rpartition("/")[2].partition(".exe")[0]
        before = words[n - 1] if n else ""
        if name in DOOR_PROGRAMS:
            return name
        if name == "stagelock":
            return _deciding(words[n + 1 : n + 5])
        if name == "eval":
            continue
        if name.rstrip("0123456789.") in INTERPRETERS:
            rest = words[n + 1 :]
            return _named(rest[1:]) if rest[:1] == ["-c"] else _decides(" ".join(words))
        if word in OPENERS and not led:
            if word == "command" and words[n + 1 : n + 2] in (["-v"], ["-V"]):
                return ""
            continue
        leads = name in WRAPPERS or word in RUNNERS.get(before.rpartition("/")[2], ())
        leads = leads or any(verb in words[n + 1 : n + 2] for verb in RUNNERS.get(name, ()))
        led = led or leads
        if leads or "=" in word or word.startswith("-"):
            continue
        number = word.rstrip("smhd").replace(".", "").isdigit()
        if not (led and (number or before.startswith("-"))):
            return _found(words[n + 1 :])
    return ""


def _found(words: list[str]) -> str:
    """Look at what `find` starts."""
    for n, word in enumerate(words):
        if word in ("-exec", "-execdir"):
            return _named(words[n + 1 :])
    return ""


def _decides(text: str) -> str:
    """Look for `stagelock` and a deciding verb side by side, as an interpreter is given them."""
    for mark in "'\"[](),":
        text = text.replace(mark, " ")
    words = text.split()
    for n, word in enumerate(words):
        if word.rpartition("/")[2] == "stagelock" or word == "stagelock.cli.main":
            found = _deciding(words[n + 1 : n + 4])
            if found:
                return found
    return ""


def _deciding(words: list[str]) -> str:
    verbs = [word for word in words if not word.startswith("-") and word != "."]
    if not verbs or verbs[0] not in DECIDING or verbs[1:2] == [LOOKING.get(verbs[0])]:
        return ""
    return "stagelock " + verbs[0]
