"""A stage as a pipeline: what comes first, and what a call may therefore not do yet."""

from __future__ import annotations

from .globs import matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import Demand, Step


def reached(steps: list[Step], demands: list[Demand]) -> int:
    """Return the furthest step that a call would take, -1 for one that takes none."""
    taken = [n for n, step in enumerate(steps) if any(takes(step, *demand) for demand in demands)]
    return max(taken, default=-1)


def takes(step: Step, kind: str, target: str) -> bool:
    """Say whether a demand is this step."""
    if kind == "vcs":
        return bool(step["vcs"]) and (target + " ").startswith(step["vcs"] + " ")
    return kind in ("edit", "shell-write") and writes(step, target)


def writes(step: Step, path: str) -> bool:
    """Say whether a change of `path` is this step."""
    return any(matches(glob.split("/"), path.split("/")) for glob in step["writes"])


def undone(steps: list[Step], done: list[str], waived: set[str]) -> list[Step]:
    """Return the steps still to be taken, in their order; those that may be left out aside."""
    settled = waived.union(done)
    return [step for step in steps if not step["optional"] and step["id"] not in settled]


def order(steps: list[Step], done: list[str]) -> str:
    """Write the pipeline in one line, what is done in brackets."""
    names = ["[" + s["id"] + "]" if s["id"] in done else s["id"] for s in steps]
    return " > ".join(names)
