"""File scopes: which globs can meet in one path, and which paths lie in none of them."""

from __future__ import annotations

from stagelock.core.globs import matches


def covered(globs: list[str], path: str) -> bool:
    """Say whether one of the globs matches the path; what leads out of the tree is in none."""
    segments = path.split("/")
    if path[:1] in ("/", "~") or ".." in segments or path[:1] == "":
        return False
    return any(matches(glob.split("/"), segments) for glob in globs)


def meet(one: str, other: str) -> bool:
    """Say whether some path could match both globs.

    INVARIANT: never no where a path matches both. Cases count as the same, since some disks do
    not tell them apart, and a name without a dot may be a folder.
    """
    a, b = one.lower().split("/"), other.lower().split("/")
    return any(_meet(x, y) for x in _readings(a) for y in _readings(b))


def _readings(glob: list[str]) -> list[list[str]]:
    may_be_folder = not any(c in glob[-1] for c in ".*?")
    return [glob, [*glob, "**"]] if may_be_folder else [glob]


def _meet(a: list[str], b: list[str]) -> bool:
    # row by row from the ends: reach[j] says whether a[i:] and b[j:] share a path
    below = [all(segment == "**" for segment in b[j:]) for j in range(len(b) + 1)]
    for i in range(len(a) - 1, -1, -1):
        row = [False] * (len(b) + 1)
        row[len(b)] = a[i] == "**" and below[len(b)]
        for j in range(len(b) - 1, -1, -1):
            if a[i] == "**" or b[j] == "**":
                row[j] = below[j] or row[j + 1]
            else:
                row[j] = below[j + 1] and _segments_meet(a[i], b[j])
        below = row
    return below[0]


def _segments_meet(a: str, b: str) -> bool:
    """Say whether a name could match both segments: the same table, over characters."""
    if "*" not in a and "*" not in b and "?" not in a and "?" not in b:
        return a == b
    below = [not b[j:].strip("*") for j in range(len(b) + 1)]
    for i in range(len(a) - 1, -1, -1):
        row = [False] * (len(b) + 1)
        row[len(b)] = a[i] == "*" and below[len(b)]
        for j in range(len(b) - 1, -1, -1):
            if a[i] == "*" or b[j] == "*":
                row[j] = below[j] or row[j + 1]
            else:
                row[j] = below[j + 1] and (a[i] == b[j] or "?" in (a[i], b[j]))
        below = row
    return below[0]
