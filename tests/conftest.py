"""Fixtures that any test may ask for."""

from pathlib import Path

import pytest

from tests.support.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A machine of its own: a home, a tree, nothing live."""
    return World(tmp_path)
