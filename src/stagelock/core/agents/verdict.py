"""A reviewer's reply: a verdict, and what at file:line it rests on.

    VERDICT: PASS                        or FAIL; a spec reviewer: COMPLIANT or NON-COMPLIANT
    ## Evidence                          (Mapping)
    - AC-1: src/login.py:12 what there shows it
    ## Findings                          (Omissions, Over-builds, Required fixes)
    - BLOCKING src/login.py:30 what breaks

The verdict counts only with its evidence: each item at a place that exists, said in words that say
something. One blocking finding is a FAIL, whatever the verdict line says.
"""

from __future__ import annotations

from .status import lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Cite, Verdict

QUALITY = ("PASS", "FAIL")
COMPLIANCE = ("COMPLIANT", "NON-COMPLIANT")
SPEC_REVIEWERS = ("stagelock:spec-reviewer",)
SHAPE = {
    QUALITY: "`VERDICT: PASS` or `VERDICT: FAIL`",
    COMPLIANCE: "`VERDICT: COMPLIANT` or `VERDICT: NON-COMPLIANT`",
}

_EVIDENCE = ("evidence", "mapping", "spec mapping")
_WRONG = ("findings", "omissions", "over-builds", "overbuilds", "required fixes")
_IDEAS = ("suggestions", "recommendations", "nice to have", "ideas", "comments", "nits")
_IDEA_WORDS = ("suggest", "suggestion", "consider", "nit", "optional", "maybe", "recommend")
# words that say that somebody looked, and not what is there
_EMPTY = (
    "looks", "look", "correct", "good", "fine", "ok", "okay", "lgtm", "seems", "right", "as",
    "expected", "works", "met", "done", "satisfied", "implemented", "verified", "confirmed", "yes",
    "passes", "pass", "is", "it", "this", "all", "to", "me", "be", "and", "well", "properly",
    "correctly", "fully", "requirement", "requirements", "covered", "present", "exists",
)  # fmt: skip
_NONE = ("none", "nothing", "n/a", "-", "no findings", "none found")
_MARKS = "-*+\u2022 \t"


def pair(role: str) -> tuple[str, str]:
    """Return the two verdicts of a role, the good one first."""
    return COMPLIANCE if role in SPEC_REVIEWERS else QUALITY


def read(text: str, role: str, items: list[str]) -> Verdict:
    """Read a verdict; `items` are the done-items that each need evidence. Never raises."""
    good, bad = pair(role)
    said = [line for line, is_said in lines(text) if is_said]
    words = [word for line in said for word in [_verdict(line)] if word]
    sections = _sections(said)
    cites = [_cite(line) for line in _entries(sections, _EVIDENCE)]
    wrong = _entries(sections, _WRONG)
    verdict: Verdict = {
        "word": words[0] if len(words) == 1 and words[0] in (good, bad) else "",
        "cites": cites,
        "wrong": wrong,
        "fault": "",
    }
    if not verdict["word"]:
        which = "there is no verdict" if not words else "the verdict is unclear"
        verdict["fault"] = which + "; write one line " + SHAPE[(good, bad)]
    elif _ideas(sections, said):
        verdict["fault"] = "a verdict suggests nothing; make it a finding, or leave it out"
    elif verdict["word"] == bad and not wrong:
        verdict["fault"] = bad + " names no finding; say what is wrong, at file:line"
    elif verdict["word"] == good:
        verdict["fault"] = _unshown(cites, items)
        if _is_blocking(wrong, role):
            verdict["word"], verdict["fault"] = bad, ""
    return verdict


def _verdict(line: str) -> str:
    """Return the verdict that a line pronounces, as it is spelled, "" where it is no such line."""
    plain = "".join(c for c in line if c not in "*_`#\u2705\u274c\u2714\u2718\ufe0f").strip(_MARKS)
    key, colon, rest = plain.partition(":")
    if key.strip().lower() not in ("verdict", "overall verdict", "final verdict") or not colon:
        return ""
    return rest.strip().rstrip(".!").strip() or "?"


def _sections(said: list[str]) -> dict[str, list[str]]:
    """Return the lines below each heading, by its title in small letters."""
    found: dict[str, list[str]] = {}
    title = ""
    for line in said:
        text = line.strip()
        bold = text.startswith("**") and text.rstrip(":").endswith("**")
        if text.startswith("#") or bold:
            title = text.strip("#* :\t").lower()
        elif text and title:
            found.setdefault(title, []).append(text)
    return found


def _entries(sections: dict[str, list[str]], titles: tuple[str, ...]) -> list[str]:
    """Return the listed lines of some sections, `none` left out."""
    entries = []
    for title in titles:
        for line in sections.get(title, []):
            text = line.lstrip(_MARKS)
            is_word = _verdict(line) or text.lower().startswith("status")
            if line[:1] in "-*+\u2022" and not is_word and text.rstrip(".").lower() not in _NONE:
                entries.append(text)
    return entries


def _cite(entry: str) -> Cite:
    """Read one line of evidence: an item, a place, and words."""
    plain = entry.replace("`", "").replace("*", "").replace("\u2705", "").strip()
    item, colon, rest = plain.partition(":")
    if not colon or " " in item.strip() or "." in item or "/" in item:
        item, rest = "", plain
    words = rest.split()
    path, line = "", 0
    for n, word in enumerate(words):
        path, line = _place(word.strip("(),;\u2014-").rstrip("."))
        if line:
            words = words[:n] + words[n + 1 :]
            break
    return {"item": item.strip(), "path": path, "line": line, "says": " ".join(words)}


def _place(word: str) -> tuple[str, int]:
    """Read `path:12` or `path:12-20`; a line of 0 is no place."""
    path, _, number = word.rpartition(":")
    first = number.split("-")[0].lstrip("L")
    if not path or not first.isascii() or not first.isdigit() or len(first) > 9:
        return "", 0
    if path.rpartition(":")[2].isdigit():  # path:12:5, line and column
        return _place(path)
    return path, int(first)


def _unshown(cites: list[Cite], items: list[str]) -> str:
    """Say which evidence is missing, "" where each item has some."""
    if not cites:
        return "there is no evidence; give each item a place, as `- AC-1: path:12 what shows it`"
    for cite in cites:
        name = cite["item"] or cite["says"][:40] or "an item"
        if not cite["line"]:
            return "the evidence for `" + name + "` names no place; write path:line"
        if _is_empty(cite["says"]):
            return (
                "the evidence for `" + name + "` says only that somebody looked; say what is there"
            )
    shown = {cite["item"].upper() for cite in cites}
    missing = [item for item in items if item.upper() not in shown]
    return "no evidence for " + ", ".join(missing) if missing else ""


def _is_empty(says: str) -> bool:
    words = [word.strip(".,;:!()-\u2014").lower() for word in says.split()]
    return all(word in _EMPTY or not any(c.isalnum() for c in word) for word in words)


def _ideas(sections: dict[str, list[str]], said: list[str]) -> bool:
    if any(_entries(sections, (title,)) for title in _IDEAS):
        return True
    for line in said:
        text = line.strip()
        first = text.lstrip(_MARKS + "[(`").split(" ")[0].strip(":,*`[]()").lower()
        if text[:1] in "-*+\u2022" and first in _IDEA_WORDS:
            return True
    return False


def _is_blocking(wrong: list[str], role: str) -> bool:
    """Say whether a finding forbids the good verdict; for a spec reviewer every one does."""
    if role in SPEC_REVIEWERS:
        return bool(wrong)
    return any("BLOCKING" in entry.split(" ", 1)[0].strip("[]*`:()").upper() for entry in wrong)
