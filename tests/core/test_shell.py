"""Commands, what they do, and why one is not read."""

from pathlib import Path

import pytest
import yaml

from stagelock.core.shell import mentions, names_human_door, read_command

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases/shell.yaml").read_text())
DOORS = [(word, text) for word, texts in CASES["door"].items() for text in texts]


@pytest.mark.parametrize("command", CASES["read"])
def test_it_only_looks(command: str) -> None:
    assert read_command(command)["reason"] == ""
    assert read_command(command)["effect"] == "read"


@pytest.mark.parametrize("command", CASES["run"])
def test_it_runs_the_projects_checks(command: str) -> None:
    assert read_command(command)["effect"] == "run"


@pytest.mark.parametrize(("command", "reason"), CASES["opaque"])
def test_it_is_not_read_and_says_why(command: str, reason: str) -> None:
    reading = read_command(command)
    assert (reading["effect"], reading["reason"]) == ("opaque", reason)


@pytest.mark.parametrize(("word", "command"), DOORS)
def test_a_program_by_which_a_person_decides_is_seen_where_programs_are_named(
    word: str, command: str
) -> None:
    assert names_human_door(command) == word


@pytest.mark.parametrize(
    "command",
    [
        "rm .stagelock/x",
        'rm .stage"lock"/x',
        "rm .stage\\lock/x",
        "rm .STAGELOCK/x",
        "rm .//.stagelock/x",
    ],
)
def test_a_protected_name_is_seen_through_quotes_and_case(command: str) -> None:
    assert mentions(command, (".stagelock/",)) == ".stagelock/"
    assert mentions("ls src", (".stagelock/",)) == ""


def test_the_files_a_command_prints_are_known() -> None:
    assert read_command("cat a 'b c' && head -3 d && sed -n 1p e | grep f g")["reads"] == [
        "a", "b c", "d", "e",
    ]  # fmt: skip
