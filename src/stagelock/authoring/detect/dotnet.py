""".NET: dotnet test where a project refers to a test framework, else dotnet build."""

from collections.abc import Iterator

from .project import Project, Proposal

PROJECTS = ("*.csproj", "*.fsproj", "*.vbproj")
TESTED = r"Microsoft\.NET\.Test\.Sdk|Microsoft\.Testing|xunit|nunit|MSTest"


def look(project: Project) -> Iterator[Proposal]:
    """Propose a .NET project's checks."""
    solutions = [*project.names("*.sln"), *project.names("*.slnx")]
    own = [name for pattern in PROJECTS for name in project.names(pattern)]
    if not (solutions or own):
        return
    inner = [name for glob in PROJECTS for name in project.names(f"*/{glob}")]
    inner += [name for glob in PROJECTS for name in project.names(f"*/*/{glob}")]
    tests = project.find(TESTED, [*own, *inner])
    top = (solutions or own)[0]
    yield Proposal("build", "dotnet build --nologo -warnaserror", top, 1, "is what dotnet builds")
    if tests:
        why = f"says `{tests.text:.60}`"
        yield Proposal("tests", "dotnet test --nologo", tests.file, tests.line, why)
    if project.has(".editorconfig"):
        command = "dotnet format --verify-no-changes"
        yield Proposal("format", command, ".editorconfig", 1, "is what dotnet format reads")
