"""Markdown as a plan uses it: headings hold parts, `- **Name**: ...` holds a field."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stagelock.core.documents.markdown import fence_after, without_comments

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$")
BULLET = re.compile(r"( *)(?:[-*+]|\d+[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(.*)$")
NAMED = re.compile(
    r"(?:\*\*(?P<bold>[^*:]+?)(?::\*\*|\*\*[ \t]*:)|(?P<plain>[\w /-]{2,30}?):)"
    r"[ \t]*(?P<rest>.*)$"
)


@dataclass
class Line:
    """One line of text and where it stands."""

    number: int
    text: str


@dataclass
class Field:
    """`- **Name**: text`, with what runs on below it."""

    name: str
    number: int
    lines: list[Line] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it in one line, bullets as they stand."""
        return " ".join(line.text.strip() for line in self.lines if line.text.strip())

    @property
    def items(self) -> list[Line]:
        """Each nested bullet, with the lines that run on; else the text, parted at commas."""
        found: list[Line] = []
        for line in self.lines[1:]:
            bullet = BULLET.match(line.text)
            if bullet:
                found.append(Line(line.number, bullet[2].strip()))
            elif found and line.text.strip():
                found[-1].text += " " + line.text.strip()
        if found:
            return found
        return [Line(self.number, word) for word in _words(self.text)]


@dataclass
class Part:
    """A heading and what stands below it, up to the next heading of its level."""

    title: str
    number: int
    level: int
    lines: list[Line] = field(default_factory=list)  # what belongs to no field
    fields: list[Field] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def every(self) -> Iterator[Part]:
        """Yield the part and all parts in it."""
        yield self
        for part in self.parts:
            yield from part.every()

    def words(self) -> list[Line]:
        """Return all that is written here and below, headings aside, in order."""
        own = self.lines + [line for entry in self.fields for line in entry.lines]
        inner = [line for part in self.parts for line in part.words()]
        return sorted(own + inner, key=lambda line: line.number)

    def get(self, name: str) -> Field | None:
        """Return the field of that name, however it is capitalised."""
        return next((f for f in self.fields if f.name.lower() == name.lower()), None)


def read(text: str) -> Part:
    """Read a document; its root is a part of level 0. Comments count as nothing."""
    root = Part("", 1, 0)
    stack = [root]
    fence = ""
    open_field: Field | None = None
    for n, raw in enumerate(without_comments(text), 1):
        line = raw.rstrip()
        fence, is_fence = fence_after(line, fence)
        heading = None if fence or is_fence else HEADING.match(line)
        if heading:
            open_field = None
            part = Part(_bare(heading[2]), n, len(heading[1]))
            while stack[-1].level >= part.level:
                stack.pop()
            stack[-1].parts.append(part)
            stack.append(part)
            continue
        bullet = None if fence or is_fence else BULLET.match(line)
        if bullet and len(bullet[1]) < 2:
            open_field = _field(bullet[2], n)
            if open_field:
                stack[-1].fields.append(open_field)
                continue
        if open_field is not None:
            open_field.lines.append(Line(n, line))
        else:
            stack[-1].lines.append(Line(n, line))
    return root


def _field(text: str, number: int) -> Field | None:
    named = NAMED.match(text)
    if not named:
        return None
    name = (named["bold"] or named["plain"]).strip()
    return Field(name, number, [Line(number, named["rest"])])


def _bare(title: str) -> str:
    return re.sub(r"^[\d.)\s]+(?=\D)", "", title.strip().strip("*_")).rstrip(":").strip()


def _words(text: str) -> list[str]:
    """Part a text at commas that stand in no backticks and no brackets."""
    words, depth, ticked, start = [], 0, False, 0
    for n, c in enumerate(text):
        if c == "`":
            ticked = not ticked
        elif not ticked and c in "({[<":
            depth += 1
        elif not ticked and c in ")}]>":
            depth = max(0, depth - 1)
        elif c == "," and not ticked and not depth:
            words.append(text[start:n])
            start = n + 1
    words.append(text[start:])
    return [word.strip() for word in words if word.strip()]
