"""YAML as its author sees it: every value with its line, every mistake with file and line."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Where = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing wrong with a file; reads as `file:line: path: message`."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        path = f"{self.path}: " if self.path else ""
        return f"{self.file}:{self.line}: {path}{self.message}"


class InvalidWorkflow(Exception):  # a noun: what the file is
    """An author's mistakes, all of them; never a refusal of the gate."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


@dataclass
class Source:
    """A parsed YAML file: plain data, and where each part of it stands."""

    file: str
    data: Any = None
    lines: dict[Where, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def wrong(self, where: Where, message: str) -> None:
        """Note a mistake at `where`, or at the nearest part around it that has a line."""
        at = where
        while at and at not in self.lines:
            at = at[:-1]
        path = ".".join(str(part) for part in where)
        self.mistakes.append(Mistake(self.file, self.lines.get(at, 1), path, message))


def read_source(path: Path, shown: str = "") -> Source:
    """Parse a file; mistakes of form are noted in the result, not raised."""
    source = Source(shown or path.name)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        source.mistakes.append(Mistake(source.file, line, "", "not UTF-8; save the file as UTF-8"))
        return source
    except OSError as error:
        source.mistakes.append(Mistake(source.file, 1, "", f"cannot be read: {error.strerror}"))
        return source
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        source.mistakes.append(Mistake(source.file, line, "", f"not YAML: {problem}"))
        return source
    if node is None:
        source.mistakes.append(Mistake(source.file, 1, "", "the file is empty"))
        return source
    source.data = _value(node, (), source, set())
    return source


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` where a known word is near, else the known words."""
    names = list(known)
    near = difflib.get_close_matches(str(word), names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean `{near[0]}`?"
    return f"; there are: {', '.join(names)}" if names else ""


def _value(node: yaml.Node, where: Where, source: Source, above: set[int]) -> Any:
    source.lines[where] = node.start_mark.line + 1
    if id(node) in above:
        source.wrong(where, "an anchor that contains itself")
        return None
    inner = above | {id(node)}
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, where, source, inner)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*where, n), source, inner) for n, item in enumerate(node.value)]
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        source.wrong(where, f"not a plain value: {getattr(error, 'problem', None) or error}")
        return None


def _mapping(node: yaml.MappingNode, where: Where, source: Source, inner: set[int]) -> Any:
    result: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            source.wrong(where, "a key must be a word")
            continue
        name = str(key.value)
        if name in result:
            source.lines[(*where, name)] = key.start_mark.line + 1
            source.wrong((*where, name), "stands twice; keep one")
            continue
        result[name] = _value(value, (*where, name), source, inner)
        source.lines[(*where, name)] = key.start_mark.line + 1
    return result
