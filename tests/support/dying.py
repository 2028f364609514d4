"""Puts a hypothesis back in a process that dies at its n-th change of the disk, for every n.

    python -m tests.support.dying HOME TREE BACKUP

Prints, for each n, whether the process died, what lies in the tree after the next start has
finished it, and what is told of the attempt, as one line of JSON.
"""

import builtins
import itertools
import json
import os
import posix
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stagelock.store import moves
from stagelock.store.fix import hypotheses
from tests.support.hypotheses import attempts, came, everything

CALLS = ("open", "write", "rename", "unlink", "rmdir", "mkdir", "symlink", "fchmod", "chmod")


def main() -> None:
    """Die a little later each time, until the work is done before it."""
    home, tree, backup = sys.argv[1:]
    for n in itertools.count(1):
        for name in (home, tree):
            shutil.rmtree(name)
            shutil.copytree(Path(backup) / Path(name).name, name, symlinks=True)
        child = os.fork()
        if child == 0:
            _die_at(n)
            came(home, tree, 1)
            os._exit(0)
        died = os.waitpid(child, 0)[1] != 0
        phase = attempts(home, tree)[-1]["phase"]
        hypotheses.settle(home, tree, moves.witness("", tree))
        last = attempts(home, tree)[-1]
        now = {path: [mode, data.hex()] for path, (mode, data) in everything(Path(tree)).items()}
        kept = {path: data.hex() for path, (_, data) in _kept(last["kept"]).items()}
        print(json.dumps({"died": died, "phase": phase, "now": now, "last": last, "kept": kept}))
        if not died:
            return


def _kept(folder: str) -> dict[str, tuple[int, bytes]]:
    return everything(Path(folder)) if folder else {}


def _die_at(n: int) -> None:
    left = [n]

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os._exit(9)
            return real(*given, **named)

        return call

    for name in CALLS:
        made = dying(getattr(posix, name))
        setattr(posix, name, made)
        setattr(os, name, made)
    builtins.open = dying(builtins.open)


if __name__ == "__main__":
    main()
