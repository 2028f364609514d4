"""What a right workflow can still be bad at: the known ways in which stages fail to hold anything.

A mistake keeps a workflow from running; a doubt is told and left to its author. Each answers a
failure that was seen: one stage for everything, a ban that only the prompt speaks, exploring
without end, done without a look, a coordinator that does the work itself, a gate that looks at
whether a file is there instead of at what it says.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .source import Mistake, Source, Where, read_source

BANS_WRITING = re.compile(
    r"\b(write|edit|touch|change|modify)\s+(any\s+|the\s+)?(\w+\s+)?"
    r"(code|files?|anything|source|sources|tree)\b|\b(write|edit|change|touch) (any|every)thing\b",
    re.IGNORECASE,
)
COORDINATES = re.compile(r"coordinat|orchestrat|supervis|\blead\b|\bmanager\b", re.IGNORECASE)
CODE = ("src", "lib", "app", "tests")
EXECUTES = {"edit", "mcp", "run", "vcs", "network", "opaque"}


def doubts(path: Path, shown: str = "") -> list[Mistake]:
    """Return the doubts about the workflow at `path`, which loads without mistakes."""
    source = read_source(path, shown)
    noted = Source(source.file, source.data, source.lines)
    for where, message in _found(source.data):
        noted.wrong(where, message)
    return sorted(noted.mistakes)


def doubts_of_tree(tree: Path) -> list[Mistake]:
    """Return the doubts about every workflow that a tree has of its own."""
    return [
        doubt
        for path in sorted((tree / ".stagelock/workflows").glob("*.yaml"))
        for doubt in doubts(path, f".stagelock/workflows/{path.name}")
    ]


def _found(workflow: dict[str, Any]) -> Iterator[tuple[Where, str]]:
    stages: dict[str, Any] = workflow["stages"]
    if len(stages) == 1 and not any(map(_proves, stages.values())):
        told = "one stage keeps nothing apart; part looking from changing, and changing from proof"
        yield ("stages",), told
    for name, stage in stages.items():
        at = ("stages", name)
        if BANS_WRITING.search(stage["must_not"]) and _changes(stage):
            told = "only the prompt says so, while the rules let it; limit `paths` or `shell`"
            yield (*at, "must_not"), told
        if _only_reads(stage) and not stage.get("artifacts") and not stage.get("minutes"):
            yield (
                at,
                "it only looks, and nothing says when enough; give it an artifact or `minutes`",
            )
        if _changes(stage) and not _is_looked_at(name, stages):
            yield at, "what changes here ends the run unproven; let a stage follow that only proves"
    yield from _coordinators(workflow)
    for name, artifact in workflow.get("artifacts", {}).items():
        if not (artifact.get("sections") or artifact.get("criteria") or artifact.get("covers")):
            told = "its gate looks only whether the file is there; name the `sections` it must hold"
            yield ("artifacts", name), told


def _coordinators(workflow: dict[str, Any]) -> Iterator[tuple[Where, str]]:
    places: list[tuple[Where, dict[str, Any]]] = [
        (("always", n), rule) for n, rule in _rules(workflow, "always")
    ]
    for name, stage in workflow["stages"].items():
        places += [(("stages", name, "allow", n), rule) for n, rule in _rules(stage, "allow")]
    for where, rule in places:
        coordinating = [role for role in rule.get("roles", []) if COORDINATES.search(role)]
        doing = sorted(EXECUTES & {*rule.get("tools", []), *rule.get("shell", [])})
        if coordinating and doing:
            who, what = coordinating[0], doing[0]
            yield where, f"`{who}` would do the work itself by `{what}`; let it only dispatch"


def _rules(owner: dict[str, Any], field: str) -> list[tuple[int, dict[str, Any]]]:
    return list(enumerate(owner.get(field) or []))


def _changes(stage: dict[str, Any]) -> bool:
    """Say whether a stage is open to changes of the tree beyond the run's own artifacts."""
    for _, rule in _rules(stage, "allow"):
        if "opaque" in rule.get("shell", []):
            return True
        if "edit" in rule.get("tools", []) and any(map(_is_broad, rule.get("paths") or ["**"])):
            return True
    return False


def _is_broad(glob: str) -> bool:
    """Say whether a glob takes in code of every kind, and not files of one name."""
    *folders, last = glob.split("/")
    return last in ("*", "**") and all(part in ("*", "**", *CODE) for part in folders)


def _proves(stage: dict[str, Any]) -> bool:
    """Say whether the stage's own gate asks for evidence."""
    return bool(stage.get("checks") or stage.get("steps"))


def _only_reads(stage: dict[str, Any]) -> bool:
    kinds = {
        kind
        for _, rule in _rules(stage, "allow")
        for kind in (*rule.get("tools", []), *(f"shell:{e}" for e in rule.get("shell", [])))
    }
    return kinds <= {"read", "web", "ask", "track", "plan", "skill", "dispatch", "shell:read"}


def _is_looked_at(name: str, stages: dict[str, Any]) -> bool:
    """Say whether every way from a stage to the end passes one that changes nothing but proves."""
    todo, seen = [name], set()
    while todo:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        if _proves(stages[at]) or (at != name and not _changes(stages[at])):
            continue
        if not stages[at]["next"]:
            return False
        todo += [after for after in stages[at]["next"] if after in stages]
    return True
