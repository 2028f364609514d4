"""A fix, held: the red test, what is frozen since, the green one, the commits of both."""

from __future__ import annotations

from stagelock.core.evidence import configures
from stagelock.core.fix.outcomes import fresh, is_told
from stagelock.core.fix.test_files import inside, is_runners, is_test, judged, may_hold
from stagelock.core.suppressions import read_diff, scan, told
from stagelock.store import evidence
from stagelock.store.files import slurp
from stagelock.store.repository import git

from .bug_records import globs_of, has_git, held, replayed, tests, wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Evidence, State

EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's name for a tree without files
# what is told of a change that silences a test, and not another checker
OF_TESTS = (
    "skip", "xfail", "expectedfailure", "ignore]", "deleted", ".only", ".todo", "fixme", "xit(",
    "xtest(", "xdescribe(", "fit(", "fdescribe(", "always holds", "out of sight",
)  # fmt: skip
NAMES = ["--name-only", "--no-renames", "--no-ext-diff", "-z"]


def red(home: str, tree: str, state: State) -> list[str]:
    """Say why no test was seen to fail because of the bug."""
    command = wanted(tree, state, "red")
    if not command:
        return ["reproduction.md names no command below `Test`; give it as `COMMAND`"]
    _, why = tests(tree, state)
    seen = held(state, "red")
    if why:
        return [why]
    if seen is None or seen["command"] != command:
        return ["`" + command + "` was not seen to fail; run exactly that, as a call of its own"]
    if seen["exit"] == 0:
        return ["the reproducing test passed; it must fail because of the bug"]
    return [_elsewhere(home, tree, seen) or _undecided(seen, "red")]


def frozen(home: str, tree: str, state: State) -> list[str]:
    """Say what was changed since the test was red that a fix leaves alone."""
    seen = held(state, "red")
    now, _ = evidence.tree_now(home, tree)
    if seen is None or not now:
        return []  # `green` says so
    changed = evidence.changed(home, tree, seen["after"], now)
    files = [path for path in changed if _is_frozen(path, state)]
    if files:
        return ["changed since the test was red, and frozen: " + evidence.some(files)]
    lost = _lost_inside(home, tree, seen["after"], changed)
    if lost:
        why = "a test in the source changed since it was red: " + evidence.some(lost)
        return [why + "; put it back, or your human types /waive frozen REASON"]
    return _against_tests(home, tree, state, seen["after"], now) if changed else []


def green(home: str, tree: str, state: State) -> list[str]:
    """Say why the test that was red was not seen to pass on this tree."""
    seen, passed = held(state, "red"), held(state, "green")
    if seen is None or seen["exit"] == 0 or (seen["why"] and not seen.get("decided")):
        return ["no red was seen; your human types /reject REASON, which leads back to it"]
    now, why = evidence.tree_now(home, tree)
    if not now:
        return ["the tree id cannot be taken: " + why]
    if not evidence.changed(home, tree, seen["after"], now):
        return ["nothing was changed since the test was red"]
    if passed is None or passed["command"] != seen["command"]:
        return ["`" + seen["command"] + "` was not seen to pass; run exactly that, alone"]
    if passed["exit"] != 0:
        return ["the reproducing test still fails (exit " + str(passed["exit"]) + ")"]
    return [_elsewhere(home, tree, passed) or _undecided(passed, "green")]


def commit(home: str, tree: str, state: State) -> list[str]:
    """Say why the commit of this stage does not hold what was run."""
    from stagelock.store.repository.private_git import GitFailed, ask

    if not has_git(tree):
        return _snapshot(home, tree, state)
    start = state["exit"]["commits"]
    if git.head(tree) == state["entered_head"]:
        return ["no commit `" + start + "...` was made in this stage"]
    try:
        subject = ask(home, tree, ["show", "-s", "--format=%s", "HEAD"]).strip()
        files = _belonging(home, tree, state)
        since = [state["entered_head"], "HEAD"] if state["entered_head"] else [EMPTY, "HEAD"]
        inside = _paths(ask(home, tree, ["diff", *NAMES, *since]))
        open_ones = _paths(ask(home, tree, ["diff", *NAMES, "HEAD", "--", *files]))
    except GitFailed as error:
        return ["git does not tell what was committed: " + str(error)]
    if not subject.startswith(start):
        return ["the last commit is `" + subject[:80] + "`; it must begin with `" + start + "`"]
    left = [file for file in files if file not in inside]
    left += [file for file in open_ones if file not in left]
    if left:
        return ["the commit does not hold it as it was run: " + evidence.some(left)]
    return [_more_than_tests(inside, state)]


def sweeps(home: str, tree: str, state: State, command: str) -> list[str]:
    """Say what a commit would take along that is not of its stage: it could not be taken out."""
    from stagelock.store.repository.private_git import GitFailed, ask

    if any(waiver["what"] == "commit" for waiver in state["waivers"]):
        return []
    words = command.split()
    is_broad = any(word in (".", "--all", "--update") or _is_all(word) for word in words)
    try:
        told = ask(home, tree, ["status", "--porcelain", "-z", "-uall", "--no-renames"])
    except GitFailed as error:
        return ["git does not tell what would be committed: " + str(error)]
    files = [
        line[3:]
        for line in told.split("\0")
        if line[3:] and (is_broad or line[0] not in " ?" or line[3:] in words)
    ]
    if "red" not in state["exit"]["owes"]:
        return _older(home, tree, state, files)
    more = _more_than_tests(files, state).partition(": ")[2]
    why = "this would commit more than tests: " + more + "; `git add` the test alone, by its name"
    return [why] if more else []


def _older(home: str, tree: str, state: State, files: list[str]) -> list[str]:
    """Say which files were as they are before the test was red: no part of what mends it."""
    seen = held(state, "red")
    now = evidence.tree_now(home, tree)[0]
    if not files or seen is None or not now:
        return []  # `green` says so
    mended = evidence.changed(home, tree, seen["after"], now) + tests(tree, state)[0]
    more = [file for file in _not_records(files, state) if file not in mended]
    if not more:
        return []
    told = evidence.some(more)
    return ["this would commit what was there before the fix: " + told + "; `git add` by name"]


def _is_all(word: str) -> bool:
    """Say whether a short flag of `git add` or `git commit` takes whatever was changed."""
    return word[:1] == "-" and word[:2] != "--" and bool({"a", "A", "u"}.intersection(word))


def committed(home: str, tree: str, state: State) -> list[str]:
    """Say what was changed in this stage and lies in no commit."""
    from stagelock.store.repository.private_git import GitFailed, ask

    seen = held(state, "red")
    if seen is None or not has_git(tree):
        return []
    files = _not_records(evidence.changed(home, tree, seen["after"]), state)
    if not files:
        return []
    try:
        open_ones = _paths(ask(home, tree, ["diff", *NAMES, "HEAD", "--", *files]))
        new = ["ls-files", "-z", "--others", "--exclude-standard", "--", *files]
        open_ones += _paths(ask(home, tree, new))
    except GitFailed as error:
        return ["git does not tell what was committed: " + str(error)]
    start = state["exit"]["commits"]
    told = "in no commit: " + evidence.some(open_ones)
    return [told + "; commit it as `" + start + "...`, or put it back"] if open_ones else []


def replay(home: str, tree: str, state: State) -> list[str]:
    """Say what the test, run again in copies of the tree, showed against it."""
    seen = held(state, "replay")
    at = replayed(home, tree, state)
    if seen is None or seen.get("head") != at:
        return ["the test was not run in a copy of the commit; run `stagelock replay`, alone"]
    found = [why for why in seen.get("against", {}).values() if why]
    return found or ([seen["why"] or "`stagelock replay` failed"] if seen["exit"] else [])


def shown(home: str, tree: str, state: State) -> list[str]:
    """Say what a person should see of a fix before letting it end."""
    seen = held(state, "red")
    if seen is None:
        return []
    said = seen.get("told")
    lines = (said["lines"] if said else None) or []
    found = ["what failed when it was red: `" + lines[0][:120] + "`"] if lines else []
    if seen.get("decided"):
        found.append("a person let the red stand: " + str(seen.get("decided")))
    place = state.get("cause", "").rpartition(" at ")[2]
    changed = _not_records(evidence.changed(home, tree, seen["after"]), state)
    if place and changed and place.rpartition(":")[0] not in changed:
        found.append("the cause is at " + place + ", the fix is in " + evidence.some(changed))
    return found


def _is_frozen(path: str, state: State) -> bool:
    return is_test(path, globs_of(state)) or is_runners(path) or configures(path, [])


def _lost_inside(home: str, tree: str, at: str, changed: list[str]) -> list[str]:
    """Name the sources that lost, or changed, a test that they hold themselves."""
    sources = [path for path in changed if may_hold(path)]
    now = [test for path in sources for test in inside(path, _text(tree, path))]
    return [path for path in sources if fresh(inside(path, _was(home, tree, at, path)), now)]


def _text(tree: str, path: str) -> str:
    try:
        return slurp(tree + "/" + path).decode("utf-8", "replace")
    except OSError:
        return ""


def _was(home: str, tree: str, at: str, path: str) -> str:
    """Return what a file held in an earlier tree, "" where it was not there."""
    from stagelock.store.tree import TreeUnknown, content

    try:
        return content(home, tree, at, path)
    except TreeUnknown:
        return ""


def _against_tests(home: str, tree: str, state: State, old: str, now: str) -> list[str]:
    """Say what a fix does to tests beside the code, or to what judges it, and not to the bug."""
    from stagelock.store.tree import TreeUnknown, diff

    try:
        text = diff(home, tree, old, now)
    except TreeUnknown as error:
        return ["what the fix changes cannot be told: " + str(error)]
    found = []
    silenced = [one for one in scan(text) if any(word in one["what"].lower() for word in OF_TESTS)]
    if silenced:
        found.append("the fix silences tests: " + evidence.some([told(one) for one in silenced]))
    spoken = [
        change["file"]
        + ":"
        + str(line["number"])
        + " `"
        + judged(change["file"], line["text"])
        + "`"
        for change in read_diff(text)
        for line in change["added"]
        if judged(change["file"], line["text"])
        and not change["file"].startswith(state["artifacts_at"] + "/")
    ]
    if spoken:
        why = "the fix speaks of what judges it: " + evidence.some(spoken)
        found.append(why + "; where that is right, your human types /waive frozen REASON")
    return found


def _elsewhere(home: str, tree: str, seen: Evidence) -> str:
    """Say why a record does not speak of the tree as it is."""
    if not seen["before"] or seen["before"] != seen["after"]:
        return "the run of the test changed the tree; what it only caches belongs into .gitignore"
    now, why = evidence.tree_now(home, tree)
    if not now:
        return "the tree id cannot be taken: " + why
    return "" if now == seen["after"] else "the tree changed since the test was run; run it again"


def _undecided(seen: Evidence, what: str) -> str:
    """Say what speaks against a run, unless a person let it stand."""
    if not seen["why"] or seen.get("decided"):
        return ""
    return seen["why"] if is_told(seen["why"]) else seen["why"] + ": /waive " + what + " REASON"


def _belonging(home: str, tree: str, state: State) -> list[str]:
    """Name the files that the commit of this stage is about."""
    seen = held(state, "red")
    if "red" in state["exit"]["owes"] or seen is None:
        return tests(tree, state)[0]
    return _not_records(evidence.changed(home, tree, seen["after"]), state)


def _not_records(files: list[str], state: State) -> list[str]:
    own = (state["artifacts_at"] + "/", ".stagelock/")
    return [file for file in files if not file.startswith(own)]


def _more_than_tests(files: list[str], state: State) -> str:
    """Say what a commit of the red test holds that is no test."""
    if "red" not in state["exit"]["owes"]:
        return ""
    more = [file for file in _not_records(files, state) if not is_test(file, globs_of(state))]
    more += [file for file in files if file not in more and is_runners(file)]
    return (
        "the commit of the red test holds more than tests: " + evidence.some(more) if more else ""
    )


def _snapshot(home: str, tree: str, state: State) -> list[str]:
    """Without a repository the tree that was kept when the test ran stands for the commit."""
    seen = held(state, "red")
    if "red" not in state["exit"]["owes"] or seen is None:
        return []
    changed = evidence.changed(home, tree, state["base"], seen["after"])
    return [_more_than_tests(changed, state).replace("the commit of the red test holds", "changed")]


def _paths(text: str) -> list[str]:
    return [path for path in text.split("\0") if path]
