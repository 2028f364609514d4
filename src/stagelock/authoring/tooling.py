"""What a project is built with, for whoever codes in it: told from its files, nothing is run."""

from pathlib import Path

from .detect import detect

# file: the package manager that it belongs to; the first that is there counts
MANAGERS = {
    "pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lock": "bun", "bun.lockb": "bun",
    "package-lock.json": "npm", "uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm",
    "Pipfile.lock": "pipenv", "Cargo.toml": "cargo", "go.mod": "go", "Gemfile.lock": "bundler",
    "composer.lock": "composer", "package.json": "npm", "requirements.txt": "pip",
    "pyproject.toml": "pip",
}  # fmt: skip
CHECKS = {"tests": "Test runner", "lint": "Linter", "build": "Build"}


def tooling(root: Path) -> dict[str, str]:
    """Return what is used, each with the file that says so."""
    found: dict[str, str] = {}
    lock = next((name for name in MANAGERS if (root / name).is_file()), "")
    if lock:
        found["Package manager"] = f"{MANAGERS[lock]} ({lock})"
    for proposal in detect(root).proposals:
        name = CHECKS.get(proposal.name)
        if name:
            found.setdefault(name, f"`{proposal.command}` ({proposal.file})")
    return found
