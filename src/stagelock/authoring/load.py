"""From a workflow file to the policy a hook reads; every mistake of the author at once."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from stagelock.core.model import Policy

from . import workflow as model
from .lint import lint
from .source import InvalidWorkflow, Source, read_source, suggestion

Shape = TypeVar("Shape", bound=BaseModel)


def load_workflow(path: Path, shown: str = "") -> Policy:
    """Compile the workflow at `path`; `shown` is how messages name the file.

    Raises InvalidWorkflow with every mistake, each at file:line.
    """
    source = read_source(path, shown)
    if source.data is None:
        raise InvalidWorkflow(source.mistakes)
    parsed = validate(source, model.Workflow)
    if isinstance(source.data, dict):
        lint(source)
    if source.mistakes or parsed is None:
        raise InvalidWorkflow(source.mistakes)
    return _compile(parsed)


def validate(source: Source, shape: type[Shape]) -> Shape | None:
    """Hold data against a model, noting every mistake in `source`; None where there is one."""
    try:
        return shape.model_validate(source.data)
    except ValidationError as error:
        said = {mistake.path for mistake in source.mistakes}
        for fault in error.errors():
            if ".".join(map(str, fault["loc"])) not in said:
                source.wrong(fault["loc"], _say(fault, shape))
        return None


def _say(fault: Any, shape: type[BaseModel]) -> str:
    if fault["type"] == "missing":
        return "is missing"
    if fault["type"] == "extra_forbidden":
        return "unknown key" + suggestion(str(fault["loc"][-1]), _fields(shape, fault["loc"]))
    if fault["type"] == "too_short":
        return "is empty; name at least one"
    if fault["type"] == "string_pattern_mismatch" and fault["ctx"]["pattern"] in model.SAID:
        return f"{model.SAID[fault['ctx']['pattern']]}, not `{fault['input']!r:.60}`"
    text = str(fault["msg"])
    return f"{text[:1].lower()}{text[1:]}, not `{fault['input']!r:.60}`"


def _fields(shape: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """Name the fields of the model that an unknown key stands in."""
    schema = shape.model_json_schema()
    at: dict[str, Any] = schema
    for part in loc[:-1]:
        at = _deref(schema, at)
        inner = at.get("properties", {}).get(part)
        at = inner or at.get("items") or at.get("additionalProperties") or {}
    return list(_deref(schema, at).get("properties", {}))


def _deref(schema: dict[str, Any], at: dict[str, Any]) -> dict[str, Any]:
    for choice in at.get("anyOf", []):
        if "$ref" in choice:
            at = choice
    name = str(at.get("$ref", "")).rpartition("/")[2]
    found: dict[str, Any] = schema.get("$defs", {}).get(name, at)
    return found


def _compile(parsed: model.Workflow) -> Policy:
    stages = {
        name: {
            **stage.model_dump(exclude={"allow", "never"}),
            "never": [_rule(name, rule) for rule in stage.never],
            "allow": [_rule(name, rule) for rule in stage.allow],
        }
        for name, stage in parsed.stages.items()
    }
    policy: Any = {
        "format": 1,
        "workflow": parsed.workflow,
        "summary": parsed.summary,
        "enter": parsed.enter,
        "artifacts": {name: a.model_dump() for name, a in parsed.artifacts.items()},
        "agents": {name: agent.model_dump() for name, agent in parsed.agents.items()},
        "never": [_rule("never", rule) for rule in parsed.never],
        "always": [_rule("always", rule) for rule in parsed.always],
        "stages": stages,
    }
    compiled: Policy = policy
    return compiled


def _rule(owner: str, rule: model.Rule) -> dict[str, Any]:
    return {**rule.model_dump(), "id": f"{owner}/{rule.id}"}
