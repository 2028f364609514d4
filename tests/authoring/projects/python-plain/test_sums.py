import unittest


class Sums(unittest.TestCase):
    def test_add(self) -> None:
        assert 1 + 2 == 3
