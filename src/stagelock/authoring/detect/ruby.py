"""Ruby: rspec, rails or rake, rubocop, sorbet."""

from collections.abc import Iterator

from .project import Project, Proposal

GEMS = ("Gemfile", "gems.rb")


def look(project: Project) -> Iterator[Proposal]:
    """Propose a Ruby project's checks."""
    if not project.has(*GEMS, "Rakefile", "config.ru"):
        return
    with_bundler = "bundle exec " if project.has(*GEMS) else ""
    yield from _tests(project, with_bundler)
    rubocop = _gem(project, "rubocop") or _file(project, ".rubocop.yml")
    if rubocop:
        yield Proposal("lint", with_bundler + "rubocop", *rubocop, "uses rubocop", fast=True)
    sorbet = _gem(project, "sorbet") or _file(project, "sorbet/config")
    if sorbet:
        yield Proposal("types", with_bundler + "srb tc", *sorbet, "uses sorbet")


def _tests(project: Project, with_bundler: str) -> Iterator[Proposal]:
    rspec = _gem(project, "rspec(-rails)?") or _file(project, ".rspec")
    rails = _file(project, "bin/rails") if project.names("test/**/*_test.rb") else None
    rake = project.find(r"TestTask|^\s*task\s+:?test\b", ("Rakefile",))
    if rspec:
        yield Proposal("tests", with_bundler + "rspec", *rspec, "uses rspec")
    elif rails:
        yield Proposal("tests", "bin/rails test", *rails, "is a Rails project with test/")
    elif rake:
        why = f"says `{rake.text:.60}`"
        yield Proposal("tests", with_bundler + "rake test", rake.file, rake.line, why)


def _gem(project: Project, name: str) -> tuple[str, int] | None:
    hit = project.find(rf"""^\s*gem\s*\(?\s*["']{name}["']""", GEMS)
    return (hit.file, hit.line) if hit else None


def _file(project: Project, name: str) -> tuple[str, int] | None:
    return (name, 1) if project.has(name) else None
