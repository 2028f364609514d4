"""What is committed for a unit: its scope, in repositories of every kind, by whichever road."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from stagelock.store.repository import git_hooks
from tests.support.executed import DONE, WORK, Executed

NAME = "WU-001"
FILE = WORK[NAME]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Executed:
    monkeypatch.setenv("PATH", f"{tmp_path}/home/bin:{os.environ['PATH']}")
    return Executed(tmp_path)


def _line_endings(run: Executed) -> None:
    run.git("config", "core.autocrlf", "true")
    run.write("old.txt", "one\r\ntwo\r\n")
    run.git("add", "old.txt")
    run.git("commit", "-qm", "a file whose lines end otherwise here")
    run.git("checkout", "-q", "--", "old.txt")


def _attributes(run: Executed) -> None:
    run.write(".gitattributes", "* text=auto eol=crlf\n")
    run.write("old.txt", "one\ntwo\n")
    run.git("add", "-A", "--", "old.txt", ".gitattributes")
    run.git("commit", "-qm", "line endings by attribute")
    (run.tree / "old.txt").unlink()
    run.git("checkout", "-q", "--", "old.txt")
    assert b"\r\n" in (run.tree / "old.txt").read_bytes()


CLEAN = """c=$(cat; echo x); h=$(printf %s "$c" | sha1sum | cut -c1-40)
printf %s "$c" > KEPT/$h; echo "pointer $h" """
SMUDGE = """read -r _ h; c=$(cat KEPT/$h); printf %s "${c%x}" """
LARGE = """[filter "lfs"]
\tclean = git-lfs clean -- %f
\tsmudge = git-lfs smudge -- %f
\trequired = true
"""


def _large_files(run: Executed) -> None:
    """A filter as LFS is one: git holds a pointer, the tree the content."""
    program, kept = run.home / "bin/git-lfs", run.home / "kept"
    kept.mkdir()
    program.parent.mkdir()
    body = f"case $1 in\nclean) {CLEAN};;\nsmudge) {SMUDGE};;\nesac\n"
    program.write_text("#!/bin/sh\n" + body.replace("KEPT", str(kept)))
    program.chmod(0o755)
    config = run.home / ".gitconfig"
    config.write_text(config.read_text() + LARGE)
    run.write(".gitattributes", "*.py filter=lfs\n*.bin filter=lfs\n")
    run.write("old.bin", "much\n")
    run.git("add", "-A", "--", "old.bin", ".gitattributes")
    run.git("commit", "-qm", "a large file")
    assert run.git("show", "HEAD:old.bin").startswith("pointer ")


def _submodule(run: Executed) -> None:
    other = run.home / "other"
    run.git("init", "-q", str(other))
    (other / "inside.txt").write_text("x\n")
    run.git("-C", str(other), "add", "-A")
    run.git("-C", str(other), "commit", "-qm", "x")
    add = ["submodule", "--quiet", "add", str(other), "lib"]
    run.git("-c", "protocol.file.allow=always", *add)
    run.git("commit", "-qm", "a submodule")


def _unfetched_submodule(run: Executed) -> None:
    _submodule(run)
    run.git("submodule", "--quiet", "deinit", "-f", "lib")


def _no_modes(run: Executed) -> None:
    run.write("tool.sh", "exit 0\n")
    run.git("add", "tool.sh")
    run.git("commit", "-qm", "a tool")
    run.git("config", "core.fileMode", "false")
    (run.tree / "tool.sh").chmod(0o755)


def _ignored_but_tracked(run: Executed) -> None:
    run.write("kept.log", "tracked all the same\n")
    run.git("add", "-f", "kept.log")
    run.git("commit", "-qm", "a log that is kept")


KINDS = [
    _line_endings, _attributes, _large_files, _submodule, _unfetched_submodule, _no_modes,
    _ignored_but_tracked,
]  # fmt: skip


@pytest.mark.parametrize("prepare", KINDS, ids=lambda kind: kind.__name__.strip("_"))
def test_a_unit_ends_as_one_clean_commit_in_a_repository_of_any_kind(
    run: Executed, prepare: Callable[[Executed], None]
) -> None:
    prepare(run)
    text = "one = 1\r\ntwo = 2\r\n" if "crlf" in run.git("config", "--list") else "one = 1\n"
    run.builds(NAME, text)
    run.checks()
    assert run.at(NAME) == "review, attempt 1/3"
    run.judged(NAME)
    told = run.commits(NAME)
    assert run.at(NAME) == "done", told.reason
    assert run.git("show", "--name-only", "--format=", "HEAD") == FILE


def _new(run: Executed) -> str:
    run.write("src/stray.py", "x\n")
    return "src/stray.py"


def _renamed(run: Executed) -> str:
    (run.tree / "README.md").rename(run.tree / "src/README.md")
    return "README.md, src/README.md"


def _deleted(run: Executed) -> str:
    (run.tree / "README.md").unlink()
    return "README.md"


def _staged(run: Executed) -> str:
    run.write("README.md", "staged\n")
    run.git("add", "README.md")
    return "README.md"


def _case_only(run: Executed) -> str:
    run.git("mv", "README.md", "Readme.md")
    return "README.md, Readme.md"


def _mode(run: Executed) -> str:
    (run.tree / "README.md").chmod(0o755)
    return "README.md"


def _linked(run: Executed) -> str:
    (run.tree / "src/link").symlink_to("/etc")
    return "src/link"


def _tracked_log(run: Executed) -> str:
    run.write("kept.log", "changed, and ignored\n")
    return "kept.log"


def _in_the_submodule(run: Executed) -> str:
    (run.tree / "lib/inside.txt").write_text("changed inside\n")
    return "lib"


def _submodule_moved(run: Executed) -> str:
    (run.tree / "lib/more.txt").write_text("more\n")
    run.git("-C", "lib", "add", "-A")
    run.git("-C", "lib", "commit", "-qm", "moved on")
    return "lib"


def _crlf_changed(run: Executed) -> str:
    (run.tree / "old.txt").write_bytes(b"one\r\nthree\r\n")
    return "old.txt"


OUTSIDE: list[tuple[Callable[[Executed], None] | None, Callable[[Executed], str]]] = [
    (None, _new), (None, _renamed), (None, _deleted), (None, _staged), (None, _case_only),
    (None, _mode), (None, _linked), (_ignored_but_tracked, _tracked_log),
    (_submodule, _in_the_submodule), (_submodule, _submodule_moved), (_line_endings, _crlf_changed),
]  # fmt: skip


@pytest.mark.parametrize(
    ("prepare", "change"), OUTSIDE, ids=[change.__name__.strip("_") for _, change in OUTSIDE]
)
def test_the_tree_itself_says_what_lies_outside_the_scope(
    run: Executed, prepare: Callable[[Executed], None] | None, change: Callable[[Executed], str]
) -> None:
    if prepare:
        prepare(run)
    agent = run.coder(NAME)
    run.writes(agent, FILE, "x = 1\n")
    named = change(run)  # by a script, say; no hook saw it
    agent.stop(DONE), agent.returns(DONE)
    told = run.checks()
    assert f"outside the scope: {named}. Returning to IMPLEMENT, attempt 2/3" in told


def _forced(run: Executed) -> None:
    run.write("src/todo/debug.log", "secret\n")
    run.git("add", "-f", "src/todo/debug.log")


def _other_content(run: Executed) -> None:
    blob = run.git("hash-object", "-w", "check.sh")
    run.git("update-index", "--cacheinfo", f"100644,{blob},{FILE}")


def _hidden(run: Executed) -> None:
    run.write(FILE, "unseen = 1\n")
    run.git("add", FILE)
    run.git("update-index", "--assume-unchanged", FILE)
    run.write(FILE, "one = 1\n")


@pytest.mark.parametrize("stage", [_forced, _other_content, _hidden])
def test_what_is_staged_is_what_was_passed_and_nothing_else(
    run: Executed, stage: Callable[[Executed], None]
) -> None:
    run.builds(NAME, "one = 1\n")
    run.checks(), run.judged(NAME)
    run.git("add", "-A", "--", FILE)
    stage(run)
    refused = run.runs(f"git commit -m {NAME}")
    assert "(rule execute/unit-pass-on-this-diff)" in refused.reason
    assert run.git("log", "--format=%s") == "first"


# --- git's own hooks, where a person has installed them ------------------------------------------


@pytest.fixture
def hooked(run: Executed, monkeypatch: pytest.MonkeyPatch) -> Executed:
    """The same run, in a repository whose git asks the books."""
    monkeypatch.setenv("HOME", str(run.home))
    git_hooks.install(str(run.state), str(run.tree), notes=False)
    return run


def _tried(run: Executed, *words: str, at: str = "") -> str:
    """Let a script that no hook of the client reads run git; return what git says to it."""
    env = {"PATH": os.environ["PATH"], "HOME": str(run.home)}
    done = subprocess.run(
        ["git", *words], cwd=at or run.tree, env=env, capture_output=True, text=True, check=False
    )
    return done.stderr if done.returncode else ""


def test_with_gits_own_hooks_a_unit_is_committed_as_without(hooked: Executed) -> None:
    hooked.carries(NAME)
    assert "Reviewed-by: adversarial-review (PASS)" in hooked.git("log", "-1", "--format=%B")


def test_a_script_commits_nothing_while_no_unit_is_being_committed(hooked: Executed) -> None:
    hooked.builds(NAME)
    hooked.checks()
    hooked.git("add", FILE)
    for words in (
        ["commit", "-qm", "sneaked in"], ["commit", "-qnm", "without the hooks"],
        ["commit", "-q", "--allow-empty", "-m", "empty"],
    ):  # fmt: skip
        said = _tried(hooked, *words)
        assert "(rule execute/unit-commit)" in said, said
    tree = hooked.git("write-tree")
    commit = hooked.git("commit-tree", "-p", "HEAD", "-m", "by hand", tree)
    assert "(rule execute/unit-commit)" in _tried(hooked, "update-ref", "HEAD", commit)
    assert hooked.git("log", "--format=%s") == "first"


def test_a_script_commits_no_other_diff_than_the_one_that_was_passed(hooked: Executed) -> None:
    hooked.builds(NAME)
    hooked.checks(), hooked.judged(NAME)
    hooked.git("add", FILE)
    assert not hooked.tool("Bash", {"command": f"git commit -m {NAME}"}).denied
    good = ["-F", f".stagelock/packets/{NAME}.message"]
    hooked.write("src/more.py", "x\n")
    hooked.git("add", "src/more.py")
    assert "not the diff that was passed for WU-001" in _tried(hooked, "commit", "-q", *good)
    assert "not the diff that was passed for WU-001" in _tried(hooked, "commit", "-qn", *good)
    hooked.git("rm", "-q", "--cached", "src/more.py")
    (hooked.tree / "src/more.py").unlink()
    said = _tried(hooked, "commit", "-qm", "feat(wu-001): without its done-items")
    assert "must list each done-item" in said
    assert _tried(hooked, "commit", "-q", *good) == ""


def test_a_hook_of_the_project_that_changes_what_is_staged_stops_the_commit(
    run: Executed, monkeypatch: pytest.MonkeyPatch
) -> None:
    formatter = run.tree / ".git/hooks/pre-commit"
    formatter.write_text(f"#!/bin/sh\necho '# formatted' >> {FILE}\ngit add {FILE}\n")
    formatter.chmod(0o755)
    monkeypatch.setenv("HOME", str(run.home))
    git_hooks.install(str(run.state), str(run.tree), notes=False)
    run.builds(NAME)
    run.checks(), run.judged(NAME)
    told = run.commits(NAME)
    assert "not the diff that was passed" in told.context, told.reason
    assert run.git("log", "--format=%s") == "first"
    assert run.at(NAME) == "implement, attempt 2/3"


def test_without_gits_own_hooks_another_commit_is_found_afterwards(run: Executed) -> None:
    formatter = run.tree / ".git/hooks/pre-commit"
    formatter.write_text(f"#!/bin/sh\necho '# formatted' >> {FILE}\ngit add {FILE}\n")
    formatter.chmod(0o755)
    run.builds(NAME)
    run.checks(), run.judged(NAME)
    told = run.commits(NAME)
    assert "holds another diff than was passed" in told.context
    assert run.at(NAME).startswith("escalated")


def test_nothing_is_committed_in_the_worktree_where_a_unit_is_built(hooked: Executed) -> None:
    hooked.carries(NAME)
    hooked.typed("/approve"), hooked.typed("/approve")
    agent = hooked.coder_apart("WU-002")
    hooked.writes_apart(agent, WORK["WU-002"])
    _tried(hooked, "add", "-A", at=agent.cwd)
    said = _tried(hooked, "commit", "-qm", "a script did", at=agent.cwd)
    assert "what is built apart is joined first" in said


def test_the_projects_hooks_may_lie_where_its_configuration_says(run: Executed) -> None:
    """As husky has it."""
    run.write(".husky/pre-commit", "#!/bin/sh\nexit 0\n")
    (run.tree / ".husky/pre-commit").chmod(0o755)
    run.git("add", ".husky")
    run.git("commit", "-qm", "husky")
    run.git("config", "core.hooksPath", ".husky")
    run.carries(NAME)


def test_a_git_that_the_project_could_have_put_there_commits_nothing(
    run: Executed, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.builds(NAME)
    run.checks(), run.judged(NAME)
    run.write("bin/git", "#!/bin/sh\nexit 0\n")
    (run.tree / "bin/git").chmod(0o755)
    run.git("config", "core.hooksPath", ".husky")
    monkeypatch.setenv("PATH", f"{run.tree}/bin:{os.environ['PATH']}")
    refused = run.tool("Bash", {"command": f"git commit -m {NAME}"})
    assert "(rule execute/otherwise)" in refused.reason
    assert "which the project could have put there" in refused.reason
