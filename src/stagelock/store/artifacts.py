"""The artifacts of a run as they lie in the tree, and whether approved ones still are."""

from __future__ import annotations

import posix

from .files import digest, slurp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Approved, Artifact, Policy, Problem, State


LEARNINGS = "learnings"  # the artifact that a project may do without


def read_artifact(tree: str, name: str, path: str) -> Artifact:
    """Read one artifact; its text is None where there is no such file or it is not text."""
    try:
        data = slurp(tree + "/" + path)
        seen = posix.stat(tree + "/" + path)
        size, changed = seen.st_size, seen.st_ctime_ns
    except (OSError, ValueError):
        return {"name": name, "path": path, "text": None, "sha256": "", "size": 0, "ctime_ns": 0}
    try:
        text: str | None = data.decode()
    except UnicodeDecodeError:
        text = None
    return {
        "name": name,
        "path": path,
        "text": text,
        "sha256": digest(data),
        "size": size,
        "ctime_ns": changed,
    }


def owed(tree: str, state: State) -> list[Artifact]:
    """Read what the current stage owes."""
    return [read_artifact(tree, a["name"], a["path"]) for a in state["exit"]["artifacts"]]


def seal(artifacts: list[Artifact]) -> str:
    """Return one digest for the paths and contents of several artifacts."""
    return digest(" ".join(a["path"] + " " + a["sha256"] for a in artifacts).encode())


def stale(tree: str, state: State) -> list[str]:
    """Name the approved artifacts whose content is no longer the approved one."""
    return [a["path"] for a in state["approved"] if _changed(tree, a)]


def _changed(tree: str, approved: Approved) -> bool:
    path = tree + "/" + approved["path"]
    try:
        seen = posix.stat(path)
        if seen.st_size == approved["size"] and seen.st_ctime_ns == approved["ctime_ns"]:
            return False
        # touched, perhaps by a checkout: the content decides
        return digest(slurp(path)) != approved["sha256"]
    except (OSError, ValueError):
        return True


def lacks(tree: str, policy: Policy, state: State, artifacts: list[Artifact]) -> list[Problem]:
    """Say what `artifacts` lack, held against the stories they cover."""
    from stagelock.core.documents.artifact import problems  # only at a gate

    found: list[Problem] = []
    for artifact in artifacts:
        if artifact["name"] == LEARNINGS and not state.get("learnings", True):
            continue  # the project captures them elsewhere, or not at all
        spec = policy["artifacts"][artifact["name"]]
        upstream = None
        covers = spec["covers"]
        if covers:
            path = state["artifacts_at"] + "/" + policy["artifacts"][covers]["path"]
            upstream = read_artifact(tree, covers, path)["text"]
        found += problems({"name": artifact["name"], **spec}, artifact["text"], upstream)
    return found
