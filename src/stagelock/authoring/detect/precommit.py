"""pre-commit: everything its configuration lists, over all files."""

from collections.abc import Iterator

from .project import Project, Proposal


def look(project: Project) -> Iterator[Proposal]:
    """Propose pre-commit's run over all files."""
    repos = project.find(r"^repos\s*:", (".pre-commit-config.yaml",))
    if repos:
        command = "pre-commit run --all-files"
        why = "lists hooks; one that rewrites files makes the check fail until its work is kept"
        yield Proposal("pre-commit", command, repos.file, repos.line, why)
