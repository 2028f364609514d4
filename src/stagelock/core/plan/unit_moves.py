"""What a fact about a unit changes, once no guard stands against it."""

from __future__ import annotations

from . import failures
from .commits import message, wrong_message
from .scopes import covered
from .unit_guards import ENDED, halted, outside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from .units import Fact, Failure, UnitEntry, UnitState

ATTEMPTS = 3
APART = "worktree"  # where a unit is built whose worktree is not known yet
LOST = str(ATTEMPTS) + " reviewers ended without a verdict"


def attempts(at: UnitState) -> str:
    """Return `, attempt 2/3` for a unit that is being worked at."""
    if at["phase"] in ("waiting", *ENDED):
        return ""
    return ", attempt " + str(at["attempt"]) + "/" + str(ATTEMPTS)


def _start(fact: Fact) -> UnitEntry:
    at = fact["at"]
    at["phase"] = "implement"
    at["agent"] = fact["event"]["agent"]
    given = fact["event"].get("tree", "")
    at["tree"] = (at["tree"] or given) if given else ""  # what an earlier attempt left lies there
    at["coders"] = _with(at["coders"], fact["event"]["agent"])
    return {"says": "implement " + fact["unit"]["id"] + attempts(at)}


def _placed(fact: Fact) -> UnitEntry:
    at = fact["at"]
    at["tree"], at["base"] = fact["event"].get("tree", ""), fact["event"].get("base", "")
    return {"what": at["tree"]}


def _implemented(fact: Fact) -> UnitEntry:
    """A claim moves the unit to where it is checked, and no further."""
    at = fact["at"]
    status = fact["event"].get("status", "")
    if at["history"] and not at["history"][-1]["fix"]:
        tried: Failure = {**at["history"][-1], "fix": fact["event"].get("what", "")}
        at["history"] = [*at["history"][:-1], tried]
    if status in ("DONE", "DONE_WITH_CONCERNS"):
        at["agent"] = ""
        at["phase"] = "validate"
        return {"says": fact["unit"]["id"] + " is implemented; running every check"}
    pause = halted(fact["plan"], fact["state"])
    if pause:  # it could not go on, and nobody failed by that
        at["agent"] = ""
        return {"says": fact["unit"]["id"] + " waits at the checkpoint " + pause}
    return _fail(
        fact,
        fact["event"].get("why", "") or "its coder ended with " + (status or "no status"),
    )


def _validated(fact: Fact) -> UnitEntry:
    at = fact["at"]
    if fact["event"].get("why"):
        return _fail(fact, fact["event"]["why"])
    results = fact["event"].get("checks", {})
    failed = [
        name + " " + results.get(name, "not run")
        for name in fact["state"]["checks"]
        if results.get(name) != "passed"
    ]
    strange = outside(fact["unit"], fact["event"].get("changed", []))
    if not at["tree"]:
        strange = _unexplained(fact, strange)
    if strange:
        failed.append("outside the scope: " + ", ".join(strange))
    if not fact["event"].get("diff"):
        failed.append("nothing in its scope differs from the last commit")
    if failed:
        return _fail(fact, "; ".join(failed))
    at["diff"] = fact["event"]["diff"]
    if at["passed"] == at["diff"]:  # joined: a reviewer passed this very diff in its worktree
        at["phase"] = "commit"
        return {"says": fact["unit"]["id"] + " holds on the joined tree; it is committed next"}
    at["phase"], at["passed"] = "review", ""
    return {"says": fact["unit"]["id"] + " is validated; it wants a fresh reviewer"}


def _reviewing(fact: Fact) -> UnitEntry:
    at = fact["at"]
    at["agent"] = fact["event"]["agent"]
    at["reviewers"] = _with(at["reviewers"], fact["event"]["agent"])
    name = fact["unit"]["id"]
    if at["attempt"] > 1:
        return {"says": again(at) + " of " + name + ", by a fresh reviewer"}
    return {"says": "review of " + name + attempts(at)}


def again(at: UnitState) -> str:
    """Return `Re-review attempt 1/3` for a unit that is reviewed once more, "" at the first."""
    if at["attempt"] < 2 or at["phase"] not in ("validate", "review"):
        return ""
    return "Re-review attempt " + str(at["attempt"] - 1) + "/" + str(ATTEMPTS)


def _reviewed(fact: Fact) -> UnitEntry:
    at = fact["at"]
    at["agent"] = ""
    verdict = fact["event"].get("verdict", "")
    if verdict == "FAIL":  # also of a diff that has changed since: it was found failing
        why = fact["event"].get("why", "") or "the reviewer found it failing"
        return _fail(fact, why)
    if fact["event"].get("diff", "") != at["diff"]:
        at["phase"], at["diff"] = "validate", ""
        return {
            "says": "the verdict is on another diff; " + fact["unit"]["id"] + " is validated again"
        }
    if verdict == "PASS":
        at["phase"] = "commit"
        at["passed"] = at["diff"]
        return {"says": fact["unit"]["id"] + " is passed; it is committed next"}
    return _no_verdict(fact)


def _lost(fact: Fact) -> UnitEntry:
    at = fact["at"]
    if at["phase"] == "review":
        at["agent"] = ""
        return _no_verdict(fact)
    return _fail(fact, fact["event"].get("why", "") or "its coder ended without a status")


def _no_verdict(fact: Fact) -> UnitEntry:
    """A reviewer that is stopped before it says FAIL must not be a way to choose reviewers."""
    at = fact["at"]
    at["lost"] += 1
    if at["lost"] < ATTEMPTS:
        return {"says": "no verdict on " + fact["unit"]["id"] + "; it wants a fresh reviewer"}
    return _escalate(fact, LOST)


def _joined(fact: Fact) -> UnitEntry:
    """The work of a worktree lies in the run's own tree now, where every check runs again."""
    at = fact["at"]
    if fact["event"].get("why"):
        return _fail(fact, fact["event"]["why"])
    at["tree"], at["base"], at["diff"] = "", "", ""
    at["phase"] = "validate"
    return {"says": fact["unit"]["id"] + " is joined; every check runs again on the joined tree"}


def _committing(fact: Fact) -> UnitEntry:
    fact["state"]["committing"] = fact["unit"]["id"]
    return {"says": "committing " + fact["unit"]["id"]}


def _committed(fact: Fact) -> UnitEntry:
    at = fact["at"]
    fact["state"]["committing"] = ""
    if fact["event"].get("diff", "") != at["passed"]:
        why = (
            "the commit "
            + fact["event"].get("commit", "")[:12]
            + " holds another diff than was passed"
        )
        return _escalate(fact, why)
    wrong = wrong_message(fact["unit"], fact["event"].get("message", message(fact["unit"])))
    if wrong:
        return _escalate(fact, "the commit says something else than was let through: " + wrong)
    at["phase"] = "done"
    at["commit"] = fact["event"].get("commit", "")
    return {"commit": at["commit"], "says": fact["unit"]["id"] + " is committed"}


def _not_committed(fact: Fact) -> UnitEntry:
    fact["state"]["committing"] = ""
    why = fact["event"].get("why", "") or "git refused the commit"
    return _fail(fact, why)


def _changed(fact: Fact) -> UnitEntry:
    at = fact["at"]
    if at["agent"]:  # a change that sends a reviewer away is no way to choose reviewers either
        at["lost"] += 1
        if at["lost"] >= ATTEMPTS:
            return _escalate(fact, LOST)
    at["phase"], at["agent"] = "validate", ""
    at["diff"] = at["passed"] = ""
    return {"says": fact["unit"]["id"] + " changed after its validation; every check runs again"}


def _external(fact: Fact) -> UnitEntry:
    if fact["state"]["committing"] == fact["unit"]["id"]:
        fact["state"]["committing"] = ""
    why = failures.bare(fact["event"].get("why", "")) or "something outside the project is missing"
    return _escalate(fact, failures.EXTERNAL + ": " + why)


def _retry(fact: Fact) -> UnitEntry:
    at = fact["at"]
    at["phase"], at["attempt"], at["lost"] = "implement", 1, 0
    return {"says": fact["unit"]["id"] + " is tried again", "why": fact["event"].get("why", "")}


def _drop(fact: Fact) -> UnitEntry:
    at = fact["at"]
    at["phase"] = "dropped"
    return {"says": fact["unit"]["id"] + " is dropped", "why": fact["event"].get("why", "")}


def _fail(fact: Fact, why: str) -> UnitEntry:
    """Send the unit back, or to a person when its attempts are spent."""
    at = fact["at"]
    phase = at["phase"].upper()
    if at["attempt"] >= ATTEMPTS:
        return _escalate(fact, why)
    _remember(at, why)
    at["attempt"] += 1
    at["lost"] = 0
    at["phase"] = "implement"
    return {"why": why, "says": phase + " FAIL: " + why + ". Returning to IMPLEMENT" + attempts(at)}


def _escalate(fact: Fact, why: str) -> UnitEntry:
    at = fact["at"]
    _remember(at, why)
    at["phase"] = "escalated"
    says = fact["unit"]["id"] + " is escalated to a person with its history: " + why
    return {"why": why, "says": says}


def _remember(at: UnitState, why: str) -> None:
    failure: Failure = {"attempt": at["attempt"], "phase": at["phase"], "why": why, "fix": ""}
    at["history"] = [*at["history"], failure]
    at["agent"] = at["diff"] = at["passed"] = ""


def _with(names: list[str], name: str) -> list[str]:
    return names if name in names else [*names, name]


def _unexplained(fact: Fact, strange: list[str]) -> list[str]:
    """Name the paths that lie in the scope of no unit that is under way in the same tree."""
    scopes = [
        other["files"]
        for other in fact["plan"]["units"]
        if other["id"] != fact["unit"]["id"] and _is_under_way(fact, other["id"])
    ]
    return [path for path in strange if not any(covered(scope, path) for scope in scopes)]


def _is_under_way(fact: Fact, name: str) -> bool:
    """Say whether what a unit wrote may lie in the run's own tree now."""
    at = fact["state"]["units"][name]
    return at["phase"] not in ("waiting", *ENDED) and not at["tree"]


MOVES: dict[str, Callable[[Fact], UnitEntry]] = {
    "start": _start,
    "placed": _placed,
    "implemented": _implemented,
    "validated": _validated,
    "reviewing": _reviewing,
    "reviewed": _reviewed,
    "lost": _lost,
    "joined": _joined,
    "committing": _committing,
    "committed": _committed,
    "not-committed": _not_committed,
    "changed": _changed,
    "external": _external,
    "retry": _retry,
    "drop": _drop,
}
