"""The command line as a program calls it: no terminal, a home of its own."""

import os
import subprocess
import sys

from .world import ROOT, World


def stagelock(world: World, *argv: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `stagelock ARGV` in the world's tree and return what it said."""
    return subprocess.run(
        [sys.executable, "-m", "stagelock.cli.main", *argv],
        cwd=world.tree,
        env={**environment(world), **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def git(world: World, *argv: str) -> str:
    """Run git in the world's tree, as someone."""
    who = ["-c", "user.name=someone", "-c", "user.email=someone@example.org"]
    done = subprocess.run(
        ["git", *who, *argv], cwd=world.tree, capture_output=True, text=True, check=True
    )
    return done.stdout


def environment(world: World) -> dict[str, str]:
    """What a terminal of the world has: a home, and the sources under test."""
    path = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}
    return {**path, "HOME": str(world.home)}
