"""The oracle is the program itself: a script that is said to only print writes and runs nothing."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from stagelock.core.shell.scripts import prints_only

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20261121
COUNT = 1200
INPUT = 'one two\na/b\n"x"\n'
PROGRAMS = {
    "sed": (("sed",), ("sed", "-n"), ("sed", "-E")),
    "awk": (("awk",), ("gawk",), ("mawk",), ("busybox", "awk")),
}
# what makes a file where it is obeyed
ACTS = {"sed": ("w", "W", "e"), "awk": (">", "system", "|", "getline")}
PIECES = {
    "sed": (
        "w f", "w f\n", "W f", "e touch f", "1e touch f", "s/one/touch f/e", "s/o/x/w f", "gw f",
        "w", "e", "ew", "p", "d", "n", "N", "q", "Q", "l", "=", "z", "F", "x", "G", "g", "m", "I",
        "v", ";", "\n", "{", "}", "};", "{p;p}", " ", "\t", "!", ",", "+1", "~2", "1", "$", "$!",
        "/one/", "/[/]/", "/[^]/]/", "/x/,/y/", "0,/a/", "\\,a,", "[", "]", "^", "/", "\\", "\\/",
        "[[:alpha:]]", "[a/]", "[]/]", "s/a/b/", "s|a|b|", "s,a,b,", "s", "y/ab/cd/", "&", "\\n",
        "\\1", "(", ")", "a x", "a\\\nx", "i\\", "c x", ":a", ":a ", "b", "ba ", "t ", "T ", "r x",
        "R x", "#", "# c\n", ".", "*",
    ),
    "awk": (
        "print", 'print "x"', "print 1,", "print$1", "print(1)", "printf", 'printf("%s",1)', ">",
        '> "f"', '>"f"', '>> "f"', "1>2", ">=", "<", 'system("touch f")', 'system("touch f")#"',
        '| "touch f"', '"touch f" | getline', "getline", "getline x", 'close("x")', "@", "`", "|",
        "(", ")", "{", "}", ";", "\n", '"', '"x"', '"\\""', "\\", "\\\n", "/", "/re/", "/[/]/",
        "/[^]/]/", '/"/', "#", "# c\n", " ", ",", "||", "&&", "?", ":", "$1", "$", "1", ".5", "1e",
        "x", "x=1", "x1", "+", "-", "*", "%", "!", "~", "^", "++", "--", "==", "=", "in", "a[1]",
        "a[", "[", "]", "if(1)", "if(0)", "else", "for(i=0;i<1;i++)", "while(0)", "do", "BEGIN",
        "END", "BEGIN{", "exit", "next", "return", "delete a", "case", "switch(1)", "(1)", "f(1)",
        "function f(a){",
    ),
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_script_that_only_prints_leaves_nothing_behind(program: str, tmp_path: Path) -> None:
    forms = [form for form in PROGRAMS[program] if shutil.which(form[0])]
    scripts = _admitted(program)
    with ThreadPoolExecutor(4) as pool:
        made = pool.map(lambda n: _made(forms, scripts[n], tmp_path / str(n)), range(COUNT))
        acted = [json.dumps(script) for script, files in zip(scripts, made, strict=True) if files]
    assert not acted, "\n".join(acted)


def _admitted(program: str) -> list[str]:
    """Return scripts that pass although something in them could act."""
    chance = random.Random(f"{SEED}{program}")
    scripts: list[str] = []
    while len(scripts) < COUNT:
        parts = chance.choices(PIECES[program], k=chance.randint(1, 9))
        script = "".join(part + chance.choice(("", "", "", " ", "\n", ";")) for part in parts)
        telling = any(mark in script for mark in ACTS[program]) and not script.startswith("-")
        leaves = (
            "w/" in script.replace(" ", "").lower()
        )  # should it act, then not outside the folder
        if telling and not leaves and prints_only(program, script):
            scripts.append(script)
    return scripts


def _made(forms: list[tuple[str, ...]], script: str, folder: Path) -> list[str]:
    """Run a script by every program there is; return the files it made or changed."""
    folder.mkdir()
    (folder / "a").write_text(INPUT)
    for form in forms:
        try:
            subprocess.run(
                [*form, script, "a"],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=2,
            )
        except subprocess.TimeoutExpired:
            continue  # it goes round in circles, and prints
    found = [path.name for path in folder.iterdir() if path.read_text() != INPUT]
    shutil.rmtree(folder)
    return found
