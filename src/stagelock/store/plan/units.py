"""The execution of a plan: the plan that the run pinned, and where each of its units stands.

Both are files named by their digest in the state home; the stage file names them, so that they
change as one with it and with the journal, and whatever else lies there counts for nothing.
"""

from __future__ import annotations

import posix
import time

from stagelock.core.evidence import fault, find
from stagelock.core.plan import failures
from stagelock.core.plan.unit_guards import DOORS, ENDED, writing
from stagelock.core.plan.unit_moves import again
from stagelock.core.plan.units import (
    APART,
    ATTEMPTS,
    attempts,
    begin,
    pending,
    step_unit,
    unmet,
    where,
)
from stagelock.store import evidence, records, runs
from stagelock.store.artifacts import read_artifact
from stagelock.store.files import digest, exists, lock, make_folder, remove, replace, slurp
from stagelock.store.home import run_folder
from stagelock.store.repository.git import head
from stagelock.store.repository.private_git import GitFailed
from stagelock.store.tree import TreeUnknown
from stagelock.store.wire import dumps, loads

from . import unit_files, unit_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypedDict

    from stagelock.core.model import Artifact, Book, Entry, Evidence, Person, Problem, State
    from stagelock.core.plan.units import Event, Plan, Unit, UnitEntry, Units, UnitState

    from .unit_tree import Changes

    class Look(TypedDict):
        """What one look at a tree found, and which checks were seen to run there."""

        changes: Changes
        now: str
        held: dict[str, Evidence]


ARTIFACT = "units"  # what a workflow calls the document that is a plan of units
STAGE = "execute"  # where units are carried through their loop
REVIEW = "final-review"  # where the whole change is judged once more
LOOKED_AT = ("validate", "review", "commit")  # the phases in which a unit's files stand still
COMMITS = "commits"  # what `/waive` calls those that no unit made
MOVE_HEAD = ("unit-committing", "unit-committed")
TRIES = 100  # other processes may move the run in between


def is_live(state: State) -> bool:
    """Say whether units are being carried through their loop now."""
    return state["stage"] == STAGE and state.get("units") is not None


def load(home: str, tree: str, state: State) -> tuple[Plan, Units]:
    """Return the pinned plan and where its units stand; raises ValueError, OSError.

    Other hooks may have moved on since `state` was read, and taken its book away; then what they
    left counts.
    """
    while True:
        book = state["units"]
        if book is None:
            raise ValueError("this run has no plan of units")
        try:
            plan: Plan = _load(home, tree, book["plan"])
            units: Units = _load(home, tree, book["now"])
        except FileNotFoundError:
            now, _ = runs.look(home, tree)
            if now is None or now["revision"] == state["revision"]:
                raise
            state = now
        else:
            return plan, units


def pinned(
    home: str, tree: str, state: State, artifacts: list[Artifact]
) -> tuple[State, list[Problem]]:
    """Compile the plan among `artifacts`; return the state that pins it, or what is wrong with it.

    Where units of an earlier plan stand, those that the new one leaves as they were stay there.
    """
    source = next((a for a in artifacts if a["name"] == ARTIFACT and a["text"] is not None), None)
    if source is None:
        return state, []
    if _is_pinned(state, source):
        return state, _too_large(state, load(home, tree, state)[0])
    plan, mistakes = _compiled(tree, source)
    if plan is None:
        return state, [{"what": ARTIFACT, "why": why} for why in mistakes]
    large = _too_large(state, plan)
    if large:
        return state, large
    units = begin(plan, [check["name"] for check in state["checks"]])
    if state.get("units") is not None:
        units = _carried_over(plan, units, *load(home, tree, state))
    book: Book = {
        "plan": _save(home, tree, plan),
        "source": source["sha256"],
        "now": _save(home, tree, units),
        "before": "",
        "head": "",
        "rounds": (state.get("units") or {"rounds": 1})["rounds"],
    }
    after = state.copy()
    after["units"] = book
    unit_files.planned(tree, state, plan, units)
    return after, []


def mistakes(tree: str, state: State) -> list[str]:
    """Return what keeps the plan that this stage owes from being judged, each at file:line."""
    path = next((a["path"] for a in state["exit"]["artifacts"] if a["name"] == ARTIFACT), "")
    if not path:
        return []
    source = read_artifact(tree, ARTIFACT, path)
    return _compiled(tree, source)[1] if source["text"] is not None else [path + " is not there"]


def reviewed_in(state: State, after: State) -> State:
    """Keep in which round of its review the plan was let through, as its gate is left."""
    book = after.get("units")
    failed = (state.get("rounds") or {}).get(state["stage"], [])
    if book is None or not state["exit"].get("reviews"):
        return after
    count = min(len(failed) + 1, state["exit"]["attempts"])  # the last may be overridden
    return {**after, "units": {**book, "rounds": count}}


def shown(tree: str, state: State, artifacts: list[Artifact], who: Person) -> None:
    """Show the plan that is carried out from here, or carried out in another form."""
    book = state.get("units")
    source = next((a for a in artifacts if book and a["sha256"] == book["source"]), None)
    if book is None or source is None or state["stage"] != STAGE:
        return
    by_person = who["door"] in DOORS
    text = source["text"] or ""
    unit_files.approved(tree, text, book["rounds"], who["at"], by_person=by_person)


def size(plan: Plan) -> int:
    """Measure a plan, in units and done-items."""
    return sum(1 + len(unit["done"]) for unit in plan["units"])


def _too_large(state: State, plan: Plan) -> list[Problem]:
    if not state.get("simpler") or state["exit"].get("reviews"):
        return []
    from stagelock.core.agents import rounds  # only where a person asked for a simpler plan

    return rounds.too_large(state, size(plan), "units and done-items")


def credentials(home: str, tree: str, state: State) -> list[str]:
    """Return the values of the credentials that the plan names, as they are set here."""
    plan = load(home, tree, state)[0]
    names = [name for variables in plan["credentials"].values() for name in variables]
    if not names:
        return []
    from . import secrets  # only where a plan names credentials

    return list(secrets.found(tree, names).values())


def hidden(home: str, tree: str, state: State, text: str) -> str:
    """Return a text in which no value of a credential of the plan stands."""
    from . import secrets

    values = credentials(home, tree, state) if state.get("units") is not None else []
    return secrets.hide(text, values) if values else text


def _without_secrets(home: str, tree: str, state: State, events: list[Event]) -> None:
    """Take the values of credentials out of what agents say: it goes into the books."""
    words = [event for event in events if event.get("why") or event.get("what")]
    values = credentials(home, tree, state) if words else []
    if values:
        from . import secrets

        for event in words:
            for field in ("why", "what"):
                if event.get(field):
                    event[field] = secrets.hide(str(event[field]), values)


def tell(home: str, tree: str, who: Person, events: list[Event]) -> list[UnitEntry]:
    """Take facts about units, all of them as one; returns what the journal got.

    A fact that is refused is noted, and the others count all the same.
    """
    for _ in range(TRIES):
        state, tamper = runs.look(home, tree)
        if state is None or tamper or state.get("units") is None:
            return []
        _without_secrets(home, tree, state, events)
        plan, before = load(home, tree, state)
        after, entries = before, []
        for event in events:
            after, more = step_unit(plan, after, event)
            entries += more
        if after is before:
            for entry in entries:
                _note(tree, state, who, entry)
            return entries
        try:
            _commit(home, tree, state, who, after, entries)
        except records.Conflict:
            time.sleep(0.01)
            continue
        unit_files.moved(tree, plan, after, entries, who["at"])
        return entries
    raise records.Conflict("the run moves on too fast; call again")


def settle(home: str, tree: str, who: Person) -> list[UnitEntry]:
    """Look at the tree: what changed after it was validated, and what can be validated now.

    Raises TreeUnknown where the tree cannot be looked at, or holds what no unit explains.
    """
    try:
        made = committing(home, tree, who, "")
    except GitFailed as error:
        raise TreeUnknown("git cannot be asked: " + str(error)) from None
    return made + _looked(home, tree, who)


def _looked(home: str, tree: str, who: Person) -> list[UnitEntry]:
    state, tamper = runs.look(home, tree)
    if state is None or tamper or not is_live(state):
        return []
    plan, units = load(home, tree, state)
    strange = foreign(home, tree, state, units)
    if strange:
        raise TreeUnknown(strange)
    waiting = [at["phase"] for at in units["units"].values()]
    if not set(LOOKED_AT).intersection(waiting):
        return []
    looked: dict[str, Look] = {}
    events: list[Event] = []
    for unit in plan["units"]:
        at = units["units"][unit["id"]]
        if at["phase"] not in LOOKED_AT:
            continue
        root = at["tree"]
        if root == APART or (root and not exists(root + "/.git")):
            events += _gone(unit["id"], at)
            continue
        if root not in looked:
            where = root or tree
            changes, now = unit_tree.changed(home, where, state["artifacts_at"], at["base"])
            held = evidence.beside(home, tree, root) if root else state["evidence"]
            looked[root] = {"changes": changes, "now": now, "held": held}
        events += _settled(state, units, unit, looked[root])
    entries = tell(home, tree, who, events) if events else []
    return entries + _joined(home, tree, who)


def _settled(state: State, units: Units, unit: Unit, look: Look) -> list[Event]:
    at = units["units"][unit["id"]]
    diff = unit_tree.seal(unit_tree.within(unit["files"], look["changes"]))
    if at["phase"] == "validate":
        return _validation(state, units, unit["id"], diff, look)
    if diff == at["diff"] or units["committing"] == unit["id"]:
        return []
    changed: Event = {"kind": "changed", "unit": unit["id"], "diff": diff}
    return [changed, *_validation(state, units, unit["id"], diff, look)]


def _gone(name: str, at: UnitState) -> list[Event]:
    """The worktree of a unit is not there any more, and its work with it."""
    events: list[Event] = []
    if at["phase"] != "validate":
        events.append({"kind": "changed", "unit": name, "diff": "gone"})
    why = "its worktree is gone" if at["tree"] != APART else "its coder had no worktree"
    return [*events, {"kind": "validated", "unit": name, "diff": "gone", "why": why}]


def _joined(home: str, tree: str, who: Person) -> list[UnitEntry]:
    """Bring the first unit that is passed in a worktree of its own into the run's own tree.

    Two reviewers may end at once: who comes second looks only when the first has told of it, since
    files of both in one tree would make each a stranger's in the eyes of the other.
    """
    held = lock(run_folder(home, tree) + "/joining")
    try:
        return _joined_alone(home, tree, who)
    finally:
        posix.close(held)


def _joined_alone(home: str, tree: str, who: Person) -> list[UnitEntry]:
    state, tamper = runs.look(home, tree)
    if state is None or tamper or not is_live(state):
        return []
    plan, units = load(home, tree, state)
    for unit in plan["units"]:
        event: Event = {"kind": "joined", "unit": unit["id"]}
        if units["units"][unit["id"]]["tree"] in ("", APART):
            continue
        if step_unit(plan, units, event)[1][-1]["event"] == "unit-refused":
            continue
        from . import joining  # only where a unit was built apart

        event["why"] = joining.join(home, tree, state, unit, units["units"][unit["id"]])
        return tell(home, tree, who, [event])
    return []


def _validation(state: State, units: Units, name: str, diff: str, look: Look) -> list[Event]:
    """Return the validation of a unit once each check ran on exactly this tree, or one failed."""
    if writing(units) and not units["units"][name]["tree"]:
        return []  # half of another's work would be judged with it
    results = {}
    for check in units["checks"]:
        if _is_waived(state, units["units"][name], check):
            results[check] = "passed"
            continue
        held = look["held"].get(check)
        if not fault(check, state["checks"], held, look["now"]):
            results[check] = "passed"
        elif held is not None and held["after"] == look["now"] and _has_failed(state, held):
            results[check] = "failed" + (": " + held["why"] if held["exit"] == 0 else "")
            sign = failures.outside(held["tail"]) if held["exit"] else ""
            if sign:
                return [{"kind": "external", "unit": name, "why": check + " failed: " + sign}]
    if len(results) < len(units["checks"]) and set(results.values()) <= {"passed"}:
        return []
    event: Event = {"kind": "validated", "unit": name, "diff": diff, "checks": results}
    event["changed"] = sorted(look["changes"])
    return [event]


def _has_failed(state: State, held: Evidence) -> bool:
    """Say whether a check speaks against the tree it ran on; green with too little covered does."""
    if held["exit"] != 0:
        return True
    check = find(held["check"], state["checks"])
    return bool(check and check["coverage"] and "coverage" in held["why"])


def _is_waived(state: State, at: UnitState, check: str) -> bool:
    """Say whether a person lets a unit pass without a check on which it failed before."""
    if not any(waiver["what"] == check for waiver in state["waivers"]):
        return False
    return _failed_on(at, check)


def _failed_on(at: UnitState, check: str) -> bool:
    return any((check + " failed") in failure["why"] for failure in at["history"])


def committing(home: str, tree: str, who: Person, why: str) -> list[UnitEntry]:
    """See whether git has the commit that a unit was let make.

    `why` says why it has none, once the command is over; "" while it may still be running.
    Raises GitFailed where git cannot be asked.
    """
    state, tamper = runs.look(home, tree)
    book = state.get("units") if state else None
    if state is None or tamper or book is None:
        return []
    name = load(home, tree, state)[1]["committing"]
    if not name:
        return []
    made = head(tree)
    if made == book["head"] and not why:
        return []
    if made == book["head"]:
        kind = "external" if failures.outside(why) else "not-committed"
        return tell(home, tree, who, [{"kind": kind, "unit": name, "why": why}])
    return tell(home, tree, who, [_made(home, tree, book["head"], made, name)])


def _made(home: str, tree: str, before: str, made: str, name: str) -> Event:
    """Return the commit that was made for a unit, as git has it."""
    event: Event = {"kind": "committed", "unit": name, "commit": made}
    event["diff"] = unit_tree.seal(unit_tree.committed(home, tree, before, made))
    event["message"] = unit_tree.said(home, tree, made)
    return event


def foreign(home: str, tree: str, state: State, units: Units) -> str:
    """Say which commits no unit made, "" where none: by a person, or by a script behind our back.

    What is no more than documents of this run is nobody's unit, and passes.
    """
    book = state["units"]
    made = head(tree)
    if book is None or units["committing"] or made == book["head"] or not book["head"]:
        return ""
    try:
        paths = unit_tree.committed(home, tree, book["head"], made)
    except GitFailed as error:
        return "git cannot be asked: " + str(error)
    at = (state["artifacts_at"] + "/", ".stagelock/")
    # once the run was past its units, documents were committed there
    ending = (".md",) if units["final"] else ()
    strange = [p for p in sorted(paths) if not p.startswith(at) and not p.endswith(ending)]
    if not strange:
        return ""
    return (
        "HEAD is at " + made[:12] + ", which no unit made (" + ", ".join(strange[:5]) + "); your "
        "human undoes that, or looks at it and types /waive " + COMMITS + " REASON"
    )


def adopted(home: str, tree: str, state: State, who: Person, why: str) -> list[str]:
    """A person answers for commits that no unit made; returns what was done, nothing for none."""
    book = state["units"]
    if book is None or not foreign(home, tree, state, load(home, tree, state)[1]):
        return []
    made = head(tree)
    then = state.copy()
    then["revision"] += 1
    then["units"] = {**book, "head": made}
    entry: UnitEntry = {"event": "unit-adopted", "what": book["head"][:12] + ".." + made[:12]}
    entry["why"] = why
    records.commit(home, tree, state, then, [_entry(state, who, entry)])
    return ["the units go on from " + made[:12]]


def goes_on(home: str, tree: str, state: State) -> str:
    """Say in one line where the execution of a plan goes on, "" where none is under way."""
    return where(*load(home, tree, state)) if is_live(state) else ""


def recovered(home: str, tree: str, who: Person) -> str:
    """Nobody is at work any more; returns the line that says where it goes on, "" for none."""
    state, tamper = runs.look(home, tree)
    if state is None or tamper or not is_live(state):
        return ""
    plan, units = load(home, tree, state)
    if not units["committing"] and not any(at["agent"] for at in units["units"].values()):
        return where(plan, units)
    event: Event = {"kind": "recovered"}
    book = state["units"]
    if units["committing"] and book and head(tree) != book["head"]:
        made = _made(home, tree, book["head"], head(tree), units["committing"])
        event = {**made, "kind": "recovered"}
    entries = tell(home, tree, who, [event])
    return entries[-1].get("says", "") if entries else ""


def decided(home: str, tree: str, state: State, who: Person) -> list[str]:
    """A person says go on: end the first checkpoint that waits, else try again what escalated.

    Returns what was done, nothing where nothing waited for a person.
    """
    plan, units = load(home, tree, state)
    for what in pending(plan, units):
        entries = tell(home, tree, who, [{"kind": "answered", "what": what, "door": who["door"]}])
        return ["checkpoint " + what + " ended"] if _is_taken(entries) else []
    stuck = [name for name, at in units["units"].items() if at["phase"] == "escalated"]
    if not stuck:
        return []
    events: list[Event] = [{"kind": "retry", "unit": n, "door": who["door"]} for n in stuck]
    entries = tell(home, tree, who, events)
    return [entry.get("says", "") for entry in entries if _is_taken([entry])]


def waived(
    home: str, tree: str, state: State, who: Person, what: str, why: str
) -> tuple[bool, list[str]]:
    """A person lets a unit go, or answers for commits no unit made; returns what came of it."""
    if what == COMMITS:
        told = adopted(home, tree, state, who, why)
        return bool(told), told
    return dropped(home, tree, state, who, what, why)


def dropped(
    home: str, tree: str, state: State, who: Person, name: str, why: str
) -> tuple[bool, list[str]]:
    """A person goes on without a unit; returns what came of it, nothing where it is no unit."""
    if name not in load(home, tree, state)[1]["units"]:
        return False, []
    event: Event = {"kind": "drop", "unit": name, "door": who["door"], "why": why}
    entries = tell(home, tree, who, [event])
    return _is_taken(entries), [entry.get("says", "") or entry["why"] for entry in entries]


def waivable(home: str, tree: str, state: State) -> list[str]:
    """Name the checks on which units failed: a person may let them pass without."""
    units = load(home, tree, state)[1]
    return [
        check
        for check in units["checks"]
        if any(_failed_on(at, check) for at in units["units"].values())
    ]


def reviewed(home: str, tree: str, who: Person) -> None:
    """The final review was approved by a person: it speaks of the commit that HEAD names."""
    event: Event = {"kind": "final", "verdict": "PASS", "commit": head(tree)}
    tell(home, tree, who, [event])


def unfinished(home: str, tree: str, state: State) -> list[str]:
    """Name all that stands between the plan and its pull request.

    What was committed after the final review and is no more than documents needs no new one.
    """
    plan, units = load(home, tree, state)
    now = head(tree)
    if units["final"] and now != units["final"]:
        since = unit_tree.committed(home, tree, units["final"], now)
        if all(path.endswith(".md") for path in since):
            now = units["final"]
    return unmet(plan, units, now)


def _is_taken(entries: list[UnitEntry]) -> bool:
    return bool(entries) and entries[-1]["event"] != "unit-refused"


def holding(home: str, tree: str, state: State) -> list[Problem]:
    """Say what of the plan holds the gate of the stage that executes it."""
    if not is_live(state):
        return []
    plan, units = load(home, tree, state)
    strange = foreign(home, tree, state, units)
    found: list[Problem] = [{"what": COMMITS, "why": strange}] if strange else []
    return found + open_units(plan, units)


def open_units(plan: Plan, units: Units) -> list[Problem]:
    """Say which units and checkpoints are not finished."""
    names = unmet(plan, units, units["final"])
    open_ones = [why for why in names if not why.startswith("no final review")]
    return [{"what": why.split(" ")[0], "why": why} for why in open_ones]


def _is_pinned(state: State, source: Artifact) -> bool:
    book = state.get("units")
    return book is not None and book["source"] == source["sha256"]


def _compiled(tree: str, source: Artifact) -> tuple[Plan | None, list[str]]:
    """Let the command line tool compile a plan: it has the packages for it, a hook has not."""
    from stagelock.store.library import PACKAGE, run

    launcher = PACKAGE[: -len("src/stagelock/")] + "/bin/stagelock"
    path = tree + "/" + source["path"]
    _, out = run(["/bin/sh", launcher, "plan", "check", "--json", path])
    try:
        answer = loads(out.decode())
        if answer["errors"]:
            return None, [str(line).replace(tree + "/", "") for line in answer["errors"]]
        if answer["sha256"] != source["sha256"]:
            return None, [source["path"] + " changed while it was checked; try again"]
        plan: Plan = answer["plan"]
    except (ValueError, KeyError, TypeError):
        return None, [
            source["path"] + " could not be checked; run `stagelock plan check` to see why"
        ]
    return plan, []


def in_short(home: str, tree: str, state: State) -> str:
    """Say in a few words what waits for a person, else where the units stand."""
    plan, units = load(home, tree, state)
    stuck = [name for name, at in units["units"].items() if at["phase"] == "escalated"]
    if pending(plan, units):
        return "checkpoint " + pending(plan, units)[0] + ": /approve"
    if stuck:
        return ", ".join(stuck) + " escalated: /approve, /waive " + stuck[0] + " REASON"
    done = sum(at["phase"] in ENDED for at in units["units"].values())
    told = [str(done) + "/" + str(len(units["units"])) + " units"]
    for name, at in units["units"].items():
        if at["phase"] not in ("waiting", *ENDED):
            told.append(name + " " + at["phase"] + " " + str(at["attempt"]) + "/" + str(ATTEMPTS))
    return ", ".join(told)


def standing(home: str, tree: str, state: State) -> list[str]:
    """Say where each unit stands, and what it waits for."""
    plan, units = load(home, tree, state)
    told = []
    for unit in plan["units"]:
        at = units["units"][unit["id"]]
        line = unit["id"] + " " + at["phase"] + attempts(at)
        more = again(at)
        line += " (" + more + ")" if more else ""
        line += " in " + at["tree"].replace(tree + "/", "", 1) if at["tree"] else ""
        gone = [n for n in unit["needs"] if units["units"][n]["phase"] == "dropped"]
        if gone and at["phase"] == "waiting":
            line += ", needs " + ", ".join(gone) + ", which was dropped: change the plan"
        told.append(line + (": " + at["commit"][:12] if at["commit"] else ""))
    return told


def news(home: str, tree: str, state: State) -> list[str]:
    """Say what of the plan waits for a person, and what they may type."""
    plan, units = load(home, tree, state)
    told = [
        "checkpoint " + what + " waits for you: " + unit_files.checkpoint(tree, plan, units, what)
        + "; /approve goes on, and what you write instead is taken as feedback"
        for what in pending(plan, units)
    ]  # fmt: skip
    for unit in plan["units"]:
        at = units["units"][unit["id"]]
        if at["phase"] == "escalated":
            why = at["history"][-1]["why"] if at["history"] else "by a person"
            told.append(
                unit["id"] + " waits for you: " + why + " (" + unit_files.FOLDER + "/ESCALATION-"
                + unit["id"] + ".md); /approve tries it again, also after you changed the plan; "
                "/waive CHECK REASON lets it pass without one; /waive " + unit["id"] + " REASON "
                "goes on without it; /abandon REASON ends the run"
            )  # fmt: skip
    return told


def _carried_over(plan: Plan, fresh: Units, old_plan: Plan, old: Units) -> Units:
    specs = {unit["id"]: unit for unit in old_plan["units"]}
    for unit in plan["units"]:
        if specs.get(unit["id"]) == unit:
            fresh["units"][unit["id"]] = {**old["units"][unit["id"]], "agent": ""}
    fresh["answered"] = [
        what for what in old["answered"] if what.split(" ")[1] in fresh["units"]
        and specs.get(what.split(" ")[1]) in plan["units"]
    ]  # fmt: skip
    fresh["revision"] = old["revision"] + 1
    return fresh


def _commit(
    home: str, tree: str, state: State, who: Person, after: Units, entries: list[UnitEntry]
) -> None:
    book = state["units"]
    if book is None:
        return
    then = state.copy()
    then["revision"] += 1
    now = _save(home, tree, after)
    ends = any(entry["event"] in MOVE_HEAD for entry in entries)
    at = head(tree) if ends or not book["head"] else book["head"]
    then["units"] = {**book, "now": now, "before": book["now"], "head": at}
    done = [entry["unit"] for entry in entries if entry.get("phase") == "done"]
    spent = [check for name in done for check in after["checks"]
             if _failed_on(after["units"][name], check)]  # fmt: skip
    then["waivers"] = [waiver for waiver in state["waivers"] if waiver["what"] not in spent]
    sealed = [_entry(state, who, entry) for entry in entries]
    records.commit(home, tree, state, then, sealed)
    if book["before"] not in ("", book["now"], now):
        remove(_path(home, tree, book["before"]))  # not the last: another hook may be reading it


def _entry(state: State, who: Person, entry: UnitEntry) -> Entry:
    whole: Entry = {
        "event": "",
        "run": state["run"],
        "stage": state["stage"],
        "revision": state["revision"],
        "by": who["by"],
        "door": who["door"],
        "session": who["session"],
        "head": who["head"],
        "at": who["at"],
    }
    whole.update(entry)  # type: ignore[typeddict-item]  # its fields are among an entry's
    return whole


def _note(tree: str, state: State, who: Person, entry: UnitEntry) -> None:
    from stagelock.store.journal import note

    note(tree, _entry(state, who, entry))


def _save(home: str, tree: str, what: Plan | Units) -> str:
    data = dumps(what).encode()
    name = digest(data)
    make_folder(run_folder(home, tree) + "/units")
    replace(_path(home, tree, name), data)
    return name


def _load(home: str, tree: str, name: str) -> Any:
    data = slurp(_path(home, tree, name))
    if digest(data) != name:
        raise ValueError("the books of the plan are not what the stage file names")
    return loads(data.decode())


def _path(home: str, tree: str, name: str) -> str:
    return run_folder(home, tree) + "/units/" + name
