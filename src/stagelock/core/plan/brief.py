"""What stagelock gives to whoever works on a unit: the coder's brief and the reviewer's."""

from __future__ import annotations

from . import failures
from .unit_moves import ATTEMPTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .units import Plan, Unit, Units

RULES = (
    "write a failing test first, then what makes it pass",
    "write inside the file scope; whatever else you need, say so and end with NEEDS_CONTEXT",
    "do not commit: stagelock runs every check, a fresh reviewer judges, then it is committed",
    "do not silence a linter or a type checker, and do not skip a test",
    "a pattern that later units should follow: `- name: what, and where` below `## Patterns`",
    "a fault outside the project (a service, a key, the machine) is `BLOCKED — External: what`",
    "your word that it is done is not evidence; say what you changed and which tests you added",
)
JUDGING = (
    "judge each item by evidence at file:line, for PASS as for FAIL; in doubt it fails",
    "one blocking issue is FAIL; a test that shows nothing is a blocking issue",
    "judge what is there; nobody's word about it counts",
)
STATUS = (
    "End with one line: `STATUS: DONE`, `STATUS: DONE_WITH_CONCERNS — which`, "
    "`STATUS: NEEDS_CONTEXT — the question` or `STATUS: BLOCKED — by what`."
)


def coder(plan: Plan, state: Units, name: str, context: str) -> str:
    """Return the brief of a unit's coder; `context` is the project context document."""
    unit = _unit(plan, name)
    at = state["units"][name]
    head = "You are the coder of work unit " + name + ": " + unit["title"]
    parts = [
        head + " (attempt " + str(at["attempt"]) + "/" + str(ATTEMPTS) + ").",
        "## Spec\n\n" + unit["spec"],
        "## Definition of Done\n\n" + _numbered(unit["done"]),
        "## File Scope\n\nYou may write these and nothing else: " + ", ".join(unit["files"]) + ".",
        "## Tests\n\n" + (", ".join(unit["tests"]) or "none of its own"),
        "## Interfaces\n\n" + _interfaces(plan, unit),
        "## Beside You\n\n" + _beside(plan, state, unit),
    ]
    if at["history"]:
        last = at["history"][-1]
        told = failures.advice([failure["why"] for failure in at["history"]])
        parts.append("## What Failed\n\nIn " + last["phase"] + ": " + last["why"] + "\n\n" + told)
    parts.append("## Project Context\n\n" + _lowered(context))
    parts.append("## Rules\n\n" + "\n".join("- " + rule for rule in RULES))
    parts.append(STATUS)
    return "\n\n".join(parts) + "\n"


def reviewer(plan: Plan, name: str, diff: str) -> str:
    """Return the brief of a unit's reviewer: spec, items, and how to see the diff; no more.

    INVARIANT: nothing of the unit's history stands here, so that every reviewer looks anew.
    """
    unit = _unit(plan, name)
    head = "You are the adversarial reviewer of work unit " + name
    parts = [
        head + ". Find failures; do not improve.",
        "## Spec\n\n" + unit["spec"],
        "## Definition of Done\n\n" + _numbered(unit["done"]),
        "## File Scope\n\n" + ", ".join(unit["files"]),
        "## What to Review\n\n" + diff,
        "## Rules\n\n" + "\n".join("- " + rule for rule in JUDGING),
        "End with `### Verdict: PASS` or `### Verdict: FAIL`, then one STATUS line.",
    ]
    return "\n\n".join(parts) + "\n"


def _unit(plan: Plan, name: str) -> Unit:
    return next(unit for unit in plan["units"] if unit["id"] == name)


def _numbered(items: list[str]) -> str:
    return "\n".join(str(n) + ". " + item for n, item in enumerate(items, 1))


def _interfaces(plan: Plan, unit: Unit) -> str:
    lines = []
    for expected in unit["expects"]:
        givers = [u["id"] for u in plan["units"] if expected in u["provides"]]
        lines.append("- expects `" + expected + "`" + (" of " + givers[0] if givers else ""))
    lines += ["- provides `" + given + "`" for given in unit["provides"]]
    for other in plan["units"]:
        wanted = [given for given in unit["provides"] if given in other["expects"]]
        lines += ["- " + other["id"] + " will build on `" + given + "`" for given in wanted]
    return "\n".join(lines) or "none that the plan names"


def _beside(plan: Plan, state: Units, unit: Unit) -> str:
    """Name the units under way, so that nobody touches their files or waits for them."""
    lines = []
    for other in plan["units"]:
        phase = state["units"][other["id"]]["phase"]
        if other["id"] != unit["id"] and phase in ("implement", "validate", "review", "commit"):
            files = ", ".join(other["files"])
            lines.append("- " + other["id"] + ", " + other["title"] + " (" + phase + "): " + files)
    return "\n".join(lines) or "nobody"


def _lowered(document: str) -> str:
    """Put a document's headings below the brief's own."""
    lines = document.strip().split("\n")
    return "\n".join("##" + line if line.startswith("#") else line for line in lines)
