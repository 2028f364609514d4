"""The two clients every promise is shown in: the oldest supported and the newest there is."""

import pytest

from .support.client import OLDEST, newest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each client test in both versions."""
    if "version" in metafunc.fixturenames:
        metafunc.parametrize("version", [OLDEST, newest()])
