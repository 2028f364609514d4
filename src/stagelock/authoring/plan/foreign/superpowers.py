"""superpowers' plans: `### Task N`, a list of files, steps with code, one after another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stagelock.core.documents.markdown import fence_after

from .task import Foreign, Task, paths_in, paths_listed

if TYPE_CHECKING:
    from .task import File

HEADING = re.compile(r"(#{1,4})\s+(.*)$")
TASK = re.compile(r"Task\s+(\d+[a-z]?)\s*[:.\u2013\u2014-]\s*(.*)$", re.IGNORECASE)
STEP = re.compile(
    r"(?:[-*]\s+\[[ xX]\]\s+)?\*\*Step\s+\d+[a-z]?\s*[:.]\s*(.*?)\*\*\s*(.*)$", re.IGNORECASE
)
BOX = re.compile(r"[-*]\s+\[[ xX]\]\s+(.*)$")  # a step without a number
LABEL = re.compile(r"\*\*([A-Z][\w ]{2,30}):?\*\*:?\s*(.*)$")
FILE = re.compile(
    r"[-*]\s+\**(Create|Modify|Test|Delete|Rename|Read|Reference|Check)\**\s*:\s*(.*)$",
    re.IGNORECASE,
)
LOOKED_AT = ("read", "reference", "check")
RUN = re.compile(r"(?:[-*]\s+)?\**Run\**\s*:\s*`?(.*?)`?\s*$", re.IGNORECASE)
EXPECTED = re.compile(r"(?:[-*]\s+)?\**Expected\**\s*:\s*(.*)$", re.IGNORECASE)
FAILS = re.compile(r"\bfail|\berror", re.IGNORECASE)


def is_superpowers(text: str) -> bool:
    """Say whether a text is a plan of superpowers."""
    return bool(re.search(r"^#{2,3} Task \d+", text, re.MULTILINE)) and (
        "**Files:**" in text or "superpowers:" in text
    )


class Reader:
    """Reads one file into what was read before it."""

    def __init__(self, file: File, foreign: Foreign) -> None:
        self.file = file
        self.foreign = foreign
        self.task: Task | None = None
        self.part = ""  # files, interfaces or step
        self.ran = ""
        self.asks = False  # whether the next fence is what is run
        self.code = 0

    def read(self) -> None:
        """Take what the file says."""
        fence = ""
        for n, line in enumerate(self.file.text.splitlines(), 1):
            fence, is_fence = fence_after(line, fence)
            if fence or is_fence:
                self.code += bool(fence and is_fence)
                self._shown(line.strip(), is_fence=is_fence)
                continue
            heading = HEADING.match(line)
            if heading:
                self._heading(heading[1], heading[2].strip(), n)
            elif line.strip():
                self._line(line.strip(), n)
        self._close()

    def _heading(self, marks: str, title: str, number: int) -> None:
        found = TASK.match(title)
        if found:
            self._close()
            name = f"T{found[1]}"
            taken = {task.id for task in self.foreign.tasks}
            while name in taken:
                name += "b"
            self.task = Task(name, found[2].strip(" `"), f"{self.file.name}:{number}")
            self.part, self.ran, self.code = "", "", 0
            if self.foreign.tasks:
                self.task.needs.append(self.foreign.tasks[-1].id)
            self.foreign.tasks.append(self.task)
        elif marks == "#":
            title = re.sub(r"\s*Implementation Plan$", "", title)
            self.foreign.title = self.foreign.title or title
        else:
            if len(marks) <= 2:
                self._close()
                self.task = None
            told = f"section `{title}` is not kept; read it there"
            self.foreign.lost.append(f"{self.file.name}:{number}: {told}")

    def _line(self, line: str, number: int) -> None:
        if self.task is None:
            self._head(line)
            return
        step, label = STEP.match(line) or BOX.match(line), LABEL.match(line)
        if step:
            self.part = "step"
            said = " ".join(word.strip() for word in step.groups()).strip()
            if not re.match(r"commit\b", said, re.IGNORECASE):  # stagelock commits the unit
                self.task.spec.append(f"Step: {said.rstrip(':.')}.")
        elif label and label[1].lower() in ("files", "interfaces", "depends on", "verify"):
            self.part = label[1].lower()
            if label[2]:
                self._within(self.task, label[2], number)
        else:
            self._within(self.task, line, number)

    def _within(self, task: Task, line: str, number: int) -> None:
        if self.part == "files":
            self._file(task, line, number)
        elif self.part == "interfaces":
            self._interface(task, line, number)
        elif self.part == "depends on":
            self._named(task, line)
        elif run := RUN.match(line):
            self.ran, self.asks = run[1], not run[1]
        elif (expected := EXPECTED.match(line)) and self.ran:
            if not FAILS.search(expected[1]):
                task.done.append(f"`{self.ran}`: {expected[1]}")
            self.ran = ""
        else:
            task.spec.append(line)

    def _file(self, task: Task, line: str, number: int) -> None:
        found = FILE.match(line)
        said = found[2] if found else line
        paths = paths_listed(said) if found else paths_in(said)
        if found and found[1].lower() in LOOKED_AT:
            return
        if not paths:
            told = f"no path in `{line:.60}`"
            self.foreign.lost.append(f"{self.file.name}:{number}: {told}")
        task.takes(paths)
        if found and found[1].lower() == "test":
            task.tests += [path for path in paths if path not in task.tests]

    def _interface(self, task: Task, line: str, number: int) -> None:
        found = re.match(r"[-*]\s+\**(Consumes|Produces)\**\s*:\s*(.*)$", line, re.IGNORECASE)
        if not found:
            told = f"neither consumes nor produces: `{line:.60}`"
            self.foreign.lost.append(f"{self.file.name}:{number}: {told}")
            return
        names = re.findall(r"`([^`]+)`", found[2])
        if found[1].lower() == "produces":
            task.provides += names
            return
        task.expects += names
        self._named(task, found[2])

    def _named(self, task: Task, text: str) -> None:
        known = {other.id for other in self.foreign.tasks}
        for number in re.findall(r"\bTasks?\s+(\d+[a-z]?)", text, re.IGNORECASE):
            name = f"T{number}"
            if name in known and name != task.id and name not in task.needs:
                task.needs.append(name)

    def _shown(self, line: str, *, is_fence: bool) -> None:
        """Take the first line of the fence that follows a bare `Run:`."""
        if self.asks and not is_fence and line and not line.startswith("#"):
            self.ran, self.asks = line, False

    def _head(self, line: str) -> None:
        label = LABEL.match(line)
        if label and label[1].lower() in ("goal", "architecture", "tech stack", "spec"):
            self.foreign.about.append(f"{label[1]}: {label[2]}")

    def _close(self) -> None:
        if self.task is not None and self.code:
            where = self.task.where
            self.task.spec.append(f"The code of its steps stands in {where}.")
            told = f"{self.code} blocks of code of {self.task.id} stay in the source, named there"
            self.foreign.lost.append(f"{where}: {told}")
            self.code = 0
