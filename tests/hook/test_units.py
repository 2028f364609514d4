"""A plan of five units carried out at the hooks: a diamond, two pairs side by side, bad agents."""

import pytest

from tests.support.executed import DONE, WORK, Executed


@pytest.fixture
def run(tmp_path) -> Executed:
    return Executed(tmp_path)


def test_five_units_end_as_five_clean_commits(run: Executed) -> None:
    run.carries("WU-001")
    run.typed("/approve")
    run.typed("/approve")
    two, three = run.coder("WU-002"), run.coder("WU-003")
    for agent, name in ((two, "WU-002"), (three, "WU-003")):
        assert not run.writes(agent, WORK[name], "done = 1\n").denied
        agent.stop(DONE)
        agent.returns(DONE)
    run.checks()
    assert [run.at("WU-002"), run.at("WU-003")] == ["review, attempt 1/3"] * 2
    run.judged("WU-002"), run.judged("WU-003")
    run.commits("WU-002")
    run.commits("WU-003")
    run.carries("WU-004")
    run.carries("WU-005")
    subjects = run.git("log", "--format=%s").splitlines()[:-1]
    assert [line.partition(":")[0] for line in reversed(subjects)] == [
        f"feat(wu-00{n})" for n in range(1, 6)
    ]
    assert "Reviewed-by: adversarial-review (PASS)" in run.git("log", "-1", "--format=%B")
    assert run.git("status", "--porcelain") == "?? docs/"
