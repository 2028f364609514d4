"""What people run on any Unix: no call that only GNU or bash knows."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.world import ROOT

# what only GNU coreutils, GNU sed and grep, or bash understand
FOREIGN = {
    "readlink -f": r"\breadlink\s+-\w*f",
    "realpath": r"\brealpath\b",
    "sed -i": r"\bsed\s+(-\w+\s+)*-i",
    "grep -P": r"\bgrep\s+-\w*P",
    "date -d": r"\bdate\s+-d",
    "stat -c": r"\bstat\s+-c",
    "xargs -r": r"\bxargs\s+-\w*r",
    "cp --": r"\b(cp|mv|ls|rm|mkdir|head|tail|sort)\s+--\w",
    "[[ ]]": r"(^|[;&|]\s*|\bif )\[\[",
    "<<<": r"<<<",
    "echo -e": r"\becho\s+-[en]",
    "function": r"^\s*function\s",
    "source": r"(^|;)\s*source\s",
    "local": r"^\s*local\s",
    "$'": r"\$'",
    "==": r"\[ [^]]* == ",
    "timeout": r"(^|[;&|]\s*)timeout\s",
}
COMMANDS = {
    f"hooks.json {event}": entries[0]["hooks"][0]["command"]
    for event, entries in json.loads((ROOT / "hooks/hooks.json").read_text())["hooks"].items()
}
TEXTS = {
    **COMMANDS,
    "bin/stagelock": (ROOT / "bin/stagelock").read_text(),
    "Makefile": (ROOT / "Makefile").read_text(),
}
SHELLS = [
    path for name in ("dash", "busybox", "bash", "ksh", "zsh") if (path := shutil.which(name))
]


@pytest.mark.parametrize("name", TEXTS)
def test_no_call_that_only_gnu_or_bash_knows(name: str) -> None:
    lines = [line for line in TEXTS[name].splitlines() if not line.lstrip().startswith("#")]
    found = [
        (what, line)
        for line in lines
        for what, pattern in FOREIGN.items()
        if re.search(pattern, line)
    ]
    assert found == []


@pytest.mark.parametrize("name", FOREIGN)
def test_the_net_catches_what_it_names(name: str) -> None:
    seen = {
        "sed -i": "sed -i s/a/b/ x", "cp --": "cp --parents a b", "[[ ]]": "[[ -n x ]]",
        "function": "function f { :; }", "source": "source x", "local": "  local x=1",
        "$'": "echo $'a'", "==": '[ "$a" == b ]', "echo -e": "echo -n x", "timeout": "timeout 5 x",
        "realpath": "realpath x",
    }  # fmt: skip
    assert re.search(FOREIGN[name], seen.get(name, name + " x"))


@pytest.mark.parametrize("shell", SHELLS, ids=lambda path: Path(path).name)
@pytest.mark.parametrize("name", [name for name in TEXTS if name != "Makefile"])
def test_every_shell_here_reads_it(name: str, shell: str) -> None:
    argv = [shell, "sh", "-n"] if shell.endswith("busybox") else [shell, "-n"]
    done = subprocess.run(argv, input=TEXTS[name], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
