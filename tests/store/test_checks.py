"""The runner of checks: whatever a check does, a clear result, bounded memory, nobody left."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stagelock.core.model import Check
from stagelock.store import checks
from tests.support.world import ROOT

HOSTILE = (
    "LD_PRELOAD", "BASH_ENV", "ENV", "PYTHONPATH", "NODE_OPTIONS", "PYTEST_ADDOPTS", "GIT_DIR",
    "MAKEFLAGS", "BASH_FUNC_sh%%", "SECRET_TOKEN", "DATABASE_URL",
)  # fmt: skip
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="adopts on Linux only")


def _check(command: str, timeout: int = 20, **more: object) -> Check:
    given = {"name": "c", "command": command, "timeout": timeout, "gates": ["stage"]}
    check: Check = {**given, "fast": False, "coverage": "", "env": [], **more}  # type: ignore[typeddict-item]
    return check


def _is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(") ")[2][0] not in "ZX"


def test_what_it_printed_and_how_it_ended(tmp_path: Path) -> None:
    result = checks.run(_check("echo out; echo err >&2; exit 7"), str(tmp_path))
    assert result.exit == 7
    assert result.tail.splitlines() == ["out", "err"]
    assert (result.why, result.left) == ("", 0)
    assert len(result.digest) == 64


def test_a_check_that_cannot_start_fails(tmp_path: Path) -> None:
    assert checks.run(_check("no-such-program --all"), str(tmp_path)).exit == 127
    gone = checks.run(_check("true"), str(tmp_path / "gone"))
    assert gone.exit == -1
    assert "could not be started" in gone.why


def test_a_check_that_a_signal_ends_fails(tmp_path: Path) -> None:
    assert checks.run(_check("kill -9 $$"), str(tmp_path)).exit == 137


@LINUX
@pytest.mark.parametrize(
    "hang",
    [
        "sleep 300",
        "trap '' TERM INT HUP; sleep 300; sleep 300",
        "sleep 300 & sleep 300",
        "setsid sleep 300 & sleep 300",
        "(setsid sh -c 'sleep 300 & sleep 300' &) ; sleep 300",
    ],
)
def test_a_hanging_check_is_ended_with_all_its_children(tmp_path: Path, hang: str) -> None:
    mark = str(os.getpid())
    began = time.monotonic()
    result = checks.run(_check(hang.replace("300", f"300{mark}"), timeout=1), str(tmp_path))
    assert time.monotonic() - began < 10
    assert (result.exit, result.why) == (-1, "it was ended after 1 seconds, its timeout")
    assert f"300{mark}" not in subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    ).stdout.replace("ps -eo args", "")


@LINUX
def test_a_child_that_forked_twice_to_get_away_is_ended(tmp_path: Path) -> None:
    (tmp_path / "fork.py").write_text(
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        os.closerange(0, 10)\n"
        "        open('pid', 'w').write(str(os.getpid()))\n"
        "        time.sleep(300)\n"
        "    os._exit(0)\n"
        "while not os.path.exists('pid') or not open('pid').read():\n"
        "    time.sleep(0.01)\n"
    )
    result = checks.run(_check(f"{sys.executable} fork.py; echo fine"), str(tmp_path))
    assert (result.exit, result.left) == (0, 1)
    assert result.tail == "fine"
    assert not _is_running(int((tmp_path / "pid").read_text()))


@LINUX
def test_a_check_that_forks_and_forks_leaves_nobody(tmp_path: Path) -> None:
    (tmp_path / "tree.sh").write_text(
        "[ $1 = 0 ] && exec sleep 301\nsh tree.sh $(($1 - 1)) & sh tree.sh $(($1 - 1)) & wait\n"
    )
    result = checks.run(_check("sh tree.sh 5", timeout=2), str(tmp_path))
    assert result.exit == -1
    time.sleep(0.2)
    done = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert "sleep 301" not in done.stdout


def test_200_mb_of_output_need_little_memory_and_keep_their_end(tmp_path: Path) -> None:
    (tmp_path / "flood.py").write_text(
        "import sys\n"
        "part = b'x' * 99 + b'\\n'\n"
        "for _ in range(200):\n"
        "    sys.stdout.buffer.write(part * 10000)\n"
        "print('the end')\n"
    )
    measure = (
        "import resource, sys\n"
        "from stagelock.store import checks\n"
        f"given = {_check(f'{sys.executable} flood.py', timeout=120)!r}\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"result = checks.run(given, {str(tmp_path)!r})\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(result.exit, len(result.tail), result.tail[-7:], after - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", measure],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    code, length, *end, grown = done.stdout.split()
    assert (code, " ".join(end)) == ("0", "the end")
    assert int(length) <= checks.SHOWN
    assert int(grown) < 16_000  # kB


def test_binary_output_is_kept_as_readable_text(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 400)
    result = checks.run(_check("cat noise; printf '\\033[31mred\\033[0m\\n'"), str(tmp_path))
    assert result.exit == 0
    assert result.tail.endswith("red")
    assert not any(c < " " and c not in "\t\n" for c in result.tail)
    assert "\x1b" not in result.tail


def test_a_flaky_check_gives_each_result_as_it_came(tmp_path: Path) -> None:
    flaky = _check("if test -e ran; then exit 0; else touch ran; exit 1; fi")
    assert [checks.run(flaky, str(tmp_path)).exit for _ in range(3)] == [1, 0, 0]


def test_what_the_environment_says_reaches_no_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in HOSTILE:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("LC_ALL", "C")
    seen = checks.run(_check("env", env=["DATABASE_URL"]), str(tmp_path)).tail
    names = {line.partition("=")[0] for line in seen.splitlines()}
    assert {"PATH", "HOME", "LC_ALL", "DATABASE_URL"} <= names
    shell_sets = {"PWD", "OLDPWD", "SHLVL", "_"}
    allowed = checks.GIVEN | shell_sets | {"LC_ALL", "DATABASE_URL", "PYTHONDONTWRITEBYTECODE"}
    assert names - allowed == set()


def test_a_check_reads_nothing_from_whoever_started_it(tmp_path: Path) -> None:
    assert checks.run(_check("cat; echo end"), str(tmp_path)).tail == "end"


def test_progress_is_told_while_it_runs(tmp_path: Path) -> None:
    seen: list[float] = []
    checks.run(_check("sleep 0.5"), str(tmp_path), lambda seconds, _: seen.append(seconds))
    assert len(seen) >= 3
    assert seen == sorted(seen)
