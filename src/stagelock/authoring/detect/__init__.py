"""Which checks a project has, told from its files; nothing of the project is run to find out."""

from pathlib import Path

from . import coverage, dotnet, go, java, make, node, php, precommit, python, ruby, rust, workspace
from .project import Found, Project, Proposal

__all__ = ["KINDS", "Found", "Proposal", "detect"]

# In order of trust: where two kinds propose a check of one name, the first one's stands. What a
# tool says of itself comes before a Makefile, whose target is most often a wrapper around it.
KINDS = {
    "python": python.look,
    "node": node.look,
    "rust": rust.look,
    "go": go.look,
    "java": java.look,
    "ruby": ruby.look,
    "php": php.look,
    "dotnet": dotnet.look,
    "coverage": coverage.look,
    "make": make.look,
    "pre-commit": precommit.look,
}


def detect(root: Path) -> Found:
    """Propose checks for the project at `root`, each with what it was told from."""
    project = Project(root)
    taken: dict[str, Proposal] = {}
    for kind, look in KINDS.items():
        for proposal in look(project):
            _place(proposal, kind, taken, project)
    return Found(list(taken.values()), [*project.notes, *workspace.notes(project)])


def _place(proposal: Proposal, kind: str, taken: dict[str, Proposal], project: Project) -> None:
    held = taken.get(proposal.name)
    if held is None:
        taken[proposal.name] = proposal
    elif kind == "make":
        project.notes.append(
            f"{proposal.at}: `{proposal.command}` is not proposed: `{held.command}` is the "
            f"{proposal.name} already ({held.at})"
        )
    else:
        named = proposal.named(f"{proposal.name}-{kind}")
        taken[named.name] = named
