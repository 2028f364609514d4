"""The project context document and the service inventory, which grow with every commit.

Both are Markdown that people may edit: a row is put where its table stands, whatever stands around
it, and a section that is gone is made anew.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from .units import Unit

    class Service(TypedDict):
        """One entry of the inventory."""

        name: str
        kind: str  # service, factory, table, module, endpoint
        file: str


COMPLETED = ("Completed Work Units", "| WU | Title | Key Files | Services Created |")
PATTERNS = "Established Patterns"
SERVICES = ("Services", "| Name | Kind | File | Work Unit |")
MOST = 5  # patterns that one report may add
LONGEST = 200
TOOLS = ("Package manager", "Test runner", "Linter", "Build")


def begin(tooling: dict[str, str]) -> str:
    """Return the context document before the first unit; `tooling` says what is used."""
    lines = ["# Project Context (Maintained by stagelock)", "", "## Tooling", ""]
    lines += ["- " + name + ": " + (tooling.get(name) or "not known") for name in TOOLS]
    lines += ["- " + name + ": " + tooling[name] for name in tooling if name not in TOOLS]
    lines += ["", "## " + COMPLETED[0], "", COMPLETED[1], _rule(COMPLETED[1])]
    lines += ["", "## " + PATTERNS, "", "", "## Active Services", "", "See SERVICE-INVENTORY.md"]
    return "\n".join(lines) + "\n"


def with_unit(text: str, unit: Unit, files: list[str], services: list[str]) -> str:
    """Return the document with a committed unit in its table; a second time changes nothing."""
    cells = [unit["id"], unit["title"], ", ".join(files), ", ".join(services) or "none"]
    return _with_row(text, COMPLETED, cells, 0)


def with_pattern(text: str, name: str, says: str) -> str:
    """Return the document with a pattern that emerged; a second time changes nothing."""
    line = "- " + _one_line(name) + ": " + _one_line(says)
    lines = text.rstrip("\n").split("\n")
    if line in lines:
        return text
    start, end = _section(lines, PATTERNS)
    if start < 0:
        return "\n".join([*lines, "", "## " + PATTERNS, "", line]) + "\n"
    kept = [old for old in lines[start + 1 : end] if old.strip()]
    return "\n".join([*lines[: start + 1], "", *kept, line, "", *lines[end:]]).rstrip() + "\n"


def bullets(text: str) -> list[str]:
    """Return the patterns that the document holds: what was decided while units were built."""
    lines = text.split("\n")
    start, end = _section(lines, PATTERNS)
    kept = lines[start + 1 : end] if start >= 0 else []
    return [line.strip()[2:] for line in kept if line.strip().startswith("- ")]


def patterns(reply: str) -> list[tuple[str, str]]:
    """Return the patterns that a coder's report names: `- name: what` below `## Patterns`."""
    lines = reply.split("\n")
    start, end = _section(lines, "Patterns")
    found = []
    for line in lines[start + 1 : end] if start >= 0 else []:
        name, colon, says = line.strip().lstrip("-*+ ").partition(":")
        name, says = name.strip("`* "), _one_line(says.strip("* "))
        if line.lstrip()[:1] in ("-", "*", "+") and colon and name and says:
            found.append((name[:LONGEST], says[:LONGEST]))
    return found[:MOST]


def lacking(text: str, names: list[str]) -> list[str]:
    """Name the committed units that a context document does not list."""
    lines = text.split("\n")
    start, end = _section(lines, COMPLETED[0])
    there = {_cells(line)[0] for line in lines[start + 1 : end]} if start >= 0 else set()
    return [name for name in names if _cell(name) not in there]


def inventory(text: str, unit: str, services: list[Service]) -> str:
    """Return the inventory with what a unit created; the same name in the same file stands once."""
    text = text or "# Service Inventory\n\n## " + SERVICES[0] + "\n\n" + SERVICES[1] + "\n"
    for service in services:
        cells = [service["name"], service["kind"], service["file"], unit]
        text = _with_row(text, SERVICES, cells, 0, 2)
    return text


def listed(text: str) -> list[Service]:
    """Return what an inventory holds."""
    found: list[Service] = []
    lines = text.split("\n")
    start, end = _section(lines, SERVICES[0])
    for line in lines[start + 1 : end] if start >= 0 else []:
        cells = _cells(line)
        if len(cells) >= 3 and cells[0] not in ("Name", "") and cells[0].strip("-: "):
            found.append({"name": cells[0], "kind": cells[1], "file": cells[2]})
    return found


def _with_row(text: str, table: tuple[str, str], cells: list[str], *keys: int) -> str:
    """Put a row at the end of a table, in place of the row that agrees in the key columns."""
    title, header = table
    row = "| " + " | ".join(_cell(cell) for cell in cells) + " |"
    lines = text.rstrip("\n").split("\n")
    start, end = _section(lines, title)
    if start < 0:
        lines += ["", "## " + title, ""]
        start, end = len(lines) - 2, len(lines)
    rows = [n for n in range(start, end) if lines[n].lstrip().startswith("|")]
    if not rows:
        lines[start + 1 : end] = ["", header, _rule(header), row, *lines[end:end], ""]
        return "\n".join(lines).rstrip() + "\n"
    wanted = [_cell(cells[key]) for key in keys]
    for n in rows[1:]:
        there = _cells(lines[n])
        if len(there) > max(keys) and [there[key] for key in keys] == wanted:
            lines[n] = row
            return "\n".join(lines) + "\n"
    if len(rows) == 1:
        lines.insert(rows[0] + 1, _rule(lines[rows[0]]))
        rows.append(rows[0] + 1)
    lines.insert(rows[-1] + 1, row)
    return "\n".join(lines) + "\n"


def _section(lines: list[str], title: str) -> tuple[int, int]:
    """Return where a section begins and where the next one does, -1 where it is not."""
    start = next(
        (n for n, line in enumerate(lines) if line.strip("# \t").lower() == title.lower()
         and line.startswith("#")), -1
    )  # fmt: skip
    if start < 0:
        return -1, -1
    after = range(start + 1, len(lines))
    end = next((n for n in after if lines[n].startswith(("# ", "## "))), len(lines))
    return start, end


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def _cells(line: str) -> list[str]:
    """Return the cells of a row; an escaped bar parts nothing."""
    marked = line.strip().replace("\\|", "\0").strip("|")
    return [cell.strip().replace("\0", "\\|") for cell in marked.split("|")]


def _rule(header: str) -> str:
    return "|" + "---|" * len(_cells(header))


def _one_line(text: str) -> str:
    return " ".join(text.split())
