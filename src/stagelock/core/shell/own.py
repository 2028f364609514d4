"""What stagelock's own command line is asked: to look, or to run in its box."""

from __future__ import annotations

from .flags import read_words
from .words import Unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .reading import Judge
    from .words import Word

# what stagelock's own command line only shows, in the marks of `flags`
OWN_READS = {
    "status": "--json --rules",
    "log": "-n: --last: --json --event: --run: --stage: --since: --rule: --agent:",
    "why": "--json",
    "explain": "--json",
    "closeout": "--run:",
    "compile": "most=0",
    "config": "most=1",
    "doctor": "most=0",
    "graph": "--svg",
    "hypothesis": "most=0",
    "test": "",
    "--help": "most=0",
    "--version": "most=0",
}

PLAN_READS = {
    "check": "--json most=1",
    "review": "--base: --leave-out: --json most=1",
    "report": "most=0",
}


def read_own(judge: Judge, words: list[Word], cwd: str) -> str:
    """Return the effect of a `stagelock …` whose words stand in the text; raises Unread."""
    texts = [word["text"] for word in words[1:]]
    if any(not word["known"] or word["loose"] for word in words):
        if texts[:1] == ["hypothesis"]:
            raise Unread("put the statement, and every glob in single quotes")
        raise Unread("`stagelock` with a word that the text does not tell")
    if texts[:1] == ["ro"]:
        rest = texts[1:]
        while rest[:1] == ["--write"] and len(rest) > 1:
            judge.write(rest[1].rstrip("/") + "/any/any", cwd)
            rest = rest[2:]
        if len(rest) == 2 and rest[0] == "--":
            return "read"
        raise Unread("the box is read only as `stagelock ro -- '...'`")
    is_hypothesis = texts[:1] == ["hypothesis"] and bool(texts[1:])
    if texts[:1] == ["verify"] or texts in (["replay"], ["tracker", "sync"]) or is_hypothesis:
        return "run"
    if texts[:1] == ["plan"] and "".join(texts[1:2]) in PLAN_READS:
        read_words("stagelock plan " + texts[1], words[3:], PLAN_READS[texts[1]])
        return "read"
    if texts and texts[0] in OWN_READS:
        read_words("stagelock " + texts[0], words[2:], OWN_READS[texts[0]])
        return "read"
    raise Unread("`stagelock " + " ".join(texts[:1]) + "` is not read here")
