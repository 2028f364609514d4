"""The permissions of one stage, compiled from the policy for one run."""

from __future__ import annotations

from .evidence import needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import Check, Exit, Index, Permits, Policy, Rule, Stage

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
        "never": _index(never, names),
        "allow": _index(allow, names),
        "because": {rule["id"]: rule["because"] for rule in never if rule["because"]},
        "agents": policy["agents"],
        "roles": sorted({role for rule in never + allow for role in rule["roles"]}),
        "open": _open(own, names),
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
        "owes": here.get("owes", []),
        "commits": here.get("commits", ""),
    }


def _checks(stage: Stage, checks: list[Check]) -> list[str]:
    """Name what the stage owes; one that it names and nobody declared is owed all the same."""
    named = stage["checks"]
    return needed("stage", checks) if isinstance(named, str) else list(named)


def _index(rules: list[Rule], names: dict[str, str]) -> Index:
    index: Index = {"tools": {}, "shell": {}, "paths": {}}
    for rule in rules:
        for effect in rule["shell"]:
            index["shell"].setdefault(effect, []).append((rule["id"], rule["roles"]))
        for tool in rule["tools"]:
            globs = rule["agents"] if tool == "dispatch" else rule["paths"]
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


def _open(rules: list[Rule], names: dict[str, str]) -> list[str]:
    """What a refusal may name as open: the places this stage may write."""
    seen: list[str] = []
    for rule in rules:
        if "edit" in rule["tools"]:
            for glob in rule["paths"] or ["**"]:
                place = _resolve(glob, names)
                if place not in seen:
                    seen.append(place)
    return seen[:NAMED]


def _resolve(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text
