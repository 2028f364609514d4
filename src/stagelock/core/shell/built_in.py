"""Built-ins whose operands may be evaluated: `test`, `printf`, `wait`."""

from __future__ import annotations

from .flags import read_words, where
from .programs import BUILTINS
from .words import Unread, is_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .words import Word

UNARY = ("-d", "-e", "-f", "-h", "-L", "-n", "-r", "-s", "-w", "-x", "-z", "-t", "-p", "-S", "-O")
BINARY = ("=", "!=", "==", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "<", ">")


def built_in(name: str, words: list[Word]) -> None:
    """Judge a built-in by its words; raises Unread where it may do more than look."""
    operands = read_words(name, words[1:], BUILTINS[name])["operands"]
    if "digits" in BUILTINS[name].split() and not all(is_number(word) for word in operands):
        raise Unread("`" + name + "` of what zsh would evaluate")
    if name in ("test", "["):
        _test(name, words)
    elif name == "printf":
        _printf(operands)
    elif name == "wait" and any(word["text"].startswith("-") for word in operands):
        raise Unread("`wait` with flags is not read here")


def _test(name: str, words: list[Word]) -> None:
    """Refuse words that may turn into a test of their own: `-v` evaluates what it names."""
    for n, word in enumerate(words[1:], 1):
        if word["text"] in ("-v", "-R"):
            raise Unread("`" + word["text"] + "` in `" + name + "` is not read here")
        beside = [w["text"] for w in words[max(1, n - 1) : n + 2] if w is not word]
        settled = any(text in BINARY for text in beside) or words[n - 1]["text"] in UNARY
        number = is_number(word)
        if word["text"].startswith("-") and not word["known"]:
            raise Unread("a word that may become a test of its own: " + where(word))
        if words[n - 1]["text"] == "-t" and not number:
            raise Unread("`-t` of what zsh would evaluate")
        if len(words) == (3 if name == "[" else 2):
            settled = True  # one word alone is asked only whether it is empty
        if not number and (word["several"] or (word["loose"] and not settled)):
            raise Unread("a word that may become a test of its own: " + where(word))


def _printf(operands: list[Word]) -> None:
    """Refuse what sets a variable (`-v`, `%n`), and numbers that zsh would evaluate."""
    if not operands:
        return
    form = operands[0]
    marked = form["text"] == "--" and len(operands) > 1
    if marked:
        operands = operands[1:]
        form = operands[0]
    dashed = form["text"].startswith("-") and not marked
    if dashed or not form["known"] or form["loose"]:
        raise Unread("`printf` of a format that the text does not tell")
    kinds = _conversions(form["text"])
    if any(kind not in "sbqcdiuxXofeEgG(" or not kind for kind in kinds):
        raise Unread("`printf` of what may be evaluated as a number")
    for n, word in enumerate(operands[1:]):
        digits = word["text"].lstrip("-").replace(".", "").isdigit() and word["known"]
        if kinds and kinds[n % len(kinds)] not in "sbqc" and not (digits or is_number(word)):
            raise Unread("`printf` of what may be evaluated as a number")
        if word["several"] and any(kind not in "sbqc" for kind in kinds):
            raise Unread("`printf` of what may be evaluated as a number")


def _conversions(form: str) -> list[str]:
    form = form.replace("%%", "")
    if form.count("%(") == 1 and ")T" in form:  # a time, as `date` would write it
        before, _, rest = form.partition("%(")
        form = before + "%d" + rest.partition(")T")[2]
    return [part.lstrip("-+ 0123456789.'#")[:1] for part in form.split("%")[1:]]
