"""`.stagelock/config.yaml`: how a repository wants its runs; all of it optional."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from stagelock.core.evidence import LAUNCHER, SILENCED
from stagelock.core.fix.test_files import TESTS
from stagelock.core.fix.tripwires import LIMITS
from stagelock.store.library import DOORS, defaults

from .load import load_workflow, validate
from .plan.rules import PlanRules
from .source import InvalidWorkflow, Mistake, Source, Where, read_source
from .workflow import Name, Role, Text  # noqa: TC001  # pydantic reads them at run time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stagelock.core import model
    from stagelock.store.library import Library


# a place inside the tree, and not all of it
Glob = Annotated[str, Field(min_length=1, pattern=r"^[^/~!]")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Approval(_Strict):
    """At which doors a stage is approved."""

    doors: list[Literal["typed", "dialog", "terminal"]] = Field(
        default=["typed", "dialog", "terminal"], min_length=1
    )
    code: bool = Field(default=False, description="Whether /approve wants a one-time code.")


class Tool(_Strict):
    """What one MCP tool does, so that a stage can judge it."""

    group: Literal["read", "edit", "web", "track", "publish"]
    paths: list[str] = Field(default=[], description="The arguments that carry its paths.")


class Check(_Strict):
    """A command of the project that shows something holds."""

    name: Name
    command: Text = Field(description="Run by `sh -c` in the tree; what counts is exit status 0.")
    timeout: int = Field(default=600, gt=0, le=86_400, description="Seconds; then it is ended.")
    gates: list[Literal["stage", "commit", "push", "release"]] = Field(
        default=["stage", "commit", "push", "release"],
        min_length=1,
        description="The gates that take it, in stages that ask for checks.",
    )
    fast: bool = Field(default=False, description="Whether `stagelock verify --fast` runs it.")
    coverage: str | None = Field(
        default=None,
        min_length=1,
        description="The report it leaves, held against .coverage-thresholds.json.",
    )
    env: list[Name] = Field(default=[], description="Variables it is given beyond the usual.")


class Choice(_Strict):
    """What one agent type works with."""

    model: Literal["sonnet", "opus", "haiku", "fable"] | None = None
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None


class Agents(_Strict):
    """How agents are held, and by which models they work."""

    asked: Literal["ours", "all"] = Field(
        default="ours", description="Whose agents owe a status line while a run is live."
    )
    models: dict[Role, Choice] = Field(
        default={}, description="By agent type: what it works with, where the person chose nothing."
    )


class Tripwires(_Strict):
    """From which count on a sign of a bug hunt gone wrong is taken for one."""

    scope_places: int = Field(
        default=LIMITS["scope_places"], gt=0, description="Places in the scope of a hypothesis."
    )
    scope_files: int = Field(
        default=LIMITS["scope_files"], gt=0, description="Files that such a scope may hold."
    )
    many_files: int = Field(
        default=LIMITS["many_files"], gt=0, description="Files that one hypothesis may change."
    )
    one_more_try: int = Field(
        default=LIMITS["one_more_try"],
        gt=0,
        description="Failed hypotheses or fixes after which the next is told to be one more try.",
    )
    same_file: int = Field(
        default=LIMITS["same_file"],
        gt=0,
        description="Changes of one file, the outcome unchanged, before the agent is nudged.",
    )
    same_file_stop: int = Field(
        default=LIMITS["same_file_stop"],
        gt=0,
        description="Changes of one file, the outcome unchanged, before the person is told.",
    )


class Tracker(_Strict):
    """The issue tracker that follows the units of a plan; none is needed."""

    kind: Literal["none", "beads", "github"] = "none"
    parent: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9._-]*$",
        description="The epic (beads) or issue (GitHub) that the units belong to.",
    )


class Fix(_Strict):
    """How `/fix` is held in this project."""

    tests: dict[Name, list[Glob]] = Field(
        default={},
        description="By language: the globs of its test files, instead of the shipped ones, or"
        " beside them for a name that is not shipped; all that `reproduce` may write.",
    )
    replay: bool = Field(
        default=True,
        description="Whether `stagelock replay` is owed: the reproducing test run again in copies"
        " of the tree, with the cause's file broken, without the fix, and with it.",
    )

    @model_validator(mode="after")
    def _beside_the_shipped(self) -> Self:
        self.tests = {**TESTS, **self.tests}
        return self


class Config(_Strict):
    """The whole file."""

    artifacts: str = Field(default="docs/stagelock", pattern=r"^[^/~.][^~]*$")
    approval: Approval = Approval()
    tools: dict[str, Tool] = {}
    checks: list[Check] = []
    suppressions: Literal["list", "refuse"] = Field(
        default="list",
        description="Whether a change that silences a checker or a test is shown or refused.",
    )
    plan: PlanRules = PlanRules()
    tracker: Tracker = Tracker()
    agents: Agents = Agents()
    tripwires: Tripwires = Tripwires()
    fix: Fix = Fix()


def load_plan_rules(tree: Path) -> PlanRules:
    """Return what a tree settles about its plans; raises InvalidWorkflow with every mistake."""
    config = tree / ".stagelock/config.yaml"
    return _config(config).plan if config.exists() else PlanRules()


def load_tracker(tree: Path) -> Tracker:
    """Return the tracker a tree wants; raises InvalidWorkflow with every mistake."""
    config = tree / ".stagelock/config.yaml"
    return _config(config).tracker if config.exists() else Tracker()


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of `.stagelock/config.yaml`."""
    schema = Config.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def values(path: Path, shown: str) -> list[tuple[str, Any, str]]:
    """Return each setting as (key, value, where it comes from); raises InvalidWorkflow."""
    lines: dict[Where, int] = {}
    config = Config()
    if path.exists():
        _settings(path)  # every mistake, at its line
        source = read_source(path, shown)
        lines, config = source.lines, Config.model_validate(source.data)
    return [
        (_key(where), value, f"{shown}:{lines[where]}" if where in lines else "default")
        for where, value in _leaves((), config.model_dump())
    ]


def _leaves(where: Where, value: Any) -> Iterator[tuple[Where, Any]]:
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        inner = list(enumerate(value))
    if not inner:
        yield where, value
    for part, below in inner:
        yield from _leaves((*where, part), below)


def _key(where: Where) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in where).lstrip(".")


def load_library(tree: Path) -> Library:
    """Compile a tree's config and workflows; raises InvalidWorkflow with every mistake."""
    mistakes: list[Mistake] = []
    settings = defaults()
    config = tree / ".stagelock/config.yaml"
    if config.exists():
        try:
            settings = _settings(config)
        except InvalidWorkflow as error:
            mistakes += error.mistakes
    policies = {}
    for path in sorted((tree / ".stagelock/workflows").glob("*.yaml")):
        shown = f".stagelock/workflows/{path.name}"
        try:
            policy = load_workflow(path, shown)
        except InvalidWorkflow as error:
            mistakes += error.mistakes
            continue
        if policy["workflow"] in policies:
            told = f"another file has the workflow `{policy['workflow']}`; names are taken once"
            mistakes.append(Mistake(shown, 1, "workflow", told))
        policies[policy["workflow"]] = policy
    if mistakes:
        raise InvalidWorkflow(mistakes)
    return {"settings": settings, "policies": policies}


def _config(path: Path) -> Config:
    source = read_source(path, ".stagelock/config.yaml")
    if source.data is None:
        raise InvalidWorkflow(source.mistakes)
    config = validate(source, Config)
    for name, tool in config.tools.items() if config else ():
        if tool.group in ("read", "edit") and not tool.paths:
            source.wrong(("tools", name), "name the arguments that carry its paths under `paths`")
    if config and config.tripwires.same_file_stop <= config.tripwires.same_file:
        told = "must be more than `same_file`, or nobody is nudged before the run stops"
        source.wrong(("tripwires", "same_file_stop"), told)
    if config and ".." in config.artifacts.split("/"):
        source.wrong(("artifacts",), "must lie inside the tree; `..` leads out of it")
    _lint_checks(source, config.checks if config else [])
    _lint_tests(source, config.fix.tests if config else {})
    if config is None or source.mistakes:
        raise InvalidWorkflow(source.mistakes)
    return config


def _settings(path: Path) -> model.Settings:
    config = _config(path)
    return {
        "artifacts": config.artifacts.rstrip("/"),
        "approval": {
            "doors": [door for door in DOORS if door in config.approval.doors],
            "code": config.approval.code,
        },
        "agents": {
            "asked": config.agents.asked,
            "models": {
                role: choice.model_dump(exclude_none=True)
                for role, choice in config.agents.models.items()
            },
        },
        "declared": {
            name: {"group": tool.group, "paths": tool.paths} for name, tool in config.tools.items()
        },
        "checks": [_check(check) for check in config.checks],
        "suppressions": config.suppressions,
        "learnings": config.plan.learnings,
        "tripwires": config.tripwires.model_dump(),
        "tests": config.fix.tests,
        "replay": config.fix.replay,
    }


def _check(check: Check) -> model.Check:
    return {
        "name": check.name,
        "command": check.command.strip(),
        "timeout": check.timeout,
        "gates": list(check.gates),
        "fast": check.fast,
        "coverage": check.coverage or "",
        "env": check.env,
    }


def _lint_tests(source: Source, tests: dict[str, list[str]]) -> None:
    """Note a glob of tests that names whatever there is, or leads out of the tree."""
    for language, globs in tests.items():
        for n, glob in enumerate(globs):
            where = ("fix", "tests", language, n)
            if set(glob) <= set("*?./"):
                source.wrong(where, f"`{glob}` names every file; a test is told by its name")
            elif ".." in glob.split("/"):
                source.wrong(where, "must lie inside the tree; `..` leads out of it")


def _lint_checks(source: Source, checks: list[Check]) -> None:
    """Note what a check can have wrong beyond its form."""
    names: set[str] = set()
    for n, check in enumerate(checks):
        if check.name in names:
            source.wrong(
                ("checks", n, "name"), f"`{check.name}` stands twice; name each check once"
            )
        names.add(check.name)
        if check.name == SILENCED:
            why = f"`{SILENCED}` is what /waive calls silenced checks; choose another name"
            source.wrong(("checks", n, "name"), why)
        if "\n" in check.command.strip():
            why = "must be one line, so that it can be typed as it is; put more into a script"
            source.wrong(("checks", n, "command"), why)
        if check.command.strip().startswith(LAUNCHER):
            source.wrong(("checks", n, "command"), "must be a command of the project's own")
        if check.coverage and (check.coverage[0] in "/~" or ".." in check.coverage.split("/")):
            source.wrong(("checks", n, "coverage"), "must lie inside the tree")
