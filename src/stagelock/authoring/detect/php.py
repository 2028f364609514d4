"""PHP: composer's own scripts, else phpunit or pest, phpstan or psalm, and a style checker."""

from collections.abc import Iterator

from .project import Project, Proposal, strings

SCRIPTS = {
    "tests": ("test", "tests", "phpunit"),
    "types": ("phpstan", "stan", "psalm", "analyse", "analyze", "types"),
    "lint": ("lint", "cs", "cs-check", "check-style"),
}
# check: (package, command); the first that composer.json requires counts
PROGRAMS = {
    "tests": (("pestphp/pest", "vendor/bin/pest"), ("phpunit/phpunit", "vendor/bin/phpunit")),
    "types": (
        ("phpstan/phpstan", "vendor/bin/phpstan analyse --no-progress"),
        ("vimeo/psalm", "vendor/bin/psalm --no-progress"),
    ),
    "lint": (
        ("squizlabs/php_codesniffer", "vendor/bin/phpcs"),
        ("friendsofphp/php-cs-fixer", "vendor/bin/php-cs-fixer check"),
        ("laravel/pint", "vendor/bin/pint --test"),
    ),
}


def look(project: Project) -> Iterator[Proposal]:
    """Propose a PHP project's checks."""
    composer = project.json("composer.json")
    scripts = composer.get("scripts")
    names = set(scripts) if isinstance(scripts, dict) else set()
    wanted = {**strings(composer.get("require")), **strings(composer.get("require-dev"))}
    for check, known in SCRIPTS.items():
        script = next((name for name in known if name in names), "")
        program = next((p for p in PROGRAMS[check] if p[0] in wanted), None)
        if script:
            line = project.line_of("composer.json", f'"{script}"')
            why = f"has the script `{script}`"
            yield Proposal(check, f"composer run-script {script}", "composer.json", line, why)
        elif program:
            line = project.line_of("composer.json", f'"{program[0]}"')
            yield Proposal(check, program[1], "composer.json", line, f"requires `{program[0]}`")
