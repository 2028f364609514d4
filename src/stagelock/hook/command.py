"""A shell command to what it asks for: read by its text, held against what the disk tells."""

from __future__ import annotations

from stagelock.core.shell.reading import read_command, told
from stagelock.store import files, places, surroundings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Demand, State
    from stagelock.core.shell.reading import Reading, Write
    from stagelock.store.places import Roots

    from .seen import Seen

COMMITS = {"git add", "git commit"}
SHELLS = ("Bash", "Monitor")  # the tools whose command the shell reader can read


def asks(tool: str, command: Any, seen: Seen, state: State, at: Roots) -> tuple[list[Demand], str]:
    """Return what a command asks for, and the part and the reason where it is more than looking."""
    if tool not in SHELLS or not isinstance(command, str):
        return _unread(tool, command)
    launcher = at["plugin"] + "/bin/stagelock" if at["plugin"] else ""
    reading = read_command(command, launcher=launcher)
    doubt = reading["reason"] or met(reading, command, seen["tree"], seen["cwd"])
    effects = ["opaque"] if doubt else reading["effects"]
    if doubt and not reading["reason"] and _commits(reading):
        alone: Reading = {**reading, "repositories": []}  # its hooks and filters are what it is for
        doubt = met(alone, command, seen["tree"], seen["cwd"])
        effects = ["opaque"] if doubt else reading["effects"]
    if doubt and _is_check(command, seen, state):
        doubt, effects = "", ["run"]
    demands: list[Demand] = [("shell", effect) for effect in effects if effect != "read"]
    demands += [("vcs", verb) for verb in reading["verbs"]]
    if doubt or reading["effect"] != "read":
        demands = _tripped(command, reading, launcher, seen, at, demands)
    for write in reading["writes"]:
        demands += written(write, logical(seen["cwd"], write["cwd"]), at)
    if not any(kind == "shell" for kind, _ in demands):
        demands.insert(0, ("shell", "read"))
    return demands + _printed(reading, seen["cwd"], at), told(reading, doubt, command)


def _unread(tool: str, command: Any) -> tuple[list[Demand], str]:
    """Take what no reader reads for opaque, but for a few cmdlets of PowerShell."""
    from stagelock.core.shell.powershell import only_looks  # rare

    looks = tool == "PowerShell" and isinstance(command, str) and only_looks(command)
    if looks:
        return [("shell", "read")], ""
    return [("shell", "opaque")], "stagelock cannot read what " + tool + " would run"


def _commits(reading: Reading) -> bool:
    """Say whether a command does no more than stage and commit."""
    verbs = [" ".join(verb.split()[:2]) for verb in reading["verbs"]]
    return bool(verbs) and set(verbs) <= COMMITS and set(reading["effects"]) <= {"read", "vcs"}


def _is_check(command: str, seen: Seen, state: State) -> bool:
    """Say whether a command is, to the letter, a declared check that a person accepted here."""
    named = [check for check in state["checks"] if check["command"] == command.strip()]
    if not named or seen["cwd"] != seen["tree"]:
        return False
    from stagelock.store.accepted import is_accepted

    home, tree = seen["home"], seen["tree"]
    return any(is_accepted(home, tree, check["name"], check["command"]) for check in named)


def met(reading: Reading, command: str, tree: str, cwd: str) -> str:
    """Say what the disk has to say against a command whose text reads well."""
    takes_names = any(mark in command for mark in ("$(", "`", "xargs", "read "))
    programs = [name for name in reading["programs"] if name != "stagelock"]
    if len(programs) < len(reading["programs"]) and not surroundings.launcher_is_ours(tree):
        return "another `stagelock` comes first on PATH; name this one by its full path"
    if "run" in reading["effects"]:
        programs = []  # the project's own programs are what it asks to run
    return surroundings.doubt(programs, reading["repositories"], tree, cwd, names=takes_names)


# --- what the words of a command that does more than look ask for ------------------------------


def _tripped(
    command: str,
    reading: Reading,
    launcher: str,
    seen: Seen,
    at: Roots,
    demands: list[Demand],
) -> list[Demand]:
    """Put what the words ask for around what the reading told: a tripwire, no proof."""
    from stagelock.core.protected import NAMED
    from stagelock.core.shell.tripwires import mentions, names_human_door

    if reading["reason"]:
        demands = _versioned(command, demands)
    own = tuple(root.lower() for root in (at["state"], at["plugin"]) if root)
    named, door = mentions(command, NAMED + own), names_human_door(command)
    if named and not (launcher and command.startswith(launcher + " ")):
        demands = [("named", named), *demands]
    elif door:
        demands = [("door", door), *demands]
    return _bypasses(command, seen) + demands


def _versioned(command: str, demands: list[Demand]) -> list[Demand]:
    """Add what the words of an unread command ask of version control."""
    from stagelock.core.shell.vcs_words import asked, is_alone

    verbs = [("vcs", verb) for verb in asked(command) if ("vcs", verb) not in demands]
    if verbs and is_alone(command, "gh"):
        return [*verbs, ("shell", "network")]
    return demands + verbs


def _bypasses(command: str, seen: Seen) -> list[Demand]:
    """Say how a command goes round a gate of the project; history counts once it is on a remote."""
    from stagelock.core.shell.bypasses import asked

    how, words = asked(command)
    if how == "rewritten-history":
        from stagelock.store.repository.git import is_pushed

        return [(how, words)] if is_pushed(seen["home"], seen["tree"]) else []
    return [(how, words)] if how else []


# --- places ------------------------------------------------------------------------------------


def written(write: Write, cwd: str, at: Roots) -> list[Demand]:
    """Name what a command writes: where the path leads, and the entry itself if it is a link."""
    path = write["path"]
    try:
        if write["base"] and files.is_folder(places.real(path, cwd)):
            path = path.rstrip("/") + "/" + write["base"]
        if write["new"] and files.exists(places.real(path, cwd)):
            return []
        leads = places.name(path, cwd, at)
        folder, _, entry = path.rstrip("/").rpartition("/")
        itself = places.name((folder or ("/" if path.startswith("/") else ".")), cwd, at)
    except ValueError:
        return [("unknown", path)]
    kind = "folder" if write["folder"] else "shell-write"
    if entry in ("", ".", ".."):
        return [(kind, leads)]
    itself = entry if itself == "." else itself + "/" + entry
    return [(kind, leads)] + ([(kind, itself)] if itself != leads else [])


def logical(cwd: str, moved: str) -> str:
    """Follow `cd` as the shell does: `..` takes a name off the path, links or not."""
    at = [] if moved.startswith("/") else cwd.split("/")
    for part in moved.split("/"):
        if part == "..":
            at = at[:-1]
        elif part not in ("", "."):
            at.append(part)
    return "/" + "/".join(part for part in at if part)


def _printed(reading: Reading, cwd: str, at: Roots) -> list[Demand]:
    """Name the files whose content a command prints, as far as they can be named."""
    found: list[Demand] = []
    for path in reading["reads"]:
        try:
            found.append(("read", places.name(path, cwd, at)))
        except ValueError:
            continue
    return found
