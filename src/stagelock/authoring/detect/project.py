"""What the detectors see of a project: its text files by line, and nothing that runs."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

LARGEST = 1 << 20  # a project file beyond this is not one that a person wrote


@dataclass(frozen=True)
class Proposal:
    """A check that the project seems to have, and where that is written."""

    name: str
    command: str
    file: str
    line: int
    why: str
    fast: bool = False

    @property
    def at(self) -> str:
        return f"{self.file}:{self.line}"

    def named(self, name: str) -> "Proposal":
        return replace(self, name=name)


@dataclass(frozen=True)
class Found:
    """All proposals, and what a person should know beside them."""

    proposals: list[Proposal]
    notes: list[str]


@dataclass(frozen=True)
class Hit:
    """Where something was found."""

    file: str
    line: int
    text: str


@dataclass
class Project:
    """A folder whose files are read once, whole, and never beyond LARGEST."""

    root: Path
    notes: list[str] = field(default_factory=list)
    _read: dict[str, str] = field(default_factory=dict)

    def has(self, *names: str) -> str:
        """Return the first of `names` that is a file here, else ""."""
        return next((name for name in names if (self.root / name).is_file()), "")

    def names(self, pattern: str) -> list[str]:
        """Return the files that match a glob, sorted, seen from the root."""
        return sorted(p.relative_to(self.root).as_posix() for p in self.root.glob(pattern))

    def text(self, name: str) -> str:
        """Return a file's text, "" where there is none to read; a note says what was not read."""
        if name not in self._read:
            self._read[name] = self._slurp(name)
        return self._read[name]

    def find(self, pattern: str, names: Iterable[str]) -> Hit | None:
        """Return the first line of the first file that a pattern is found in, comments aside."""
        wanted = re.compile(pattern)
        for name in names:
            for number, line in enumerate(self.text(name).splitlines(), 1):
                if not line.lstrip().startswith(("#", "//", ";", "<!--")) and wanted.search(line):
                    return Hit(name, number, line.strip())
        return None

    def json(self, name: str) -> dict[str, Any]:
        """Return a JSON file's object, {} where there is none; a note says what is wrong."""
        text = self.text(name)
        if not text:
            return {}
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            line = getattr(error, "lineno", 1)
            self._note(f"{name}:{line}: not JSON, so nothing was read from it; mend it first")
            return {}
        if not isinstance(data, dict):
            self._note(f"{name}:1: no JSON object, so nothing was read from it")
            return {}
        return data

    def line_of(self, name: str, needle: str) -> int:
        """Return the first line that holds `needle`, 1 where none does."""
        at = self.text(name).find(needle)
        return self.text(name).count("\n", 0, at) + 1 if at >= 0 else 1

    def _slurp(self, name: str) -> str:
        path = self.root / name
        try:
            if not path.is_file():  # a pipe or a device would make the reader wait
                return ""
            if path.stat().st_size > LARGEST:
                self._note(f"{name}: larger than {LARGEST >> 20} MiB, so it was not read")
                return ""
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            self._note(f"{name}: not UTF-8, so it was not read")
        except OSError as error:
            self._note(f"{name}: cannot be read: {error.strerror}")
        return ""

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def strings(value: Any) -> dict[str, str]:
    """Return those entries of a JSON object that are text, {} of anything else."""
    if not isinstance(value, dict):
        return {}
    return {key: text for key, text in value.items() if isinstance(text, str)}
