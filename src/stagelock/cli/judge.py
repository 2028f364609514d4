"""Put one call before the gate as a hook would, without a run: for case tables."""

from typing import Any

from stagelock.core import step
from stagelock.core.decide import decide
from stagelock.core.model import Findings, Person, Policy, Standing
from stagelock.core.tools import TOOLS
from stagelock.hook.call import to_call
from stagelock.store import home, library, runs

TREE = "/stagelock-cases/tree"  # does not exist: a table speaks of rules, not of files
FOUND: Findings = {"tamper": "", "stale": [], "mixed": False, "early": "", "unverified": []}
PERSON: Person = {"by": "", "door": "", "session": "", "at": "", "now": 0, "head": ""}


def judge(
    policy: Policy,
    stage: str,
    role: str,
    tool: str,
    target: Any,
    statuses: dict[str, str] | None = None,
) -> tuple[str, str]:
    """Return `allow` or `deny` and the rule; `target` is a path, a command or the whole input.

    `statuses` is what agents returned before, each on the tree as it is.
    """
    state, _ = step.start(
        policy,
        runs.pin(policy),
        "the-run",
        "",
        stage,
        library.defaults(),
        PERSON,
    )
    state["statuses"] = {name: _standing(word) for name, word in (statuses or {}).items()}
    given = target if isinstance(target, dict) else _input(tool, target)
    payload: dict[str, Any] = {"tool_name": tool, "tool_input": given}
    if role != "main":
        payload |= {"agent_id": "a", "agent_type": role}
    call = to_call(
        {"home": home.state_home(), "tree": TREE, "payload": payload, "session": "", "cwd": TREE},
        state,
    )
    decision = decide(state["permits"], state, FOUND, call)
    return ("allow" if decision["allow"] else "deny"), decision["rule"]


def _standing(word: str) -> Standing:
    return {
        "word": word, "why": "", "tree": "", "agent": "", "prompt": "", "own": True, "at": 0,
    }  # fmt: skip


def _input(tool: str, target: Any) -> dict[str, Any]:
    argument = TOOLS[tool][1] if tool in TOOLS else ""
    return {argument: str(target)} if argument else {}
