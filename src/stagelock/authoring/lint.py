"""What a well-formed workflow can still have wrong: names that lead nowhere, stages without end."""

import re
from collections.abc import Callable
from typing import Any

from stagelock.core.agents.roles import ROLES, is_ours
from stagelock.core.evidence import VCS
from stagelock.core.tools import EFFECTS, GROUPS, TOOLS

from .source import Source, suggestion
from .workflow import NAME, SAID

RESERVED = ("never", "always")  # a rule of such a stage would read like a rule of every stage


def lint(source: Source) -> None:
    """Note every mistake of meaning; copes with data that is also malformed."""
    workflow = source.data
    stages = _dict(workflow, "stages")
    checks = (
        _names,
        _artifacts,
        _agents,
        _needs,
        _reviews,
        _rules,
        _endings,
        _limits,
        _checks,
        _steps,
    )
    for check in checks:
        check(source, workflow, stages)


def _names(source: Source, workflow: Any, stages: dict[str, Any]) -> None:
    for n, name in enumerate(_list(workflow, "enter")):
        _known(source, ("enter", n), name, "stage", stages)
    for stage, body in stages.items():
        if not re.fullmatch(NAME, stage):
            source.wrong(("stages", stage), f"{SAID[NAME]}; rename this stage")
        elif stage in RESERVED:
            source.wrong(
                ("stages", stage), f"`{stage}` names rules of every stage; rename this one"
            )
        for n, name in enumerate(_list(body, "next")):
            _known(source, ("stages", stage, "next", n), name, "stage", stages)
        back = body.get("back") if isinstance(body, dict) else None
        if back is not None:
            _known(source, ("stages", stage, "back"), back, "stage", stages)
        for n, name in enumerate(_list(body, "artifacts")):
            where = ("stages", stage, "artifacts", n)
            _known(source, where, name, "artifact", _dict(workflow, "artifacts"))


def _artifacts(source: Source, workflow: Any, _: dict[str, Any]) -> None:
    artifacts = _dict(workflow, "artifacts")
    for name, body in artifacts.items():
        if not isinstance(body, dict):
            continue
        path = body.get("path")
        if isinstance(path, str) and (path.startswith(("/", "~")) or ".." in path.split("/")):
            source.wrong(("artifacts", name, "path"), "must lie inside the run's folder")
        covers = body.get("covers")
        if covers is None:
            continue
        where = ("artifacts", name, "covers")
        if _known(source, where, covers, "artifact", artifacts):
            other = artifacts[covers]
            if isinstance(other, dict) and other.get("criteria") is not True:
                source.wrong(where, f"`{covers}` has no criteria; give it `criteria: true`")


def _agents(source: Source, workflow: Any, _: dict[str, Any]) -> None:
    agents = _dict(workflow, "agents")
    known = [*agents, *ROLES]
    for name, body in agents.items():
        _ours(source, ("agents", name), name)
        for other in _dict(body, "needs"):
            _known(source, ("agents", name, "needs", other), other, "agent", known)
        for n, what in enumerate(_list(body, "closes")):
            _known(source, ("agents", name, "closes", n), what, "agent", ["edit", "gate", *known])
    waits = {name: list(_dict(body, "needs")) for name, body in agents.items()}
    for name, others in waits.items():
        if name in _closure(others, lambda other: waits.get(other, [])):
            source.wrong(("agents", name, "needs"), "waits for itself in the end; drop one of them")


def _needs(source: Source, workflow: Any, stages: dict[str, Any]) -> None:
    """A gate waits only for agents that the stage lets be sent; ours are sent by name."""
    for stage, body in stages.items():
        rules = [*_list(workflow, "always"), *_list(body, "allow")]
        sent = [name for rule in rules for name in _words(rule, "agents")]
        for name in _dict(body, "needs"):
            _ours(source, ("stages", stage, "needs", name), name)
            if name in ROLES and name not in sent:
                source.wrong(
                    ("stages", stage, "needs", name),
                    f"no rule of this stage lets `{name}` be sent; add one with `agents: [{name}]`",
                )


def _reviews(source: Source, workflow: Any, stages: dict[str, Any]) -> None:
    """A review in rounds has a document, judges who know nothing of each other, and a way back."""
    agents = _dict(workflow, "agents")
    for stage, body in stages.items():
        name = body.get("reviews") if isinstance(body, dict) else None
        if not isinstance(name, str):
            continue
        where = ("stages", stage, "reviews")
        if name not in _list(body, "artifacts"):
            source.wrong(where, f"`{name}` must stand under the stage's `artifacts`, too")
        if not body.get("back"):
            source.wrong(where, "a round that fails leads nowhere; name a stage under `back`")
        judges = _dict(body, "needs")
        if not judges:
            source.wrong(where, "nobody judges it; name agents under `needs`")
        for judge in judges:
            if _dict(agents, judge).get("independent") is not True:
                why = f"`{judge}` would be told what to find; give it `independent: true`"
                source.wrong(("stages", stage, "needs", judge), why + " under `agents`")


def _ours(source: Source, where: tuple[str | int, ...], name: Any) -> None:
    if isinstance(name, str) and is_ours(name):
        _known(source, where, name, "agent", ROLES)


def _rules(source: Source, workflow: Any, stages: dict[str, Any]) -> None:
    seen: dict[str, str] = {}
    places: list[tuple[tuple[str | int, ...], str, Any]] = []
    for kind in ("never", "always"):
        places += [((kind, n), kind, rule) for n, rule in enumerate(_list(workflow, kind))]
    for stage, body in stages.items():
        for key in ("allow", "never"):
            for n, rule in enumerate(_list(body, key)):
                places.append((("stages", stage, key, n), stage, rule))
    for where, owner, rule in places:
        if isinstance(rule, dict):
            _rule(source, where, rule)
            name = f"{owner}/{rule.get('id')}"
            if name in seen:
                source.wrong(
                    (*where, "id"), f"`{rule.get('id')}` stands twice; name each rule once"
                )
            seen[name] = name
            if rule.get("id") == "otherwise":
                source.wrong((*where, "id"), "`otherwise` is the rule of whatever no rule allows")


def _rule(source: Source, where: tuple[str | int, ...], rule: dict[str, Any]) -> None:
    tools = _list(rule, "tools")
    if not tools and not _list(rule, "shell"):
        source.wrong(where, "speaks of nothing; give it `tools` or `shell`")
    for n, tool in enumerate(tools):
        if not isinstance(tool, str):
            continue  # told by the model
        if tool == "shell" or (tool in TOOLS and TOOLS[tool][0] == "shell"):
            why = "commands are allowed by what they do; write `shell: [read]`"
            source.wrong((*where, "tools", n), why)
        elif not (tool in TOOLS or tool.startswith("mcp__") or tool in GROUPS):
            source.wrong((*where, "tools", n), f"no tool or group `{tool}`{_near_tool(tool)}")
    for n, effect in enumerate(_list(rule, "shell")):
        _known(source, (*where, "shell", n), effect, "effect", EFFECTS)
    if _list(rule, "paths") and not {"read", "edit"} & set(map(str, tools)):
        source.wrong((*where, "paths"), "paths limit `read` and `edit`; this rule has neither")
    _rule_agents(source, where, rule)
    for n, glob in enumerate(_list(rule, "paths")):
        if isinstance(glob, str) and not glob.isprintable():
            source.wrong((*where, "paths", n), "a glob holds printable characters only")
        if isinstance(glob, str) and ".." in glob.split("/"):
            source.wrong((*where, "paths", n), "`..` leads out of its place; name the place itself")


def _rule_agents(source: Source, where: tuple[str | int, ...], rule: dict[str, Any]) -> None:
    for field in ("roles", "agents"):
        for n, name in enumerate(_list(rule, field)):
            _ours(source, (*where, field, n), name)
    if _list(rule, "agents") and "dispatch" not in _list(rule, "tools"):
        source.wrong((*where, "agents"), "agents limit `dispatch`; add it to `tools`")


def _endings(source: Source, workflow: Any, stages: dict[str, Any]) -> None:
    leads = {
        stage: [name for name in _words(body, "next") if name in stages]
        for stage, body in stages.items()
    }
    entered = [name for name in _words(workflow, "enter") if name in stages]
    reached = _closure(entered, lambda stage: leads[stage] + _back(stages[stage], stages))
    ends = [s for s, body in stages.items() if isinstance(body, dict) and body.get("next") == []]
    ending = _closure(ends, lambda stage: [s for s in leads if stage in leads[s]])
    for stage, body in stages.items():
        if entered and stage not in reached:
            source.wrong(("stages", stage), "no way leads here; name it under `next` or `enter`")
        if stage not in ending:
            source.wrong(
                ("stages", stage, "next"), "no way leads to an end; one stage needs `next: []`"
            )
        if not _is_auto(body) or _list(body, "owes"):
            continue  # what stagelock must have seen ends it, not what an agent says
        onward = [name for name in leads[stage] if _is_auto(stages[name])]
        if onward:
            source.wrong(
                ("stages", stage, "gate"),
                f"`{onward[0]}` comes next and is `auto` too; a person must end one of the two",
            )
        if body.get("next") == []:
            source.wrong(
                ("stages", stage, "gate"),
                "the run would be done on the agent's word; the last gate must be `human`",
            )
        elif not _list(body, "artifacts") and not _writes(body):
            source.wrong(
                ("stages", stage, "gate"),
                "a stage that only reads needs an end: an artifact, or `gate: human`",
            )


def _limits(source: Source, _: Any, stages: dict[str, Any]) -> None:
    for stage, body in stages.items():
        minutes = _dict(body, "minutes")
        target, cap = minutes.get("target"), minutes.get("cap")
        if isinstance(target, int) and isinstance(cap, int) and cap < target:
            where = ("stages", stage, "minutes", "cap")
            source.wrong(where, f"the cap of {cap} comes before the target of {target}")


def _checks(source: Source, _: Any, stages: dict[str, Any]) -> None:
    for stage, body in stages.items():
        owes = isinstance(body, dict) and bool(body.get("checks") or body.get("vcs"))
        effects = {effect for rule in _list(body, "allow") for effect in _words(rule, "shell")}
        if owes and "run" not in effects:
            why = "checks can only hold where they may run; give it a rule with `shell: [run]`"
            source.wrong(("stages", stage, "checks" if body.get("checks") else "vcs"), why)


def _steps(source: Source, _: Any, stages: dict[str, Any]) -> None:
    for stage, body in stages.items():
        seen: set[Any] = set()
        for n, step in enumerate(_list(body, "steps")):
            if not isinstance(step, dict):
                continue  # told by the model
            where = ("stages", stage, "steps", n)
            if sum(bool(step.get(key)) for key in ("checks", "writes", "vcs")) != 1:
                source.wrong(where, "a step is taken one way: `checks`, `writes` or `vcs`")
            if step.get("id") in seen:
                source.wrong((*where, "id"), f"`{step['id']}` stands twice; name each step once")
            seen.add(str(step.get("id")))
            vcs = step.get("vcs")
            if isinstance(vcs, str) and vcs:
                _known(source, (*where, "vcs"), vcs, "command", VCS)


def _is_auto(stage: Any) -> bool:
    return isinstance(stage, dict) and stage.get("gate") == "auto"


def _writes(stage: dict[str, Any]) -> bool:
    return any("edit" in _list(rule, "tools") for rule in _list(stage, "allow"))


def _back(stage: Any, stages: dict[str, Any]) -> list[str]:
    back = stage.get("back") if isinstance(stage, dict) else None
    return [back] if isinstance(back, str) and back in stages else []


def _closure(first: list[str], leads: Callable[[str], list[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(first)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += leads(name)
    return found


def _near_tool(tool: str) -> str:
    return suggestion(tool, [*GROUPS, *(TOOLS if tool[:1].isupper() else ())])


def _known(source: Source, where: Any, name: Any, kind: str, known: Any) -> bool:
    if not isinstance(name, str):
        return False  # told by the model
    if name in known:
        return True
    source.wrong(where, f"no {kind} `{name}`{suggestion(name, known)}")
    return False


def _dict(data: Any, field: str) -> dict[str, Any]:
    value = data.get(field) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}


def _words(data: Any, field: str) -> list[str]:
    return [value for value in _list(data, field) if isinstance(value, str)]


def _list(data: Any, field: str) -> list[Any]:
    value = data.get(field) if isinstance(data, dict) else None
    return value if isinstance(value, list) else []
