"""What stagelock's own agents may do, whatever a stage opens: the same lists as their files.

A stage's rules say what is open there; a role only ever narrows that. The client names an agent of
a plugin by the plugin (`stagelock:reviewer`), so a project's agent file called `reviewer` is
nobody of ours.
"""

from __future__ import annotations

from stagelock.core.tools import OURS, WRITES, group, is_ours

__all__ = ["COORDINATOR", "EFFORTS", "MODELS", "OURS", "ROLES", "beyond", "is_ours", "short"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Role

COORDINATOR = "stagelock:coordinator"

# what the client's Agent tool takes (2.1.197, 2.1.329); an effort is ignored by the older one
MODELS = ("sonnet", "opus", "haiku", "fable")
EFFORTS = ("low", "medium", "high", "xhigh", "max")

_LOOK = ["Read", "Grep", "Glob"]
_ALL = ["read", "run", "vcs", "network", "opaque"]

# `edits`: where it may write: nowhere (""), the run's artifacts, or wherever the stage lets it
ROLES: dict[str, Role] = {
    "stagelock:coordinator": {
        "tools": ["Agent", "SendMessage", "TaskStop", "AskUserQuestion"],
        "shell": [],
        "edits": "",
        "does": "coordinates",
    },
    "stagelock:explorer": {"tools": _LOOK, "shell": [], "edits": "", "does": "looks"},
    "stagelock:designer": {
        "tools": [*_LOOK, "Write", "Edit"],
        "shell": [],
        "edits": "artifacts",
        "does": "writes the run's artifacts",
    },
    "stagelock:architect": {"tools": _LOOK, "shell": [], "edits": "", "does": "plans"},
    "stagelock:debugger": {
        "tools": [*_LOOK, "Bash"],
        "shell": ["read", "run"],
        "edits": "",
        "does": "finds causes and changes nothing",
    },
    "stagelock:implementer": {
        "tools": [*_LOOK, "Edit", "Write", "Bash"],
        "shell": _ALL,
        "edits": "any",
        "does": "builds",
    },
    "stagelock:spec-reviewer": {"tools": _LOOK, "shell": [], "edits": "", "does": "judges"},
    "stagelock:reviewer": {"tools": _LOOK, "shell": [], "edits": "", "does": "judges"},
    "stagelock:adversarial-reviewer": {"tools": _LOOK, "shell": [], "edits": "", "does": "judges"},
    "stagelock:security-reviewer": {"tools": _LOOK, "shell": [], "edits": "", "does": "judges"},
    "stagelock:feasibility-reviewer": {"tools": _LOOK, "shell": [], "edits": "", "does": "judges"},
    "stagelock:completeness-reviewer": {"tools": _LOOK, "shell": [], "edits": "", "does": "judges"},
    "stagelock:scope-reviewer": {"tools": _LOOK, "shell": [], "edits": "", "does": "judges"},
    "stagelock:product-reviewer": {"tools": _LOOK, "shell": [], "edits": "", "does": "judges"},
    "stagelock:engineering-reviewer": {"tools": _LOOK, "shell": [], "edits": "", "does": "judges"},
    "stagelock:design-reviewer": {"tools": _LOOK, "shell": [], "edits": "", "does": "judges"},
    "stagelock:cto-reviewer": {"tools": _LOOK, "shell": [], "edits": "", "does": "judges"},
    "stagelock:verifier": {
        "tools": [*_LOOK, "Bash"],
        "shell": ["read", "run"],
        "edits": "",
        "does": "runs the checks and changes nothing",
    },
    "stagelock:release": {
        "tools": [*_LOOK, "Write", "Edit", "Bash"],
        "shell": ["read", "run", "vcs"],
        "edits": "any",
        "does": "hands the change over",
    },
}


def beyond(role: str, tool: str, kind: str, target: str, artifacts_at: str) -> str:
    """Return why a call is beyond a role, "" where it is within, or the role is not ours."""
    if not is_ours(role):
        return ""
    if role not in ROLES:
        return "stagelock has no agent of that name"
    may = ROLES[role]
    why = short(role) + " " + may["does"]
    if tool not in may["tools"] and group(tool) != "track":
        return why + "; it has " + ", ".join(may["tools"])
    if kind == "shell" and target not in may["shell"]:
        return why + "; its commands may " + " or ".join(may["shell"])
    if kind in WRITES and not _may_write(may["edits"], target, artifacts_at):
        return why
    if role == COORDINATOR and kind == "dispatch" and tool != "SendMessage" and not is_ours(target):
        return why + " stagelock's own agents, which are held to their roles"
    return ""


def short(role: str) -> str:
    """Name a role without its plugin, as people say it."""
    return role[len(OURS) :] if is_ours(role) else role


def _may_write(edits: str, target: str, artifacts_at: str) -> bool:
    if edits == "artifacts":
        return (target + "/").startswith(artifacts_at + "/")
    return edits == "any"
