"""Issue trackers that follow the units of a plan, where a team wants that: beads and GitHub issues.

Only the command line tool loads this: no hook waits for a tracker, and nothing of a run depends on
one. Each program is called with a list of words, never through a shell. What was done is kept by
the run after each call, so that a failure in between is taken up where it was, and nothing twice.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from stagelock.store.files import make_folder, replace, slurp
from stagelock.store.home import run_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stagelock.core.plan.units import Plan, Unit, Units, UnitState

SECONDS = 60  # what one call of a tracker may take
CLOSED = "4-phase loop complete. PASS."
DROPPED = "dropped by a person"


class Failed(Exception):
    """A tracker did not do what it was asked; said in one line, and the run goes on."""


class Tracker(NamedTuple):
    """How the words of a plan are said to one tracker."""

    program: str
    create: Callable[[Unit, str, list[str]], list[str]]
    made: Callable[[str], str]  # from what it printed: the issue's own name
    depends: Callable[[str, str], list[str]] | None  # None: said where the issue is made
    retry: Callable[[str, int], list[list[str]]]
    close: Callable[[str, str], list[str]]


class Known(NamedTuple):
    """What a tracker has been told of a unit."""

    issue: str
    needs: list[str]
    retries: int
    closed: bool


def sync(
    home: str, tree: str, run: str, kind: str, parent: str, plan: Plan, units: Units
) -> Iterator[str]:
    """Tell the tracker what it does not know yet; yields a line for each thing; raises Failed."""
    tracker = KINDS[kind]
    books = _Books(home, tree, run, kind)
    for unit in _in_order(plan):
        at = units["units"][unit["id"]]
        known = books.units.get(unit["id"])
        if known is None:
            above = [books.units[need].issue for need in unit["needs"]]
            issue = tracker.made(
                _call(tree, [tracker.program, *tracker.create(unit, parent, above)])
            )
            known = Known(issue, [] if tracker.depends else unit["needs"], 0, closed=False)
            books.keep(unit["id"], known)
            yield f"{unit['id']} is {issue}"
        for need in [need for need in unit["needs"] if need not in known.needs]:
            if tracker.depends:
                words = tracker.depends(known.issue, books.units[need].issue)
                _call(tree, [tracker.program, *words])
            known = known._replace(needs=[*known.needs, need])
            books.keep(unit["id"], known)
            yield f"{unit['id']} depends on {need}"
        yield from _moved(tree, tracker, books, unit["id"], at)


def _moved(tree: str, tracker: Tracker, books: _Books, name: str, at: UnitState) -> Iterator[str]:
    known = books.units[name]
    retries = len(at["history"])
    if retries > known.retries:
        for words in tracker.retry(known.issue, retries):
            _call(tree, [tracker.program, *words])
        known = known._replace(retries=retries)
        books.keep(name, known)
        yield f"{name} has the label retry:{retries}"
    if at["phase"] in ("done", "dropped") and not known.closed:
        why = f"{CLOSED} {at['commit'][:12]}".strip() if at["phase"] == "done" else DROPPED
        _call(tree, [tracker.program, *tracker.close(known.issue, why)])
        books.keep(name, known._replace(closed=True))
        yield f"{name} is closed: {why}"


class _Books:
    """What the tracker knows of this run, kept in the state home."""

    def __init__(self, home: str, tree: str, run: str, kind: str) -> None:
        self.path = run_folder(home, tree) + "/tracker.json"
        self.of = {"run": run, "kind": kind}
        self.units: dict[str, Known] = {}
        try:
            held = json.loads(slurp(self.path))
        except (OSError, ValueError):
            return
        if {name: held.get(name) for name in self.of} == self.of:
            self.units = {name: Known(*known) for name, known in held["units"].items()}

    def keep(self, name: str, known: Known) -> None:
        self.units[name] = known
        make_folder(self.path.rpartition("/")[0])
        replace(self.path, json.dumps({**self.of, "units": self.units}).encode())


def _in_order(plan: Plan) -> list[Unit]:
    """Return the units so that each comes after what it needs."""
    left = list(plan["units"])
    found: list[Unit] = []
    while left:
        named = {unit["id"] for unit in found}
        unit = next(unit for unit in left if set(unit["needs"]) <= named)
        left.remove(unit)
        found.append(unit)
    return found


def _call(tree: str, words: list[str]) -> str:
    what = f"`{' '.join(words[:3])[:60]}`"
    # a run's tree is judged byte by byte: beads writes its journal out after it, not during it
    env = {**os.environ, "BD_NO_AUTO_FLUSH": "true", "GH_PROMPT_DISABLED": "1"}
    try:
        done = subprocess.run(
            words, cwd=tree, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False,
            timeout=SECONDS,
        )  # fmt: skip
    except FileNotFoundError:
        raise Failed(f"`{words[0]}` is not installed") from None
    except subprocess.TimeoutExpired:
        raise Failed(f"{what} took longer than {SECONDS} s") from None
    except OSError as error:
        raise Failed(f"{what} could not be started: {error.strerror}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Failed(f"{what} failed: {said[-1] if said else f'exit {done.returncode}'}")
    return done.stdout.decode(errors="replace")


# --- what is said ---------------------------------------------------------------------------------


def _description(unit: Unit) -> str:
    done = [f"- [ ] {item}" for item in unit["done"]]
    pause = "yes" if unit["checkpoints"] else "no"
    lines = [f"Spec: {unit['spec']}", "DoD:", *done, f"File scope: {', '.join(unit['files'])}"]
    return "\n".join([*lines, f"Checkpoint: {pause}"])


def _bead(unit: Unit, parent: str, _: list[str]) -> list[str]:
    title = f"{unit['id']}: {unit['title']}"
    below = ["--parent", parent] if parent else []
    return [
        "create",
        title,
        "--type",
        "task",
        *below,
        "--description",
        _description(unit),
        "--json",
    ]


def _bead_made(said: str) -> str:
    try:
        found = json.loads(said[said.index("{") :])
        name = found["id"]
    except (ValueError, KeyError, TypeError):
        raise Failed(f"`bd create` did not say what it made: {said.strip()[:80]}") from None
    return str(name)


def _issue(unit: Unit, parent: str, needs: list[str]) -> list[str]:
    links = [f"Depends on #{need}" for need in needs] + ([f"Part of #{parent}"] if parent else [])
    body = "\n\n".join([_description(unit), *links])
    return ["issue", "create", "--title", f"{unit['id']}: {unit['title']}", "--body", body]


def _issue_made(said: str) -> str:
    name = said.strip().rpartition("/")[2]
    if not name.isdigit():
        raise Failed(f"`gh issue create` did not say what it made: {said.strip()[:80]}")
    return name


def _issue_retry(issue: str, count: int) -> list[list[str]]:
    label = f"retry:{count}"
    return [["label", "create", label, "--force"], ["issue", "edit", issue, "--add-label", label]]


KINDS = {
    "beads": Tracker(
        "bd",
        _bead,
        _bead_made,
        lambda issue, need: ["dep", "add", issue, need],
        lambda issue, count: [["label", "add", issue, f"retry:{count}"]],
        lambda issue, why: ["close", issue, "--reason", why],
    ),
    "github": Tracker(
        "gh",
        _issue,
        _issue_made,
        None,
        _issue_retry,
        lambda issue, why: ["issue", "close", issue, "--comment", why],
    ),
}
