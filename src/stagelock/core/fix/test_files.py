"""Which files are tests, by language, and which settle how a runner runs them: data alone.

A rule names them as `{tests}` and `{runners}`. A project's config changes the list of a language,
or adds one, under `fix.tests`; a run keeps the list it started with.
"""

from __future__ import annotations

from stagelock.core.globs import matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stagelock.core.model import Policy, Settings

TESTS = {
    "any": ["**/test/**", "**/tests/**", "**/test_*", "**/*_test.*"],
    "python": ["**/test_*.py", "**/*_test.py", "**/tests.py"],
    "javascript": ["**/*.test.*", "**/*.spec.*", "**/__tests__/**", "**/*-test.js", "**/*_spec.js"],
    "go": ["**/*_test.go"],
    "rust": ["**/tests/**/*.rs"],
    "jvm": ["**/src/test/**", "**/*Test.java", "**/*Tests.java", "**/*Test.kt", "**/*Spec.scala"],
    "ruby": ["**/*_spec.rb", "**/spec/**", "**/*_test.rb"],
    "php": ["**/*Test.php"],
    "dotnet": ["**/*Tests.cs", "**/*Test.cs", "**/*Tests.fs"],
    "elixir": ["**/*_test.exs"],
    "swift": ["**/*Tests.swift"],
    "dart": ["**/*_test.dart"],
    "script": ["**/reproduce.*"],  # for a project without tests
}
# what changes what every test sees, or what runs them
RUNNERS = [
    "**/conftest.py", "**/sitecustomize.py", "**/usercustomize.py", "**/*.pth", "**/pytest.ini",
    "**/.pytest.ini", "**/tox.ini", "**/setup.cfg", "**/noxfile.py", "pytest.py", "unittest.py",
    "**/_pytest/**", "pytest/**", "unittest/**", "**/jest.config.*", "**/jest.setup.*",
    "**/vitest.config.*", "**/vitest.setup.*", "**/vitest.workspace.*", "**/.mocharc.*",
    "**/mocha.opts", "**/karma.conf.*", "**/playwright.config.*", "**/babel.config.*",
    "**/.babelrc*", "**/.npmrc", "**/bunfig.toml", "**/.rspec", "**/phpunit.xml*",
    "**/node_modules/**", "**/.venv/**", "**/venv/**", "**/site-packages/**",
]  # fmt: skip
# what a source says that reaches for whatever judges it: its runner, its assertions, its end
JUDGES = {
    "py": ("pytest", "unittest", "os._exit(", "doctest"),
    "js": (
        "node:test", "node:assert", "'assert'", '"assert"', "assert/strict", "'chai'", '"chai"',
        "vitest", "@jest/", "jest.", "mocha", "process.exit(0", "process.reallyExit(",
        "process.exitCode=0", "NODE_TEST_CONTEXT", "JEST_WORKER_ID",
    ),
    "go": ('"testing"', "os.Exit(0"),
    "rs": ("process::exit(0", "panic::set_hook"),
    "rb": ("rspec", "minitest", "exit!(0"),
}  # fmt: skip
SAME = {
    "pyi": "py", "jsx": "js", "mjs": "js", "cjs": "js", "ts": "js", "tsx": "js", "mts": "js",
    "cts": "js",
}  # fmt: skip
# how tests begin that lie in the source itself
DOCTEST = ">>> "
INSIDE = {"py": DOCTEST, "rs": "#[cfg(test)]", "js": "import.meta.vitest"}
REMARKS = ("#", "//", "*", "/*")
NAMES = {"{tests}": "tests", "{runners}": "runners"}


def of(policy: Policy) -> list[str]:
    """Return the globs of tests that a run pinned; as shipped where it pinned none."""
    return policy.get("tests") or every(TESTS)


def every(by_language: dict[str, list[str]]) -> list[str]:
    """Return the globs of all languages, each once."""
    return list(dict.fromkeys(glob for globs in by_language.values() for glob in globs))


def spelled(globs: list[str], policy: Policy) -> list[str]:
    """Put lists where a rule's globs name one."""
    if not any(glob in NAMES for glob in globs):
        return globs
    lists = {"{tests}": of(policy), "{runners}": RUNNERS}
    return list(dict.fromkeys(g for glob in globs for g in lists.get(glob, [glob])))


def pinned(policy: Policy, settings: Settings) -> Policy:
    """Return the policy with what the project settles about its tests, where a stage asks."""
    if not any(stage.get("owes") for stage in policy["stages"].values()):
        return policy
    return {**policy, "tests": every(settings["tests"]), "replay": settings["replay"]}


def is_test(path: str, globs: list[str]) -> bool:
    """Say whether a path is that of a test."""
    parts = path.split("/")
    return any(matches(glob.split("/"), parts) for glob in globs)


def judged(path: str, line: str) -> str:
    """Return what a line of source says of its own judge, "" where nothing."""
    text = "".join(line.split())
    if text.startswith(REMARKS):
        return ""
    return next((word for word in JUDGES.get(_language(path), ()) if word in text), "")


def may_hold(path: str) -> bool:
    """Say whether a source of this language may hold tests itself."""
    return _language(path) in INSIDE


def inside(path: str, text: str) -> list[str]:
    """Return the tests that lie in a source itself: each doctest, or all from a mark to the end."""
    mark = INSIDE[_language(path)]
    if mark == DOCTEST:
        return _doctests(text)
    head, found, rest = text.partition(mark)
    while found and not _opens(mark, rest):
        more, found, rest = rest.partition(mark)
        head += mark + more
    # as its line begins: `if (import.meta.vitest) {`
    return [head.rpartition("\n")[2].strip() + found + rest.rstrip()] if found else []


def _opens(mark: str, rest: str) -> bool:
    """Say whether tests follow: Rust's attribute may stand before one `use`, too."""
    begin = rest.partition("{")[0]
    return mark[:1] != "#" or ("mod " in begin and ";" not in begin)


def _language(path: str) -> str:
    end = path.rpartition(".")[2].lower()
    return SAME.get(end, end)


def _doctests(text: str) -> list[str]:
    """Return each example with what it must print: to a blank line, or the end of its string."""
    found: list[str] = []
    open_one = False
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith(DOCTEST):
            found.append(bare)
            open_one = True
        elif not bare or bare.startswith(('"""', "'''")):
            open_one = False
        elif open_one:
            found[-1] += "\n" + bare
    return found


def is_runners(path: str) -> bool:
    """Say whether a path settles how tests are run."""
    return is_test(path, RUNNERS)
