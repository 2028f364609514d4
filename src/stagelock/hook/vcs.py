"""The gates of commit, push and release: what a call asks for, and whether its checks hold now."""

from __future__ import annotations

from stagelock.core.evidence import BEFORE, SILENCED, gate_of, stays
from stagelock.store import evidence

ALONE = {"read", "vcs", "network"}  # what may stand beside a commit in one call
# and before it, since these leave the files as they are
KEEPS = ("git add", "git commit", "git push", "git tag", "git fetch")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Call, Findings, State

    from .seen import Seen


def look(seen: Seen, state: State, call: Call, findings: Findings) -> None:
    """Find out which checks the call takes, and why each that does not hold does not."""
    targets = [target for kind, target in call["demands"] if kind == "vcs"]
    names, is_strict = _taken(state, targets), _refuses_silence(state, targets)
    if not names and not is_strict:
        return
    findings["mixed"] = is_mixed(seen)
    problems = evidence.problems(seen["home"], seen["tree"], state, names)
    if is_strict:
        problems += evidence.silenced(seen["home"], seen["tree"], state)
    findings["unverified"] = [problem["why"] for problem in problems]


def _refuses_silence(state: State, targets: list[str]) -> bool:
    is_asked = any(gate_of(target) in state["exit"]["vcs"] for target in targets)
    is_waived = any(waiver["what"] == SILENCED for waiver in state["waivers"])
    return is_asked and not is_waived and evidence.refuses_silence(state)


def is_mixed(seen: Seen) -> bool:
    """Say whether a command may change the tree between the look and what stands behind it."""
    from stagelock.core.shell.reading import read_command
    from stagelock.core.shell.vcs_words import asked, is_alone

    given = seen["payload"].get("tool_input")
    command = str(given.get("command", "")) if isinstance(given, dict) else ""
    reading = read_command(command)
    if reading["reason"]:
        return not (is_alone(command, "git") or is_alone(command, "gh"))
    if reading["writes"] or not ALONE.issuperset(reading["effects"]):
        return True
    parts = [part["text"] for part in reading["parts"] if part["effect"] == "vcs"]
    gated = [n for n, text in enumerate(parts) if any(map(gate_of, asked(text)))]
    return not all(_keeps(text) for text in parts[: max(gated, default=0)])


def _keeps(text: str) -> bool:
    """Say whether a git command leaves the files of the tree as they are."""
    return " ".join(text.split()[:2]) in KEEPS


def refused(seen: Seen, state: State, target: str) -> str:
    """Count a try against failed checks; returns what that adds to the refusal."""
    failed = [
        name
        for name in _taken(state, [target])
        if name in state["evidence"]
        and state["evidence"][name]["exit"] != 0
        and not stays(state["evidence"][name], state["evidence"].get(BEFORE + name))
    ]
    if not failed:
        return ""
    from . import witness

    told = witness.tried(seen, state, gate_of(target), failed, "")
    return "".join("\n" + line for line in told)


def _taken(state: State, targets: list[str]) -> list[str]:
    """Name the checks that the gates of `targets` take; those a person waived aside."""
    waived = {waiver["what"] for waiver in state["waivers"]}
    wanted = {name for target in targets for name in state["exit"]["vcs"].get(gate_of(target), ())}
    return [check["name"] for check in state["checks"] if check["name"] in wanted - waived]
