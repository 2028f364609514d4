"""What holds on every road, not only on those somebody thought of."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelock.cli.judge import PERSON
from stagelock.core import step
from stagelock.core.decide import decide
from stagelock.core.globs import matches
from stagelock.core.model import Call, Policy, State
from stagelock.core.permits import compile_stage
from stagelock.core.shell.reading import read_command
from stagelock.core.tools import GROUPS, TOOLS
from stagelock.store import library, wire

POLICIES = library.library("/nowhere")["policies"]
NAMES = st.sampled_from(sorted(POLICIES))
PARTS = st.sampled_from(
    ["src", "docs", "stagelock", "the-run", "a.md", "a.py", "..", ".", "", ".git", ".stagelock",
     "stage.json", "~", "client:", "plans", "**", "*", "x y", "é", "state:", "plugin:"]
)  # fmt: skip
TARGETS = st.one_of(st.lists(PARTS, max_size=6).map("/".join), st.text(max_size=30))
KINDS = st.one_of(st.sampled_from([*GROUPS, "door", "named", "vcs"]), st.text(max_size=8))
CALLS = st.fixed_dictionaries(
    {
        "tool": st.one_of(st.sampled_from(sorted(TOOLS)), st.text(max_size=12)),
        "role": st.sampled_from(["main", "helper", "stagelock:reviewer", "stagelock:nobody", ""]),
        "demands": st.lists(st.tuples(KINDS, TARGETS), max_size=4),
        "unread": st.lists(TARGETS, max_size=2),
        "doubt": st.sampled_from(["", "a doubt"]),
        "at": st.floats(min_value=0, max_value=1e10),
    }
)
NOTHING: Any = {"tamper": "", "stale": [], "mixed": False, "early": "", "unverified": []}
FINDINGS = st.fixed_dictionaries(
    {
        "tamper": st.sampled_from(["", "tamper/stage-file"]),
        "stale": st.lists(TARGETS, max_size=2),
        "mixed": st.booleans(),
        "early": st.sampled_from(["", "step `test` comes first"]),
        "unverified": st.lists(st.just("check `tests` has not been seen to pass"), max_size=1),
    }
)


def _state(name: str, stage: str = "") -> tuple[Policy, State]:
    policy = POLICIES[name]
    root = library.defaults()
    state, _ = step.start(
        policy, "", "the-run", "", stage or policy["enter"][0], root, PERSON,
    )  # fmt: skip
    return policy, state


@settings(max_examples=400, deadline=None)
@given(name=NAMES, call=CALLS, findings=FINDINGS, data=st.data())
def test_decide_answers_everything_and_changes_nothing(
    name: str, call: Any, findings: Any, data: Any
) -> None:
    stage = data.draw(st.sampled_from(sorted(POLICIES[name]["stages"])))
    _, state = _state(name, stage)
    before = copy.deepcopy((state, findings, call))
    decision = decide(state["permits"], state, findings, call)
    assert decision["rule"]
    assert before == (state, findings, call)
    assert decide(state["permits"], state, findings, call) == decision


@settings(max_examples=300, deadline=None)
@given(name=NAMES, call=CALLS, findings=FINDINGS, data=st.data())
def test_one_more_refusal_never_opens_anything(
    name: str, call: Any, findings: Any, data: Any
) -> None:
    policy, state = _state(name)
    stage = data.draw(st.sampled_from(sorted(policy["stages"])))
    rule = {
        "id": "never/extra",
        "tools": data.draw(st.lists(st.sampled_from(GROUPS), max_size=3)),
        "shell": data.draw(st.lists(st.sampled_from(["read", "run", "opaque"]), max_size=2)),
        "paths": data.draw(st.lists(st.sampled_from(["src/**", "**", "docs/*"]), max_size=1)),
        "roles": ["*"],
        "agents": [],
        "because": "",
    }
    stricter = {**policy, "never": [*policy["never"], rule]}
    loose = compile_stage(policy, stage, "the-run", state["artifacts_at"])
    strict = compile_stage(stricter, stage, "the-run", state["artifacts_at"])  # type: ignore[arg-type]
    if decide(strict, state, findings, call)["allow"]:
        assert decide(loose, state, findings, call)["allow"]


CODE_STAGES = {"implement", "act", "change", "qa", "repair", "refactor"}
RELEASED = {"VERSION", "pyproject.toml", "package.json", "CHANGELOG.md"}  # as `ship` names them
LOCKED = [name for name in POLICIES if set(POLICIES[name]["stages"]) - CODE_STAGES]


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(LOCKED), target=TARGETS, data=st.data())
def test_no_stage_but_a_code_stage_changes_a_file_outside_its_own_places(
    name: str, target: str, data: Any
) -> None:
    stage = data.draw(st.sampled_from(sorted(set(POLICIES[name]["stages"]) - CODE_STAGES)))
    _, state = _state(name, stage)
    call: Call = {
        "tool": "Write", "role": "main", "demands": [("edit", target)], "unread": [],
        "doubt": "", "at": 1.0,
    }  # fmt: skip
    decision = decide(state["permits"], state, NOTHING, call)
    is_note = stage == "capture" and target.endswith(".md")  # what was learnt, in the documents
    if decision["allow"] and target.rpartition("/")[2] not in RELEASED and not is_note:
        own = ("docs/stagelock/the-run/", "client:/plans/", "client:/projects/", "CHANGELOG")
        assert target.startswith(own)


# what can happen to a run without a person: by name, applied to policy and state
WALK = st.lists(
    st.sampled_from(["stop", "stop-held", "ask", "renew-held", "decide"]), min_size=1, max_size=12
)


@settings(max_examples=200, deadline=None)
@given(name=NAMES, walk=WALK, data=st.data())
def test_no_walk_without_a_person_opens_a_human_gate(name: str, walk: list[str], data: Any) -> None:
    stage = data.draw(st.sampled_from(sorted(POLICIES[name]["stages"])))
    policy, state = _state(name, stage)
    for event in walk:
        gate, before = state["exit"]["gate"], state["stage"]
        if event == "stop":
            state, entries = step.passed(policy, state, PERSON, [])
        elif event == "stop-held":
            missing: Any = [{"what": "x", "why": "x"}]
            state, entries = step.passed(policy, state, PERSON, missing)
            assert state["stage"] == before
        elif event == "ask":
            state, entries = step.ask(state, PERSON, "approve?", "digest")
        elif event == "renew-held":
            missing = [{"what": "x", "why": "x"}]
            state, entries = step.renew(state, PERSON, [], missing)
        else:
            call: Any = data.draw(CALLS)
            decide(state["permits"], state, NOTHING, call)
            entries = []
        if gate == "human":
            assert state["stage"] == before
            assert "approved" not in [entry["event"] for entry in entries]
        if not state["stage"]:
            return


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_every_stage_can_reach_the_end(name: str) -> None:
    stages = POLICIES[name]["stages"]
    ending = {stage for stage, body in stages.items() if not body["next"]}
    for _ in stages:
        ending |= {stage for stage, body in stages.items() if set(body["next"]) & ending}
    assert ending == set(stages)


@settings(max_examples=300, deadline=None)
@given(st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)), max_leaves=20,
))  # fmt: skip
def test_our_json_is_the_json_of_the_standard_library(value: Any) -> None:
    assert wire.loads(json.dumps(value)) == json.loads(json.dumps(value))
    assert json.loads(wire.dumps(value)) == value


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=40), st.text(alphabet='{}[]",:0123abcnull \\', max_size=40)))
def test_text_that_is_not_json_is_the_same_error(text: str) -> None:
    try:
        expected = ("value", repr(json.loads(text)))
    except ValueError:
        expected = ("error", "")
    try:
        came = ("value", repr(wire.loads(text)))
    except ValueError:
        came = ("error", "")
    assert came == expected


@settings(max_examples=300, deadline=None)
@given(st.lists(PARTS, max_size=6), st.lists(PARTS, max_size=6))
def test_a_glob_means_the_regular_expression_it_stands_for(
    glob: list[str], path: list[str]
) -> None:
    import re

    pattern = ""
    for n, part in enumerate(glob):
        if part == "**":
            pattern += "(?:[^/]*/)*" if n < len(glob) - 1 else "(?:[^/]*/)*?(?:[^/]*/)?"
        else:
            text = re.escape(part).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
            pattern += text + "/"
    joined = "".join(part + "/" for part in path)
    assert matches(glob, path) is bool(re.fullmatch(pattern, joined))


COMMANDS = st.sampled_from(
    ["ls", "cat a", "grep -n x y", "git status", "rm x", "touch x", "sed -i s/a/b/ x",
     "git commit -m x", "echo $(rm x)", "echo x > y", "find . -delete", "'", "a=1 ls", "cd src"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(COMMANDS, COMMANDS, st.sampled_from([";", "&&", "||", "|", "\n", " ; "]))
def test_a_list_only_reads_if_each_of_its_commands_does(one: str, two: str, joint: str) -> None:
    both = read_command(one + joint + two)["effect"] == "read"
    alone = [read_command(text)["effect"] == "read" for text in (one, two)]
    if both:
        assert all(alone)
    if all(alone) and not one.startswith("cd"):  # what follows a `cd` may be somewhere else
        assert both


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_as_something(text: str) -> None:
    reading = read_command(text)
    assert reading["effect"] in ("read", "run", "vcs", "network", "opaque")
    assert bool(reading["reason"]) is (reading["effect"] == "opaque")
