"""How often the shell reader errs on commands nobody tuned it to; `python -m tests.shell_score`.

`unsafe` ones that pass as a read, `safe` ones that are refused by reason, `writes` told wrong.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from stagelock.core.shell import read_command

CASES = yaml.safe_load((Path(__file__).parent / "cases/shell_unseen.yaml").read_text())


class Score(NamedTuple):
    """What went wrong."""

    bypasses: list[str]
    refused: dict[str, list[str]]  # by reason
    asked: int  # how many safe ones there are
    miswritten: list[str]

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
    return Score(bypasses, dict(refused), len(safe), [m for row in _writes() if (m := _wrong(row))])


def _commands(part: str) -> list[str]:
    return [text for group in CASES[part] for text in group["commands"]]


def _looks(text: str) -> bool:
    reading = read_command(text)
    return reading["effect"] == "read" and all(write["new"] for write in reading["writes"])


def _writes() -> list[dict[str, Any]]:
    return CASES.get("writes", [])


def _wrong(row: dict[str, Any]) -> str:
    """Name what a reading tells wrong; unknown is right too."""
    reading = read_command(row["command"])
    if reading["effect"] != "read":
        return ""
    told = {_place(write["cwd"], write["path"]) for write in reading["writes"]}
    missed = {path for path in row["paths"] if path not in told}
    return f"{row['command']!r}: {sorted(missed)} is not among {sorted(told)}" if missed else ""


def _place(cwd: str, path: str) -> str:
    """Resolve a path against the tree by its text, as a table names it."""
    parts: list[str] = []
    for part in f"{cwd}/{path}".split("/") if not path.startswith(("/", "~")) else [path]:
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


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
    print(f"writes told wrong: {len(found.miswritten)}")
    for row in found.miswritten:
        print("   ", row)


if __name__ == "__main__":
    main()
