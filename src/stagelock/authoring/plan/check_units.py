"""Can each unit of a plan be carried out and verified, and can all of them together?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stagelock.authoring.source import suggestion
from stagelock.core.plan.scopes import covered, meet

from . import words
from .graph import cycles, side_by_side
from .model import Text

if TYPE_CHECKING:
    from .judge import Judge
    from .model import Unit

_FORMS = {
    "spec": "say in a few sentences what is built",
    "done": "list what can be seen when it is done, as `- [ ] ...`",
    "depends on": "name units, or `none`",
    "files": "list the files or globs it may write",
    "tests": "list its test files, or `none, because ...`",
    "checkpoint": "write no, before, after or both",
    "kind": "write ui or integration, or leave it out",
    "large because": "give the reason, or leave it out",
}


def unit_holds(judge: Judge, unit: Unit) -> None:
    """Note what is wrong with one unit."""
    for hold in (_fields, _done, _dependencies, _scope, _size, _risks, _services_of):
        hold(judge, unit)


def units_hold_together(judge: Judge) -> None:
    """Note what is wrong between units."""
    for hold in (_cycles, _side_by_side, _integration):
        hold(judge)


# --- one unit -----------------------------------------------------------------------------------


def _fields(judge: Judge, unit: Unit) -> None:
    if not unit.title:
        judge.wrong(unit.line, unit.id, "has no title; write `### WU-001: what it does`")
    for key, (name, is_needed) in words.UNIT_FIELDS.items():
        shown = key.capitalize()
        if key not in unit.at:
            if is_needed:
                judge.wrong(unit.line, unit.id, f"no field `{shown}`; {_form(key)}")
            continue
        if any(m.line == unit.at[key] for m in judge.reader.mistakes):
            continue
        says_nothing = key in unit.blank or _is_unwritten(getattr(unit, name))
        if says_nothing:
            judge.wrong(unit.at[key], unit.id, f"`{shown}` is empty; {_form(key)}")


def _form(key: str) -> str:
    return _FORMS.get(key, "write it, or leave it out")


def _is_unwritten(value: object) -> bool:
    """Say whether a list holds only what a template put there."""
    said = (
        [item.text for item in value if isinstance(item, Text)] if isinstance(value, list) else []
    )
    return bool(said) and all(words.is_empty(text) for text in said)


def _done(judge: Judge, unit: Unit) -> None:
    seen: set[str] = set()
    for item in unit.done:
        why = words.vague(item.text)
        if why and not words.is_empty(item.text):
            told = f"nobody can verify `{item.text:.60}`: {why}; say what is seen, and where"
            judge.wrong(item.line, unit.id, told)
        if item.text in seen:
            judge.wrong(item.line, unit.id, f"`{item.text:.60}` stands twice; keep one")
        seen.add(item.text)


def _dependencies(judge: Judge, unit: Unit) -> None:
    for need in unit.needs or []:
        if need.text == unit.id:
            judge.wrong(need.line, unit.id, "depends on itself; name what it needs, or `none`")
        elif need.text not in judge.by_id:
            near = suggestion(need.text, judge.by_id)
            judge.wrong(need.line, unit.id, f"depends on `{need.text}`, which is no unit{near}")
    for expected in unit.expects:
        givers = [u for u in judge.plan.units if expected.text in {p.text for p in u.provides}]
        if givers and not any(g.id in judge.above[unit.id] or g is unit for g in givers):
            told = f"expects `{expected.text}` of {givers[0].id} and does not depend on it"
            judge.wrong(expected.line, unit.id, f"{told}; add it under `Depends on`")


def _scope(judge: Judge, unit: Unit) -> None:
    for glob in unit.files:
        why = _bad_glob(glob.text)
        if why:
            judge.wrong(glob.line, unit.id, f"`{glob.text}` {why}")
    for test in unit.tests:
        is_path = "/" in test.text or "." in test.text.strip(".")
        if is_path and " " not in test.text and not _inside(test.text, unit):
            told = f"test `{test.text}` lies outside the unit's files; add it under `Files`"
            judge.wrong(test.line, unit.id, told)


def _inside(path: str, unit: Unit) -> bool:
    globs = unit.globs()
    return path in globs or covered(globs, path)


def _bad_glob(glob: str) -> str:
    segments = glob.split("/")
    if words.is_empty(glob) and not glob.strip("*/"):
        return "is the whole tree; name the files this unit writes"
    if glob[:1] in ("/", "~") or ".." in segments:
        return "leads out of the tree; write it from the tree's top"
    if segments[0] in (".stagelock", ".git"):
        return "is stagelock's or git's own; no unit writes there"
    if not segments[0].strip("*?") and len(segments) == 1:
        return "is the whole tree; name the files this unit writes"
    if "{" in glob or glob.startswith("!"):
        return "is no glob here; `*`, `?` and `**` are, so write each case out"
    if " " in glob or not glob.isprintable():
        return "is no path; list paths only, parted by commas"
    return ""


def _size(judge: Judge, unit: Unit) -> None:
    why = unit.large_because.text if unit.large_because else ""
    if why:
        return
    if len(unit.files) > words.MOST_FILES:
        told = f"{len(unit.files)} files, more than {words.MOST_FILES}"
        line = unit.where("files")
        judge.wrong(line, unit.id, f"{told}; split it, or say `- **Large because**: ...`")
    concerns = [c.text for c in unit.concerns] or _concerns(unit.title)
    if len(concerns) > words.MOST_CONCERNS:
        told = f"{len(concerns)} concerns ({', '.join(concerns)}), more than"
        line = unit.where("concerns")
        end = "split it, or say `- **Large because**: ...`"
        judge.wrong(line, unit.id, f"{told} {words.MOST_CONCERNS}; {end}")


def _concerns(title: str) -> list[str]:
    said = words.IN_BACKTICKS.sub("x", title)
    return [part.strip() for part in re.split(r",|&|\+|;|\band\b", said) if part.strip()]


def _risks(judge: Judge, unit: Unit) -> None:
    pauses = unit.checkpoints or []
    for name, globs in judge.around.rules.every_risky().items():
        touched = [f for f in unit.files if any(meet(f.text, glob) for glob in globs)]
        if touched and not pauses:
            told = f"touches {name} (`{touched[0].text}`) without a checkpoint"
            judge.wrong(touched[0].line, unit.id, f"{told}; write `- **Checkpoint**: after`")
    for text in ([unit.spec] if unit.spec else []) + unit.done:
        found = words.DESTRUCTIVE.search(words.IN_BACKTICKS.sub("``", text.text))
        if found and "before" not in pauses:
            told = f"`{found[0]}` cannot be undone and no person is asked first"
            judge.wrong(text.line, unit.id, f"{told}; write `- **Checkpoint**: before`")


def _services_of(judge: Judge, unit: Unit) -> None:
    known = {service.name.lower(): service for service in judge.plan.services}
    for used in unit.services:
        if used.text.lower() not in known:
            near = suggestion(used.text, [s.name for s in judge.plan.services])
            told = f"uses `{used.text}`, which `{words.EXTERNAL}` does not name{near}"
            judge.wrong(used.line, unit.id, told)
    named = {service.text.lower() for service in unit.services}
    prose = " ".join(t.text for t in ([unit.spec] if unit.spec else []) + unit.done)
    for name, service in known.items():
        said = re.search(rf"\b{re.escape(name)}\b", prose.lower())
        if name not in named and not said:
            continue
        if not _asked_before(judge, unit):
            line = unit.where("services" if name in named else "checkpoint")
            told = f"needs {service.name} and no person is asked for it first"
            end = "write `- **Checkpoint**: before`, or let a unit before it pause"
            judge.wrong(line, unit.id, f"{told}; {end}")


def _asked_before(judge: Judge, unit: Unit) -> bool:
    if "before" in (unit.checkpoints or []):
        return True
    ancestors = [judge.by_id[name] for name in judge.above[unit.id] if name in judge.by_id]
    return any(u.checkpoints for u in ancestors if u is not unit)


# --- units together -----------------------------------------------------------------------------


def _cycles(judge: Judge) -> None:
    for cycle in cycles(judge.plan):
        unit = judge.by_id[cycle[0]]
        told = f"depends on itself in a circle: {' -> '.join([*cycle, cycle[0]])}"
        judge.wrong(unit.where("depends on"), unit.id, f"{told}; cut one of them")


def _side_by_side(judge: Judge) -> None:
    for one, other in side_by_side(judge.plan, judge.above):
        shared = next(
            ((a, b) for a in one.files for b in other.files if meet(a.text, b.text)), None
        )
        if shared:
            told = f"`{shared[1].text}` and `{shared[0].text}` of {one.id} can be one file, and"
            end = "both units may run side by side; let one depend on the other, or part them"
            judge.wrong(shared[1].line, other.id, f"{told} {end}")


def _integration(judge: Judge) -> None:
    wiring = [unit for unit in judge.plan.units if unit.kind == "integration"]
    for unit in judge.ui:
        if not any(unit.id in judge.above[other.id] for other in wiring):
            told = "is seen by people, and no unit of `Kind: integration` depends on it"
            judge.wrong(unit.line, unit.id, f"{told}; add one that wires it in")
