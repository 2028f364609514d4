"""`stagelock ci` in a clone that has only what was pushed: what was skipped is flagged."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stagelock.cli.ci import FETCH
from tests.support.artifacts import PLAN
from tests.support.repository import Repository

NOTES = "refs/notes/stagelock"


class Pushed(Repository):
    """A repository with a remote, and a clone of that remote on a machine with nothing else."""

    def __init__(self, base: Path) -> None:
        super().__init__(base)
        self.remote = base / "remote.git"
        self.clone = base / "runner/clone"
        self.runner = base / "runner"
        self.git("init", "-q", "--bare", str(self.remote))
        self.git("remote", "add", "origin", str(self.remote))
        self.write(".stagelock/config.yaml", "checks:\n  - {name: tests, command: 'true'}\n")
        self.git("add", ".stagelock/config.yaml")
        self.git("commit", "-qm", "declare checks")
        self.install(notes=True)
        self.git("push", "-q", "origin", "main")
        self.git("checkout", "-qb", "work")

    def good(self, path: str, text: str) -> None:
        """Commit a verified change."""
        self.write(path, text)
        self.git("add", "-A")
        self.verify()
        self.git("commit", "-qm", f"add {path}")

    def ci(self, *words: str, fetch: bool = True) -> subprocess.CompletedProcess[str]:
        """Push, clone afresh elsewhere, and ask there."""
        self.git("push", "-q", "--no-verify", "origin", "+work", "+main")
        self.git("push", "-q", "--no-verify", "origin", f"+{NOTES}", ok=False)
        self.runner.mkdir(exist_ok=True)
        if not self.clone.exists():
            self.git("clone", "-q", "-b", "work", str(self.remote), str(self.clone))
        self.git("fetch", "-q", "origin", folder=self.clone)
        self.git("reset", "-q", "--hard", "origin/work", folder=self.clone)
        if fetch:
            self.git("fetch", "-q", "origin", f"{NOTES}*:{NOTES}*", folder=self.clone)
        return self.stagelock("ci", *words, folder=self.clone, home=self.runner)

    def told(self) -> list[dict[str, Any]]:
        """What is told of each commit."""
        commits: list[dict[str, Any]] = json.loads(self.ci("--json").stdout)["commits"]
        return commits


@pytest.fixture
def pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pushed:
    """A run that stands in `implement`, its plan approved, on a branch of its own."""
    pushed = Pushed(tmp_path)
    monkeypatch.setenv("HOME", str(pushed.home))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    pushed.start()
    pushed.approve()
    return pushed


def test_verified_commits_hold_in_a_fresh_clone(pushed: Pushed) -> None:
    pushed.good("a.py", "x = 1\n")
    pushed.good("b.py", "y = 1\n")
    done = pushed.ci()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("stagelock: 0 of 2 commits flagged\nholds    ")
    assert ". tests passed: true" in done.stdout
    assert ". docs/stagelock/add-login/plan.md approved by " in done.stdout
    note = pushed.note()
    assert note["prev"] == pushed.note("HEAD^")["digest"]
    assert note["commit_tree"] == pushed.git("rev-parse", "HEAD^{tree}")


def test_a_commit_made_without_the_hooks_is_flagged(pushed: Pushed) -> None:
    pushed.good("a.py", "x = 1\n")
    pushed.write("b.py", "y = 1\n")
    pushed.git("add", "-A")
    pushed.git("-c", "core.hooksPath=/dev/null", "commit", "-qm", "sneaked in")
    done = pushed.ci()
    assert done.returncode == 1
    assert "stagelock: 1 of 2 commits flagged" in done.stdout
    assert "! no note came with it: made without stagelock" in done.stdout


def test_a_commit_that_the_stage_forbade_is_flagged_with_its_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed = Pushed(tmp_path)
    monkeypatch.setenv("HOME", str(pushed.home))
    for name in ("pre-commit", "commit-msg", "reference-transaction"):
        (pushed.tree / ".git/hooks" / name).unlink()
    pushed.start()
    assert pushed.commit("a.py", "x = 1\n").returncode == 0
    (told,) = pushed.told()
    assert told["faults"] == [
        "made while stage `prepare` forbade it (rule prepare/otherwise)",
        "check `tests` has not been seen to pass",
    ]


def test_an_unverified_tree_is_flagged_though_older_evidence_is_there(pushed: Pushed) -> None:
    pushed.good("a.py", "x = 1\n")
    (pushed.tree / ".git/hooks/reference-transaction").unlink()
    pushed.commit("a.py", "x = 2\n", "--no-verify")
    assert [told["faults"] for told in pushed.told()] == [
        [],
        ["check `tests` passed, and the tree changed since"],
    ]


def test_a_commit_of_half_the_verified_tree_is_flagged(pushed: Pushed) -> None:
    pushed.write("a.py", "x = 1\n")
    pushed.write("b.py", "import a\n")
    pushed.git("add", "b.py")
    pushed.verify()
    pushed.git("commit", "-qm", "half")
    assert "some of it was left out" in pushed.told()[0]["faults"][0]


def test_a_commit_rewritten_after_its_note_is_flagged(pushed: Pushed) -> None:
    pushed.good("a.py", "x = 1\n")
    pushed.write("a.py", "x = 2\n")
    pushed.git("-c", "core.hooksPath=/dev/null", "commit", "-qa", "--amend", "-m", "changed")
    (told,) = pushed.told()
    assert told["faults"] == [
        "its note speaks of another content; it was amended or rebased afterwards"
    ]


def test_a_reworded_commit_keeps_its_evidence(pushed: Pushed) -> None:
    pushed.good("a.py", "x = 1\n")
    pushed.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "--amend", "-m", "better words")
    assert pushed.told()[0]["faults"] == []


def _rewrite(pushed: Pushed, commit: str, **more: Any) -> None:
    line = json.dumps({**pushed.note(commit), **more})
    pushed.git("notes", "--ref", "stagelock", "add", "-f", "-m", line, commit)


def test_an_edited_note_is_flagged(pushed: Pushed) -> None:
    pushed.good("a.py", "x = 1\n")
    checks = pushed.note()["checks"]
    _rewrite(pushed, "HEAD", checks=[{**checks[0], "by": "somebody else"}])
    assert pushed.told()[0]["faults"] == ["its note was edited: the digest in it does not hold"]


def test_a_note_written_anew_breaks_the_chain_to_the_next(pushed: Pushed) -> None:
    from stagelock.store.files import digest
    from stagelock.store.wire import dumps

    pushed.good("a.py", "x = 1\n")
    pushed.good("b.py", "x = 1\n")
    note = {**pushed.note("HEAD^"), "by": "nobody"}
    body = {k: v for k, v in note.items() if k not in ("digest", "seal")}
    _rewrite(pushed, "HEAD^", by="nobody", digest=digest(dumps(body).encode()))
    assert [bool(told["faults"]) for told in pushed.told()] == [False, True]
    assert "does not follow the note of its parent" in pushed.told()[1]["faults"][0]


@pytest.mark.parametrize("line", ["", "no json", "[]", "{}", '{"v": 1}', "\udcff", "[" * 5000])
def test_what_is_no_note_is_none(pushed: Pushed, line: str) -> None:
    pushed.good("a.py", "x = 1\n")
    file = pushed.home / "line"
    file.write_bytes(line.encode("utf-8", "surrogateescape") + b"\n")
    pushed.git("notes", "--ref", "stagelock", "add", "-f", "--allow-empty", "-F", str(file))
    assert pushed.told()[0]["faults"][0].startswith("no note came with it")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("checks", [{"check": ["x"]}]), ("checks", [7]), ("checks", "x"), ("needs", [{}]),
        ("waivers", [{"what": 1, "reason": "", "by": ""}]), ("tree", None), ("v", "1"),
    ],
)  # fmt: skip
def test_a_note_of_another_shape_is_none(pushed: Pushed, field: str, value: object) -> None:
    pushed.good("a.py", "x = 1\n")
    _rewrite(pushed, "HEAD", **{field: value})
    done = pushed.ci()
    assert done.returncode == 1
    assert "! no note came with it" in done.stdout
    assert done.stderr == ""


def test_checks_of_the_base_count_not_those_of_the_change(pushed: Pushed) -> None:
    pushed.write(".stagelock/config.yaml", "checks:\n  - {name: other, command: 'true'}\n")
    pushed.git("add", "-A")
    pushed.verify()
    pushed.git("commit", "-qm", "fewer checks")
    done = pushed.ci()
    assert "the range changes the declared checks; those of the base count" in done.stdout
    assert done.returncode == 0
    pushed.verify(command="echo instead")
    pushed.git("commit", "-q", "--allow-empty", "--no-verify", "-m", "x", ok=False)
    (pushed.tree / ".git/hooks/reference-transaction").unlink()
    pushed.git("commit", "-q", "--allow-empty", "--no-verify", "-m", "x")
    assert pushed.told()[-1]["faults"] == [
        "check `tests` ran as another command than the run pinned"
    ]


def test_a_project_that_refuses_what_silences_a_check_flags_it_here_too(pushed: Pushed) -> None:
    pushed.good("a.py", "x = 1  # noqa\n")
    done = pushed.ci()
    assert done.returncode == 0
    assert "silenced by the range:\n  a.py:1: # noqa: x = 1  # noqa" in done.stdout
    pushed.git("checkout", "-q", "main")
    config = "suppressions: refuse\nchecks:\n  - {name: tests, command: 'true'}\n"
    pushed.write(".stagelock/config.yaml", config)
    pushed.git("add", ".stagelock/config.yaml")
    pushed.git("-c", "core.hooksPath=/dev/null", "commit", "-qm", "refuse them")
    pushed.git("checkout", "-q", "work")
    pushed.git("-c", "core.hooksPath=/dev/null", "rebase", "-q", "main")
    done = pushed.ci("--base", "origin/main")
    assert done.returncode == 1
    assert "1 suppressions refused" in done.stdout.splitlines()[0]


def test_an_approved_artifact_that_is_not_as_approved_is_flagged(pushed: Pushed) -> None:
    pushed.good("a.py", "x = 1\n")
    note = pushed.note()
    assert [a["path"] for a in note["approvals"]] == ["docs/stagelock/add-login/plan.md"]
    assert note["approvals"][0]["door"] == "terminal"
    pushed.write("docs/stagelock/add-login/plan.md", PLAN + "more\n")
    pushed.git("add", "-A")
    pushed.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "--amend", "-m", "other plan")
    changed = pushed.git("rev-parse", "HEAD^{tree}")
    note["commit_tree"] = changed
    assert pushed.told()[0]["faults"] != []


def test_a_merge_as_git_makes_it_needs_no_note_and_another_does(pushed: Pushed) -> None:
    pushed.good("a.py", "x = 1\n")
    off = ("-c", "core.hooksPath=/dev/null")
    pushed.git("checkout", "-q", "main")
    pushed.write("main.txt", "m\n")
    pushed.git("add", "main.txt")
    pushed.git(*off, "commit", "-qm", "on main")
    pushed.git("checkout", "-q", "work")
    pushed.git(*off, "merge", "-q", "-m", "merge main", "main")
    assert pushed.told()[-1]["faults"] == []
    assert pushed.told()[-1]["remarks"] == ["a merge as git makes it"]
    pushed.write("a.py", "x = 'evil'\n")
    pushed.git("add", "-A")
    pushed.git(*off, "commit", "-q", "--amend", "-m", "merge main")
    assert pushed.told()[-1]["faults"] == [
        "a merge with content of its own, and no note came with it"
    ]


def test_without_the_notes_it_says_how_to_fetch_them(pushed: Pushed) -> None:
    pushed.good("a.py", "x = 1\n")
    done = pushed.ci(fetch=False)
    assert done.returncode == 1
    assert FETCH in done.stdout


def test_a_shallow_clone_and_an_unknown_base_are_told_with_the_cure(pushed: Pushed) -> None:
    pushed.good("a.py", "x = 1\n")
    pushed.ci()
    shallow = pushed.runner / "shallow"
    pushed.git("clone", "-q", "--depth=1", "-b", "work", f"file://{pushed.remote}", str(shallow))
    done = pushed.stagelock("ci", folder=shallow, home=pushed.runner)
    assert "fetch-depth: 0" in done.stderr
    done = pushed.stagelock("ci", "--base", "nope", folder=pushed.clone, home=pushed.runner)
    assert "stagelock ci --base REV" in done.stderr
    done = pushed.stagelock("ci", "--base", "--all", folder=pushed.clone, home=pushed.runner)
    assert done.returncode == 1


def test_markdown_is_readable_and_no_authors_text_gets_out_of_its_cell(pushed: Pushed) -> None:
    pushed.write("a.py", "x = 1  # noqa\n")
    pushed.git("add", "-A")
    pushed.verify()
    pushed.git("commit", "-qm", "a | b <script> `x` [l](u) @everyone")
    done = pushed.ci("--markdown")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "### stagelock: 0 of 1 commits flagged"
    row = next(line for line in lines if "script" in line)
    assert row.count("|") == 4
    assert "<script>" not in row
    assert "@everyone" not in row
    assert "- a.py:1: &#35; noqa" in done.stdout
    assert pushed.ci("--refuse-suppressions").returncode == 1


def test_notes_go_along_with_a_push_and_two_people_keep_both(pushed: Pushed) -> None:
    pushed.good("a.py", "x = 1\n")
    pushed.git("push", "-q", "origin", "work")
    other = pushed.home / "other"
    pushed.git("clone", "-q", "-b", "work", str(pushed.remote), str(other))
    pushed.git("fetch", "-q", "origin", f"{NOTES}:{NOTES}", folder=other)
    theirs = "their words"
    pushed.git("notes", "--ref", "stagelock", "add", "-m", theirs, "HEAD^", folder=other)
    pushed.git("push", "-q", "origin", NOTES, folder=other)
    pushed.good("b.py", "y = 1\n")
    done = pushed.try_git("push", "-q", "origin", "work")
    assert (done.returncode, done.stderr) == (0, "")
    assert pushed.git("--git-dir", str(pushed.remote), "notes", "--ref", "stagelock", "show",
                      "work^^") == theirs  # fmt: skip
    assert '"run":"add-login"' in pushed.git(
        "--git-dir", str(pushed.remote), "notes", "--ref", "stagelock", "show", "work"
    )
