"""What a command may have done behind the reader's back, and which changes no rule explains."""

from __future__ import annotations

from .decide import may_change
from .globs import matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import Permits

WHAT = "tainted"  # the word `/waive` takes
SHOWN = 5  # files that a refusal names
# What tools leave behind wherever they run; no stage is meant to forbid it.
LEFTOVERS = (
    "**/__pycache__/**", "**/.pytest_cache/**", "**/.mypy_cache/**", "**/.ruff_cache/**",
    "**/.hypothesis/**", "**/.coverage", "**/.coverage.*", "**/.eslintcache", "**/*.tsbuildinfo",
    "**/.DS_Store",
)  # fmt: skip


def opens_all(permits: Permits) -> bool:
    """Say whether some role may write every file here, by editing or by any command."""
    allow, never = permits["allow"], permits["never"]
    if "edit" in never["tools"] or "edit" in never["paths"]:
        return False
    if allow["shell"].get("opaque") or allow["tools"].get("edit"):
        return True
    lines = allow["paths"].get("edit", {}).get("*", "")
    return any(line.startswith("**\t") for line in lines.split("\n"))


def unexplained(permits: list[Permits], paths: list[str]) -> list[str]:
    """Return the changed `paths` that none of `permits` lets any role change.

    More than one, where the stage changed while the command ran.
    """
    return [
        path
        for path in paths
        if not _is_leftover(path) and not any(may_change(here, path) for here in permits)
    ]


def because(paths: list[str], count: int) -> str:
    """Say what was found, in the words of a refusal."""
    if not paths:
        return "a command ran here, and what it changed cannot be told"
    more = " and " + str(count - SHOWN) + " more" if count > SHOWN else ""
    names = ", ".join(shown(path) for path in paths[:SHOWN])
    return "changed behind the stage's rules: " + names + more


def shown(path: str) -> str:
    """Return a file name as it may stand in a message: on one line, and in one piece of text."""
    return "".join(c if c.isprintable() else "?" for c in path)


def _is_leftover(path: str) -> bool:
    parts = path.split("/")
    return any(matches(glob.split("/"), parts) for glob in LEFTOVERS)
