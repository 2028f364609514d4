"""What the journal tells of the runs of one tree, gathered for the report.

It reads what is there and passes over what it does not know: entries come from several versions,
and from whatever wrote beside them.
"""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stagelock.core.history import ENDS, at, spans, text
from stagelock.store.clock import seconds

if TYPE_CHECKING:
    from stagelock.core.history import Span
    from stagelock.core.model import Policy

Entry = dict[str, Any]

DECIDED = (
    "approved", "approved-again", "passed", "rejected", "waived", "restored", "off", *ENDS,
)  # fmt: skip
# what a person should look at, and why
ALARMS = ("escalated", "tainted", "repaired", "attempt", "sent-back", "late-status")
ENOUGH = 3  # runs, before anything is said about all of them
OFTEN = 5  # refusals by one rule, before it is said
FULL = 2 / 3  # of the runs that skipped an item, before it is said


@dataclass
class Stretch:
    """One stay in one stage, and how long it was meant to take."""

    stage: str
    since: str
    until: str
    left: str
    by: str
    door: str
    minutes: float
    target: int = 0
    cap: int = 0
    skipped: list[str] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)
    items: int = 0

    @property
    def held(self) -> str:
        """Say how the time spent compares with the time meant."""
        if not self.target:
            return "no target"
        if self.minutes >= self.cap:
            return "over the cap"
        return "over the target" if self.minutes > self.target else "within the target"


@dataclass
class Account:
    """One run, as its entries tell it."""

    run: str
    workflow: str
    topic: str
    began: str
    ended: str  # done, abandoned, or "" while it lives
    stretches: list[Stretch]
    entries: list[Entry]

    def of(self, *events: str) -> list[Entry]:
        """Return the entries of these events, in their order."""
        return [entry for entry in self.entries if text(entry, "event") in events]

    def refusals(self) -> list[tuple[str, int, list[str]]]:
        """Return each rule that refused, how often, and some of what it refused."""
        count = Counter(text(entry, "rule") or "(no rule)" for entry in self.of("refused"))
        found = []
        for rule, times in count.most_common():
            said = [
                f"{text(entry, 'tool')} {text(entry, 'target')}".strip()
                for entry in self.of("refused")
                if (text(entry, "rule") or "(no rule)") == rule
            ]
            found.append((rule, times, list(dict.fromkeys(said))))
        return found

    def units(self) -> list[Entry]:
        """Return what happened to work units."""
        return [
            entry
            for entry in self.entries
            if text(entry, "unit") or text(entry, "event").startswith("unit-")
        ]


def accounts(entries: list[Entry], policies: dict[str, Policy], now: float) -> list[Account]:
    """Return an account of every run, the oldest first."""
    found = spans(entries)
    told = []
    for run in dict.fromkeys(span["run"] for span in found if span["run"]):
        mine = [span for span in found if span["run"] == run]
        own = [entry for entry in entries if _belongs(entry, run, found)]
        policy = policies.get(mine[0]["workflow"])
        told.append(
            Account(
                run=run,
                workflow=mine[0]["workflow"],
                topic=mine[0]["topic"],
                began=mine[0]["since"],
                ended=_ended(mine, own),
                stretches=[_stretch(span, policy, own, now) for span in mine],
                entries=own,
            )
        )
    return told


def lessons(told: list[Account], policies: dict[str, Policy]) -> list[str]:
    """Say what three or more finished runs teach, each with what to change."""
    found = []
    for workflow in dict.fromkeys(account.workflow for account in told):
        ended = [a for a in told if a.workflow == workflow and a.ended == "done"]
        if len(ended) >= ENOUGH:
            found += _of_times(workflow, ended)
            found += _of_checklists(workflow, ended, policies)
            found += _of_refusals(workflow, ended)
    return found


def _of_times(workflow: str, ended: list[Account]) -> list[str]:
    found = []
    stretches = [s for account in ended for s in account.stretches if s.target]
    for stage in dict.fromkeys(s.stage for s in stretches):
        mine = [s for s in stretches if s.stage == stage]
        took, target = statistics.median(s.minutes for s in mine), mine[0].target
        said = f"`{stage}` of {workflow} took {took:.0f} of {target} minutes ({len(mine)} stays)"
        if took > target:
            found.append(f"{said}: cut the work smaller, or raise `minutes.target` to {took:.0f}")
        elif took < target / 3:
            found.append(f"{said}: lower `minutes.target`, so that the nudge means something")
        else:
            found.append(f"{said}: the target fits")
    return found


def _of_checklists(workflow: str, ended: list[Account], policies: dict[str, Policy]) -> list[str]:
    found = []
    policy = policies.get(workflow)
    for stage, body in policy["stages"].items() if policy else ():
        mine = [s for account in ended for s in account.stretches if s.stage == stage]
        for item in body["checklist"]:
            skips = sum(item["id"] in s.skipped + s.unsaid for s in mine)
            if mine and skips / len(mine) >= FULL:
                found.append(
                    f"item {item['id']} of `{stage}` ({item['text']}) was passed over in {skips} "
                    f"of {len(mine)} stays: drop it, or make it something a gate asks for"
                )
    return found


def _of_refusals(workflow: str, ended: list[Account]) -> list[str]:
    count: Counter[str] = Counter()
    for account in ended:
        count.update({rule: times for rule, times, _ in account.refusals()})
    return [
        f"rule {rule} refused {times} times in {len(ended)} runs of {workflow}: if that was work "
        "the stage needs, a rule is missing; if not, say in `must_not` what it kept out"
        for rule, times in count.most_common()
        if times >= OFTEN * len(ended)
    ]


def _belongs(entry: Entry, run: str, found: list[Span]) -> bool:
    """An entry names its run; one that does not belongs to the run that stood then."""
    named = text(entry, "run")
    if named:
        return named == run
    span = at(found, text(entry, "at"))
    return span is not None and span["run"] == run


def _ended(mine: list[Span], own: list[Entry]) -> str:
    if not mine[-1]["until"]:
        return ""
    ends = [text(entry, "event") for entry in own if text(entry, "event") in ENDS]
    return ends[-1] if ends else "abandoned"


def _stretch(span: Span, policy: Policy | None, own: list[Entry], now: float) -> Stretch:
    until = seconds(span["until"]) if span["until"] else now
    spent = max(0.0, (until - seconds(span["since"])) / 60)
    body = policy["stages"].get(span["stage"]) if policy else None
    meant = body["minutes"] if body else None
    items = [item["id"] for item in body["checklist"]] if body else []
    said = {
        text(entry, "what"): text(entry, "status")
        for entry in own
        if text(entry, "event") == "checklist" and text(entry, "stage") == span["stage"]
    }
    return Stretch(
        stage=span["stage"],
        since=span["since"],
        until=span["until"],
        left=span["left"],
        by=span["by"],
        door=span["door"],
        minutes=spent,
        target=meant["target"] if meant else 0,
        cap=meant["cap"] if meant else 0,
        skipped=[item for item in items if said.get(item) == "skipped"],
        unsaid=[item for item in items if item not in said],
        items=len(items),
    )
