"""`stagelock status`: where the run stands and what it waits for."""

import json
import time
from typing import Any

import click

from stagelock.core.fix import hypothesis
from stagelock.core.model import Policy, State
from stagelock.core.taint import shown
from stagelock.store import artifacts, evidence, moves, runs
from stagelock.store.clock import seconds, stamp
from stagelock.store.plan import units

from . import here
from .chart import picture
from .doctor import hooks_answer
from .plain import duration, plain
from .surroundings import plugin_files, settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--rules", is_flag=True, help="Also every rule of this stage.")
def status(*, as_json: bool, rules: bool) -> None:
    """Show where the run stands, what the exit needs and what is open."""
    tree = here.live_tree()
    if not tree:
        idle = "no run is live here; in Claude Code, type: /work TOPIC"
        click.echo(json.dumps({"live": False}) if as_json else idle)
        return
    told = _told(here.state_home(), tree)
    click.echo(json.dumps(told, indent=1) if as_json else _text(told, rules=rules))


def _told(home: str, tree: str) -> dict[str, Any]:
    state, tamper = runs.look(home, tree)
    if state is None:
        return {"live": True, "tree": tree, "tamper": tamper}
    policy = runs.policy_of(home, tree, state)
    taint = state.get("taint")
    return {
        "live": True,
        "tree": tree,
        "tamper": tamper,
        "run": state["run"],
        "topic": state["topic"],
        "workflow": state["workflow"],
        "stage": state["stage"],
        "entered": state["entered"],
        "stages": list(policy["stages"]),
        "picture": picture(policy, state["stage"]),
        "minutes": _minutes(policy, state),
        "hooks": _hooks(home, tree),
        "gate": state["exit"]["gate"],
        "next": state["exit"]["next"],
        "owes": [artifact["path"] for artifact in state["exit"]["artifacts"]],
        "missing": _missing(home, tree, policy, state),
        "checks": [check["name"] for check in state["checks"]],
        "shown": evidence.shown(home, tree, state),
        "escalated": state["escalated"],
        "units": units.standing(home, tree, state) if state.get("units") else [],
        "waits": units.news(home, tree, state) if units.is_live(state) else [],
        "tried": [hypothesis.told(it) for it in hypothesis.of(state)],
        "open": state["permits"]["open"],
        "policy": _effective(policy, state["stage"]),
        "approved": [
            {"stage": a["stage"], "path": a["path"], "sha256": a["sha256"]}
            for a in state["approved"]
        ],
        "taint": [shown(path) for path in taint["paths"]] if taint else None,
        "stale": artifacts.stale(tree, state),
        "waivers": state["waivers"],
        "off_until": stamp(state["off_until"]) if state["off_until"] > time.time() else "",
        "off_for": _off_for(state),
        "off_reason": state["off_reason"] if state["off_until"] > time.time() else "",
    }


def _hooks(home: str, tree: str) -> str:
    """Say whether the hooks are on: what switches them off, else when they answered last."""
    faults = [found for found in (settings(tree), plugin_files()) if found.order == "ill"]
    if faults:
        return f"OFF for sessions from now on: {plain(faults[0].told)}; {plain(faults[0].cure)}"
    return hooks_answer(home, tree, time.time()).told


def _off_for(state: State) -> str:
    """Say whom a pause that is in force is for, "" where it is for everyone."""
    pause = state.get("pause")
    if not pause or state["off_until"] <= time.time():
        return ""
    return f"one {'prompt of ' if pause['prompt'] else ''}session {plain(pause['session'])[:8]}"


def _minutes(policy: Policy, state: State) -> dict[str, int]:
    """Return the minutes spent in the stage, and those meant for it."""
    spent = int((time.time() - seconds(state["entered"])) // 60)
    meant = policy["stages"][state["stage"]]["minutes"]
    return {"spent": spent, **({"target": meant["target"], "cap": meant["cap"]} if meant else {})}


def _missing(home: str, tree: str, policy: Policy, state: State) -> list[dict[str, str]]:
    found = artifacts.lacks(tree, policy, state, artifacts.owed(tree, state))
    found += moves.unverified(home, tree, state) + units.holding(home, tree, state)
    return [{"what": problem["what"], "why": problem["why"]} for problem in found]


def _effective(policy: Policy, stage: str) -> list[dict[str, Any]]:
    return [
        {
            "rule": rule["id"],
            "allows": rule["tools"] + [f"shell:{effect}" for effect in rule["shell"]],
            "paths": rule["paths"],
        }
        for rule in policy["always"] + policy["stages"][stage]["allow"]
    ]


def _text(told: dict[str, Any], *, rules: bool) -> str:
    if "stage" not in told:
        return (
            f"the run's records were changed from outside ({told['tamper']}); "
            "put them right with: stagelock doctor --repair"
        )
    gate = "ends by /approve" if told["gate"] == "human" else "ends by STATUS: DONE"
    first, *below = told["picture"]
    lines = [
        f"run    {told['run']}  ({told['workflow']}: {plain(told['topic']) or 'no topic'})",
        f"stage  {first}",
        *[f"       {line}" for line in below],
        f"since  {told['entered']}, {_clock(told['minutes'])}",
        f"exit   {gate}, then {' or '.join(told['next']) or 'the run ends'}",
        f"open   {', '.join(told['open']) or 'reading'}",
    ]
    lines += [f"owes   {path}" for path in told["owes"]]
    lines += [f"lacks  {plain(problem['why'])}" for problem in told["missing"]]
    if not told["checks"]:
        lines.append("checks none are declared, so no gate asks for evidence")
    lines += [f"shown  {plain(line)}" for line in told["shown"]]
    lines += [f"tried  {plain(line)}" for line in told["tried"]]
    lines += [f"unit   {plain(line)}" for line in told["units"]]
    lines += [f"waits  {plain(line)}" for line in told["waits"]]
    if told["escalated"]:
        lines.append(f"stuck  {plain(told['escalated'])} (.stagelock/evidence/escalation.md)")
    for entry in told["approved"]:
        lines.append(
            f"held   {entry['path']} approved in {entry['stage']} ({entry['sha256'][:12]})"
        )
    lines += [f"stale  {path} changed after its approval" for path in told["stale"]]
    if told["taint"] is not None:
        named = plain(", ".join(told["taint"])) or "unknown"
        lines.append(f"taint  {named}: stagelock restore")
    lines += [f"waived {waiver['what']}: {plain(waiver['reason'])}" for waiver in told["waivers"]]
    if told["off_until"]:
        whom = f"for {told['off_for']}, at most " if told["off_for"] else ""
        lines.append(f"off    {whom}until {told['off_until']}: {plain(told['off_reason'])}")
    if told["tamper"]:
        lines.append(f"tamper {told['tamper']}: stagelock doctor --repair")
    lines.append(f"hooks  {told['hooks']}")
    return "\n".join([*lines, *(_rules(told) if rules else [])])


def _clock(minutes: dict[str, int]) -> str:
    spent = duration(60 * minutes["spent"])
    if "target" not in minutes:
        return f"{spent} ago"
    if minutes["spent"] >= minutes["cap"]:
        return f"{spent} ago: OVER the cap of {minutes['cap']}m"
    over = "over the target" if minutes["spent"] >= minutes["target"] else "of the target"
    return f"{spent} {over} of {minutes['target']}m (cap {minutes['cap']}m)"


def _rules(told: dict[str, Any]) -> list[str]:
    return [
        f"rule   {rule['rule']}: {', '.join(rule['allows'])}"
        + (f" in {', '.join(rule['paths'])}" if rule["paths"] else "")
        for rule in told["policy"]
    ]
