"""Is an artifact whole? Its sections, its acceptance criteria, and no code where none belongs."""

from __future__ import annotations

from .implementation import implementations
from .markdown import fence_after, without_comments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import OwedArtifact, Problem

CRITERIA = "acceptance criteria"
FILLERS = ("AND", "OR", "TO")  # between criteria they say nothing
# what stands in a section that nobody has written yet
PLACEHOLDERS = (
    "todo", "tbd", "tba", "fixme", "xxx", "...", "…", "-", "lorem ipsum", "none yet", "to do",
    "to be done", "to be decided", "to be defined", "fill in", "wip", "placeholder", "?",
)  # fmt: skip


def problems(artifact: OwedArtifact, text: str | None, story: str | None) -> list[Problem]:
    """Name everything that keeps `text` from being approved as `artifact`.

    `story` is the text of the artifact whose criteria it covers, None where there is none.
    """
    name = artifact["path"].rpartition("/")[2]
    if text is None:
        return [{"what": name, "why": "`" + artifact["path"] + "` is missing or is not text"}]
    lines = without_comments(text)
    found = _sections(artifact, name, lines)
    if artifact["criteria"]:
        found += _own_criteria(name, lines)
    if artifact["covers"] and story is not None:
        found += _uncovered(name, lines, without_comments(story))
    if not artifact["code"]:
        found += implementations(name, lines)
    return found


def section(text: str, title: str) -> list[str]:
    """Return the lines below a heading, none where it is not there."""
    return _bodies(without_comments(text)).get(title.lower(), [])


# --- sections -----------------------------------------------------------------------------------


def _sections(artifact: OwedArtifact, name: str, lines: list[str]) -> list[Problem]:
    bodies = _bodies(lines)
    found: list[Problem] = []
    for section in artifact["sections"]:
        what = name + "#" + section.replace(" ", "-")
        body = bodies.get(section.lower())
        if body is None:
            found.append({"what": what, "why": name + " has no section `" + section + "`"})
        elif not "".join(body).strip():
            found.append({"what": what, "why": "section `" + section + "` is empty"})
        elif all(_is_placeholder(line) for line in body):
            why = "section `" + section + "` holds only a placeholder"
            found.append({"what": what, "why": why})
    return found


def _bodies(lines: list[str]) -> dict[str, list[str]]:
    """Return the lines below each heading, those of its subsections included."""
    bodies: dict[str, list[str]] = {}
    stack: list[tuple[int, str]] = []
    fence = ""
    for n, line in enumerate(lines):
        fence, is_fence_line = fence_after(line, fence)
        level = 0 if fence or is_fence_line else _level(lines, n)
        if level:
            stack = [(depth, title) for depth, title in stack if depth < level]
            title = _title(line)
            for _, above in stack if title.startswith("ac-") else []:
                bodies[above].append(line)  # a criterion may be a heading of its own
            stack.append((level, title))
            bodies.setdefault(title, [])
        elif not _is_underline(lines, n):
            for _, title in stack:
                bodies[title].append(line)
    return bodies


def _level(lines: list[str], n: int) -> int:
    """Return the level of the heading on line `n`, 0 where it is none."""
    line = lines[n].rstrip()
    line = line.lstrip(" ") if len(line) - len(line.lstrip(" ")) < 4 else line
    marks = len(line) - len(line.lstrip("#"))
    if 1 <= marks <= 6 and line[marks : marks + 1] in ("", " ", "\t"):
        return marks
    if n + 1 < len(lines) and line and not line.startswith((" ", "-", "*", ">", "|")):
        below = lines[n + 1].strip()
        if len(below) > 2 and not below.strip("="):
            return 1
        if len(below) > 2 and not below.strip("-"):
            return 2
    return 0


def _is_underline(lines: list[str], n: int) -> bool:
    below = lines[n].strip()
    return n > 0 and len(below) > 2 and not below.strip("=-") and _level(lines, n - 1) > 0


def _title(line: str) -> str:
    """Return a heading's words: no marks, no number before them, no colon after."""
    words = line.strip().strip("#").strip().strip("*_`").rstrip(":").split()
    while words and not words[0].strip("0123456789.)*_`"):
        words = words[1:]
    return " ".join(words).lower().strip("*_`").rstrip(":")


def _is_placeholder(line: str) -> bool:
    bare = line.strip().lstrip("-*+>#|0123456789.) \t")
    bare = (bare[3:] if bare[:1] == "[" and bare[2:3] == "]" else bare).strip("*_`:!. \t").lower()
    raw = line.strip()
    if not bare:
        return True
    if (raw[:1], raw[-1:]) in (("<", ">"), ("[", "]"), ("{", "}")):
        return True
    shouted = raw.lstrip("-*+>#|0123456789.)_[] \t").startswith(("TODO", "TBD", "FIXME"))
    noted = bare.startswith(("todo:", "tbd:", "fixme:", "todo -", "tbd -"))
    return bare in PLACEHOLDERS or shouted or noted or bare.startswith("lorem ipsum")


# --- acceptance criteria ------------------------------------------------------------------------


def _own_criteria(name: str, lines: list[str]) -> list[Problem]:
    numbers = _defined(lines)
    what = name + "#Acceptance-criteria"
    if not numbers:
        return [{"what": what, "why": name + " numbers no acceptance criterion (AC-1, AC-2, ...)"}]
    found: list[Problem] = []
    for number in sorted(set(numbers)):
        if numbers.count(number) > 1:
            criterion = "AC-" + str(number)
            found.append({"what": criterion, "why": criterion + " is defined more than once"})
    return found


def criteria(text: str) -> list[str]:
    """Return the acceptance criteria that a text defines, each as `AC-1: what it asks`."""
    lines = without_comments(text)
    numbers = set(_defined(lines))
    found = []
    for line in _bodies(lines).get(CRITERIA, []):
        item = line.strip().lstrip("-*+|#>0123456789.) \t[]xX").replace("*", "").replace("_", "")
        mentioned = _mentioned(item[:8])
        if item[:3].upper() == "AC-" and mentioned and mentioned[0] in numbers:
            numbers.discard(mentioned[0])
            words = item[3:].lstrip("0123456789").lstrip(" :.-\u2013\u2014|").rstrip(" |")
            found.append("AC-" + str(mentioned[0]) + ": " + words)
    return found


def _defined(lines: list[str]) -> list[int]:
    """Return the numbers of the criteria that are defined: an item or heading AC-n with text."""
    numbers = []
    items = _bodies(lines).get(CRITERIA, [])
    for n, line in enumerate(items):
        item = line.strip().lstrip("-*+|#>0123456789.) \t[]xX").lstrip("*_`")
        mentioned = _mentioned(item[:8])
        if item[:3].upper() == "AC-" and mentioned and _says(item, items[n + 1 :]):
            numbers.append(mentioned[0])
    return numbers


def _uncovered(name: str, lines: list[str], story: list[str]) -> list[Problem]:
    found: list[Problem] = []
    for number in sorted(set(_defined(story))):
        criterion = "AC-" + str(number)
        places = [n for n, line in enumerate(lines) if number in _mentioned(line)]
        if not any(_says(lines[n], lines[n + 1 :]) for n in places):
            found.append({"what": criterion, "why": criterion + " is not covered by " + name})
    return found


def _says(line: str, following: list[str]) -> bool:
    """Say whether a line that names criteria says anything about them, or the next one does."""
    words = [word for word in line.split() if "AC-" not in word.upper()]
    said = " ".join(word for word in words if word.strip(",.").upper() not in FILLERS)
    if any(c.isalnum() for c in said):
        return not _is_placeholder(said)
    after = next((text.strip() for text in following if text.strip()), "")
    names_more = bool(_mentioned(after)) or after.startswith("#")
    return bool(after) and not names_more and not _is_placeholder(after)


def _mentioned(text: str) -> list[int]:
    """Return the numbers n of every `AC-n` in a text; AC-12 is not AC-1."""
    numbers = []
    upper = text.upper()
    i = upper.find("AC-")
    while i >= 0:
        j = i + 3
        while j < len(upper) and upper[j] in "0123456789":
            j += 1
        before = upper[i - 1 : i]
        if j > i + 3 and not before.isalnum() and not upper[j : j + 1].isalnum():
            numbers.append(int(upper[i + 3 : j]))
        i = upper.find("AC-", i + 3)
    return numbers
