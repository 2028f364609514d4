"""Programs that do more than look: those that write where they are told, run checks, or fetch."""

from __future__ import annotations

from .flags import read_words, where
from .verbs import (
    CHOOSERS,
    LONG,
    LONG_VALUE,
    NETWORK,
    RUN_ATTACHED,
    RUN_FLAGS,
    RUN_VALUES,
    RUNS,
    VERBS,
    VERSIONED,
    VERSIONS,
    WRITERS,
)
from .words import Unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .reading import Judge
    from .words import Word

RUNNERS = frozenset(form.partition(" ")[0] for form in RUNS)
# flags by which a target that is a folder, or leads to one, is replaced itself
AS_IT_IS = ("-T", "-n", "--no-target-directory", "--no-dereference")


def other(judge: Judge, name: str, words: list[Word], cwd: str) -> str:
    """Return the effect of a program that `programs` does not have; raises Unread."""
    if _runs(words, [name, *[word["text"] for word in words[1:]]]):
        return "run"
    if name in WRITERS:
        _writer(judge, name, words[1:], cwd)
        return "read"
    return _by_verb(name, words)


def tells_itself(texts: list[str], *, looks: bool) -> bool:
    """Say whether a command only prints its version or its help; one that `looks` may do both."""
    if len(texts) == 2 and texts[1] in ("--version", "--help") and (looks or texts[0] in VERSIONED):
        return True
    return " ".join(texts) in VERSIONS


def _runs(words: list[Word], texts: list[str]) -> bool:
    """Say whether a command runs the project's own checks, as they are, and nothing else.

    Only plain flags that choose and show are let through: others name files, plugins or code.
    """
    if texts[0] not in RUNNERS:
        return False
    text = " ".join(texts) + " "
    form = max((form for form in RUNS if text.startswith(form + " ")), key=len, default="")
    if not form or any(not word["known"] or word["loose"] for word in words):
        return False
    takes_value = False
    for word in texts[len(form.split()) :]:
        if takes_value:
            takes_value = False
        elif word in RUN_VALUES:
            takes_value = True
        elif word.startswith("-"):
            if word not in RUN_FLAGS and not word.startswith(RUN_ATTACHED):
                return False
        elif form not in CHOOSERS:
            return False
    return not takes_value


def _by_verb(name: str, words: list[Word]) -> str:
    texts = [name, *[word["text"] for word in words[1:]]]
    for size in (3, 2, 1):
        verb = " ".join(texts[:size])
        told = all(word["known"] and not word["loose"] for word in words[:size])
        if len(texts) >= size and told:
            if VERBS.get(verb) == "long":
                _long_flags(verb, words[size:])
                return "read"
            if verb in VERBS:
                read_words(verb, words[size:], VERBS[verb])
                return "read"
            if verb in NETWORK:
                return _network(verb, words[size:])
    raise Unread("`" + name + "` is not known to only look")


def _long_flags(verb: str, words: list[Word]) -> None:
    value = False
    for word in words:
        text = word["text"].lstrip("-")
        if ":" in text:
            raise Unread("`" + verb + "` of another machine is not read here")
        if value:
            value = False
        elif word["loose"]:
            raise Unread("`" + verb + "` with a word that may become a flag: " + where(word))
        elif word["text"].startswith("-"):
            value = text in LONG_VALUE
            if not value and text not in LONG:
                raise Unread("`" + verb + " -" + text + "`: the flag is not known to only look")


def _network(verb: str, words: list[Word]) -> str:
    given = read_words(verb, words, NETWORK[verb])
    kept = given["values"].get("-O") or given["values"].get("--output-document")
    if verb == "wget" and kept is not None and kept["text"] not in ("-", "/dev/null"):
        raise Unread("`wget -O` writes what it fetches")
    return "network"


# --- programs that write where they are told -----------------------------------------------------


def _writer(judge: Judge, name: str, words: list[Word], cwd: str) -> None:
    given = read_words(name, words, WRITERS[name])
    operands = given["operands"]
    if name == "dd":
        _dd(judge, operands, cwd)
        return
    if not operands and name != "tee":
        raise Unread("`" + name + "` without an operand")
    if name in ("cp", "mv", "ln"):
        folder = given["values"].get("-t") or given["values"].get("--target-directory")
        _to(judge, name, operands, folder, cwd, given["flags"])
        return
    for word in operands:
        judge.write_word(word, cwd, folder=name == "mkdir")


def _to(
    judge: Judge,
    name: str,
    operands: list[Word],
    folder: Word | None,
    cwd: str,
    given_flags: list[str],
) -> None:
    """Note what copying, moving or linking writes: a renaming is two writes."""
    symbolic = "-s" in given_flags or "--symbolic" in given_flags
    sources = operands if folder else operands[:-1]
    target = folder or operands[-1]
    if not sources:
        raise Unread("`" + name + "` in this form is not read here")
    if not target["known"] or target["loose"] or target["several"]:
        raise Unread("what is written at " + where(target) + " is not told by the text")
    into = bool(folder) or len(sources) > 1 or target["text"].endswith("/")
    for word in sources:
        if not word["known"] or word["loose"] or word["several"]:
            raise Unread("what is written at " + where(word) + " is not told by the text")
        base = word["text"].rstrip("/").rpartition("/")[2]
        landed = target["text"].rstrip("/") + "/" + base
        itself = into or any(flag in given_flags for flag in AS_IT_IS)
        judge.write(landed if into else target["text"], cwd, "" if itself else base)
        made = landed if into else target["text"]
        judge.made.append(made if made.startswith("/") else cwd + "/" + made)
        if name == "mv" or (name == "ln" and not symbolic):
            judge.write(word["text"], cwd)
        if name == "ln" and symbolic:
            above = "" if word["text"].startswith("/") else target["text"].rpartition("/")[0]
            judge.write((above + "/" if above else "") + word["text"], cwd)


def _dd(judge: Judge, operands: list[Word], cwd: str) -> None:
    for word in operands:
        key, mark, value = word["text"].partition("=")
        if not mark or not word["known"]:
            raise Unread("this `dd` is not read here")
        if key == "of":
            judge.write_word({**word, "text": value}, cwd)
