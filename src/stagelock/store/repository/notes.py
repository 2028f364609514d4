"""Evidence and approvals as git notes: attached to a commit, and read where only git went.

One line of JSON a note. Git may join several (a merge of notes, a rewritten commit); the line that
speaks of the commit's own content counts.
"""

from __future__ import annotations

import time

from stagelock.core.evidence import BEFORE, needed
from stagelock.core.noted import RED
from stagelock.store import journal
from stagelock.store.clock import stamp
from stagelock.store.files import digest
from stagelock.store.moves import user
from stagelock.store.wire import dumps, loads

from . import person_git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Decision, Evidence, State
    from stagelock.core.noted import Approval, Commit, Note

REF = "refs/notes/stagelock"
TAIL = 200  # of a check's output; the record on the machine has more
OWN = ".stagelock"
FIELDS = {
    "v": int, "commit_tree": str, "tree": str, "clean": bool, "run": str, "workflow": str,
    "stage": str, "forbade": str, "off": str, "needs": list, "checks": list, "approvals": list,
    "waivers": list, "by": str, "at": str, "prev": str, "digest": str, "seal": str,
}  # fmt: skip


def attach(home: str, tree: str, here: str, state: State, decision: Decision) -> None:
    """Attach to the commit just made in `here` what the run of `tree` knows; raises GitSaid.

    `decision` is what the gate says of a commit now.
    """
    note = _make(home, tree, here, state, decision)
    body = digest(dumps(note).encode())
    sealed = {**note, "digest": body, "seal": digest((journal.key(home) + body).encode())}
    person_git.run(here, "notes", "--ref", REF, "add", "-f", "-F", "-", given=dumps(sealed) + "\n")


def read(folder: str, base: str, head: str) -> list[Commit]:
    """Return the commits of `base..head`, oldest first, each with its note; raises GitSaid."""
    ids = person_git.run(folder, "rev-list", "--reverse", base + ".." + head, "--").split()
    noted = _noted(folder)
    return [_commit(folder, commit, noted) for commit in ids]


def is_sealed_here(home: str, note: Note) -> bool:
    """Say whether a note was made with the key of this machine; the key is not made for it."""
    from stagelock.store.files import exists

    if not exists(home + "/approval.key"):
        return False
    return digest((journal.key(home) + note["digest"]).encode()) == note["seal"]


def _make(home: str, tree: str, here: str, state: State, decision: Decision) -> dict[str, Any]:
    from stagelock.store.evidence import tree_now

    now = time.time()
    top = person_git.run(here, "rev-parse", "--show-toplevel").rstrip("\n")
    # a work tree that the client made for a subagent is not the tree that the checks ran on
    seen, _ = tree_now(home, tree) if top == tree else ("", "")
    parent = _lines(folder=here, commit="HEAD^", noted=_noted(here))
    taken = state["exit"]["vcs"].get("commit") or needed("commit", state["checks"])
    return {
        "v": 1,
        "commit_tree": person_git.run(here, "rev-parse", "HEAD^{tree}").strip(),
        "tree": seen,
        "clean": not person_git.run(here, "--no-optional-locks", "status", "--porcelain").strip(),
        "run": state["run"],
        "workflow": state["workflow"],
        "stage": state["stage"],
        "forbade": "" if decision["allow"] or _is_unverified(decision) else decision["rule"],
        "off": state["off_reason"] if state["off_until"] > now else "",
        "needs": taken,
        "checks": [{**e, "tail": e["tail"][-TAIL:]} for e in _of_checks(state)],
        "approvals": _approvals(home, tree, state),
        "waivers": state["waivers"],
        "by": user(),
        "at": stamp(now),
        "prev": parent[0]["digest"] if parent else "",
    }


def _of_checks(state: State) -> list[Evidence]:
    told = (BEFORE, RED)  # why one of them may fail
    return [e for name, e in state["evidence"].items() if ":" not in name or name.startswith(told)]


def _is_unverified(decision: Decision) -> bool:
    return decision["rule"].endswith("/unverified")  # the checks themselves say it


def _approvals(home: str, tree: str, state: State) -> list[Approval]:
    """Return who approved what still counts, from the journal's lines whose seal holds."""
    secret = journal.key(home)
    found: dict[str, Approval] = {}
    held = {approved["path"]: approved for approved in state["approved"]}
    for entry in journal.read(tree)[0]:
        if entry.get("run") != state["run"] or "seal" not in entry:
            continue
        claimed = entry.pop("seal")
        if journal.seal(secret, entry) != claimed:  # type: ignore[arg-type]  # read back from disk
            continue
        for path, sha256 in (entry.get("artifacts") or {}).items():
            if path in held and held[path]["sha256"] == sha256:
                found[path] = {
                    "stage": held[path]["stage"],
                    "path": path,
                    "sha256": sha256,
                    "by": entry.get("by", ""),
                    "door": entry.get("door", ""),
                    "at": entry.get("at", ""),
                }
    return list(found.values())


def _noted(folder: str) -> dict[str, list[str]]:
    """Return for each commit the blobs that are its notes, ours first, then those fetched."""
    listed = person_git.ask(folder, "for-each-ref", "--format=%(refname)", "refs/notes")
    refs = [ref for ref in listed.splitlines() if ref == REF or ref.endswith("/stagelock")]
    noted: dict[str, list[str]] = {}
    for ref in sorted(refs, key=lambda ref: ref != REF):
        for line in person_git.ask(folder, "notes", "--ref", ref, "list").splitlines():
            blob, _, commit = line.partition(" ")
            noted.setdefault(commit, []).append(blob)
    return noted


def _lines(folder: str, commit: str, noted: dict[str, list[str]]) -> list[Note]:
    """Return the notes of a commit that can be read, the one of its own content first."""
    name = person_git.ask(folder, "rev-parse", "-q", "--verify", commit + "^{commit}")
    tree = person_git.ask(folder, "rev-parse", "-q", "--verify", commit + "^{tree}")
    found = []
    for blob in noted.get(name, []):
        for line in person_git.ask(folder, "cat-file", "blob", blob).splitlines():
            note = _note(line)
            if note:
                found.append(note)
    return sorted(found, key=lambda note: note["commit_tree"] != tree)


def _note(line: str) -> Note | None:
    try:
        data = loads(line)
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    if not all(isinstance(data.get(field), kind) for field, kind in FIELDS.items()):
        return None
    for field, shape in SHAPES.items():
        for item in data[field]:
            if not isinstance(item, dict) or not _has(item, shape):
                return None
    if not all(isinstance(name, str) for name in data["needs"]):
        return None
    note: Note = data  # type: ignore[assignment]  # its shape was just looked at
    return note


# what of each part is read by anybody; all of it is text but an exit status
SHAPES = {
    "checks": ("check", "command", "before", "after", "why"),
    "approvals": ("stage", "path", "sha256", "by", "door", "at"),
    "waivers": ("what", "reason", "by"),
}


def _has(item: dict[str, Any], fields: tuple[str, ...]) -> bool:
    if fields[0] == "check" and not isinstance(item.get("exit"), int):
        return False
    return all(isinstance(item.get(field), str) for field in fields)


def _is_intact(note: Note) -> bool:
    body = {key: value for key, value in note.items() if key not in ("digest", "seal")}
    return digest(dumps(body).encode()) == note["digest"]


def _commit(folder: str, commit: str, noted: dict[str, list[str]]) -> Commit:
    shown = person_git.run(folder, "show", "-s", "--format=%T%n%P%n%s", commit, "--")
    tree, parents, subject = (*shown.split("\n", 2), "", "")[:3]
    notes = _lines(folder, commit, noted)
    note = notes[0] if notes else None
    above = _lines(folder, commit + "^", noted) if note else []
    return {
        "id": commit,
        "subject": subject.strip(),
        "tree": tree,
        "bare": _bare(folder, tree),
        "merges": len(parents.split()) > 1,
        "plain": len(parents.split()) == 2 and _is_plain(folder, parents.split(), tree),
        "note": note,
        "intact": note is not None and _is_intact(note),
        "chained": note is not None and _follows(note, above),
        "changed": _changed(folder, commit, note) if note else [],
    }


def _follows(note: Note, above: list[Note]) -> bool:
    """Say whether `note` names the note of the parent, where the parent has one."""
    return not above or note["prev"] in [n["digest"] for n in above]


def _bare(folder: str, tree: str) -> str:
    """Return the id of a tree without stagelock's own folder."""
    entries = person_git.run(folder, "ls-tree", "-z", tree).split("\0")
    kept = [entry for entry in entries if entry and entry.partition("\t")[2] != OWN]
    return person_git.run(folder, "mktree", "-z", given="".join(e + "\0" for e in kept)).strip()


def _is_plain(folder: str, parents: list[str], tree: str) -> bool:
    """Say whether a merge is what git makes of its parents; False for a git before 2.38."""
    return person_git.ask(folder, "merge-tree", "--write-tree", *parents).strip() == tree


def _changed(folder: str, commit: str, note: Note) -> list[str]:
    """Name the approved artifacts that the commit does not hold as they were approved."""
    changed = []
    for approval in note["approvals"]:
        try:
            text = person_git.run(folder, "cat-file", "blob", commit + ":" + approval["path"])
        except person_git.GitSaid:
            continue  # artifacts need not be committed
        if digest(text.encode("utf-8", "surrogateescape")) != approval["sha256"]:
            changed.append(approval["path"])
    return changed
