"""A refusal as the agent reads it, and the JSON that each client event takes for one."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Decision, State

MARK = "[stagelock] "
LONGEST = 300


def say(tool: str, decision: Decision, state: State) -> str:
    """Write the refusal: what and by which rule, why, what is open here, what to do next."""
    kind, target, tool = decision["kind"], short(decision["target"]), short(tool)
    what = tool
    if kind == "shell-write":
        what = tool + " writes " + target
    elif kind == "folder":
        what = tool + " makes the folder " + target
    elif kind in ("edit", "read", "dispatch") and target != tool:
        what = tool + " " + target
    elif kind == "vcs":
        what = target
    first = MARK + "refused: " + what + " in stage `" + state["stage"] + "` (rule "
    lines = [first + decision["rule"] + ")"]
    if decision["because"]:
        lines.append("because: " + decision["because"])
    shut = decision["rule"].endswith(("/tainted", "/escalated"))
    places = [] if shut else state["permits"]["open"]
    lines.append("open here: " + (", ".join(places[:4]) if places else "reading"))
    if kind == "shell" and decision["rule"].endswith("/otherwise") and tool == "Bash":
        lines.append("or run it where it can change nothing: stagelock ro -- '...'")
    lines.append("next: " + _next(decision, state))
    return "\n".join(lines)


def short(text: str) -> str:
    """Cut what a model may have made very long; neither reader nor journal needs all of it."""
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def tampered(tool: str, decision: Decision) -> str:
    """Write the refusal for a run whose records are not as stagelock left them."""
    return (
        MARK + "refused: " + tool + " (rule " + decision["rule"] + ")\n"
        "because: the run's records were changed from outside; nothing that writes is open\n"
        "next: your human types /off REASON, or runs `stagelock doctor --repair` in a terminal"
    )


def error(event: str, fault: str) -> dict[str, Any] | None:
    """Refuse because stagelock itself could not decide."""
    return refuse(event, internal(fault))


def internal(fault: str) -> str:
    """Write the refusal for what stagelock itself could not decide."""
    return (
        MARK + "refused: stagelock could not decide, so nothing opens (rule error/internal)\n"
        "because: " + fault + "\n"
        "next: your human runs `stagelock doctor` in a terminal, or types /off REASON"
    )


def refuse(event: str, text: str) -> dict[str, Any] | None:
    """Wrap a refusal in what the client honours for this event (2.1.197 and 2.1.329)."""
    if event == "PreToolUse":
        return {
            "hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": "deny",
                "permissionDecisionReason": text,
            }
        }
    if event in ("UserPromptExpansion", "ConfigChange"):
        return {"decision": "block", "reason": text}
    return {"systemMessage": text}  # nothing opens by these events: the person is told, no more


# by how the rule's id ends: what is left to do
_NEXT = {
    "/approval-stale": "put the artifact back as approved, or your human types /approve to approve "
    "it anew",
    "/tainted": "end your turn and say so; your human runs `stagelock restore` in a terminal, or "
    "types /waive tainted REASON",
    "/human-door": "end your turn and say what is ready; your human decides",
    "/out-of-order": "take that step first; your human may leave it out with /waive STEP REASON",
    "/escalated": "say what failed and what you tried, and end with STATUS: BLOCKED; your "
    "human types /reject GUIDANCE to have it tried again, /waive CHECK REASON or /abandon",
    "/blocked": "send a new agent of that role, or your human types /waive ROLE REASON",
    "/needs": "send that agent first, or your human types /waive ROLE REASON",
    "/new-context": "send it with what it asked for, or ask your human",
    "/retries": "end your turn and say what was tried; your human decides",
    "/fresh-review": "send a new reviewer with Agent; stagelock writes what it is told",
    "/staged": "stage it as it lies in the tree (`git add`), then commit again",
    "/false-name": "change the name, then send it again",
}


def _next(decision: Decision, state: State) -> str:
    rule = decision["rule"]
    for ending, what in _NEXT.items():
        if rule.endswith(ending):
            return what
    if rule.endswith("/read-first"):
        return "Read " + decision["target"] + ", then change it"
    if rule.endswith("/brief-first"):
        from . import brief

        return "Read " + brief.of(state) + ", then change what it asks for"
    if rule.endswith("/unverified"):
        return _once_verified(decision, state)
    if "hypothesis" in state["exit"].get("owes", ()):
        from .fix.hypothesis import onward

        return onward(decision, state)
    if rule.startswith("role/"):
        return "do what your role does, and end with STATUS: BLOCKED where that is not enough"
    if state["exit"].get("reviews"):
        return "send the reviewers that have not judged; stagelock writes down what they say"
    owed = [artifact["path"] for artifact in state["exit"]["artifacts"]]
    done = "finish " + ", ".join(owed) if owed else "finish what this stage is for"
    if state["exit"]["gate"] == "human":
        return done + ", then your human types /approve"
    return done + ", then end your reply with STATUS: DONE"


def _once_verified(decision: Decision, state: State) -> str:
    if state["exit"].get("commits"):
        return "do what is said above, each as a call of its own; then commit"
    if "a call of its own" in decision["because"]:
        return "run the other commands first; then " + decision["target"] + ", alone"
    if "silences" in decision["because"]:
        return (
            "take out what silences a check, run `stagelock verify` until it is green, then "
            "this again; your human may let it pass with /waive suppressions REASON"
        )
    return "run `stagelock verify` until it is green, then this again, nothing changed between"
