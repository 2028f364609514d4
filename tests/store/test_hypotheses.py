"""A hypothesis leaves no trace: the tree is put back exactly, and nothing of anybody's is lost."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagelock.core.fix import hypothesis as core
from stagelock.store import moves, runs
from stagelock.store.fix import hypotheses
from stagelock.store.tree import TreeUnknown
from tests.support.hypotheses import attempts, begin, came, everything, opens
from tests.support.tree import Tree, committed
from tests.support.world import ROOT

SCOPE = ("src/app.py", "src/made/*", "data/*.bin")
BINARY = bytes(range(256)) * 3


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A person's unfinished work of every kind, and a run that tries hypotheses."""
    made = committed(tmp_path)
    _unfinished(made)
    begin(str(made.home), str(made.root))
    return made


def _unfinished(made: Tree) -> None:
    made.write(".gitignore", "*.bin\ncache/\n.stagelock/\n")
    made.write("src/app.py", "staged\n")
    made.git("add", "-A")
    made.write("src/app.py", "and more, not staged\n")
    made.write("src/lib.py", "not staged\n")
    made.write("notes.txt", "not tracked\n").chmod(0o600)
    made.write("tool.sh", "not tracked, to be run\n").chmod(0o755)
    made.write("cache/x", "ignored\n")
    made.write("data/a.bin", BINARY).chmod(0o640)
    (made.root / "data/to").symlink_to("../src")
    (made.root / "data/nowhere.bin").symlink_to("nowhere")
    (made.root / "src/made").mkdir()


def _try(tree: Tree, says: str = "it is the source", *scope: str) -> dict[str, Any]:
    return dict(opens(str(tree.home), str(tree.root), says, *(scope or SCOPE)))


def _spoil(tree: Tree) -> None:
    """Change the scope in every way."""
    tree.write("src/app.py", "a guess\n").chmod(0o755)
    tree.write("src/made/new.py", "new\n")
    tree.write("data/a.bin", b"\0other").chmod(0o600)
    (tree.root / "data/nowhere.bin").unlink()
    tree.write("data/nowhere.bin", "a file now")
    tree.write("data/b.bin", "added and ignored")


def test_what_failed_is_put_back_exactly_and_lies_where_it_is_said_to(tree: Tree) -> None:
    before, staged = everything(tree.root), tree.git("ls-files", "--stage")
    _try(tree)
    _spoil(tree)
    last = came(str(tree.home), str(tree.root), 1)
    assert everything(tree.root) == before
    assert tree.git("ls-files", "--stage") == staged
    assert last["phase"] == "closed"
    assert sorted(last["paths"]) == [
        "data/a.bin", "data/b.bin", "data/nowhere.bin", "src/app.py", "src/made/new.py",
    ]  # fmt: skip
    kept = Path(last["kept"])
    assert (kept / "src/app.py").read_text() == "a guess\n"
    assert (kept / "src/made/new.py").read_text() == "new\n"
    assert (kept / "data/a.bin").read_bytes() == b"\0other"
    assert (kept / "data/b.bin").read_text() == "added and ignored"
    assert not kept.is_relative_to(tree.root)


def test_what_stands_is_put_aside_and_can_be_written_again(tree: Tree) -> None:
    before = everything(tree.root)
    _try(tree)
    _spoil(tree)
    after = everything(tree.root)
    assert came(str(tree.home), str(tree.root), 0)["exit"] == 0
    assert everything(tree.root) == before
    again = attempts(str(tree.home), str(tree.root))[-1]
    hypotheses.apply(str(tree.home), str(tree.root), again)
    now = everything(tree.root)
    assert {path: data for path, (_, data) in now.items()} == {
        path: data for path, (_, data) in after.items()
    }
    assert os.access(tree.root / "src/app.py", os.X_OK)


def test_a_change_is_not_written_over_what_changed_since(tree: Tree) -> None:
    _try(tree)
    _spoil(tree)
    last = came(str(tree.home), str(tree.root), 0)
    tree.write("src/app.py", "the person's own\n")
    with pytest.raises(TreeUnknown, match=r"changed since that attempt: src/app\.py"):
        hypotheses.apply(str(tree.home), str(tree.root), last)
    assert (tree.root / "src/app.py").read_text() == "the person's own\n"
    assert not (tree.root / "src/made/new.py").exists()


def test_what_a_person_does_meanwhile_elsewhere_stays(tree: Tree) -> None:
    _try(tree)
    _spoil(tree)
    tree.write("notes.txt", "written while it was open\n")
    tree.write("src/other.py", "new\n")
    (tree.root / "tool.sh").unlink()
    tree.git("add", "src/other.py")
    came(str(tree.home), str(tree.root), 1)
    assert (tree.root / "notes.txt").read_text() == "written while it was open\n"
    assert (tree.root / "src/other.py").read_text() == "new\n"
    assert not (tree.root / "tool.sh").exists()
    assert "src/other.py" in tree.git("diff", "--cached", "--name-only")


def test_folders_that_hold_nothing_come_back_and_new_ones_go(tree: Tree) -> None:
    before = everything(tree.root)
    _try(tree)
    shutil.rmtree(tree.root / "src/made")
    came(str(tree.home), str(tree.root), 1)
    assert everything(tree.root) == before
    _try(tree, "it is in a folder", "src/made/*", "lib/deep/x.py")
    (tree.root / "src/made/inner").mkdir()
    tree.write("lib/deep/x.py", "x\n")
    came(str(tree.home), str(tree.root), 1)
    assert everything(tree.root) == before


def test_a_tree_without_git_is_put_back_too(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.write("src/app.py", "mine\n")
    begin(str(tree.home), str(tree.root))
    _try(tree, "it is the source", "src/app.py")
    tree.write("src/app.py", "a guess\n")
    came(str(tree.home), str(tree.root), 1)
    assert (tree.root / "src/app.py").read_text() == "mine\n"


def test_a_repository_inside_the_tree_is_put_back_too(tree: Tree) -> None:
    (tree.root / "sub").mkdir()
    tree.git("init", "-q", at="sub")
    tree.write("sub/x.py", "inner\n")
    tree.commit("sub")
    tree.write("sub/y.py", "not tracked there\n")
    before = everything(tree.root)
    _try(tree, "it is in the inner one", "sub/x.py", "sub/*.bin")
    tree.write("sub/x.py", "a guess\n")
    tree.write("sub/z.bin", "more\n")
    came(str(tree.home), str(tree.root), 1)
    assert everything(tree.root) == before


def test_a_stage_that_is_left_takes_the_open_change_with_it(tree: Tree) -> None:
    home, root = str(tree.home), str(tree.root)
    before = everything(tree.root)
    _try(tree)
    _spoil(tree)
    state, _ = runs.look(home, root)
    assert state is not None
    said = moves.reject(home, root, state, moves.person("terminal", "", root), "look again")
    assert said["state"]["stage"] == "root-cause"
    assert "was not tested; its change lies in" in said["told"][0]
    assert everything(tree.root) == before
    last = attempts(home, root)[-1]
    assert (Path(last["kept"]) / "src/app.py").read_text() == "a guess\n"


def test_a_person_may_take_the_tree_as_it_is_where_it_cannot_be_put_back(tree: Tree) -> None:
    home, root = str(tree.home), str(tree.root)
    _try(tree)
    _spoil(tree)
    shutil.rmtree(next(tree.home.glob("runs/*/hypotheses")))
    with pytest.raises(TreeUnknown, match="nothing is lost"):
        came(home, root, 1)
    state, _ = runs.look(home, root)
    assert state is not None
    who = moves.person("terminal", "", root)
    assert moves.waive(home, root, state, who, "rollback", "I keep it")["moved"]
    assert attempts(home, root)[-1]["phase"] == "closed"
    assert (tree.root / "src/app.py").read_text() == "a guess\n"


UNFIT = {
    "**": "is the whole tree",
    "*/x.py": "is the whole tree",
    "/etc/passwd": "is no place of the tree",
    "../x": "is no place of the tree",
    "src/../x": "is no place of the tree",
    "~/x": "is no place of the tree",
    ".git/config": "is not a hypothesis' to change",
    ".stagelock/stage.json": "is not a hypothesis' to change",
    "src": "is a folder; name the files in it",
    "docs/stagelock/a-bug/root-cause.md": "holds the run's artifacts",
    "src/{run}.py": "is not read here",
    "tests/test_app.py": "is a test, or says how tests run",
    "pyproject.toml": "is a test, or says how tests run",
    "repro.sh": "is what the reproduction runs",
    "many/*": "the scope holds 12 files; small is at most 3 places that hold 10 files",
    "data/large": "is larger than 16 MiB",
}


@pytest.mark.parametrize("glob", UNFIT)
def test_a_scope_is_small_and_apart_from_what_shows_the_bug(tree: Tree, glob: str) -> None:
    for n in range(12):
        tree.write(f"many/{n}.py", "x\n")
    (tree.root / "data/large").touch()
    os.truncate(tree.root / "data/large", (1 << 24) + 1)
    state, _ = runs.look(str(tree.home), str(tree.root))
    assert state is not None
    end, why = hypotheses.refused(str(tree.root), state, [glob], "it is here")
    assert end == "/small-scope"
    assert UNFIT[glob] in why


def test_a_scope_of_too_many_places_is_none(tree: Tree) -> None:
    state, _ = runs.look(str(tree.home), str(tree.root))
    assert state is not None
    for scope in ([], [f"src/{n}.py" for n in range(4)]):
        end, why = hypotheses.refused(str(tree.root), state, scope, "it is here")
        assert (end, "small is at most 3 places" in why) == ("/small-scope", True)


def test_the_third_failure_is_told_to_a_person_with_what_each_rules_out(tree: Tree) -> None:
    for n in range(3):
        _try(tree, f"it is cause {n}", "src/app.py")
        tree.write("src/app.py", f"guess {n}\n")
        came(str(tree.home), str(tree.root), 1)
    state, _ = runs.look(str(tree.home), str(tree.root))
    assert state is not None
    assert "this is architecture, not a hypothesis" in state["escalated"]
    report = (tree.root / ".stagelock/evidence/escalation.md").read_text()
    assert "This is architecture, not a hypothesis" in report
    for n, it in enumerate(core.of(state)):
        assert (
            f"- {n + 1}: that it is enough to change src/app.py because it is cause {n}" in report
        )
        assert it["kept"] in report
    assert "`sh repro.sh` ended with exit 1; changed: src/app.py" in report


def test_killed_at_any_write_nothing_is_lost_and_the_next_start_completes_it(tree: Tree) -> None:
    before = everything(tree.root)
    _try(tree)
    _spoil(tree)
    spoilt = everything(tree.root)
    backup = tree.base / "backup"
    for folder in (tree.home, tree.root):
        shutil.copytree(folder, backup / folder.name, symlinks=True)
    argv = [sys.executable, "-m", "tests.support.dying", str(tree.home), str(tree.root)]
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    done = subprocess.run(
        [*argv, str(backup)], capture_output=True, text=True, cwd=ROOT, env=env, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    deaths = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(deaths) > 60
    assert [death["died"] for death in deaths].index(False) == len(deaths) - 1
    phases = {death["phase"] for death in deaths}
    assert phases == {"open", "undoing", "closed"}
    for n, death in enumerate(deaths, 1):
        now = {path: (mode, bytes.fromhex(data)) for path, (mode, data) in death["now"].items()}
        if death["phase"] == "open":  # it was never recorded as tested
            assert now == spoilt, n
            continue
        assert now == before, n
        assert death["last"]["phase"] == "closed"
        kept = {path: bytes.fromhex(data) for path, data in death["kept"].items()}
        for path in death["last"]["paths"]:
            assert kept[path] == spoilt[path][1], (n, path)


# --- random trees -------------------------------------------------------------------------------

NAMES = ["a.py", "b.bin", "in/c.py", "in/deep/d", "run.sh", "in/link"]
WHERE = st.sampled_from([f"{root}/{name}" for root in ("mine", "scope") for name in NAMES])
HOW = st.sampled_from(["write", "bytes", "run", "link", "delete", "stage", "private"])
STEPS = st.lists(st.tuples(HOW, WHERE, st.integers(0, 3)), max_size=14)


def _do(tree: Tree, how: str, where: str, seed: int) -> None:
    """Take one step of somebody's work; one that cannot be taken here is none."""
    path = tree.root / where
    try:
        if how == "stage":
            tree.git("add", "-f", where)
        elif how == "delete":
            path.unlink()
        elif how == "link":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.symlink_to(["a.py", "/etc/hosts", "nowhere", ".."][seed])
        elif not path.is_symlink():
            data = BINARY[seed:] if how == "bytes" else f"{how} {seed}\n".encode()
            tree.write(where, data)
            path.chmod({"run": 0o755, "private": 0o600}.get(how, 0o644))
    except (OSError, subprocess.CalledProcessError):
        pass


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=STEPS, then=STEPS, guess=STEPS, meanwhile=STEPS, code=st.sampled_from([0, 1]))
def test_whatever_a_person_has_in_the_tree_stays_byte_for_byte(
    first: Any, then: Any, guess: Any, meanwhile: Any, code: int
) -> None:
    with tempfile.TemporaryDirectory() as base:
        tree = Tree(Path(base))
        tree.git("init", "-q")
        tree.write(".gitignore", "*.bin\n.stagelock/\n")
        for step in first:
            _do(tree, *step)
        tree.commit()
        for step in then:  # staged and not, tracked and not
            _do(tree, *step)
        begin(str(tree.home), str(tree.root))
        before, staged = everything(tree.root), tree.git("ls-files", "--stage")
        opens(str(tree.home), str(tree.root), "it is this part", "scope/*", "scope/in/**")
        for how, where, seed in guess:
            if how != "stage":
                _do(tree, how, where.replace("mine/", "scope/"), seed)
        added = _meanwhile(tree, meanwhile)
        came(str(tree.home), str(tree.root), code)
        now = everything(tree.root)
        mine = {path for path in {*now, *before} if not path.startswith("scope")}
        assert {p: now.get(p) for p in mine} == {p: added.get(p) for p in mine}
        assert {p: v for p, v in now.items() if p not in mine} == {
            p: v for p, v in before.items() if p not in mine
        }
        if not any(how == "stage" for how, _, _ in meanwhile):
            assert tree.git("ls-files", "--stage") == staged


def _meanwhile(tree: Tree, steps: Any) -> dict[str, Any]:
    """Work outside the scope while the hypothesis is open; returns all that lies there then."""
    for how, where, seed in steps:
        if where.startswith("mine/"):
            _do(tree, how, where, seed)
    return {p: v for p, v in everything(tree.root).items() if not p.startswith("scope")}
