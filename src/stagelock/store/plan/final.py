"""The final review: the whole change judged where its units meet, and the report of it.

The report is stagelock's, made of its own books: `.stagelock/units/FINAL-REPORT.md` while the stage
lasts (no part of the tree, so that writing it makes no evidence old), `final-review.md` among the
run's artifacts once a person has approved it, to be committed with what was learnt.
"""

from __future__ import annotations

from stagelock.core.agents import standing
from stagelock.core.agents.roles import short
from stagelock.core.plan import reports
from stagelock.store import evidence, reviewed
from stagelock.store.artifacts import read_artifact
from stagelock.store.files import make_folder, replace
from stagelock.store.library import PACKAGE, run
from stagelock.store.repository.private_git import GitFailed, ask
from stagelock.store.wire import loads

from . import unit_files, units

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Problem, State

REPORT = "FINAL-REPORT.md"
FILE = "final-review.md"
LEARNINGS = "learnings"  # what `/waive` calls learnings that nobody committed
MEETING = "cross-unit"  # what `/waive` calls whatever shows only where the units meet
NOTHING = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the tree of no files, which git knows
CAPTURE = "capture"


def problems(home: str, tree: str, state: State) -> list[Problem]:
    """Say what of the whole change, or of what was learnt from it, holds this stage's gate."""
    if state["stage"] == units.REVIEW:
        return [{"what": MEETING, "why": why} for why in _meeting(home, tree, state)]
    if state["stage"] == CAPTURE and state.get("learnings", True):
        why = _uncommitted(home, tree, state)
        return [{"what": LEARNINGS, "why": why}] if why else []
    return []


def report(home: str, tree: str, state: State) -> tuple[str, bool]:
    """Return the report of the final review in its form, and whether it is ready for its PR."""
    plan, now = units.load(home, tree, state)
    waived = {waiver["what"]: waiver["reason"] for waiver in state["waivers"]}
    gates: dict[str, bool] = {}
    issues: list[str] = []
    for check in state["exit"]["checks"]:
        lacking = [p["why"] for p in evidence.problems(home, tree, state, [check])]
        gates[check + " holds on exactly this tree"] = not lacking or check in waived
        issues += [] if check in waived else lacking
    met = [] if MEETING in waived else _meeting(home, tree, state)
    gates["no cross-unit integration issues"] = not met
    held = [] if not state["exit"]["needs"] else reviewed.at_gate(home, tree, state)
    for role in state["exit"]["needs"]:
        gates[short(role) + " passed the whole change"] = short(role) not in [
            problem["what"] for problem in held
        ]
    left = [problem["why"] for problem in units.open_units(plan, now)]
    gates["every unit is committed"] = not left
    issues += met + [problem["why"] for problem in held] + left
    accepted = ["waived by a person: " + what + " (" + why + ")" for what, why in waived.items()]
    accepted += ["a concern of " + told for told in standing.concerns(state)]
    ready = not issues and all(gates.values())
    return reports.final(plan, now, gates, issues, ready=ready, accepted=tuple(accepted)), ready


def written(home: str, tree: str, state: State) -> tuple[str, bool]:
    """Write the report where people find it; returns its path and whether it says YES."""
    text, ready = report(home, tree, state)
    unit_files.write(tree, REPORT, text)
    return unit_files.FOLDER + "/" + REPORT, ready


def kept(home: str, tree: str, state: State) -> None:
    """A person approved the final review: its report and the inventory join the artifacts.

    `state` is as it was before the stage ended.
    """
    text, _ = report(home, tree, state)
    unit_files.write(tree, REPORT, text)
    folder = tree + "/" + state["artifacts_at"]
    make_folder(folder)
    replace(folder + "/" + FILE, text.encode("utf-8", "replace"))
    inventory = unit_files.read(tree, unit_files.INVENTORY)
    if inventory:
        replace(folder + "/" + unit_files.INVENTORY, inventory.encode("utf-8", "replace"))


def base(home: str, tree: str, state: State) -> str:
    """Return the commit that the whole change is built on."""
    if state["started_head"]:
        return state["started_head"]
    made = {at["commit"] for at in units.load(home, tree, state)[1]["units"].values()}
    try:
        for line in ask(home, tree, ["rev-list", "--reverse", "--parents", "HEAD"]).split("\n"):
            commit, *parents = line.split() or [""]
            if commit in made:
                return parents[0] if parents else NOTHING
    except GitFailed:
        pass
    return NOTHING


def _meeting(home: str, tree: str, state: State) -> list[str]:
    """Let the command line tool look where the units meet: a hook has not the packages for it."""
    path = next(
        (a["path"] for a in state["approved"] if a["artifact"] == units.ARTIFACT),
        state["artifacts_at"] + "/plan.md",
    )
    argv = ["/bin/sh", PACKAGE[: -len("src/stagelock/")] + "/bin/stagelock", "plan", "review"]
    argv += ["--json", "--base", base(home, tree, state)]
    argv += ["--leave-out", state["artifacts_at"], tree + "/" + path]
    _, out = run(argv)
    try:
        found: list[str] = loads(out.decode())["findings"]
    except (ValueError, KeyError, TypeError):
        return ["the whole change could not be reviewed; `stagelock plan review` says why"]
    return found


def _uncommitted(home: str, tree: str, state: State) -> str:
    path = state["artifacts_at"] + "/learnings.md"
    text = read_artifact(tree, LEARNINGS, path)["text"]
    how = "; `git add " + state["artifacts_at"] + "`, then `git commit -m 'docs: what was learnt'`"
    try:
        held = ask(home, tree, ["show", "HEAD:" + path])
    except GitFailed:
        return path + " is not committed" + how
    return "" if text is not None and held == text else path + " changed since its commit" + how
