"""What a reply says of a stage's checklist: which items are done, which were skipped.

An item is named by its id. `T0 done, T1 and T2 skipped: no code yet` speaks of three, and so do
the lines of a Markdown list with `[x]` and `[ ]`. What is not named is not guessed.
"""

from __future__ import annotations

DONE = ("done", "finished", "complete", "completed")
SKIPPED = ("skipped", "skip", "skipping")
NOT = ("not", "never", "isn't", "no")


def read(said: str, ids: list[str]) -> dict[str, str]:
    """Return `done` or `skipped` for each item that `said` speaks of; the last word counts."""
    found: dict[str, str] = {}
    for line in said.splitlines():
        box = line.strip().lstrip("-*+ ").lower()
        words = _words(line)
        if box.startswith(("[x]", "[ ]")):
            state = "done" if box.startswith("[x]") else "skipped"
            found.update({word: state for word in words if word in ids})
        else:
            _in_words(words, ids, found)
    return found


def _in_words(words: list[str], ids: list[str], found: dict[str, str]) -> None:
    """Each state word speaks of the items named since the one before."""
    named: list[str] = []
    before = ""
    for word in words:
        lower = word.lower()
        state = "done" if lower in DONE else "skipped" if lower in SKIPPED else ""
        if state == "done" and before in NOT:
            state = "skipped"
        if word in ids:
            named.append(word)
        elif state:
            found.update(dict.fromkeys(named, state))
            named = []
        before = lower


def _words(line: str) -> list[str]:
    letters = [c if c.isalnum() or c in "_.-'" else " " for c in line]
    return [word.strip(".-'") for word in "".join(letters).split()]
