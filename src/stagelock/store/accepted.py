"""Which check commands a person has accepted on this machine, by their exact text.

A command that stands in a repository's file comes from whoever wrote the file. It runs only after a
person accepted it, once for each tree and text; a change of one byte asks again.
"""

from __future__ import annotations

from . import journal
from .files import digest, make_folder, replace, slurp
from .home import key
from .wire import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from stagelock.core.model import Person

    class Acceptance(TypedDict):
        """That a person accepted one command."""

        tree: str
        name: str
        command: str
        by: str
        door: str
        at: str


def is_accepted(home: str, tree: str, name: str, command: str) -> bool:
    """Say whether a person accepted exactly this command as this check of this tree."""
    try:
        sealed = loads(slurp(_file(home, tree, name, command)).decode())
        given: Acceptance = sealed["acceptance"]
        same = (given["tree"], given["name"], given["command"]) == (tree, name, command)
        return same and sealed["seal"] == _seal(home, given)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def accept(home: str, tree: str, name: str, command: str, who: Person) -> None:
    """Remember that `who`, a person, accepted a command."""
    given: Acceptance = {
        "tree": tree,
        "name": name,
        "command": command,
        "by": who["by"],
        "door": who["door"],
        "at": who["at"],
    }
    make_folder(_folder(home, tree))
    sealed = {"acceptance": given, "seal": _seal(home, given)}
    replace(_file(home, tree, name, command), dumps(sealed).encode())


def _folder(home: str, tree: str) -> str:
    return home + "/accepted/" + key(tree)


def _file(home: str, tree: str, name: str, command: str) -> str:
    text = (name + "\0" + command).encode("utf-8", "surrogateescape")
    return _folder(home, tree) + "/" + digest(text)


def _seal(home: str, given: Acceptance) -> str:
    return digest((journal.key(home) + dumps(given)).encode())
