"""Run a bug's test again in copies of the tree: as committed, without the fix, with it.

Only the command line tool loads this. A copy is laid out from a commit of the person's repository,
or, where there is none, from a tree that stagelock keeps. What git ignores and a test may need
(dependencies, local settings) is linked into it; what was built or cached is not. So a result that
hangs on anything but the committed files shows: it comes out the same on both sides of the fix.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from stagelock.core.evidence import BEFORE
from stagelock.core.fix import cause, outcomes
from stagelock.core.fix.runners import read
from stagelock.store import checks
from stagelock.store.repository import git, private_git
from stagelock.store.repository.git import head

from . import bug_records as records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stagelock.core.model import Check, State, Told

    Tell = Callable[[str], None]

TIMEOUT = 280  # seconds for one run; the client grants all of them ten minutes
# caches, and what is built: taken over, they would speak of another tree, or to the person's own
NOT_LINKED = {
    "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".nox", ".tox",
    ".git", ".stagelock", "target", "build", "dist", "out", ".next", ".nuxt", "coverage",
    ".nyc_output", ".coverage", ".vitest", ".jest", ".turbo", ".parcel-cache", ".gradle",
}  # fmt: skip
BROKEN = ")]}{[( broken by stagelock, to see whether the test needs this file\n"
# what differs between two runs of the same test: times, addresses, numbers of processes
PASSING = re.compile(
    r"0x[0-9a-fA-F]+|\b\d+(?:\.\d+)?(?:e-?\d+)? ?(?:ms|s|µs|ns|seconds?)\b|duration_ms:? [\d.e-]+"
    r"|\b\d\d:\d\d:\d\d\b|thread '([^']*)' \(\d+\)"
)


def replay(home: str, tree: str, state: State, tell: Tell) -> dict[str, str]:
    """Return what speaks against the test, by name; "" where nothing does."""
    held = state["evidence"].get(records.KIND + "red")
    if held is None or not held["exit"]:
        return {"red": "no red was seen yet: name the test in reproduction.md and run it"}
    if "red" in state["exit"]["owes"]:
        return _of_the_test(home, tree, state, tell)
    return _of_the_fix(home, tree, state, tell)


def _of_the_test(home: str, tree: str, state: State, tell: Tell) -> dict[str, str]:
    """Run the test as it is committed, then with the file broken that the cause names."""
    held = state["evidence"][records.KIND + "red"]
    file, _, _ = cause.place(records.text(tree, state, "root-cause.md"))
    with _copy(home, tree, records.replayed(home, tree, state)) as copy:
        result = _run(held["command"], copy)
        found = {"red": _not_red(result, copy, tree, state)}
        tell("as committed: " + (found["red"] or "it fails on an assertion"))
        if found["red"]:
            return found
        found["reach"] = _break(copy, file)
        if found["reach"]:
            return found
        other = _run(held["command"], copy)
        why = ""
        if _same(result.whole, other.whole) and result.exit == other.exit:
            why = f"it fails just the same with {file} broken, where the cause is: it is unrelated"
        found["reach"] = why
        tell(f"with {file} broken: " + (why or "it fails otherwise, so it needs that file"))
    return found


def _of_the_fix(home: str, tree: str, state: State, tell: Tell) -> dict[str, str]:
    """Run the test without the fix, then the test and the first reproduction with it."""
    held = state["evidence"][records.KIND + "red"]
    here = records.replayed(home, tree, state)
    files = records.tests(tree, state)[0]
    red = state["entered_head"]
    is_there = bool(red) and all(_has(tree, red, file) for file in files)
    before = red if is_there else held["after"]
    with _copy(home, tree, before) as copy:
        without = _run(held["command"], copy)
        found = {"red": _not_red(without, copy, tree, state)}
    if found["red"]:
        found["red"] = "without the fix: " + found["red"]
    tell("without the fix: " + (found["red"] or "it fails on an assertion"))
    with _copy(home, tree, here) as copy:
        result = _run(held["command"], copy)
        was = read(without.whole)
        found["green"] = _not_green(result, was, decided=bool(held.get("decided")))
        tell("with the fix: " + (found["green"] or "it passes"))
        seen = state["evidence"].get(records.KIND + "reproduction")
        if seen and seen["exit"]:
            code = _run(seen["command"], copy).exit
            why = f"the reproduction of the root cause still fails (exit {code}): {seen['command']}"
            found["reproduction"] = why if code else ""
            tell("the reproduction: " + ("still fails" if code else "passes now"))
        found.update(_checked(tree, state, copy, tell))
    return found


def _checked(tree: str, state: State, copy: str, tell: Tell) -> dict[str, str]:
    """Run the checks on the commit, where the tree holds more than the commit does."""
    if not _is_dirty(tree, state):
        return {}
    found: dict[str, str] = {}
    for name in state["exit"]["checks"]:
        check = next((c for c in state["checks"] if c["name"] == name), None)
        if check is None:
            continue
        result = checks.run({**check, "command": _at_home(check["command"], copy)}, copy)
        new = _new_failures(state, name, result)
        found["checks"] = found.get("checks", "") or new
        tell(f"check `{name}` on the commit alone: " + (new or "holds"))
    return found


def _new_failures(state: State, name: str, result: checks.Result) -> str:
    if not result.exit:
        return result.why
    before = state["evidence"].get(BEFORE + name)
    check = next((c["command"] for c in state["checks"] if c["name"] == name), "")
    after = outcomes.failing(result.whole, check)
    if before and after and not outcomes.fresh(after, before.get("failing") or []):
        return ""
    return f"check `{name}` fails on the commit alone (exit {result.exit})"


def _is_dirty(tree: str, state: State) -> bool:
    if not head(tree):
        return False
    told = _git(tree, ["status", "--porcelain", "-z", "-uall", "--no-renames"])
    own = (".stagelock/", state["artifacts_at"] + "/")
    return any(line[3:] and not line[3:].startswith(own) for line in told.split("\0"))


def _not_red(result: checks.Result, copy: str, tree: str, state: State) -> str:
    """Say why a run does not show the bug."""
    if not result.exit:
        return "the test passes; what made it fail is not in the commit"
    if result.exit in records.NOT_RUN or result.why:
        return result.why or f"the test was not run (exit {result.exit})"
    if state["evidence"][records.KIND + "red"].get("decided"):
        return ""  # a person looked at it
    return outcomes.not_red(result.whole) or _by_itself(
        result.whole, copy, records.tests(tree, state)[0]
    )


def _not_green(result: checks.Result, was: Told, *, decided: bool) -> str:
    if result.exit or result.why:
        return result.why or f"with the fix the test still fails (exit {result.exit})"
    return "" if decided else outcomes.not_green(result.whole, was)


def _by_itself(output: str, copy: str, files: list[str]) -> str:
    """Look up the failing lines where the runner names only their place."""
    named = []
    for file in files:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            lines = Path(copy, file).read_text(encoding="utf-8").splitlines()
            numbers = map(int, re.findall(re.escape(file) + r":(\d+)", output))
            named += [lines[n - 1].strip() for n in numbers if 0 < n <= len(lines)]
    if named and all(outcomes.by_itself(line) for line in named):
        return "it fails by itself, whatever the code does: " + named[-1][:200]
    return ""


def _same(one: str, two: str) -> bool:
    return PASSING.sub("", one) == PASSING.sub("", two)


def _break(copy: str, file: str) -> str:
    """Make one file of a copy unreadable to whatever reads it; returns why that cannot be."""
    path = Path(copy, file)
    inside = path.parent.resolve().is_relative_to(Path(copy).resolve())
    if not file or not inside or path.is_symlink() or not path.is_file():
        return f"the cause names {file or 'no file'}, which is not among the committed files"
    path.unlink()
    path.write_text(BROKEN, encoding="utf-8")
    return ""


def _run(command: str, copy: str) -> checks.Result:
    check: Check = {
        "name": "test",
        "command": _at_home(_unboxed(command), copy),
        "timeout": TIMEOUT,
        "gates": [],
        "fast": False,
        "coverage": "",
        "env": [],
    }
    return checks.run(check, copy)


def _unboxed(command: str) -> str:
    """Return what `stagelock ro -- '...'` would run: a copy needs no box around it."""
    if not command.startswith(cause.BOX):
        return command
    return shlex.split(command)[-1]


def _at_home(command: str, copy: str) -> str:
    """Make an installed project import the copy: its editable install names the person's tree."""
    if not any(Path(copy, name).exists() for name in ("pyproject.toml", "setup.py", "setup.cfg")):
        return command
    root = Path(copy, "src")
    return f"export PYTHONPATH={shlex.quote(str(root if root.is_dir() else copy))}; {command}"


@contextlib.contextmanager
def _copy(home: str, tree: str, at: str) -> Iterator[str]:
    """Lay a commit, or a kept tree, out in a folder of its own."""
    base = tempfile.mkdtemp(prefix="stagelock-replay-")
    # one name for all copies, so that what a test prints of its place is the same in each
    copy = os.path.join(os.path.realpath(base), os.path.basename(tree) or "tree")
    os.mkdir(copy)
    try:
        _lay_out(home, tree, at, copy, base + "/index")
        _link(home, tree, copy)
        yield copy
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _lay_out(home: str, tree: str, at: str, copy: str, index: str) -> None:
    if head(tree) and at != "" and _is_commit(tree, at):
        given = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        env: dict[str, str] = {**given, "GIT_INDEX_FILE": index}
        words = ["git", "-C", tree, "-c", "core.hooksPath=/dev/null", "-c", "safe.directory=*"]
    else:
        own = private_git.folder(home, tree)
        env = {k.decode(): v.decode() for k, v in private_git.ENVIRONMENT.items()}
        env |= {"GIT_DIR": own + "/git", "GIT_WORK_TREE": tree, "GIT_INDEX_FILE": index}
        env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = private_git.objects_of(tree)
        words = [private_git.program().decode(), "-C", tree]
    for more in (["read-tree", at], ["checkout-index", "-a", "-q", "--prefix=" + copy + "/"]):
        done = subprocess.run(
            [*words, *more], env=env, capture_output=True, text=True, check=False, errors="replace"
        )
        if done.returncode:
            raise private_git.GitFailed(done.stderr.strip()[-300:] or "git read-tree failed")


def _has(tree: str, commit: str, file: str) -> bool:
    try:
        return bool(_git(tree, ["cat-file", "-e", f"{commit}:{file}"]) == "")
    except private_git.GitFailed:
        return False


def _is_commit(tree: str, at: str) -> bool:
    try:
        return _git(tree, ["cat-file", "-t", at]).strip() == "commit"
    except private_git.GitFailed:
        return False


def _git(tree: str, words: list[str]) -> str:
    given = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    command = ["git", "-C", tree, "-c", "safe.directory=*", *words]
    done = subprocess.run(
        command, env=given, capture_output=True, text=True, check=False, errors="surrogateescape"
    )
    if done.returncode:
        raise private_git.GitFailed(done.stderr.strip()[-300:])
    return done.stdout


def _link(home: str, tree: str, copy: str) -> None:
    """Link what git ignores, and submodules, into a copy: dependencies and local settings."""
    at = private_git.folder(home, tree)
    words = [b"ls-files", b"-o", b"-i", b"--exclude-standard", b"--directory", b"-z"]
    found = private_git.run(at, tree, words).split(b"\0")
    for path in (os.fsdecode(line).rstrip("/") for line in found if line):
        parts = path.split("/")
        if NOT_LINKED.intersection(parts) or path.endswith(".pyc"):
            continue
        place = Path(copy, path)
        if place.exists() or place.is_symlink():
            continue
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(Path(tree, path))
    for name in _submodules(tree) if git.folders(tree) else []:
        with contextlib.suppress(OSError):
            place = Path(copy, name)
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()
            place.symlink_to(Path(tree, name))


def _submodules(tree: str) -> list[str]:
    if not Path(tree, ".gitmodules").exists():
        return []
    told = _git(tree, ["ls-files", "-s", "-z"])
    return [line.partition("\t")[2] for line in told.split("\0") if line.startswith("160000 ")]
