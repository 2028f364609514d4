"""What a commit's note shows, and what it leaves open: the books as they travel with the commits.

Whoever may push can write notes. A note shows what stagelock saw on the machine that committed; the
chain of digests shows edits of a note, not a forger who writes all of them anew.
"""

from __future__ import annotations

from .evidence import BEFORE, fault

RED = "fix:red"  # the record of a bug's test that was seen to fail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from .model import Check, Evidence, Waiver

    class Approval(TypedDict):
        """One artifact that a person approved in the run."""

        stage: str
        path: str
        sha256: str
        by: str
        door: str
        at: str

    class Note(TypedDict):
        """What is attached to a commit, as one line of JSON."""

        v: int
        commit_tree: str  # the tree of the commit it was made for
        tree: str  # the tree id of the working tree then, "" where it could not be taken
        clean: bool  # whether git saw no difference between the working tree and the commit
        run: str
        workflow: str
        stage: str
        forbade: str  # the rule by which the stage forbade the commit, "" where it did not
        off: str  # the reason of the pause it was made in
        needs: list[str]
        checks: list[Evidence]
        approvals: list[Approval]
        waivers: list[Waiver]
        by: str
        at: str
        prev: str  # the digest of the note of the first parent
        digest: str
        seal: str  # the digest with the committing machine's key

    class Commit(TypedDict):
        """One commit, as read from a repository that may have nothing but what was pushed."""

        id: str
        subject: str
        tree: str
        bare: str  # the same without stagelock's own folder, which no tree id covers
        merges: bool
        plain: bool  # a merge whose content is what git makes of its parents
        note: Note | None
        intact: bool  # whether the digest of the note holds
        chained: bool  # whether it follows the note of the parent
        changed: list[str]  # approved artifacts that are not in the commit as approved


def faults(commit: Commit, declared: list[Check]) -> list[str]:
    """Return why a commit is not shown to be what its checks held on; none where it is."""
    note = commit["note"]
    if note is None:
        return _without_note(commit)
    if not commit["intact"]:
        return ["its note was edited: the digest in it does not hold"]
    if note["commit_tree"] != commit["tree"]:
        return ["its note speaks of another content; it was amended or rebased afterwards"]
    found = []
    if note["forbade"]:
        by_rule = "stage `" + note["stage"] + "` forbade it (rule " + note["forbade"] + ")"
        found.append("made while " + by_rule)
    if not commit["chained"]:
        found.append("its note does not follow the note of its parent; one of them was changed")
    if not note["tree"]:
        found.append("no tree id was taken when it was made")
    elif note["tree"] != commit["bare"] and not note["clean"]:
        found.append("what was looked at is not what was committed; some of it was left out")
    else:
        found += [] if _is_red(commit["subject"], note) else _checks(note, declared)
    return found + ["`" + path + "` is not as a person approved it" for path in commit["changed"]]


def remarks(commit: Commit) -> list[str]:
    """Return what a person may want to know of a commit beside its faults."""
    note = commit["note"]
    if note is None:
        return ["a merge as git makes it"] if commit["merges"] and commit["plain"] else []
    told = [
        "`" + waiver["what"] + "` waived by " + waiver["by"] + ": " + waiver["reason"]
        for waiver in note["waivers"]
    ]
    if _is_red(commit["subject"], note):
        told.append("it is there to fail: a test that shows a bug, before it is mended")
    if note["off"]:
        told.append("made while a person had paused the rules: " + note["off"])
    if note["tree"] and note["tree"] != commit["bare"] and note["clean"]:
        told.append("equal to the verified tree by git's own word (filters or submodules)")
    return told


def _without_note(commit: Commit) -> list[str]:
    if not commit["merges"]:
        return ["no note came with it: made without stagelock, or its notes were not pushed"]
    if commit["plain"]:
        return []
    return ["a merge with content of its own, and no note came with it"]


def _checks(note: Note, declared: list[Check]) -> list[str]:
    """Say which checks are not shown; what the project declares counts, not what a note says."""
    waived = [waiver["what"] for waiver in note["waivers"]]
    held = {evidence["check"]: evidence for evidence in note["checks"]}
    if declared:
        wanted = [check["name"] for check in declared if "commit" in check["gates"]]
        known = declared
    else:
        wanted = note["needs"] or [name for name in held if ":" not in name]
        known = [_as_seen(evidence) for evidence in note["checks"]]
    if not wanted:
        return ["no check is declared, so none held on it"]
    told = [
        fault(n, known, held.get(n), note["tree"], held.get(BEFORE + n))
        for n in wanted
        if n not in waived
    ]
    return [why for why in told if why]


def _is_red(subject: str, note: Note) -> bool:
    """Say whether it is there to fail: the commit of a test that was red on this very tree."""
    held = next((e for e in note["checks"] if e["check"] == RED), None)
    return (
        held is not None
        and subject.startswith("red: ")
        and held["exit"] != 0
        and not (held["why"] and not held.get("decided"))
        and held["before"] == held["after"] == note["tree"]
    )


def _as_seen(evidence: Evidence) -> Check:
    return {
        "name": evidence["check"],
        "command": evidence["command"],
        "timeout": 0,
        "gates": ["commit"],
        "fast": False,
        "coverage": "",
        "env": [],
    }
