"""Whether two scopes can meet: never a wrong no."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelock.core.globs import matches
from stagelock.core.plan.scopes import covered, meet

ROWS = [
    ("src/a.py", "src/a.py", True),
    ("src/a.py", "src/b.py", False),
    ("src/**", "src/todo/store.py", True),
    ("src/**", "tests/**", False),
    ("src/*.py", "src/todo/*.py", False),
    ("**/*.py", "src/a.py", True),
    ("**/*.py", "src/a.ts", False),
    ("src/a*.py", "src/*b.py", True),
    ("src/a*.py", "src/b*.py", False),
    ("src/?.py", "src/ab.py", False),
    ("**/migrations/**", "db/migrations/0001.sql", True),
    ("**/migrations/**", "db/**", True),
    ("src/todo", "src/todo/store.py", True),  # a folder named without its `/**`
    ("src/Todo.py", "src/todo.py", True),  # the same file on some disks
    ("**", "x", True),
]


@pytest.mark.parametrize(("one", "other", "answer"), ROWS)
def test_two_globs_meet_where_one_path_could_match_both(one: str, other: str, answer: bool) -> None:
    assert meet(one, other) is answer
    assert meet(other, one) is answer


SEGMENT = st.text("ab*?", min_size=1, max_size=3)
GLOB = st.lists(SEGMENT | st.just("**"), min_size=1, max_size=3)
NAMES = ["".join(n) for size in (1, 2, 3) for n in itertools.product("abc", repeat=size)]
PATHS = [[n] for n in NAMES] + [
    list(p) for size in (2, 3) for p in itertools.product(["a", "b", "ab", "ba", "c"], repeat=size)
]


@settings(max_examples=200, deadline=None)
@given(one=GLOB, other=GLOB)
def test_no_path_matches_two_globs_that_do_not_meet(one: list[str], other: list[str]) -> None:
    shared = [path for path in PATHS if matches(one, path) and matches(other, path)]
    if shared:
        assert meet("/".join(one), "/".join(other)), shared[0]


@settings(max_examples=200, deadline=None)
@given(one=GLOB, path=st.lists(st.sampled_from(["a.b", "b.a", "aa.b"]), min_size=1, max_size=3))
def test_a_glob_meets_a_plain_path_exactly_where_it_matches(
    one: list[str], path: list[str]
) -> None:
    glob = [segment if "*" in segment else segment + ".b" for segment in one]
    assert meet("/".join(glob), "/".join(path)) == matches(glob, path)


@pytest.mark.parametrize("path", ["../x.py", "/etc/x.py", "~/x.py", "src/../x.py", ""])
def test_what_leads_out_of_the_tree_is_in_no_scope(path: str) -> None:
    assert not covered(["**", "*"], path)
