"""The workflows a tree can run and how its people want them: shipped, or the team's own.

The shipped workflows lie compiled beside the package, so a hook starts one with nothing installed.
Where a repository has a config or workflows of its own, they are YAML, and the command line tool
compiles them: that costs a second, once, when a run starts.
"""

from __future__ import annotations

import posix

from stagelock.core.fix.tripwires import LIMITS

from .files import drain, exists, slurp
from .wire import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from stagelock.core.model import Policy, Settings

    class Library(TypedDict):
        """Everything a run can be started from."""

        settings: Settings
        policies: dict[str, Policy]


# in the order in which a typed stage looks for the workflow that may start there
SHIPPED = (
    "lifecycle", "explore-plan-act", "two-gates", "quick", "ship", "qa", "execute", "decompose",
    "fix", "investigate", "plan-review",
)  # fmt: skip
PACKAGE = __file__[: -len("store/library.py")]
DOORS = ["typed", "dialog", "terminal"]


class Unreadable(Exception):  # an author's mistake, told to the author
    """The tree's own config or workflows cannot be used; carries every mistake, one a line."""


def library(tree: str) -> Library:
    """Return what `tree` can run; raises Unreadable."""
    policies: dict[str, Policy] = {}
    for name in SHIPPED:
        policies[name] = loads(slurp(PACKAGE + "workflows/" + name + ".json").decode())
    own = _own(tree)
    if own is None:
        return {"settings": defaults(), "policies": policies}
    policies.update(own["policies"])
    return {"settings": own["settings"], "policies": policies}


def defaults() -> Settings:
    """Return the settings of a tree without a config."""
    from stagelock.core.fix.test_files import TESTS

    return {
        "artifacts": "docs/stagelock",
        "approval": {"doors": list(DOORS), "code": False},
        "declared": {},
        "checks": [],
        "suppressions": "list",
        "agents": {"asked": "ours", "models": {}},
        "learnings": True,
        "tripwires": dict(LIMITS),
        "tests": TESTS,
        "replay": True,
    }


def starting_at(policies: dict[str, Policy], stage: str) -> str:
    """Return the workflow that a typed stage starts: the team's own first, then as shipped."""
    order = [name for name in policies if name not in SHIPPED] + list(SHIPPED)
    for name in order:
        if stage in policies[name]["enter"]:
            return name
    return ""


def _own(tree: str) -> Library | None:
    if not exists(tree + "/.stagelock/config.yaml") and not exists(tree + "/.stagelock/workflows"):
        return None
    launcher = PACKAGE[: -len("src/stagelock/")] + "/bin/stagelock"
    status, out = run(["/bin/sh", launcher, "compile", "--json", tree])
    try:
        answer = loads(out.decode())
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Unreadable(
            "the tree's .stagelock/ could not be compiled; run `stagelock compile` to see why"
        )
    if status != 0:
        raise Unreadable("\n".join(str(line) for line in answer.get("errors", [])))
    own: Library = answer["library"]
    return own


def run(argv: list[str]) -> tuple[int, bytes]:
    """Run a program and return its exit status and standard output."""
    read, write = posix.pipe()
    nothing = posix.open("/dev/null", posix.O_RDWR)
    child = posix.posix_spawn(
        argv[0],
        argv,
        posix.environ,
        file_actions=[
            (posix.POSIX_SPAWN_DUP2, nothing, 0),
            (posix.POSIX_SPAWN_DUP2, write, 1),
            (posix.POSIX_SPAWN_DUP2, nothing, 2),
        ],
    )
    posix.close(write)
    posix.close(nothing)
    out = drain(read, 1 << 26)
    posix.close(read)
    status = posix.waitpid(child, 0)[1]
    return (status >> 8 if status & 0xFF == 0 else 1), out
