"""By README alone, from a home where stagelock never was, to a green commit and away again."""

from pathlib import Path

import pytest

from . import first_minutes

pytestmark = pytest.mark.client


def test_a_new_user_is_at_a_green_commit_in_five_minutes(version: str, tmp_path: Path) -> None:
    seen = first_minutes.perform(version, tmp_path)
    assert [one.name for one in seen] == list(first_minutes.STEPS)
    assert sum(one.seconds for one in seen) < 300, [(one.name, one.seconds) for one in seen]
