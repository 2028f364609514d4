"""The shell reader on commands nobody tuned it to, each of which was run."""

from tests.shell_score import misjudged, miswritten, score


def test_nothing_that_changes_something_is_read_as_looking() -> None:
    assert score().bypasses == []


def test_at_most_one_in_a_hundred_commands_that_only_look_is_refused() -> None:
    found = score()
    assert found.asked > 1_500
    assert found.share <= 0.01, found.refused


def test_every_path_that_is_written_is_told_through_links_and_folders() -> None:
    assert miswritten() == []


def test_harmless_words_do_not_pass_where_the_repository_or_the_path_makes_them_act() -> None:
    assert misjudged() == []
