"""May this call run now? The one place that answers."""

from __future__ import annotations

from .globs import matches
from .protected import BYPASSES, DOORS, PROTECTED
from .tools import GROUPS, HARMLESS, TOOLS, is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import Call, Decision, Demand, Findings, Index, Permits, State


PACKETS = ".stagelock/packets/"  # what reviewers are given to read
# Effects of a command that may change files the reader does not see.
UNSEEN = ("run", "vcs", "network", "opaque")
STEPS = ("vcs", "edit", "shell-write")  # the demands that a step of a pipeline can be


def decide(permits: Permits, state: State, findings: Findings, call: Call) -> Decision:
    """Answer one call: deny by default, `never` beats `allow`, and always name the rule.

    Pure and total: it reads its arguments, changes none of them and raises nothing on data that
    the store has accepted. The order is the order of trust: stagelock's own keys first, then
    whether the records can be believed, then a person's pause, then the stage.
    """
    stage = permits["stage"]
    for kind, target in call["demands"]:
        rule, because = _forbidden(kind, target, call, permits)
        if rule:
            return _deny(rule, because, kind, target)
    refused = _untrusted(findings, call)
    if refused:
        return refused
    if state["off_until"] > call["at"] and _is_paused(state, call):
        return _allow("off", call)
    stuck = _stuck(state, call)
    if stuck:
        return _deny(stage + "/escalated", state["escalated"], *stuck)
    refused = _beyond(permits, state, call)
    if refused:
        return refused
    decided = ""
    role = _standing_role(permits, call["role"])
    for kind, target in call["demands"]:
        rule = _allowed(permits["allow"], kind, target, role, call["tool"])
        if not rule:
            return _deny(stage + "/otherwise", call["doubt"], kind, target)
        shut, because = _shut(state, findings, kind, target)
        if shut:
            return _deny(stage + shut, because, kind, target)
        decided = decided or rule
    return _all_allowed(permits, state, findings, call, decided)


def is_meant(state: State, session: str, prompt: str) -> bool:
    """Say whether the pause of this state is meant for this session, and for this prompt of it."""
    pause = state.get("pause")
    return not pause or (pause["session"] == session and pause["prompt"] in ("", prompt))


def _is_paused(state: State, call: Call) -> bool:
    return is_meant(state, call.get("session", ""), call.get("prompt", ""))


def _stuck(state: State, call: Call) -> Demand | None:
    """Return what must wait until a person decides on an escalated run."""
    for kind, target in call["demands"] if state["escalated"] else ():
        if not _harmless(kind, target) and not _mends(state, kind, target):
            return kind, target
    return None


def _all_allowed(
    permits: Permits, state: State, findings: Findings, call: Call, decided: str
) -> Decision:
    """Hold a call whose every demand is allowed against what it must bring along."""
    stage = permits["stage"]
    if findings["early"]:
        return _deny(stage + "/out-of-order", findings["early"], *_step(call))
    unverified = _unverified(findings)
    if unverified:
        return _deny(stage + "/unverified", unverified, "vcs", _vcs(call))
    refused = _held_back(permits, state, call)
    if refused:
        return refused
    if not decided:
        return _deny(stage + "/otherwise", "the call names no target", "unknown", call["tool"])
    return _allow(decided, call)


def is_harmless(call: Call) -> bool:
    """Say whether a call only looks, asks or takes notes."""
    return all(_harmless(kind, target) for kind, target in call["demands"])


def is_watched(permits: Permits, call: Call) -> bool:
    """Say whether an allowed call is to be followed by a look at the tree.

    Not in a stage where everything may be written: there every change is explained.
    """
    for kind, target in call["demands"]:
        unseen = target in UNSEEN if kind == "shell" else kind in ("mcp", "unknown", "vcs")
        # a person may declare that an MCP tool only reads; that is their word, not a proof
        if unseen or call["tool"].startswith("mcp__"):
            from .taint import opens_all  # only then

            return not opens_all(permits)
    return False


def may_change(permits: Permits, path: str) -> bool:
    """Say whether this stage lets any role change `path`, by a tool that edits or by a command."""
    if _protected(path)[0]:
        return False
    allow, never = permits["allow"], permits["never"]
    return any(
        _allowed(allow, kind, path, role, tool) and not _allowed(never, kind, path, role, tool)
        for kind, tool in _WRITERS
        for role in _roles(allow)
    )


_WRITERS = (
    *(("edit", tool) for tool, (kind, _) in TOOLS.items() if kind == "edit"),
    ("shell-write", "Bash"),
)


def _roles(index: Index) -> set[str]:
    roles = {"main"}
    for rules in (*index["tools"].values(), *index["shell"].values()):
        roles.update(role for _, named in rules for role in named)
    for by_first in index["paths"].values():
        for lines in by_first.values():
            for line in lines.split("\n"):
                roles.update(line.split("\t")[2].split(","))
    return roles


def _shut(state: State, findings: Findings, kind: str, target: str) -> tuple[str, str]:
    """Return the rule that shuts what the stage allows, and why: something must be mended first."""
    taint = state.get("taint")
    if _harmless(kind, target):
        return "", ""
    if taint:
        from .taint import because  # only in a run that is tainted

        return "/tainted", because(taint["paths"], taint["count"])
    if findings["stale"] and not _mends(state, kind, target):
        return "/approval-stale", "approved, then changed: " + ", ".join(findings["stale"])
    return "", ""


def _forbidden(kind: str, target: str, call: Call, permits: Permits) -> tuple[str, str]:
    if kind in ("edit", "shell-write", "folder"):
        rule, because = _protected(target)
        if rule:
            return rule, because
    if kind == "skill" and is_door(target):
        return "never/human-door", "only a person opens a gate, by typing the command"
    if kind in ("door", "named"):
        return _NAMED_RULES[kind]
    if kind in BYPASSES:
        return BYPASSES[kind]
    if kind == "dispatch" and call["tool"] == "SendMessage" and _is_judge(permits, target):
        return "never/fresh-review", "a reviewer judges once and alone; send a new one"
    role = _standing_role(permits, call["role"])
    rule = _allowed(permits["never"], kind, target, role, call["tool"])
    return (rule, permits["because"].get(rule, "")) if rule else ("", "")


def _protected(target: str) -> tuple[str, str]:
    path = target.lower().split("/")
    for rule, (globs, because) in PROTECTED.items():
        for glob in globs:
            if matches(glob.split("/"), path):
                return rule, because
    return "", ""


def _untrusted(findings: Findings, call: Call) -> Decision | None:
    """Refuse all that changes anything where the records are not to be believed."""
    for kind, target in call["demands"]:
        if findings["tamper"] and not _harmless(kind, target):
            because = "the run's records are not as stagelock left them"
            return _deny(findings["tamper"], because, kind, target)
    return None


_NAMED_RULES = {
    "door": ("never/human-door", "a command may not start what a person decides with"),
    "named": ("never/stagelock-state", "the command names files that only stagelock writes"),
}


def _beyond(permits: Permits, state: State, call: Call) -> Decision | None:
    """Refuse what is beyond a role, whatever the stage opens."""
    role, at = call["role"], state["artifacts_at"]
    if not is_ours(role):
        return None
    from .agents.roles import beyond, short  # only for our own agents

    for kind, target in call["demands"]:
        because = beyond(role, call["tool"], kind, target, at)
        if not because and kind == "read" and _is_judge(permits, role):
            because = _told_elsewhere(state, target)
        if because:
            return _deny("role/" + short(role), because, kind, target)
    return None


def _told_elsewhere(state: State, target: str) -> str:
    """Say why a judge does not read this: it tells what others said of the work."""
    place = target + "/"
    records = place.startswith((".stagelock/", "client:/")) and not place.startswith(PACKETS)
    written = any(artifact["path"] == target for artifact in state["exit"]["artifacts"])
    return "a reviewer does not read what others said of the work" if records or written else ""


def _shut_by_word(permits: Permits, state: State, call: Call) -> Decision | None:
    """Refuse what an agent's last word has shut."""
    from .agents.standing import shut  # only where an agent was heard, or is to be

    for kind, target in call["demands"]:
        rule, because = shut(permits, state, kind, target)
        if rule:
            return _deny(rule, because, kind, target)
    return None


def _is_judge(permits: Permits, role: str) -> bool:
    order = permits["agents"].get(role)
    return order is not None and order["independent"]


def _held_back(permits: Permits, state: State, call: Call) -> Decision | None:
    """Refuse what an agent's last word has shut, and what was not read before."""
    if state["statuses"] or any(kind == "dispatch" for kind, _ in call["demands"]):
        refused = _shut_by_word(permits, state, call)
        if refused:
            return refused
    if permits["read_first"] and call["unread"]:
        because = "read it in this run before changing it"
        return _deny(permits["stage"] + "/read-first", because, "edit", call["unread"][0])
    return None


def _standing_role(permits: Permits, role: str) -> str:
    """Hold an agent that no rule names as the main thread is held: never more."""
    return role if is_ours(role) or role in permits["roles"] else "main"


def is_door(skill: str) -> bool:
    """Say whether a skill, as a model may spell it, is one by which a person decides."""
    name = skill.strip().lstrip("/").split(" ")[0].lower()
    return name.split(":")[-1] in DOORS and name.split(":")[0] in ("stagelock", *DOORS)


def _unverified(findings: Findings) -> str:
    """Say why a gate of version control stays shut, "" where none is asked or its checks hold."""
    if findings["unverified"]:
        return "; ".join(findings["unverified"])
    if findings["mixed"]:
        return "the same call may change the tree after the look; give it a call of its own"
    return ""


def _step(call: Call) -> Demand:
    return next((d for d in call["demands"] if d[0] in STEPS), ("unknown", call["tool"]))


def _vcs(call: Call) -> str:
    return next((target for kind, target in call["demands"] if kind == "vcs"), call["tool"])


def _harmless(kind: str, target: str) -> bool:
    return kind in HARMLESS or (kind == "shell" and target == "read")


def _mends(state: State, kind: str, target: str) -> bool:
    """Artifacts stay open while an approval is stale: they are how it is mended."""
    return kind in ("edit", "shell-write") and (target + "/").startswith(
        state["artifacts_at"] + "/"
    )


def _allowed(index: Index, kind: str, target: str, role: str, tool: str) -> str:
    """Return the id of the first rule that covers the demand, "" where none does."""
    if kind in ("shell", "vcs"):
        return _by_effect(index, "vcs" if kind == "vcs" else target, role)
    if kind == "folder":
        return _by_effect(index, "opaque", role) or _leads_to(index, target, role)
    if kind == "shell-write":  # where any command may run, so may one that writes
        return _by_effect(index, "opaque", role) or _allowed(index, "edit", target, role, "Edit")
    # a tool that is called like a group is not the group
    for name in (kind,) if tool in GROUPS else (kind, tool):
        for rule, roles in index["tools"].get(name, ()):
            if _holds(roles, role) and (kind != "edit" or _inside(target)):
                return rule
        if name in index["paths"]:
            named_only = kind == "dispatch" and is_ours(target)
            rule = _by_path(index["paths"][name], target.split("/"), role, named_only=named_only)
            if rule:
                return rule
    return ""


def _leads_to(index: Index, target: str, role: str) -> str:
    """Let a folder be made where a file that may be written would need it."""
    for lines in index["paths"].get("edit", {}).values():
        for line in lines.split("\n"):
            glob, rule, roles = line.split("\t")
            if _holds(roles.split(","), role) and glob.startswith(target + "/"):
                return rule
    return _allowed(index, "edit", target + "/x", role, "Edit") if _inside(target) else ""


def _by_effect(index: Index, effect: str, role: str) -> str:
    for rule, roles in index["shell"].get(effect, ()):
        if _holds(roles, role):
            return rule
    return ""


def _by_path(
    by_first: dict[str, str], path: list[str], role: str, *, named_only: bool = False
) -> str:
    # stagelock's own agents are sent where a rule names them: each has its place in the order
    for key in (path[0],) if named_only else (path[0], "*"):
        lines = by_first.get(key)
        for line in lines.split("\n") if lines else ():
            glob, rule, roles = line.split("\t")
            if _holds(roles.split(","), role) and _reaches(glob.split("/"), path):
                return rule
    return ""


def _reaches(segments: list[str], path: list[str]) -> bool:
    # INVARIANT: a glob that starts with a wildcard speaks of the tree, never of what lies outside.
    if segments[0][:1] in "*?" and not _inside("/".join(path)):
        return False
    return matches(segments, path)


def _inside(target: str) -> bool:
    """Say whether a place name lies in the tree."""
    first = target.split("/", 1)[0]
    return first not in ("", "~") and not first.endswith(":")


def _holds(roles: list[str], role: str) -> bool:
    return "*" in roles or role in roles


def _allow(rule: str, call: Call) -> Decision:
    kind, target = call["demands"][0] if call["demands"] else ("unknown", call["tool"])
    return {"allow": True, "rule": rule, "because": "", "kind": kind, "target": target}


def _deny(rule: str, because: str, kind: str, target: str) -> Decision:
    return {"allow": False, "rule": rule, "because": because, "kind": kind, "target": target}
