"""Plans of draht and of GSD: front matter, then `<task>` elements that are text, not XML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from .task import Foreign, Service, Task, items_in, line_of, paths_in, paths_listed

if TYPE_CHECKING:
    from .task import File

FRONT = re.compile(r"\A---\n(.*?)\n---\s*?\n", re.DOTALL)
# plans about plans speak of `<task>` in running text: one that opens has its line to itself
TASK = re.compile(r"^[ \t]*<task\b([^>\n]*)>(?=[ \t]*(?:<|$))", re.IGNORECASE | re.MULTILINE)
TAG = re.compile(r"<([a-zA-Z][\w-]*)\b[^>]*>")
GOAL = re.compile(
    r"<objective>(.*?)</objective>|^## Goal\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE
)
KNOWN_FRONT = {
    "phase", "plan", "depends_on", "must_haves", "type", "wave", "files_modified", "autonomous",
    "user_setup", "requirements",
}  # fmt: skip
# what goes into the spec, and under which word
SPEC = {
    "action": "",
    "behavior": "Behaviour",
    "context": "Context",
    "domain": "Domain",
    "test": "Test first",
    "refactor": "Refactor afterwards",
    "read_first": "Read first",
    "implementation": "",
}
DONE = ("done", "acceptance_criteria")
LOOK = ("n", "name", "what-built", "how-to-verify", "decision", "action", "instructions")


@dataclass
class _Plan:
    file: File
    front: dict[str, Any]
    name: str  # "05-01"
    tasks: list[Task]


def is_draht(text: str) -> bool:
    """Say whether a text is a plan of draht: tasks with `<n>` for their names."""
    return bool(TASK.search(text)) and "<n>" in text


def is_gsd(text: str) -> bool:
    """Say whether a text is a plan of GSD."""
    return bool(TASK.search(text)) and ("<name>" in text or "<objective>" in text)


def read(files: list[File]) -> Foreign:
    """Read plan files of one or several phases; tasks of a plan follow one another."""
    foreign = Foreign()
    plans = [_plan(file, foreign) for file in files]
    by_name = {plan.name: plan for plan in plans}
    for plan in plans:
        _follow(plan, by_name, foreign)
        _must_haves(plan, foreign)
        _setup(plan, foreign)
        foreign.tasks += plan.tasks
    titles = [_heading(file.text) for file in files]
    foreign.title = "; ".join(title for title in titles if title)
    return foreign


def _plan(file: File, foreign: Foreign) -> _Plan:
    front = _front(file, foreign)
    name = f"{_number(front.get('phase'))}-{_number(front.get('plan'))}"
    plan = _Plan(file, front, name, [])
    for goal in GOAL.findall(file.text):
        foreign.about += [line.strip() for line in "".join(goal).splitlines() if line.strip()]
    pending = ""
    starts = list(TASK.finditer(file.text))
    for n, start in enumerate(starts):
        end = starts[n + 1].start() if n + 1 < len(starts) else len(file.text)
        close = file.text.find("</task>", start.end(), end)
        where = f"{file.name}:{line_of(file.text, start.start())}"
        if close < 0:
            foreign.lost.append(f"{where}: the task is never closed; read up to the next one")
        body = file.text[start.end() : close if close >= 0 else end]
        tags = _tags(body, where, foreign)
        kind = re.search(r"type=[\"']?([\w:-]+)", start[1])
        if kind and kind[1].startswith("checkpoint"):
            look = "; ".join(tags[name].rstrip(".") for name in LOOK if tags.get(name))
            pending = _checkpoint(plan, " ".join(look.split()), pending)
            continue
        task = _task(plan, tags, where, foreign)
        task.before, pending = pending, ""
        plan.tasks.append(task)
    if pending:
        foreign.lost.append(f"{file.name}:1: a checkpoint and no task beside it: {pending:.60}")
    return plan


def _front(file: File, foreign: Foreign) -> dict[str, Any]:
    found = FRONT.match(file.text)
    try:
        front = yaml.safe_load(found[1]) if found else {}
    except (yaml.YAMLError, ValueError, RecursionError):
        foreign.lost.append(f"{file.name}:1: the front matter is not YAML; its fields are not read")
        front = {}
    front = front if isinstance(front, dict) else {}
    for key in front:
        if key not in KNOWN_FRONT:
            foreign.lost.append(f"{file.name}:1: front matter `{key}` has no place in a plan")
    return front


def _tags(body: str, where: str, foreign: Foreign) -> dict[str, str]:
    """Return the elements of a task; whatever looks like one and is not closed is text."""
    found: dict[str, str] = {}
    at = 0
    while True:
        tag = TAG.search(body, at)
        if not tag:
            return found
        close = body.find(f"</{tag[1]}>", tag.end())
        if close < 0:
            at = tag.end()
            continue
        name = tag[1].lower()
        known = name in SPEC or name in DONE or name in LOOK
        if not known and name not in ("files", "verify", "options", "resume-signal"):
            foreign.lost.append(f"{where}: `<{name}>` has no place in a unit")
        found[name] = (found.get(name, "") + "\n" + body[tag.end() : close]).strip()
        at = close + len(tag[1]) + 3


def _checkpoint(plan: _Plan, look: str, pending: str) -> str:
    """Hang a checkpoint on the task before it, else on the one that follows."""
    if not plan.tasks:
        return f"{pending}; {look}".strip("; ")
    last = plan.tasks[-1]
    last.after = f"{last.after}; {look}".strip("; ")
    return pending


def _task(plan: _Plan, tags: dict[str, str], where: str, foreign: Foreign) -> Task:
    title = " ".join((tags.get("n") or tags.get("name") or "").split())
    number = len(plan.tasks) + 1
    task = Task(
        id=f"T{plan.name}.{number}",
        title=re.sub(r"^Task \d+\s*[:.-]\s*", "", title),
        where=where,
    )
    for name, label in SPEC.items():
        if tags.get(name):
            lines = [line.strip() for line in tags[name].splitlines() if line.strip()]
            task.spec += [f"{label}: {lines[0]}" if label else lines[0], *lines[1:]]
    for name in DONE:
        task.done += items_in(tags.get(name, ""))
    if tags.get("verify"):
        said = re.sub(r"</?[\w-]+>", " ", tags["verify"])
        task.done += [f"verified by: {item}" for item in items_in(said)]
    task.takes(paths_listed(tags.get("files", "")))
    task.tests += [path for path in paths_in(tags.get("test", "")) if path not in task.tests]
    task.takes([path for path in task.tests if path not in task.files])
    if tags.get("files") and not task.files:
        foreign.lost.append(f"{where}: no path in `<files>`: {tags['files']:.60}")
    return task


def _follow(plan: _Plan, by_name: dict[str, _Plan], foreign: Foreign) -> None:
    for n, task in enumerate(plan.tasks[1:]):
        task.needs.append(plan.tasks[n].id)
    wanted = plan.front.get("depends_on") or []
    for name in wanted if isinstance(wanted, list) else [wanted]:
        other = by_name.get(str(name)) or by_name.get(_in_phase(plan, str(name)))
        if other and other.tasks and plan.tasks and other is not plan:
            plan.tasks[0].needs.append(other.tasks[-1].id)
        else:
            told = f"depends on plan `{name}`, which was not given; import it too"
            foreign.lost.append(f"{plan.file.name}:1: {told}")


def _in_phase(plan: _Plan, name: str) -> str:
    number = re.match(r"(?:\d+[\w-]*?-)?(\d+)(?:-PLAN)?(?:\.md)?$", name)
    return f"{plan.name.split('-')[0]}-{_number(number[1])}" if number else ""


def _must_haves(plan: _Plan, foreign: Foreign) -> None:
    """What must be true of a plan is what its last task is held to."""
    said = plan.front.get("must_haves")
    truths = said.get("truths") if isinstance(said, dict) else said
    for truth in truths if isinstance(truths, list) else []:
        if plan.tasks and str(truth) not in plan.tasks[-1].done:
            plan.tasks[-1].done.append(str(truth))
    for key in ("artifacts", "key_links"):
        if isinstance(said, dict) and said.get(key):
            told = f"`must_haves.{key}` has no place in a unit; its tests should show it"
            foreign.lost.append(f"{plan.file.name}:1: {told}")
    named = {path for task in plan.tasks for path in task.files}
    modified = plan.front.get("files_modified")
    for path in modified if isinstance(modified, list) else []:
        if str(path) not in named:
            told = f"`files_modified` names `{path}`, which no task does; give it to a unit"
            foreign.lost.append(f"{plan.file.name}:1: {told}")


def _setup(plan: _Plan, foreign: Foreign) -> None:
    setup = plan.front.get("user_setup")
    for entry in setup if isinstance(setup, list) else []:
        if not isinstance(entry, dict) or not entry.get("service"):
            continue
        rows = [row for row in entry.get("env_vars") or [] if isinstance(row, dict)]
        names = [str(row.get("name")) for row in rows if row.get("name")]
        obtain = "; ".join(str(row.get("source")) for row in rows if row.get("source"))
        name = str(entry["service"]).capitalize()
        foreign.services.append(Service(name, names, obtain))
        if plan.tasks:
            look = f"is {name} set up? {', '.join(names)}"
            plan.tasks[0].before = f"{plan.tasks[0].before}; {look}".strip("; ")
        for key in sorted({*map(str, entry)} - {"service", "env_vars", "why"}):
            told = f"`user_setup.{key}` of {name} has no place in a plan"
            foreign.lost.append(f"{plan.file.name}:1: {told}")


def _heading(text: str) -> str:
    found = re.search(r"^# (.*)$", FRONT.sub("", text), re.MULTILINE)
    return re.sub(r"^Phase [\w.]+, Plan [\w.]+:\s*", "", found[1].strip()) if found else ""


def _number(value: object) -> str:
    found = re.match(r"\s*(\d+)", str(value if value is not None else ""))
    return f"{int(found[1]):02}" if found else "00"
