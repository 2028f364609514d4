"""PowerShell: a short list of cmdlets that only look; everything else is opaque.

Not a reader of the language: only letters that mean nothing in it are let through, so that no
variable, script block, redirection or second statement can stand in what is read.
"""

from __future__ import annotations

CMDLETS = (
    "get-childitem", "get-content", "get-location", "get-item", "get-itemproperty", "get-date",
    "get-process", "get-command", "get-filehash", "get-alias", "get-psdrive", "get-host",
    "select-string", "select-object", "sort-object", "group-object", "measure-object",
    "format-table", "format-list", "test-path", "resolve-path", "split-path", "join-path",
    "write-output", "compare-object", "convertfrom-json", "convertto-json", "out-string",
)  # fmt: skip
PARAMETERS = (
    "path", "literalpath", "recurse", "filter", "include", "exclude", "name", "force", "file",
    "directory", "depth", "totalcount", "tail", "head", "raw", "encoding", "pattern",
    "simplematch", "casesensitive", "context", "first", "last", "skip", "property", "descending",
    "unique", "line", "word", "character", "list", "quiet", "notmatch", "allmatches", "autosize",
    "wrap", "pathtype", "leaf", "parent", "childpath", "algorithm", "format", "expandproperty",
    "noelement", "sum", "average", "maximum", "minimum", "inputobject",
)  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789 -_./:*?,|'\""
LIMIT = 1_000


def only_looks(text: str) -> bool:
    """Say whether a PowerShell command is one pipeline of listed cmdlets with plain words."""
    plain = text.strip().lower().replace("\\", "/")
    if not plain or len(plain) > LIMIT or any(letter not in LETTERS for letter in plain):
        return False
    if "//" in plain:  # another machine
        return False
    if any(mark in plain for mark in ("'", '"')):
        plain = _without_quoted(plain)
    return all(_stands(stage.split()) for stage in plain.split("|"))


def _without_quoted(text: str) -> str:
    """Replace each quoted piece by a plain word; what is quoted badly is never a cmdlet."""
    parts: list[str] = []
    i = 0
    while i < len(text):
        end = text.find(text[i], i + 1) if text[i] in "'\"" else -1
        if text[i] in "'\"" and end < 0:
            return ""
        parts.append("quoted" if end >= 0 else text[i])
        i = end + 1 if end >= 0 else i + 1
    return "".join(parts)


def _stands(words: list[str]) -> bool:
    if not words or words[0] not in CMDLETS:
        return False
    flags = [word.lstrip("-").partition(":")[0] for word in words[1:] if word.startswith("-")]
    return all(flag in PARAMETERS or flag.isdigit() for flag in flags)
