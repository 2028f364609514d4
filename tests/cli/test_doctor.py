"""Doctor: what is broken on purpose is named in one line, with the cure."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from stagelock.cli import promises, surroundings
from stagelock.cli.found import Found, ill, unknown, well
from tests.support import pythons
from tests.support.broken import is_told
from tests.support.command import stagelock
from tests.support.world import ROOT, SESSION, World


def _says(world: World, **more: str) -> dict[str, str]:
    """What doctor says, line and cure, by the name of what it looked at."""
    said: dict[str, str] = {}
    name = ""
    for line in stagelock(world, "doctor", **more).stdout.partition("\n\n")[0].splitlines():
        name = line[:8].strip() or name
        said[name] = (said.get(name, "") + " " + line[9:].strip()).strip()
    return said


def test_a_whole_machine_is_well(world: World) -> None:
    said = _says(world)
    assert "runs the hooks" in said["python"]
    assert said["plugin"].startswith("whole")
    assert "can be written" in said["home"]
    assert "none switches hooks off" in said["settings"]
    assert "stagelock doctor --client" in said["client"]
    assert stagelock(world, "doctor").returncode == 0


@pytest.mark.parametrize(
    ("folder", "name", "given", "told"),
    [
        ("home", "settings.json", {"disableAllHooks": True}, "switches all hooks off"),
        ("tree", "settings.json", {"disableAllHooks": True}, "switches all hooks off"),
        ("tree", "settings.local.json", {"disableAllHooks": 1}, "switches all hooks off"),
        ("tree", "settings.json", {"enabledPlugins": {"stagelock@x": False}}, "plugin off"),
        ("home", "settings.json", [], "cannot be read"),
    ],
)
def test_settings_that_switch_hooks_off_are_named(
    world: World, folder: str, name: str, given: object, told: str
) -> None:
    path = (world.home if folder == "home" else world.tree) / ".claude" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(given))
    said = _says(world)["settings"]
    assert str(path) in said
    assert told in said
    assert "then start the client anew" in said
    assert stagelock(world, "doctor").returncode == 1


def test_managed_settings_may_let_only_managed_hooks_run(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    managed = tmp_path / "managed-settings.json"
    managed.write_text('{"allowManagedHooksOnly": true}')
    monkeypatch.setattr(surroundings, "MANAGED", (managed,))
    monkeypatch.setenv("HOME", str(world.home))
    found = surroundings.settings(str(world.tree))
    assert found.order == "ill"
    assert "lets only managed hooks run" in found.told


def test_hooks_that_could_answer_for_a_person_are_named(world: World) -> None:
    path = world.tree / ".claude/settings.json"
    path.parent.mkdir()
    path.write_text('{"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": []}]}}')
    assert "no other hook" in _says(world)["doors"]
    path.write_text('{"hooks": {"PermissionRequest": [{"hooks": []}]}}')
    assert f"PermissionRequest in {path}" in _says(world)["doors"]
    path.write_text('{"hooks": {"PreToolUse": [{"hooks": []}]}}')
    assert "leave `dialog` out of approval.doors" in _says(world)["doors"]


def test_another_plugins_hooks_are_looked_at_too(world: World) -> None:
    place = world.home / "other"
    (place / "hooks").mkdir(parents=True)
    hooks = '{"hooks": {"PreToolUse": [{"matcher": "AskUserQuestion"}]}}'
    (place / "hooks/hooks.json").write_text(hooks)
    plugins = world.home / ".claude/plugins"
    plugins.mkdir(parents=True)
    listed = {"plugins": {"other@x": [{"installPath": str(place)}]}}
    (plugins / "installed_plugins.json").write_text(json.dumps(listed))
    assert f"PreToolUse in {place}/hooks/hooks.json" in _says(world)["doors"]


def test_a_plugin_folder_that_moved_is_named_with_the_cure(world: World) -> None:
    plugins = world.home / ".claude/plugins"
    plugins.mkdir(parents=True)
    (world.home / ".claude/settings.json").write_text('{"enabledPlugins": {"stagelock@x": true}}')
    assert "switched on in" in _says(world)["install"]
    place = {"stagelock": {"installLocation": str(world.home / "was-here")}}
    (plugins / "known_marketplaces.json").write_text(json.dumps(place))
    said = _says(world)["install"]
    assert "was-here, which is not there" in said
    assert "claude plugin marketplace add THE-NEW-PLACE" in said


def test_a_damaged_plugin_is_named(world: World, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    for part in ("hooks", "src", "bin"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, plugin / part, ignore=ignored)
    path = str(plugin / "src")
    assert _says(world, PYTHONPATH=path)["plugin"].startswith("whole")
    hooks = plugin / "hooks/hooks.json"
    hooks.write_text(hooks.read_text().replace("exit 0", "exit 1"))
    assert "not the one that belongs" in _says(world, PYTHONPATH=path)["plugin"]
    hooks.write_text("{")
    assert "the client runs no hook of this plugin" in _says(world, PYTHONPATH=path)["plugin"]
    hooks.unlink()
    assert "hooks/hooks.json missing" in _says(world, PYTHONPATH=path)["plugin"]


def _python(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    (folder / "python3").write_text(script)
    (folder / "python3").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


def test_a_shim_is_named_with_what_it_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = '#!/bin/sh\nsleep 0.1\nexec /usr/bin/env -i PATH=/usr/bin:/bin python3 "$@"\n'
    _python(tmp_path / "shims", script, monkeypatch)
    found = surroundings.interpreter(str(tmp_path / "none"))
    assert found.order == "ill"
    cost = int(found.told.split(" ms a start")[0].split(" ")[-1])
    assert cost >= 100
    assert is_told("python3 is a shim of 100 ms", found.cure)


def test_an_old_python_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = f'#!/bin/sh\nexec {pythons.real("3.8")} "$@"\n'
    _python(tmp_path / "old", script, monkeypatch)
    found = surroundings.interpreter(str(tmp_path / "none"))
    assert "(Python 3.8." in found.told
    assert "cannot run the hooks: ImportError: the hooks of stagelock need Python 3.9" in found.told
    assert "install Python 3.9 or newer" in found.cure


def test_no_python_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = surroundings.interpreter(str(tmp_path / "none"))
    assert (found.order, found.cure) == ("ill", "install Python 3.9 or newer")


@pytest.mark.parametrize("fault", ["not-a-folder", "full"])
def test_a_state_home_that_cannot_be_written_is_named(tmp_path: Path, fault: str) -> None:
    if fault == "full":
        if not Path("/dev/full").exists():
            pytest.skip("no /dev/full here")
        place = tmp_path / "home"
        place.mkdir()
        (place / f".stagelock-probe-{os.getpid()}").symlink_to("/dev/full")
    else:
        place = tmp_path / "file"
        place.write_text("")
    found = surroundings.state_home(str(place / "stagelock"))
    assert found.order == "ill"
    assert "XDG_STATE_HOME" in found.cure


def test_a_run_of_last_month_is_named_with_its_tree(ready: World) -> None:
    assert _says(ready)["stale"] == "no forgotten run on this machine"
    copy = next(ready.state.glob("runs/*/stage.json"))
    state = json.loads(copy.read_text())
    state["entered"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 31 * 86400))
    copy.write_text(json.dumps(state))
    said = _says(ready)["stale"]
    assert f"run `add-login` in {ready.tree}: 31d00h in stage `design`" in said
    assert "stagelock abandon REASON" in said


def test_a_run_whose_tree_is_gone_is_named(ready: World) -> None:
    shutil.rmtree(ready.tree)
    ready.tree.mkdir()
    (ready.tree / "elsewhere").mkdir()
    moved = ready.tree.rename(ready.tree.parent / "moved")
    ready.tree = moved
    said = _says(ready)["stale"]
    assert "which is not there" in said
    assert "stagelock doctor --repair forgets it" in said


def test_a_session_whose_hooks_never_answered_is_told(ready: World) -> None:
    assert "in this session" in _says(ready, CLAUDE_CODE_SESSION_ID=SESSION)["hooks"]
    said = _says(ready, CLAUDE_CODE_SESSION_ID="another")["hooks"]
    assert said.startswith("the hooks are OFF in this session: nothing is held")
    assert "last answered" in _says(ready)["hooks"]


def test_each_promise_is_answered_by_what_it_needs() -> None:
    def found(order: str, name: str) -> list[Found]:
        made = {"ill": ill(name, "", ""), "unknown": unknown(name, "", ""), "well": well(name, "")}
        return [made[order]]

    assert all(line.endswith("holds here") for line in promises.told(found("well", "home")))
    lines = promises.told([*found("unknown", "client"), *found("ill", "journal")])
    assert lines[0].endswith("not shown: client")
    assert lines[5].endswith("does NOT hold here: journal")
    assert lines[7].endswith("holds here")
    assert len(lines) == 8
