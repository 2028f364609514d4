"""What doctor looks at around the runs: interpreter, plugin, state home, the client's settings."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from stagelock.authoring.config import load_library
from stagelock.authoring.doubts import doubts_of_tree
from stagelock.authoring.hooks_file import hooks_file
from stagelock.authoring.source import InvalidWorkflow
from stagelock.store import box, library

from .found import Found, ill, unknown, well

PLUGIN = Path(library.PACKAGE).parents[1]
SLOW = 0.060  # seconds; a bare start takes about 0.010
MANAGED = (
    Path("/etc/claude-code/managed-settings.json"),
    Path("/Library/Application Support/ClaudeCode/managed-settings.json"),
)
FILES = ("hooks/hooks.json", "hooks/entry.py", "hooks/line.py", "bin/stagelock")
# events at which another hook can answer in a person's name
ANSWERS = {
    "PermissionRequest": "",
    "Elicitation": "",
    "PreToolUse": "AskUserQuestion",
}


def interpreter(systems_own: str = "/usr/bin/python3") -> Found:
    """The hooks start a python3 of their own: which, can it run them, at what cost."""
    found = shutil.which(systems_own) or shutil.which("python3")
    if not found:
        return ill(
            "python", "there is no python3, so gates stay shut", "install Python 3.9 or newer"
        )
    source = library.PACKAGE[: -len("stagelock/")]
    probe = f"import sys; sys.path.insert(0, {source!r}); import stagelock.hook.start"
    done = _quietly([found, "-I", "-S", "-c", probe])
    if done.returncode:
        version = _quietly([found, "--version"]).stdout.strip()
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        told = f"{found} ({version}) cannot run the hooks: {last}"
        return ill("python", told, "install Python 3.9 or newer, at /usr/bin or first on PATH")
    cost = _cost(found)
    told = f"{found} runs the hooks, {cost * 1000:.0f} ms a start (this runs on {sys.executable})"
    if _is_shim(Path(found)):
        cure = "it is a shim: put a real interpreter at /usr/bin/python3 or before it on PATH"
        return ill("python", told, f"{cure} (`pyenv which python3` names one)")
    if cost > SLOW:
        return ill("python", told, "every tool call waits for that: find out what slows it down")
    return well("python", told)


def plugin_files() -> Found:
    """Are the plugin's files those that belong together?"""
    missing = [name for name in FILES if not (PLUGIN / name).is_file()]
    if missing:
        told = f"{', '.join(missing)} missing in {PLUGIN}"
        return ill("plugin", told, "install it again: claude plugin install stagelock@stagelock")
    there = read_json(PLUGIN / "hooks/hooks.json")
    if there is None:
        told = "hooks/hooks.json cannot be read, so the client runs no hook of this plugin"
    elif there != hooks_file():
        told = "hooks/hooks.json is not the one that belongs to this version"
    else:
        return well("plugin", f"whole, in {PLUGIN}")
    return ill("plugin", told, "install it again: claude plugin install stagelock@stagelock")


def state_home(home: str) -> Found:
    """Can the state home be written, and has its disk room?"""
    place = Path(home)
    while not place.exists():
        place = place.parent
    probe = place / f".stagelock-probe-{os.getpid()}"
    try:
        probe.write_bytes(b"x" * 4096)
    except OSError as error:
        cure = "free the disk, or give yourself the folder; or set XDG_STATE_HOME to one you own"
        return ill("home", f"{home} cannot be written: {error.strerror}", cure)
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()
    return well("home", f"{home} can be written")


def settings(tree: str) -> Found:
    """Does any settings file of the client switch the hooks off?"""
    faults = []
    for path in settings_files(tree):
        given = read_json(path)
        if path.exists() and not isinstance(given, dict):
            faults.append(f"{path} cannot be read")
            continue
        faults += [f"{path} {why}" for why in _switches(given or {}, is_managed=path in MANAGED)]
    if faults:
        cure = "take that out (a person, in an editor), then start the client anew"
        return ill("settings", "; ".join(faults), cure)
    return well("settings", "none switches hooks off (flags such as --settings are not seen here)")


def installed(tree: str) -> Found:
    """Is the plugin switched on, and is it still where the client looks for it?"""
    on = [
        path
        for path in settings_files(tree)
        if any(name.startswith("stagelock@") for name in _plugins(read_json(path)))
    ]
    if not on:
        told = "no settings file switches the plugin on; only --plugin-dir can have loaded it"
        return unknown("install", told, "claude plugin install stagelock@stagelock")
    places = read_json(client_home() / "plugins/known_marketplaces.json") or {}
    entry = places.get("stagelock")
    place = str(entry.get("installLocation", "")) if isinstance(entry, dict) else ""
    if place and not Path(place).is_dir():
        told = f"the client looks for it in {place}, which is not there"
        cure = "put the folder back, or: claude plugin marketplace add THE-NEW-PLACE"
        return ill("install", told, cure)
    return well("install", f"switched on in {on[0]}")


def other_answers(tree: str) -> Found:
    """Could a hook of somebody else answer in a person's name?"""
    found = []
    for path in [*settings_files(tree), *_hook_files()]:
        hooks = (read_json(path) or {}).get("hooks")
        for event, tool in ANSWERS.items():
            for entry in _list(hooks, event):
                matcher = str(entry.get("matcher", "")) if isinstance(entry, dict) else ""
                if not tool or matcher in ("", "*") or tool in matcher:
                    found.append(f"{event} in {path}")
    if not found:
        return well("doors", "no other hook can answer a dialog in your name")
    told = "other hooks can answer dialogs: " + ", ".join(sorted(set(found)))
    cure = "read them; to be sure, leave `dialog` out of approval.doors in .stagelock/config.yaml"
    return unknown("doors", told, cure)


def read_only_box() -> Found:
    """Which read-only box works here? Without one, stagelock only refuses more."""
    done = _quietly(["/bin/sh", box.LAUNCH, "ro", "--which"])
    if done.returncode:
        cure = "install bubblewrap to run checks in locked stages"
        return unknown("box", "none works here", cure)
    return well("box", f"{done.stdout.strip()} (stagelock ro -- 'COMMAND')")


def workflows(tree: str) -> Found:
    """Are the tree's own config and workflows right, and do they hold what they say?"""
    try:
        names = list(load_library(Path(tree))["policies"])
    except InvalidWorkflow as error:
        told = f"{len(error.mistakes)} mistakes, the first: {error.mistakes[0]}"
        return ill("flows", told, "no run starts here until they are mended: stagelock compile")
    doubtful = doubts_of_tree(Path(tree))
    if doubtful:
        told = "; ".join(map(str, doubtful))
        return unknown("flows", told, "its author decides; see docs/workflows.md")
    return well("flows", f"right: {', '.join(names) or 'no workflow of its own'}")


def platform() -> Found:
    """Can the ancestors of a client be seen whole?"""
    if Path("/proc/self/environ").exists():
        return well("platform", f"{sys.platform}: the ancestors of a client can be seen")
    told = f"{sys.platform}: ancestors are read from `ps`, without their environment"
    return unknown("platform", told, "approve in a terminal, or ask for a code: approval.code")


def settings_files(tree: str) -> list[Path]:
    """Name the settings files the client reads in `tree`, there or not."""
    project = Path(tree) / ".claude"
    own = [project / "settings.local.json", project / "settings.json"]
    return [*MANAGED, *own, client_home() / "settings.json"]


def client_home() -> Path:
    """Return the folder the client keeps its things in."""
    return Path(os.environ.get("CLAUDE_CONFIG_DIR") or Path.home() / ".claude")


def read_json(path: Path) -> dict[str, Any] | None:
    """Return a JSON object from a file, None where there is none."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _switches(given: dict[str, Any], *, is_managed: bool) -> list[str]:
    faults = []
    if given.get("disableAllHooks"):
        faults.append("switches all hooks off (`disableAllHooks`)")
    if is_managed and given.get("allowManagedHooksOnly"):
        faults.append("lets only managed hooks run (`allowManagedHooksOnly`)")
    plugins = given.get("enabledPlugins")
    for name, on in plugins.items() if isinstance(plugins, dict) else ():
        if name.split("@")[0] == "stagelock" and not on:
            faults.append(f"switches the plugin off (`enabledPlugins`: `{name}`)")
    return faults


def _plugins(given: dict[str, Any] | None) -> list[str]:
    plugins = (given or {}).get("enabledPlugins")
    return [str(name) for name, on in plugins.items() if on] if isinstance(plugins, dict) else []


def _hook_files() -> list[Path]:
    """Name the hooks files of other plugins, where the client installed them."""
    plugins = (read_json(client_home() / "plugins/installed_plugins.json") or {}).get("plugins")
    places = [
        str(entry.get("installPath", ""))
        for name, entries in (plugins.items() if isinstance(plugins, dict) else ())
        if not str(name).startswith("stagelock@")
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]
    return [Path(place) / "hooks/hooks.json" for place in places if place]


def _list(given: Any, field: str) -> list[Any]:
    value = given.get(field) if isinstance(given, dict) else None
    return value if isinstance(value, list) else []


def _cost(python: str) -> float:
    """Return the seconds that a start takes; the best of a few, since machines are busy."""
    took = []
    for _ in range(7):
        start = time.perf_counter()
        _quietly([python, "-I", "-S", "-c", "pass"])
        took.append(time.perf_counter() - start)
        if took[-1] < SLOW / 2:
            break
    return min(took)


def _is_shim(path: Path) -> bool:
    """A shim is a script that looks for the interpreter anew at every start."""
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def _quietly(argv: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(argv, 1, "", str(error))
