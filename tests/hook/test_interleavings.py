"""Fifty interleavings of parallel agents' events, with hook processes killed at their writes."""

from pathlib import Path

import pytest

from tests.support.interleaved import Walk

STEPS = 60


@pytest.mark.parametrize("seed", range(50))
def test_no_interleaving_leaves_the_chart_or_commits_what_nobody_passed(
    seed: int, tmp_path: Path
) -> None:
    walk = Walk(tmp_path, seed)
    for _ in range(STEPS):
        walk.step()
    if seed % 3 == 0:
        walk.ends_well()
