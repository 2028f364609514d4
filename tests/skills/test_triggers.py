"""The discipline skills: do their descriptions meet the prompts they are for, by a stated rule?"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from stagelock.hook import words
from tests.support.world import ROOT

TABLE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "triggers.yaml").read_text())
NEGATED = ("not", "never", "no")


def _phrases(name: str) -> list[str]:
    """The phrases that a skill's description quotes."""
    front = yaml.safe_load((ROOT / "skills" / name / "SKILL.md").read_text().split("---\n")[1])
    return re.findall(r'"([^"]+)"', front["description"])


def _calls(name: str, prompt: str) -> bool:
    """The rule, as triggers.yaml states it."""
    bare = re.sub(r'"[^"]*"|`[^`]*`', " ", prompt.lower().replace("’", "'"))
    said = re.findall(r"[\w'-]+", bare)
    for phrase in _phrases(name):
        wanted = phrase.lower().split()
        for n in range(len(said) - len(wanted) + 1):
            negated = n > 0 and said[n - 1] in NEGATED
            if said[n : n + len(wanted)] == wanted and not negated:
                return True
    return False


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
        half: [prompt for prompt in TABLE[name][half] if _calls(name, prompt)]
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
    assert [phrase for phrase in _phrases(name) if phrase.lower() not in said] == []
