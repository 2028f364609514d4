"""Python: pytest or unittest, ruff, mypy, pyright, tox."""

from collections.abc import Iterator

from .project import Hit, Project, Proposal

MANIFESTS = ("pyproject.toml", "setup.cfg", "tox.ini", "setup.py", "Pipfile")
CONFIGS = ("pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", ".pytest.ini", "mypy.ini",
           ".mypy.ini", "ruff.toml", ".ruff.toml", "pyrightconfig.json")  # fmt: skip
# what runs a tool in the project's own environment, by the lock file that names it
RUNNERS = {
    "uv.lock": "uv run ",
    "poetry.lock": "poetry run ",
    "pdm.lock": "pdm run ",
    "Pipfile.lock": "pipenv run ",
}

# check: (section that configures the tool, files that are its configuration, name as dependency)
TOOLS = {
    "pytest": (r"^\[(tool[.:])?pytest(\.ini_options)?\]", ("pytest.ini",), "pytest"),
    "ruff": (r"^\[tool\.ruff\b", ("ruff.toml", ".ruff.toml"), "ruff"),
    "mypy": (r"^\[(tool\.mypy|mypy)\]", ("mypy.ini", ".mypy.ini"), "mypy"),
    "pyright": (r"^\[tool\.(based)?pyright\b", ("pyrightconfig.json",), "pyright"),
}  # fmt: skip


def look(project: Project) -> Iterator[Proposal]:
    """Propose a Python project's checks."""
    lists = [*project.names("requirements*.txt"), *project.names("requirements/*.txt")]
    if not (project.has(*MANIFESTS, *CONFIGS) or lists or project.names("*.py")):
        return
    runner = next((run for lock, run in RUNNERS.items() if project.has(lock)), "")
    found = {tool: _tool(project, tool, lists) for tool in TOOLS}
    yield from _tests(project, found["pytest"], runner)
    yield from _lint(project, found["ruff"], runner)
    if found["mypy"]:
        told = project.find(r"^\s*(files|packages|modules)\s*=", _mypy_files(project))
        command = "mypy" if told else "mypy ."
        yield _of("types", runner + command, found["mypy"])
    if found["pyright"]:
        name = "types-pyright" if found["mypy"] else "types"
        yield _of(name, runner + "pyright", found["pyright"])


def _tests(project: Project, pytest: Hit | None, runner: str) -> Iterator[Proposal]:
    if pytest:
        yield _of("tests", runner + "pytest -q", pytest)
        return
    files = [*project.names("test_*.py"), *project.names("tests/**/test_*.py")]
    by_pytest = project.find(r"^\s*(import|from) pytest\b", files)
    by_unittest = project.find(r"^\s*(import|from) unittest\b", files)
    tox = project.find(r"^\[testenv|^\[tool\.tox\b", ("tox.ini", "setup.cfg", "pyproject.toml"))
    django = project.find(r"django", ("manage.py",))
    if by_pytest:
        yield _of("tests", runner + "pytest -q", by_pytest)
    elif django:
        yield _of("tests", runner + "python manage.py test", django)
    elif tox:
        yield _of("tests", runner + "tox -q", tox)
    elif by_unittest:
        where = "-s tests " if by_unittest.file.startswith("tests/") else ""
        yield _of("tests", f"{runner}python -m unittest discover {where}".rstrip(), by_unittest)
    elif files:
        yield Proposal("tests", runner + "pytest -q", files[0], 1, "is named as pytest finds tests")


def _lint(project: Project, ruff: Hit | None, runner: str) -> Iterator[Proposal]:
    if ruff:
        yield _of("lint", runner + "ruff check .", ruff, fast=True)
        own = project.find(r"^\[(tool\.ruff\.)?format\]", ("pyproject.toml", "ruff.toml"))
        if own:
            yield _of("format", runner + "ruff format --check .", own, fast=True)
        return
    flake8 = project.find(r"^\[flake8\]", (".flake8", "setup.cfg", "tox.ini"))
    if flake8:
        yield _of("lint", runner + "flake8", flake8, fast=True)


def _tool(project: Project, tool: str, lists: list[str]) -> Hit | None:
    """Return the line that says a tool is used: its section, its own file, or a dependency."""
    section, own, package = TOOLS[tool]
    asked = rf"""^\s*["']?{package}(\[[\w,]+\])?\s*(["'=<>~!;]|$)|["'[]\s*{package}\s*[<>=~!"']"""
    by_file = project.has(*own)
    return (
        project.find(section, CONFIGS)
        or (Hit(by_file, 1, by_file) if by_file else None)
        or project.find(asked, (*MANIFESTS, *lists))
    )


def _mypy_files(project: Project) -> list[str]:
    """Files in which `files =` can only be mypy's."""
    own = [name for name in ("mypy.ini", ".mypy.ini") if project.has(name)]
    text = project.text("pyproject.toml")
    inside = text.partition("[tool.mypy]")[2].partition("\n[")[0]
    return own + (["pyproject.toml"] if "files" in inside or "packages" in inside else [])


def _of(name: str, command: str, hit: Hit, *, fast: bool = False) -> Proposal:
    return Proposal(name, command, hit.file, hit.line, f"says `{hit.text:.60}`", fast)
