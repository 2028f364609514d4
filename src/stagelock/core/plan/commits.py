"""The commit of one unit: its message, which commands make it, and which take others' work away."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from .units import Unit

REVIEWED = "Reviewed-by: adversarial-review (PASS)"
VERIFIED = "DoD items verified:"

# flags that skip a hook, stage what was not named, or rewrite what was committed
LONG = {
    "--no-verify": "skips the project's hooks",
    "--all": "stages files that were not named",
    "--include": "stages files that were not named",
    "--patch": "stages what nobody looked at",
    "--interactive": "stages what nobody looked at",
    "--amend": "rewrites a commit that stands",
    "--no-post-rewrite": "skips the project's hooks",
}
SHORT = {
    "n": "--no-verify",
    "a": "--all",
    "i": "--include",
    "p": "--patch",
}
TAKES_VALUE = "mFCctSu"  # the rest of a bundle is the value
KEEPING = ("-q", "--quiet", "--mixed", "-N", "--intent-to-add")  # of a reset: HEAD stays
HOOKLESS = ("HUSKY", "SKIP", "PRE_COMMIT", "LEFTHOOK", "OVERCOMMIT", "GIT_CONFIG")

# of git: what changes files of the tree that it need not name
SWEEPING = (
    "stash", "clean", "reset", "checkout", "switch", "restore", "rm", "mv", "merge", "rebase",
    "pull", "revert", "cherry-pick", "am", "read-tree", "checkout-index",
)  # fmt: skip
PUTTING_BACK = ("-q", "-f", "--", "-S", "-W", "--staged", "--worktree", "--source=HEAD", "--cached")
BETWEEN = ";&|<>`$()\n"  # what parts one command from another
UNSURE = BETWEEN + "\\*?[{~#"  # what makes a command more than its words


def message(unit: Unit) -> str:
    """Return the commit message of a unit."""
    title = unit["title"] or unit["id"]
    title = title if title[1:2].isupper() else title[:1].lower() + title[1:]
    items = ["- [x] " + " ".join(item.split()) for item in unit["done"]]
    subject = "feat(" + unit["id"].lower() + "): " + title
    return "\n".join([subject, "", VERIFIED, *items, "", REVIEWED]) + "\n"


def wrong_message(unit: Unit, text: str) -> str:
    """Say what a commit message lacks, "" where nothing."""
    lines = [line.strip() for line in text.strip().split("\n")]
    kind, _, rest = lines[0].partition("(")
    scope, _, subject = rest.partition("):")
    if not kind.isalpha() or scope.lower() != unit["id"].lower() or not subject.strip():
        return "the message must begin with `feat(" + unit["id"].lower() + "): ...`"
    missing = [item for item in unit["done"] if "- [x] " + " ".join(item.split()) not in lines]
    if VERIFIED not in lines or missing:
        return "the message must list each done-item below `" + VERIFIED + "` as `- [x] ...`"
    if REVIEWED not in lines:
        return "the message must carry `" + REVIEWED + "`"
    return ""


def wrong_flag(argv: list[str]) -> str:
    """Say which word of a `git commit` it must not carry, "" where none."""
    words = list(argv)
    while words and words[0] != "git":
        word = words.pop(0)
        if word.split("=")[0].startswith(HOOKLESS) and "=" in word:
            return "`" + word + "` skips the project's hooks"
    at = words.index("commit") if "commit" in words else 0
    for word in words[:at]:
        if word.lower().startswith("core.hookspath") or word.startswith("--config-env"):
            return "`" + word + "` skips the project's hooks"
    return _wrong_option(words[at + 1 :])


def moves_head(commands: list[str]) -> bool:
    """Say whether one of the git commands is a reset that may take a commit away."""
    return any(_resets(command.split()) for command in commands)


def sweeps(command: str, may: Callable[[str], bool]) -> str:
    """Return the git command that would change files other than those that `may` names.

    Whoever writes beside others puts back or removes files by their names, in a call of its own.
    """
    told = command
    for mark in BETWEEN:
        told = told.replace(mark, " ; ")
    words = [word.strip("\"'") for word in told.split()]
    is_alone = words[:1] == ["git"] and not any(mark in command for mark in UNSURE)
    for at, word in enumerate(words):
        if word.rpartition("/")[2] != "git":
            continue
        rest = words[at + 1 :]
        while rest and rest[0].startswith("-"):
            rest = rest[2 if rest[0] in ("-C", "-c") else 1 :]
            is_alone = False
        if rest[:1] and rest[0] in SWEEPING and rest[1:2] not in (["list"], ["show"]):
            paths = _by_name(rest) if is_alone else []
            if not paths or not all(may(path) for path in paths):
                return "git " + rest[0]
    return ""


def _by_name(words: list[str]) -> list[str]:
    """Return the paths that a git command puts back or removes, none where it may do more."""
    verb, rest = words[0], words[1:]
    if verb == "checkout":
        at = rest.index("--") if "--" in rest else 0
        if (not at and rest[:1] != ["--"]) or set(rest[:at]) - {"HEAD", "-q", "-f"}:
            return []
        rest = rest[at + 1 :]
    elif verb not in ("restore", "rm"):
        return []
    paths = [word for word in rest if word not in PUTTING_BACK]
    return [] if any(path[:1] in ("-", ":") for path in paths) else paths


def _resets(words: list[str]) -> bool:
    if words[:1] != ["git"] or "reset" not in words:
        return False
    rest = [word for word in words[words.index("reset") + 1 :] if word not in KEEPING]
    return rest[:1] not in ([], ["HEAD"], ["@"], ["--"])


def _wrong_option(words: list[str]) -> str:
    value = False
    for word in words:
        if value:
            value = False
        elif word == "--":
            return ""
        elif word.startswith("--"):
            name = word.split("=")[0]
            for flag, why in LONG.items():
                # git takes any beginning that is unique
                if flag.startswith(name) and len(name) > 3:
                    return "`" + word + "` " + why
        elif word.startswith("-"):
            for n, letter in enumerate(word[1:], 1):
                if letter in SHORT:
                    return "`" + word + "` " + LONG[SHORT[letter]]
                if letter in TAKES_VALUE:
                    value = letter in "mFCct" and n == len(word) - 1
                    break
    return ""
