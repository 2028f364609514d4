"""What every check of a plan works with: the plan, what surrounds it, and where mistakes go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stagelock.core.plan.scopes import meet

from . import words
from .graph import above
from .rules import PlanRules

if TYPE_CHECKING:
    from .model import Plan, Unit
    from .parse import Reader


@dataclass(frozen=True)
class Surroundings:
    """What a plan is judged by beside its own text."""

    rules: PlanRules = field(default_factory=PlanRules)
    story: str | None = None  # the story whose criteria it must name
    env_example: str | None = None  # the text of .env.example, None where nobody looked


class Judge:
    """One plan under judgement."""

    def __init__(self, reader: Reader, plan: Plan, around: Surroundings) -> None:
        self.reader = reader
        self.plan = plan
        self.around = around
        self.by_id = {unit.id: unit for unit in plan.units}
        self.above = above(plan)
        self.ui = [unit for unit in plan.units if self._is_ui(unit)]

    def wrong(self, line: int, where: str, message: str) -> None:
        """Note a mistake."""
        self.reader.wrong(line, where, message)

    def says_none(self, section: str) -> bool:
        """Say whether a section says that there is nothing of its kind."""
        return words.is_none(self.plan.prose.get(section, ""))

    def _is_ui(self, unit: Unit) -> bool:
        if unit.kind:
            return unit.kind == "ui"
        globs = self.around.rules.ui
        return any(meet(f.text, glob) for f in unit.files for glob in globs if "**" not in f.text)
