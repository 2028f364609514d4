"""The discipline skills: do their descriptions meet the prompts they are for, by a stated rule?"""

import pytest

from stagelock.hook import words

from . import judge
from .judge import TABLE


def test_every_discipline_has_its_prompts() -> None:
    assert set(TABLE) == set(words.DISCIPLINES)


@pytest.mark.parametrize("name", TABLE)
def test_forty_prompts_half_of_which_must_not_call_it(name: str) -> None:
    should, should_not = TABLE[name]["should"], TABLE[name]["should_not"]
    assert (len(set(should)), len(set(should_not))) == (20, 20)
    assert not set(should) & set(should_not)


@pytest.mark.parametrize("name", TABLE)
def test_the_description_meets_the_prompts_it_is_for_and_keeps_from_the_others(name: str) -> None:
    called = {
        half: [prompt for prompt in TABLE[name][half] if judge.calls(name, prompt)]
        for half in ("should", "should_not")
    }
    counted = {half: len(prompts) for half, prompts in called.items()}
    missed = sorted(set(TABLE[name]["should"]) - set(called["should"]))
    assert counted == TABLE[name]["by_rule"], (missed, called["should_not"])
    assert counted["should"] >= 16
    assert counted["should_not"] <= 2


@pytest.mark.parametrize("name", TABLE)
def test_every_phrase_of_a_description_earns_its_tokens(name: str) -> None:
    said = " ".join(TABLE[name]["should"]).lower()
    assert [phrase for phrase in judge.phrases(name) if phrase.lower() not in said] == []


@pytest.mark.parametrize("name", TABLE)
def test_marks_made_without_sight_of_the_answers_agree(name: str) -> None:
    marks = judge.read_marks(judge.MARKS.read_text())
    assert list(marks) == judge.shuffled(), "the sheet changed: have it marked anew"
    missed, wrong = judge.agreement(marks, name)
    assert len(missed) + len(wrong) <= 2, (missed, wrong)


def test_the_table_and_the_sheet_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    judge.main([])
    told = capsys.readouterr().out
    assert all(any(line.startswith(name) for line in told.splitlines()) for name in TABLE)
    judge.main(["--sheet"])
    sheet = capsys.readouterr().out.splitlines()
    assert sheet[-1].startswith(f"{len(judge.shuffled())}: ")
    assert not any("should_not" in line for line in sheet), "the answers are not on it"
