"""Which calls are looked after, and which changes a stage explains."""

from typing import Any

import pytest

from stagelock.core.decide import is_watched
from stagelock.core.model import Call, Permits, Policy, Rule
from stagelock.core.permits import compile_stage
from stagelock.core.taint import unexplained


def _rule(**of: Any) -> Rule:
    empty = {"id": "x", "tools": [], "shell": [], "paths": [], "roles": ["*"], "because": ""}
    return {**empty, **of}  # type: ignore[typeddict-item]


def _permits(allow: list[Rule], never: list[Rule] | None = None) -> Permits:
    stage: Any = {"allow": allow, "read_first": False}
    policy: Any = {"never": never or [], "always": [], "stages": {"s": stage}, "agents": {}}
    made: Policy = policy
    return compile_stage(made, "s", "the-run", "docs/the-run")


def _call(*demands: tuple[str, str], tool: str = "Bash") -> Call:
    return {
        "tool": tool, "role": "main", "demands": list(demands), "unread": [], "doubt": "", "at": 0,
    }  # fmt: skip


NOTES = _rule(tools=["edit"], paths=["{artifacts}/*.md"])
RUNS = _rule(shell=["read", "run"])
LOCKED = _permits([NOTES, RUNS])


@pytest.mark.parametrize(
    ("call", "watched"),
    [
        (_call(("shell", "read")), False),
        (_call(("shell", "run")), True),
        (_call(("shell", "vcs")), True),
        (_call(("shell", "network")), True),
        (_call(("shell", "opaque")), True),
        (_call(("shell", "read"), ("shell-write", "docs/the-run/a.md")), False),
        (_call(("shell", "run"), ("shell-write", "docs/the-run/a.md")), True),
        (_call(("edit", "docs/the-run/a.md"), tool="Write"), False),
        (_call(("read", "src/app.py"), tool="Read"), False),
        (_call(("dispatch", "Agent"), tool="Agent"), False),
        (_call(("mcp", "mcp__x__y"), tool="mcp__x__y"), True),
        (_call(("read", "src/app.py"), tool="mcp__files__read"), True),
        (_call(("unknown", "New"), tool="New"), True),
    ],
)
def test_what_nothing_proved_harmless_is_looked_after(call: Call, watched: bool) -> None:
    assert is_watched(LOCKED, call) == watched


@pytest.mark.parametrize(
    ("allow", "never", "watched"),
    [
        ([RUNS], [], True),
        ([NOTES, RUNS], [], True),
        ([_rule(tools=["edit"]), RUNS], [], False),
        ([_rule(tools=["edit"], paths=["**"]), RUNS], [], False),
        ([_rule(tools=["edit"], paths=["**"], roles=["builder"]), RUNS], [], False),
        ([_rule(tools=["edit"], paths=["**/*.md"]), RUNS], [], True),
        ([NOTES, _rule(shell=["run", "opaque"])], [], False),
        ([_rule(tools=["edit"]), RUNS], [_rule(tools=["edit"], paths=["tests/**"])], True),
        ([_rule(tools=["edit"]), RUNS], [_rule(tools=["publish"])], False),
    ],
)
def test_only_a_stage_that_does_not_let_everything_be_written_is_looked_at(
    allow: list[Rule], never: list[Rule], watched: bool
) -> None:
    assert is_watched(_permits(allow, never), _call(("shell", "run"))) == watched


@pytest.mark.parametrize(
    ("allow", "never", "path", "explained"),
    [
        ([NOTES, RUNS], [], "docs/the-run/a.md", True),
        ([NOTES, RUNS], [], "docs/the-run/deep/a.md", False),
        ([NOTES, RUNS], [], "src/app.py", False),
        ([NOTES, RUNS], [], "src/__pycache__/app.pyc", True),
        ([NOTES, RUNS], [], ".coverage", True),
        ([NOTES, RUNS], [], "./odd:/file", False),
        ([_rule(tools=["edit"], paths=["src/**"], roles=["builder"])], [], "src/app.py", True),
        ([_rule(tools=["Write"], paths=["src/**"])], [], "src/app.py", True),
        ([_rule(tools=["edit"])], [_rule(tools=["edit"], paths=["tests/**"])], "src/a", True),
        ([_rule(tools=["edit"])], [_rule(tools=["edit"], paths=["tests/**"])], "tests/a", False),
        ([_rule(shell=["opaque"])], [_rule(tools=["edit"], paths=["tests/**"])], "src/a", True),
        ([_rule(shell=["opaque"])], [_rule(tools=["edit"], paths=["tests/**"])], "tests/a", False),
        ([_rule(tools=["edit"])], [], ".claude/settings.json", False),
    ],
)
def test_a_change_is_explained_by_what_the_stage_opens_to_anyone(
    allow: list[Rule], never: list[Rule], path: str, explained: bool
) -> None:
    assert (unexplained([_permits(allow, never)], [path]) == []) == explained


def test_a_change_is_explained_where_either_stage_opens_it() -> None:
    other = _permits([_rule(tools=["edit"], paths=["src/**"])])
    assert unexplained([LOCKED, other], ["src/a", "docs/the-run/a.md", "b"]) == ["b"]
