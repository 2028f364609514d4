"""The shell reader on commands nobody tuned it to, each of which was run."""

from tests.shell_score import score


def test_nothing_that_changes_something_is_read_as_looking() -> None:
    found = score()
    assert found.bypasses == []
    assert found.miswritten == []


def test_at_most_one_in_a_hundred_commands_that_only_look_is_refused() -> None:
    found = score()
    assert found.asked > 1_500
    assert found.share <= 0.01, found.refused
