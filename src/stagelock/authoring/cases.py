"""Case tables: what each stage of a workflow must answer, and by which rule.

workflow: lifecycle            # a shipped name, or a path beside this file
cases:
  - why: the design stage writes its artifact and nothing else
    stage: design
    calls:
      - [Write, docs/stagelock/the-run/design.md, allow, design/write-artifact]
      - [Bash, "cat a; rm -rf src", deny, design/otherwise]
      - [mcp__fs__write_file, {path: src/app.py}, deny, design/otherwise]
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from stagelock.core.model import Policy

from .load import load_workflow, validate
from .shipped import WORKFLOWS
from .source import InvalidWorkflow, Source, read_source, suggestion

# policy, stage, role, tool, target, statuses -> allow or deny, and the rule
Judge = Callable[[Policy, str, str, str, Any, dict[str, str]], tuple[str, str]]


class Case(BaseModel):
    """A promise, and the calls that show it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    why: str
    stage: str
    role: str = "main"
    statuses: dict[str, str] = {}  # what agents returned before: type and status
    calls: list[list[Any]]


class Table(BaseModel):
    """A file of cases about one workflow."""

    model_config = ConfigDict(extra="forbid", strict=True)
    workflow: str
    cases: list[Case]


@dataclass(frozen=True)
class Outcome:
    """What one row expected and what came."""

    line: str
    why: str
    expected: tuple[str, str]
    came: tuple[str, str]

    @property
    def holds(self) -> bool:
        """Whether the answer and the rule are the expected ones."""
        return self.expected == self.came

    def __str__(self) -> str:
        expected, came = " by ".join(self.expected), " by ".join(self.came)
        return f"{self.line}: {self.why}: expected {expected}, came {came}"


def run_cases(path: Path, judge: Judge) -> list[Outcome]:
    """Judge every row of a table; raises InvalidWorkflow for a table that cannot be read."""
    source = read_source(path)
    table = validate(source, Table) if source.data is not None else None
    if table is None:
        raise InvalidWorkflow(source.mistakes)
    policy = _policy(path, source, table.workflow)
    for n, case in enumerate(table.cases):
        if policy and case.stage not in policy["stages"]:
            near = suggestion(case.stage, policy["stages"])
            source.wrong(("cases", n, "stage"), f"no stage `{case.stage}`{near}")
        for m, row in enumerate(case.calls):
            if len(row) != 4 or row[2] not in ("allow", "deny"):
                where = ("cases", n, "calls", m)
                source.wrong(where, "a row is [tool, target, allow or deny, rule]")
    if source.mistakes or policy is None:
        raise InvalidWorkflow(source.mistakes)
    return [
        Outcome(
            line=f"{source.file}:{source.lines[('cases', n, 'calls', m)]}",
            why=case.why,
            expected=(str(row[2]), str(row[3])),
            came=judge(policy, case.stage, case.role, str(row[0]), row[1], case.statuses),
        )
        for n, case in enumerate(table.cases)
        for m, row in enumerate(case.calls)
    ]


def _policy(path: Path, source: Source, name: str) -> Policy | None:
    known = sorted(p.stem for p in WORKFLOWS.glob("*.yaml"))
    is_own = name.endswith(".yaml") and name.isprintable()
    target = path.parent / name if is_own else WORKFLOWS / f"{name}.yaml"
    if not (is_own and target.is_file()) and name not in known:
        source.wrong(("workflow",), f"no workflow `{name}`{suggestion(name, known)}")
        return None
    try:
        return load_workflow(target)
    except InvalidWorkflow as error:
        source.mistakes += error.mistakes
        return None
