"""Plans written for other tools: read with tolerance, and what could not be placed is told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from . import speckit, superpowers, tagged
from .task import one_after_another
from .write import as_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from .task import File, Foreign

# kind: (how it is known, how it is read); asked in this order
KINDS: dict[str, tuple[Callable[[str], bool], Callable[[list[File]], Foreign]]] = {
    "draht": (tagged.is_draht, tagged.read),
    "gsd": (tagged.is_gsd, tagged.read),
    "spec-kit": (speckit.is_speckit, partial(one_after_another, reader=speckit.Reader)),
    "superpowers": (
        superpowers.is_superpowers,
        partial(one_after_another, reader=superpowers.Reader),
    ),
}


class UnknownPlan(Exception):  # told to whoever asked for the import
    """The files are of no kind that can be read."""


def bring(files: list[File], kind: str = "") -> tuple[str, Foreign]:
    """Return the plan that the files become, and what was read; raises UnknownPlan."""
    name = kind or next(
        (name for name, (knows, _) in KINDS.items() if any(knows(file.text) for file in files)), ""
    )
    if not name:
        known = ", ".join(KINDS)
        raise UnknownPlan(f"no plan of a kind that is known; say which with --from: {known}")
    foreign = KINDS[name][1](files)
    foreign.kind = name
    if not foreign.tasks:
        raise UnknownPlan(f"no task of {name} in it; name its plan files, or another --from")
    return as_plan(foreign), foreign
