"""`.stagelock/config.yaml`: how a repository wants its runs; all of it optional."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from stagelock.store.library import DOORS, defaults

from .load import load_workflow, validate
from .plan.rules import PlanRules
from .source import InvalidWorkflow, Mistake, read_source

if TYPE_CHECKING:
    from pathlib import Path

    from stagelock.store.library import Library, Settings


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


class Config(_Strict):
    """The whole file."""

    artifacts: str = Field(default="docs/stagelock", pattern=r"^[^/~.][^~]*$")
    approval: Approval = Approval()
    tools: dict[str, Tool] = {}
    plan: PlanRules = PlanRules()


def load_plan_rules(tree: Path) -> PlanRules:
    """Return what a tree settles about its plans; raises InvalidWorkflow with every mistake."""
    config = tree / ".stagelock/config.yaml"
    return _config(config).plan if config.exists() else PlanRules()


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
    if config and ".." in config.artifacts.split("/"):
        source.wrong(("artifacts",), "must lie inside the tree; `..` leads out of it")
    if config is None or source.mistakes:
        raise InvalidWorkflow(source.mistakes)
    return config


def _settings(path: Path) -> Settings:
    config = _config(path)
    return {
        "artifacts": config.artifacts.rstrip("/"),
        "approval": {
            "doors": [door for door in DOORS if door in config.approval.doors],
            "code": config.approval.code,
        },
        "declared": {
            name: {"group": tool.group, "paths": tool.paths} for name, tool in config.tools.items()
        },
    }
