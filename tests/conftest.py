"""Fixtures that any test may ask for."""

from pathlib import Path

import pytest

from tests.support.artifacts import DESIGN
from tests.support.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A machine of its own: a home, a tree, nothing live."""
    return World(tmp_path)


@pytest.fixture
def ready(world: World) -> World:
    """A live run that stands in design, its artifact whole: only a person is missing."""
    world.typed("/design add login")
    world.write("docs/stagelock/add-login/design.md", DESIGN)
    return world
