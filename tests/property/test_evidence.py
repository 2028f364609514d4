"""No walk reaches the end of a stage that takes checks without fresh evidence, or a waiver."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stagelock.core import step
from stagelock.core.evidence import holds
from stagelock.core.model import Check, Evidence, Person, State
from stagelock.store import evidence, library

POLICIES = library.library("/nowhere")["policies"]
PERSON: Person = {"by": "a", "door": "x", "session": "", "at": "now", "now": 1.0, "head": ""}
CHECK: Check = {
    "name": "tests", "command": "pytest", "timeout": 1, "gates": ["stage", "commit"],
    "fast": False, "coverage": "", "env": [],
}  # fmt: skip
TREES = st.sampled_from(["t1", "t2", "t3", ""])
RESULTS = st.fixed_dictionaries(
    {
        "exit": st.sampled_from([0, 0, 0, 1, -1]),
        "command": st.sampled_from(["pytest", "pytest", "true"]),
        "before": TREES,
        "after": TREES,
        "why": st.sampled_from(["", "", "coverage"]),
    }
)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("check"), RESULTS),
        st.tuples(st.just("edit"), TREES.filter(bool)),
        st.tuples(st.sampled_from(["done", "approve", "waive", "reject", "attempt"]), st.none()),
    ),
    max_size=25,
)


@settings(max_examples=600, deadline=None)
@given(workflow=st.sampled_from(["quick", "qa", "explore-plan-act"]), events=EVENTS)
def test_no_walk_passes_a_gate_that_takes_checks_without_fresh_evidence(
    workflow: str, events: list[tuple[str, Any]]
) -> None:
    policy = POLICIES[workflow]
    chosen = {**library.defaults(), "checks": [CHECK]}
    stage = "act" if workflow == "explore-plan-act" else policy["enter"][0]
    state, _ = step.start(policy, "", "r", "", stage, chosen, PERSON, "t1")  # type: ignore[arg-type]
    tree, last, is_waived = "t1", None, False
    for event, given_ in events:
        before = state
        if event == "edit":
            tree = given_
        elif event == "check":
            last = _evidence(given_)
            state, _ = step.record(state, PERSON, [(last, "digest")])
        else:
            problems = evidence.problems_on(tree, state, state["exit"]["checks"])
            state, is_waived = _moved(policy, state, event, problems, is_waived)
        passed = [state["stage"] != before["stage"], event in ("done", "approve")]
        if all(passed) and before["exit"]["checks"]:
            assert is_waived or _is_fresh(last, tree)
        if state["stage"] != before["stage"]:
            is_waived = False
        if not state["stage"]:
            return


def _moved(
    policy: Any, state: State, event: str, problems: Any, is_waived: bool
) -> tuple[State, bool]:
    if event == "done":
        return step.passed(policy, state, PERSON, problems)[0], is_waived
    if event == "approve":
        return step.approve(policy, state, PERSON, [], problems)[0], is_waived
    if event == "waive":
        known = [problem["what"] for problem in problems]
        after = step.waive(state, PERSON, "tests", "x", known)[0]
        return after, is_waived or after is not state
    if event == "reject":
        return step.reject(policy, state, PERSON, "no")[0], is_waived
    tried: Any = {
        "gate": "stage",
        "tree": "t",
        "failed": ["tests"],
        "tried": [],
        "said": "",
        "at": "",
    }
    return step.attempt(state, PERSON, tried)[0], is_waived


def _is_fresh(last: Evidence | None, tree: str) -> bool:
    return (
        last is not None and holds(last) and last["after"] == tree and last["command"] == "pytest"
    )


def _evidence(given_: Any) -> Evidence:
    evidence_of: Any = {
        "check": "tests", "seconds": 1.0, "tail": "", "digest": "", "how": "seen", "program": "",
        "flaky": False, "run": "r", "by": "a", "session": "", "at": "now", **given_,
    }  # fmt: skip
    made: Evidence = evidence_of
    return made
