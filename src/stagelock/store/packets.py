"""What a reviewer is told: written by stagelock from the run, never by whoever wrote the code.

The same run on the same tree gives the same packet, so a packet tells nothing of earlier reviews.
"""

from __future__ import annotations

import posix

from stagelock.core.agents.roles import short
from stagelock.core.agents.verdict import SHAPE, pair
from stagelock.core.documents import intent
from stagelock.core.documents.artifact import criteria

from . import evidence
from . import intent as named
from . import tree as trees
from .artifacts import read_artifact
from .files import digest, make_folder, replace, slurp
from .repository import private_git
from .repository.git import head
from .repository.private_git import GitFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from stagelock.core.model import Cite, State

    class Packet(TypedDict):
        """What a reviewer is sent, and the tree it speaks of."""

        prompt: str
        tree: str


FOLDER = ".stagelock/packets"
NOTHING = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the tree of no files, which git knows
NAMED = 200  # changed files that a packet names; the diff has them all


def make(home: str, tree: str, state: State, role: str) -> Packet:
    """Write the packet of a reviewer. Raises TreeUnknown where the tree cannot be looked at."""
    if state["exit"].get("reviews"):
        from . import rounds  # only where a document is judged

        return rounds.packet(home, tree, state, role)
    now = trees.take(home, tree)
    diff, files = _diff(home, tree, state, now)
    name = digest((state["run"] + now).encode("utf-8", "replace"))[:16] + ".diff"
    make_folder(tree + "/" + FOLDER)
    replace(tree + "/" + FOLDER + "/" + name, diff)
    spec = ["- " + approved["path"] for approved in state["approved"]]
    done = ["- " + item for item in items(tree, state)]
    lines = [
        "[stagelock] Review packet for `" + short(role) + "`: run `" + state["run"] + "`, stage `"
        + state["stage"] + "`" + (", " + state["topic"] if state["topic"] else "") + ".",
        "stagelock wrote this from the run's records; whoever wrote the code had no part in it.",
        "",
        "Spec, as a person approved it (read it whole):",
        *(spec or ["- none was approved; judge by the topic"]),
        "",
        "Done-items, each needs evidence:",
        *(done or ["- none is numbered; take them from the spec"]),
        "",
        "The change, " + str(len(files)) + " files, up to tree " + now[:12] + ":",
        "- the whole diff: " + FOLDER + "/" + name + " (Read it)",
        *["- " + line for line in files[:NAMED]],
        "",
        "Settled by stagelock:",
        *_settled(home, tree, state, files, diff),
        "",
        "How the checks are run, and what stagelock saw of them on this tree:",
        *(_checks(state, now) or ["- no check is declared"]),
        "",
        "Judge only this, in the form of your instructions: " + SHAPE[pair(role)] + ", then your "
        "evidence and findings at path:line, then one STATUS line.",
    ]  # fmt: skip
    return {"prompt": "\n".join(lines), "tree": now}


def items(tree: str, state: State) -> list[str]:
    """Return the done-items of what was approved: each criterion once, as first defined."""
    found: dict[str, str] = {}
    if state["exit"].get("reviews"):
        return []  # whoever judges a document chooses what shows its worth
    for approved in state["approved"]:
        text = read_artifact(tree, approved["artifact"], approved["path"])["text"]
        for item in criteria(text or ""):
            found.setdefault(item.partition(":")[0], item)
    return list(found.values())


def missing_place(tree: str, roots: list[str], cites: list[Cite]) -> str:
    """Return the first place that is named as evidence and does not exist, "" where all do.

    `roots` are the worktrees that may be meant, "" for the tree itself.
    """
    for cite in cites:
        path, line = cite["path"], cite["line"]
        if line and not any(_exists(*_inside(tree, root, path), line) for root in roots):
            return path + ":" + str(line)
    return ""


def _inside(tree: str, root: str, path: str) -> tuple[str, str]:
    """Return the root and the path in it, also of a path that is told from the tree."""
    below = root[len(tree) + 1 :] + "/" if root.startswith(tree + "/") else "\n"
    return root or tree, path.removeprefix(below)


def _exists(tree: str, path: str, line: int) -> bool:
    inner = path[len(tree) + 1 :] if path.startswith(tree + "/") else path
    if inner.startswith(("/", "~")) or ".." in inner.split("/"):
        return False
    try:
        data = slurp(tree + "/" + inner)
    except (OSError, ValueError):
        return False
    return 1 <= line <= data.count(b"\n") + (not data.endswith(b"\n"))


def _diff(home: str, tree: str, state: State, now: str) -> tuple[bytes, list[str]]:
    """Return the change since the run began, its own artifacts left out, and the files in it."""
    at = private_git.folder(home, tree)
    base = _base(tree, state)
    spec = [b"--", b".", private_git.raw(":(exclude)" + state["artifacts_at"])]
    form = [b"diff", b"--no-color", b"--no-ext-diff", b"--no-textconv", b"--no-renames"]
    ends = [base.encode(), now.encode()]
    objects = private_git.objects_of(tree)
    try:
        diff = private_git.run(at, tree, [*form, *ends, *spec], objects=objects)
        names = [*form, b"--name-status", b"-z", *ends, *spec]
        fields = private_git.run(at, tree, names, objects=objects).split(b"\0")
    except GitFailed as error:
        raise trees.TreeUnknown("the change cannot be shown: " + str(error)) from None
    files = [
        _HOWS.get(fields[n][:1], "changed") + " " + fields[n + 1].decode("utf-8", "replace")
        for n in range(0, len(fields) - 1, 2)
    ]
    return diff, files


_HOWS = {b"A": "added", b"D": "deleted"}


def _base(tree: str, state: State) -> str:
    """Return what the change is measured from: the tree when the run began, else HEAD then."""
    if state["base"]:
        return state["base"]
    commit = state["started_head"]
    return commit if commit and posix.access(tree + "/.git", posix.F_OK) else NOTHING


def _settled(home: str, tree: str, state: State, files: list[str], diff: bytes) -> list[str]:
    """Say what needs no judgement: commits, files that nobody named, tests that are not there."""
    now, entered = head(tree), state["entered_head"]
    paths = [line.partition(" ")[2] for line in files]
    tests = [path for path in paths if "test" in path.lower()]
    texts = [read_artifact(tree, a["artifact"], a["path"])["text"] or "" for a in state["approved"]]
    change = diff.decode("utf-8", "replace").lower()
    absent = [name for name in intent.tests_asked(texts) if name not in change]
    return [
        "- commits made in this run: " + _range(state["started_head"], now),
        "- of them outside this stage: " + _range(state["started_head"], entered),
        "- changed, though neither plan nor prompt names it: "
        + _some(named.beyond(home, tree, state, paths)),
        "- files of tests in the change: " + (str(len(tests)) if tests else "none"),
        "- tests that the spec names and the change lacks: " + _some(absent),
    ]


def _range(old: str, new: str) -> str:
    return "none" if old == new else (old[:12] or "the first") + ".." + new[:12]


def _some(names: list[str]) -> str:
    more = " and " + str(len(names) - NAMED) + " more" if len(names) > NAMED else ""
    return (", ".join(names[:NAMED]) or "none") + more


def _checks(state: State, now: str) -> list[str]:
    """Tell the declared checks, and whether each was seen to hold on the tree as it is."""
    told = []
    for check in state["checks"]:
        lacking = evidence.problems_on(now, state, [check["name"]])
        held = lacking[0]["why"] if lacking else "seen to hold on exactly this tree"
        told.append("- " + check["name"] + ": `" + check["command"] + "`: " + held)
    return told
