"""From the text of a plan to what it says; every mistake of form at its line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stagelock.authoring.source import Mistake, suggestion

from . import document, words
from .model import Answer, Endpoint, Entry, Pause, Plan, Text, Unit

if TYPE_CHECKING:
    from .document import Field, Part

UNIT_HEADING = re.compile(
    r"(?P<id>[A-Za-z][\w.-]*\d[\w.]*)\s*(?::|[-\u2013\u2014])\s*(?P<title>.*)$"
)
ANSWER = re.compile(r"(yes|no|n/a)\b[\s,;:.\u2013\u2014-]*(.*)$", re.IGNORECASE)
PAUSE = re.compile(r"(?P<moment>before|after)\s+(?P<unit>[A-Za-z][\w.-]*)$", re.IGNORECASE)


class Reader:
    """Reads one plan; what is wrong with its form collects in `mistakes`."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.mistakes: list[Mistake] = []

    def wrong(self, line: int, where: str, message: str) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(self.file, line, where, message))

    def read(self, text: str) -> Plan:
        """Return what the plan says, as far as it can be read."""
        root = document.read(text)
        title = next((part.title for part in root.parts if part.level == 1), "")
        sections = self._sections(root)
        return Plan(
            title=re.sub(r"^(?i:plan)\s*[:\u2013\u2014-]\s*", "", title),
            units=self._units(sections.get(words.UNITS)),
            endpoints=self._endpoints(sections.get(words.API)),
            security=self._fields(
                sections.get(words.SECURITY), words.SECURITY_FIELDS, words.SECURITY
            ),
            flows=self._entries(sections.get(words.FLOWS), words.FLOW_FIELDS),
            services=self._entries(sections.get(words.EXTERNAL), words.SERVICE_FIELDS),
            pauses=self._pauses(sections.get(words.PAUSES)),
            answers=self._answers(sections.get(words.PREFLIGHT)),
            sections={name: part.number for name, part in sections.items()},
            prose={name: _prose(part) for name, part in sections.items()},
        )

    def _sections(self, root: Part) -> dict[str, Part]:
        known = {
            alias: name
            for name, others in words.SECTIONS.items()
            for alias in (name.lower(), *others)
        }
        found: dict[str, Part] = {}
        for part in root.every():
            name = known.get(part.title.lower()) if 0 < part.level <= 2 else None
            if name in found:
                self.wrong(part.number, name or "", "stands twice; keep one section")
            elif name:
                found[name] = part
        return found

    # --- units ----------------------------------------------------------------------------------

    def _units(self, section: Part | None) -> list[Unit]:
        units: list[Unit] = []
        seen: dict[str, int] = {}
        for part in section.parts if section else []:
            heading = UNIT_HEADING.match(part.title)
            if not heading:
                told = "no unit's heading; write `### WU-001: what it does`"
                self.wrong(part.number, part.title, told)
                continue
            name = heading["id"]
            if name.lower() in seen:  # branches and commits do not tell cases apart
                first = seen[name.lower()]
                told = f"`{name}` stands twice, first in line {first}; number each unit once"
                self.wrong(part.number, name, told)
                continue
            seen[name.lower()] = part.number
            units.append(self._unit(part, name, heading["title"].strip()))
        return units

    def _unit(self, part: Part, name: str, title: str) -> Unit:
        said: dict[str, Any] = {}
        at: dict[str, int] = {}
        blank: list[str] = []
        for entry in part.fields:
            key = entry.name.lower()
            if key not in words.UNIT_FIELDS:
                near = suggestion(entry.name, [known.capitalize() for known in words.UNIT_FIELDS])
                self.wrong(entry.number, name, f"unknown field `{entry.name}`{near}")
            elif key in at:
                self.wrong(entry.number, name, f"`{entry.name}` stands twice; keep one")
            else:
                at[key] = entry.number
                blank += [key] if words.is_empty(entry.text) else []
                field = words.UNIT_FIELDS[key][0]
                said[field] = self._value(name, field, entry)
        if title and words.is_empty(title):
            title = ""
        return Unit(id=name, title=title, line=part.number, at=at, blank=blank, **said)

    def _value(self, unit: str, field: str, entry: Field) -> Any:
        if field in ("spec", "large_because"):
            return Text(text=entry.text, line=entry.number)
        if field == "checkpoints":
            return self._checkpoint(unit, entry)
        if field == "kind":
            return self._kind(unit, entry)
        if field in ("needs", "tests", "files") and words.is_none(entry.text):
            return []
        items = [Text(text=_unticked(i.text, field), line=i.number) for i in entry.items]
        return [item for item in items if item.text]

    def _checkpoint(self, unit: str, entry: Field) -> list[str] | None:
        said = re.split(r"[,;:(]| [-\u2013\u2014] ", entry.text.lower())[0].strip(" .*_`")
        if said in words.CHECKPOINTS:
            return list(words.CHECKPOINTS[said])
        if said:
            told = f"`{said}` is no checkpoint; write no, before, after or both"
            self.wrong(entry.number, unit, told)
            return []
        return None

    def _kind(self, unit: str, entry: Field) -> str:
        said = entry.text.lower().strip(" .*_`")
        if said in ("", *words.KINDS):
            return said
        near = suggestion(said, words.KINDS)
        self.wrong(entry.number, unit, f"no kind `{said}`{near}")
        return ""

    # --- the other sections -----------------------------------------------------------------------

    def _endpoints(self, section: Part | None) -> list[Endpoint]:
        found: list[Endpoint] = []
        for part in section.parts if section else []:
            method, _, path = part.title.strip("` ").partition(" ")
            if method.upper() not in words.METHODS or not path.strip("` ").startswith("/"):
                told = "no endpoint; write the heading as `### POST /api/todos`"
                self.wrong(part.number, part.title, told)
                continue
            fields = words.SOCKET_FIELDS if method.upper() == "WS" else words.ENDPOINT_FIELDS
            said = self._fields(part, fields, part.title)
            name = path.strip("` ")
            found.append(Endpoint(method=method.upper(), path=name, fields=said, line=part.number))
        return found

    def _entries(self, section: Part | None, fields: tuple[str, ...]) -> list[Entry]:
        return [
            Entry(name=part.title, fields=self._fields(part, fields, part.title), line=part.number)
            for part in (section.parts if section else [])
        ]

    def _fields(self, part: Part | None, known: tuple[str, ...], where: str) -> dict[str, Text]:
        said: dict[str, Text] = {}
        for entry in part.fields if part else []:
            key = entry.name.lower()
            if key not in known:
                near = suggestion(entry.name, [name.capitalize() for name in known])
                self.wrong(entry.number, where, f"unknown field `{entry.name}`{near}")
            elif key in said:
                self.wrong(entry.number, where, f"`{entry.name}` stands twice; keep one")
            else:
                said[key] = Text(text=entry.text, line=entry.number)
        return said

    def _pauses(self, section: Part | None) -> list[Pause]:
        found: list[Pause] = []
        for entry in section.fields if section else []:
            heading = PAUSE.match(entry.name)
            if not heading:
                told = f"`{entry.name}` names no pause; write `- **After WU-001**: ...`"
                self.wrong(entry.number, words.PAUSES, told)
                continue
            moment: Any = heading["moment"].lower()
            look = "" if words.is_empty(entry.text) else entry.text
            found.append(Pause(moment=moment, unit=heading["unit"], look=look, line=entry.number))
        return found

    def _answers(self, section: Part | None) -> list[Answer]:
        found: list[Answer] = []
        for entry in section.fields if section else []:
            key = entry.name.lower().strip("`")
            if key not in words.QUESTIONS:
                near = suggestion(entry.name, words.QUESTIONS)
                self.wrong(entry.number, words.PREFLIGHT, f"no question `{entry.name}`{near}")
                continue
            said = ANSWER.match(entry.text.strip("*_` "))
            answer, reason = (said[1].lower(), said[2]) if said else ("", entry.text)
            found.append(Answer(question=key, answer=answer, reason=reason, line=entry.number))
        return found


def _prose(part: Part) -> str:
    return " ".join(line.text.strip() for line in part.lines if line.text.strip())


NAMES = ("files", "tests", "needs", "services", "expects", "provides", "concerns")


def _unticked(text: str, field: str) -> str:
    """Take the backticks from what is a name; in prose they stay."""
    text = text.strip()
    if field not in NAMES:
        return text
    ticked = re.match(r"`([^`]+)`", text)
    name = ticked[1].strip() if ticked else text
    if field in ("files", "tests", "needs"):
        name = re.sub(r"\s+\([^()]*\)$", "", name)  # `src/a.py (new)` says something of it
    return name + "**" if field == "files" and name.endswith("/") else name
