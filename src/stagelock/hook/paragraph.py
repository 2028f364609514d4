"""Where the run stands, in one short paragraph for the agent, and in a title for the person."""

from __future__ import annotations

from stagelock.core.taint import because
from stagelock.store.files import exists
from stagelock.store.library import PACKAGE

from .brief import of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Policy, State


def for_agent(state: State, policy: Policy) -> str:
    """Tell an agent, which sees none of the conversation, which stage holds it."""
    stage = policy["stages"][state["stage"]]
    parts = [
        "[stagelock] You work in run `" + state["run"] + "`, stage `" + state["stage"] + "`: "
        + _sentence(stage["purpose"]),
        "Must not: " + _sentence(stage["must_not"]),
        "Open to edits: " + (", ".join(state["permits"]["open"]) or "nothing") + ".",
    ]  # fmt: skip
    brief = of(state)
    if brief:
        parts.append("Your brief is " + brief + "; Read it before your first change.")
    return " ".join(parts)


def paragraph(state: State, policy: Policy, stale: list[str]) -> str:
    """Tell run, stage, what is owed, what is open, and what ends the stage."""
    stage = policy["stages"][state["stage"]]
    owed = [
        artifact["path"] + _template(artifact["name"]) for artifact in state["exit"]["artifacts"]
    ]
    places = state["permits"]["open"]
    about = " (" + state["topic"] + ")" if state["topic"] else ""
    parts = [
        "[stagelock] run `"
        + state["run"]
        + "`"
        + about
        + ", workflow "
        + state["workflow"]
        + ", stage `"
        + state["stage"]
        + "`: "
        + _sentence(stage["purpose"]),
        "Owed: " + (", ".join(owed) if owed else stage["produces"].rstrip(".")) + ".",
        "Open to edits: " + (", ".join(places) if places else "nothing") + ".",
        "Must not: " + _sentence(stage["must_not"]),
        _exit(state),
    ]
    if stage["checklist"]:
        items = ", ".join(item["id"] + " " + item["text"] for item in stage["checklist"])
        parts.insert(
            2,
            "Checklist (skip or run side by side as fits; close with which are done, which "
            "skipped and why): " + items + ".",
        )
    checks = _checks(state, policy)
    if checks:
        parts.insert(-1, checks)
    if stage["minutes"]:
        target, cap = stage["minutes"]["target"], stage["minutes"]["cap"]
        parts.append("Meant to take " + str(target) + " minutes, " + str(cap) + " at most.")
    if "green" in state["exit"].get("owes", ()) or "hypothesis" in state["exit"].get("owes", ()):
        from stagelock.core.fix.hypothesis import said  # only in a bug hunt

        parts += said(state)
    if state.get("rounds"):
        from stagelock.core.agents.rounds import last_why  # only where a review failed

        why = last_why(state)
        parts += ["Revise what it owes: " + why + "."] if why else []
    if stale:
        parts.append(
            "Changed after approval, so what builds on it is shut: " + ", ".join(stale) + "."
        )
    taint = state.get("taint")
    if taint:
        parts.append(
            "Tainted, so nothing that writes is open: "
            + because(taint["paths"], taint["count"])
            + "; your human runs `stagelock restore`, or types /waive tainted REASON."
        )
    if state["off_until"]:
        parts.append("A pause by /off may be in force.")
    return " ".join(parts)


def _exit(state: State) -> str:
    names = state["exit"]["next"]
    then = "`" + "` or `".join(names) + "`" if names else "the end of the run"
    first = [role.rpartition(":")[2] for role in state["exit"]["needs"]]
    waits = "It waits for DONE from: " + ", ".join(first) + ". " if first else ""
    if state["exit"]["gate"] == "human":
        return (
            waits
            + "Only your human ends this stage, by typing /approve (then "
            + then
            + "); when it is "
            "ready, say so and end your turn, or call AskUserQuestion with one question whose "
            "header is `stagelock`, and stagelock will ask for you."
        )
    return waits + "It ends when your reply's last line is STATUS: DONE (then " + then + ")."


def _checks(state: State, policy: Policy) -> str:
    """Say which checks the stage takes, and how they come to count."""
    stage = policy["stages"][state["stage"]]
    if not stage["checks"] and not stage["vcs"]:
        return ""
    if not state["checks"]:
        return "This project declares no checks, so no gate here can ask for evidence."
    named = [check["name"] + " (`" + check["command"] + "`)" for check in state["checks"]]
    gates = ["done"] if state["exit"]["checks"] else []
    gates += [gate for gate, names in state["exit"]["vcs"].items() if names]
    return (
        "Checks: " + ", ".join(named) + ". They count when the client ran exactly that command, or "
        "`stagelock verify`, and not a byte changed since; " + " and ".join(gates)
        + (" stands" if len(gates) == 1 else " stand") + " behind them."
    )  # fmt: skip


def _template(name: str) -> str:
    """Name the shipped template of an artifact, for the agent to read."""
    path = PACKAGE + "workflows/templates/" + name + ".md"
    return " (template: " + path + ")" if exists(path) else ""


def _sentence(text: str) -> str:
    return text.rstrip(".") + "."
