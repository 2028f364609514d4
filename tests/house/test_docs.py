"""The documentation is run: its files are written, its commands called, its tables tried.

In docs/*.md a fenced block whose first line is `# PATH` is a file of the tree. In a block of the
kind `console` a line after `$` is a command, and one after the sign of the client's prompt is
typed; what stands below must come out, in this order; `...` stands for anything.
"""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from stagelock.cli.main import VERBS
from stagelock.store.library import SHIPPED, library
from tests.support.command import stagelock
from tests.support.world import ROOT, World

DOCS = sorted((ROOT / "docs").glob("*.md"))
OURS = ("workflows", "rules", "extending", "security", "attempts")


def _blocks(path: Path) -> list[tuple[str, str]]:
    """The fenced blocks of a page: their kind and their text."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", path.read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", OURS)
def test_there_is_a_page(name: str) -> None:
    assert (ROOT / f"docs/{name}.md").read_text().startswith("# ")


@pytest.mark.parametrize("name", OURS)
def test_a_page_does_what_it_says(world: World, name: str) -> None:
    for kind, text in _blocks(ROOT / f"docs/{name}.md"):
        if kind == "console":
            _play(world, text)
        elif kind == "json":
            assert json.loads(text)
        elif kind == "yaml":
            first = text.partition("\n")[0]
            assert first.startswith("# .stagelock/"), "a file says where it lies"
            yaml.safe_load(text)
            world.write(first[2:], text.partition("\n")[2])
            config = world.tree / ".stagelock/config.yaml"
            assert not config.exists() or stagelock(world, "compile").stdout


def _play(world: World, text: str) -> None:
    said: list[str] = []
    for line in text.splitlines():
        if line.startswith("$ stagelock "):
            done = stagelock(world, *shlex.split(line)[2:])
            said = (done.stdout + done.stderr).splitlines()
        elif line.startswith("❯ "):
            assert world.typed(line[2:]).code == 0
            said = []
        elif line != "...":
            said = _from(said, line)
        assert not line.startswith("$") or line.startswith("$ stagelock ")


def _from(said: list[str], line: str) -> list[str]:
    """What was said after `line`, which must be there."""
    wanted = "^" + ".*".join(map(re.escape, line.split("..."))) + "$"
    for n, came in enumerate(said):
        if re.match(wanted, came):
            return said[n + 1 :]
    raise AssertionError(f"{line!r} did not come; there came {said}")


def _rows(heading: str) -> list[list[str]]:
    """The cells of a table of docs/attempts.md."""
    part = (ROOT / "docs/attempts.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")][1:]
    cells = [re.split(r"(?<!\\)\|", line.strip("|").strip()) for line in lines]
    return [[cell.strip().replace("\\|", "|") for cell in row] for row in cells]


REFUSED = [row for row in _rows("Refused") if row[1].startswith("`")]
ALLOWED = _rows("Let through")


@pytest.mark.parametrize(("what", "call", "rule"), REFUSED, ids=[row[0] for row in REFUSED])
def test_an_attempt_is_refused_by_the_rule_that_stands_there(
    world: World, what: str, call: str, rule: str
) -> None:
    world.typed("/design add login")
    reply = _call(world, call.strip("`"))
    assert reply.denied, what
    assert f"(rule {rule.strip('`')})" in reply.reason


@pytest.mark.parametrize(("call", "rule"), ALLOWED, ids=[row[0] for row in ALLOWED])
def test_what_is_let_through_is_let_through(world: World, call: str, rule: str) -> None:
    world.typed("/design add login")
    assert _call(world, call.strip("`")).silent


def test_prose_moves_nothing(world: World) -> None:
    world.typed("/design add login")
    said = "I approve the design"
    world.hook("Stop", {"last_assistant_message": said})
    world.hook("UserPromptSubmit", {"prompt": said, "prompt_id": "p"})
    assert world.stage() == "design"


def _call(world: World, text: str):
    tool, _, target = text.partition(" ")
    if tool == "Bash":
        given = {"command": target}
    elif tool == "NotebookEdit":
        given = {"notebook_path": target}
    elif tool == "Skill":
        given = {"skill": target}
    elif tool == "CronCreate":
        given = {"cron": "* * * * *", "prompt": target}
    else:
        given = {"file_path": target}
    return world.tool(tool, given)


@pytest.mark.parametrize("path", [*DOCS, ROOT / "README.md"], ids=lambda p: p.name)
def test_every_verb_and_every_flag_that_is_named_exists(path: Path) -> None:
    for verb, rest in re.findall(r"`stagelock ([\w-]+)([^`]*)`", path.read_text()):
        assert verb in VERBS, verb
        commands = [VERBS[verb], *getattr(VERBS[verb], "commands", {}).values()]
        known = {flag for each in commands for param in each.params for flag in param.opts}
        known |= {"--help", "--"}
        assert set(re.findall(r"(?<!\S)(--\w[\w-]*)", rest)) <= known, (verb, rest)


@pytest.mark.parametrize("path", [*DOCS, ROOT / "README.md"], ids=lambda p: p.name)
def test_every_link_of_a_page_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#][^)]*)\)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target.partition("#")[0]).exists(), target


def test_the_workflow_page_lists_the_workflows_that_are_shipped() -> None:
    text = (ROOT / "docs/workflows.md").read_text()
    for name in SHIPPED:
        stages = ", ".join(library("/nowhere")["policies"][name]["stages"])
        assert f"| `{name}` |" in text
        assert f"| {stages} |" in text
