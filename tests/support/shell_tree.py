"""A small project tree, as the commands of shell_unseen.yaml met it, and what is told there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).parents[2]
MADE = """
git config --global user.name Dev; git config --global user.email dev@example.com
git init -q -b main .
mkdir -p src tests docs/design docs/stagelock node_modules
printf '# Project\\none main line\\n' > README.md
printf 'import os\\ndef main():\\n    return 1\\n' > src/app.py
printf 'import sys\\n' > src/util.py
printf 'over\\n' > docs/design/overview.md
printf '# Guide\\n' > docs/guide.md
printf 'one two\\nend\\n' > a.log
printf '1\\n2\\n3\\n' | tee sorted1.txt > sorted2.txt
printf '{"a": 1}\\n' > package.json
gzip -c a.log > a.log.gz
git add -A && git commit -qm first && git tag v1.0 && git branch feature
git init -q --bare ../origin.git && git remote add origin ../origin.git
"""


class Place(NamedTuple):
    """A tree with a home above it, and the environment of who works there."""

    home: Path
    tree: Path
    env: dict[str, str]

    def said(self, text: str) -> str:
        """Return a text of the table with the folders of this place in it."""
        return text.replace("TREE", str(self.tree)).replace("HOME", str(self.home))


def made(home: Path, setup: str) -> Place:
    """Make a tree below `home` and run `setup` in it."""
    tree = home / "proj"
    tree.mkdir(parents=True)
    place = Place(
        home,
        tree,
        {
            "HOME": str(home),
            "PATH": f"{home}/venv/bin:/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        },
    )
    for text in (MADE, place.said(setup)):
        subprocess.run(
            ["bash", "-c", text], cwd=tree, env=place.env, capture_output=True, check=False
        )
    return place


def told(place: Place, commands: list[str]) -> list[dict[str, Any]]:
    """Return what stagelock says of each command in that tree, in a process that lives there."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.shell_tree", str(place.tree)],
        input=json.dumps([place.said(command) for command in commands]),
        cwd=REPOSITORY,
        env=place.env,
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def _tell(tree: str, command: str) -> dict[str, Any]:
    from stagelock.core.shell.reading import read_command
    from stagelock.hook import command as asking
    from stagelock.store import places

    at = places.roots(tree, "/nowhere")
    reading = read_command(command)
    doubt = reading["reason"] or asking.met(reading, command, tree, tree)
    written = [
        target
        for write in reading["writes"]
        for _, target in asking.written(write, asking.logical(tree, write["cwd"]), at)
    ]
    return {"effect": "opaque" if doubt else reading["effect"], "doubt": doubt, "writes": written}


if __name__ == "__main__":
    json.dump([_tell(sys.argv[1], text) for text in json.load(sys.stdin)], sys.stdout)
