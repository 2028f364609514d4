"""An author's mistakes: all of them at once, each at file:line, with what to do."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelock.authoring.config import load_library
from stagelock.authoring.load import load_workflow
from stagelock.authoring.shipped import WORKFLOWS
from stagelock.authoring.source import InvalidWorkflow

GOOD = """\
workflow: own
summary: a team's own
enter: [think]
artifacts:
  note: {path: note.md, sections: [Why]}
stages:
  think:
    purpose: think
    produces: note.md
    must_not: write code
    allow:
      - {id: look, tools: [read], because: looking is open}
      - {id: note, tools: [edit], paths: ["{artifacts}/note.md"], because: it is owed}
    artifacts: [note]
    gate: human
    next: [build]
  build:
    purpose: build
    produces: code
    must_not: rethink
    allow:
      - {id: write, tools: [edit], because: it is built here}
      - {id: shell, shell: [read, run], because: to try it}
    gate: human
    next: []
    back: think
"""

# what is replaced, by what, and what the author reads
ROWS = [
    ("gate: human\n    next: [build]", "gate: person\n    next: [build]",
     "own.yaml:15: stages.think.gate: input should be 'human' or 'auto', not `'person'`"),
    ("next: [build]", "next: [biuld]",
     "own.yaml:16: stages.think.next.0: no stage `biuld`; did you mean `build`?"),
    ("enter: [think]", "enter: [thinking]",
     "own.yaml:3: enter.0: no stage `thinking`; did you mean `think`?"),
    ("back: think", "back: thimk",
     "own.yaml:26: stages.build.back: no stage `thimk`; did you mean `think`?"),
    ("tools: [read]", "tools: [reed]",
     "own.yaml:12: stages.think.allow.0.tools.0: no tool or group `reed`; did you mean `read`?"),
    ("tools: [read]", "tools: [Raed]",
     "own.yaml:12: stages.think.allow.0.tools.0: no tool or group `Raed`; did you mean `Read`?"),
    ("tools: [read]", "tools: [Bash]",
     "own.yaml:12: stages.think.allow.0.tools.0: commands are allowed by what they do; "
     "write `shell: [read]`"),
    ("shell: [read, run]", "shell: [read, runs]",
     "own.yaml:23: stages.build.allow.1.shell.1: no effect `runs`; did you mean `run`?"),
    ("artifacts: [note]", "artifacts: [notes]",
     "own.yaml:14: stages.think.artifacts.0: no artifact `notes`; did you mean `note`?"),
    ("sections: [Why]}", "sections: [Why], covers: note}",
     "own.yaml:5: artifacts.note.covers: `note` has no criteria; give it `criteria: true`"),
    ("path: note.md", "path: ../note.md",
     "own.yaml:5: artifacts.note.path: must lie inside the run's folder"),
    ("purpose: think", "purpos: think",
     "own.yaml:8: stages.think.purpos: unknown key; did you mean `purpose`?"),
    ("    purpose: think\n", "", "own.yaml:7: stages.think.purpose: is missing"),
    ("id: note,", "id: look,",
     "own.yaml:13: stages.think.allow.1.id: `look` stands twice; name each rule once"),
    ("id: look", "id: otherwise",
     "own.yaml:12: stages.think.allow.0.id: `otherwise` is the rule of whatever no rule allows"),
    ("because: looking is open", "because: ''",
     "own.yaml:12: stages.think.allow.0.because: string should have at least 1 character, "
     "not `''`"),
    ("{id: look, tools: [read], because", "{id: look, because",
     "own.yaml:12: stages.think.allow.0: speaks of nothing; give it `tools` or `shell`"),
    ("tools: [read], because", "tools: [web], paths: [a], because",
     "own.yaml:12: stages.think.allow.0.paths: paths limit `read` and `edit`; this rule has "
     "neither"),
    ('"{artifacts}/note.md"', '"{artifacts}/../x"',
     "own.yaml:13: stages.think.allow.1.paths.0: `..` leads out of its place; name the place "
     "itself"),
    ("next: []\n    back: think", "next: [think]",
     "own.yaml:25: stages.build.next: no way leads to an end; one stage needs `next: []`"),
    ("next: [build]", "next: []", "own.yaml:17: stages.build: no way leads here; name it under "
     "`next` or `enter`"),
    ("gate: human\n    next: []", "gate: auto\n    next: []",
     "own.yaml:24: stages.build.gate: the run would be done on the agent's word; the last gate "
     "must be `human`"),
    ("workflow: own", "workflow: Own Thing",
     "own.yaml:1: workflow: string should match pattern '^[a-z][a-z0-9-]*$', not `'Own Thing'`"),
    ("  build:\n", "  think:\n", "own.yaml:17: stages.think: stands twice; keep one"),
    ("summary: a", "summary: [a", "own.yaml:3: not YAML: expected ',' or ']', but got ':'"),
]  # fmt: skip


def _mistakes(tmp_path: Path, text: str | bytes) -> list[str]:
    path = tmp_path / "own.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidWorkflow) as caught:
        load_workflow(path)
    return [str(mistake) for mistake in caught.value.mistakes]


@pytest.mark.parametrize(("old", "new", "message"), ROWS, ids=[row[2][:60] for row in ROWS])
def test_each_mistake_is_told_where_it_stands(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in GOOD
    assert message in _mistakes(tmp_path, GOOD.replace(old, new, 1))


def test_the_good_one_is_good(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(GOOD)
    assert load_workflow(path)["workflow"] == "own"


def test_all_mistakes_come_at_once_in_order(tmp_path: Path) -> None:
    text = GOOD.replace("[think]", "[thimk]").replace("gate: human", "gate: nobody")
    text = text.replace("shell: [read, run]", "shell: [reed]").replace("purpose: b", "porpoise: b")
    lines = [int(mistake.split(":")[1]) for mistake in _mistakes(tmp_path, text)]
    assert lines == sorted(lines)
    assert {3, 15, 18, 23, 24} <= set(lines)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "own.yaml:1: the file is empty"),
        (b"workflow: a\nsummary: \xff\n", "own.yaml:2: not UTF-8; save the file as UTF-8"),
        (b"- a\n- b\n", "own.yaml:1: input should be a valid dictionary or instance of Workflow"),
        (b"a: &x [*x]\n", "own.yaml:1: a.0: an anchor that contains itself"),
        (b"? [a]\n: b\n", "own.yaml:1: a key must be a word"),
    ],
)
def test_a_file_that_is_no_workflow_at_all(tmp_path: Path, data: bytes, message: str) -> None:
    assert any(mistake.startswith(message) for mistake in _mistakes(tmp_path, data))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_text_is_anything_but_right_or_invalid(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("own") / "own.yaml"
    lines = GOOD.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        n = data.draw(st.integers(0, len(lines) - 1))
        lines[n] = data.draw(
            st.sampled_from(
                ["", "  - x", "stages: 5", "  allow: {}", "null", "a: [", "  next:", lines[n - 1]]
            )
        )
    path.write_text("\n".join(lines))
    try:
        assert load_workflow(path)["format"] == 1
    except InvalidWorkflow as error:
        assert error.mistakes


def test_a_tree_tells_the_mistakes_of_config_and_workflows_together(tmp_path: Path) -> None:
    folder = tmp_path / ".stagelock/workflows"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text(GOOD.replace("gate: human", "gate: nobody", 1))
    config = "aproval: {code: true}\ntools:\n  mcp__x__y: {group: edit}\n"
    (tmp_path / ".stagelock/config.yaml").write_text(config)
    with pytest.raises(InvalidWorkflow) as caught:
        load_library(tmp_path)
    text = str(caught.value)
    assert ".stagelock/config.yaml:1: aproval: unknown key; did you mean `approval`?" in text
    assert ".stagelock/workflows/own.yaml:15: stages.think.gate" in text


def test_every_shipped_workflow_is_right() -> None:
    for path in WORKFLOWS.glob("*.yaml"):
        assert (
            load_workflow(path)["workflow"]
            == path.stem
            == yaml.safe_load(path.read_text())["workflow"]
        )
