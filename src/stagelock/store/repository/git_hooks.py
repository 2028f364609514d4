"""The git hooks of a repository: put beside what is there, and taken away without a trace.

Where nothing stands in the way, the hooks are files in the repository's own folder of hooks, as
every tool expects them. Where a hook of the same name is there, or `core.hooksPath` leads
elsewhere, that stays untouched: our folder is set in front of it, and each hook in it starts the
one behind, by its own path and name.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TypedDict

from . import person_git
from .hook_script import ENTRY, MARK, OURS, PASSED_ON, script

NOTES = "refs/notes/stagelock"


class Kept(TypedDict):
    """What an installation remembers, so that it can be undone."""

    front: bool  # whether a folder is set in front of another
    folder: str
    behind: str  # the folder that ours stands in front of, "" where there is none
    made_folder: bool
    names: list[str]
    entry: str
    settings: list[list[str]]  # [key, value, value before] we set; no value before for an added one
    config_before: str  # .git/config as it was, and as we left it
    config_after: str


class Standing(TypedDict):
    """How the hooks of a repository stand."""

    installed: bool
    runs: bool  # whether git starts them
    folder: str
    behind: str
    missing: list[str]  # hooks of ours that are not there any more
    entry: bool  # whether what they start is there
    notes: bool  # whether evidence travels


class NotHere(Exception):  # what is wrong, and what to do
    """Hooks cannot be installed here."""


def install(home: str, tree: str, *, notes: bool) -> list[str]:
    """Install the hooks; `notes` also lets evidence travel. Returns what was done; raises NotHere.

    Installing again renews everything, so it is also the cure for a plugin that moved.
    """
    common = common_folder(tree)
    uninstall(tree)
    own = common / "hooks"
    front = effective(tree) != own or any(os.path.lexists(own / name) for name in OURS)
    behind = ""
    if front:
        named = person_git.ask(tree, "config", "--type=path", "--get", "core.hooksPath")
        behind = named or str(own)
    folder = common / "stagelock/hooks" if front else own
    kept: Kept = {
        "front": front,
        "folder": str(folder),
        "behind": behind,
        "made_folder": not folder.exists(),
        "names": sorted({*OURS, *(PASSED_ON if front else ()), *_others(tree, behind)}),
        "entry": ENTRY,
        "settings": [],
        "config_before": _text(common / "config"),
        "config_after": "",
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name in kept["names"]:
        (folder / name).write_text(script(name, home, behind, notes=notes), encoding="utf-8")
        (folder / name).chmod(0o755)
    told = [f"git hooks in {folder}" + (f", in front of {behind}" if front else "")]
    if front:
        _set(tree, "core.hooksPath", str(folder), kept)
    if notes:
        told += _let_notes_travel(tree, kept)
    kept["config_after"] = _text(common / "config")
    _record(common).parent.mkdir(exist_ok=True)
    _record(common).write_text(json.dumps(kept, indent=1) + "\n", encoding="ascii")
    return told


def uninstall(tree: str) -> list[str]:
    """Take the hooks and their settings away; returns what was done, what stays; raises NotHere."""
    common = common_folder(tree)
    kept = _kept(common)
    if kept is None:
        return []
    told = [f"git hooks removed from {kept['folder']}"]
    folder = Path(kept["folder"])
    for name in kept["names"]:
        for path in (
            folder / name,
            folder / f"{name}.legacy",
        ):  # where pre-commit puts what it finds
            if MARK in _text(path):
                path.unlink()
        if name in OURS and (folder / name).exists():
            told.append(f"{folder / name} is another's by now, and stays")
    if kept["made_folder"] and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    told += _restore_settings(tree, common / "config", kept)
    shutil.rmtree(common / "stagelock", ignore_errors=True)
    return told


def status(tree: str) -> Standing:
    """Say how the hooks of the repository stand; raises NotHere."""
    kept = _kept(common_folder(tree))
    if kept is None:
        return {
            "installed": False, "runs": False, "folder": "", "behind": "", "missing": [],
            "entry": False, "notes": False,
        }  # fmt: skip
    folder = Path(kept["folder"])
    return {
        "installed": True,
        "runs": effective(tree) == folder.resolve(),
        "folder": kept["folder"],
        "behind": kept["behind"],
        "missing": [
            name
            for name in OURS
            if not any(MARK in _text(folder / n) for n in (name, f"{name}.legacy"))
        ],
        "entry": Path(kept["entry"]).is_file(),
        "notes": any(NOTES in value for _, value, *_ in kept["settings"]),
    }


def holds(standing: Standing) -> bool:
    """Say whether the hooks are installed, whole, and started by git."""
    return (
        standing["installed"] and standing["runs"] and standing["entry"] and not standing["missing"]
    )


def common_folder(tree: str) -> Path:
    """Return the folder that all work trees of the repository share; raises NotHere."""
    try:
        named = person_git.run(tree, "rev-parse", "--git-common-dir").rstrip("\n")
    except person_git.GitSaid as error:
        raise NotHere(f"no git repository here ({error}); make one with: git init") from None
    return (Path(tree) / named).resolve()


def effective(tree: str) -> Path:
    """Return the folder whose hooks git starts."""
    return (Path(tree) / person_git.ask(tree, "rev-parse", "--git-path", "hooks")).resolve()


def _others(tree: str, behind: str) -> list[str]:
    """Name whatever the folder behind starts that is not in any list of ours."""
    folder = Path(tree) / behind
    if not behind or not folder.is_dir():
        return []
    return [
        p.name
        for p in folder.iterdir()
        if "." not in p.name and os.access(p, os.X_OK) and p.is_file()
    ]


def _let_notes_travel(tree: str, kept: Kept) -> list[str]:
    """Have git fetch the notes of every remote, and keep them when it rewrites a commit."""
    remotes = person_git.ask(tree, "remote").splitlines()
    for remote in remotes:  # without `*`, git would fail on a remote that has no notes yet
        _add(tree, f"remote.{remote}.fetch", f"+{NOTES}*:refs/notes/{remote}/stagelock*", kept)
    _add(tree, "notes.rewriteRef", NOTES, kept)
    if not remotes:
        return [f"evidence is kept as {NOTES}; once there is a remote, install again to have it go"]
    return [f"evidence travels as {NOTES}: fetched from and pushed to {', '.join(remotes)}"]


def _set(tree: str, key: str, value: str, kept: Kept) -> None:
    before = person_git.ask(tree, "config", "--local", "--get", key)
    person_git.run(tree, "config", "--local", key, value)
    kept["settings"].append([key, value, before])


def _add(tree: str, key: str, value: str, kept: Kept) -> None:
    if value not in person_git.ask(tree, "config", "--local", "--get-all", key).splitlines():
        person_git.run(tree, "config", "--local", "--add", key, value)
        kept["settings"].append([key, value])


def _restore_settings(tree: str, config: Path, kept: Kept) -> list[str]:
    """Put the configuration back: byte for byte, or, where it went on since, key by key."""
    if not kept["settings"]:
        return []
    if _text(config) == kept["config_after"]:
        config.write_bytes(kept["config_before"].encode("utf-8", "surrogateescape"))
        return ["the repository's git configuration is as it was"]
    told = []
    for key, value, *before in kept["settings"]:
        now = person_git.ask(tree, "config", "--local", "--get-all", key).splitlines()
        if value not in now:
            told.append(f"`{key}` is another's by now, and stays")
        elif before and before[0]:
            person_git.run(tree, "config", "--local", key, before[0])
        else:
            person_git.run(tree, "config", "--local", "--fixed-value", "--unset", key, value)
    return told


def _kept(common: Path) -> Kept | None:
    try:
        read = json.loads(_record(common).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    whole = isinstance(read, dict) and set(Kept.__annotations__) <= set(read)
    return read if whole else None


def _record(common: Path) -> Path:
    return common / "stagelock/git-hooks.json"


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape") if path.is_file() else ""
    except OSError:
        return ""
