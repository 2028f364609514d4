"""An author's mistakes: all of them at once, each at file:line, with what to do."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelock.authoring.config import load_library
from stagelock.authoring.load import load_workflow
from stagelock.authoring.shipped import WORKFLOWS, stale
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
    ("artifacts: [note]\n", 'artifacts: [note]\n    needs: {"stagelock:reviewer": DONE}\n',
     "own.yaml:15: stages.think.needs.stagelock:reviewer: no rule of this stage lets "
     "`stagelock:reviewer` be sent; add one with `agents: [stagelock:reviewer]`"),
    ("artifacts: [note]\n", "artifacts: []\n    back: build\n    reviews: note\n",
     "own.yaml:16: stages.think.reviews: `note` must stand under the stage's `artifacts`, too"),
    ("artifacts: [note]\n", "artifacts: [note]\n    reviews: note\n",
     "own.yaml:15: stages.think.reviews: a round that fails leads nowhere; name a stage under "
     "`back`"),
    ("artifacts: [note]\n", "artifacts: [note]\n    back: build\n    reviews: note\n",
     "own.yaml:16: stages.think.reviews: nobody judges it; name agents under `needs`"),
    ("artifacts: [note]\n",
     "artifacts: [note]\n    back: build\n    reviews: note\n    needs: {judge: DONE}\n",
     "own.yaml:17: stages.think.needs.judge: `judge` would be told what to find; give it "
     "`independent: true` under `agents`"),
    ("next: [build]", "next: []", "own.yaml:17: stages.build: no way leads here; name it under "
     "`next` or `enter`"),
    ("gate: human\n    next: []", "gate: auto\n    next: []",
     "own.yaml:24: stages.build.gate: the run would be done on the agent's word; the last gate "
     "must be `human`"),
    ("workflow: own", "workflow: Own Thing",
     "own.yaml:1: workflow: string should match pattern '^[a-z][a-z0-9-]*$', not `'Own Thing'`"),
    ("  build:\n", "  think:\n", "own.yaml:17: stages.think: stands twice; keep one"),
    ("because: looking is open", "because: '  '",
     "own.yaml:12: stages.think.allow.0.because: must hold more than blanks, not `'  '`"),
    ("purpose: think", "purpose: ' '",
     "own.yaml:8: stages.think.purpose: must hold more than blanks, not `' '`"),
    ("id: look", 'id: "look\\tup"',
     "own.yaml:12: stages.think.allow.0.id: a name is made of letters, digits, `-`, `_` and `.`, "
     "not `'look\\tup'`"),
    ("{id: look,", '{id: look, roles: ["main,x"],',
     "own.yaml:12: stages.think.allow.0.roles.0: a role holds no comma and no control character, "
     "not `'main,x'`"),
    ("{id: look,", "{id: look, roles: [],",
     "own.yaml:12: stages.think.allow.0.roles: is empty; name at least one"),
    ("enter: [think]", "enter: []", "own.yaml:3: enter: is empty; name at least one"),
    ("  build:\n", "  never:\n",
     "own.yaml:17: stages.never: `never` names rules of every stage; rename this one"),
    ("  build:\n", "  buil/d:\n",
     "own.yaml:17: stages.buil/d: a name is made of letters, digits, `-`, `_` and `.`; rename "
     "this stage"),
    ("tools: [read]", "tools: [[read]]",
     "own.yaml:12: stages.think.allow.0.tools.0: input should be a valid string, not `['read']`"),
    ("next: [build]", "next: [{build: x}]",
     "own.yaml:16: stages.think.next.0: input should be a valid string, not `{'build': 'x'}`"),
    ("enter: [think]", "enter: [[think]]",
     "own.yaml:3: enter.0: input should be a valid string, not `['think']`"),
    ("back: think", "back: [think]",
     "own.yaml:26: stages.build.back: input should be a valid string, not `['think']`"),
    ("artifacts: [note]", "minutes: {target: 9, cap: 3}",
     "own.yaml:14: stages.think.minutes.cap: the cap of 3 comes before the target of 9"),
    ("summary: a team's own", "summary: 2001-99-99",
     "own.yaml:2: summary: `2001-99-99` is no timestamp; put it in quotes if it is text"),
    ("summary: a team's own", "summary: !!bool x",
     "own.yaml:2: summary: `x` is no bool; put it in quotes if it is text"),
    ("summary: a team's own", "summary: !!int ''",
     "own.yaml:2: summary: `` is no int; put it in quotes if it is text"),
    ("summary: a team's own", "summary: " + "1:" * 300 + "1.5",
     "own.yaml:2: summary: `" + "1:" * 20 + "` is no float; put it in quotes if it is text"),
    ("summary: a team's own", "summary: a \x07",
     "own.yaml:2: not YAML: special characters are not allowed"),
    ("next: [build]", 'next: ["\\ud800"]',
     "own.yaml:16: stages.think.next.0: no stage `\\ud800`; there are: think, build"),
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


# eight times eight times eight …: a file of ten lines that is a million values
LAUGHS = b"a: &a [x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (n + 1, n + 1, b", ".join([b"*%c" % n] * 8)) for n in b"abcdefgh"
)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "own.yaml:1: the file is empty"),
        (b"null\n", "own.yaml:1: the file is empty"),
        (b"a: b\n---\nc: d\n", "own.yaml:2: not YAML: but found another document"),
        (b"a: " + b"[" * 5000, "own.yaml:1: nested too deeply to be read"),
        (LAUGHS, "own.yaml:1: grows beyond 100000 values; write less, or repeat fewer anchors"),
        (b"workflow: a\nsummary: \xff\n", "own.yaml:2: not UTF-8; save the file as UTF-8"),
        (b"- a\n- b\n", "own.yaml:1: input should be a valid dictionary or instance of Workflow"),
        (b"a: &x [*x]\n", "own.yaml:1: a.0: an anchor that contains itself"),
        (b"? [a]\n: b\n", "own.yaml:1: a key must be a word"),
    ],
)
def test_a_file_that_is_no_workflow_at_all(tmp_path: Path, data: bytes, message: str) -> None:
    assert any(mistake.startswith(message) for mistake in _mistakes(tmp_path, data))


def test_one_wrong_value_is_told_once(tmp_path: Path) -> None:
    assert _mistakes(tmp_path, GOOD.replace("a team's own", "!!timestamp x")) == [
        "own.yaml:2: summary: `x` is no timestamp; put it in quotes if it is text"
    ]


AUTO = GOOD.replace("artifacts: [note]\n    gate: human", "gate: auto")


def test_a_stage_that_only_reads_does_not_end_itself(tmp_path: Path) -> None:
    note = (
        '      - {id: note, tools: [edit], paths: ["{artifacts}/note.md"], because: it is owed}\n'
    )
    assert note in AUTO
    assert _mistakes(tmp_path, AUTO.replace(note, "")) == [
        "own.yaml:13: stages.think.gate: a stage that only reads needs an end: an artifact, or "
        "`gate: human`"
    ]


def test_of_two_stages_in_a_row_a_person_ends_one(tmp_path: Path) -> None:
    text = AUTO.replace("gate: human\n    next: []", "gate: auto\n    next: [close]") + (
        "  close: {purpose: a, produces: b, must_not: c, gate: human, next: []}\n"
    )
    assert _mistakes(tmp_path, text) == [
        "own.yaml:14: stages.think.gate: `build` comes next and is `auto` too; a person must end "
        "one of the two"
    ]


def test_a_made_file_is_stale_when_missing_or_different(tmp_path: Path) -> None:
    fresh, other, missing = (tmp_path / name for name in "abc")
    fresh.write_text("x\n")
    other.write_text("y\n")
    assert stale(dict.fromkeys((fresh, other, missing), "x\n")) == [other, missing]


def _load(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
    try:
        assert load_workflow(path)["format"] == 1
    except InvalidWorkflow as error:
        assert error.mistakes
        assert str(error).encode()
        assert [m.line for m in error.mistakes] == sorted(m.line for m in error.mistakes)


def _places(data: Any) -> list[tuple[Any, Any]]:
    """Every place of a value, as its holder and its key there."""
    inner = list(data.items() if isinstance(data, dict) else enumerate(data))
    held = [
        place for _, value in inner if isinstance(value, dict | list) for place in _places(value)
    ]
    return [(data, key) for key, _ in inner] + held


WORDS = st.sampled_from(["think", "build", "note", "read", "Read", "auto", "..", "", "\ud800"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_value_in_any_place_is_anything_but_right_or_invalid(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    workflow = yaml.safe_load(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(_places(workflow)))
        holder[key] = data.draw(VALUES)
    _load(tmp_path_factory.mktemp("own") / "own.yaml", json.dumps(workflow))


PIECES = st.sampled_from(
    ["stages:", "\n", "\n  ", "- ", ": ", "{", "}", "[", "]", ", ", "&a ", "*a", "!!int ",
     "!!bool ", "!!timestamp ", "!!binary ", "!!omap ", "!x ", "? ", "<<: ", "|", ">", "'", '"',
     "\\", "%", "@", "#", "---", "...", "1", "1:1.5", "2001-99-99", ".inf", "~", "think", "\t",
     "\x00"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(PIECES | st.text(max_size=4), max_size=20), whole=st.booleans())
def test_no_scrap_of_yaml_is_anything_but_right_or_invalid(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], *, whole: bool
) -> None:
    scrap = "".join(pieces).encode("utf-8", "replace").decode()
    text = scrap if whole else GOOD.replace("a team's own", scrap)
    _load(tmp_path_factory.mktemp("own") / "own.yaml", text)


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
    _load(path, "\n".join(lines))


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


def test_artifacts_lie_inside_the_tree(tmp_path: Path) -> None:
    (tmp_path / ".stagelock").mkdir()
    (tmp_path / ".stagelock/config.yaml").write_text("artifacts: docs/../../elsewhere\n")
    with pytest.raises(
        InvalidWorkflow, match=r"config\.yaml:1: artifacts: must lie inside the tree"
    ):
        load_library(tmp_path)


def test_every_shipped_workflow_is_right() -> None:
    for path in WORKFLOWS.glob("*.yaml"):
        assert (
            load_workflow(path)["workflow"]
            == path.stem
            == yaml.safe_load(path.read_text())["workflow"]
        )
