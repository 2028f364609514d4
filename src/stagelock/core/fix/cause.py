"""What a debugging record says: the cause and its place, a command, what was compared."""

from __future__ import annotations

from stagelock.core.documents.artifact import section

from .test_files import is_test

# which artifact, below which heading, names the command that a step waits for
COMMANDS = {
    "reproduction": ("root-cause.md", "Reproduction"),
    "red": ("reproduction.md", "Test"),
}
FORM = "say in one sentence: X happens because Y at file:line"
BOX = "stagelock ro -- "


def place(text: str) -> tuple[str, int, str]:
    """Return the file and line that `X happens because Y at file:line` ends with, or what lacks."""
    said = sentence(text)
    what, because, rest = said.partition(" because ")
    why, at, where = rest.rpartition(" at ")
    if not (what.strip() and because and why.strip() and at):
        return "", 0, "the cause is not told; " + FORM
    file, _, line = where.strip().rpartition(":")
    if not file or " " in file or not (line.isascii() and line.isdigit()) or not int(line[:9]):
        return "", 0, "`" + where.strip()[:80] + "` is no file:line; " + FORM
    return file, int(line[:9]), ""


def sentence(text: str) -> str:
    """Return the sentence itself, so that another cause is known from the same one told anew."""
    return " ".join(" ".join(section(text, "Cause")).replace("`", "").split()).rstrip(".")


def differences(text: str) -> int:
    """Count what the section `Differences` lists, one line each."""
    return sum(_is_item(line.strip()) for line in section(text, "Differences"))


def _is_item(line: str) -> bool:
    mark, _, rest = line.partition(" ")
    return bool(rest.strip()) and (mark in ("-", "*", "+") or mark.rstrip(".)").isdigit())


def reference(text: str) -> str:
    """Return the file that the section `Reference` names first, in backticks; "" for none."""
    parts = "\n".join(section(text, "Reference")).split("`")
    named = [part.strip() for part in parts[1::2] if part.strip()]
    return named[0] if named else ""


def command(text: str, heading: str) -> str:
    """Return the command below a heading: the first line of code there, "" where none is."""
    is_fenced = False
    for line in section(text, heading):
        bare = line.strip()
        if bare.startswith(("```", "~~~")):
            is_fenced = not is_fenced
        elif bare and (is_fenced or line.startswith("    ")):
            return bare
        elif len(bare) > 2 and bare[0] == bare[-1] == "`":
            return bare.strip("`").strip()
    return ""


def named(text: str, heading: str, globs: list[str]) -> list[str]:
    """Return the test files in backticks below a heading: go and cargo run them by other names."""
    parts = "\n".join(section(text, heading)).split("`")
    files = [part.strip().removeprefix("./") for part in parts[1::2]]
    return [file for file in files if file and " " not in file and is_test(file, globs)]


def tests(line: str, globs: list[str], beside: list[str]) -> tuple[list[str], str]:
    """Return the test files that a test command names, or why it is not one plain test run.

    `globs` say which files are tests; `beside` are those named below it.
    """
    text = line.strip()
    if text.startswith(BOX):
        text = text[len(BOX) :].strip()
        if len(text) < 2 or text[0] != text[-1] or text[0] not in "'\"":
            return [], "give `stagelock ro --` its command in one pair of quotes"
        text = text[1:-1]
    if any(mark in text for mark in ";&|<>$`\n\\'\""):
        return [], "`" + text[:80] + "` is more than one plain test run"
    words = text.split()
    files = [word.partition("::")[0] for word in words[1:] if not word.startswith("-")]
    files = [file.removeprefix("./") for file in files if "." in file.rpartition("/")[2]]
    files = [file for file in files if is_test(file, globs)]
    files = list(dict.fromkeys([*files, *beside]))
    why = "the test command names no test file; where its runner takes none, name it below in `...`"
    return files, "" if files else why
