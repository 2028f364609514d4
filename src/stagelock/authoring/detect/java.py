"""Java and Kotlin: Maven or Gradle, by the project's own wrapper where it has one."""

from collections.abc import Iterator

from .project import Project, Proposal

BUILDS = ("build.gradle", "build.gradle.kts")
# plugin as it is named in the build: the goal or task that only looks
MAVEN = {
    "maven-checkstyle-plugin": "checkstyle:check",
    "spotless-maven-plugin": "spotless:check",
    "maven-pmd-plugin": "pmd:check",
}
GRADLE = {
    r"\bcheckstyle\b": "checkstyleMain",
    r"com\.diffplug\.spotless": "spotlessCheck",
    r"io\.gitlab\.arturbosch\.detekt": "detekt",
}


def look(project: Project) -> Iterator[Proposal]:
    """Propose a Maven or Gradle project's checks."""
    if project.has("pom.xml"):
        yield from _maven(project)
        return
    build = project.has(*BUILDS, "settings.gradle", "settings.gradle.kts")
    if not build:
        return
    tool = "./gradlew" if project.has("gradlew") else "gradle"
    yield Proposal("tests", f"{tool} --quiet test", build, 1, "is a Gradle build")
    for plugin, task in GRADLE.items():
        hit = project.find(plugin, BUILDS)
        if hit:
            why = f"says `{hit.text:.60}`"
            yield Proposal("lint", f"{tool} --quiet {task}", hit.file, hit.line, why)
            return


def _maven(project: Project) -> Iterator[Proposal]:
    tool = "./mvnw" if project.has("mvnw") else "mvn"
    line = project.line_of("pom.xml", "<project")
    yield Proposal("tests", f"{tool} -q -B test", "pom.xml", line, "is a Maven project")
    for plugin, goal in MAVEN.items():
        hit = project.find(rf"<artifactId>{plugin}<", ("pom.xml",))
        if hit:
            yield Proposal("lint", f"{tool} -q -B {goal}", "pom.xml", hit.line, f"uses `{plugin}`")
            return
