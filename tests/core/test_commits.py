"""The commit of a unit: its message, and the flags it must not carry."""

import shlex

import pytest

from stagelock.core.plan import commits
from tests.support.units import plan, unit

FIRST = unit(plan(), "WU-001")


def test_the_message_names_the_unit_its_items_and_the_review() -> None:
    text = commits.message(FIRST)
    assert text == (
        "feat(wu-001): store to-dos\n"
        "\n"
        "DoD items verified:\n"
        '- [x] `TodoStore.add("milk")` returns a to-do with an id of 12 characters\n'
        "- [x] a title of 501 characters raises `TitleTooLong`\n"
        "\n"
        "Reviewed-by: adversarial-review (PASS)\n"
    )
    assert commits.wrong_message(FIRST, text) == ""
    assert commits.wrong_message(FIRST, text.replace("feat", "fix")) == ""


def test_an_abbreviation_keeps_its_letters() -> None:
    other = {**FIRST, "title": "HTTP for to-dos"}
    assert commits.message(other).startswith("feat(wu-001): HTTP for to-dos\n")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("feat(wu-001): ", "", "must begin with `feat(wu-001): ...`"),
        ("wu-001", "wu-002", "must begin with `feat(wu-001): ...`"),
        ("store to-dos", "", "must begin with `feat(wu-001): ...`"),
        ("- [x] a title of", "- [ ] a title of", "must list each done-item"),
        ("DoD items verified:\n", "", "must list each done-item"),
        ("Reviewed-by: adversarial-review (PASS)\n", "", "must carry `Reviewed-by: adv"),
        ("(PASS)", "(PASS, mostly)", "must carry `Reviewed-by: adv"),
    ],
)
def test_a_message_that_lacks_something_is_told(old: str, new: str, words: str) -> None:
    assert old in commits.message(FIRST)
    assert words in commits.wrong_message(FIRST, commits.message(FIRST).replace(old, new))


@pytest.mark.parametrize(
    "command",
    [
        "git commit -m 'feat: no -n here'",
        "git commit -F message",
        "git commit --file=message",
        "git -C sub commit -m x -- -n",
        "git commit -mn",
        "git commit -q -m -n",
        "git -c user.name=x commit -m x",
        "LANG=C git commit -m x",
        "git commit --message x --quiet",
        "git commit --no-edit -m x",
    ],
)
def test_a_plain_commit_is_plain(command: str) -> None:
    assert commits.wrong_flag(shlex.split(command)) == ""


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("git commit --no-verify -m x", "--no-verify"),
        ("git commit --no-veri -m x", "--no-veri"),
        ("git commit -n -m x", "-n"),
        ("git commit -qnm x", "-qnm"),
        ("git commit -am x", "-am"),
        ("git commit --all -m x", "--all"),
        ("git commit --al -m x", "--al"),
        ("git commit --amend --no-edit", "--amend"),
        ("git commit -i a -m x", "-i"),
        ("git commit -p", "-p"),
        ("git -c core.hooksPath=/dev/null commit -m x", "core.hooksPath=/dev/null"),
        ("git -c CORE.HOOKSPATH= commit -m x", "CORE.HOOKSPATH="),
        ("git --config-env=core.hooksPath=X commit -m x", "--config-env=core.hooksPath=X"),
        ("HUSKY=0 git commit -m x", "HUSKY=0"),
        ("env SKIP=ruff git commit -m x", "SKIP=ruff"),
        ("GIT_CONFIG_COUNT=1 git commit -m x", "GIT_CONFIG_COUNT=1"),
    ],
)
def test_what_skips_a_hook_or_stages_more_is_named(command: str, word: str) -> None:
    assert commits.wrong_flag(shlex.split(command)).startswith(f"`{word}` ")
