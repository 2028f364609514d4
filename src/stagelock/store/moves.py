"""What a person asks for, done: look, let core step, commit, say what came of it.

Used by the typed commands, the dialog and the terminal alike, so that one word means the same at
every door. Nothing here asks who knocked; that was settled at the door.
"""

from __future__ import annotations

import posix
import time

from stagelock.core import step
from stagelock.core.agents import standing
from stagelock.core.fix import hypothesis, tripwires
from stagelock.core.fix.test_files import pinned
from stagelock.core.taint import WHAT, because

from . import evidence, records, runs, steps
from .artifacts import lacks, owed, read_artifact, stale
from .clock import stamp
from .files import exists
from .home import run_folder
from .journal import note
from .people import itself
from .plan import units
from .repository.git import head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from stagelock.core.model import (
        Artifact,
        Entry,
        Pause,
        Person,
        Policy,
        Problem,
        Settings,
        State,
    )

    class Outcome(TypedDict):
        """What came of a move: whether it was made, what to tell the person, and the state then."""

        moved: bool
        told: list[str]
        state: State


def person(door: str, session: str, tree: str) -> Person:
    """Say who acts, now, through which door."""
    now = time.time()
    return {
        "by": user(),
        "door": door,
        "session": session,
        "at": stamp(now),
        "now": now,
        "head": head(tree),
    }


def witness(session: str, tree: str) -> Person:
    """Say that stagelock itself acts, on what the client reports."""
    return itself("client", session, tree)


def user() -> str:
    """Return the name of the user this process runs as."""
    try:
        import pwd

        return pwd.getpwuid(posix.getuid()).pw_name
    except (ImportError, KeyError):
        return str(posix.getuid())


def start(
    home: str,
    tree: str,
    policy: Policy,
    stage: str,
    topic: str,
    settings: Settings,
    who: Person,
) -> Outcome:
    """Start a run of `policy` at `stage`. Raises records.Conflict when one is live."""
    policy = pinned(policy, settings)
    run = _free_name(tree, settings["artifacts"], topic or policy["workflow"])
    seal = runs.pin(policy)
    is_held_to_it = settings["checks"] or steps.tell_by_tree(policy) or "tests" in policy
    is_held_to_it = is_held_to_it or settings["suppressions"] == "refuse"
    base = evidence.tree_now(home, tree)[0] if is_held_to_it else ""
    state, entries = step.start(policy, seal, run, topic, stage, settings, who, base)
    records.begin(home, tree, policy, state, entries)
    evidence.prune(home, tree)
    return {
        "moved": True,
        "told": ["run `" + run + "` started, stage `" + stage + "`"],
        "state": state,
    }


def approve(home: str, tree: str, state: State, who: Person, to: str = "") -> Outcome:
    """Open the gate of the current stage, or renew approvals that went stale."""
    fault = records.journal_fault(home, tree)
    if fault:
        why = "the journal is not whole (" + fault + ")"
        return _kept(state, [why + "; run `stagelock doctor --repair` in a terminal"])
    state = _looked_after(home, tree, state, who)
    if state.get("taint"):
        return _kept(state, [_tainted(state)])
    policy = runs.policy_of(home, tree, state)
    changed = stale(tree, state)
    if changed and not to:
        return _renewed(home, tree, state, policy, who, changed)
    if changed:
        return _kept(
            state, [path + " changed after its approval; /approve it first" for path in changed]
        )
    if units.is_live(state) and not to:
        told = units.decided(home, tree, state, who)
        if told:
            return _units_moved(home, tree, state, told)
    back = _strayed(home, tree, state, policy, who) if state["exit"].get("owes") else None
    return back or _gated(home, tree, state, policy, who, to)


def _gated(home: str, tree: str, state: State, policy: Policy, who: Person, to: str) -> Outcome:
    """Hold the stage against its gate, and open it where nothing is missing."""
    if state["exit"].get("reviews"):
        from . import rounds as judged

        judged.write(home, tree, state)  # what is approved is what the reviewers said
    artifacts = owed(tree, state)
    problems = lacks(tree, policy, state, artifacts) + unverified(home, tree, state)
    state, problems = _planned(home, tree, state, artifacts, problems)
    after, entries = step.approve(policy, state, who, artifacts, problems, to)
    done = "stage `" + state["stage"] + "` approved" + _arrived(after)
    if entries[0].get("unreviewed"):
        done += "; commits " + entries[0]["unreviewed"] + " were made in it, unreviewed"
    if after is not state:
        after = _judged(state, after)
        worries = ["with the concern of " + told for told in standing.concerns(state)]
        done = "; ".join([done, *evidence.shown(home, tree, state), *worries])
    outcome = _made(home, tree, state, after, entries, done)
    if outcome["moved"] and state.get("units"):
        _plan_moved(home, tree, state, outcome["state"], artifacts, who)
    return outcome


def _renewed(
    home: str, tree: str, state: State, policy: Policy, who: Person, changed: list[str]
) -> Outcome:
    """Renew the approval of what changed after it."""
    artifacts = [
        read_artifact(tree, approved["artifact"], approved["path"])
        for approved in state["approved"]
        if approved["path"] in changed
    ]
    problems = lacks(tree, policy, state, artifacts)
    if not problems:  # units that are open hold no plan that a person changed meanwhile
        state, problems = units.pinned(home, tree, state, artifacts)
    after, entries = step.renew(state, who, artifacts, problems)
    outcome = _made(home, tree, state, after, entries, "approved again: " + ", ".join(changed))
    units.shown(tree, outcome["state"], artifacts, who)
    return outcome


def _judged(state: State, after: State) -> State:
    """A person let through what was judged in rounds: these are over."""
    if not state["exit"].get("reviews"):
        return after
    from stagelock.core.agents import rounds

    return units.reviewed_in(state, rounds.ended(state, after))


def _plan_moved(
    home: str, tree: str, state: State, after: State, artifacts: list[Artifact], who: Person
) -> None:
    """A person let the run of a plan go on: show what is carried out, keep what was judged."""
    units.shown(tree, after, artifacts, who)
    if state["stage"] == units.REVIEW:
        from .plan import final

        units.reviewed(home, tree, who)
        final.kept(home, tree, state)


def leave(home: str, tree: str, state: State, who: Person) -> Outcome:
    """Leave a stage whose gate is `auto`, if what it owes is there."""
    state = _looked_after(home, tree, state, who)
    if state.get("taint"):
        return _kept(state, [_tainted(state)])
    policy = runs.policy_of(home, tree, state)
    changed = stale(tree, state)
    artifacts = owed(tree, state)
    problems = lacks(tree, policy, state, artifacts) + unverified(home, tree, state)
    state, problems = _planned(home, tree, state, artifacts, problems)
    problems += [{"what": path, "why": path + " changed after its approval"} for path in changed]
    owes = state["exit"].get("owes", ())
    back = _strayed(home, tree, state, policy, who) if owes else None
    if back:
        return back
    after, entries = step.passed(policy, state, who, problems)
    if "reproduction" in owes and after is not state:
        from .fix import bugs

        after["cause"] = bugs.told_cause(tree, state)
    done = "stage `" + state["stage"] + "` is left" + _arrived(after)
    if after is not state:
        done = "; ".join([done, *evidence.shown(home, tree, state)])
    outcome = _made(home, tree, state, after, entries, done)
    if outcome["moved"]:
        units.shown(tree, outcome["state"], artifacts, who)
    return outcome


def _strayed(home: str, tree: str, state: State, policy: Policy, who: Person) -> Outcome | None:
    """Go back where a bug's cause is another one than was shown; None where it is the same."""
    from .fix import bugs  # only where a bug is hunted

    why = bugs.strayed(tree, state)
    if not why:
        return None
    after, entries = step.strayed(policy, state, who, why)
    told = why + "; back in `" + after["stage"] + "`, where it is shown anew"
    return _made(home, tree, state, after, entries, told)


def _units_moved(home: str, tree: str, state: State, told: list[str]) -> Outcome:
    now, _ = runs.look(home, tree)
    return {"moved": True, "told": told, "state": now or state}


def _planned(
    home: str, tree: str, state: State, artifacts: list[Artifact], problems: list[Problem]
) -> tuple[State, list[Problem]]:
    """Pin the plan of units that a stage owes; a plan that is not whole holds the gate."""
    problems = problems + units.holding(home, tree, state)
    waived = {waiver["what"] for waiver in state["waivers"]}
    if any(problem["what"] not in waived for problem in problems):
        return state, problems  # the plan is compiled last, since that costs a second
    state, mistakes = units.pinned(home, tree, state, artifacts)
    return state, problems + mistakes


def looking(who: Person) -> Person:
    """Say that stagelock itself looked, while `who` asked for something."""
    return {**who, "by": "stagelock", "door": "look"}


def _looked_after(home: str, tree: str, state: State, who: Person) -> State:
    """Return the state after a look at what watched commands left waiting, if any did."""
    if not exists(run_folder(home, tree) + "/looks"):
        return state
    from . import taints  # only then

    return taints.settle(home, tree, state, looking(who))


def _end_looks(home: str, tree: str) -> None:
    if exists(run_folder(home, tree) + "/looks"):
        from . import taints

        taints.end(home, tree)


def _tainted(state: State) -> str:
    taint = state["taint"]
    found = because(taint["paths"], taint["count"]) if taint else ""
    return found + "; run `stagelock restore` in a terminal, or /waive tainted REASON"


def _arrived(after: State) -> str:
    return "; now in `" + after["stage"] + "`" if after["stage"] else "; the run is done"


def reject(home: str, tree: str, state: State, who: Person, reason: str) -> Outcome:
    """Say no to the current stage, with a reason."""
    policy = runs.policy_of(home, tree, state)
    after, entries = step.reject(policy, state, who, reason)
    if state["exit"].get("reviews"):
        from . import rounds  # only where a document is judged

        after = rounds.sent_back(home, tree, state, after, reason)
    where = "back in" if after["stage"] != state["stage"] else "still in"
    return _made(
        home, tree, state, after, entries, "rejected; " + where + " `" + after["stage"] + "`"
    )


def waive(home: str, tree: str, state: State, who: Person, what: str, reason: str) -> Outcome:
    """Let the gate open once without `what`."""
    if units.is_live(state):
        is_taken, told = units.waived(home, tree, state, who, what, reason)
        if told:
            return _units_moved(home, tree, state, told) if is_taken else _kept(state, told)
    if what == hypothesis.UNDO and hypothesis.current(state, hypothesis.UNDOING):
        from .fix import hypotheses

        state = hypotheses.let_go(home, tree, state, who, reason)
        return {"moved": True, "told": ["the tree stays as it is"], "state": state}
    policy = runs.policy_of(home, tree, state)
    missing = lacks(tree, policy, state, owed(tree, state)) + unverified(home, tree, state)
    known = [problem["what"] for problem in missing]
    known += [WHAT] if state.get("taint") else []
    known += [tripwires.SAME_FILE] if tripwires.is_loop(state) else []
    known += units.waivable(home, tree, state) if units.is_live(state) else []
    known += standing.waivable(state["permits"], state)
    known += ["simpler"] if state.get("simpler") else []
    after, entries = step.waive(state, who, what, reason, known)
    if what == WHAT:
        _end_looks(home, tree)  # what was found is accepted, so no look at it is waiting
    return _made(home, tree, state, after, entries, "waived once: " + what)


def off(
    home: str,
    tree: str,
    state: State,
    who: Person,
    minutes: int,
    reason: str,
    pause: Pause | None = None,
) -> Outcome:
    """Pause the stage's rules for some minutes, or for one session or prompt."""
    after, entries = step.off(state, who, minutes, reason, pause)
    _end_looks(home, tree)  # whatever changes now, a person let it
    length = str(minutes) + " minutes"
    if pause:
        length = "this " + ("prompt" if pause["prompt"] else "session") + ", at most " + length
    done = "off for " + length + "; /off 0 ends the pause"
    return _made(home, tree, state, after, entries, done if minutes else "on again")


def abandon(home: str, tree: str, state: State, who: Person, reason: str) -> Outcome:
    """End the run without its end."""
    told = ""
    if hypothesis.current(state, hypothesis.UNDOING):
        state, told = _undone(home, tree, state, "")
    elif hypothesis.current(state, hypothesis.OPEN):
        told = "; the change of its open hypothesis stays in the tree"
    after = state.copy()
    after["stage"] = ""
    after["revision"] += 1
    entries = step.end(state, who, "abandoned", reason)
    return _made(home, tree, state, after, entries, "run `" + state["run"] + "` abandoned" + told)


def forget(home: str, tree: str, who: Person, reason: str) -> None:
    """End a run whose records are not to be trusted."""
    note(tree, {**_word("abandoned", who), "why": reason})
    records.forget(home, tree)


def repair(home: str, tree: str, who: Person) -> str:
    """Put tampered records right, at a person's word; raises LookupError as records.repair does."""
    return records.repair(home, tree, _word("repaired", who))


def _word(event: str, who: Person) -> Entry:
    return {
        "event": event,
        "at": who["at"],
        "by": who["by"],
        "door": who["door"],
        "session": who["session"],
        "head": who["head"],
    }


def unverified(home: str, tree: str, state: State) -> list[Problem]:
    """Say what else is missing: checks not shown to hold now, open steps, the word of agents."""
    found = evidence.problems(home, tree, state, state["exit"]["checks"])
    found += evidence.silenced(home, tree, state)
    found += steps.missing(home, tree, state)
    if state["statuses"] or state["exit"]["needs"]:
        from .reviewed import at_gate  # only where agents have a say

        found += at_gate(home, tree, state)
    if state.get("units") and not units.is_live(state):
        from .plan import final  # only where a plan was carried out

        found += final.problems(home, tree, state)
    if state.get("rounds") and state["exit"]["artifacts"]:
        from . import rounds  # only where a review failed before

        found += rounds.problems(tree, state)
    if state["exit"].get("owes"):
        from .fix import bugs  # only where a bug is hunted

        found += bugs.problems(home, tree, state)
    return found


def summary(artifact: Artifact, approved: str) -> str:
    """Say in one line what is to be approved: path, size, digest, whether it changed."""
    if artifact["text"] is None:
        return artifact["path"] + " (not there)"
    lines = str(len(artifact["text"].rstrip("\n").split("\n"))) + " lines"
    since = ""
    if approved:
        since = ", unchanged" if approved == artifact["sha256"] else ", changed since last approved"
    return artifact["path"] + " (" + lines + ", sha256 " + artifact["sha256"][:12] + since + ")"


def _made(
    home: str, tree: str, before: State, after: State, entries: list[Entry], done: str
) -> Outcome:
    if after is before:
        for entry in entries:
            note(tree, entry)
        return _kept(before, [entry["why"] for entry in entries])
    records.commit(home, tree, before, after, entries)
    if before["escalated"] and not after["escalated"]:
        records.forget_changes(home, tree)
    if not after["stage"] and before.get("units"):
        from .plan import unit_files

        end = entries[-1]
        status = "abandoned" if end["event"] == "abandoned" else "completed"
        unit_files.ended(tree, status, end["at"])
    if hypothesis.current(after, hypothesis.UNDOING):
        after, done = _undone(home, tree, after, done)
    return {"moved": True, "told": [done], "state": after}


def _undone(home: str, tree: str, state: State, done: str) -> tuple[State, str]:
    """Put aside what a hypothesis changed that was open when its stage was left."""
    from .fix import hypotheses  # only then
    from .tree import TreeUnknown

    try:
        after = hypotheses.settle(home, tree, itself("look", "", tree)) or state
    except TreeUnknown as error:
        return state, done + "; " + str(error)
    return after, done + "; " + hypothesis.told(hypothesis.of(after)[-1])


def _kept(state: State, told: list[str]) -> Outcome:
    return {"moved": False, "told": told, "state": state}


def _free_name(tree: str, root: str, topic: str) -> str:
    """Make a folder name of the topic that no earlier run took."""
    letters = [c if c.isascii() and c.isalnum() else "-" for c in topic.lower()]
    words = [word for word in "".join(letters).split("-") if word]
    base = "-".join(words)[:40].strip("-") or "run"
    name = base
    n = 1
    while exists(tree + "/" + root + "/" + name):
        n += 1
        name = base + "-" + str(n)
    return name
