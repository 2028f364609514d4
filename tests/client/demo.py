"""`make demo`: the main job in the real client, as a play-by-play."""

import sys
import tempfile
from pathlib import Path

from . import play
from .support.client import newest


def main() -> int:
    """Return 0 only if every step was as expected."""
    version = sys.argv[1] if len(sys.argv) > 1 else newest()
    wrong = 0

    def report(is_right: bool, what: str) -> None:
        nonlocal wrong
        wrong += not is_right
        print(("  ok    " if is_right else "  WRONG ") + what, flush=True)

    with tempfile.TemporaryDirectory() as base:
        print(f"Claude Code {version}; a model that misbehaves; a person at the keyboard")
        print("the person types: /stagelock:design add login")
        play.perform(version, Path(base) / "first", report)
        print("the same from a marketplace, in a clean home")
        play.install(version, Path(base) / "second", report)
    print("every step as expected" if not wrong else f"{wrong} steps were not as expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
