"""What an unread command asks of version control, by its words alone: a tripwire, no proof."""

from __future__ import annotations

RELEASE = ("publish", "run publish", "run release", "run deploy")  # scripts of package.json, too
ASKED = {
    "git": (
        "commit", "merge", "push", "tag", "rebase", "cherry-pick", "revert", "am", "commit-tree",
        "update-ref", "send-pack", "subtree push",
    ),
    "gh": ("pr create", "pr merge", "release create", "release upload"),
    "glab": ("mr create", "mr merge", "release create"),
    "hub": ("pull-request", "release create"),
    "npm": RELEASE,
    "pnpm": RELEASE,
    "bun": RELEASE,
    "yarn": (*RELEASE, "npm publish", "release"),
    "cargo": ("publish", "release"),
    "twine": ("upload",),
    "uv": ("publish",),
    "poetry": ("publish",),
    "hatch": ("publish",),
    "flit": ("publish",),
    "gem": ("push",),
    "rake": ("release",),
    "mvn": ("deploy", "clean deploy", "release:perform"),
    "mvnw": ("deploy", "clean deploy", "release:perform"),
    "gradle": ("publish",),
    "gradlew": ("publish",),
    "nuget": ("push",),
    "goreleaser": ("release",),
    "docker": ("push", "image push"),
    "podman": ("push",),
    "helm": ("push",),
}  # fmt: skip
# what is asked of a forge before there is a release; the others that are no git are all a release
NAMES = {
    "gh pr create": "gh pr create", "gh pr merge": "gh pr merge",
    "glab mr create": "gh pr create", "glab mr merge": "gh pr merge",
    "hub pull-request": "gh pr create",
}  # fmt: skip
VALUED = ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "-R", "--repo")
LONGEST = 2  # words of a verb
ENDS = ";&|\n(){}`$'\""


def asked(text: str) -> list[str]:
    """Return what the words of a text ask of version control, as the reader would name it."""
    plain = text.replace("\\\n", "").replace("\\", "")
    for mark in ENDS:
        plain = plain.replace(mark, " \0 ")
    return [verb for part in plain.split("\0") for verb in _in(part.split())]


def _in(words: list[str]) -> list[str]:
    found: list[str] = []
    for n, word in enumerate(words):
        program = word.rpartition("/")[2]
        if program not in ASKED:
            continue
        rest = " ".join(_operands(words[n + 1 :])) + " "
        for verb in ASKED[program]:
            if rest.startswith(verb + " "):
                name = program + " " + verb
                found.append(NAMES.get(name, name if program == "git" else "release"))
    return found


def _operands(words: list[str]) -> list[str]:
    """Return the verb, without flags and the values of those that stand before it."""
    kept: list[str] = []
    skip = False
    for word in words:
        if not skip and not word.startswith("-"):
            kept.append(word)
            if len(kept) == LONGEST:
                break
        skip = not skip and not kept and word in VALUED
    return kept


def is_alone(text: str, program: str) -> bool:
    """Say whether a text is one plain call of `program` and nothing else."""
    return text.split()[:1] == [program] and not any(mark in text for mark in ";&|\n(){}`$<>\\")
