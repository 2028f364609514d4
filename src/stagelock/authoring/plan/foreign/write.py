"""From what was read of another tool's plan to a plan of ours; what it did not say stays open."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .task import Foreign, Task

OPEN = {
    "API Contract": "each endpoint as `### POST /api/things`, or drop this section",
    "Security Considerations": "trust boundaries, input validation, rate limiting, "
    "authentication and secrets, each as `- **Name**: ...`; or `none` and why",
    "User Flows": "where people see something: each flow as `### what a person does`; "
    "or drop this section",
    "Pre-flight": "answer each question that `stagelock plan check` names",
}


def as_plan(foreign: Foreign) -> str:
    """Return the plan as Markdown."""
    parts = [f"# Plan: {foreign.title or 'imported'}", *foreign.about]
    parts.append("## Work Unit Decomposition")
    parts += [_unit(task) for task in foreign.tasks]
    for name in ("Security Considerations", "User Flows"):
        parts += [f"## {name}", f"<!-- {OPEN[name]} -->"]
    parts += ["## External Dependencies", *_services(foreign)]
    parts += ["## Human Checkpoints", _pauses(foreign)]
    parts += ["## Pre-flight", f"<!-- {OPEN['Pre-flight']} -->"]
    return "\n\n".join(parts) + "\n"


def _unit(task: Task) -> str:
    lines = [f"### {task.id}: {task.title or task.id}", ""]
    lines += _prose("Spec", task.spec, f"what is built; see {task.where}")
    lines += _items(task)
    lines.append(f"- **Depends on**: {', '.join(task.needs) or 'none'}")
    lines += _list("Files", task.files, "the paths it may write")
    lines += _list("Tests", task.tests, "its test files, or `none, because ...`")
    lines.append(f"- **Checkpoint**: {_when(task)}")
    lines += [f"- **Expects**: {_ticked(task.expects)}"] if task.expects else []
    lines += [f"- **Provides**: {_ticked(task.provides)}"] if task.provides else []
    return "\n".join(lines)


def _prose(name: str, said: list[str], ask: str) -> list[str]:
    if not said:
        return [f"- **{name}**: <!-- {ask} -->"]
    lines = [_tame(line) for line in said if not line.startswith(("```", "~~~"))]
    return [f"- **{name}**: {lines[0] if lines else ''}", *(f"  {line}" for line in lines[1:])]


def _tame(line: str) -> str:
    """Keep a line of prose from being read as a heading or as a comment of the plan."""
    line = line.replace("<!--", "`<!--`")
    return "\\" + line if line.startswith("#") else line


def _items(task: Task) -> list[str]:
    if not task.done:
        return ["- **Done**: <!-- what can be seen when it is done; the source does not say -->"]
    return ["- **Done**:", *(f"  - [ ] {' '.join(item.split())}" for item in task.done)]


def _list(name: str, said: list[str], ask: str) -> list[str]:
    return [f"- **{name}**: {', '.join(said) if said else f'<!-- {ask} -->'}"]


def _when(task: Task) -> str:
    if task.before and task.after:
        return "both"
    return "before" if task.before else "after" if task.after else "no"


def _ticked(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _services(foreign: Foreign) -> list[str]:
    if not foreign.services:
        return ["<!-- none and why, or each service as `### Name` -->"]
    return [
        "\n".join(
            [
                f"### {service.name}",
                "",
                f"- **Credentials**: {_ticked(service.variables) or 'none'}",
                f"- **Obtain**: {service.obtain or '<!-- where a person gets them -->'}",
                "- **Without them**: <!-- what happens where they are missing -->",
            ]
        )
        for service in foreign.services
    ]


def _pauses(foreign: Foreign) -> str:
    lines = []
    for task in foreign.tasks:
        for moment, look in (("Before", task.before), ("After", task.after)):
            if look:
                lines.append(f"- **{moment} {task.id}**: {' '.join(look.split())}")
    return "\n".join(lines) or "<!-- none and why, or `- **After T1**: what is looked at` -->"
