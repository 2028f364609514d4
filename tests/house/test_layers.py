"""The house: imports run downhill, and a hook starts light."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from stagelock.authoring.hooks_file import EVENTS
from tests.support.world import ROOT, World

PACKAGE = ROOT / "src/stagelock"
BELOW = {
    "core": set(),
    "store": {"core"},
    "hook": {"core", "store"},
    "authoring": {"core", "store"},
    "cli": {"core", "store", "hook", "authoring"},
}
# what a hook process may load beyond the bare interpreter: free or nearly so (measured, make bench)
LIGHT = {
    "__future__", "_json", "_sha256", "_sha2", "fcntl", "marshal", "posix", "pwd", "sys", "time",
}  # fmt: skip


def _imports(path: Path) -> set[str]:
    """Absolute names of all modules that `path` imports, those for the type checker aside."""
    found = set()
    tree = ast.parse(path.read_text())
    package = path.relative_to(PACKAGE.parent).parts[:-1]
    skip = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }  # fmt: skip
    for node in ast.walk(tree):
        if id(node) in skip:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            name = ".".join([*base, *([node.module] if node.module else [])])
            found.add(name)
            found |= {f"{name}.{alias.name}" for alias in node.names}
    return found


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_run_downhill(path: Path) -> None:
    parts = path.relative_to(PACKAGE).parts
    if len(parts) == 1:
        return
    layer = parts[0]
    reached = {
        name.split(".")[1]
        for name in _imports(path)
        if name.startswith("stagelock.") and name.split(".")[1] in BELOW
    }
    assert reached <= BELOW[layer] | {layer}


def test_every_package_is_a_layer() -> None:
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders == {*BELOW, "workflows"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_core_imports_nothing_outside_itself(path: Path) -> None:
    if path.relative_to(PACKAGE).parts[0] == "core" and path.name != "model.py":
        outside = {n for n in _imports(path) if not n.startswith(("stagelock", "__future__"))}
        assert outside == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("event", EVENTS)
def test_a_hook_process_loads_only_light_modules(world: World, event: str) -> None:
    world.typed("/design add login")
    payload = {
        "session_id": "s",
        "cwd": str(world.tree),
        "tool_name": "Bash",
        "tool_input": {"command": "echo x > y"},
        "source": "startup",
        "agent_type": "x",
        "command_name": "stagelock:approve",
        "expansion_type": "slash_command",
        "command_source": "plugin",
        "prompt_id": "p",
    }
    script = (
        "import sys, posix\n"
        "before = set(sys.modules)\n"
        f"sys.path.insert(0, {str(ROOT / 'src')!r})\n"
        "import stagelock.hook.main as main\n"
        "def leave(code):\n"
        "    posix.write(2, ' '.join(set(sys.modules) - before).encode())\n"
        "    real(code)\n"
        "real, posix._exit = posix._exit, leave\n"
        f"main._pack = lambda: None\nmain.main({event!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        input=json.dumps(payload).encode(),
        capture_output=True,
        env=world.env(),
        cwd=world.tree,
        check=False,
    )
    loaded = {name for name in done.stderr.decode().split() if not name.startswith("stagelock")}
    assert loaded <= LIGHT


def test_a_packed_start_loads_the_same_road(world: World) -> None:
    from stagelock.hook import road

    world.typed("/design add login")
    groups = road.GROUPS
    shell = (*groups["tool"], *groups["shell"])
    before = {
        "shell": groups["tool"],
        "git": shell,
        "starting": (*shell, *groups["git"]),
        "unread": shell,
        "agent": groups["tool"],
    }
    for group, names in groups.items():
        _is_in_order([*road.PACKAGES, *road.BASE, *before.get(group, ()), *names])


def _is_in_order(order: list[str]) -> None:
    """Hold that each module that is packed exists, and comes after those it imports."""
    for name in order:
        path = PACKAGE.parent / name.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__init__.py").exists(), name
    for n, name in enumerate(order):
        path = PACKAGE.parent / (name.replace(".", "/") + ".py")
        if not path.exists():
            continue
        top = {i for i in _top_imports(path) if i in order}
        assert top <= set(order[:n]), f"{name} is packed before {top - set(order[:n])}"


def _top_imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    module = ast.Module([n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)], [])
    text = ast.unparse(module)
    found = set()
    package = path.relative_to(PACKAGE.parent).parts[:-1]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            name = ".".join([*base, *([node.module] if node.module else [])])
            found |= {name, *(f"{name}.{alias.name}" for alias in node.names)}
    return found
