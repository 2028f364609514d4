"""What is written and recorded of a bug: records, the commands they name, the test's files."""

from __future__ import annotations

from stagelock.core.fix import cause
from stagelock.core.fix.test_files import TESTS, every
from stagelock.store.artifacts import read_artifact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Evidence, State

KIND = "fix:"  # how its records are told from those of checks, whose names hold no colon
NOT_RUN = (-1, 125, 126, 127)  # exit statuses of what was ended, refused, or not found
REPLAY = "stagelock replay"


def held(state: State, what: str) -> Evidence | None:
    """Return the last record of that kind."""
    return state["evidence"].get(KIND + what)


def text(tree: str, state: State, name: str) -> str:
    """Return what one of the run's artifacts says, "" where it is not there."""
    return read_artifact(tree, name, state["artifacts_at"] + "/" + name)["text"] or ""


def wanted(tree: str, state: State, what: str) -> str:
    """Return the command whose result is waited for, "" while none is named."""
    if what == "replay":
        return REPLAY
    if what == "green":
        red = held(state, "red")
        return red["command"] if red else ""
    name, heading = cause.COMMANDS[what]
    return cause.command(text(tree, state, name), heading)


def tests(tree: str, state: State) -> tuple[list[str], str]:
    """Return the files of the reproducing test, or why its command is not one plain run of them."""
    name, heading = cause.COMMANDS["red"]
    globs = globs_of(state)
    beside = cause.named(text(tree, state, name), heading, globs)
    return cause.tests(wanted(tree, state, "red"), globs, beside)


def globs_of(state: State) -> list[str]:
    """Return the globs of test files; as shipped for a run that began before they were pinned."""
    return state["exit"].get("tests") or every(TESTS)


def replayed(home: str, tree: str, state: State) -> str:
    """Return what a replay is of: the commit that HEAD names, or the tree, where none is owed."""
    from stagelock.store.evidence import tree_now
    from stagelock.store.repository.git import head

    if any(waiver["what"] == "commit" for waiver in state["waivers"]):
        return tree_now(home, tree)[0]
    return head(tree) or tree_now(home, tree)[0]


def has_git(tree: str) -> bool:
    """Say whether there is a repository to commit to; without one a snapshot stands for it."""
    from stagelock.store.repository.git import folders

    return bool(folders(tree))
