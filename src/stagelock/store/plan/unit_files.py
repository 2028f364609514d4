"""What people and other tools read of an execution, in `.stagelock/units`: copies, never the books.

The folder is no part of the tree, so that writing there makes no evidence old.
"""

from __future__ import annotations

import posix

from stagelock.core.plan import context, reports
from stagelock.store.clock import stamp
from stagelock.store.files import make_folder, remove, replace, slurp

from . import secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import State
    from stagelock.core.plan.context import Service
    from stagelock.core.plan.units import Plan, Unit, UnitEntry, Units

FOLDER = ".stagelock/units"
PLAN = "ACTIVE-PLAN.md"
STATE = "EXECUTION-STATE.md"
CONTEXT = "PROJECT-CONTEXT.md"
INVENTORY = "SERVICE-INVENTORY.md"
VERBS = ("GET ", "POST ", "PUT ", "PATCH ", "DELETE ")


def approved(tree: str, text: str, rounds: int, at: str, *, by_person: bool) -> None:
    """The plan is carried out from here, as it was let through its gate in the last of `rounds`."""
    plan = reports.active_plan(text, at, rounds, "in-progress", by_person=by_person)
    write(tree, PLAN, plan)


def planned(tree: str, state: State, plan: Plan, units: Units) -> None:
    """A plan was pinned: show where it stands, and the context document it begins with."""
    import time

    now = stamp(time.time())
    write(tree, STATE, reports.execution_state(plan, units, now))
    if not any(at["commit"] for at in units["units"].values()):
        write(tree, CONTEXT, context.begin(_tooling(state, plan)))
        write(tree, INVENTORY, context.inventory("", "", []))


def moved(tree: str, plan: Plan, units: Units, entries: list[UnitEntry], at: str) -> None:
    """Units moved: show where they stand; what a commit completed joins the context."""
    write(tree, STATE, reports.execution_state(plan, units, at))
    for entry in entries:
        unit = next((u for u in plan["units"] if u["id"] == entry.get("unit", "")), None)
        if unit and entry.get("phase") == "done":
            _completed(tree, unit)
        if unit and entry.get("phase") == "escalated":
            at_unit = units["units"][unit["id"]]
            report = reports.escalation(unit, at_unit, *reports.assessment(unit, at_unit))
            write(tree, "ESCALATION-" + unit["id"] + ".md", report)


def up_to_date(tree: str, state: State, plan: Plan, units: Units) -> str:
    """See to it that context and inventory know every committed unit; says why they cannot.

    They are copies that a person may remove; what they lack is written anew from the books.
    """
    done = [unit for unit in plan["units"] if units["units"][unit["id"]]["phase"] == "done"]
    names = [unit["id"] for unit in done]
    text = read(tree, CONTEXT)
    if not text:
        write(tree, CONTEXT, context.begin(_tooling(state, plan)))
    if context.lacking(text, names) or not read(tree, INVENTORY):
        write(tree, INVENTORY, read(tree, INVENTORY) or context.inventory("", "", []))
        for unit in done:
            _completed(tree, unit)
    text = read(tree, CONTEXT)
    lacking = context.lacking(text, names) if text else names or ["the tooling"]
    if lacking:
        return FOLDER + "/" + CONTEXT + " cannot be written and lacks " + ", ".join(lacking)
    return ""


def learned(tree: str, reply: str) -> list[str]:
    """Take the patterns that a coder's report names into the context; returns their names."""
    found = context.patterns(reply)
    for name, says in found:
        write(tree, CONTEXT, context.with_pattern(read(tree, CONTEXT), name, says))
    return [name for name, _ in found]


def _completed(tree: str, unit: Unit) -> None:
    text = context.with_unit(read(tree, CONTEXT), unit, unit["files"], unit["provides"])
    write(tree, CONTEXT, text)
    grown = context.inventory(read(tree, INVENTORY), unit["id"], _created(unit))
    write(tree, INVENTORY, grown)


def _tooling(state: State, plan: Plan) -> dict[str, str]:
    checks = {check["name"]: "`" + check["command"] + "`" for check in state["checks"]}
    return {**plan.get("tooling", {}), **checks}


def ended(tree: str, status: str, at: str) -> None:
    """The run is over: the plan says how, and where it stood is put aside under its time."""
    text = read(tree, PLAN)
    head, mark, rest = text.partition("<!-- status: ")
    if mark:
        write(tree, PLAN, head + mark + status + " -->" + rest.partition("-->")[2])
    stood = read(tree, STATE)
    if stood:
        name = STATE.replace(".md", "-" + at.replace(":", "") + ".md")
        write(tree, name, stood)
        remove(tree + "/" + FOLDER + "/" + STATE)


def checkpoint(tree: str, plan: Plan, units: Units, what: str) -> str:
    """Write the report of a planned pause; returns its path."""
    name = "CHECKPOINT-" + what.replace(" ", "-") + ".md"
    decisions = context.bullets(read(tree, CONTEXT))
    names = [name for variables in plan["credentials"].values() for name in variables]
    are_set = list(secrets.found(tree, names)) if names else []
    write(tree, name, reports.checkpoint(plan, units, what, decisions, [], are_set))
    return FOLDER + "/" + name


def read(tree: str, name: str) -> str:
    """Return a document, "" where it is not there."""
    try:
        return slurp(tree + "/" + FOLDER + "/" + name).decode("utf-8", "replace")
    except OSError:
        return ""


def _created(unit: Unit) -> list[Service]:
    file = next((path for path in unit["files"] if path not in unit["tests"]), "")
    return [
        {"name": name, "kind": "endpoint" if name.startswith(VERBS) else "module", "file": file}
        for name in unit["provides"]
    ]


def write(tree: str, name: str, text: str) -> None:
    """Leave a copy; where that cannot be, the books in the state home are enough."""
    folder = tree + "/" + FOLDER
    try:
        make_folder(folder)
        if posix.lstat(folder).st_mode & 0o170000 == 0o040000:  # a link would lead elsewhere
            replace(folder + "/" + name, text.encode("utf-8", "replace"))
    except OSError:
        pass
