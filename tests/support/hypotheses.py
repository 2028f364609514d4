"""A run of `/fix` that stands in `hypothesis`, on a tree with a person's unfinished work in it."""

import os
import stat
from pathlib import Path

from stagelock.core.fix import hypothesis as core
from stagelock.core.model import Evidence, Hypothesis, State
from stagelock.store import evidence, library, moves, runs
from stagelock.store.fix import hypotheses

Everything = dict[str, tuple[int, bytes]]


def begin(home: str, tree: str) -> State:
    """Start a run whose reproduction was seen to fail, in the stage that tries hypotheses."""
    policy = library.library("/nowhere")["policies"]["fix"]
    who = moves.person("terminal", "", tree)
    moves.start(home, tree, policy, "hypothesis", "a bug", library.defaults(), who)
    seen: Evidence = {
        "check": "fix:reproduction", "command": "sh repro.sh", "exit": 1, "seconds": 0.1,
        "tail": "it fails", "digest": "0" * 64, "before": "", "after": "", "why": "",
        "how": "seen", "program": "", "flaky": False, "run": "a-bug", "by": "main", "session": "",
        "at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    state = evidence.keep(home, tree, moves.witness("", tree), [seen])
    assert state is not None
    return state


def opens(home: str, tree: str, says: str, *scope: str) -> Hypothesis:
    """Open an attempt."""
    who = moves.witness("", tree)
    state, why = hypotheses.open_one(home, tree, who, says, list(scope), "main")
    assert state is not None, why
    return core.of(state)[-1]


def came(home: str, tree: str, code: int) -> Hypothesis:
    """Say how the reproduction ended, and have the tree put back."""
    state = hypotheses.tested(home, tree, moves.witness("", tree), code, "it fails")
    assert state is not None
    return core.of(state)[-1]


def attempts(home: str, tree: str) -> list[Hypothesis]:
    """Every attempt, as the stage file has it."""
    state, tamper = runs.look(home, tree)
    assert state is not None
    assert tamper == ""
    return core.of(state)


def everything(root: Path) -> Everything:
    """Everything of a tree but the books and git's own: rights, kind and bytes by path."""
    found: Everything = {}
    for folder, folders, names in os.walk(root):
        at = Path(folder)
        folders[:] = [name for name in folders if name not in (".git", ".stagelock")]
        for name in [*folders, *names]:
            path = at / name
            mode = path.lstat().st_mode
            content = b""
            if path.is_symlink():
                content = os.fsencode(path.readlink())
            elif stat.S_ISREG(mode):
                content = path.read_bytes()
            found[str(path.relative_to(root))] = (mode, content)
    return found
