"""Corners that an adversary found open; each row was seen to fail before it was mended."""

import json
import shutil
from pathlib import Path

import pytest

from stagelock.cli.judge import judge
from stagelock.store import library
from stagelock.store.files import digest
from tests.support.world import ROOT, World


@pytest.mark.parametrize(
    ("tool", "given"),
    [("NotebookEdit", "src/x.ipynb"), ("Skill", {"skill": "x"}), ("Write", "src/x"), ("Read", "x")],
)
def test_a_never_rule_may_name_an_exact_tool(tool: str, given: object) -> None:
    policy = library.library("/nowhere")["policies"]["quick"]
    rule = {**policy["never"][0], "id": "never/by-name", "tools": [tool]}
    stricter = {**policy, "never": [rule]}
    assert judge(stricter, "change", "main", tool, given) == ("deny", "never/by-name")  # type: ignore[arg-type]


@pytest.mark.parametrize("tool", ["read", "ask", "track", "dispatch", "edit", "unknown"])
def test_a_tool_called_like_a_group_is_not_the_group(tool: str) -> None:
    policy = library.library("/nowhere")["policies"]["lifecycle"]
    assert judge(policy, "design", "main", tool, {}) == ("deny", "design/otherwise")


def test_a_run_is_not_started_above_a_live_one(world: World) -> None:
    child = World(world.home.parent, "tree/child")
    child.typed("/design add login")
    assert "a run is live below, in" in world.typed("/quick fix").reason
    assert not (world.tree / ".stagelock/stage.json").exists()


def test_the_records_of_every_folder_are_shut(world: World) -> None:
    world.typed("/quick fix")
    for name in (".stagelock/config.yaml", ".stagelock/workflows/x.yaml", ".git/HEAD"):
        reply = world.tool("Write", {"file_path": str(world.tree / "child" / name)})
        assert "(rule never/" in reply.reason


@pytest.mark.parametrize("payload", [b"\xff{}", b"{", b"[" * 500])
def test_an_unreadable_payload_is_refused_where_the_session_stands_in_a_live_tree(
    world: World, tmp_path: Path, payload: bytes
) -> None:
    world.typed("/design add login")
    other = tmp_path / "other"
    other.mkdir()
    assert world.hook("PreToolUse", payload, world.env(CLAUDE_PROJECT_DIR=str(other))).denied


@pytest.mark.parametrize("path", ["../tree/src/app.py", "~/../tree/src/app.py"])
def test_a_target_in_a_live_tree_is_held_however_it_is_spelled(world: World, path: str) -> None:
    world.typed("/design add login")
    other = world.tree.parent / "other"
    other.mkdir()
    env = world.env(CLAUDE_PROJECT_DIR=str(other))
    payload = {"tool_name": "Write", "tool_input": {"file_path": path}, "cwd": str(other)}
    assert world.hook("PreToolUse", payload, env).denied


def test_what_is_refused_does_not_fill_the_journal(world: World) -> None:
    world.typed("/design add login")
    reply = world.tool("Write", {"file_path": "/" + "x/" * 500_000})
    assert reply.denied
    assert len(reply.reason) < 2000
    assert (world.tree / ".stagelock/journal.jsonl").stat().st_size < 5000


@pytest.mark.parametrize("source", ["fork", "startup", "resume", "tomorrow", None])
def test_only_a_cleared_session_keeps_its_first_prompt(world: World, source: str | None) -> None:
    world.typed("/design add login")
    world.hook("SessionStart", {"source": source} if source else {})
    assert "first prompt" in world.typed("/off 5 why").reason


def test_a_prompt_without_an_id_proves_nothing(world: World) -> None:
    world.typed("/design add login")
    world.hook("SessionStart", {"source": "startup"})
    assert "first prompt" in world.typed("/off 5 why", prompt_id=None).reason
    assert "first prompt" in world.typed("/off 5 why").reason


def test_a_stage_file_of_another_shape_is_tampering(world: World) -> None:
    world.typed("/design add login")
    (world.tree / ".stagelock/stage.json").write_text("null")
    path = next((world.state / "runs").glob("*/record.json"))
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "sha256": digest(b"null")}))
    assert "tamper/" in world.tool("Write", {"file_path": str(world.tree / "x")}).reason


@pytest.mark.parametrize(
    ("typed", "says"),
    [("/off -5 why", "0 or more"), ("/off 5\twhy", "off for 5"), ("/off 5\nwhy", "off for 5"),
     ("/off 000000480 why", "off for 480"), ("/off 99999999999999999999 why", "at most")],
)  # fmt: skip
def test_a_pause_is_as_long_as_was_typed(world: World, typed: str, says: str) -> None:
    world.typed("/design add login")
    reply = world.typed(typed)
    assert says in reply.reason + reply.context


@pytest.mark.parametrize("head", ["ref: ../../secret", "not a commit", "x" * 40])
def test_only_a_commit_is_taken_for_head(world: World, head: str) -> None:
    world.write(".git/HEAD", head + "\n")
    (world.tree.parent / "secret").write_text("the secret\n")
    world.typed("/design add login")
    assert world.journal()[0]["head"] == ""


@pytest.mark.parametrize("name", ["main", "*", ""])
def test_a_subagent_is_never_the_main_thread(world: World, name: str) -> None:
    from stagelock.hook.call import _role

    assert _role({"agent_id": "a", "agent_type": name}) == "agent"
    assert world.state.name == "stagelock"


def test_a_pack_whose_modules_do_not_load_is_put_aside(world: World, tmp_path: Path) -> None:
    import marshal

    root = tmp_path / "plugin"
    for part in ("hooks", "src"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    world.typed("/design add login")
    shell = {"tool_name": "Bash", "tool_input": {"command": "echo x > y"}}
    world.hook("PreToolUse", shell, root=root)
    for packed in sorted((root / "hooks/__pycache__").glob("*.*")):
        if packed.suffix not in (".base", ".tool", ".shell"):
            continue
        whole = packed.read_bytes()
        try:
            data = marshal.loads(whole)
        except ValueError:
            pytest.skip("the hooks run on another python than the tests")
        broken = compile("raise ImportError('broken')", "x", "exec")
        program, (source, stamps, modules, *more) = (
            data if packed.suffix == ".base" else (None, data)
        )
        name, path, is_package, _ = modules[-1]
        bad = (source, stamps, [*modules[:-1], (name, path, is_package, broken)], *more)
        damaged = marshal.dumps((program, bad) if program else bad)
        packed.write_bytes(damaged)
        reply = world.hook("PreToolUse", shell, root=root)
        assert "refused: Bash writes y" in reply.reason, reply.err
        assert packed.read_bytes() != damaged
