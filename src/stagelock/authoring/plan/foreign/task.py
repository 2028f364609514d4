"""What other tools' plans have in common, and how their prose is taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = re.compile(
    r"(?<![\w/.:@$-])((?:[\w.@*()\[\]$-]+/)+(?:[\w.@*()\[\]$-]*[\w*\])])?"
    r"|[\w.-]+\.(?:py|tsx?|jsx?|mjs|json|md|ya?ml|toml|rs|go|sql|css|html|sh|rb|java|kt|swift"
    r"|prisma|vue|svelte|txt|example))(?![\w-])"
)
TESTED = re.compile(r"(?:^|/)(?:tests?|__tests__|spec|e2e)/|(?:\.|_|-)(?:test|spec)\.|(?:^|/)test_")


@dataclass(frozen=True)
class File:
    """A file as it was given."""

    name: str
    text: str


class Reads(Protocol):
    """Whatever takes in a file."""

    def read(self) -> None:
        """Take what the file says."""


@dataclass
class Task:
    """One piece of work, as far as its source says."""

    id: str
    title: str
    where: str  # file:line
    spec: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    expects: list[str] = field(default_factory=list)
    provides: list[str] = field(default_factory=list)
    before: str = ""  # what a person looks at before it
    after: str = ""

    def takes(self, paths: list[str]) -> None:
        """Add files to its scope; those that look like tests are its tests too."""
        for path in paths:
            if path not in self.files:
                self.files.append(path)
            if TESTED.search(path) and path not in self.tests:
                self.tests.append(path)


@dataclass
class Service:
    """An external service that a person sets up."""

    name: str
    variables: list[str]
    obtain: str


@dataclass
class Foreign:
    """A plan of another tool, read."""

    title: str = ""
    about: list[str] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)  # `file:line: what could not be placed`
    kind: str = ""

    def kept(self) -> str:
        """Say what of it stands in the plan that it becomes."""
        parts = {
            "done-items": sum(len(task.done) for task in self.tasks),
            "dependencies": sum(len(task.needs) for task in self.tasks),
            "files": len({path for task in self.tasks for path in task.files}),
            "pauses": sum(bool(task.before) + bool(task.after) for task in self.tasks),
            "services": len(self.services),
        }
        named = ", ".join(f"{name} {count}" for name, count in parts.items() if count)
        return f"kept {len(self.tasks)} units" + (f" ({named})" if named else "")


def one_after_another(files: list[File], reader: Callable[[File, Foreign], Reads]) -> Foreign:
    """Read one or several files, each with what was read before it."""
    foreign = Foreign()
    for file in files:
        reader(file, foreign).read()
    return foreign


def paths_in(text: str) -> list[str]:
    """Return the paths that prose names, in order: words with an extension, or folders."""
    found: list[str] = []
    for word in PATH.findall(text):
        named = word.endswith("/") or "." in word.rpartition("/")[2] or "*" in word
        if named and not word.startswith(("http", "www.")) and _path(word) not in found:
            found.append(_path(word))
    return found


def paths_listed(text: str) -> list[str]:
    """Return the paths of a list, where each word stands for a path."""
    found: list[str] = []
    for item in re.split(r"[,\n]", text):
        # `path:12-34` names lines of the file, `path (new)` says something of it
        word = re.sub(r"\s+\([^)]*\)$", "", item.strip(" \t-")).strip("*`")
        word = re.sub(r":\d+(?:-\d+)?$", "", word)
        is_path = word and " " not in word and not re.fullmatch(r"\[.*\]|n/a|none", word)
        for path in [_path(word)] if is_path else paths_in(item):
            if path not in found:
                found.append(path)
    return found


def _path(word: str) -> str:
    path = word.removeprefix("./")
    return path + "**" if path.endswith("/") else path


def items_in(text: str) -> list[str]:
    """Return each bullet of a text, or the text as one item."""
    bullets: list[str] = []
    loose: list[str] = []
    for line in text.splitlines():
        bullet = re.match(r"\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?(.*)$", line)
        if bullet:
            bullets.append(bullet[1].strip())
        elif bullets and line.strip():
            bullets[-1] += " " + line.strip()
        elif line.strip():
            loose.append(line.strip())
    return ([" ".join(loose)] if loose else []) + bullets


def line_of(text: str, offset: int) -> int:
    """Return the line an offset lies in."""
    return text.count("\n", 0, offset) + 1
