"""The CLI as a person calls it, at a terminal, and as a program does, without one."""

import os
import pty
import subprocess
import sys
from typing import Any

from tests.support.world import ROOT


def env(world: Any, **more: str) -> dict[str, str]:
    """What a shell of the person has."""
    source = str(ROOT / "src")
    return {"PATH": os.environ["PATH"], "HOME": str(world.home), "PYTHONPATH": source, **more}


def piped(world: Any, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Call it as a program would: no terminal."""
    return subprocess.run(
        [sys.executable, "-m", "stagelock.cli.main", *argv],
        cwd=world.tree,
        env=env(world, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def at_terminal(world: Any, typed: str, *argv: str, **more: str) -> tuple[int, str]:
    """Call it at a terminal of its own, as a person would."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(world.tree)
        program = sys.executable
        os.execve(program, [program, "-m", "stagelock.cli.main", *argv], env(world, **more))
    if typed:
        os.write(fd, typed.encode())
    out = b""
    while True:
        try:
            part = os.read(fd, 4096)
        except OSError:
            break
        if not part:
            break
        out += part
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), out.decode().replace("\r\n", "\n")
