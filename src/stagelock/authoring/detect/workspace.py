"""Monorepos: only the root is looked at, and a note says what lies below it."""

from .project import Project

MANIFESTS = (
    "package.json", "pyproject.toml", "Cargo.toml", "go.mod", "pom.xml", "build.gradle",
    "composer.json", "Gemfile",
)  # fmt: skip
# (file, pattern) by which a root says that it has members
MEMBERS = (
    ("package.json", r'"workspaces"\s*:'),
    ("pnpm-workspace.yaml", r"^packages\s*:"),
    ("Cargo.toml", r"^\[workspace\]"),
    ("pyproject.toml", r"^\[tool\.uv\.workspace\]"),
    ("go.work", r"^use\b"),
    ("pom.xml", r"<modules>"),
    ("lerna.json", r"\{"),
    ("nx.json", r"\{"),
    ("turbo.json", r"\{"),
)
SKIPPED = ("node_modules", "vendor", "target", "build", "dist", "venv")
NAMED = 5


def notes(project: Project) -> list[str]:
    """Say where this is the root of several projects."""
    told = []
    for file, pattern in MEMBERS:
        hit = project.find(pattern, (file,))
        if hit:
            told.append(
                f"{hit.file}:{hit.line}: a workspace; only its root was looked at, so see that "
                "the root's commands cover its members"
            )
    below = [
        name
        for depth in ("*", "*/*")
        for manifest in MANIFESTS
        for name in project.names(f"{depth}/{manifest}")
        if not any(part in SKIPPED or part.startswith(".") for part in name.split("/"))
    ]
    if below and not told:
        more = f" and {len(below) - NAMED} more" if len(below) > NAMED else ""
        told.append(
            f"{', '.join(below[:NAMED])}{more}: projects of their own; only the root was looked "
            "at, so declare their checks by hand"
        )
    return told
