"""What docs/fix.md shows of `/fix` comes in both clients."""

from pathlib import Path

import pytest

from . import fix_story

pytestmark = pytest.mark.client


def test_a_user_sees_a_bug_mended_step_by_step(version: str, tmp_path: Path) -> None:
    seen = fix_story.perform(version, tmp_path)
    assert [one.name for one in seen] == list(fix_story.STEPS)
    last = next(one.screen for one in seen if one.name == "log")
    assert last.index("green: fix the last page") < last.index("red: reproduce the missing page")
