"""The last line of an agent's reply: one of four words, and what goes with it.

Liberal in reading: bold, backticks, list marks, headings, any dash or colon. Strict in meaning:
exactly one status line, the last, with one of four words in capitals, and with a reason where the
word needs one. What stands in a fence, a quote or a comment is shown, not said.
"""

from __future__ import annotations

from stagelock.core.documents.markdown import fence_after, without_comments

from .standing import BLOCKED, CONCERNS, CONTEXT, DONE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Status

__all__ = ["BLOCKED", "CONCERNS", "CONTEXT", "DONE", "GRAMMAR", "WORDS", "lines", "read"]

WORDS = (CONCERNS, CONTEXT, BLOCKED, DONE)  # a longer word before the one it starts with

# what a word must be followed by, for the agent that left it out
OWES = {
    CONCERNS: "must say which concerns",
    CONTEXT: "must say what is missing",
    BLOCKED: "must say what is required",
}
GRAMMAR = (
    "STATUS: DONE, or STATUS: DONE_WITH_CONCERNS - which, or STATUS: NEEDS_CONTEXT - what is "
    "missing, or STATUS: BLOCKED - what is required"
)

_MARKS = "*_`#"  # emphasis, code, headings; what is struck out is not said
_SEPARATORS = ":=\uff1a-\u2013\u2014"
# a line that opens so repeats what somebody else said, or takes it back
_QUOTES = ">\"'|~\u201c\u201d\u201e\u00ab\u00bb\u2018\u201a\u2039\u203a"
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\u200e\u200f"
_EMPTY = ("none", "na", "n/a", "nil", "nothing", "tbd", "todo", "unknown", "-", "...", "\u2026")


def read(text: object) -> Status:
    """Read the status of a reply; `fault` says why there is none. Never raises."""
    if not isinstance(text, str) or not text.strip():
        return _fault("the reply is empty")
    every = lines(text)
    last = next((n for n in reversed(range(len(every))) if not _is_blank(every[n][0])), -1)
    found = [
        (n, *parsed)
        for n, (line, is_said) in enumerate(every)
        if is_said and "status" in line.lower()
        for parsed in [_parse(line)]
        # further up, `- Status: finished` tells of something else
        if parsed and (n == last or parsed[0])
    ]
    if not found:
        return _fault(_absent(text, shown=last >= 0 and not every[last][1]))
    n, word, why, fault = found[-1]
    if n != last:
        return _fault("text stands after the status line")
    if len(found) > 1:
        return _fault("there is more than one status line")
    return _fault(fault) if fault else {"word": word, "why": why, "fault": ""}


def _fault(fault: str) -> Status:
    return {"word": "", "why": "", "fault": fault}


def _absent(text: str, *, shown: bool) -> str:
    if shown and "status" in text.lower():
        return "the status line stands in a fence, a quote or a comment"
    return "the status line is missing"


def lines(text: str) -> list[tuple[str, bool]]:
    """Return each line, and whether it is said: not fenced, quoted, indented or commented out."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    for letter in _INVISIBLE:
        plain = plain.replace(letter, "")
    told = []
    fence = ""
    every = plain.split("\n")
    for n, left in enumerate(without_comments(plain)):
        was = fence
        fence, is_fence = fence_after(_unmarked(left) if not was else left, was)
        inside = bool(was) or is_fence or left.expandtabs(4)[:4] == "    "
        hidden = left != every[n] if n < len(every) else False
        is_said = not inside and not hidden and left.strip()[:1] not in tuple(_QUOTES)
        # a comment that was blanked is still something that stands there
        told.append((every[n] if hidden else left, is_said))
    return told


def _unmarked(line: str) -> str:
    """Drop a list mark, after which a fence may open."""
    text = line.lstrip()
    opens = text[:1] in ("-", "+", "*") and text[1:2] == " " and text[2:5] in ("```", "~~~")
    return text[2:] if opens else line


def _is_blank(line: str) -> bool:
    """Say whether nothing stands there: blanks, or a rule drawn across the page."""
    text = "".join(line.split())
    return not text or (len(text) >= 3 and text.strip(text[0]) == "" and text[0] in "-*_=")


def _parse(line: str) -> tuple[str, str, str] | None:
    """Read one line as word, reason and fault; None where it is no status line."""
    text = _after_marks(line)
    if text[:6].lower() != "status":
        return None
    rest = text[6:].lstrip(" \t\u00a0" + _MARKS)
    if rest[:1] not in tuple(_SEPARATORS):
        return None
    rest = rest.lstrip(_SEPARATORS + _MARKS + " \t\u00a0")
    word, after = _word(rest)
    if word == DONE and after[:2] == "` " and after[2:3].isalnum():
        return None  # `STATUS: DONE` is what somebody talks about
    if not word:
        named = rest.split(" ")[0].strip(_MARKS + ".,;:!")
        what = "`" + named[:40] + "` is none of the four words" if named else "no word follows"
        return "", "", what
    return (word, *_reason(word, after))


def _after_marks(line: str) -> str:
    """Drop what decorates the start of a line: list marks, emphasis, a symbol or two."""
    text = line.strip()
    number = text.split(" ")[0]
    if number[:-1].isdigit() and number[-1:] in (".", ")"):
        text = text[len(number) :]
    start = 0
    while start < len(text) and not text[start].isalnum() and text[start] not in _QUOTES + "([{<":
        start += 1
    return text[start:]


def _word(rest: str) -> tuple[str, str]:
    """Return the status word that `rest` starts with, and what follows it."""
    for word in WORDS:
        size = len(word)
        start = rest[:size].replace(" ", "_").replace("-", "_")
        ends = rest[size : size + 1]
        joined = ends == "_" and rest[size + 1 : size + 2].isalnum()
        if start == word and not ends.isalnum() and not joined:
            return word, rest[size:]
    return "", ""


def _reason(word: str, after: str) -> tuple[str, str]:
    """Return the reason after a word, and what is wrong with it."""
    rest = after.lstrip(_MARKS + " \t\u00a0")
    if rest[:1] in ("/", "|", "?"):
        return "", "it must name one word, not a choice"
    why = rest.lstrip(_SEPARATORS + ",.;!" + _MARKS + " \t\u00a0").rstrip(" \t\u00a0" + _MARKS)
    first = why.split(" ")[0].strip("`*:.,;").upper()
    if (
        first in WORDS
        or "STATUS:" in why
        or (first in ("OR", "AND") and _word(why[len(first) :].strip("`* "))[0])
    ):
        return "", "it must name one word, not a choice"
    if word == DONE and why.lower().startswith("with concern"):
        return "", "with concerns the word is DONE_WITH_CONCERNS"
    said = why.strip("()[]{}.!,;:-\u2013\u2014 ").lower()
    if word in OWES and (said in _EMPTY or not any(letter.isalnum() for letter in said)):
        return "", word + " " + OWES[word]
    return why, ""
