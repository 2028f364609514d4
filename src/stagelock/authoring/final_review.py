"""The mechanical half of the final review: what only shows where the units' changes meet."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stagelock.core.plan.context import listed
from stagelock.core.plan.scopes import covered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stagelock.core.plan.units import Plan

HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")
MARKER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
COMMENT = re.compile(r"#|//|/\*|<!--|--|^\s*\*")
TESTED = re.compile(r"(?:^|/)(?:tests?|__tests__|spec|e2e)/|(?:\.|_|-)(?:test|spec)\.|(?:^|/)test_")
IMPORT = re.compile(r"\s*(?:import\b.*|from\s+\S+\s+import\b.*|use\s+[\w:{}, ]+;|#include\s.*)$")
# what defines a name at the top of a file: (kind, pattern)
DEFINES = (
    ("type", re.compile(r"(?:export\s+)?(?:interface|type|enum|struct|trait)\s+(\w+)")),
    ("type", re.compile(r"(?:export\s+)?(?:default\s+)?(?:abstract\s+)?class\s+(\w+)")),
    ("type", re.compile(r"pub\s+(?:struct|enum|trait)\s+(\w+)")),
    ("function", re.compile(r"(?:async\s+)?def\s+(\w+)")),
    ("function", re.compile(r"(?:export\s+)(?:default\s+)?(?:async\s+)?function\s+(\w+)")),
    ("function", re.compile(r"(?:export\s+)(?:const|let)\s+(\w+)\s*[:=]")),
    ("function", re.compile(r"func\s+(\w+)\(")),
    ("function", re.compile(r"pub\s+(?:async\s+)?fn\s+(\w+)")),
    ("table", re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?[\"`]?(\w+)", re.IGNORECASE)),
)  # fmt: skip
FIXTURE = re.compile(r"@(?:pytest\.)?fixture\b")
# names that every file may have
COMMON = {"main", "setup", "teardown", "default", "Props", "State", "init", "run", "handler"}


@dataclass(frozen=True, order=True)
class Finding:
    """One thing wrong between units; reads as `file:line: message`."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass
class Changed:
    """A file as a diff leaves it."""

    path: str
    added: list[tuple[int, str]] = field(default_factory=list)  # line number, text


@dataclass(frozen=True)
class Defined:
    """A name that a diff defines."""

    name: str
    kind: str
    file: str
    line: int
    body: str


def review(plan: Plan, diff: str, inventory: str | None = "") -> list[Finding]:
    """Judge the combined diff of all units, as `git diff BASE..HEAD` prints it.

    `inventory` is None where none is kept.
    """
    files = changed_files(diff)
    defined = [one for file in files for one in _definitions(file)]
    found = [
        *_outside(plan, files),
        *_markers(files),
        *_twice(plan, defined),
        *_imports(files),
        *(_inventory(plan, defined, inventory) if inventory is not None else ()),
    ]
    return sorted(set(found))


def changed_files(diff: str) -> list[Changed]:
    """Read a unified diff: each file that it changes, with the lines it adds."""
    files: list[Changed] = []
    number = left = 0
    for line in diff.splitlines():
        if left <= 0 and line.startswith("diff --git "):
            files.append(Changed(_named(line.rpartition(" b/")[2] or line.split()[-1])))
        elif left <= 0 and line.startswith(("+++ ", "rename to ")) and files:
            path = line.split(" ", 2 if line[0] == "r" else 1)[-1].partition("\t")[0]
            if path != "/dev/null":
                files[-1].path = _named(path.removeprefix("b/") if line[0] == "+" else path)
        elif left <= 0 and line.startswith("rename from ") and files:
            files.insert(-1, Changed(_named(line.removeprefix("rename from "))))
        elif hunk := HUNK.match(line):
            number, left = int(hunk[1]), _length(line)
        elif files and line.startswith("+"):
            files[-1].added.append((number, line[1:]))
            number, left = number + 1, left - 1
        elif line.startswith(" ") or line == "":
            number, left = number + 1, left - 1
    return files


def _length(hunk: str) -> int:
    """Return how many lines of the new file a hunk speaks of."""
    said = re.search(r"\+\d+(?:,(\d+))?", hunk)
    return int(said[1]) if said and said[1] else 1


def _named(path: str) -> str:
    """Read a path as git prints it; what is not ASCII it puts in quotes."""
    if not path.startswith('"'):
        return path
    raw = path.strip('"').removeprefix("b/")
    return raw.encode("latin-1", "replace").decode("unicode_escape").encode("latin-1").decode()


# --- checks ---------------------------------------------------------------------------------------


def _outside(plan: Plan, files: list[Changed]) -> Iterator[Finding]:
    scopes = [glob for unit in plan["units"] for glob in unit["files"]]
    for file in files:
        if not covered(scopes, file.path):
            told = "changed, and in no unit's file scope; put it back or give it to a unit"
            yield Finding(file.path, 1, told)


def _markers(files: list[Changed]) -> Iterator[Finding]:
    for file in files:
        for number, text in file.added:
            mark = MARKER.search(text)
            if mark and COMMENT.search(text[: mark.start()] or " "):
                told = f"`{mark[1]}` is left over; do it, or open an issue and remove it"
                yield Finding(file.path, number, told)


def _twice(plan: Plan, defined: list[Defined]) -> Iterator[Finding]:
    """Tell of one name that two units define."""
    by_name: dict[tuple[str, str], list[Defined]] = defaultdict(list)
    for one in defined:
        in_tests = bool(TESTED.search(one.file))
        if one.name not in COMMON and in_tests == (one.kind == "fixture"):
            by_name[one.kind, one.name].append(one)
    for (kind, name), places in by_name.items():
        first = places[0]
        for other in places[1:]:
            if not _other_unit(plan, first.file, other.file):
                continue
            where = f"{first.file}:{first.line}"
            if kind in ("type", "table") and other.body != first.body:
                told = f"{kind} `{name}` is defined differently at {where}; agree on one"
            else:
                told = f"{kind} `{name}` is defined at {where} as well; keep one"
            yield Finding(other.file, other.line, told)


def _imports(files: list[Changed]) -> Iterator[Finding]:
    for file in files:
        seen: dict[str, int] = {}
        for number, text in file.added:
            line = " ".join(text.split())
            if not IMPORT.match(text) or text.startswith((" ", "\t")):
                continue
            if line in seen:
                told = f"`{line:.60}` stands in line {seen[line]} already; keep one"
                yield Finding(file.path, number, told)
            seen.setdefault(line, number)


def _inventory(plan: Plan, defined: list[Defined], text: str) -> Iterator[Finding]:
    """Tell of what the plan says a unit provides and the inventory does not list."""
    names = {entry["name"].strip("`").split("(")[0].strip() for entry in listed(text)}
    built = {one.name: one for one in defined if not TESTED.search(one.file)}
    for unit in plan["units"]:
        for provided in unit["provides"]:
            name = re.split(r"[\s(:]", provided)[0].split(".")[0]
            one = built.get(name)
            if one and not {name, provided.split("(")[0].strip()} & names:
                told = f"`{name}` of {unit['id']} is not in the service inventory; add its row"
                yield Finding(one.file, one.line, told)
    there = {one.file for one in defined}
    for entry in listed(text):
        owned = any(covered(unit["files"], entry["file"]) for unit in plan["units"])
        is_built = entry["file"] in there
        if owned and not is_built and entry["name"].isidentifier() and entry["kind"] != "module":
            told = f"the inventory lists `{entry['name']}` here, and nothing defines it"
            yield Finding(entry["file"], 1, told)


# --- reading definitions --------------------------------------------------------------------------


def _definitions(file: Changed) -> Iterator[Defined]:
    fixture = False
    for n, (number, text) in enumerate(file.added):
        for kind, pattern in DEFINES:
            found = pattern.match(text)
            if found and not found[1].startswith("_"):
                shown = "fixture" if fixture else kind
                yield Defined(found[1], shown, file.path, number, _body(file, n))
                break
        fixture = bool(FIXTURE.match(text)) or (fixture and text.startswith(("@", " ", ")")))


def _body(file: Changed, start: int) -> str:
    """Return a definition's lines without its layout: its own and those that are set in."""
    lines = [file.added[start][1]]
    for number, text in file.added[start + 1 :]:
        is_next = number == file.added[start][0] + len(lines)
        if not is_next or (text[:1] not in (" ", "\t", "}", ")", "") and text.strip()):
            break
        lines.append(text)
    return " ".join(" ".join(lines).split())


def _other_unit(plan: Plan, one: str, other: str) -> bool:
    """Say whether two files belong to different units; the same file is never another's."""
    return one != other and not _owners(plan, one) & _owners(plan, other)


def _owners(plan: Plan, path: str) -> set[str]:
    return {unit["id"] for unit in plan["units"] if covered(unit["files"], path)}
