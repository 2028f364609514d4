"""Judge the disciplines' descriptions against the prompts of triggers.yaml; `make triggers`.

    python -m tests.skills.judge            what the mechanical rule says, as a table
    python -m tests.skills.judge --sheet    all prompts, shuffled and without answers, for a person
                                            or a model to mark on the descriptions alone
    python -m tests.skills.judge --marks F  how such marks agree; F holds lines such as `17: abd`

The rule is that of triggers.yaml: a phrase that the description quotes, as whole words, not itself
quoted and not negated. It says that words meet, not that a model would choose the skill.
"""

import random
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
TABLE: dict[str, Any] = yaml.safe_load((HERE / "triggers.yaml").read_text())
LETTERS = dict(zip("abcd", sorted(TABLE), strict=True))
MARKS = HERE / "marks.txt"  # made by a model, without sight of the answers
NEGATED = ("not", "never", "no")
SEED = 8


def description(name: str) -> str:
    """What the client shows a model of a skill."""
    front = (ROOT / "skills" / name / "SKILL.md").read_text().split("---\n")[1]
    return str(yaml.safe_load(front)["description"])


def phrases(name: str) -> list[str]:
    """The phrases that a skill's description quotes."""
    return re.findall(r'"([^"]+)"', description(name))


def calls(name: str, prompt: str) -> bool:
    """Say whether the rule calls the skill on this prompt."""
    bare = re.sub(r'"[^"]*"|`[^`]*`', " ", prompt.lower().replace("’", "'"))
    said = re.findall(r"[\w'-]+", bare)
    for phrase in phrases(name):
        wanted = phrase.lower().split()
        for n in range(len(said) - len(wanted) + 1):
            negated = n > 0 and said[n - 1] in NEGATED
            if said[n : n + len(wanted)] == wanted and not negated:
                return True
    return False


def shuffled() -> list[str]:
    """Every prompt once, in an order that tells nothing."""
    prompts = sorted({p for part in TABLE.values() for p in part["should"] + part["should_not"]})
    random.Random(SEED).shuffle(prompts)  # an order, no secret
    return prompts


def read_marks(text: str) -> dict[str, str]:
    """Return the letters that each prompt was marked with."""
    given = dict(re.findall(r"^(\d+):[ \t]*([abcd]*)$", text, re.MULTILINE))
    return {prompt: given[str(n)] for n, prompt in enumerate(shuffled(), 1) if str(n) in given}


def agreement(marks: dict[str, str], name: str) -> tuple[list[str], list[str]]:
    """Return the prompts that should have been marked and were not, and the other way round."""
    letter = next(key for key, skill in LETTERS.items() if skill == name)
    missed = [p for p in TABLE[name]["should"] if p in marks and letter not in marks[p]]
    wrong = [p for p in TABLE[name]["should_not"] if p in marks and letter in marks[p]]
    return missed, wrong


def main(argv: list[str]) -> None:
    """Print the table, the sheet, or how marks agree."""
    if argv[:1] == ["--sheet"]:
        for letter, name in LETTERS.items():
            print(f"{letter}  {description(name)}")
        print("\n" + "\n".join(f"{n}: {prompt}" for n, prompt in enumerate(shuffled(), 1)))
        return
    marks = read_marks((Path(argv[1]) if argv[:1] == ["--marks"] else MARKS).read_text())
    print(f"{'':20}  {'by the rule':^23}  {'by marks, unseen':^23}")
    print(
        f"{'of 20 and 20':20}  {'called':>11} {'not meant':>11}  {'called':>11} {'not meant':>11}"
    )
    for name, part in TABLE.items():
        hit, stray = (sum(calls(name, p) for p in part[half]) for half in ("should", "should_not"))
        missed, wrong = agreement(marks, name)
        print(f"{name:20}  {hit:>11} {stray:>11}  {20 - len(missed):>11} {len(wrong):>11}")
        for prompt in missed:
            print(f"    marks leave it: {prompt}")
        for prompt in wrong:
            print(f"    marks take it:  {prompt}")


if __name__ == "__main__":
    main(sys.argv[1:])
