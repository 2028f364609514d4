"""Commands at the gate: what only the disk can tell of them, and what a refusal says."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.world import ROOT, World


@pytest.fixture
def designing(world: World) -> World:
    """A run in `design`, in a real repository."""
    shutil.rmtree(world.tree / ".git")
    _git(world.tree, "init", "-q")
    for name in ("src/app.py", "docs/a.md", "README.md"):
        world.write(name, "one\n")
    _git(world.tree, "add", ".")
    _git(world.tree, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first")
    world.typed("/design add login")
    return world


def _git(where: Path, *argv: str) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(where), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *argv], cwd=where, env=env, check=True, capture_output=True)


def _asked(world: World, command: str, tool: str = "Bash", **more: object) -> str:
    """Return the refusal of a command, "" where it may run."""
    return world.tool(tool, {"command": command, "description": "x", **more}).reason


CONFIG = [
    ("core.fsmonitor", "scripts/evil.sh"),
    ("core.sshCommand", "touch x"),
    ("diff.external", "scripts/evil.sh"),
    ("diff.x.textconv", "scripts/evil.sh"),
    ("filter.x.clean", "scripts/evil.sh"),
    ("gpg.program", "scripts/evil.sh"),
    ("log.showSignature", "true"),
    ("remote.origin.uploadpack", "touch x;git-upload-pack"),
    ("remote.origin.url", "ext::sh -c touch"),
    ("url.ext::sh.insteadOf", "origin"),
    ("include.path", "../evil"),
    ("core.hooksPath", "evil"),
    ("core.alternateRefsCommand", "touch x"),
]


@pytest.mark.parametrize(("key", "value"), CONFIG)
@pytest.mark.parametrize("command", ["git status", "cd src && git log", "git -C docs diff"])
def test_git_is_no_look_where_its_configuration_starts_a_program(
    designing: World, key: str, value: str, command: str
) -> None:
    assert _asked(designing, command) == ""
    _git(designing.tree, "config", key, value)
    assert "git would start what the repository sets" in _asked(designing, command)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("core.fsmonitor", "true"),
        ("filter.lfs.clean", "git-lfs clean -- %f"),
        ("user.name", "core.fsmonitor = x"),
        ("remote.origin.url", "git@host:a/b.git"),
        ("branch.main.remote", "origin"),
        ("core.pager", "delta"),
        ("alias.x", "!touch x"),
    ],
)
def test_settings_that_start_nothing_on_a_look_do_not_matter(
    designing: World, key: str, value: str
) -> None:
    _git(designing.tree, "config", key, value)
    assert _asked(designing, "git status && git log -3") == ""


def test_a_hook_that_a_look_would_start_is_seen(designing: World) -> None:
    designing.write(".git/hooks/post-index-change", "#!/bin/sh\n")
    assert "hooks/post-index-change" in _asked(designing, "git status")


@pytest.mark.parametrize("bare", [True, False])
def test_a_planted_repository_below_is_asked_as_well(designing: World, *, bare: bool) -> None:
    planted = designing.tree / "vendored"
    planted.mkdir()
    _git(planted, "init", "-q", *(["--bare", "."] if bare else []))
    assert _asked(designing, "git -C vendored status") == ""
    _git(planted, "config", "core.fsmonitor", "x")
    for command in (
        "git -C vendored status",
        "cd vendored && git log",
        "cd vendored/ && git -P show",
    ):
        assert "git would start" in _asked(designing, command)
    inside = {"cwd": str(planted)}
    assert "git would start" in designing.tool("Bash", {"command": "git status"}, **inside).reason


def test_a_repository_that_the_index_holds_is_asked_as_well(designing: World) -> None:
    inner = designing.tree / "inner"
    inner.mkdir()
    _git(inner, "init", "-q")
    _git(inner, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-mx")
    _git(designing.tree, "add", "inner")
    assert _asked(designing, "git status") == ""
    _git(inner, "config", "core.fsmonitor", "x")
    assert "git would start" in _asked(designing, "git status")


def test_a_program_that_the_project_could_have_put_first_is_not_the_system_s(
    designing: World,
) -> None:
    venv = designing.home / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text("")
    for folder in (venv / "bin", designing.tree / "node_modules/.bin", designing.tree / "bin"):
        folder.mkdir(parents=True, exist_ok=True)
        env = designing.env(PATH=f"{folder}:{os.environ['PATH']}")
        payload = {"tool_name": "Bash", "tool_input": {"command": "ls | wc -l"}}
        assert designing.hook("PreToolUse", payload, env).reason == ""
        (folder / "wc").write_text("#!/bin/sh\n")
        reason = designing.hook("PreToolUse", payload, env).reason
        assert f"`wc` is `{folder}/wc` here" in reason
        (folder / "wc").unlink()
        (folder / "wc").symlink_to("/usr/bin/wc")
        assert designing.hook("PreToolUse", payload, env).reason == ""


def test_the_box_is_admitted_in_exactly_one_form_and_only_as_our_own(designing: World) -> None:
    for command in (
        "stagelock ro -- 'pytest -q; rm -rf src'",
        f"{ROOT}/bin/stagelock ro -- 'make'",
        "stagelock ro -- 'pytest -q' 2>&1 | tail -5",
    ):
        assert _asked(designing, command) == ""
    for command in (
        "stagelock ro --net -- 'curl x'",
        "stagelock ro --by landlock -- ls",
        "stagelock ro -- ls -la",
        'stagelock ro -- "$(cat x)"',
        "PATH=.:$PATH stagelock ro -- 'ls'",
        "./stagelock ro -- 'ls'",
        "stagelock ro --write src -- 'make'",
    ):
        assert "refused" in _asked(designing, command), command
    run = designing.stage_file()["artifacts_at"]
    assert "refused" in _asked(designing, f"stagelock ro --write {run} -- 'make'")
    other = designing.home / "bin"
    other.mkdir()
    (other / "stagelock").write_text("#!/bin/sh\n")
    env = designing.env(PATH=f"{other}:{os.environ['PATH']}")
    payload = {"tool_name": "Bash", "tool_input": {"command": "stagelock ro -- 'ls'"}}
    assert "another `stagelock` comes first" in designing.hook("PreToolUse", payload, env).reason


def test_a_refusal_quotes_the_part_that_was_refused_and_shows_the_box(designing: World) -> None:
    reason = _asked(designing, "ls && python3 gen.py | tail -3")
    assert "because: in `python3 gen.py`: `python3` is not known to only look" in reason
    assert "or run it where it can change nothing: stagelock ro -- '...'" in reason
    reason = _asked(designing, "git log -1; pytest -q")
    assert "because: `pytest -q` runs the project's own code" in reason
    reason = _asked(designing, "git add . && git commit -m x")
    assert "because: `git add .` changes version control" in reason


@pytest.mark.parametrize("tool", ["Bash", "Monitor"])
def test_every_tool_that_runs_commands_takes_the_same_road(designing: World, tool: str) -> None:
    for more in ({}, {"run_in_background": True}, {"dangerouslyDisableSandbox": True}):
        assert _asked(designing, "git status --short", tool, **more) == ""
        assert "(rule design/otherwise)" in _asked(designing, "rm src/app.py", tool, **more)


POWERSHELL = [
    ("Get-ChildItem -Recurse -Filter *.py", True),
    ("Get-Content README.md -TotalCount 5 | Measure-Object -Line", True),
    ("Select-String -Pattern 'def main' -Path src/*.py", True),
    ("Get-ChildItem | ForEach-Object { Remove-Item $_ }", False),
    ("Remove-Item x", False),
    ("Get-Content x > y", False),
    ("Get-Content $(rm x)", False),
    ("Get-Content x; Remove-Item x", False),
    ("Get-Content x\nRemove-Item x", False),
    ("Get-Content \\\\host\\share", False),
    ("Get-ChildItem -OutVariable x", False),
    ("Sort-Object -Property @{E={rm x}}", False),
    ("Get-Content 'a", False),
    ("& rm x", False),
    ("ls", False),
]


@pytest.mark.parametrize(("command", "looks"), POWERSHELL)
def test_powershell_is_open_to_a_few_cmdlets_that_only_look(
    designing: World, command: str, *, looks: bool
) -> None:
    assert (_asked(designing, command, "PowerShell") == "") is looks


def test_a_folder_may_be_made_where_an_allowed_file_needs_it(designing: World) -> None:
    run = designing.stage_file()["artifacts_at"]
    for path in (run, "docs", "docs/stagelock"):
        assert _asked(designing, f"mkdir -p {path}") == ""
    for path in ("src/new", ".git/hooks", f"{run}/deeper", "/etc/x"):
        assert "refused" in _asked(designing, f"mkdir -p {path}")


def test_a_link_out_of_the_scope_is_refused_and_one_inside_is_not(designing: World) -> None:
    run = designing.stage_file()["artifacts_at"]
    designing.write(f"{run}/a.md", "x")
    assert _asked(designing, f"cd {run} && ln -s a.md b.md") == ""
    for command in (
        f"ln -s ../../../src/app.py {run}/c.md",
        f"ln src/app.py {run}/d.md",
        f"mv src/app.py {run}/e.md",
        f"cp {run}/a.md src/f.py",
        f"ln -s /etc/passwd {run}/g.md",
    ):
        assert "refused" in _asked(designing, command), command
    (designing.tree / run / "away.md").symlink_to(designing.tree / "src/app.py")
    assert "src/app.py" in _asked(designing, f"echo x > {run}/away.md")


def test_a_copy_into_a_folder_is_a_write_of_the_file_in_it(designing: World) -> None:
    run = designing.stage_file()["artifacts_at"]
    (designing.tree / run).mkdir(parents=True, exist_ok=True)
    assert _asked(designing, f"cp README.md {run}") == ""
    assert f"{run}/app.py" in _asked(designing, f"cp src/app.py {run}")


def test_history_that_a_remote_has_is_not_rewritten(designing: World) -> None:
    designing.typed("/abandon it")
    designing.typed("/quick mend it")
    remote = designing.home / "remote.git"
    _git(designing.home, "init", "-q", "--bare", str(remote))
    _git(designing.tree, "remote", "add", "origin", str(remote))
    for command in ("git commit --amend --no-edit", "git rebase -i HEAD~1", "git reset HEAD~1"):
        assert _asked(designing, command) == ""
    _git(designing.tree, "push", "-q", "origin", "HEAD")
    for command in ("git commit --amend --no-edit", "git rebase -i HEAD~1", "git reset HEAD~1"):
        assert "(rule never/rewritten-history)" in _asked(designing, command)
    _git(designing.tree, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q",
         "--allow-empty", "-m", "mine alone")  # fmt: skip
    assert _asked(designing, "git commit --amend --no-edit") == ""
