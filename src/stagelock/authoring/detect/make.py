"""A Makefile's targets that are named like checks."""

from collections.abc import Iterator

from .project import Project, Proposal

FILES = ("GNUmakefile", "makefile", "Makefile")  # in make's own order
# check: target names, first found counts
TARGETS = {
    "tests": ("test", "tests", "unittest"),
    "lint": ("lint",),
    "types": ("typecheck", "type-check", "types", "mypy"),
    "format": ("format-check", "fmt-check", "check-format"),
    "coverage": ("coverage", "cov"),
    "check": ("check",),
}


def look(project: Project) -> Iterator[Proposal]:
    """Propose the check-like targets of a Makefile."""
    file = project.has(*FILES)
    for check, targets in TARGETS.items() if file else ():
        for target in targets:
            hit = project.find(rf"^([\w-]+ +)*{target}( +[\w-]+)*\s*:(?!=)", (file,))
            if hit:
                why = f"has the target `{target}`"
                yield Proposal(check, f"make {target}", file, hit.line, why)
                break
