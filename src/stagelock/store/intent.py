"""What was asked for in a run, in the words of plan and prompt, held against what was changed."""

from __future__ import annotations

import posix

from stagelock.core.documents.intent import outside

from .artifacts import read_artifact
from .files import CLOEXEC, make_folder, slurp, write
from .home import run_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import State

MOST = 1 << 18  # bytes of prompts kept; a run that was told more has named its files


def heard(home: str, tree: str, prompt: str) -> None:
    """Remember a prompt of this run, by whoever it came: it can only widen what is named."""
    path = _file(home, tree)
    try:
        make_folder(path.rpartition("/")[0])
        fd = posix.open(path, posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND | CLOEXEC, 0o600)
    except OSError:
        return
    try:
        if posix.fstat(fd).st_size < MOST:
            write(fd, prompt.encode("utf-8", "replace") + b"\n")
    finally:
        posix.close(fd)


def beyond(home: str, tree: str, state: State, changed: list[str]) -> list[str]:
    """Name those of the changed files that neither the plan nor a prompt named."""
    own = state["artifacts_at"] + "/"
    mine = [path for path in changed if not path.startswith(own)]
    return outside(mine, _texts(home, tree, state)) if mine else []


def _texts(home: str, tree: str, state: State) -> list[str]:
    named = [(a["artifact"], a["path"]) for a in state["approved"]]
    named += [(a["name"], a["path"]) for a in state["exit"]["artifacts"]]
    texts = [read_artifact(tree, name, path)["text"] or "" for name, path in named]
    try:
        texts.append(slurp(_file(home, tree)).decode("utf-8", "replace"))
    except (OSError, ValueError):
        pass
    return [state["topic"], *texts]


def _file(home: str, tree: str) -> str:
    return run_folder(home, tree) + "/calls/prompts"  # goes with the run
