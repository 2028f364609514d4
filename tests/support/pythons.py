"""Other interpreters of this machine, for tests that run the road on them."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

# where version managers keep theirs, below the home
KEPT = (".pyenv/versions/{0}.*/bin/python{0}", ".local/share/uv/python/cpython-{0}.*/bin/python{0}")


def real(version: str) -> str:
    """Return an interpreter of that version; skips the test where there is none."""
    for program in _candidates(version):
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.startswith(f"Python {version}."):
            return program
    pytest.skip(f"no python{version} here")


def _candidates(version: str) -> Iterator[str]:
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield on_path
    for pattern in KEPT:
        yield from map(str, sorted(Path.home().glob(pattern.format(version))))
