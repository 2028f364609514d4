"""docs/broken.md as the spec: what is broken, and the line that a person sees then."""

import re

from .world import ROOT

_ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in (ROOT / "docs/broken.md").read_text().splitlines()
    if line.startswith("| ")
][1:]
LINES = {row[0].replace("`", ""): row[2].strip("`").strip() for row in _ROWS}


def is_told(name: str, text: str) -> bool:
    """Say whether a text, or a screen that broke its lines, shows the line of that row."""
    pieces = [re.sub(r"[\s│]", "", piece) for piece in LINES[name].split("...")]
    return bool(re.search(".*".join(map(re.escape, pieces)), re.sub(r"[\s│]", "", text)))
