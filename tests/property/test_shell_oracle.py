"""A second opinion: whatever mvdan/sh finds in a text, our reader finds too, or refuses it."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
import yaml

from stagelock.core.syntax import Unread, parse
from tests.support.shell_mutations import mutated
from tests.support.shell_oracle import Command, Found, found_by_shfmt, refused_by

CASES = Path(__file__).parents[1] / "cases"
SEED = 20261121
COUNT = 6000  # about two in five are read; the others are refused and need no oracle
CONTINUED = re.compile(r"#[^\n]*\\\n")  # a comment that the other parser takes to go on
SAME = {"<<-": "<<", "&>": ">&"}  # one meaning, two spellings


def corpus() -> list[str]:
    """Return every command of the case tables."""
    texts: list[str] = []
    for name in ("shell.yaml", "shell_unseen.yaml"):
        if (CASES / name).exists():
            _commands(yaml.safe_load((CASES / name).read_text()), texts)
    return sorted(set(texts))


@pytest.mark.parametrize(("dialect", "shell"), [("bash", "bash"), ("zsh", "zsh")])
def test_no_command_and_no_redirection_is_missed(dialect: str, shell: str) -> None:
    chance = random.Random(f"{SEED}{dialect}")
    known = corpus()
    texts = known + [mutated(known, chance) for _ in range(COUNT)]
    ours = [(text, found) for text in texts if (found := _read(text)) is not None]
    theirs = found_by_shfmt([text for text, _ in ours], dialect)
    missed = [
        (text, lost)
        for (text, found), other in zip(ours, theirs, strict=True)
        if other is not None and (lost := _lost(found, other))
        if not CONTINUED.search(text) and not refused_by(shell, text)
    ]
    assert not missed, "\n".join(json.dumps(text) + "  " + lost for text, lost in missed[:40])
    assert len(ours) > COUNT // 5
    assert sum(other is None for other in theirs) < len(ours) // 10


def _commands(part: object, texts: list[str]) -> None:
    """Gather what stands in a table as a command: every text in it but the paths and reasons."""
    if isinstance(part, str):
        texts.append(part)
    elif isinstance(part, list):
        for inner in part:
            _commands(inner, texts)
    elif isinstance(part, dict):
        for key, inner in part.items():
            if key not in ("why", "category", "shell", "reason", "setup"):
                _commands(inner, texts)


def _read(text: str) -> Found | None:
    try:
        commands = parse(text)
    except Unread:
        return None
    found = Found([], [])
    for command in commands:
        assigned = tuple(name for name, _ in command["assigns"])
        words = tuple(w["text"] if w["known"] else None for w in command["words"])
        found.commands.append(_plain(assigned, words))
        for redirection in command["redirections"]:
            target = redirection["target"]
            found.redirections.append(
                (redirection["op"], target["text"] if target["known"] else None)
            )
    return found


def _plain(assigned: tuple[str, ...], words: tuple[str | None, ...]) -> Command:
    """Set apart what the other parser does: `time`, and what is assigned by a name it joined."""
    if words[:1] == ("time",):
        words = words[2:] if words[1:2] == ("-p",) else words[1:]
    while words and words[0] is not None and "=" in words[0]:
        name = words[0].partition("=")[0].removesuffix("+")
        if not name.isidentifier():
            break
        assigned, words = (*assigned, name), words[1:]
    return Command(assigned, words)


def _lost(ours: Found, theirs: Found) -> str:
    """Name the first thing that the other parser found and ours did not."""
    left = list(ours.commands)
    for command in sorted(theirs.commands, key=lambda c: c.words.count(None)):
        same = next((c for c in left if _matches(c, command)), None)
        if same is None:
            return f"command {command}"
        left.remove(same)
    redirections = [(SAME.get(op, op), target) for op, target in ours.redirections]
    for op, target in theirs.redirections:
        wanted = (SAME.get(op, op), target)
        found = next((r for r in redirections if _opens(r, wanted)), None)
        if found is None:
            return f"redirection {wanted}"
        redirections.remove(found)
    return ""


def _matches(ours: Command, theirs: Command) -> bool:
    if theirs.assigned != ours.assigned:
        return False
    if theirs.words[:1] in (("let",), ("export",), ("declare",), ("local",), ("readonly",)):
        return ours.words[:1] == theirs.words[:1]
    if len(ours.words) != len(theirs.words):
        return False
    pairs = zip(ours.words, theirs.words, strict=True)
    return all(word is None or mine is None or mine == word for mine, word in pairs)


def _opens(ours: tuple[str, str | None], theirs: tuple[str, str | None]) -> bool:
    return ours[0] == theirs[0] and (theirs[1] is None or ours[1] in (None, theirs[1]))
