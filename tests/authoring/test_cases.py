"""`stagelock test`: a table that fails says so, and a bad table says where."""

from pathlib import Path

from click.testing import CliRunner

from stagelock.cli.main import main

from .test_mistakes import GOOD


def _run(tmp_path: Path, table: str) -> tuple[int, str]:
    (tmp_path / "own.yaml").write_text(GOOD)
    path = tmp_path / "cases.yaml"
    path.write_text(table)
    done = CliRunner().invoke(main, ["test", str(path)])
    return done.exit_code, done.output


CASES = """\
workflow: own.yaml
cases:
  - why: thinking writes its note
    stage: think
    calls:
      - [Write, docs/stagelock/the-run/note.md, allow, think/note]
      - [Write, src/app.py, deny, think/otherwise]
"""


def test_a_table_for_a_teams_own_workflow_holds(tmp_path: Path) -> None:
    assert _run(tmp_path, CASES) == (0, "2 rows hold, 0 do not\n")


def test_the_right_answer_for_the_wrong_reason_does_not_hold(tmp_path: Path) -> None:
    code, out = _run(tmp_path, CASES.replace("deny, think/otherwise", "deny, never/publish"))
    assert code == 1
    assert (
        "cases.yaml:7: thinking writes its note: expected deny by never/publish, "
        "came deny by think/otherwise" in out
    )


def test_a_bad_table_is_told_at_its_line(tmp_path: Path) -> None:
    table = CASES.replace("stage: think", "stage: thimk").replace(
        "src/app.py, deny,", "src/app.py,"
    )
    code, out = _run(tmp_path, table)
    assert code == 1
    assert "cases.yaml:4: cases.0.stage: no stage `thimk`; did you mean `think`?" in out
    assert "cases.yaml:7: cases.0.calls.1: a row is [tool, target, allow or deny, rule]" in out


def test_a_table_of_no_workflow_is_told_so(tmp_path: Path) -> None:
    code, out = _run(tmp_path, CASES.replace("own.yaml", "lifecycel"))
    assert code == 1
    assert "cases.yaml:1: workflow: no workflow `lifecycel`; did you mean `lifecycle`?" in out


def test_a_table_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    code, out = _run(tmp_path, CASES.replace("why:", "whi:"))
    assert code == 1
    assert "cases.yaml:3: cases.0.whi: unknown key; did you mean `why`?" in out
    assert "cases.yaml:3: cases.0.why: is missing" in out


def test_an_empty_table_is_not_a_success(tmp_path: Path) -> None:
    assert _run(tmp_path, "workflow: own.yaml\ncases: []\n")[0] == 1
