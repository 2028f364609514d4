"""`.coverage-thresholds.json`: the command by which a project enforces its coverage."""

from collections.abc import Iterator

from .project import Project, Proposal

FILE = ".coverage-thresholds.json"


def look(project: Project) -> Iterator[Proposal]:
    """Propose `enforcement.command`, as it stands there."""
    enforcement = project.json(FILE).get("enforcement")
    command = enforcement.get("command") if isinstance(enforcement, dict) else None
    if command is None:
        return
    line = project.line_of(FILE, '"command"')
    if not isinstance(command, str) or not command.strip() or not command.isprintable():
        told = f"{FILE}:{line}: `enforcement.command` is no single line of text; not proposed"
        project.notes.append(told)
        return
    yield Proposal("coverage", command.strip(), FILE, line, "enforces the coverage thresholds")
