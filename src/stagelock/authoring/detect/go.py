"""Go: go test and go vet, and golangci-lint where it is configured."""

from collections.abc import Iterator

from .project import Project, Proposal


def look(project: Project) -> Iterator[Proposal]:
    """Propose a Go project's checks."""
    module = project.find(r"^module\s+\S", ("go.mod",))
    if not module:
        return
    why = f"says `{module.text:.60}`"
    yield Proposal("tests", "go test ./...", "go.mod", module.line, why)
    own = project.has(".golangci.yml", ".golangci.yaml", ".golangci.toml", ".golangci.json")
    if own:
        yield Proposal("lint", "golangci-lint run", own, 1, "configures golangci-lint")
    else:
        yield Proposal("lint", "go vet ./...", "go.mod", module.line, "go vet comes with Go")
