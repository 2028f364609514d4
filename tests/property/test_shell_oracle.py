"""A second opinion: whatever mvdan/sh finds in a text, our reader finds too, or refuses it."""

from __future__ import annotations

import json
import random
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from stagelock.core.shell.reading import is_taken
from stagelock.core.shell.syntax import Unread, parse
from tests.support.shell_mutations import mutated
from tests.support.shell_oracle import Command, Found, found_by_shfmt, refused_by

if TYPE_CHECKING:
    from stagelock.core.shell.words import Word

CASES = Path(__file__).parents[1] / "cases"
SEED = 20261121
LONGEST = 5.0  # seconds; on an idle machine a text takes a thousandth of that
COUNT = 4000  # about two in five are read; the others are refused and need no oracle
# a comment that the other parser takes to go on; `{fd}>`, a word and a redirection to ours
UNLIKE = re.compile(r"#[^\n]*\\\n|\{\w+\}[<>]")
RESERVED = (
    "if", "then", "else", "elif", "fi", "for", "in", "do", "done", "while", "until", "case", "esac",
    "function", "[[", "{", "}", "!",
)  # fmt: skip
DECLARING = (("let",), ("export",), ("declare",), ("typeset",), ("local",), ("readonly",))
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
    texts = [*chance.sample(known, COUNT // 2), *(mutated(known, chance) for _ in range(COUNT))]
    ours = [(text, found) for text in texts if (found := _read(text)) is not None]
    theirs = found_by_shfmt([text for text, _ in ours], dialect)
    missed = [
        (text, lost)
        for (text, found), other in zip(ours, theirs, strict=True)
        if other is not None and (lost := _lost(found, other))
        if not UNLIKE.search(text) and not refused_by(shell, text)
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
    signal.signal(signal.SIGALRM, _endless)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        commands = parse(text, taken=is_taken)
    except Unread:
        return None
    except TimeoutError:
        pytest.fail("read without an end: " + json.dumps(text))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    found = Found([], [], set())
    for command in commands:
        assigned = tuple(name for name, _ in command["assigns"])
        words = tuple(_text(word) for word in command["words"])
        if words and words[0] in RESERVED:
            return None  # as a program's name it is refused: no program has it
        found.commands.append(Command(assigned, words))
        for redirection in command["redirections"]:
            found.redirections.append((redirection["op"], _text(redirection["target"])))
    return found


def _text(word: Word) -> str | None:
    """A word as the other parser spells it: a quoted `~` is ours as `./~`, lest it is a home."""
    text = word["text"].removeprefix("./") if word["text"].startswith("./~") else word["text"]
    return text if word["known"] else None


def _endless(number: int, frame: object) -> None:
    raise TimeoutError


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
        spelled = [command]
        if command.words and command.words[0] in theirs.functions:
            # what a function does is read where it is made; a call of it reads as `true`
            spelled.append(Command(command.assigned, ("true", *command.words[1:])))
        same = next((c for c in left if any(_matches(c, other) for other in spelled)), None)
        if same is None:
            return f"command {command}"
        left.remove(same)
    redirections = [(SAME.get(op, op), target) for op, target in ours.redirections]
    for op, target in theirs.redirections:
        if op in ("<", "<(") and target is None and ("<(", None) in redirections:
            redirections.remove(("<(", None))  # `< <(…)`
            continue
        wanted = (SAME.get(op, op), target)
        found = next((r for r in redirections if _opens(r, wanted)), None)
        if found is None:
            return f"redirection {wanted}"
        redirections.remove(found)
    return ""


def _matches(ours: Command, theirs: Command) -> bool:
    return _is_same(ours, theirs) or _is_same(_plain(ours.assigned, ours.words), theirs)


def _is_same(ours: Command, theirs: Command) -> bool:
    if theirs.words[:1] in DECLARING:
        return ours.words[:1] == theirs.words[:1]
    if theirs.assigned != ours.assigned:
        return False
    if len(ours.words) != len(theirs.words):
        return False
    pairs = zip(ours.words, theirs.words, strict=True)
    return all(word is None or mine is None or mine == word for mine, word in pairs)


def _opens(ours: tuple[str, str | None], theirs: tuple[str, str | None]) -> bool:
    return ours[0] == theirs[0] and (theirs[1] is None or ours[1] in (None, theirs[1]))
