"""YAML as its author sees it: every value with its line, every mistake with file and line."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Where = tuple[str | int, ...]

# INVARIANT: aliases are spelled out while reading, so what a file may grow to is bounded.
VALUES = 100_000


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
        line = self.lines.get(at, 1)
        self.mistakes.append(Mistake(self.file, line, _printable(path), _printable(message)))


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
        source.data = _value(node, (), source, set()) if node else None
        if source.data is None and not source.mistakes:
            source.wrong((), "the file is empty")
    except (yaml.YAMLError, ValueError) as error:
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        mistake = Mistake(source.file, _line(error, text), "", f"not YAML: {problem}")
        source.mistakes.append(mistake)
    except RecursionError:
        source.mistakes.append(Mistake(source.file, 1, "", "nested too deeply to be read"))
    except _TooMuch as error:
        what = f"grows beyond {VALUES} values; write less, or repeat fewer anchors"
        source.mistakes.append(Mistake(source.file, error.line, "", what))
    return source


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` where a known word is near, else the known words."""
    names = list(known)
    near = difflib.get_close_matches(str(word), names, n=1, cutoff=0.6)
    if near:
        return f"; did you mean `{near[0]}`?"
    return f"; there are: {', '.join(names)}" if names else ""


class _TooMuch(Exception):
    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


def _line(error: Exception, text: str) -> int:
    mark = getattr(error, "problem_mark", None)
    if mark:
        return int(mark.line) + 1
    return text.count("\n", 0, getattr(error, "position", 0)) + 1


def _printable(text: str) -> str:
    """Spell out half a surrogate pair, which YAML can write and no terminal can print."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _value(node: yaml.Node, where: Where, source: Source, above: set[int]) -> Any:
    source.lines[where] = node.start_mark.line + 1
    if len(source.lines) > VALUES:
        raise _TooMuch(node.start_mark.line + 1)
    if id(node) in above:
        source.wrong(where, "an anchor that contains itself")
        return None
    inner = above | {id(node)}
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, where, source, inner)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*where, n), source, inner) for n, item in enumerate(node.value)]
    # PyYAML checks little of what it constructs: `!!bool x` is a KeyError, `!!int ''` an IndexError
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, ArithmeticError):
        tag = node.tag.rpartition(":")[2]
        source.wrong(where, f"`{node.value:.40}` is no {tag}; put it in quotes if it is text")
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
