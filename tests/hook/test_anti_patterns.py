"""The fifteen anti-patterns and the five forbidden rationalisations, each tried at the hooks."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.attempts import Attempts

ROWS = yaml.safe_load((Path(__file__).parents[1] / "cases/anti_patterns.yaml").read_text())
ALL = [*ROWS["anti_patterns"], *ROWS["rationalisations"]]


def test_none_is_left_out() -> None:
    assert {row["number"] for row in ROWS["anti_patterns"]} == set(range(1, 16))
    assert {row["number"] for row in ROWS["rationalisations"]} == set(range(1, 6))


@pytest.mark.parametrize("row", ALL, ids=lambda row: row["name"].replace(" ", "-"))
def test_what_the_method_forbids_does_not_get_through(row: dict[str, Any], tmp_path: Path) -> None:
    attempts = Attempts(tmp_path, row)
    for what, on, rule, words in row["attempts"]:
        answered, reason = attempts.tries(what, on)
        assert (answered, words in reason) == (rule, True), f"{what} {on}: {answered}: {reason}"
