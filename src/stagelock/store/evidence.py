"""The evidence of a tree's run: recorded where an agent does not write, copied for people to read.

What counts stands in the stage file, held by the second record like everything in it. The full
records lie in the state home, each under its own digest and sealed, and outlive the run.
"""

from __future__ import annotations

import posix
import time

from stagelock.core import step
from stagelock.core.evidence import BEFORE, configures, fault

from . import journal, records, runs
from .files import digest, exists, make_folder, remove, replace, slurp
from .home import run_folder
from .intent import beyond
from .wire import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Attempt, Entry, Evidence, Person, Problem, State

TRIES = 100  # other processes may move the run in between
KEPT = 500  # records that outlive their runs
SHOWN = 8  # how many files one line names


def tree_now(home: str, tree: str) -> tuple[str, str]:
    """Return the tree id, or "" and why it cannot be taken."""
    from .tree import TreeUnknown, take  # starts git: only where a gate or a check asks

    try:
        return take(home, tree), ""
    except TreeUnknown as error:
        return "", str(error)


def problems(home: str, tree: str, state: State, names: list[str]) -> list[Problem]:
    """Say which of the named checks are not shown to hold on the tree as it is."""
    if not names:
        return []
    now, why = tree_now(home, tree)
    if not now:
        return [{"what": name, "why": "the tree id cannot be taken: " + why} for name in names]
    return problems_on(now, state, names)


def problems_on(now: str, state: State, names: list[str]) -> list[Problem]:
    """Say which of the named checks are not shown to hold on the tree `now`."""
    found: list[Problem] = []
    for name in names:
        held, before = state["evidence"].get(name), state["evidence"].get(BEFORE + name)
        why = fault(name, state["checks"], held, now, before)
        if why:
            found.append({"what": name, "why": why})
    return found


def silenced(home: str, tree: str, state: State) -> list[Problem]:
    """Say what the run's change silences, where the project refuses that."""
    if not refuses_silence(state):
        return []
    from .silenced import problems as look  # starts git: only at a gate of such a project

    return look(home, tree, state, tree_now(home, tree)[0])


def refuses_silence(state: State) -> bool:
    """Say whether this stage lets no change pass that silences a checker or a test."""
    asks = state["exit"]["checks"] or state["exit"]["vcs"]
    return bool(state["suppressions"] == "refuse" and asks)


def keep(home: str, tree: str, who: Person, made: list[Evidence]) -> State | None:
    """Record what came of checks; returns the state then, None where the run is gone."""
    for _ in range(TRIES):
        state, tamper = runs.look(home, tree)
        if state is None or tamper:
            return None
        for evidence in made:
            evidence["flaky"] = _is_flaky(state, evidence)
        every = made + _baseline(state, made)
        named = [(evidence, _write(home, tree, evidence)) for evidence in every]
        after, entries = step.record(state, who, named)
        if committed(home, tree, state, after, entries):
            _copy(tree, every)
            if any(_is_news(state["evidence"].get(it["check"]), it) for it in made):
                records.forget_changes(home, tree)
            return after
    raise records.Conflict("the run moved on too often; run the check again")


def _is_news(before: Evidence | None, now: Evidence) -> bool:
    """Say whether a record tells another outcome than the one before: exit, and which tests."""
    from stagelock.core.fix.outcomes import failing

    if before is None or before["exit"] != now["exit"]:
        return True
    return failing(before["tail"]) != failing(now["tail"][-step.TAIL :])


def _baseline(state: State, made: list[Evidence]) -> list[Evidence]:
    """Remember how checks fail where a bug is hunted and nothing may be changed yet."""
    owes = state["exit"].get("owes", ())
    if "cause" not in owes or "hypothesis" in owes:
        return []
    failed = [one for one in made if one["exit"] != 0 and ":" not in one["check"]]
    return [{**one, "check": BEFORE + one["check"]} for one in failed]


def keep_beside(home: str, tree: str, root: str, who: Person, made: list[Evidence]) -> State | None:
    """Record what came of checks in a worktree of the run; returns the state, None where it ended.

    It speaks of that worktree alone, so what is known of the run's own tree stays as it is.
    """
    named = [(evidence, _write(home, tree, evidence)) for evidence in made]
    folder = run_folder(home, tree) + "/units"
    make_folder(folder)
    for evidence, name in named:
        replace(_beside(home, tree, root, evidence["check"]), name.encode())
    for _ in range(TRIES):
        state, tamper = runs.look(home, tree)
        if state is None or tamper:
            return None
        after, entries = step.record(state, who, named)
        after["evidence"] = state["evidence"]
        for entry in entries:
            entry["apart"] = root[len(tree) + 1 :] if root.startswith(tree + "/") else root
        if committed(home, tree, state, after, entries):
            return after
    raise records.Conflict("the run moved on too often; run the check again")


def beside(home: str, tree: str, root: str) -> dict[str, Evidence]:
    """Return the last record of each check in a worktree of the run, those whose seal holds."""
    state, _ = runs.look(home, tree)
    found: dict[str, Evidence] = {}
    for check in state["checks"] if state else ():
        try:
            name = slurp(_beside(home, tree, root, check["name"])).decode()
            path = run_folder(home, tree) + "/evidence/" + name + ".json"
            sealed: Any = loads(slurp(path).decode())
        except (OSError, ValueError):
            continue
        record: Evidence = sealed["evidence"]
        is_ours = sealed["seal"] == _seal(home, record) and record["check"] == check["name"]
        if is_ours and state and record["run"] == state["run"]:
            found[check["name"]] = record
    return found


def _beside(home: str, tree: str, root: str, check: str) -> str:
    return run_folder(home, tree) + "/units/" + digest((root + "\0" + check).encode()) + ".beside"


def count(home: str, tree: str, who: Person, tried: Attempt) -> State | None:
    """Count one failed try of a gate; returns the state then, None where the run is gone."""
    for _ in range(TRIES):
        state, tamper = runs.look(home, tree)
        if state is None or tamper:
            return None
        earlier = [a["tree"] for a in state["attempts"] if a["gate"] == tried["gate"]]
        tried["tried"] = changed(home, tree, earlier[-1] if earlier else state["base"])
        after, entries = step.attempt(state, who, tried)
        if not entries:
            return state
        if committed(home, tree, state, after, entries):
            if after["escalated"]:
                _write_escalation(tree, after)
            return after
    raise records.Conflict("the run moved on too often; try again")


def changed(home: str, tree: str, since: str, now: str = "") -> list[str]:
    """Name the files that differ from the tree `since`; none where that cannot be told.

    `now` is the tree id now, for a caller that has it: each look costs a process.
    """
    from .tree import TreeUnknown, differences

    now = now or tree_now(home, tree)[0]
    if not since or not now or since == now:
        return []
    try:
        return [difference["path"] for difference in differences(home, tree, since, now)]
    except TreeUnknown:
        return []


def shown(home: str, tree: str, state: State) -> list[str]:
    """Say what a person should know before believing the evidence; each line stands alone."""
    if not state["exit"]["checks"] and not state["exit"].get("owes"):
        return []
    from .silenced import lines as silence  # only where a person is told

    now, _ = tree_now(home, tree)
    lines = silence(home, tree, state, now) if state["exit"]["checks"] else []
    if "green" in state["exit"].get("owes", ()):
        from .fix.fixes import shown as of_fix

        lines += of_fix(home, tree, state)
    every = changed(home, tree, state["base"], now)
    files = [path for path in every if configures(path, state["checks"])]
    if files:
        lines.append("what the checks check was changed in this run: " + some(files))
    unnamed = beyond(home, tree, state, every)
    if unnamed:
        lines.append("changed, though neither plan nor prompt named it: " + some(unnamed))
    for name in state["exit"]["checks"]:
        held = state["evidence"].get(name)
        if held is None:
            continue
        if held["flaky"]:
            lines.append("`" + name + "` failed and then passed on the very same tree")
        if _changed_since(held["program"], state["began"]):
            lines.append(
                "`" + name + "` started " + held["program"] + ", changed since the run began"
            )
    return lines


def some(files: list[str]) -> str:
    """Name a few of many files."""
    more = len(files) - SHOWN
    return ", ".join(files[:SHOWN]) + (" and " + str(more) + " more" if more > 0 else "")


def all_kept(home: str, tree: str) -> list[Evidence]:
    """Return every record of a tree whose seal holds, oldest first."""
    folder = run_folder(home, tree) + "/evidence"
    found: list[Evidence] = []
    try:
        names = posix.listdir(folder)
    except OSError:
        return []
    for name in names:
        try:
            sealed: Any = loads(slurp(folder + "/" + name).decode())
            evidence: Evidence = sealed["evidence"]
            if sealed["seal"] == _seal(home, evidence):
                found.append(evidence)
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not one of ours, whatever it claims
    found.sort(key=lambda evidence: evidence["at"])
    return found


def program(command: str, tree: str) -> str:
    """Return the file that the first word of a command leads to, as this process would find it."""
    words = [word for word in command.split() if "=" not in word.partition("/")[0]]
    name = words[0] if words else ""
    if "/" in name:
        return name if name.startswith("/") else tree + "/" + name
    for folder in posix.environ.get(b"PATH", b"").decode("utf-8", "surrogateescape").split(":"):
        if name and folder and exists(folder + "/" + name):
            return folder + "/" + name
    return ""


def committed(home: str, tree: str, state: State, after: State, entries: list[Entry]) -> bool:
    """Commit a change that other processes may have overtaken; says whether it was made."""
    try:
        records.commit(home, tree, state, after, entries)
    except records.Conflict:
        time.sleep(0.01)
        return False
    return True


def _is_flaky(state: State, evidence: Evidence) -> bool:
    held = state["evidence"].get(evidence["check"])
    if held is None or held["after"] != evidence["after"] or evidence["exit"] != 0:
        return False
    return held["exit"] != 0 or held["flaky"]


def _write(home: str, tree: str, evidence: Evidence) -> str:
    evidence["tail"] = _without_secrets(home, tree, evidence["tail"])
    folder = run_folder(home, tree) + "/evidence"
    make_folder(folder)
    sealed = dumps({"evidence": evidence, "seal": _seal(home, evidence)}).encode()
    name = digest(sealed)
    replace(folder + "/" + name + ".json", sealed)
    return name


def _without_secrets(home: str, tree: str, text: str) -> str:
    """Take the values of credentials that a plan names out of what a check printed."""
    state, _ = runs.look(home, tree)
    if state is None or state.get("units") is None:
        return text
    from .plan import units  # only where a plan is carried out

    return units.hidden(home, tree, state, text)


def prune(home: str, tree: str) -> None:
    """Forget the oldest records of a tree where very many have gathered."""
    folder = run_folder(home, tree) + "/evidence"
    try:
        paths = [folder + "/" + name for name in posix.listdir(folder)]
        paths.sort(key=lambda path: posix.stat(path).st_mtime_ns)
    except OSError:
        return
    for path in paths[:-KEPT]:
        remove(path)


def _seal(home: str, evidence: Evidence) -> str:
    return digest((journal.key(home) + dumps(evidence)).encode())


def _copy(tree: str, made: list[Evidence]) -> None:
    """Leave a copy for people; where that cannot be, the record in the state home is enough."""
    for evidence in made:
        text = dumps({**evidence, "tail": ""}) + "\n\n" + evidence["tail"]
        for_people(tree, evidence["check"] + ".txt", text)


def _write_escalation(tree: str, state: State) -> None:
    from stagelock.core.agents.escalation import report

    for_people(tree, "escalation.md", report(state))


def for_people(tree: str, name: str, text: str) -> None:
    """Leave a file beside the stage file for people to read; where that cannot be, do without."""
    folder = tree + "/.stagelock/evidence"
    try:
        make_folder(folder)
        if posix.lstat(folder).st_mode & 0o170000 == 0o040000:  # a link would lead elsewhere
            replace(folder + "/" + name, text.encode("utf-8", "replace"))
    except OSError:
        pass


def _changed_since(path: str, moment: float) -> bool:
    try:
        return posix.stat(path).st_ctime > moment  # unlike mtime nobody can set it
    except (OSError, ValueError):
        return False
