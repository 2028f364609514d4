"""`stagelock verify`: runs what is declared, says what came, and records only for a person."""

from pathlib import Path

import pytest

from tests.support.checked import COMMAND, begin, ends, evidence
from tests.support.terminal import at_terminal, piped
from tests.support.world import World


@pytest.fixture
def one(world: World) -> World:
    """A `quick` run with two checks and a first edit."""
    begin(world, "quick", "fix src/app.py and check.sh")
    world.write("src/app.py", "x = 1\n")
    return world


def test_at_a_persons_terminal_it_shows_a_bar_and_records(one: World) -> None:
    one.write("check.sh", "sleep 0.5; echo fine\n")
    code, out = at_terminal(one, "", "verify")
    assert code == 0
    assert "tests [" in out
    assert "of 60 s, 0.0 MB" in out
    assert f"tests: passed in 0.5 s: {COMMAND}" in out
    assert out.strip().splitlines()[-1].startswith("stagelock verify: tests=0/0.5")
    assert evidence(one) == [("tests", 0, ""), ("lint", 0, "")]
    assert "now in `verify`" in ends(one, "STATUS: DONE").json["systemMessage"]


def test_a_program_runs_them_and_records_nothing(one: World) -> None:
    done = piped(one, "verify")
    assert done.returncode == 0
    assert "not recorded: this is not a person's terminal" in done.stdout
    assert "[" not in done.stdout
    inside = piped(one, "verify", AI_AGENT="claude-code_2-1-197_agent")
    assert "recorded by stagelock's hook, if the client ran exactly this" in inside.stdout
    assert evidence(one) == []


def test_a_terminal_that_the_agent_opened_records_nothing(one: World) -> None:
    assert at_terminal(one, "", "verify", AI_AGENT="claude-code_2-1-197_agent")[0] == 0
    assert evidence(one) == []


def test_a_failing_check_shows_its_name_exit_code_and_end(one: World) -> None:
    lines = "\n".join(f"echo line {n}" for n in range(500))
    one.write("lint.sh", f"{lines}\nexit 4\n")
    done = piped(one, "verify")
    assert done.returncode == 1
    assert "lint: failed (exit 4) in " in done.stdout
    assert "  | line 499" in done.stdout
    assert "line 100\n" not in done.stdout
    assert "tests: passed" in done.stdout
    assert len(done.stdout) < 20_000


def test_the_output_of_many_failing_checks_stays_below_what_the_client_cuts(world: World) -> None:
    checks = "\n".join(f"  - {{name: c{n}, command: sh loud.sh}}" for n in range(12))
    begin(world, "quick", "x", f"checks:\n{checks}\n")
    world.write("loud.sh", "head -c 100000 /dev/zero | tr '\\0' 'x' | fold -w 200; exit 1\n")
    done = piped(world, "verify")
    assert len(done.stdout) < 25_000
    assert done.stdout.splitlines()[-1].count("=1/") == 12


def test_some_of_them(one: World) -> None:
    assert (
        piped(one, "verify", "lint").stdout.splitlines()[-1].startswith("stagelock verify: lint=0")
    )
    fast = piped(one, "verify", "--fast").stdout
    assert "lint: passed" in fast
    assert "tests" not in fast
    unknown = piped(one, "verify", "types")
    assert unknown.returncode == 1
    assert "no check `types`; declared are: tests, lint" in unknown.stderr


def test_a_check_that_changes_the_tree_is_named_with_the_files(one: World) -> None:
    one.write("check.sh", "date +%N > made.txt\n")
    out = at_terminal(one, "", "verify", "tests")[1]
    assert "it changed the tree, so it does not count: made.txt" in out
    assert "the tree changed while it ran" in ends(one, "STATUS: DONE").reason


def test_coverage_below_the_threshold_fails(world: World) -> None:
    cover = 'echo \'{"totals": {"covered_lines": 87, "num_statements": 100}}\' > cov.json'
    config = "checks: [{name: cover, command: sh cover.sh, coverage: cov.json}]\n"
    world.write("cover.sh", f"{cover}\n")
    world.write(".coverage-thresholds.json", '{"thresholds": {"lines": 100}}')
    begin(world, "quick", "x", config)
    world.write(".gitignore", "cov.json\n")
    code, out = at_terminal(world, "", "verify")
    assert code == 1
    assert "lines coverage is 87%, below 100" in out
    assert "does not count: lines coverage is 87%, below 100" in ends(world, "STATUS: DONE").reason
    world.write("cover.sh", "true\n")
    assert "was not written by this run" in at_terminal(world, "", "verify")[1]
    world.write("cover.sh", "no-such-tool\n")
    assert "cover: failed (exit 127)" in at_terminal(world, "", "verify")[1]


def test_without_a_run_the_declared_checks_run_and_nothing_is_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.checked import CONFIG, accept_checks, prepared_launcher

    data = prepared_launcher(Path(world.home) / "data")
    monkeypatch.setenv("CLAUDE_PLUGIN_DATA", str(data))
    world.write(".stagelock/config.yaml", CONFIG)
    world.write("check.sh", "exit 0\n")
    world.write("lint.sh", "exit 0\n")
    accept_checks(world.state, world.tree)
    done = piped(world, "verify", CLAUDE_PLUGIN_DATA=str(data))
    assert done.returncode == 0
    assert "not recorded: no run is live here" in done.stdout


def test_a_project_without_checks_is_told_how_to_declare_them(world: World) -> None:
    done = piped(world, "verify")
    assert done.returncode == 1
    assert "this project declares no checks" in done.stderr
    assert "`checks` in .stagelock/config.yaml" in done.stderr
