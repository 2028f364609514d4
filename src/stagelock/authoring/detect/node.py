"""Node: the scripts of package.json, else tsc, eslint, vitest and jest as they are installed."""

import re
from collections.abc import Iterator

from .project import Project, Proposal, strings

# lock file: (what runs a script, what runs an installed program)
MANAGERS = {
    "pnpm-lock.yaml": ("pnpm run", "pnpm exec"),
    "yarn.lock": ("yarn run", "yarn run"),
    "bun.lock": ("bun run", "bun run"),
    "bun.lockb": ("bun run", "bun run"),
    "package-lock.json": ("npm run", "npx --no-install"),
}
NPM = MANAGERS["package-lock.json"]
BY_NAME = {lock.partition("-lock")[0].partition(".")[0]: lock for lock in MANAGERS}
# check: the scripts that people name so, first found counts; and whether it is quick
SCRIPTS = {
    "tests": (("test", "test:unit", "tests"), False),
    "lint": (("lint", "eslint"), True),
    "types": (("typecheck", "type-check", "types", "check-types", "check:types", "tsc"), False),
    "format": (("format:check", "check:format", "prettier:check"), True),
    "build": (("build",), False),
}
WATCHING = re.compile(r"(^|\s)--(watch|watchAll)(\s|$)|\btsc\b.*\s-w\b")
UNSET = "no test specified"  # what `npm init` writes
# a script that would watch and never end: how the same is run once
WATCHERS = {
    "vitest": "{execute} vitest run",
    "react-scripts test": "CI=true {run} {script}",
    "ng test": "{run} {script} -- --watch=false",
}
# check: program, its arguments, the dependency, files that configure it
PROGRAMS = (
    ("types", "tsc --noEmit", "typescript", ("tsconfig.json",)),
    ("lint", "eslint .", "eslint", ("eslint.config.js", "eslint.config.mjs", "eslint.config.cjs",
        "eslint.config.ts", ".eslintrc.json", ".eslintrc.js", ".eslintrc.cjs", ".eslintrc.yml")),
    ("tests", "vitest run", "vitest", ("vitest.config.ts", "vitest.config.js",
        "vitest.config.mjs", "vitest.config.mts")),
    ("tests", "jest", "jest", ("jest.config.js", "jest.config.ts", "jest.config.cjs",
        "jest.config.mjs", "jest.config.json")),
)  # fmt: skip


def look(project: Project) -> Iterator[Proposal]:
    """Propose a Node project's checks."""
    package = project.json("package.json")
    if not package:
        return
    run, execute = _manager(project, package)
    scripts = strings(package.get("scripts"))
    wanted = {**strings(package.get("dependencies")), **strings(package.get("devDependencies"))}
    named = set()
    for check, (names, fast) in SCRIPTS.items():
        script = next((n for n in names if n in scripts and UNSET not in scripts[n]), "")
        if script:
            named.add(check)
            yield from _script(project, check, script, scripts[script], (run, execute), fast=fast)
    for check, command, dependency, files in PROGRAMS:
        if check in named:
            continue
        own = project.has(*files)
        if dependency in wanted:
            named.add(check)
            line = project.line_of("package.json", f'"{dependency}":')
            why = f"depends on `{dependency}`" + (f", and there is {own}" if own else "")
            yield Proposal(check, f"{execute} {command}", "package.json", line, why)
        elif own:
            project.notes.append(
                f"{own}: there, but package.json does not depend on `{dependency}`; add it, "
                f"then declare `{execute} {command}`"
            )


def _script(
    project: Project, check: str, script: str, body: str, by: tuple[str, str], *, fast: bool
) -> Iterator[Proposal]:
    line = project.line_of("package.json", f'"{script}":')
    run, execute = by
    command, why = f"{run} {script}", f"has the script `{script}`: {body:.60}"
    if body.strip() in WATCHERS:
        once = WATCHERS[body.strip()]
        command = once.format(run=run, execute=execute, script=script)
        why += ", which watches; this ends"
    elif WATCHING.search(body):
        project.notes.append(
            f"package.json:{line}: the script `{script}` watches and never ends; add one that runs "
            "once, then declare it"
        )
        return
    yield Proposal(check, command, "package.json", line, why, fast)


def _manager(project: Project, package: dict[str, object]) -> tuple[str, str]:
    lock = project.has(*MANAGERS)
    if lock:
        return MANAGERS[lock]
    named = str(package.get("packageManager", "")).partition("@")[0]
    return MANAGERS[BY_NAME[named]] if named in BY_NAME else NPM
