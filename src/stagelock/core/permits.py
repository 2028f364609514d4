"""The permissions of one stage, compiled from the policy for one run."""

from __future__ import annotations

from .evidence import needed
from .fix.test_files import of, spelled
from .tools import is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import AgentOrder, Check, Exit, Index, Permits, Policy, Rule, Stage

WILD = "*?"
ATTEMPTS = 3  # how often a gate may fail where the stage does not say
NAMED = 8  # how many open places a refusal may name; a list longer than that helps nobody


def compile_stage(
    policy: Policy, stage: str, run: str, artifacts_at: str, scope: list[str] | None = None
) -> Permits:
    """Resolve `{run}` and `{artifacts}` and index the rules of `stage` by what they speak of.

    The index makes the cost of a decision independent of how many rules a workflow has: a path is
    looked up by its first segment, a tool by its name. `scope` is what an open hypothesis opens.
    """
    names = {"{run}": run, "{artifacts}": artifacts_at}
    here = policy["stages"][stage]
    own = here["allow"] + ([_scope_rule(stage, scope)] if scope else [])
    allow = policy["always"] + own
    never = policy["never"] + here.get("never", [])  # a policy pinned before had none of its own
    return {
        "stage": stage,
        "never": _index(policy, never, names),
        "allow": _index(policy, allow, names),
        "because": {rule["id"]: rule["because"] for rule in never if rule["because"]},
        "agents": _order(policy["agents"], allow),
        "roles": sorted({role for rule in never + allow for role in rule["roles"]}),
        "open": _open(policy, own, names),
        "read_first": here["read_first"],
    }


def _scope_rule(stage: str, scope: list[str]) -> Rule:
    return {
        "id": stage + "/scope",
        "tools": ["edit"],
        "shell": [],
        "paths": scope,
        "roles": ["*"],
        "agents": [],
        "because": "the open hypothesis says so",
    }


def compile_exit(policy: Policy, stage: str, artifacts_at: str, checks: list[Check]) -> Exit:
    """List what leaving `stage` needs: each owed artifact at its path in the tree, each check."""
    here = policy["stages"][stage]
    return {
        "artifacts": [
            {
                "name": name,
                "path": artifacts_at + "/" + policy["artifacts"][name]["path"],
                "sections": policy["artifacts"][name]["sections"],
                "criteria": policy["artifacts"][name]["criteria"],
                "covers": policy["artifacts"][name]["covers"],
                "code": policy["artifacts"][name]["code"],
            }
            for name in here["artifacts"]
        ],
        "gate": here["gate"],
        "next": here["next"],
        "back": here["back"],
        "typed_entry": here["typed_entry"],
        "checks": _checks(here, checks),
        "vcs": {gate: needed(gate, checks) for gate in here["vcs"]},
        "every_failure": here["attempts"] is not None,
        "attempts": here["attempts"] or ATTEMPTS,
        "steps": here["steps"],
        "minutes": here["minutes"],
        "checklist": [item["id"] for item in here["checklist"]],
        "needs": list(here["needs"]),
        "owes": _owed(policy, here.get("owes", [])),
        "tests": of(policy) if here.get("owes") else [],
        "commits": here.get("commits", ""),
        "reviews": here.get("reviews") or "",
    }


def _order(agents: dict[str, AgentOrder], allow: list[Rule]) -> dict[str, AgentOrder]:
    """Return the order of agents here: one that this stage never sends is not waited for."""
    if not any(order["needs"] for order in agents.values()):
        return agents
    sent = {name for rule in allow for name in rule["agents"]}
    found: dict[str, AgentOrder] = {}
    for role, order in agents.items():
        needs = {name: word for name, word in order["needs"].items() if name in sent or "*" in sent}
        needs = {name: word for name, word in needs.items() if name in sent or not is_ours(name)}
        found[role] = order if needs == order["needs"] else {**order, "needs": needs}
    return found


def _owed(policy: Policy, owes: list[str]) -> list[str]:
    """List what must have been seen; a project may switch runs in copies of its tree off."""
    return [what for what in owes if what != "replay" or policy.get("replay", True)]


def _checks(stage: Stage, checks: list[Check]) -> list[str]:
    """Name what the stage owes; one that it names and nobody declared is owed all the same."""
    named = stage["checks"]
    return needed("stage", checks) if isinstance(named, str) else list(named)


def _index(policy: Policy, rules: list[Rule], names: dict[str, str]) -> Index:
    index: Index = {"tools": {}, "shell": {}, "paths": {}}
    for rule in rules:
        for effect in rule["shell"]:
            index["shell"].setdefault(effect, []).append((rule["id"], rule["roles"]))
        for tool in rule["tools"]:
            globs = rule["agents"] if tool == "dispatch" else spelled(rule["paths"], policy)
            if not globs:
                index["tools"].setdefault(tool, []).append((rule["id"], rule["roles"]))
            for glob in globs:
                place = _resolve(glob, names)
                first = place.split("/", 1)[0]
                key = "*" if any(mark in first for mark in WILD) else first
                line = place + "\t" + rule["id"] + "\t" + ",".join(rule["roles"])
                by_first = index["paths"].setdefault(tool, {})
                by_first[key] = by_first[key] + "\n" + line if key in by_first else line
    return index


def _open(policy: Policy, rules: list[Rule], names: dict[str, str]) -> list[str]:
    """What a refusal may name as open: the places this stage may write."""
    seen: list[str] = []
    for rule in rules:
        if "edit" in rule["tools"]:
            for glob in spelled(rule["paths"], policy) or ["**"]:
                place = _resolve(glob, names)
                if place not in seen:
                    seen.append(place)
    return seen[:NAMED]


def _resolve(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text
