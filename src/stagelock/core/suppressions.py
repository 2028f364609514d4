"""What a change silences: checkers switched off, tests skipped, assertions and tests deleted.

Reads a unified diff and nothing else, line by line: text inside a string or a comment of several
lines is taken for code. It is for a person to look at, or for a project to refuse by.
"""

from __future__ import annotations

from .markers import (
    ASSERTIONS,
    BLOCKS,
    LANGUAGES,
    LEXIS,
    MARKERS,
    MODIFIERS,
    RUNNERS,
    TEST_FOLDERS,
    TEST_PARTS,
    TEST_STARTS,
    TESTS,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Suppression(TypedDict):
        """One thing that a change silences; `line` is of the new file, of the old where deleted."""

        file: str
        line: int
        what: str
        text: str

    class Line(TypedDict):
        """One added or removed line; `below` is what follows it in its own version."""

        number: int
        text: str
        hunk: int
        below: str

    class Change(TypedDict):
        """One file of a diff."""

        file: str
        old: str
        deleted: bool
        binary: bool
        added: list[Line]
        removed: list[Line]


LONGEST = 120
LOOKED_AT = 1 << 14  # of one line: longer ones are made by machines
# how a line begins that is about the one below: decorators, attributes, comments of their own
SPEAKS_OF_NEXT = ("@", "#", "//", "/*", "[", "{/*", "<!--")


def scan(diff: str) -> list[Suppression]:
    """Return what a unified diff silences, in the order of its files and lines.

    A line that only moved is not new, nor is a changed line that kept its suppression as it was.
    """
    changes = read_diff(diff)
    _forget_moved(changes)
    found: list[Suppression] = []
    for change in changes:
        if change["binary"] and _hides(change):
            found.append(_finding(change["file"], 1, "cannot be read as text", ""))
        found += _new_markers(change)
        found += _lost_tests(change)
    return found


def _hides(change: Change) -> bool:
    """Say whether what git shows no lines of may silence something: code, or a test that went."""
    return bool(_language(change["file"])) and (
        not change["deleted"] or is_test_file(change["file"])
    )


def told(found: Suppression) -> str:
    """Say what is silenced and where, without the author's own words."""
    file = "".join(c if c.isprintable() else "?" for c in found["file"])
    return file + ":" + str(found["line"]) + " " + found["what"]


def is_test_file(path: str) -> bool:
    """Say whether a path is named as tests are."""
    folders, _, name = path.rpartition("/")
    return (
        any(folder in TEST_FOLDERS for folder in folders.split("/"))
        or name.startswith(TEST_STARTS)
        or any(part in name for part in TEST_PARTS)
    )


def read_diff(diff: str) -> list[Change]:
    """Take a unified diff apart; what is no diff is passed over."""
    changes: list[Change] = []
    body: list[str] = []
    old = new = hunk = minus = plus = 0
    for line in diff.split("\n"):
        if minus > 0 or plus > 0:  # inside a hunk `--- x` is a removed line, not a header
            if line[:1] != "\\":
                body.append(line.rstrip("\r"))
                minus -= line[:1] != "+"
                plus -= line[:1] != "-"
            if minus <= 0 and plus <= 0:
                changes[-1]["removed"] += _lines(body, "-", old, hunk)
                changes[-1]["added"] += _lines(body, "+", new, hunk)
        elif line.startswith("@@ ") and changes:
            old, minus, new, plus = _ranges(line)
            hunk, body = hunk + 1, []
        else:
            _header(line, changes)
    if (minus > 0 or plus > 0) and changes:  # cut short
        changes[-1]["removed"] += _lines(body, "-", old, hunk)
        changes[-1]["added"] += _lines(body, "+", new, hunk)
    return changes


def _lines(body: list[str], mark: str, start: int, hunk: int) -> list[Line]:
    """Number the lines of one version of a hunk and return those that carry `mark`."""
    version = [line for line in body if line[:1] in (mark, " ", "")]
    below = [*(line[1:] for line in version[1:]), ""]
    return [
        {"number": start + n, "text": line[1:], "hunk": hunk, "below": below[n]}
        for n, line in enumerate(version)
        if line[:1] == mark
    ]


def _header(line: str, changes: list[Change]) -> None:
    word, _, rest = line.partition(" ")
    if word == "diff":
        changes.append(_change())
    elif word == "---" and rest:
        if not changes or changes[-1]["file"] or changes[-1]["removed"]:
            changes.append(_change())
        changes[-1]["old"] = _path(rest)
    elif word == "+++" and rest and changes:
        path = _path(rest)
        changes[-1]["deleted"] = path == "/dev/null"
        changes[-1]["file"] = changes[-1]["old"] if path == "/dev/null" else path
    elif line.startswith("Binary files ") and changes:
        old, _, new = line[13:].removesuffix(" differ").rpartition(" and ")
        changes[-1]["deleted"] = new == "/dev/null"
        changes[-1]["file"] = _path(old if new == "/dev/null" else new)
        changes[-1]["binary"] = True
    elif line.startswith("rename from ") and changes:
        changes[-1]["old"] = _path(line[12:])
    elif line.startswith("rename to ") and changes:
        changes[-1]["file"] = _path(line[10:])


def _change() -> Change:
    return {"file": "", "old": "", "deleted": False, "binary": False, "added": [], "removed": []}


def _path(text: str) -> str:
    path = _unquoted(text.rstrip("\r").split("\t")[0])
    return path[2:] if path[:2] in ("a/", "b/") else path


def _unquoted(text: str) -> str:
    """Undo the quoting that git puts around unusual names."""
    if not (text.startswith('"') and text.endswith('"') and len(text) > 1):
        return text
    out = bytearray()
    body = text[1:-1]
    i = 0
    while i < len(body):
        if body[i] != "\\":
            out += body[i].encode("utf-8", "surrogateescape")
            i += 1
        elif body[i + 1 : i + 4].isdigit():
            out.append(int(body[i + 1 : i + 4], 8) & 255)
            i += 4
        else:
            out += {"t": b"\t", "n": b"\n"}.get(body[i + 1 : i + 2], body[i + 1 : i + 2].encode())
            i += 2
    return out.decode("utf-8", "replace")


def _ranges(line: str) -> tuple[int, int, int, int]:
    """Read `@@ -a,b +c,d @@` as (a, b, c, d)."""
    numbers = []
    for part in line.split(" ")[1:3]:
        start, _, count = part[1:].partition(",")
        if not start.isdigit() or not (count or "1").isdigit():
            return 0, 0, 0, 0
        numbers += [int(start), int(count or "1")]
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) == 4 else (0, 0, 0, 0)


def _forget_moved(changes: list[Change]) -> None:
    """Drop each removed line together with one added line of the same words, wherever it went."""
    gone: dict[str, int] = {}
    for change in changes:
        for line in change["removed"]:
            key = _words(line)
            gone[key] = gone.get(key, 0) + 1
    came: dict[str, int] = {}
    for change in changes:
        change["added"], moved = _without(change["added"], gone)
        for key in moved:
            came[key] = came.get(key, 0) + 1
    for change in changes:
        change["removed"], _ = _without(change["removed"], came)


def _without(lines: list[Line], taken: dict[str, int]) -> tuple[list[Line], list[str]]:
    kept, moved = [], []
    for line in lines:
        key = _words(line)
        if taken.get(key, 0) > 0:
            taken[key] -= 1
            moved.append(key)
        else:
            kept.append(line)
    return kept, moved


def _words(line: Line) -> str:
    """What a line is known again by; one that speaks of the next line goes with that line."""
    return " ".join(line["text"].split()) + _spoken_of(line)


def _spoken_of(line: Line) -> str:
    """Return the line below where this one speaks of it: a skip belongs to its test."""
    if line["text"].lstrip().startswith(SPEAKS_OF_NEXT):
        return "\n" + " ".join(line["below"].split())
    return ""


def _new_markers(change: Change) -> list[Suppression]:
    before: dict[tuple[int, str], int] = {}
    old = change["old"] or change["file"]
    for line in _holding(change["removed"], _stems(old)):
        for _, mark in _marks(line["text"], old):
            key = (line["hunk"], mark + _spoken_of(line))
            before[key] = before.get(key, 0) + 1
    found = []
    for line in _holding(change["added"], _stems(change["file"])):
        for what, mark in _marks(line["text"], change["file"]):
            key = (line["hunk"], mark + _spoken_of(line))
            if before.get(key, 0) > 0:
                before[key] -= 1
            else:
                found.append(_finding(change["file"], line["number"], what, line["text"]))
    return found


def _finding(file: str, line: int, what: str, text: str) -> Suppression:
    return {"file": file, "line": line, "what": what, "text": text.strip()[:LONGEST]}


def _marks(text: str, file: str) -> list[tuple[str, str]]:
    """Return each marker of a line: how it is told, and what it is known again by."""
    language = _language(file)
    if language not in MARKERS:
        return []
    code, comments = _split(text[:LOOKED_AT], language)
    tested = is_test_file(file)
    found: list[tuple[str, str]] = []
    for where, needle, what in MARKERS[language]:
        key = what
        if where in ("comment", "remark"):
            spot = next((c for c in comments if _opens(c, needle, where)), "")
            if not spot:
                continue
            key = what + spot  # a suppression that grew wider is a new one
        elif not _in_code(code, needle, where, tested=tested):
            continue
        if what not in [told for told, _ in found]:
            found.append((what, key))
    return found


def _stems(file: str) -> set[str]:
    """Return a word of each marker: taking apart every line that holds none would be slow."""
    needles = [needle.lower() for _, needle, _ in MARKERS.get(_language(file), ())]
    return {max(_word_list(needle), key=len) for needle in needles}


def _word_list(text: str) -> list[str]:
    return "".join(c if _is_word(c) else " " for c in text).split() or [text]


def _holding(lines: list[Line], stems: set[str]) -> list[Line]:
    return [line for line in lines if any(stem in line["text"].lower() for stem in stems)]


def _language(file: str) -> str:
    return LANGUAGES.get(file.rpartition("/")[2].rpartition(".")[2].lower(), "")


def _opens(comment: str, needle: str, where: str) -> bool:
    if where == "remark":
        return needle in comment
    after = comment[len(needle) : len(needle) + 1]
    return comment.startswith(needle) and not (_is_word(after) and _is_word(needle[-1]))


def _in_code(code: str, needle: str, where: str, *, tested: bool) -> bool:
    if where == "method":
        return _on_runner(code, "." + needle)
    if where in ("test", "whole") and not tested:
        return False
    if where == "whole":
        return code.rstrip(";") == needle
    at = code.find(needle)
    while at >= 0:
        before, after = code[at - 1 : at] if at else "", code[at + len(needle) :][:1]
        whole = not (_is_word(before) and _is_word(needle[0]))
        whole = whole and (where == "prefix" or not (_is_word(after) and needle[-1].isalnum()))
        if whole and not (where in ("call", "test") and before == "."):
            return True
        at = code.find(needle, at + 1)
    return False


def _on_runner(code: str, method: str) -> bool:
    at = code.find(method)
    while at >= 0:
        start = at
        while start and _is_word(code[start - 1]):
            start -= 1
        if code[at + len(method) :][:1] in ("(", ".") and code[start:at] in RUNNERS:
            return True
        at = code.find(method, at + 1)
    return False


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _split(text: str, language: str) -> tuple[str, list[str]]:
    """Part a line into its code, tightened and with strings emptied, and its comments."""
    openers, quotes = LEXIS[language]
    stripped = text.strip()
    if language in BLOCKS and stripped.startswith("*"):
        return "", [_plain(stripped.lstrip("*/ "))]
    code: list[str] = []
    i = 0
    while i < len(text):
        opener = next((o for o in openers if text.startswith(o, i)), "")
        if opener:
            return _tight("".join(code)), _comments(text[i:], openers)
        if text[i] in quotes:
            end = _closing(text, i)
            code.append(text[i] * 2)
            i = end + 1
        else:
            code.append(text[i])
            i += 1
    return _tight("".join(code)), []


def _closing(text: str, start: int) -> int:
    i = start + 1
    while i < len(text) and text[i] != text[start]:
        i += 2 if text[i] == "\\" else 1
    return i


def _comments(text: str, openers: tuple[str, ...]) -> list[str]:
    """Return each comment of a line's rest, one that follows another in it included."""
    for opener in openers:
        text = text.replace(opener, "\n")
    return [_plain(part.lstrip("*!/ ")) for part in text.split("\n") if part.strip()]


def _plain(comment: str) -> str:
    """Lower case, single blanks, none around `:` and `=`."""
    words = " ".join(comment.lower().replace("*/", " ").replace("-->", " ").split())
    for mark in (":", "="):
        words = words.replace(" " + mark, mark).replace(mark + " ", mark)
    return words


def _tight(code: str) -> str:
    """Take out every blank that does not part two words."""
    out: list[str] = []
    blank = False
    for letter in code.strip():
        if letter.isspace():
            blank = True
            continue
        if blank and out and _is_word(out[-1]) and (_is_word(letter) or letter in "'\""):
            out.append(" ")
        out.append(letter)
        blank = False
    return "".join(out)


def _lost_tests(change: Change) -> list[Suppression]:
    """Find deleted tests and assertions: those that a file has fewer of than before."""
    old, language = change["old"] or change["file"], _language(change["old"] or change["file"])
    tested = is_test_file(old)
    if tested and change["deleted"]:
        return _lost_file(change, language)
    found = []
    if tested and old != change["file"] and not is_test_file(change["file"]):
        found.append(_finding(old, 1, "test file renamed out of sight", "now " + change["file"]))
    if tested or language == "rust":  # Rust keeps its tests beside the code
        for what, known in (("deleted test", _is_test), ("deleted assertion", _is_assertion)):
            lost = [line for line in change["removed"] if known(line["text"], language)]
            kept = [line for line in change["added"] if known(line["text"], language)]
            found += [_finding(old, x["number"], what, x["text"]) for x in _unpaired(lost, kept)]
    return found


def _unpaired(lost: list[Line], kept: list[Line]) -> list[Line]:
    """Return the lost lines that no kept one stands for; those of the same hunk go together first.

    A rewritten test has as many assertions as before, or more, somewhere in its file.
    """
    spare: dict[int, int] = {}
    for line in kept:
        spare[line["hunk"]] = spare.get(line["hunk"], 0) + 1
    alone = []
    for line in lost:
        if spare.get(line["hunk"], 0) > 0:
            spare[line["hunk"]] -= 1
        else:
            alone.append(line)
    return alone[sum(spare.values()) :]


def _lost_file(change: Change, language: str) -> list[Suppression]:
    """A test file that went away whole, unless its lines went to another file."""
    left = [line["text"] for line in change["removed"] if line["text"].strip()]
    tests = [t for t in left if _is_test(t, language) or _is_assertion(t, language)]
    if not tests and (language in TESTS or not left):
        return []
    told = f"{len(tests)} lines of tests and assertions" if tests else f"{len(left)} lines"
    return [_finding(change["old"], 1, "deleted test file", told)]


def _is_test(text: str, language: str) -> bool:
    return language in TESTS and _start(_split(text[:LOOKED_AT], language)[0]).startswith(
        TESTS[language]
    )


def _is_assertion(text: str, language: str) -> bool:
    code = _split(text[:LOOKED_AT], language)[0]
    return any(
        _in_code(code, needle, "prefix", tested=True) for needle in ASSERTIONS.get(language, ())
    )


def _start(code: str) -> str:
    """Pass over the modifiers that a line begins with."""
    while code.partition(" ")[0] in MODIFIERS:
        code = code.partition(" ")[2]
    return code
