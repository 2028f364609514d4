"""What stagelock leaves in a tree and for it on this machine, and how it is taken away."""

from __future__ import annotations

import shutil
from pathlib import Path

from .files import digest
from .home import key
from .records import IGNORED
from .repository import person_git

OWN = ".stagelock"
# what stagelock itself writes into its folder; all else there was written by people
WRITTEN = ("stage.json", "journal.jsonl", "evidence")  # and what is named after them
MADE = ("report.html", "packets", "units")  # by exactly these names
NOTES = "/stagelock"
KEPT = "kept"  # copies of a person's files, made before something was put back


def in_tree(tree: str) -> list[Path]:
    """Return the files and folders in the tree that stagelock itself wrote."""
    folder = Path(tree, OWN)
    inside = list(folder.glob("*")) if folder.is_dir() else []
    found = [p for p in inside if p.name.startswith(WRITTEN) or p.name in MADE]
    ignore = folder / ".gitignore"
    if ignore.is_file() and ignore.read_bytes() == IGNORED:
        found.append(ignore)
    return sorted(found)


def by_people(home: str, tree: str) -> tuple[list[Path], list[Path]]:
    """Return what people wrote into the folder: what can be had again, and what only stands there.

    It can be had again where git has it as it is, or `stagelock init` wrote it and nobody since.
    """
    again: list[Path] = []
    only_here: list[Path] = []
    ours = in_tree(tree)
    for path in sorted(p for p in Path(tree, OWN).rglob("*") if p.is_file()):
        if not any(path == own or own in path.parents for own in ours):
            (again if _is_safe(home, tree, path) else only_here).append(path)
    return again, only_here


def remember_written(home: str, tree: str, path: Path) -> None:
    """Remember a file as `init` wrote it, so that undoing may take it away again."""
    record = Path(home, "init", key(tree), "written")
    record.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with record.open("a", encoding="ascii") as file:
        file.write(digest(path.read_bytes()) + "\n")


def at_home(home: str, tree: str) -> list[Path]:
    """Return what the state home keeps of the tree, copies of a person's files aside."""
    name = key(tree)
    base = Path(home)
    folders = [p for p in base.iterdir() if p.is_dir() and p.name != KEPT] if base.is_dir() else []
    return sorted(p / name for p in folders if (p / name).exists())


def kept_copies(home: str, tree: str) -> Path | None:
    """Return the folder with copies of the person's files, None where there is none."""
    folder = Path(home, KEPT, f"{Path(tree).name}-{key(tree)[:8]}")
    return folder if folder.is_dir() else None


def note_refs(tree: str) -> list[str]:
    """Return the references that hold notes of stagelock in the tree's repository."""
    listed = person_git.ask(tree, "for-each-ref", "--format=%(refname)", "refs/notes").splitlines()
    return [ref for ref in listed if ref.endswith(NOTES)]


def drop_notes(tree: str) -> None:
    """Delete those references; what was pushed stays where it was pushed to."""
    for ref in note_refs(tree):
        person_git.run(tree, "update-ref", "-d", ref)


def remove(paths: list[Path], tree: str) -> None:
    """Remove files and folders, and the folders in the tree that this leaves empty."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    folder = Path(tree, OWN)
    if folder.is_dir():
        for inner in sorted(folder.rglob("*"), reverse=True):
            if inner.is_dir() and not any(inner.iterdir()):
                inner.rmdir()
        if not any(folder.iterdir()):
            folder.rmdir()


def leave_home(home: str) -> bool:
    """Take the state home away where no tree of this machine has anything in it; says whether."""
    base = Path(home)
    trees = ("runs", "trees", "accepted", "live", KEPT, "init")
    if not base.is_dir() or any(any((base / name).glob("*")) for name in trees):
        return False
    shutil.rmtree(base)
    return True


def _is_safe(home: str, tree: str, path: Path) -> bool:
    name = path.relative_to(tree).as_posix()
    committed = person_git.ask(tree, "rev-parse", "-q", "--verify", f"HEAD:{name}")
    if committed and committed == person_git.ask(tree, "hash-object", "--", name):
        return True
    record = Path(home, "init", key(tree), "written")
    return record.is_file() and digest(path.read_bytes()) in record.read_text().split()
