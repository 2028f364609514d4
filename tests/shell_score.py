"""How often the shell reader errs on commands nobody tuned it to; `python -m tests.shell_score`.

`unsafe` ones that pass as a read, `safe` ones that are refused by reason, `writes` told wrong, and
commands that pass in surroundings (`context`) in which they do more than look.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from stagelock.core.shell.reading import read_command
from tests.support.shell_tree import Place, made, told

CASES = yaml.safe_load((Path(__file__).parent / "cases/shell_unseen.yaml").read_text())
WORKERS = 4


class Score(NamedTuple):
    """What went wrong."""

    bypasses: list[str]
    refused: dict[str, list[str]]  # by reason
    asked: int  # how many safe ones there are

    @property
    def share(self) -> float:
        """Return how many of the safe ones are refused."""
        return sum(len(texts) for texts in self.refused.values()) / self.asked


def score() -> Score:
    """Read every command of the table."""
    refused: dict[str, list[str]] = defaultdict(list)
    safe = _commands("safe")
    for text in safe:
        reading = read_command(text)
        if not _looks(text):
            refused[_without_place(reading["reason"]) or reading["effect"]].append(text)
    bypasses = [text for text in _commands("unsafe") if _looks(text)]
    return Score(bypasses, dict(refused), len(safe))


def miswritten() -> list[str]:
    """Name every command that writes what is not told; unknown is right too."""
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for n, group in enumerate(CASES["writes"]):
            place = made(Path(folder).resolve() / str(n), group.get("setup", ""))
            answers = told(place, [command for command, _ in group["commands"]])
            for (command, paths), answer in zip(group["commands"], answers, strict=True):
                missed = [path for path in paths if not _is_told(path, answer["writes"])]
                if missed and answer["effect"] not in ("opaque", "run"):
                    wrong.append(f"{command!r} writes {missed}, told {answer['writes']}")
    return wrong


def misjudged() -> list[str]:
    """Name every command that passes where it does more than look."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        homes = [Path(folder).resolve() / str(n) for n in range(len(CASES["context"]))]
        passes = pool.map(_passes, CASES["context"], homes)
        return [
            f"{row['command']!r}: {row['why']}"
            for row, passed in zip(CASES["context"], passes, strict=True)
            if passed
        ]


def _passes(row: dict[str, Any], home: Path) -> bool:
    place: Place = made(home, row["setup"])
    answer = told(place, [row["command"]])[0]
    return answer["effect"] == "read" and not answer["writes"]


def _commands(part: str) -> list[str]:
    return [text for group in CASES[part] for text in group["commands"]]


def _looks(text: str) -> bool:
    reading = read_command(text)
    return reading["effect"] == "read" and all(write["new"] for write in reading["writes"])


def _is_told(path: str, named: list[str]) -> bool:
    """Say whether a place is named, or lies in a folder that is."""
    return any(path == name or path.startswith(name.rstrip("/") + "/") for name in named)


def _without_place(reason: str) -> str:
    return reason.partition(" at column ")[0].partition(": column ")[0]


def main() -> None:
    """Print the score."""
    found = score()
    print(f"bypasses: {len(found.bypasses)}")
    for text in found.bypasses:
        print("   ", repr(text))
    print(f"refused: {found.share:.1%} of {found.asked} safe commands")
    for reason, texts in sorted(found.refused.items(), key=lambda item: -len(item[1])):
        print(f"  {len(texts):4} {reason}")
        for text in texts[:3]:
            print("         ", repr(text)[:120])
    for name, rows in (("writes told wrong", miswritten()), ("in context", misjudged())):
        print(f"{name}: {len(rows)}")
        for row in rows:
            print("   ", row)


if __name__ == "__main__":
    main()
