"""Fixtures that any test may ask for."""

import os
from pathlib import Path

import pytest

from tests.client.support.client import NEWEST, newest
from tests.support.artifacts import DESIGN
from tests.support.world import World


def pytest_configure(config: pytest.Config) -> None:
    """Ask once which client is the newest: all workers must collect the same tests."""
    if config.getoption("numprocesses", None):
        os.environ.setdefault(NEWEST, newest())


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
