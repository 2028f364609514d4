"""What a bug hunt owes: a failure that was seen, its cause, the red test and the green one."""

from __future__ import annotations

from stagelock.core import cause, hypothesis
from stagelock.core.evidence import configures
from stagelock.core.test_files import is_runners, is_test

from . import evidence, git, runs
from .artifacts import read_artifact
from .files import slurp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Evidence, Problem, State

KIND = "fix:"  # how its records are told from those of checks, whose names hold no colon
EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's name for a tree without files
NOT_RUN = (-1, 125, 126, 127)  # exit statuses of what was ended, refused, or not found


def problems(home: str, tree: str, state: State) -> list[Problem]:
    """Say what of that the stage still owes."""
    found: list[Problem] = []
    for what in state["exit"].get("owes", []):
        found += [{"what": what, "why": why} for why in OWED[what](home, tree, state) if why]
    return found


def awaited(tree: str, state: State, command: str) -> str:
    """Say as which record this stage waits for the result of a command, "" where for none."""
    for what in ("reproduction", "red", "green"):
        if what in state["exit"].get("owes", []) and command.strip() == wanted(tree, state, what):
            return what
    return ""


def unrun(home: str, tree: str, state: State) -> list[str]:  # noqa: ARG001  # as its neighbours
    """Name what the stage waits to see run, and what was not run since it was named."""
    missing = []
    for what in ("reproduction", "red", "green"):
        if what in state["exit"].get("owes", []):
            held, command = _held(state, what), wanted(tree, state, what)
            if held is None or held["command"] != command:
                missing.append("`" + command + "`" if command else what)
    it = hypothesis.current(state, hypothesis.OPEN)
    return missing + ([hypothesis.TEST] if it else [])


def wanted(tree: str, state: State, what: str) -> str:
    """Return the command whose result is waited for, "" while none is named."""
    if what == "green":
        red = _held(state, "red")
        return red["command"] if red else ""
    name, heading = cause.COMMANDS[what]
    return cause.command(_text(tree, state, name), heading)


def _reproduction(home: str, tree: str, state: State) -> list[str]:  # noqa: ARG001  # one form
    command = wanted(tree, state, "reproduction")
    if not command:
        return ["root-cause.md names no command below `Reproduction`; give it as `COMMAND`"]
    held = _held(state, "reproduction")
    if held is None or held["command"] != command:
        return ["`" + command + "` was not seen to fail; run exactly that, as a call of its own"]
    if held["exit"] == 0:
        return ["`" + command + "` passed; find a command that fails because of the bug"]
    return [held["why"]]


def _cause(home: str, tree: str, state: State) -> list[str]:  # noqa: ARG001  # one form
    file, line, why = cause.place(_text(tree, state, "root-cause.md"))
    if why:
        return [why]
    lines = _lines(tree, file)
    if lines < 0:
        return ["the cause names `" + file + "`, which is no file of the tree"]
    if line > lines:
        return [
            "the cause names " + file + ":" + str(line) + ", which has " + str(lines) + " lines"
        ]
    return []


def _reference(home: str, tree: str, state: State) -> list[str]:
    file = cause.reference(_text(tree, state, "pattern.md"))
    if not file or _lines(tree, file) < 0:
        return ["pattern.md names no file of the tree below `Reference`; give it as `FILE`"]
    if not runs.was_read(home, tree, file):
        return ["the reference `" + file + "` was not read in this run; read it"]
    return []


def _red(home: str, tree: str, state: State) -> list[str]:
    command = wanted(tree, state, "red")
    if not command:
        return ["reproduction.md names no command below `Test`; give it as `COMMAND`"]
    _, why = _tests(tree, state)
    held = _held(state, "red")
    if why:
        return [why]
    if held is None or held["command"] != command:
        return ["`" + command + "` was not seen to fail; run exactly that, as a call of its own"]
    if held["exit"] == 0:
        return ["the reproducing test passed; it must fail because of the bug"]
    return [_elsewhere(home, tree, held) or held["why"]]


def _green(home: str, tree: str, state: State) -> list[str]:
    red, held = _held(state, "red"), _held(state, "green")
    if red is None or red["exit"] == 0 or red["why"]:
        return ["no red was seen; your human types /reject REASON, which leads back to it"]
    now, why = evidence.tree_now(home, tree)
    if not now:
        return ["the tree id cannot be taken: " + why]
    changed = evidence.changed(home, tree, red["after"], now)
    frozen = [path for path in changed if _is_frozen(path, state)]
    if frozen:
        return ["changed since the test was red, and frozen: " + evidence.some(frozen)]
    if not changed:
        return ["nothing was changed since the test was red"]
    if held is None or held["command"] != red["command"]:
        return ["`" + red["command"] + "` was not seen to pass; run exactly that, alone"]
    if held["exit"] != 0:
        return ["the reproducing test still fails (exit " + str(held["exit"]) + ")"]
    return [_elsewhere(home, tree, held) or held["why"]]


def _tests(tree: str, state: State) -> tuple[list[str], str]:
    """Return the files of the reproducing test, or why its command is not one."""
    name, heading = cause.COMMANDS["red"]
    globs = state["exit"]["tests"]
    beside = cause.named(_text(tree, state, name), heading, globs)
    return cause.tests(wanted(tree, state, "red"), globs, beside)


def _is_frozen(path: str, state: State) -> bool:
    return is_test(path, state["exit"]["tests"]) or is_runners(path) or configures(path, [])


def _commit(home: str, tree: str, state: State) -> list[str]:
    from .private_git import GitFailed, ask

    start = state["exit"]["commits"]
    if git.head(tree) == state["entered_head"]:
        return ["no commit `" + start + "...` was made in this stage"]
    try:
        subject = ask(home, tree, ["show", "-s", "--format=%s", "HEAD"]).strip()
        files = _belonging(home, tree, state)
        names = ["--name-only", "--no-renames", "--no-ext-diff", "-z"]
        since = [state["entered_head"], "HEAD"] if state["entered_head"] else [EMPTY, "HEAD"]
        inside = ask(home, tree, ["diff", *names, *since])
        open_ones = ask(home, tree, ["diff", *names, "HEAD", "--", *files])
    except GitFailed as error:
        return ["git does not tell what was committed: " + str(error)]
    if not subject.startswith(start):
        return ["the last commit is `" + subject[:80] + "`; it must begin with `" + start + "`"]
    left = [file for file in files if file not in inside.split("\0")]
    left += [file for file in open_ones.split("\0") if file and file not in left]
    return ["the commit does not hold it as it was run: " + evidence.some(left)] if left else []


def _belonging(home: str, tree: str, state: State) -> list[str]:
    """Name the files that the commit of this stage is about."""
    red = _held(state, "red")
    if "red" in state["exit"]["owes"] or red is None:
        return _tests(tree, state)[0]
    return evidence.changed(home, tree, red["after"])


def _hypothesis(home: str, tree: str, state: State) -> list[str]:  # noqa: ARG001  # one form
    return [hypothesis.lacking(state)]


OWED = {
    "hypothesis": _hypothesis,
    "reproduction": _reproduction,
    "cause": _cause,
    "reference": _reference,
    "red": _red,
    "green": _green,
    "commit": _commit,
}


def _elsewhere(home: str, tree: str, held: Evidence) -> str:
    """Say why a record does not speak of the tree as it is."""
    if not held["before"] or held["before"] != held["after"]:
        return "the run of the test changed the tree; what it only caches belongs into .gitignore"
    now, why = evidence.tree_now(home, tree)
    if not now:
        return "the tree id cannot be taken: " + why
    return "" if now == held["after"] else "the tree changed since the test was run; run it again"


def _held(state: State, what: str) -> Evidence | None:
    return state["evidence"].get(KIND + what)


def _text(tree: str, state: State, name: str) -> str:
    return read_artifact(tree, name, state["artifacts_at"] + "/" + name)["text"] or ""


def _lines(tree: str, file: str) -> int:
    """Return how many lines a file of the tree has, -1 where there is no such file."""
    if file.startswith("/") or ".." in file.split("/"):
        return -1
    try:
        return len(slurp(tree + "/" + file).splitlines())
    except (OSError, ValueError):
        return -1
