"""A git hook: may this commit be made, this push leave? The second net, under the client's hooks.

Git starts it, whoever called git: an agent whose client runs without hooks, a script, a person. It
asks the same books as the gate and answers in the same words. Outside a run it says nothing.
"""

from __future__ import annotations

import posix
import time

from stagelock.core.decide import decide, is_meant
from stagelock.store import home, journal, places, runs
from stagelock.store.clock import stamp
from stagelock.store.files import drain, exists, write

from . import refusal
from .pre_tool_use import look

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Call, Decision, State

    from .seen import Seen

# git's name of the hook: (what a person calls what it stands before, whether checks are asked for).
# Checks are asked for once on each way to a commit, since each look at the tree costs.
HOOKS = {
    "pre-commit": ("git commit", True),
    "pre-merge-commit": ("git merge", True),
    "commit-msg": ("git commit", False),
    "pre-rebase": ("git rebase", False),
    "pre-push": ("git push", True),
    "reference-transaction": ("git commit", True),  # also where the others were passed by
}
LIMIT = 1 << 26
# what stands in git's folder while it replays commits; each of them is a tree that nobody checked
REPLAYING = ("rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD", "REVERT_HEAD", "sequencer")
UNNOTED = refusal.MARK + "the commit stands, but its evidence was not attached to it"
NO_REWRITE = ("never/rewrite-pushed", "what was pushed is not rewritten or deleted in a run")


def main(name: str, argv: list[str]) -> None:
    """Answer one git hook and leave the process: 0 lets git go on, 1 does not."""
    tree: str | None = None
    text = ""
    try:
        where = home.state_home()
        tree = home.find_tree(where, _folders())
        if tree and name in HOOKS:
            text = answer(name, argv, where, tree)
        elif tree:
            _note(where, tree)
    except Exception as error:  # noqa: BLE001  # the outermost frame
        fault = type(error).__name__ + ": " + str(error)
        if tree != "" and name in HOOKS:
            text = refusal.internal(fault)
        elif tree != "":
            text = UNNOTED + "\nbecause: " + fault
    if text:
        write(2, text.encode("utf-8", "replace") + b"\n")
    raise SystemExit(1 if text else 0)


def answer(name: str, argv: list[str], where: str, tree: str) -> str:
    """Return the refusal, "" to let git go on; a refusal is journaled."""
    given = drain(0, LIMIT).decode("utf-8", "replace").splitlines() if name in READS else []
    if name == "reference-transaction" and not _makes_a_commit(argv, given):
        return ""
    state, tamper = runs.look(where, tree)
    if state is None and not tamper:
        return ""  # the run ended in between
    if state is None:
        state = runs.copy_of_state(where, tree)
    what, asks = HOOKS[name]
    if state is None:
        return refusal.tampered(what, _denied(tamper, "", what))
    if name == "reference-transaction":
        asks = not _replays()
    decision = judge(what, where, tree, state, tamper, asks=asks)
    if decision["allow"] and decision["rule"] != "off" and name == "pre-push" and _rewrites(given):
        decision = _denied(*NO_REWRITE, what)
    if decision["allow"] and decision["rule"] != "off" and name == "pre-commit":
        decision = _as_verified(state, what) or decision
    if decision["allow"] and decision["rule"] != "off" and state.get("units"):
        from .plan import unit_commits  # only where a plan of units is carried out

        why = unit_commits.refused(name, argv, given, where, tree, state)
        decision = _denied(state["stage"] + "/unit-commit", why, what) if why else decision
    if decision["allow"]:
        return ""
    _journal(tree, state, what, decision)
    if tamper and decision["rule"] == tamper:
        return refusal.tampered(what, decision)
    return refusal.say(what, decision, state)


READS = ("pre-push", "reference-transaction")  # what git tells on standard input


def judge(
    what: str, where: str, tree: str, state: State, tamper: str, *, asks: bool = True
) -> Decision:
    """Ask the gate as a tool call that does `what` would; `asks` is whether checks must hold."""
    session = posix.environ.get(b"CLAUDE_CODE_SESSION_ID", b"").decode("utf-8", "replace")
    pause = state.get("pause")
    call: Call = {
        "tool": what,
        "role": "main",
        "demands": [("vcs", what)],
        "unread": [],
        "doubt": "",
        "at": time.time(),
        "session": session,
        "prompt": pause["prompt"] if pause else "",  # git is not told in which one it runs
    }
    payload = {"tool_input": {"command": what}}
    seen: Seen = {"home": where, "tree": tree, "payload": payload, "session": "", "cwd": tree}
    is_off = state["off_until"] > call["at"] and is_meant(state, session, call["prompt"])
    asked = call if asks and not is_off else {**call, "demands": []}
    state, findings = look(seen, state, asked, tamper)
    return decide(state["permits"], state, findings, call)


def _folders() -> list[str]:
    """Where a run may be live: the work tree git stands in, and the one its folder belongs to."""
    cwd = posix.getcwd()
    folders = [places.real(cwd, "/")]
    given = posix.environ.get(b"GIT_DIR", b"").decode("utf-8", "surrogateescape")
    git = places.real(given, cwd) if given else ""
    if git.endswith("/.git"):  # not that of a linked work tree, which stands alone
        folders.append(git[: -len("/.git")])
    return folders


def _makes_a_commit(argv: list[str], given: list[str]) -> bool:
    """Say whether a change of references puts a commit on a branch that nothing held before."""
    new = []
    for line in given if argv[:1] == ["prepared"] else ():
        _, commit, reference = (*line.split(" ", 2), "", "")[:3]
        on_branch = reference == "HEAD" or reference.startswith("refs/heads/")
        if on_branch and commit.strip("0") and not commit.startswith("ref:"):
            new.append(commit)
    if not new:
        return False
    from stagelock.store.repository import person_git  # starts git: only where a branch moves

    return bool(person_git.run(".", "rev-list", "-1", *new, "--not", "--all").strip())


def _replays() -> bool:
    from stagelock.store.repository import person_git

    git = person_git.run(".", "rev-parse", "--absolute-git-dir").rstrip("\n")
    return any(exists(git + "/" + name) for name in REPLAYING)


def _as_verified(state: State, what: str) -> Decision | None:
    """Refuse what is staged otherwise than it lies in the tree: the checks saw the tree alone."""
    if not state["exit"]["vcs"].get("commit"):
        return None
    from stagelock.store.evidence import some
    from stagelock.store.repository import person_git

    words = ("-c", "core.fsmonitor=false", "--no-optional-locks", "status", "--porcelain=v2", "-z")
    listed = person_git.run(".", *words, "--no-renames", "-uno", "--ignore-submodules=all")
    files = [
        line.split(" ", 8)[8]
        for line in listed.split("\0")
        if line[:2] == "1 " and line[2] != "." and line[3] != "."
    ]
    if not files:
        return None
    return _denied(state["stage"] + "/staged", "not as it was verified: " + some(files), what)


def _rewrites(given: list[str]) -> bool:
    """Say whether a push takes commits away from the other side."""
    from stagelock.store.repository import person_git

    for line in given:
        _, ours, _, theirs = (*line.split(" "), "", "", "", "")[:4]
        if theirs.strip("0") == "":
            continue  # new there
        if ours.strip("0") == "":
            return True
        try:
            person_git.run(".", "merge-base", "--is-ancestor", theirs, ours)
        except person_git.GitSaid:
            return True  # not an ancestor, or not even here
    return False


def _denied(rule: str, because: str, what: str) -> Decision:
    return {"allow": False, "rule": rule, "because": because, "kind": "vcs", "target": what}


def _journal(tree: str, state: State, what: str, decision: Decision) -> None:
    journal.note(
        tree,
        {
            "event": "refused",
            "run": state["run"],
            "stage": state["stage"],
            "at": stamp(time.time()),
            "tool": what,
            "target": refusal.short(decision["target"]),
            "rule": decision["rule"],
            "role": "git",
            "session": "",
        },
    )


def _note(where: str, tree: str) -> None:
    """Attach to the commit just made what is known of it; the commit stands either way."""
    from stagelock.store.repository import notes

    state, tamper = runs.look(where, tree)
    state = state or runs.copy_of_state(where, tree)
    if state is None:
        return
    decision = judge("git commit", where, tree, state, tamper, asks=False)
    notes.attach(where, tree, posix.getcwd(), state, decision)
