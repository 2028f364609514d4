"""A command that a repository brings runs only after a person accepted exactly that text."""

from pathlib import Path

import pytest

from stagelock.store import accepted, moves
from tests.support.terminal import at_terminal, piped
from tests.support.world import World

CONFIG = (
    "checks:\n  - {name: tests, command: 'echo ran >ran.txt'}\n  - {name: lint, command: 'true'}\n"
)


@pytest.fixture
def brought(world: World) -> World:
    """A tree whose config declares two checks that nobody here has seen."""
    world.write(".stagelock/config.yaml", CONFIG)
    return world


def _ran(world: World) -> bool:
    return (world.tree / "ran.txt").exists()


def test_an_unaccepted_command_does_not_run_for_a_program(brought: World) -> None:
    done = piped(brought, "verify")
    assert done.returncode == 1
    assert "no person has accepted these commands on this machine yet: tests lint" in done.stderr
    assert done.stderr.strip().endswith("your human runs in a terminal: stagelock accept")
    assert not _ran(brought)


def test_at_a_terminal_the_text_is_shown_and_asked_once(brought: World) -> None:
    code, out = at_terminal(brought, "n\n", "verify")
    assert code == 1
    assert "tests: echo ran >ran.txt" in out
    assert not _ran(brought)
    assert at_terminal(brought, "y\n", "verify")[0] == 0
    assert _ran(brought)
    assert piped(brought, "verify").returncode == 0


def test_a_changed_text_asks_again_and_the_others_do_not(brought: World) -> None:
    assert "accepted: tests, lint" in at_terminal(brought, "y\n", "accept")[1]
    brought.write(".stagelock/config.yaml", CONFIG.replace("echo ran", "echo  ran"))
    done = piped(brought, "verify")
    assert "on this machine yet: tests (rule never/unaccepted-check)" in done.stderr
    assert piped(brought, "verify", "lint").returncode == 0
    assert "accepted: tests\n" in at_terminal(brought, "y\n", "accept")[1]
    assert "accepted here already" in at_terminal(brought, "", "accept")[1]


@pytest.mark.parametrize("verb", [["accept", "--yes"], ["accept", "lint", "--yes"]])
def test_no_program_and_no_agent_accepts(brought: World, verb: list[str]) -> None:
    done = piped(brought, *verb)
    assert "this is not a terminal (rule never/human-door)" in done.stderr
    code, out = at_terminal(brought, "y\n", *verb, AI_AGENT="claude-code_2-1-197_agent")
    assert code == 1
    assert "from inside the client" in out
    assert piped(brought, "verify").returncode == 1


def test_what_a_command_hides_from_a_terminal_is_spelled_out(world: World) -> None:
    world.write(".stagelock/config.yaml", 'checks: [{name: t, command: "evil \\e[2K\\rtrue"}]\n')
    _, out = at_terminal(world, "n\n", "accept")
    assert "t: evil \\x1b[2K\\rtrue" in out


def test_acceptance_is_of_one_tree_name_and_text_and_cannot_be_written_by_hand(
    world: World, tmp_path: Path
) -> None:
    home, tree = str(world.state), str(world.tree)
    accepted.accept(home, tree, "tests", "make", moves.person("terminal", "", tree))
    assert accepted.is_accepted(home, tree, "tests", "make")
    assert not accepted.is_accepted(home, tree, "tests", "make ")
    assert not accepted.is_accepted(home, tree, "lint", "make")
    assert not accepted.is_accepted(home, str(tmp_path), "tests", "make")
    (file,) = (world.state / "accepted").rglob("*/*")
    file.write_text(file.read_text().replace('"make"', '"evil"'))
    assert not accepted.is_accepted(home, tree, "tests", "make")
    assert not accepted.is_accepted(home, tree, "tests", "evil")
    file.write_text("not JSON")
    assert not accepted.is_accepted(home, tree, "tests", "make")


def test_an_agents_shell_may_not_accept(ready: World) -> None:
    for command in ("stagelock accept --yes", "sh -c 'stagelock accept'"):
        reply = ready.tool("Bash", {"command": command})
        assert reply.denied
        assert "(rule never/human-door)" in reply.reason
