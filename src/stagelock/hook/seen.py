"""What an event module is given, for the type checker: nothing imports this at run time."""

from typing import Any, TypedDict


class Seen(TypedDict):
    home: str  # the state home
    tree: str  # the live tree this event belongs to, "" where none is
    payload: dict[str, Any]  # as the client sent it
    session: str
    cwd: str  # real
