"""A plan of five units, and a driver that carries units through their loop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from stagelock.authoring.plan.check import check
from stagelock.core.plan import commits
from stagelock.core.plan.units import begin, step_unit

if TYPE_CHECKING:
    from stagelock.core.plan.units import Event, Plan, Unit, UnitEntry, Units

TEXT = (Path(__file__).parents[1] / "authoring/plans/good.md").read_text()
CHECKS = ["tests", "types", "lint", "coverage"]
GREEN = dict.fromkeys(CHECKS, "passed")


def many(count: int) -> str:
    """A plan of that many units, all side by side: every scope is held against every other."""
    small = (Path(__file__).parents[1] / "authoring/plans/small.md").read_text()
    head, _, tail = small.partition("### WU-001")
    return head + "".join(_one_of_many(n) for n in range(1, count + 1)) + tail[tail.index("## ") :]


def _one_of_many(n: int) -> str:
    return (
        f"### WU-{n:03}: Build part {n}\n\n"
        f"- **Spec**: Part {n} reads its own input and says what it found, as the others do.\n"
        f"- **Done**:\n  - [ ] `part{n} --count` prints {n}\n"
        f"  - [ ] `part{n} missing.txt` ends with exit code 2\n- **Depends on**: none\n"
        f"- **Files**: src/part{n}/run.py, docs/part{n}.md, tests/test_part{n}.py\n"
        f"- **Tests**: tests/test_part{n}.py\n- **Checkpoint**: no\n\n"
    )


def plan() -> Plan:
    """The good plan, compiled: WU-001, then 2 and 3 side by side, then 4, then 5."""
    judged = check(TEXT, "plan.md")
    assert judged.mistakes == []
    return judged.plan.compiled()


def unit(of: Plan, name: str) -> Unit:
    return next(u for u in of["units"] if u["id"] == name)


class Loop:
    """A plan under execution; every step is a fact as the hook would tell it."""

    def __init__(self, *, apart: bool = False) -> None:
        self.plan = plan()
        self.state: Units = begin(self.plan, CHECKS)
        self.apart = "worktree" if apart else ""
        self.entries: list[UnitEntry] = []

    def tell(self, kind: str, name: str = "", **fields: Any) -> UnitEntry:
        """Take one fact; return the last entry."""
        event: Event = {"kind": kind, "unit": name, **fields}  # type: ignore[typeddict-item]
        self.state, entries = step_unit(self.plan, self.state, event)
        self.entries += entries
        return entries[-1]

    def phase(self, name: str) -> str:
        return self.state["units"][name]["phase"]

    def attempt(self, name: str) -> int:
        return self.state["units"][name]["attempt"]

    def answer(self, what: str) -> UnitEntry:
        return self.tell("answered", what=what, door="typed")

    def start(self, name: str, agent: str = "coder", **more: Any) -> UnitEntry:
        return self.tell(
            "start", name, agent=agent, **{"briefed": True, "tree": self.apart, **more}
        )

    def implemented(self, name: str, agent: str = "coder", status: str = "DONE") -> UnitEntry:
        return self.tell("implemented", name, agent=agent, status=status)

    def validated(self, name: str, diff: str = "d1", **more: Any) -> UnitEntry:
        files = [glob for glob in unit(self.plan, name)["files"] if "*" not in glob]
        fields = {"checks": GREEN, "changed": files, **more}
        return self.tell("validated", name, diff=diff, **fields)

    def reviewing(
        self, name: str, agent: str = "rev-1", diff: str = "d1", prompt: str = ""
    ) -> UnitEntry:
        return self.tell("reviewing", name, agent=agent, diff=diff, prompt=prompt)

    def reviewed(
        self,
        name: str,
        verdict: str = "PASS",
        agent: str = "rev-1",
        diff: str = "d1",
        why: str = "",
    ) -> UnitEntry:
        return self.tell("reviewed", name, agent=agent, verdict=verdict, diff=diff, why=why)

    def joined(self, name: str, diff: str = "d1") -> None:
        """Bring a passed unit from its worktree, and verify it again; nothing where it has none."""
        if self.state["units"][name]["tree"]:
            self.tell("joined", name)
            self.validated(name, diff)

    def committing(self, name: str, diff: str = "d1", **more: Any) -> UnitEntry:
        fields = {
            "staged": unit(self.plan, name)["files"],
            "message": commits.message(unit(self.plan, name)),
            "argv": ["git", "commit", "-F", "message"],
            **more,
        }
        return self.tell("committing", name, diff=diff, **fields)

    def committed(self, name: str, diff: str = "d1", commit: str = "c1") -> UnitEntry:
        return self.tell("committed", name, diff=diff, commit=commit)

    def to(self, name: str, phase: str) -> None:
        """Carry a unit to a phase, everything well behaved."""
        steps = {
            "implement": lambda: self.start(name),
            "validate": lambda: self.implemented(name),
            "review": lambda: self.validated(name),
            "commit": lambda: (self.reviewing(name), self.reviewed(name)),
            "done": lambda: (self.joined(name), self.committing(name), self.committed(name)),
        }
        for reached, step in steps.items():
            step()
            assert self.phase(name) == reached, self.entries[-1]
            if reached == phase:
                return

    def first_done(self) -> None:
        """Carry WU-001 through, and its checkpoint."""
        self.to("WU-001", "done")
        self.answer("after WU-001")
