"""What the units' changes do to one another, found in their combined diff as git prints it."""

import subprocess
from pathlib import Path

import pytest

from stagelock.authoring.final_review import changed_files, review
from stagelock.core.plan import context
from tests.support.units import plan

PLAN = plan()
STORE, ROUTES, PAY = "src/todo/store.py", "src/todo/routes.py", "src/pay/client.py"


def _git(tree: Path, *argv: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *argv],
        cwd=tree, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def _diff(tree: Path, before: dict[str, str], after: dict[str, str]) -> str:
    """Return what git itself prints between two states of a tree."""
    _git(tree, "init", "-q", "-b", "main")
    for state in (before, after):
        for path in before:
            (tree / path).unlink(missing_ok=True)
        for path, text in state.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
        _git(tree, "add", "-A")
        _git(tree, "commit", "-q", "--allow-empty", "-m", "x")
    return _git(tree, "diff", "-M", "HEAD~1..HEAD")


def _found(tree: Path, after: dict[str, str], inventory: str = "", **before: str) -> list[str]:
    return [str(f) for f in review(PLAN, _diff(tree, before, after), inventory)]


STORED = context.inventory("", "WU-001", [{"name": "TodoStore", "kind": "service", "file": STORE}])
CLEAN = {
    STORE: "import json\n\n\nclass TodoStore:\n    def add(self):\n        return json\n",
    ROUTES: "from .store import TodoStore\n\n\ndef post():\n    return TodoStore\n",
    "tests/todo/test_store.py": "def test_add():\n    assert True\n",
    "tests/todo/test_routes.py": "def test_add():\n    assert True\n",
}


def test_units_that_fit_together_leave_nothing(tmp_path: Path) -> None:
    assert _found(tmp_path, CLEAN, STORED) == []


def test_a_file_in_no_scope_is_found_also_deleted_or_renamed(tmp_path: Path) -> None:
    before = {"old name.md": "one\ntwo\nthree\n", "gone.cfg": "x\n", "kept.py": "x\n"}
    after = {"new-name.md": "one\ntwo\nthree\n", "kept.py": "y\n", "déjà.txt": "x\n"}
    found = [str(f) for f in review(PLAN, _diff(tmp_path, before, after))]
    told = "changed, and in no unit's file scope; put it back or give it to a unit"
    names = ["déjà.txt", "gone.cfg", "kept.py", "new-name.md", "old name.md"]
    assert sorted(found) == sorted(f"{name}:1: {told}" for name in names)


def test_two_units_that_define_one_type_differently_conflict(tmp_path: Path) -> None:
    after = {
        STORE: "class Todo:\n    id: str\n    title: str\n",
        PAY: "import json\n\n\nclass Todo:\n    id: int\n",
    }
    told = f"type `Todo` is defined differently at {PAY}:4; agree on one"
    assert _found(tmp_path, after) == [f"{STORE}:1: {told}"]


def test_two_units_that_define_the_same_keep_one(tmp_path: Path) -> None:
    body = "def clean(title):\n    return title.strip()\n"
    after = {STORE: body, PAY: body, ROUTES: "def main():\n    pass\n"}
    told = f"function `clean` is defined at {PAY}:1 as well; keep one"
    assert _found(tmp_path, after) == [f"{STORE}:1: {told}"]


def test_one_unit_may_repeat_a_name_in_its_own_files(tmp_path: Path) -> None:
    after = {ROUTES: "def add():\n    pass\n", "src/todo/service.py": "def add():\n    pass\n"}
    assert _found(tmp_path, after) == []


def test_tests_repeat_names_freely_but_not_fixtures(tmp_path: Path) -> None:
    fixture = "import pytest\n\n\n@pytest.fixture\ndef todo():\n    return 1\n"
    after = {"tests/todo/test_store.py": fixture, "tests/pay/test_client.py": fixture}
    told = "fixture `todo` is defined at tests/pay/test_client.py:5 as well; keep one"
    assert _found(tmp_path, after) == [f"tests/todo/test_store.py:5: {told}"]


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("x = 1  # TODO: later\n", "TODO"),
        ("// FIXME slow\n", "FIXME"),
        (" * XXX\n", "XXX"),
        ("x = 1  # HACK\n", "HACK"),
    ],
)
def test_a_left_over_marker_is_found_at_its_line(tmp_path: Path, line: str, mark: str) -> None:
    found = _found(tmp_path, {STORE: "\n\n" + line})
    assert found == [f"{STORE}:3: `{mark}` is left over; do it, or open an issue and remove it"]


@pytest.mark.parametrize("line", ["TODO = 1\n", "class TodoStore: pass\n", 'say("TODO list")\n'])
def test_the_word_alone_is_no_marker(tmp_path: Path, line: str) -> None:
    assert not [f for f in _found(tmp_path, {STORE: line}, STORED) if "left over" in f]


def test_a_marker_that_was_there_before_is_not_this_change(tmp_path: Path) -> None:
    diff = _diff(tmp_path, {STORE: "# TODO\nx = 1\n"}, {STORE: "# TODO\nx = 2\n"})
    assert review(PLAN, diff) == []


def test_an_import_that_two_units_added_stands_twice(tmp_path: Path) -> None:
    found = _found(tmp_path, {STORE: "import json\nx = 1\nimport json\n"})
    assert found == [f"{STORE}:3: `import json` stands in line 1 already; keep one"]


def test_what_a_unit_provides_stands_in_the_inventory(tmp_path: Path) -> None:
    found = _found(tmp_path, CLEAN)
    told = "`TodoStore` of WU-001 is not in the service inventory; add its row"
    assert found == [f"{STORE}:4: {told}"]


def test_what_the_inventory_lists_is_there(tmp_path: Path) -> None:
    stale = context.inventory(
        STORED, "WU-003", [{"name": "Checkout", "kind": "service", "file": PAY}]
    )
    assert _found(tmp_path, CLEAN, stale) == [
        f"{PAY}:1: the inventory lists `Checkout` here, and nothing defines it"
    ]


def test_a_line_that_looks_like_a_header_is_a_line(tmp_path: Path) -> None:
    text = "a = '''\n++ b/other.py\ndiff --git a/x b/x\n@@ -1 +1 @@\n'''\n# FIXME\n"
    diff = _diff(tmp_path, {STORE: "a = 1\n"}, {STORE: text})
    assert [file.path for file in changed_files(diff)] == [STORE]
    assert [str(f).split(":")[1] for f in review(PLAN, diff)] == ["6"]
