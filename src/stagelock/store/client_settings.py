"""The status line in the client's settings of one project: added at a person's word, taken back.

It goes into `.claude/settings.local.json`, the person's own settings for this project, since it
names a path of this machine. A status line that they have, in any of the client's settings, is
wrapped.
"""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

from .files import make_folder
from .home import key
from .library import PACKAGE

LOCAL = ".claude/settings.local.json"
LAUNCHER = (PACKAGE[: -len("src/stagelock/")] + "/bin/stagelock").replace("//", "/")
OURS = f"{shlex.quote(LAUNCHER)} statusline"


class Unwritable(Exception):  # what is wrong with the settings, and what to do
    """The client's settings cannot be changed."""


def is_set(tree: str) -> bool:
    """Say whether the project's status line is stagelock's."""
    return OURS in _command(_read(_local(tree)))


def add_line(home: str, tree: str) -> str:
    """Make stagelock's the status line of the project; returns what was wrapped, "" for nothing.

    Raises Unwritable.
    """
    local = _local(tree)
    settings = _read(local)
    if OURS in _command(settings):
        return ""
    held = _held(tree)
    own = _command(held)
    line = held.get("statusLine") if own else {}
    command = f"{OURS} -- {shlex.quote(own)}" if own else OURS
    before = _bytes(local)
    settings["statusLine"] = {**(line or {}), "type": "command", "command": command}
    made_folder = not local.parent.exists()
    local.parent.mkdir(exist_ok=True)
    after = (json.dumps(settings, indent=2, ensure_ascii=False) + "\n").encode()
    _write(local, after)
    kept = {
        "before": None if before is None else before.decode("utf-8", "surrogateescape"),
        "after": after.decode(),
        "line": json.loads(before).get("statusLine") if before else None,
        "made_folder": made_folder,
    }
    record = _record(home, tree)
    make_folder(str(record.parent))
    record.write_text(json.dumps(kept), encoding="ascii")
    return own


def remove_line(home: str, tree: str) -> str:
    """Put the status line back as it was; says what was done, "" for nothing; raises Unwritable."""
    local = _local(tree)
    if not is_set(tree):
        return ""
    try:
        kept = json.loads(_record(home, tree).read_text(encoding="ascii"))
    except (OSError, ValueError):
        kept = {"before": None, "after": "", "line": None, "made_folder": False}
    now = _bytes(local) or b""
    if now.decode("utf-8", "surrogateescape") == kept["after"] and kept["before"] is not None:
        _write(local, kept["before"].encode("utf-8", "surrogateescape"))
        return f"{local} is as it was"
    settings = _read(local)
    del settings["statusLine"]
    if kept["line"]:
        settings["statusLine"] = kept["line"]
    if settings or kept["before"] is not None:
        _write(local, (json.dumps(settings, indent=2, ensure_ascii=False) + "\n").encode())
        return f"the status line is out of {local}; the rest of it stays"
    local.unlink()
    if kept["made_folder"] and not any(local.parent.iterdir()):
        local.parent.rmdir()
    return f"{local} is gone; it held nothing else"


def _held(tree: str) -> dict[str, Any]:
    """Return the settings whose status line the client shows here, in its own order of places."""
    user = os.environ.get("CLAUDE_CONFIG_DIR") or str(Path.home() / ".claude")
    shared = Path(tree, ".claude/settings.json")
    for place in (_local(tree), shared, Path(user, "settings.json")):
        settings = _read(place)
        if _command(settings):
            return settings
    return {}


def _command(settings: dict[str, Any]) -> str:
    line = settings.get("statusLine")
    command = line.get("command") if isinstance(line, dict) else None
    return command if isinstance(command, str) else ""


def _read(path: Path) -> dict[str, Any]:
    data = _bytes(path)
    if not data or not data.strip():
        return {}
    try:
        settings = json.loads(data)
    except ValueError as error:
        raise Unwritable(f"{path} is not JSON ({error}); mend it, then call this again") from None
    if not isinstance(settings, dict):
        raise Unwritable(f"{path} holds no JSON object; mend it, then call this again")
    return settings


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unwritable(f"{path} cannot be read: {error.strerror}") from None


def _write(path: Path, data: bytes) -> None:
    try:
        aside = path.with_name(path.name + ".stagelock-new")
        aside.write_bytes(data)
        if path.exists():
            aside.chmod(path.stat().st_mode & 0o777)
            path = path.resolve()  # a link to settings kept elsewhere stays a link
        aside.replace(path)
    except OSError as error:
        raise Unwritable(f"{path} cannot be written: {error.strerror}") from None


def _local(tree: str) -> Path:
    return Path(tree, LOCAL)


def _record(home: str, tree: str) -> Path:
    return Path(home, "init", key(tree), "statusline.json")
