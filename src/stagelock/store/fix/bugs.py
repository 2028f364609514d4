"""What a bug hunt owes: a failure that was seen, its cause, the red test and the green one."""

from __future__ import annotations

from stagelock.core.fix import cause, hypothesis
from stagelock.store import journal
from stagelock.store.files import slurp

from . import fixes
from .bug_records import held, text, wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Problem, State

AT_ONCE = 2000  # lines that one Read gives (2.1.197, 2.1.329)
LARGEST = 256 * 1024  # bytes of a file that Read gives whole
AFTERWARDS = ("commit", "committed", "replay")  # what is owed only once a commit was made


def problems(home: str, tree: str, state: State) -> list[Problem]:
    """Say what of that the stage still owes."""
    found: list[Problem] = []
    for what in state["exit"].get("owes", []):
        found += [{"what": what, "why": why} for why in OWED[what](home, tree, state) if why]
    return found


def awaited(tree: str, state: State, command: str) -> str:
    """Say as which record this stage waits for the result of a command, "" where for none."""
    for what in ("reproduction", "red", "green", "replay"):
        if what in state["exit"].get("owes", []) and command.strip() == wanted(tree, state, what):
            return what
    return ""


def unrun(home: str, tree: str, state: State) -> list[str]:  # noqa: ARG001  # as its neighbours
    """Name what the stage waits to see run, and what was not run since it was named."""
    missing = []
    for what in ("reproduction", "red", "green", "replay"):
        if what in state["exit"].get("owes", []):
            known, command = held(state, what), wanted(tree, state, what)
            if known is None or known["command"] != command:
                missing.append("`" + command + "`" if command else what)
    it = hypothesis.current(state, hypothesis.OPEN)
    return missing + ([hypothesis.TEST] if it else [])


def before_commit(home: str, tree: str, state: State) -> list[str]:
    """Say what a commit of this stage still waits for."""
    waived = {waiver["what"] for waiver in state["waivers"]}
    owed = problems(home, tree, state)
    return [p["why"] for p in owed if p["what"] not in waived.union(AFTERWARDS)]


def told_cause(tree: str, state: State) -> str:
    """Return the sentence that names the cause now."""
    return cause.sentence(text(tree, state, "root-cause.md"))


def strayed(tree: str, state: State) -> str:
    """Say that another cause is told than the one this stage was entered with, "" where not."""
    owes, known = state["exit"].get("owes", []), state.get("cause", "")
    if not known or "reproduction" in owes or not {"reference", "red"}.intersection(owes):
        return ""
    now = told_cause(tree, state)
    return "" if now == known else "the cause is another one now: `" + now[:200] + "`"


def _reproduction(home: str, tree: str, state: State) -> list[str]:  # noqa: ARG001  # one form
    command = wanted(tree, state, "reproduction")
    if not command:
        return ["root-cause.md names no command below `Reproduction`; give it as `COMMAND`"]
    seen = held(state, "reproduction")
    if seen is None or seen["command"] != command:
        return ["`" + command + "` was not seen to fail; run exactly that, as a call of its own"]
    if seen["exit"] == 0:
        return ["`" + command + "` passed; find a command that fails because of the bug"]
    return [seen["why"]]


def _cause(home: str, tree: str, state: State) -> list[str]:  # noqa: ARG001  # one form
    file, line, why = cause.place(text(tree, state, "root-cause.md"))
    if why:
        return [why]
    lines = _lines(tree, file)
    if lines < 0:
        return ["the cause names `" + file + "`, which is no file of the tree"]
    if file.startswith((state["artifacts_at"] + "/", ".stagelock/", ".git/")):
        return ["the cause names `" + file + "`, which is a record; name the code"]
    if line > lines:
        return [
            "the cause names " + file + ":" + str(line) + ", which has " + str(lines) + " lines"
        ]
    return []


def _reference(home: str, tree: str, state: State) -> list[str]:  # noqa: ARG001  # one form
    file = cause.reference(text(tree, state, "pattern.md"))
    if not file or _lines(tree, file) < 0:
        return ["pattern.md names no file of the tree below `Reference`; give it as `FILE`"]
    if place_of(tree, state) == file:
        return ["the reference `" + file + "` is the file of the cause; name one that works"]
    left = _unread(tree, state, file)
    if left == 1:
        return ["the reference `" + file + "` was not read in this run; Read it"]
    if left:
        why = "the reference `" + file + "` was not read whole; Read it from line " + str(left)
        return [why]
    return []


def place_of(tree: str, state: State) -> str:
    """Return the file that the cause names."""
    return cause.place(text(tree, state, "root-cause.md"))[0]


def _unread(tree: str, state: State, file: str) -> int:
    """Return the first line that no Read of this run was let see, 0 where none is left."""
    seen = [
        entry["lines"]
        for entry in journal.read(tree)[0]
        if entry.get("event") == "read"
        and (entry.get("run"), entry.get("target")) == (state["run"], file)
    ]
    size = len(slurp(tree + "/" + file))
    last = max(1, _lines(tree, file))
    line = 1
    for start, most in sorted(seen):
        if start > line or (not most and size > LARGEST):
            continue
        line = max(line, start + (most or AT_ONCE))
    return 0 if line > last else line


def _differences(home: str, tree: str, state: State) -> list[str]:  # noqa: ARG001  # one form
    if cause.differences(text(tree, state, "pattern.md")):
        return []
    return ["pattern.md lists no difference below `Differences`; one line each, with `-` before it"]


def _hypothesis(home: str, tree: str, state: State) -> list[str]:  # noqa: ARG001  # one form
    return [hypothesis.lacking(state)]


OWED = {
    "hypothesis": _hypothesis,
    "reproduction": _reproduction,
    "cause": _cause,
    "reference": _reference,
    "differences": _differences,
    "red": fixes.red,
    "frozen": fixes.frozen,
    "green": fixes.green,
    "commit": fixes.commit,
    "committed": fixes.committed,
    "replay": fixes.replay,
}


def _lines(tree: str, file: str) -> int:
    """Return how many lines a file of the tree has, -1 where there is no such file."""
    if file.startswith("/") or ".." in file.split("/"):
        return -1
    try:
        return len(slurp(tree + "/" + file).splitlines())
    except (OSError, ValueError):
        return -1
