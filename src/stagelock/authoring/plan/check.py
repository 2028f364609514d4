"""Is a plan whole, and can it be carried out? Every mistake, each at its line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stagelock.core.documents.artifact import problems

from . import document, words
from .check_sections import sections_hold
from .check_units import unit_holds, units_hold_together
from .judge import Judge, Surroundings
from .parse import Reader

if TYPE_CHECKING:
    from stagelock.authoring.source import Mistake

    from .model import Plan

__all__ = ["Judged", "Surroundings", "check"]


@dataclass
class Judged:
    """A plan, and what is wrong with it."""

    plan: Plan
    mistakes: list[Mistake]


def check(text: str, file: str, around: Surroundings | None = None) -> Judged:
    """Judge the text of a plan; `file` is how messages name it."""
    reader = Reader(file)
    plan = reader.read(text)
    judge = Judge(reader, plan, around or Surroundings())
    _sections(judge, text)
    _nothing_listed(judge)
    for unit in plan.units:
        unit_holds(judge, unit)
    units_hold_together(judge)
    sections_hold(judge, text)
    _story(judge, text)
    _placeholders(judge, text)
    return Judged(plan, sorted(set(reader.mistakes)))


def _sections(judge: Judge, text: str) -> None:
    there = judge.plan.sections
    for name in words.ALWAYS:
        if name not in there:
            judge.wrong(1, name, f"the section is missing; add `## {name}`")
    root = document.read(text)
    for part in root.every():
        said = [line.text for line in part.words()] + [inner.title for inner in part.parts]
        if 0 < part.level <= 3 and all(words.is_empty(line) for line in said):
            told = "the section is empty; write it, or say `none` and why"
            judge.wrong(part.number, part.title, told)
    if words.UNITS in there and not judge.plan.units:
        told = "there is no unit; write one as `### WU-001: what it does`"
        judge.wrong(there[words.UNITS], words.UNITS, told)


def _nothing_listed(judge: Judge) -> None:
    """Tell of a section that lists nothing and does not say that there is nothing."""
    listed = {
        words.API: ("### POST /api/todos", judge.plan.endpoints),
        words.EXTERNAL: ("### Name of the service", judge.plan.services),
        words.PAUSES: ("- **After WU-001**: what is looked at", judge.plan.pauses),
    }
    for name, (form, entries) in listed.items():
        line = judge.plan.sections.get(name)
        said = judge.plan.prose.get(name, "")
        if line is not None and said and not entries and not judge.says_none(name):
            told = f"lists nothing; write `{form}`, or begin with `none` and say why"
            judge.wrong(line, name, told)


def _story(judge: Judge, text: str) -> None:
    if judge.around.story is None:
        return
    found = problems(
        {
            "name": "plan",
            "path": judge.reader.file,
            "sections": [],
            "criteria": False,
            "covers": "story",
            "code": True,
        },
        text,
        judge.around.story,
    )
    line = judge.plan.sections.get(words.UNITS, 1)
    for problem in found:
        judge.wrong(line, words.UNITS, f"{problem['why']}; name it in the unit that meets it")


def _placeholders(judge: Judge, text: str) -> None:
    told_already = {mistake.line for mistake in judge.reader.mistakes}
    fenced = False
    for line in document.read(text).words():
        fenced ^= line.text.lstrip().startswith(("```", "~~~"))
        found = "" if fenced or line.number in told_already else words.placeholder(line.text)
        if found:
            told = f"placeholder `{found}`; write what is meant (in backticks if it is meant)"
            judge.wrong(line.number, "", told)
