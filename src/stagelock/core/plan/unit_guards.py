"""When a fact about a unit may not happen: each guard says why, and stands beside its rule."""

from __future__ import annotations

from . import commits
from .scopes import covered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from .units import Fact, Plan, Unit, Units, UnitState

DOORS = ("typed", "dialog", "terminal")
ENDED = ("done", "dropped")

# The chart of one unit: phase: event: the phases it may lead to. What is not here is refused.
CHART: dict[str, dict[str, tuple[str, ...]]] = {
    "waiting": {"start": ("implement",), "drop": ("dropped",)},
    "implement": {
        "start": ("implement",),
        "placed": ("implement",),
        "implemented": ("validate", "implement", "escalated"),
        "lost": ("implement", "escalated"),
        "external": ("escalated",),
    },
    "validate": {
        "validated": ("review", "commit", "implement", "escalated"),
        "external": ("escalated",),
    },
    "review": {
        "reviewing": ("review",),
        "reviewed": ("commit", "validate", "review", "implement", "escalated"),
        "lost": ("review", "escalated"),
        "changed": ("validate", "escalated"),
        "external": ("escalated",),
    },
    "commit": {
        "committing": ("commit",),
        "committed": ("done", "escalated"),
        "not-committed": ("implement", "escalated"),
        "joined": ("validate", "implement", "escalated"),
        "changed": ("validate",),
        "external": ("escalated",),
    },
    "done": {},
    "escalated": {"retry": ("implement",), "drop": ("dropped",)},
    "dropped": {},
}


def refusal(fact: Fact) -> tuple[str, str]:
    kind = fact["event"].get("kind", "")
    phase = fact["at"]["phase"]
    if kind not in CHART[phase]:
        why = fact["unit"]["id"] + " is in " + phase + "; " + (_next(phase) or "nothing follows")
        return "unit/phase", why
    for rule, guard in GUARDS.get(kind, ()):
        why = guard(fact)
        if why:
            return rule, why
    return "", ""


def _next(phase: str) -> str:
    return {
        "waiting": "a coder is dispatched first",
        "implement": "its coder says DONE first",
        "validate": "every check is run on it first",
        "review": "a fresh reviewer passes it first",
        "commit": "it is committed next",
        "escalated": "a person decides",
    }.get(phase, "")


def pending(plan: Plan, state: Units) -> list[str]:
    """Name the checkpoints that wait for a person now: `after WU-001`, `before WU-003`.

    A pause after a unit holds everything that mutates. One before a unit is due as soon as what
    it needs is committed, and holds that unit and whatever waits for it.
    """
    found = []
    for unit in plan["units"]:
        phase = state["units"][unit["id"]]["phase"]
        for moment in unit["checkpoints"]:
            what = moment + " " + unit["id"]
            is_due = phase == "done" if moment == "after" else phase == "waiting"
            if is_due and what not in state["answered"] and not waits_for(state, unit):
                found.append(what)
    return found


def halted(plan: Plan, state: Units) -> str:
    """Name the checkpoint at which all that changes anything waits, "" where there is none."""
    return next((what for what in pending(plan, state) if what.startswith("after ")), "")


def outside(unit: Unit, changed_paths: list[str]) -> list[str]:
    """Name the changed paths that lie in no file scope of the unit."""
    return [path for path in changed_paths if not covered(unit["files"], path)]


def writing(state: Units) -> list[str]:
    """Name the units whose coders write in the run's own tree now."""
    return [
        name
        for name, at in state["units"].items()
        if at["phase"] == "implement" and at["agent"] and not at["tree"]
    ]


def joining(state: Units) -> list[str]:
    """Name the units that were passed and lie in the run's own tree, not yet committed."""
    return [
        name
        for name, at in state["units"].items()
        if at["passed"] and not at["tree"] and at["phase"] in ("validate", "commit")
    ]


def waits_for(state: Units, unit: Unit) -> list[str]:
    """Name the units that are committed first and are not yet."""
    return [name for name in unit["needs"] if state["units"][name]["phase"] != "done"]


# words by which a reviewer would be told what an earlier one found
LEAKS = (
    "previous review", "previous finding", "earlier review", "earlier finding", "last reviewer",
    "prior review", "prior finding", "first reviewer", "re-review", "reviewer found",
    "reviewer said", "check if fixed", "check that it is fixed", "has been fixed", "was fixed",
    "coder says", "coder reports", "implementer says", "implementer reports", "tests pass",
)  # fmt: skip


def leaks(unit: Unit, at: UnitState, prompt: str) -> str:
    """Return what in a reviewer's prompt speaks of earlier reviews or of the coder's word.

    What the plan itself says of the unit may stand in it.
    """
    text = " ".join(prompt.lower().split())
    for own in [unit["spec"], *unit["done"]]:
        text = text.replace(" ".join(own.lower().split()) or "\n", "")
    for words in LEAKS:
        if words in text:
            return words
    for failure in at["history"]:
        said = " ".join(failure["why"].lower().split())
        if len(said) > 15 and said in text:
            return failure["why"][:60]
    return ""


# --- guards: why not, "" where nothing stands against it -----------------------------------------


def _needs_are_committed(fact: Fact) -> str:
    names = waits_for(fact["state"], fact["unit"])
    return fact["unit"]["id"] + " waits for " + ", ".join(names) if names else ""


def _no_pause(fact: Fact) -> str:
    for what in pending(fact["plan"], fact["state"]):
        if what.startswith("after ") or what == "before " + fact["unit"]["id"]:
            return "the checkpoint " + what + " waits for a person"
    return ""


def _nobody_at_it(fact: Fact) -> str:
    agent = fact["at"]["agent"]
    return "an agent works at " + fact["unit"]["id"] + " already" if agent else ""


def _is_named(fact: Fact) -> str:
    return "" if fact["event"].get("agent") else "nobody is named who does it"


def _is_briefed(fact: Fact) -> str:
    if fact["event"].get("briefed"):
        return ""
    return "the coder was not given the unit's brief and the context document"


def _is_apart(fact: Fact) -> str:
    is_apart = bool(fact["at"]["tree"])
    return "" if is_apart else fact["unit"]["id"] + " is in the run's own tree already"


def _is_joined(fact: Fact) -> str:
    if not fact["at"]["tree"]:
        return ""
    return fact["unit"]["id"] + " is in a worktree of its own still; it is joined first"


def _is_alone_in_the_tree(fact: Fact) -> str:
    """What is joined is verified on the joined tree, so nobody may write there meanwhile."""
    others = [name for name in joining(fact["state"]) if name != fact["unit"]["id"]]
    others += writing(fact["state"])
    return "joining waits for " + ", ".join(others) if others else ""


def _is_its_agent(fact: Fact) -> str:
    at = fact["at"]
    if at["agent"] and at["agent"] == fact["event"].get("agent", ""):
        return ""
    return "a late word of an agent that " + fact["unit"]["id"] + " no longer waits for"


def _all_are_in(fact: Fact) -> str:
    """Where units share a tree, half of another's work would be judged with it."""
    if fact["at"]["tree"]:
        return ""
    busy = [name for name in writing(fact["state"]) if name != fact["unit"]["id"]]
    return "validation waits for " + ", ".join(busy) if busy else ""


def _is_the_validated_diff(fact: Fact) -> str:
    if fact["event"].get("diff") and fact["event"]["diff"] == fact["at"]["diff"]:
        return ""
    return "the diff is not the one that was validated; validate again"


def _is_the_passed_diff(fact: Fact) -> str:
    if fact["event"].get("diff") and fact["event"]["diff"] == fact["at"]["passed"]:
        return ""
    return "no reviewer passed this diff"


def _is_fresh(fact: Fact) -> str:
    at = fact["at"]
    if fact["event"].get("agent", "") in at["reviewers"]:
        return "this reviewer has looked at " + fact["unit"]["id"] + " before; dispatch a new one"
    if fact["event"].get("agent", "") in at["coders"]:
        return "nobody reviews work of their own; dispatch a new agent"
    return ""


def _says_nothing_of_before(fact: Fact) -> str:
    leak = leaks(fact["unit"], fact["at"], fact["event"].get("prompt", ""))
    if not leak:
        return ""
    return "the reviewer is told of earlier reviews (`" + leak + "`); give spec, items and diff"


def _no_other_commit(fact: Fact) -> str:
    other = fact["state"]["committing"]
    if other == fact["unit"]["id"]:
        return ""  # the last try ended unseen, and git has no commit of it
    return other + " is being committed; units are committed one at a time" if other else ""


def _is_being_committed(fact: Fact) -> str:
    return (
        ""
        if fact["state"]["committing"] == fact["unit"]["id"]
        else "nothing was being committed for it"
    )


def _is_not_being_committed(fact: Fact) -> str:
    return "it is being committed" if fact["state"]["committing"] == fact["unit"]["id"] else ""


def _stages_its_scope(fact: Fact) -> str:
    staged = fact["event"].get("staged", [])
    if not staged:
        return "nothing of " + fact["unit"]["id"] + " is staged"
    strange = outside(fact["unit"], staged)
    return "staged, and outside the scope: " + ", ".join(strange) if strange else ""


def _has_the_message(fact: Fact) -> str:
    return commits.wrong_message(fact["unit"], fact["event"].get("message", ""))


def _skips_no_hook(fact: Fact) -> str:
    return commits.wrong_flag(fact["event"].get("argv", []))


def _is_another_diff(fact: Fact) -> str:
    is_same = fact["event"].get("diff", "") == fact["at"]["diff"]
    return "the diff is still the one that was validated" if is_same else ""


def _by_a_person(fact: Fact) -> str:
    return "" if fact["event"].get("door", "") in DOORS else "only a person decides that"


# what may not be so for a fact to be taken: the rule that refuses, and the guard
GUARDS: dict[str, tuple[tuple[str, Callable[[Fact], str]], ...]] = {
    "start": (
        ("unit/needs", _needs_are_committed),
        ("unit/checkpoint", _no_pause),
        ("unit/agent", _nobody_at_it),
        ("unit/agent", _is_named),
        ("unit/brief", _is_briefed),
    ),
    "placed": (("unit/late", _is_its_agent),),
    "implemented": (("unit/late", _is_its_agent),),
    "lost": (("unit/late", _is_its_agent),),
    "validated": (("unit/side-by-side", _all_are_in),),
    "reviewing": (
        ("unit/agent", _nobody_at_it),
        ("unit/agent", _is_named),
        ("unit/fresh-reviewer", _is_fresh),
        ("unit/diff", _is_the_validated_diff),
        ("unit/leak", _says_nothing_of_before),
    ),
    "reviewed": (("unit/late", _is_its_agent),),
    "joined": (
        ("unit/joined", _is_apart),
        ("unit/checkpoint", _no_pause),
        ("unit/one-commit", _no_other_commit),
        ("unit/side-by-side", _is_alone_in_the_tree),
    ),
    "committing": (
        ("unit/joined", _is_joined),
        ("unit/checkpoint", _no_pause),
        ("unit/one-commit", _no_other_commit),
        ("unit/pass-on-this-diff", _is_the_passed_diff),
        ("unit/scope", _stages_its_scope),
        ("unit/message", _has_the_message),
        ("unit/hooks", _skips_no_hook),
    ),
    "committed": (("unit/one-commit", _is_being_committed),),
    "not-committed": (("unit/one-commit", _is_being_committed),),
    "changed": (("unit/one-commit", _is_not_being_committed), ("unit/diff", _is_another_diff)),
    "retry": (("unit/person", _by_a_person),),
    "drop": (("unit/person", _by_a_person),),
}
