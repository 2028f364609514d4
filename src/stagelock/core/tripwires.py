"""What no command may so much as name while a run is live, where any shell is open.

These look at the text alone: tripwires for a stage in which any command may run, not a proof.
"""

from __future__ import annotations

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
