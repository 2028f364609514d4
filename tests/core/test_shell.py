"""Commands, what they do, and why one is not read."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelock.core.shell.programs import WRAPPED
from stagelock.core.shell.reading import read_command
from stagelock.core.shell.tripwires import mentions, names_human_door
from stagelock.core.shell.wrappers import WRAPPERS

CASES = yaml.safe_load((Path(__file__).parents[1] / "cases/shell.yaml").read_text())
BOXED = yaml.safe_load((Path(__file__).parents[1] / "cases/box.yaml").read_text())
# those that change something by themselves; the others do where the place was prepared for it
CHANGING = [row[0] for row in BOXED["unsafe"] if len(row) == 1]
DOORS = [(word, text) for word, texts in CASES["door"].items() for text in texts]


def _writes(command: str) -> list[str]:
    return [
        write["path"] if write["cwd"] == "." else f"{write['cwd']}/{write['path']}"
        for write in read_command(command)["writes"]
    ]


@pytest.mark.parametrize("command", CASES["read"])
def test_it_only_looks(command: str) -> None:
    assert read_command(command)["reason"] == ""
    assert read_command(command)["effect"] == "read"
    assert _writes(command) == []


@pytest.mark.parametrize(("command", "paths"), CASES["writes"])
def test_it_writes_these_paths(command: str, paths: list[str]) -> None:
    assert read_command(command)["reason"] == ""
    assert _writes(command) == paths


@pytest.mark.parametrize("command", CHANGING)
def test_what_changed_something_when_it_ran_is_never_read_as_looking(command: str) -> None:
    reading = read_command(command)
    assert reading["effect"] != "read" or reading["writes"]


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


def test_the_table_and_the_readers_name_the_same_programs_that_start_others() -> None:
    assert set(WRAPPED) == set(WRAPPERS)


def test_the_files_a_command_prints_are_known() -> None:
    assert read_command("cat a 'b c' && head -3 d && sed -n 1p e | grep f g")["reads"] == [
        "a", "b c", "d", "e",
    ]  # fmt: skip


def test_it_is_told_in_which_folders_git_starts() -> None:
    command = "git log; cd src && git status && git -C docs log"
    assert read_command(command)["repositories"] == [".", "./src", "./src/docs"]


def test_what_is_written_only_where_it_is_missing_says_so() -> None:
    assert read_command('sqlite3 a.db "select 1"')["writes"] == [
        {"path": "a.db", "cwd": ".", "base": "", "new": True, "folder": False}
    ]


@pytest.mark.parametrize("command", [*CASES["read"], *[row[0] for row in CASES["writes"]]])
def test_what_is_read_does_in_bash_what_it_was_read_to_do(command: str, tmp_path: Path) -> None:
    """Run in a throw-away folder: nothing changes but the paths that were named."""
    home = tmp_path / "home"
    tree = home / "tree"
    (tree / "src").mkdir(parents=True)
    (tree / "docs").mkdir()
    for name in ("x", "c", "README.md", "src/app.py", "a.log", "package.json"):
        (tree / name).write_text("one\ntwo\n")
    if not any(part in command for part in ("cd a", "a/b")):
        (tree / "a").write_text("one\ntwo\n")
        (tree / "b").write_text("three\n")
    else:
        (tree / "a").mkdir()
        (tree / "b").mkdir()
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    before = _snapshot(tree)
    subprocess.run(
        [shutil.which("bash") or "bash", "-c", command],
        cwd=tree,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=20,
    )
    after = _snapshot(tree)
    changed = {p for p in {*before, *after} if before.get(p) != after.get(p)}
    named = {str((tree / path).resolve().relative_to(tree.resolve())) for path in _writes(command)}
    assert changed <= named | {str(Path(path).parent) for path in named}


def _snapshot(tree: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(tree)): path.read_bytes() if path.is_file() else b"/"
        for path in tree.rglob("*")
        if ".git" not in path.relative_to(tree).parts
    }


PIECES = [
    "ls", "rm x", "cat a", "$(", ")", "`", '"', "'", "\\", "\n", ";", "&&", "||", "|", ">", ">>",
    "<<E\n", "E\n", "{", "}", "(", "if ", "then ", "fi", "for i in a; do ", "done", "$x", "${x",
    "*",
    "#", " ", "a=b ", "cd a", "touch y", "echo ", "!", "<(", "&", "2>&1", "$((1))", "=", "~",
]  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_a_text_that_is_read_names_every_program_bash_would_start(
    tmp_path_factory: pytest.TempPathFactory, command: str
) -> None:
    """The oracle is bash: with `rm` and `touch` made to tell, none runs that was not named."""
    reading = read_command(command)
    if reading["effect"] == "opaque":
        return
    folder = tmp_path_factory.mktemp("run")
    (folder / "bin").mkdir()
    for name in ("rm", "touch"):
        (folder / "bin" / name).write_text(f'#!/bin/sh\necho {name} >> "{folder}/told"\n')
        (folder / "bin" / name).chmod(0o755)
    (folder / "tree").mkdir()
    subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=folder / "tree",
        env={"PATH": f"{folder}/bin:/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=20,
    )
    told = (folder / "told").read_text().split() if (folder / "told").exists() else []
    paths = {write["path"] for write in reading["writes"]}
    assert not told or paths, json.dumps(command)
    made = {path.name for path in (folder / "tree").rglob("*")}
    assert made <= {Path(path).name for path in paths}, json.dumps(command)


DEEP = {
    "groups": "{ " * 4000,
    "subshells": "(" * 4000,
    "substitutions": "$(" * 4000,
    "ifs": "if " * 3000,
    "wrappers": "nice " * 1900 + "ls",
    "quotes": "'\"" * 4000,
    "backquotes": "`" * 9000,
    "here-documents": "cat <<E\n" * 1000,
    "too long": "ls;" * 9000,
}


@pytest.mark.parametrize("name", DEEP)
def test_a_text_made_to_exhaust_the_reader_is_opaque(name: str) -> None:
    assert read_command(DEEP[name])["effect"] == "opaque"
    assert names_human_door(DEEP[name]) == ""
