"""A first `.stagelock/config.yaml` for a project: short, commented, and right as it stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .detect import Proposal

HEAD = """\
# stagelock: how this repository wants its runs. All of it is optional; what holds, and where each
# value comes from: stagelock config show. For your editor: stagelock config schema
"""
CHECKS = """
# What "done" means here: each command must pass on exactly the tree that is there. It runs only
# after a person accepted it on their machine (stagelock accept); `fast: true` for verify --fast.
checks:
"""
NO_CHECKS = """
# What "done" means here; none was found, so name your own:
# checks:
#   - name: tests
#     command: make test
"""
REST = """
# Where the artifacts of a run lie (design.md, plan.md, ...).
artifacts: docs/stagelock

# At which doors a stage is approved; with `code: true`, /approve wants a one-time code.
# approval: {doors: [typed, dialog, terminal], code: false}
"""


def draft(proposals: Iterable[Proposal]) -> str:
    """Return a config that declares the proposed checks."""
    body = "".join(_check(proposal) for proposal in proposals)
    return HEAD + (CHECKS + body if body else NO_CHECKS) + REST


def added(text: str, proposals: Iterable[Proposal]) -> str:
    """Return an existing config with the checks it lacks; "" where that is done by hand.

    Only a text without any `checks` is added to: into a list that a person wrote, nothing is put.
    """
    data = _data(text)
    if data is None or "checks" in data:
        return ""
    body = "".join(_check(proposal) for proposal in proposals)
    return text.rstrip("\n") + "\n" + CHECKS + body if body else text


def undeclared(text: str, proposals: Iterable[Proposal]) -> list[Proposal]:
    """Return the proposals whose command a config does not declare."""
    data = _data(text) or {}
    checks = data.get("checks")
    declared = (
        [c.get("command") for c in checks if isinstance(c, dict)]
        if isinstance(checks, list)
        else []
    )
    return [proposal for proposal in proposals if proposal.command not in declared]


def _data(text: str) -> dict[str, object] | None:
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if data is None:
        return {}
    return data if isinstance(data, dict) else None


def _check(proposal: Proposal) -> str:
    why = "".join(c if c.isprintable() else " " for c in f"{proposal.at} {proposal.why}")
    fast = "    fast: true\n" if proposal.fast else ""
    return f"  # {why}\n  - name: {proposal.name}\n    command: {_quoted(proposal.command)}\n{fast}"


def _quoted(command: str) -> str:
    """Write a command as YAML reads it back: plain where that is the same text, else as JSON."""
    try:
        plain = yaml.safe_load(f"a: {command}") == {"a": command} and command.isprintable()
    except yaml.YAMLError:
        plain = False
    return command if plain else json.dumps(command, ensure_ascii=False)
