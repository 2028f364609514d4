"""What a command asks of version control, by its words: a stand-in until the reader tells."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Demand

ASKED = {
    "git": ("commit", "merge", "push", "tag", "rebase"),
    "gh": ("pr create", "release create"),
}
ENDS = ("&&", "||", ";", "|", "\n", "&")


def asked(command: str) -> tuple[list[Demand], bool]:
    """Return the demands, and whether the text is git commands and nothing else."""
    for mark in ENDS:
        command = command.replace(mark, "\0")
    demands: list[Demand] = []
    is_git = True
    for part in command.split("\0"):
        words = part.split()
        if not words:
            continue
        is_git = is_git and words[0] in ASKED and "`" not in part and "$(" not in part
        plain = " ".join(word for word in words[1:] if not word.startswith("-"))
        verbs = ASKED.get(words[0], ())
        named = [verb for verb in verbs if (plain + " ").startswith(verb + " ")]
        demands += [("vcs", words[0] + " " + verb) for verb in named]
    return demands, is_git
