"""spec-kit's `tasks.md`: a checklist in phases, `[P]` for what may run side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .task import Foreign, Task, paths_in

if TYPE_CHECKING:
    from .task import File

ITEM = re.compile(r"\s*[-*]\s+\[(?P<mark>[ xX])\]\s+\**(?P<id>T-?\d{2,}\w?)\**:?\s*(?P<rest>.*)$")
LABEL = re.compile(r"\s*\[([^\]]{1,20})\]\s*")
HEADING = re.compile(r"(#{2,3})\s+(.*)$")
NEEDS = re.compile(
    r"\(?\b(?:depends on|requires|blocked by|after)\s+((?:T-?\d+\w?(?:\s*(?:,|and|&)\s*)?)+)\)?",
    re.IGNORECASE,
)
BOLD = re.compile(r"\*\*(.+?)\*\*:?\s*(.*)$")
DONE_WHEN = re.compile(r"\s*\|?\s*(?:done when|acceptance|ac):\s*(.*)$", re.IGNORECASE)
# headings that only explain
PROSE = (
    "format", "path conventions", "table of contents", "dependencies", "parallel",
    "implementation strategy", "notes", "summary", "user story dependencies",
    "within each user story", "phase dependencies", "mvp first", "incremental delivery",
)  # fmt: skip


@dataclass
class _Phase:
    title: str
    is_story: bool
    first: int = 0  # where its tasks begin
    gate: list[str] = field(default_factory=list)  # what its first tasks wait for
    ends: list[str] = field(default_factory=list)  # what nothing in it waits for yet
    test: str = ""  # what it is tested by on its own


def is_speckit(text: str) -> bool:
    """Say whether a text is a tasks.md of spec-kit."""
    return sum(bool(ITEM.match(line)) for line in text.splitlines()) > 1


class Reader:
    """Reads one file into what was read before it."""

    def __init__(self, file: File, foreign: Foreign) -> None:
        self.file = file
        self.foreign = foreign
        self.phases: list[_Phase] = []
        self.shared: list[str] = []  # the ends of the last phase that every story waits for

    def read(self) -> None:
        """Take what the file says."""
        fenced = False
        told: Task | None = None
        for n, line in enumerate(self.file.text.splitlines(), 1):
            fenced ^= line.lstrip().startswith(("```", "~~~"))
            if fenced:
                continue
            heading = HEADING.match(line)
            item = ITEM.match(line)
            if line.startswith("# "):
                title = re.sub(r"^(?:Implementation )?Tasks?(?::\s*|$)", "", line[2:].strip())
                self.foreign.title = self.foreign.title or title
            elif heading:
                told = None
                self._heading(heading[1], heading[2].strip(), n)
            elif item:
                told = self._task(item, n)
            elif told and line.startswith("  ") and line.strip():
                self._run_on(told, line.strip())
            elif line.strip():
                told = None
                self._prose(line.strip(), n)
        self._close()

    def _heading(self, marks: str, title: str, number: int) -> None:
        if title.lower().startswith(PROSE):
            return
        if marks == "##":
            self._close()
            is_story = bool(re.search(r"user story|\bUS\d+\b", title, re.IGNORECASE))
            previous = [end for phase in self._since_shared() for end in phase.ends]
            gate = self.shared if is_story else previous or self.shared
            self.phases.append(_Phase(title, is_story, len(self.foreign.tasks), list(gate)))
        elif not re.match(r"(tests? for|implementation|goal)\b", title, re.IGNORECASE):
            told = f"heading `{title}` is not kept"
            self.foreign.lost.append(f"{self.file.name}:{number}: {told}")

    def _since_shared(self) -> list[_Phase]:
        """Return the phases after the last one that every later phase waits for."""
        last = max((n for n, p in enumerate(self.phases) if not p.is_story and p.ends), default=-1)
        return self.phases[last + 1 :]

    def _close(self) -> None:
        """End a phase: what it is tested by, its last task is held to."""
        if not self.phases or not self.phases[-1].ends:
            return
        phase = self.phases[-1]
        if phase.test:
            self.foreign.tasks[-1].done.append(phase.test)
            phase.test = ""
        if not phase.is_story:
            self.shared = phase.ends

    def _task(self, item: re.Match[str], number: int) -> Task:
        if not self.phases:
            self.phases.append(_Phase("", is_story=False))
        phase = self.phases[-1]
        where = f"{self.file.name}:{number}"
        rest: str = item["rest"]
        labels: list[str] = []
        while found := LABEL.match(rest):
            labels.append(found[1].strip())
            rest = rest[found.end() :]
        name = item["id"].replace("-", "")
        task = Task(id=name, title="", where=where)
        if any(other.id == name for other in self.foreign.tasks):
            task.id = f"{name}.{sum(o.id.startswith(name) for o in self.foreign.tasks) + 1}"
            told = f"`{name}` stands twice; the second is imported as `{task.id}`"
            self.foreign.lost.append(f"{where}: {told}")
        if item["mark"] in "xX":
            told = f"{name} is ticked; ticks are not evidence, so it is imported as open"
            self.foreign.lost.append(f"{where}: {told}")
        for label in labels:
            if not re.fullmatch(r"P|US\d+|Setup|Found\w*|Polish|\w{1,12}", label):
                self.foreign.lost.append(f"{where}: label `[{label}]` is not kept")
        self._text(task, rest.strip())
        self._needs(task, phase, side_by_side="P" in labels)
        self.foreign.tasks.append(task)
        return task

    def _text(self, task: Task, text: str) -> None:
        done = DONE_WHEN.search(text)
        if done and done[1]:
            task.done.append(done[1].strip())
            text = text[: done.start()]
        said = NEEDS.sub("", text).strip(" ;,.|")
        task.spec.append(text.strip())
        task.title = re.split(r"\s+(?:in|at|to|→|->|—)\s+`?[\w./*-]+/", said)[0].strip(" `")
        task.title = task.title[:80].rstrip()
        task.takes(paths_in(text))

    def _run_on(self, task: Task, text: str) -> None:
        done = re.match(r"[-*]\s+(?:AC|Acceptance|Done when):\s*(.*)$", text, re.IGNORECASE)
        if done:
            task.done.append(done[1])
            return
        task.spec.append(text)
        task.takes(paths_in(text))

    def _needs(self, task: Task, phase: _Phase, *, side_by_side: bool) -> None:
        known = {other.id for other in self.foreign.tasks}
        said = NEEDS.search(task.spec[0])
        named = re.findall(r"T-?\d+\w?", said[1]) if said else []
        wanted = [name.replace("-", "") for name in named]
        for name in wanted:
            if name not in known:
                told = f"depends on `{name}`, which comes later or not at all"
                self.foreign.lost.append(f"{task.where}: {told}")
        wanted = [name for name in wanted if name in known]
        task.needs = wanted or list(phase.gate if side_by_side else phase.ends or phase.gate)
        phase.ends = [end for end in phase.ends if end not in task.needs] + [task.id]
        if not side_by_side:
            phase.gate = list(phase.ends)

    def _prose(self, text: str, number: int) -> None:
        bold = BOLD.match(text)
        if not bold or not self.phases:
            return
        phase, name, said = self.phases[-1], bold[1].strip(": ").lower(), bold[2].strip(": ")
        tasks = self.foreign.tasks[phase.first :]
        if name == "independent test" and said:
            phase.test = said
        elif name == "checkpoint" and tasks:
            tasks[-1].after = said or "is the phase as it should be?"
        elif name in ("goal", "purpose") and said:
            self.foreign.about.append(f"{phase.title}: {said}")
        elif name == "checkpoint":
            told = "a checkpoint and no task before it"
            self.foreign.lost.append(f"{self.file.name}:{number}: {told}")
