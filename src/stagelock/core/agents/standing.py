"""What the agents' last words open and close: who may be sent next, and whether edits are open.

A standing is the last word of a role in this stage. BLOCKED and NEEDS_CONTEXT close what the
workflow puts downstream of the role, until the same role returns DONE or a person waives it.
"""

from __future__ import annotations

from stagelock.core.tools import WRITES

from .roles import is_ours, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Permits, Problem, Standing, State

DONE = "DONE"
CONCERNS = "DONE_WITH_CONCERNS"
CONTEXT = "NEEDS_CONTEXT"
BLOCKED = "BLOCKED"

OPENS = (DONE, CONCERNS)
CLOSES = (BLOCKED, CONTEXT)
HARMLESS_EFFECTS = ("read", "run")
MOST_RETRIES = 3
RETRIES = "retries"  # what `/waive` calls the spent re-dispatches
REVIEWERS = "reviewers"  # what `/waive` calls all that a review in rounds waits for


def asks(permits: Permits, state: State, role: str) -> bool:
    """Say whether an agent of this type owes a status line."""
    return is_ours(role) or role in permits["agents"] or state["agents"]["asked"] == "all"


def shut(permits: Permits, state: State, kind: str, target: str) -> tuple[str, str]:
    """Return the rule and the reason by which an agent's word shuts a demand, ("", "") if none."""
    if kind == "dispatch":
        return _dispatch_shut(permits, state, target)
    writes = kind in WRITES or (kind == "shell" and target not in HARMLESS_EFFECTS)
    if writes and not _is_artifact(state, kind, target):
        role = _closer(permits, state, "edit")
        if role:
            return permits["stage"] + "/blocked", _because(state, role, "edits are shut")
    return "", ""


def _dispatch_shut(permits: Permits, state: State, target: str) -> tuple[str, str]:
    role = _closer(permits, state, target)
    if role:
        why = "`" + short(target) + "` is not to be sent"
        return permits["stage"] + "/blocked", _because(state, role, why)
    if target in permits["agents"]:
        for role in permits["agents"][target]["needs"]:
            if not has_said_done(state, role):
                why = "`" + short(target) + "` is sent after `" + short(role) + "` returned DONE"
                return permits["stage"] + "/needs", why + _on_this(permits, role)
    return "", ""


def _on_this(permits: Permits, role: str) -> str:
    agent = permits["agents"].get(role)
    return " on exactly this tree" if agent and agent["independent"] else ""


def _closer(permits: Permits, state: State, what: str) -> str:
    """Return the role whose word closes `what`, "" where none does."""
    for role, agent in permits["agents"].items():
        if what in agent["closes"] and is_closing(state, role):
            return role
    return ""


def is_closing(state: State, role: str) -> bool:
    """Say whether the last word of a role closes what is downstream of it."""
    standing = state["statuses"].get(role)
    if standing is None or standing["word"] not in CLOSES:
        return False
    return not _is_waived(state, role)


def has_said_done(state: State, role: str) -> bool:
    """Say whether the last word of a role opens what is downstream of it."""
    standing = state["statuses"].get(role)
    return _is_waived(state, role) or (standing is not None and standing["word"] in OPENS)


def _is_waived(state: State, what: str) -> bool:
    names = [short(what)]
    if what in state["exit"]["needs"] and state["exit"].get("reviews"):
        names.append(REVIEWERS)
    return any(waiver["what"] in names for waiver in state["waivers"])


def _because(state: State, role: str, so: str) -> str:
    standing = state["statuses"][role]
    return (
        so + ": `" + short(role) + "` returned " + standing["word"] + " (" + standing["why"] + "); "
        "it opens when " + short(role) + " returns DONE"
    )


def _is_artifact(state: State, kind: str, target: str) -> bool:
    at = state["artifacts_at"] + "/"
    return kind in WRITES and (target + "/").startswith(at)


def on_tree(permits: Permits, state: State, tree: str) -> State:
    """Drop what independent reviewers said of another tree than `tree`: it was about that one."""
    statuses = {
        role: standing
        for role, standing in state["statuses"].items()
        if standing["word"] not in OPENS
        or not is_independent(permits, role)
        or standing["tree"] == tree
    }
    after = state.copy()
    after["statuses"] = statuses
    return after


def asks_for_tree(permits: Permits, target: str) -> bool:
    """Say whether sending this agent depends on what was said of exactly this tree."""
    agent = permits["agents"].get(target)
    return agent is not None and any(is_independent(permits, role) for role in agent["needs"])


def is_independent(permits: Permits, role: str) -> bool:
    """Say whether a role judges by stagelock's packet, anew each time."""
    agent = permits["agents"].get(role)
    return agent is not None and agent["independent"]


def again(permits: Permits, state: State, role: str, prompt: str) -> tuple[str, str]:
    """Return why a role may not be sent again like this, ("", "") where it may.

    `prompt` is the digest of what it would be told.
    """
    standing = state["statuses"].get(role)
    if (
        standing
        and standing["word"] == CONTEXT
        and standing["own"]
        and standing["prompt"] == prompt
        and not _is_waived(state, role)
    ):
        return permits["stage"] + "/new-context", (
            "`" + short(role) + "` was told the same and asked: " + standing["why"]
        )
    spent = is_retry(permits, state, role) and state["retries"] >= MOST_RETRIES
    if spent and not _is_waived(state, RETRIES):
        return permits["stage"] + "/" + RETRIES, (
            "`" + short(role) + "` was sent back " + str(MOST_RETRIES) + " times; a person decides"
        )
    return "", ""


def is_retry(permits: Permits, state: State, role: str) -> bool:
    """Say whether sending this role answers a review that said no."""
    order = permits["agents"].get(role)
    if not order or order["independent"]:
        return False
    if not any(is_independent(permits, other) for other in order["closes"]):
        return False
    return any(
        standing["word"] == BLOCKED and is_independent(permits, other)
        for other, standing in state["statuses"].items()
    )


def supersedes(before: Standing | None, agent: str, started: float) -> bool:
    """Say whether an agent that started then may take back what stands.

    INVARIANT: an agent that was under way when another of its role said no clears nothing.
    """
    if before is None or before["word"] in OPENS or before["agent"] == agent:
        return True
    return started >= before["at"]


def gate_held(permits: Permits, state: State) -> list[Problem]:
    """List the agents that hold the gate; `/waive` takes their names."""
    word = state["statuses"]
    held: list[Problem] = [
        {
            "what": short(role),
            "why": "`"
            + short(role)
            + "` returned "
            + word[role]["word"]
            + ": "
            + word[role]["why"],
        }
        for role, order in permits["agents"].items()
        if "gate" in order["closes"] and is_closing(state, role)
    ]
    for role in state["exit"]["needs"]:
        if not has_said_done(state, role) and short(role) not in [it["what"] for it in held]:
            why = "this gate waits for `" + short(role) + "` to return DONE"
            held.append({"what": short(role), "why": why + _on_this(permits, role)})
    return held


def waivable(permits: Permits, state: State) -> list[str]:
    """Name what `/waive` lifts: words that close, roles that are waited for, spent tries."""
    roles = [role for role in permits["agents"] if is_closing(state, role)]
    roles += [role for role in state["exit"]["needs"] if not has_said_done(state, role)]
    for order in permits["agents"].values():
        roles += [role for role in order["needs"] if not has_said_done(state, role)]
    spent = [RETRIES] if state["retries"] >= MOST_RETRIES else []
    spent += [REVIEWERS] if state["exit"].get("reviews") else []
    return sorted({short(role) for role in roles}) + spent


def concerns(state: State) -> list[str]:
    """List the concerns that a person should see at the gate."""
    return [
        short(role) + ": " + standing["why"]
        for role, standing in state["statuses"].items()
        if standing["word"] == CONCERNS
    ]


_NAMES = {"edit": "edits", "gate": "the gate"}


def say(permits: Permits, state: State, role: str, standing: Standing) -> str:
    """Tell the parent in one line: who, status, what is open now, what is shut and why."""
    told = "`" + short(role) + "`: " + standing["word"]
    if standing["why"]:
        told += " (" + standing["why"] + ")"
    parts = [told]
    now = opened(permits, state)
    if now:
        parts.append("may be sent now: " + ", ".join(now))
    parts += ["shut: " + what for what in closed(permits, state)]
    parts += [_NEXT[standing["word"]]] if standing["word"] in _NEXT else []
    return "; ".join(parts)


_NEXT = {
    CONTEXT: "send it again only with what it asked for",
    BLOCKED: "it reopens when a new one of the same role returns DONE",
}


def closed(permits: Permits, state: State) -> list[str]:
    """List what is shut now and by whom, for the parent's line."""
    told = []
    for role, agent in permits["agents"].items():
        if agent["closes"] and is_closing(state, role):
            what = ", ".join(_NAMES.get(it) or short(it) for it in agent["closes"])
            told.append(what + " (by " + short(role) + ")")
    return told


def opened(permits: Permits, state: State) -> list[str]:
    """List the agents that may be sent now of those that wait for others."""
    return [
        short(role)
        for role, agent in permits["agents"].items()
        if agent["needs"] and not _dispatch_shut(permits, state, role)[0]
    ]
