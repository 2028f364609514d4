"""What another parser of shell text finds in a command: mvdan/sh, by way of `shfmt --to-json`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

SHFMT = Path(sys.executable).with_name("shfmt")
# what a bare word may hold that the shell turns into something else
CHANGING = "*?[{}~"
# what a backslash takes away in double quotes
ESCAPED = '$`"\\'
WORKERS = 4


class Command(NamedTuple):
    """One simple command; None stands for what the text does not tell."""

    assigned: tuple[str, ...]
    words: tuple[str | None, ...]


class Found(NamedTuple):
    """All that a text would start and open."""

    commands: list[Command]
    redirections: list[tuple[str, str | None]]
    functions: set[str]  # the names it gives to lists of commands


def found_by_shfmt(texts: list[str], dialect: str) -> list[Found | None]:
    """Return what each text holds, None where it is no shell text of that dialect."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda text: _found(text, dialect), texts))


def refused_by(shell: str, text: str) -> bool:
    """Say whether a shell calls the text a syntax error."""
    path = shutil.which(shell)
    done = path and subprocess.run([path, "-n", "-c", text], capture_output=True, check=False)
    return bool(done and done.returncode)


def _found(text: str, dialect: str) -> Found | None:
    done = subprocess.run(
        [SHFMT, "-ln", dialect, "--to-json"],
        input=text.encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        return None
    found = Found([], [], set())
    _walk(json.loads(done.stdout), found)
    return found


def _walk(node: Any, found: Found) -> None:
    if isinstance(node, list):
        for part in node:
            _walk(part, found)
    if not isinstance(node, dict):
        return
    if node.get("Type") == "CallExpr":
        assigned = tuple(_assigned(part) for part in node.get("Assigns", []))
        words = tuple(_literal(word) for word in node.get("Args", []) if not _piped(word))
        found.commands.append(Command(assigned, words))
    elif node.get("Type") == "DeclClause":
        found.commands.append(Command((), (node["Variant"]["Value"],)))
    elif node.get("Type") == "FuncDecl":
        names = node.get("Names") or [node.get("Name") or {}]
        found.functions.update(name.get("Value", "") for name in names)
    elif node.get("Type") == "LetClause":
        found.commands.append(Command((), ("let",)))
    for redirection in node.get("Redirs", []):
        found.redirections.append((redirection["Op"], _literal(redirection.get("Word", {}))))
    for part in node.values():
        _walk(part, found)


def _assigned(part: dict[str, Any]) -> str:
    name: str = part["Name"]["Value"]
    return name


def _piped(word: dict[str, Any]) -> bool:
    """Say whether a word is nothing but `<(…)`."""
    parts = word.get("Parts", [])
    return len(parts) == 1 and parts[0]["Type"] == "ProcSubst"


def _literal(word: dict[str, Any]) -> str | None:
    values = [_part(part) for part in word.get("Parts", [])]
    return None if None in values else "".join(value or "" for value in values)


def _part(part: dict[str, Any]) -> str | None:
    value: str = part.get("Value", "")
    if part["Type"] == "SglQuoted":
        return None if part.get("Dollar") else value
    if part["Type"] == "DblQuoted":
        inner = [_in_quotes(piece) for piece in part.get("Parts", [])]
        known = None not in inner and not part.get("Dollar")
        return "".join(piece or "" for piece in inner) if known else None
    if part["Type"] != "Lit" or any(letter in CHANGING for letter in value):
        return None
    return _unescaped(value, "")


def _in_quotes(piece: dict[str, Any]) -> str | None:
    return _unescaped(piece["Value"], ESCAPED) if piece["Type"] == "Lit" else None


def _unescaped(value: str, only: str) -> str:
    letters: list[str] = []
    i = 0
    while i < len(value):
        following = value[i + 1 : i + 2]
        if value[i] != "\\" or (only and following not in only and following != "\n"):
            letters.append(value[i])
            i += 1
            continue
        letters.append("" if following == "\n" else following)
        i += 2
    return "".join(letters)
