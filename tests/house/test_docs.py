"""The documentation is run: its files are written, its commands called, its tables tried.

In docs/*.md a fenced block whose first line is `# PATH` is a file of the tree. In a block of the
kind `console` a line after `$` is a command, and one after the sign of the client's prompt is
typed; what stands below must come out, in this order; `...` stands for anything.
"""

import json
import re
import shlex
from itertools import takewhile
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from stagelock.authoring.config import json_schema
from stagelock.cli.main import VERBS
from stagelock.core.evidence import fault
from stagelock.store.library import SHIPPED, library
from tests.client import first_minutes, fix_story
from tests.support import broken
from tests.support.command import git, stagelock
from tests.support.world import ROOT, World

DOCS = sorted((ROOT / "docs").glob("*.md"))
OURS = (
    "debugging", "workflows", "rules", "extending", "security", "attempts", "evidence", "config",
    "box", "git", "broken", "how-it-works", "agents", "decisions",
)  # fmt: skip


def _blocks(path: Path) -> list[tuple[str, str]]:
    """The fenced blocks of a page: their kind and their text."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", path.read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", OURS)
def test_there_is_a_page(name: str) -> None:
    assert (ROOT / f"docs/{name}.md").read_text().startswith("# ")


@pytest.mark.parametrize("name", OURS)
def test_a_page_does_what_it_says(world: World, name: str) -> None:
    if name == "box" and stagelock(world, "ro", "--", "true").returncode:
        pytest.skip("no read-only box works here")
    if name == "git":
        git(world, "init", "-q")
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


def test_readme_counts_the_attempts_rightly() -> None:
    assert f"[{len(_rows('Refused'))} ways round a gate]" in (ROOT / "README.md").read_text()


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


def test_all_that_the_page_of_the_broken_names_is_broken_by_a_test() -> None:
    tests = " ".join(path.read_text() for path in (ROOT / "tests").glob("*/test_*.py"))
    assert [name for name in broken.LINES if f'"{name}"' not in tests] == []


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


@pytest.mark.parametrize("path", [*DOCS, ROOT / "README.md"], ids=lambda p: p.name)
def test_every_heading_that_a_link_names_is_there(path: Path) -> None:
    for name, heading in re.findall(r"\]\(([^):#]*)#([^)]+)\)", path.read_text()):
        page = path.parent / name if name else path
        headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
        assert heading in {_anchor(text) for text in headings}, (name, heading)


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


MODULE = r"(?<![\w/])((?:core|store|hook|cli|authoring)/[a-z_/]+\.py)"


@pytest.mark.parametrize("path", [*DOCS, ROOT / "README.md"], ids=lambda p: p.name)
def test_every_module_that_a_page_names_is_there(path: Path) -> None:
    named = re.findall(MODULE, path.read_text())
    assert [name for name in named if not (ROOT / "src/stagelock" / name).exists()] == []


def test_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text().split("## Pages")[1].split("\n## ")[0]
    assert [page.name for page in DOCS if f"(docs/{page.name})" not in readme] == []


def test_the_agents_are_counted_and_listed_as_they_are() -> None:
    agents = {path.stem for path in (ROOT / "agents").glob("*.md")}
    assert len(agents) == 19
    page = (ROOT / "docs/agents.md").read_text()
    assert set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)) == agents
    assert page.count("Nineteen agents") == 1
    assert (ROOT / "README.md").read_text().count("nineteen") == 2


@pytest.mark.parametrize("name", SHIPPED)
def test_readme_says_how_every_shipped_workflow_is_started(name: str) -> None:
    typed = (ROOT / "README.md").read_text().split("## Typed commands")[1].split("\n## ")[0]
    assert f"start `{name}`" in typed


TREES = {"before": "t", "after": "t"}
NOT_EVIDENCE: list[dict[str, object] | None] = [
    None,
    {"command": "other"},
    {"exit": 1},
    {"exit": 1, "after": "u"},
    {"before": "u"},
    {"before": "u", "after": "u"},
]


def test_the_evidence_page_names_every_reason_for_which_a_check_does_not_count() -> None:
    page = (ROOT / "docs/evidence.md").read_text()
    check: Any = {"name": "tests", "command": "sh check.sh"}
    good: Any = {"command": "sh check.sh", "exit": 0, "why": "", **TREES}
    assert fault("tests", [check], good, "t") == ""
    told = [fault("nope", [check], good, "t")]
    told += [fault("tests", [check], more and {**good, **more}, "t") for more in NOT_EVIDENCE]
    table = page.split("| it says | do |\n")[1]
    reasons = re.findall(r"^\| ([a-z][^|]*) \| [a-z]", table, re.MULTILINE)
    for text in told:
        assert any(reason in text.replace("`", "") for reason in reasons), text
    for reason in reasons:
        assert any(reason in text for text in told), reason


def test_the_config_that_its_page_shows_is_right(world: World) -> None:
    text = (ROOT / "docs/config.md").read_text().split("all of it optional:")[1]
    lines = text.strip("\n").splitlines()
    shown = list(takewhile(lambda line: line.startswith("    ") or not line, lines))
    world.write(".stagelock/config.yaml", dedent("\n".join(shown)))
    done = stagelock(world, "compile")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DATABASE_URL" in stagelock(world, "config", "show").stdout


def test_the_config_page_names_every_key() -> None:
    page = (ROOT / "docs/config.md").read_text()
    schema = json_schema()
    keys = {key for part in [schema, *schema["$defs"].values()] for key in part["properties"]}
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}:", page)] == []


def test_the_case_table_that_readme_shows_is_right(world: World) -> None:
    """Against the workflow of the page on extending, whose names it uses."""
    text = (ROOT / "README.md").read_text().split("that it means what you mean:\n")[1]
    shown = list(takewhile(lambda line: line.startswith("    ") or not line, text.splitlines()))
    own = next(t for kind, t in _blocks(ROOT / "docs/extending.md") if kind == "yaml")
    world.write(".stagelock/workflows/own.yaml", own)
    world.write(".stagelock/cases/own.yaml", dedent("\n".join(shown)))
    done = stagelock(world, "test", ".stagelock/cases/own.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def _typed_in(heading: str) -> list[str]:
    """What README has a person type below that heading."""
    part = (ROOT / "README.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip() for line in part.splitlines() if line.startswith("    ")]
    return [re.split(r"\s{2,}#", line)[0].removeprefix("❯ ") for line in lines]


def test_a_new_user_types_what_readme_says_and_the_page_shows_it() -> None:
    typed = [step.typed for step in first_minutes.STEPS.values()]
    page = first_minutes.PAGE.read_text()
    solid = re.sub(r"\s+", " ", page)
    assert _typed_in("Install") == [text for text in typed if text in _typed_in("Install")]
    for line in _typed_in("Uninstall"):
        assert line.startswith("rm ") or any(text.endswith(line) for text in typed), line
    assert {"/work add login", "/approve"} <= set(_typed_in("Install"))
    for step in first_minutes.STEPS.values():
        assert step.what in page
        assert step.typed.removeprefix("/") in page
        assert [text for text in step.shows if text not in solid] == []


def test_the_transcript_of_readme_is_what_came() -> None:
    top = (ROOT / "README.md").read_text().split("## Install")[0]
    came = re.sub(r"\s+", " ", first_minutes.PAGE.read_text())
    came += " ".join(text for step in first_minutes.STEPS.values() for text in step.heard)
    told = re.findall(r"^ {6}(?:⎿ \[stagelock\] |  )(.*)$", top, re.MULTILINE)
    assert len(told) >= 6
    assert [line for line in told if line not in came] == []


def test_the_bug_that_readme_tells_is_what_came() -> None:
    part = (ROOT / "README.md").read_text().split("## A bug, from")[1].split("\n## ")[0]
    came = re.sub(r"\s+", " ", fix_story.PAGE.read_text())
    came += " ".join(text for step in fix_story.STEPS.values() for text in step.heard)
    told = re.findall(r"^ {6}(?:⎿ (?:\[stagelock\] )?|  )(.*)$", part, re.MULTILINE)
    assert len(told) >= 6
    assert [line for line in told if line not in came] == []
    for step in fix_story.STEPS.values():
        assert [text for text in step.shows if text not in came] == []


def test_install_and_the_first_command_are_on_the_first_screen_of_readme() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    assert lines.index("## Install") < 30
    assert any("/work" in line for line in lines[:60])
    assert any("docs/pictures/" in line for line in lines[:30])
    assert any(line.startswith("    ❯ /") for line in lines[:30])


def test_the_workflow_page_lists_the_workflows_that_are_shipped() -> None:
    text = (ROOT / "docs/workflows.md").read_text()
    for name in SHIPPED:
        stages = ", ".join(library("/nowhere")["policies"][name]["stages"])
        assert f"| `{name}` |" in text
        assert f"| {stages} |" in text
