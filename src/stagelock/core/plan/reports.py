"""What people and other tools read of an execution: where it stands, why it waits, how it ended."""

from __future__ import annotations

from . import failures
from .unit_guards import ENDED
from .unit_moves import ATTEMPTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .units import Plan, Unit, Units, UnitState

SHOWN = {
    "waiting": ("PENDING", "—"),
    "implement": ("IN-PROGRESS", "IMPLEMENT"),
    "validate": ("IN-PROGRESS", "VALIDATE"),
    "review": ("IN-PROGRESS", "REVIEW"),
    "commit": ("IN-PROGRESS", "COMMIT"),
    "done": ("COMPLETE", "COMMITTED"),
    "escalated": ("ESCALATED", "—"),
    "dropped": ("DROPPED", "—"),
}


OPTIONS = (
    "Mend the unit's spec or its done-items, and try again",
    "Give it what is missing (a file, a service, a decision), and try again",
)


def active_plan(
    text: str, approved: str, iterations: int, status: str, *, by_person: bool = True
) -> str:
    """Return the approved plan with the header by which an interrupted run finds it again."""
    lines = [
        "# Active Plan",
        "<!-- approved: " + approved + " -->",
        "<!-- gate-iterations: " + str(iterations) + " -->",
        "<!-- user-approved: " + ("true" if by_person else "false") + " -->",
        "<!-- status: " + status + " -->",
    ]
    return "\n".join(lines) + "\n\n" + text.strip() + "\n"


def execution_state(plan: Plan, state: Units, at: str) -> str:
    """Return where every unit stands; a copy for readers, stagelock's own books decide."""
    active = [u["id"] for u in plan["units"] if SHOWN[_phase(state, u)][0] == "IN-PROGRESS"]
    first = active[0] if active else ""
    rows = [
        [u["id"], *SHOWN[_phase(state, u)], str(_retries(state["units"][u["id"]]))]
        for u in plan["units"]
    ]
    stuck = [u for u in plan["units"] if _phase(state, u) == "escalated"]
    lines = [
        "# Execution State",
        "<!-- updated: " + at + " -->",
        "",
        "## Current Position",
        "",
        "- Active work unit: " + (", ".join(active) or "none"),
        "- Current phase: " + (SHOWN[state["units"][first]["phase"]][1] if first else "none"),
        "- Retry count: " + str(_retries(state["units"][first]) if first else 0),
        "",
        "## Work Unit Status",
        "",
        *_table(["WU", "Status", "Phase", "Retries"], rows),
        "",
        "## Blocked / Escalated",
        "",
        *([_stuck(u, state["units"][u["id"]]) for u in stuck] or ["none"]),
    ]
    return "\n".join(lines) + "\n"


def checkpoint(
    plan: Plan,
    state: Units,
    what: str,
    decisions: list[str],
    questions: list[str],
    are_set: list[str] | None = None,
) -> str:
    """Return the report of a planned pause, as it is shown to the person who ends it."""
    done = [u for u in plan["units"] if _phase(state, u) == "done"]
    coming = [u for u in plan["units"] if _phase(state, u) not in ENDED]
    asked = ([plan["looks"][what]] if plan["looks"].get(what) else []) + questions
    name = what.partition(" ")[2]
    unit = next((u for u in plan["units"] if u["id"] == name), None)
    for service in unit["services"] if unit and what.startswith("before ") else []:
        names = plan["credentials"].get(service, [])
        asked.append(
            service + " wants " + (", ".join(names) or "no variables")
            + ": do you have these configured? [Y/n]"
        )  # fmt: skip
        if are_set is not None:
            missing = [name for name in names if name not in are_set]
            asked.append(
                service + ", seen here: " + ("not " + ", ".join(missing) if missing else "all")
            )
    lines = [
        "## Checkpoint: " + what,
        "",
        "### Completed Work Units",
        "",
        *_table(
            ["WU", "Title", "Status", "Review"],
            [[u["id"], u["title"], "PASS", "Adversarial PASS"] for u in done],
        ),
        "",
        "### Key Decisions Made",
        "",
        *_bullets(decisions),
        "",
        "### What Comes Next",
        "",
        *_bullets([u["id"] + ": " + u["title"] for u in coming]),
        "",
        "### Questions for Human (if any)",
        "",
        *_bullets(asked),
        "",
        "---",
        "**Action required**: Reply to continue, or provide feedback to adjust course.",
    ]
    return "\n".join(lines) + "\n"


def escalation(
    unit: Unit, at: UnitState, cause: str = "", options: tuple[str, ...] = (), advice: str = ""
) -> str:
    """Return the report of a unit that a person must decide on, with all that was tried."""
    ways = [
        *(*options, *OPTIONS)[:2],
        "Abandon "
        + unit["id"]
        + " and restructure what depends on it"
        + (
            ": `/waive " + unit["id"] + " REASON`, or `/abandon REASON` for the run"
            if options
            else ""
        ),
    ]
    rows = [
        [str(f["attempt"]), f["phase"].upper(), f["why"], f["fix"] or "—"] for f in at["history"]
    ]
    times = "Failed After " + str(len(rows)) + (" Attempt" if len(rows) == 1 else " Attempts")
    lines = [
        "## Escalation: Work Unit " + unit["id"] + " " + times,
        "",
        "### Failure History",
        "",
        *_table(["Attempt", "Phase", "Error", "Fix Tried"], rows),
        "",
        "### Root Cause Assessment",
        "",
        cause or "not known; the history above is all there is",
        "",
        "### Options",
        "",
        *[str(n) + ". " + way for n, way in enumerate(ways, 1)],
        "",
        "### Recommendation",
        "",
        advice or "none",
    ]
    return "\n".join(lines) + "\n"


def assessment(unit: Unit, at: UnitState) -> tuple[str, tuple[str, ...], str]:
    """Return what the history itself says of an escalation: its cause, the ways out, the advice.

    Each way out is something the person can type.
    """
    whys = [failure["why"] for failure in at["history"]]
    last = whys[-1] if whys else "handed over by a person"
    failed = _failed_check(last)
    let = "; or `/waive " + failed + " REASON` and `/approve`, to pass without it" if failed else ""
    ways = (
        "Mend the spec or the done-items of "
        + unit["id"]
        + " in the plan, then `/approve`: what is "
        "done stays done",
        "Give it what is missing (a file, a service, a decision), then `/approve`" + let,
    )
    kind = failures.kind(last)
    if kind == failures.EXTERNAL:
        return last, ways, "Option 2: nothing that is written here mends it"
    if len(whys) > 1 and len({failures.bare(why) for why in whys}) == 1:
        cause = "the same failure whatever was tried: " + last
        return cause, ways, "Option 1: more of the same is unlikely to help"
    if len(whys) > 1:
        return (
            kind + ": another failure each time, the last: " + last,
            ways,
            ("Option 2: something moved each time; say what matters first"),
        )
    return kind + ": " + failures.bare(last), ways, "Option 2"


def _failed_check(why: str) -> str:
    """Return the check by whose failure an attempt ended, "" where it was none."""
    name, mark, _ = failures.bare(why).partition(" failed")
    return name if mark and name and " " not in name else ""


def final(
    plan: Plan,
    state: Units,
    gates: dict[str, bool],
    issues: list[str],
    *,
    ready: bool,
    accepted: tuple[str, ...] = (),
) -> str:
    """Return the report of the final review over the whole change.

    `accepted` is what a person let pass or should know; it stands below the issues.
    """
    passed = ready and not issues and all(gates.values())
    rows = []
    for unit in plan["units"]:
        at = state["units"][unit["id"]]
        is_done = at["phase"] == "done"
        cells = ["Done", "Pass", "Pass", at["commit"][:12]] if is_done else ["—"] * 4
        rows.append([unit["id"], unit["title"], *cells])
    lines = [
        "## Final Comprehensive Review",
        "",
        "### Overall Verdict: " + ("PASS" if passed else "FAIL"),
        "",
        "### Work Units Summary",
        "",
        *_table(["WU", "Title", "Impl", "Validate", "Review", "Commit"], rows),
        "",
        "### Quality Gates",
        "",
        *["- [" + ("x" if held else " ") + "] " + name for name, held in gates.items()],
        "",
        "### Remaining Issues",
        "",
        *_bullets([*issues, *accepted]),
        "",
        "### Ready for PR: " + ("YES" if passed else "NO"),
    ]
    return "\n".join(lines) + "\n"


def _phase(state: Units, unit: Unit) -> str:
    return state["units"][unit["id"]]["phase"]


def _retries(at: UnitState) -> int:
    return min(at["attempt"] - 1, ATTEMPTS) if at["phase"] != "escalated" else len(at["history"])


def _stuck(unit: Unit, at: UnitState) -> str:
    last = at["history"][-1]["why"] if at["history"] else "by a person"
    return "- " + unit["id"] + ": " + last


def _bullets(items: list[str]) -> list[str]:
    return ["- " + " ".join(item.split()) for item in items] or ["none"]


def _table(names: list[str], rows: list[list[str]]) -> list[str]:
    lines = [names, ["---"] * len(names), *rows]
    return ["| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
