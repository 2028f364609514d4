"""What counts as evidence: a check, exactly as the run pinned it, passed on exactly this tree."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import Check, Evidence

LAUNCHER = "stagelock verify"
BEFORE = "before:"  # with a check's name: how it failed while nothing was changed yet
UNIT = "--unit"  # of the launcher: run the checks where that unit is built
SILENCED = "suppressions"  # the word `/waive` takes for checks that a change silences
# what a command asks of version control, and the gate it stands before
VCS = {
    "git commit": "commit",
    "git merge": "commit",
    "git rebase": "commit",
    "git cherry-pick": "commit",
    "git revert": "commit",
    "git am": "commit",
    "git commit-tree": "commit",
    "git update-ref": "commit",
    "git push": "push",
    "git send-pack": "push",
    "git subtree push": "push",
    "gh pr merge": "push",
    "gh pr create": "push",
    "git tag": "release",
    "release": "release",
}


def fault(
    name: str,
    checks: list[Check],
    held: Evidence | None,
    tree: str,
    before: Evidence | None = None,
) -> str:
    """Return why `name` is not shown to hold on `tree`, "" where the evidence counts.

    `before` is how it failed while nothing was changed yet: what failed then may fail still.
    """
    check = find(name, checks)
    said = "check `" + name + "` "
    if check is None:
        return said + "is not declared; a person declares it in .stagelock/config.yaml"
    if held is None:
        return said + "has not been seen to pass"
    if held["command"] != check["command"]:
        return said + "ran as another command than the run pinned"
    if held["exit"] != 0 and before is not None and held["after"] == tree:
        return _new(said, held, before)
    if held["exit"] != 0:
        told = said + "failed (exit " + str(held["exit"]) + ")"
        return told if held["after"] == tree else told + ", and nothing passed since"
    if held["why"]:
        return said + "does not count: " + held["why"]
    if not held["before"] or held["before"] != held["after"]:
        return said + "does not count: the tree changed while it ran"
    if held["after"] != tree:
        return said + "passed, and the tree changed since"
    return ""


def _new(said: str, held: Evidence, before: Evidence) -> str:
    """Say what fails that did not fail before; who cannot tell leaves it to a person."""
    from .fix.outcomes import fresh  # only where a check failed before and now

    old, now = before.get("failing"), held.get("failing")
    if held["why"] or not held["before"] or held["before"] != held["after"]:
        return said + "does not count: " + (held["why"] or "the tree changed while it ran")
    if not old or not now:
        told = said + "failed (exit " + str(held["exit"]) + "), as it did before anything was "
        return (
            told + "changed; its runner does not tell which tests: a person compares, and may "
            "type /waive " + held["check"] + " REASON"
        )
    new = fresh(now, old)
    more = " and " + str(len(new) - 5) + " more" if len(new) > 5 else ""
    return said + "fails where it did not before: " + ", ".join(new[:5]) + more if new else ""


def stays(held: Evidence, before: Evidence | None) -> bool:
    """Say whether a check fails only where it failed before."""
    return held["exit"] != 0 and before is not None and not _new("", held, before)


def holds(record: Evidence) -> bool:
    """Say whether a fresh record shows that its check holds."""
    same = bool(record["before"]) and record["before"] == record["after"]
    return record["exit"] == 0 and same and not record["why"]


def find(name: str, checks: list[Check]) -> Check | None:
    """Return the declared check of that name."""
    for check in checks:
        if check["name"] == name:
            return check
    return None


def needed(gate: str, checks: list[Check]) -> list[str]:
    """Name the declared checks that `gate` takes."""
    return [check["name"] for check in checks if gate in check["gates"]]


def gate_of(vcs: str) -> str:
    """Return the gate that a demand on version control stands before, "" for none (`git add`)."""
    for start, gate in VCS.items():
        if vcs == start or vcs.startswith(start + " "):
            return gate
    return ""


def run_by(command: str, checks: list[Check]) -> list[str]:
    """Name the checks that a command runs exactly as declared: itself alone, or our launcher's.

    Nothing is read into it: a prefix, a pipe or another flag is another command.
    """
    text = command.strip()
    exact = [check["name"] for check in checks if check["command"].strip() == text]
    if exact:
        return exact
    if "\n" in text or (text + " ")[: len(LAUNCHER) + 1] != LAUNCHER + " ":
        return []
    return chosen(text[len(LAUNCHER) :].split(), checks)


def chosen(words: list[str], checks: list[Check]) -> list[str]:
    """Name the checks that the words after `stagelock verify` choose; none for a word unknown."""
    names = [check["name"] for check in checks]
    if words[:1] == [UNIT]:
        words = words[2:]
    if words == ["--fast"]:
        return [check["name"] for check in checks if check["fast"]]
    if not all(word in names for word in words):
        return []
    return [name for name in names if name in words] if words else names


def unit_of(command: str) -> str:
    """Return the unit in whose worktree our launcher is to run the checks, "" for none named."""
    words = command.split()
    is_named = words[:2] == LAUNCHER.split() and words[2:3] == [UNIT] and len(words) > 3
    return words[3].upper() if is_named else ""


def near(command: str, checks: list[Check]) -> Check | None:
    """Return the check that a command looks like, though it is not that check's command."""
    if LAUNCHER in command and checks:
        return checks[0]
    words = _words(command)
    for check in checks:
        known = _words(check["command"])
        wanted = known[: 2 if known[:1] and known[0] in RUNNERS else 1]
        if wanted and _holds(words, wanted):
            return check
    return None


# programs whose second word says what is run
RUNNERS = (
    "python", "python3", "npm", "pnpm", "yarn", "bun", "npx", "uv", "poetry", "cargo", "go",
    "make", "mvn", "gradle", "./gradlew", "bundle", "composer", "dotnet", "sh", "bash", "node",
)  # fmt: skip


def configures(path: str, checks: list[Check]) -> bool:
    """Say whether a file says what the checks check, so that a person should see it changed.

    So does a script that a check names, and a module of the name of its program: `python -m pytest`
    takes a `pytest.py` beside it for the real one.
    """
    name = path.rpartition("/")[2].lower()
    if name in CONFIGURATION or name.startswith(CONFIGURATION_STARTS):
        return True
    words = {word.lower().removeprefix("./") for c in checks for word in _words(c["command"])}
    return path.lower() in words or (path.lower() == name and name in {w + ".py" for w in words})


# what checks are configured in; a change is no offence, and never a secret either
CONFIGURATION = (
    "pytest.ini", "conftest.py", "tox.ini", "setup.cfg", "pyproject.toml", "noxfile.py",
    "ruff.toml", ".ruff.toml", "mypy.ini", ".mypy.ini", ".coveragerc", ".coverage-thresholds.json",
    "pyrightconfig.json", ".flake8", "sitecustomize.py", "usercustomize.py", "package.json",
    "package-lock.json", "pnpm-lock.yaml", "yarn.lock", ".npmrc", ".yarnrc.yml", "bunfig.toml",
    "makefile", "gnumakefile", "justfile", "cargo.toml", "clippy.toml", "go.mod", "pom.xml",
    "phpunit.xml", "phpunit.xml.dist", "phpstan.neon", "gemfile", "rakefile", ".rspec",
    ".rubocop.yml", ".pre-commit-config.yaml", "directory.build.props", ".mocharc.json",
)  # fmt: skip
CONFIGURATION_STARTS = (
    "jest.config.", "vitest.config.", "vite.config.", "tsconfig", "babel.config.", ".eslintrc",
    "eslint.config.", "build.gradle", "settings.gradle", "playwright.config.", "karma.conf.",
)  # fmt: skip


def _words(command: str) -> list[str]:
    for mark in ";&|()`$\n'\"":
        command = command.replace(mark, " ")
    return command.split()


def _holds(words: list[str], wanted: list[str]) -> bool:
    return any(words[n : n + len(wanted)] == wanted for n in range(len(words)))
