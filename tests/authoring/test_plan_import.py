"""Plans of other tools: what they become, and what is told of the rest."""

import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelock.authoring.plan.check import check
from stagelock.authoring.plan.foreign import UnknownPlan, bring
from stagelock.authoring.plan.foreign.task import File, Foreign, Task, paths_in, paths_listed
from stagelock.cli.main import main

PLANS = Path(__file__).parent / "plans"
KINDS = ("draht", "gsd", "spec-kit", "superpowers")
SAMPLES = [path for kind in KINDS for path in sorted((PLANS / kind).iterdir())]


def _bring(*names: str) -> tuple[str, Foreign]:
    files = [File(Path(name).name, (PLANS / name).read_text()) for name in names]
    return bring(files)


def _needs(foreign: Foreign) -> dict[str, list[str]]:
    return {task.id: task.needs for task in foreign.tasks}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_each_sample_is_known_for_what_it_is(path: Path) -> None:
    _, foreign = bring([File(path.name, path.read_text())])
    assert foreign.kind == path.parent.name


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_what_is_written_is_read_back_the_same(path: Path) -> None:
    text, foreign = bring([File(path.name, path.read_text())])
    judged = check(text, "plan.md")
    assert not [m for m in judged.mistakes if "unknown field" in m.message]
    for unit, task in zip(judged.plan.units, foreign.tasks, strict=True):
        assert (unit.id, unit.needed(), unit.globs()) == (task.id, task.needs, task.files)
        assert [item.text for item in unit.done] == [" ".join(item.split()) for item in task.done]
        assert [test.text for test in unit.tests] == task.tests


def test_draht_tasks_follow_one_another_and_plans_their_front_matter() -> None:
    text, foreign = _bring("draht/03-01-PLAN.md", "draht/03-02-PLAN.md")
    assert _needs(foreign) == {
        "T03-01.1": [],
        "T03-01.2": ["T03-01.1"],
        "T03-02.1": ["T03-01.2"],
        "T03-02.2": ["T03-02.1"],
    }
    first = foreign.tasks[0]
    assert first.done == [
        '`readSensor("07")` returns 21.5 for the answer `07:215`',
        "the answer `07:-999` raises `OutOfRange`",
        "verified by: npx vitest run test/bus/sensor.test.ts",
    ]
    assert "if (value < -40) throw" in first.spec
    assert '<task type="auto"> is no word of the bus, nor is <done>.' in foreign.tasks[1].spec
    assert foreign.tasks[1].done[-2:] == [
        "A measured temperature is in the file within a second",
        "A broken sensor leaves a line in the log",
    ]
    assert foreign.tasks[1].after.startswith("Look at the readings; Compare one minute")
    assert foreign.tasks[2].before.startswith("Which curve?")
    assert "- **After T03-01.2**: Look at the readings" in text


def test_what_draht_says_and_a_plan_cannot_is_told() -> None:
    _, foreign = _bring("draht/03-02-PLAN.md")
    assert foreign.lost == [
        "03-02-PLAN.md:1: front matter `owner` has no place in a plan",
        "03-02-PLAN.md:22: the task is never closed; read up to the next one",
        "03-02-PLAN.md:22: `<colour>` has no place in a unit",
        "03-02-PLAN.md:22: no path in `<files>`: [affected files]",
        "03-02-PLAN.md:1: depends on plan `03-01`, which was not given; import it too",
        "03-02-PLAN.md:1: depends on plan `02-04`, which was not given; import it too",
    ]


def test_a_placeholder_of_drahts_template_does_not_pass_as_a_done_item() -> None:
    text, _ = _bring("draht/03-02-PLAN.md")
    line = text.splitlines().index('  - [ ] [What "done" looks like]') + 1
    text = text.replace("  - [ ] verified by: open the page\n", "")
    told = [str(mistake) for mistake in check(text, "plan.md").mistakes]
    assert any(t.startswith(f"plan.md:{line - 1}: T03-02.1: `Done` is empty") for t in told)


def test_gsd_setup_becomes_a_service_and_a_question_before_the_first_unit() -> None:
    text, foreign = _bring("gsd/04-01-PLAN.md", "gsd/04-02-PLAN.md")
    assert "### Postmark\n\n- **Credentials**: `POSTMARK_TOKEN`\n" in text
    assert foreign.tasks[0].before == "is Postmark set up? POSTMARK_TOKEN"
    assert _needs(foreign)["T04-02.1"] == ["T04-01.2"]
    assert foreign.tasks[2].files == ["src/invoice/page.tsx", "src/invoice/[id]/page.test.tsx"]
    assert foreign.tasks[2].after.startswith("The page of an invoice; Visit /invoice/1")
    assert "Two invoices of one day have different numbers" in foreign.tasks[1].done
    assert foreign.lost == [
        "04-01-PLAN.md:1: `must_haves.artifacts` has no place in a unit; its tests should show it",
        "04-01-PLAN.md:1: `files_modified` names `pyproject.toml`, which no task does; "
        "give it to a unit",
        "04-01-PLAN.md:1: `user_setup.dashboard_config` of Postmark has no place in a plan",
    ]


def test_spec_kit_phases_and_p_marks_become_dependencies() -> None:
    _, foreign = _bring("spec-kit/shelf.md")
    assert _needs(foreign) == {
        "T001": [],
        "T002": ["T001"],
        "T003": ["T002"],
        "T004": ["T003"],
        "T005": ["T003"],
        "T006": ["T004", "T005"],
        "T007": ["T004", "T005"],
        "T008": ["T006", "T007"],
        "T009": ["T004", "T005"],  # a story waits for the foundation, not for another story
        "T010": ["T008", "T009"],
        "T010.2": ["T010"],
    }
    by_id = {task.id: task for task in foreign.tasks}
    assert by_id["T008"].done == [
        "Lend a book twice; the second time is refused with the first borrower's name"
    ]
    assert by_id["T005"].after == "Foundation ready"
    assert by_id["T006"].tests == ["tests/test_lend.py"]
    assert by_id["T007"].done == [], "a done-item is never invented"
    assert foreign.lost == [
        "shelf.md:17: T001 is ticked; ticks are not evidence, so it is imported as open",
        "shelf.md:62: `T010` stands twice; the second is imported as `T010.2`",
    ]


def test_spec_kit_with_conditions_of_its_own() -> None:
    _, foreign = _bring("spec-kit/tides.md")
    first, second, third, fourth = foreign.tasks
    assert (first.title, first.done) == ("Tide tables", ["744 rows are read for August"])
    assert (second.needs, third.needs) == ([], ["T001", "T002"])
    assert third.done == ['`next_high("Cuxhaven", noon)` returns 17:42']
    assert third.spec[1] == "with times in the place's own zone"
    assert foreign.lost == [
        "tides.md:15: label `[urgent!]` is not kept",
        "tides.md:15: depends on `T009`, which comes later or not at all",
    ]
    assert fourth.needs == ["T003"]


def test_superpowers_expected_runs_become_done_items_and_red_ones_do_not() -> None:
    text, foreign = _bring("superpowers/2031-03-01-word-count.md")
    first, second, third = foreign.tasks
    assert first.done == ["`pytest tests/test_chapters.py -v`: PASS"]
    assert first.provides == ["chapters(text: str) -> list[Chapter]"]
    assert second.files == ["src/words/count.py", "src/words/chapters.py", "tests/test_count.py"]
    assert second.expects == first.provides
    assert _needs(foreign) == {"T1": [], "T2": ["T1"], "T3": ["T2"]}
    assert not any("Commit" in line for line in first.spec), "stagelock commits the unit"
    assert third.done == []
    assert "Goal: Count the words of a manuscript by chapter." in text
    assert foreign.lost == [
        "2031-03-01-word-count.md:11: section `Global Constraints` is not kept; read it there",
        "2031-03-01-word-count.md:17: 1 blocks of code of T1 stay in the source, named there",
    ]


def test_superpowers_older_form_is_read_too() -> None:
    _, foreign = _bring("superpowers/2030-11-12-older.md")
    assert [(task.id, task.title) for task in foreign.tasks] == [
        ("T1", "The age of the moon"),
        ("T2", "Draw it"),
    ]
    assert foreign.tasks[0].tests == ["moon/age_test.go"]
    assert foreign.tasks[1].done == ["`go run ./moon`: a round moon"]
    assert foreign.lost == [
        "2030-11-12-older.md:34: no path in `- the file of the drawing`",
        "2030-11-12-older.md:31: 1 blocks of code of T2 stay in the source, named there",
    ]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (
            "in `src/a.py` and src/b/c.ts, see https://example.org/x.html",
            ["src/a.py", "src/b/c.ts"],
        ),
        ("app/(shop)/[id]/page.tsx", ["app/(shop)/[id]/page.tsx"]),
        ("all of src/pay/ and ./x.sh", ["src/pay/**", "x.sh"]),
        ("either/or is a word, 1.5 a number", []),
        ("nothing here", []),
    ],
)
def test_paths_are_found_in_prose(text: str, paths: list[str]) -> None:
    assert paths_in(text) == paths


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("Makefile, src/bin/tool", ["Makefile", "src/bin/tool"]),
        ("- `src/a.py:12-30` (new)\n- src/pay/", ["src/a.py", "src/pay/**"]),
        ("[affected files]", []),
        ("the client in src/a.py", ["src/a.py"]),
        ("n/a", []),
    ],
)
def test_in_a_list_each_word_is_a_path(text: str, paths: list[str]) -> None:
    assert paths_listed(text) == paths


def test_a_text_that_is_no_plan_is_told_with_what_to_do() -> None:
    with pytest.raises(UnknownPlan, match="say which with --from: draht, gsd, spec-kit"):
        bring([File("x.md", "# Notes\n\nNothing.\n")])
    with pytest.raises(UnknownPlan, match="no task of draht in it"):
        bring([File("x.md", "# Notes\n")], "draht")


def test_the_command_writes_the_plan_and_tells_the_rest_apart(tmp_path: Path) -> None:
    out = tmp_path / "plan.md"
    source = str(PLANS / "spec-kit/tides.md")
    done = CliRunner().invoke(main, ["plan", "import", source, "--out", str(out)])
    assert done.exit_code == 0
    assert done.stderr.splitlines()[:2] == [
        "tides.md:15: label `[urgent!]` is not kept",
        "tides.md:15: depends on `T009`, which comes later or not at all",
    ]
    assert "spec-kit: kept 4 units" in done.stderr
    assert "; 2 things not placed; 24 things to fill in" in done.stderr
    assert out.read_text().startswith("# Plan: ")
    again = CliRunner().invoke(main, ["plan", "import", source, "--out", str(out)])
    assert again.exit_code == 1
    assert "is there already; name another file with --out" in again.output


SCRAPS = [line for path in SAMPLES for line in path.read_text().splitlines()]


@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 10**9), path=st.sampled_from(SAMPLES))
def test_no_scrambled_plan_breaks_the_reader(seed: int, path: Path) -> None:
    chance = random.Random(seed)
    lines = path.read_text().splitlines()
    for _ in range(chance.randint(1, 8)):
        lines[chance.randrange(len(lines))] = chance.choice([*SCRAPS, "<task", "```", "<!--"])
    try:
        text, foreign = bring([File("x.md", "\n".join(lines))], path.parent.name)
    except UnknownPlan:
        return
    assert all(isinstance(task, Task) and task.id for task in foreign.tasks)
    assert all(1 <= m.line <= text.count("\n") + 1 for m in check(text, "plan.md").mistakes)


def test_steps_of_superpowers_that_are_only_boxes_are_steps() -> None:
    _, foreign = _bring("superpowers/2032-05-06-boxes.md")
    assert foreign.tasks[0].spec == [
        "Step: Build the index once per file.", "Step: Return at most ten places.",
    ]  # fmt: skip
    assert foreign.tasks[0].provides == ["Index.find(word: str)"]
    assert foreign.tasks[1].expects == ["Index.find(word: str)"]


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (
            ("draht/03-01-PLAN.md", "draht/03-02-PLAN.md"),
            "kept 4 units (done-items 11, dependencies 3, files 5, pauses 2)",
        ),
        (("superpowers/2032-05-06-boxes.md",), "kept 2 units (dependencies 1, files 3)"),
    ],
)
def test_what_was_kept_is_counted(names: tuple[str, ...], kept: str) -> None:
    _, foreign = _bring(*names)
    assert foreign.kept() == kept
