"""What a hook costs: whole processes as installed, as ratios to the bare interpreter.

    make bench                 or   python -m tests.bench ROUNDS [--large]

Every round runs the floor (`python3 -I -S -c pass`) and every case once, in a new random order; a
ratio is case over floor within one round, and the median of those is the figure, because a machine
drifts and a pair drifts together. The tail is the 99th percentile over that of the floor. Further
parts show growth, with rules, journal, payload and units under way, the check of a plan, and looks
at trees of 1,000 and 10,000 files, with `--large` also of 100,000.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from stagelock.authoring.hooks_file import hooks_file
from stagelock.core.permits import compile_stage
from stagelock.store import library, records, runs
from tests.support.checked import bash, begin, evidence
from tests.support.executed import Executed
from tests.support.units import many
from tests.support.world import ROOT, World

ROUNDS = 200
PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
AGENT: dict[str, object] = {
    "description": "x", "prompt": "go", "subagent_type": "stagelock:explorer",
}  # fmt: skip
PEAK = """
import posix, sys
payload = posix.open(sys.argv[1], posix.O_RDONLY)
nothing = posix.open('/dev/null', posix.O_WRONLY)
moves = [(posix.POSIX_SPAWN_DUP2, payload, 0), (posix.POSIX_SPAWN_DUP2, nothing, 1)]
child = posix.posix_spawn(sys.argv[2], sys.argv[2:], posix.environ, file_actions=moves)
print(posix.wait4(child, 0)[2].ru_maxrss)
"""


@dataclass
class Case:
    """One command line with its payload and surroundings."""

    name: str
    argv: list[str]
    payload: bytes
    env: dict[str, str]
    cwd: str
    goal: str = ""
    walls: list[float] = field(default_factory=list)


def main() -> None:
    """Run everything and print two tables."""
    numbers = [word for word in sys.argv[1:] if word.isdigit()]
    rounds = int(numbers[0]) if numbers else ROUNDS
    with tempfile.TemporaryDirectory() as base:
        print(f"floor: {PYTHON} -I -S -c pass; {rounds} rounds, interleaved\n")
        _table(_everyday(Path(base) / "everyday"), rounds)
        print("\nthe read-only box\n")
        _boxes(Path(base) / "box", rounds)
        print("\ngrowth\n")
        _table(_growth(Path(base) / "growth"), rounds)
        print("\nunits under way, each with a coder at work\n")
        _table(
            [case for count in (1, 10, 40) for case in _units(Path(base) / "units", count)], rounds
        )
        print("\nstagelock plan check\n")
        _plans(Path(base) / "plans", max(rounds // 10, 3))
        print("\na look at the tree\n")
        goals = {1_000: "2.5", 10_000: "4.5"} | ({100_000: "20"} if "--large" in sys.argv else {})
        _table([_look(Path(base) / "look", *goal) for goal in goals.items()], rounds)
        print("\nthe end of a turn that owes checks, on a verified tree\n")
        _table([_end(Path(base) / "end", *goal) for goal in goals.items()], rounds)


def _boxes(base: Path, rounds: int) -> None:
    """What `stagelock ro -- true` takes beyond a bare `bash -c true`."""
    base.mkdir()
    env = {**os.environ, "HOME": str(base)}
    bash = "/usr/bin/bash" if Path("/usr/bin/bash").exists() else "/bin/bash"
    floor = Case("bash -c true", [bash, "-c", "true"], b"", env, str(base))
    cases = [floor]
    ro = [str(ROOT / "bin/stagelock"), "ro"]
    which = subprocess.run([*ro, "--which"], env=env, capture_output=True, text=True, check=False)
    remembered = which.stdout.strip()
    for name, goal in (("bubblewrap", "6"), ("landlock", "20"), ("sandbox-exec", "")):
        by = [] if name == remembered else ["--by", name]
        argv = [*ro, *by, "--", "exit 42"]
        if subprocess.run(argv, env=env, capture_output=True, check=False).returncode == 42:
            cases.append(Case(f"in {name}", [*argv[:-1], "true"], b"", env, str(base), goal))
        else:
            print(f"{'in ' + name:<38} not here")
    for _ in range(rounds):
        for case in random.sample(cases, len(cases)):
            case.walls.append(_time(case))
    print(f"{'case':<38} {'ms':>6} {'+ms':>6} {'goal':>6} {'ratio':>6}")
    for case in cases:
        pairs = list(zip(case.walls, floor.walls, strict=True))
        more = statistics.median(mine - bare for mine, bare in pairs) * 1000
        ratio = statistics.median(mine / bare for mine, bare in pairs)
        own = statistics.median(case.walls) * 1000
        print(f"{case.name:<38} {own:>6.2f} {more:>6.2f} {case.goal:>6} {ratio:>6.2f}")


def _everyday(base: Path) -> list[Case]:
    live = _live(base / "live")
    crewed = _live(base / "crewed")
    beside = World(base / "beside")
    beside_env = {**live.env(), "CLAUDE_PROJECT_DIR": str(beside.tree)}
    alone = World(base / "alone")
    allowed = str(live.tree / "docs/stagelock/add-login/design.md")
    write = {"file_path": str(live.tree / "src/app.py"), "content": "x"}
    read = {"file_path": str(alone.tree / "x")}
    ls = {"command": "ls -la src && git status --short"}
    here = _case("PreToolUse, no run on the machine", alone, "PreToolUse", "Read", read, "0.35")
    idle = _case("PreToolUse, idle beside a live run", beside, "PreToolUse", "Read", read, "1.15")
    idle.env = beside_env
    return [
        _case("PreToolUse deny edit", live, "PreToolUse", "Write", write, "1.25"),
        _case(
            "PreToolUse allow edit",
            live,
            "PreToolUse",
            "Write",
            {"file_path": allowed, "content": "x"},
            "1.25",
        ),
        _case(
            "PreToolUse allow read",
            live,
            "PreToolUse",
            "Read",
            {"file_path": str(live.tree / "src/app.py")},
            "1.25",
        ),
        _case("PreToolUse allow shell", live, "PreToolUse", "Bash", ls, "1.35"),
        _case("PreToolUse allow shell, 1 kB", live, "PreToolUse", "Bash", _long(1_000), "1.35"),
        _case("PreToolUse allow shell, 10 kB", live, "PreToolUse", "Bash", _long(9_900), "1.6"),
        _case("PreToolUse send an agent", crewed, "PreToolUse", "Agent", AGENT, "1.4"),
        _ended(crewed, "SubagentStop, owes no status", "Explore", "1.3"),
        _ended(crewed, "SubagentStop, put on record", "stagelock:explorer", "1.7"),
        _case("UserPromptSubmit", live, "UserPromptSubmit", "", {}, "1.6"),
        _case("PostToolUse after a command", live, "PostToolUse", "Bash", ls, "1.3"),
        _case("Stop, nothing to check", live, "Stop", "", {}, "1.3"),
        idle,
        here,
    ]


def _long(size: int) -> dict[str, object]:
    """A command as long as that: a search, and a text that it is given."""
    head = "grep -rn 'def main' src | sort | uniq -c | head -20; git status --short; cat <<'EOF'\n"
    line = "- [ ] AC-3: the login form says which field was wrong, and keeps what was typed\n"
    return {"command": (head + line * size)[: size - 4] + "\nEOF"}


def _ended(world: World, name: str, role: str, goal: str) -> Case:
    """An agent that ends; what one of ours says is a commit each time: three waits for the disk."""
    case = _case(name, world, "SubagentStop", "", {}, goal)
    payload = json.loads(case.payload)
    payload |= {"agent_id": "a1", "agent_type": role}
    payload["last_assistant_message"] = "a line of a report\n" * 200 + "\nSTATUS: DONE"
    case.payload = json.dumps(payload).encode()
    return case


def _growth(base: Path) -> list[Case]:
    cases = []
    for rules in (10, 100, 1000):
        world = _live(base / f"rules-{rules}")
        _with_rules(world, rules)
        write = {"file_path": str(world.tree / "src/app.py"), "content": "x"}
        cases.append(_case(f"rules {rules}", world, "PreToolUse", "Write", write, ""))
    for size in (0, 1, 20):
        world = _live(base / f"journal-{size}")
        line = json.dumps({"event": "refused", "why": "x" * 200}).encode() + b"\n"
        with (world.tree / ".stagelock/journal.jsonl").open("ab") as journal:
            journal.write(line * (size * (1 << 20) // len(line)))
        write = {"file_path": str(world.tree / "src/app.py"), "content": "x"}
        cases.append(_case(f"journal {size} MB", world, "PreToolUse", "Write", write, ""))
    world = _live(base / "payload")
    for size in (1, 100, 1000):
        write = {"file_path": str(world.tree / "src/app.py"), "content": "x" * (size << 10)}
        cases.append(_case(f"payload {size} kB", world, "PreToolUse", "Write", write, ""))
    return cases


def _units(base: Path, count: int) -> list[Case]:
    """What a tool call costs while so many units are built side by side."""
    world = Executed(base / str(count), plan=many(count))
    agent = [world.coder(f"WU-{n:03}") for n in range(1, count + 1)][-1]
    files = {"in its scope": f"src/part{count}/run.py", "outside": "src/other.py"}
    cases = []
    for name, path in files.items():
        write = {"file_path": str(world.tree / path), "content": "x"}
        case = _case(
            f"{count} units, a coder writes {name}", world, "PreToolUse", "Write", write, ""
        )
        payload = {**json.loads(case.payload), "agent_id": agent.id, "agent_type": agent.role}
        case.payload = json.dumps(payload).encode()
        cases.append(case)
    ls: dict[str, object] = {"command": "ls -la src && git status --short"}
    cases.append(
        _case(f"{count} units, the main thread looks", world, "PreToolUse", "Bash", ls, "")
    )
    return cases


def _plans(base: Path, rounds: int) -> None:
    """How long the check of a plan takes, from the start of the program to its end."""
    base.mkdir()
    print(f"{'case':<38} {'s':>6} {'goal':>6}")
    for count in (5, 40):
        path = base / f"{count}.md"
        path.write_text(many(count))
        argv = [str(Path(sys.executable).with_name("stagelock")), "plan", "check", str(path)]
        case = Case(f"plan check, {count} units", argv, b"", dict(os.environ), str(base))
        said = subprocess.run(argv, cwd=base, capture_output=True, text=True, check=True).stdout
        assert f"{count} units" in said
        middle = statistics.median(_time(case) for _ in range(rounds))
        print(f"{case.name:<38} {middle:>6.2f} {'1' if count == 40 else '':>6}")


LOOK = (
    "import sys; sys.path.insert(0, sys.argv[1])\n"
    "from stagelock.store import tree; tree.take(sys.argv[2], sys.argv[3])"
)


def _look(base: Path, files: int, goal: str) -> Case:
    """A look at a committed tree in which nothing changed since the last one."""
    tree = base / str(files)
    _filled(tree, files)
    argv = [PYTHON, "-I", "-S", "-c", LOOK, str(ROOT / "src"), str(base / "state"), str(tree)]
    case = Case(f"clean, {files:,} files", argv, b"", dict(os.environ), "/", goal)
    _time(case)
    time.sleep(1.1)  # from then on git trusts what the first look saw
    return case


def _end(base: Path, files: int, goal: str) -> Case:
    """A Stop in a stage that owes a check, which passed on the tree as it is."""
    world = World(base / str(files))
    _filled(world.tree, files)
    begin(world, "quick", "x", "checks: [{name: tests, command: 'true'}]\n")
    (world.tree / "part-0/file-0.py").write_text("x = 'changed'\n")
    bash(world, "true")
    assert evidence(world) == [("tests", 0, "")]
    time.sleep(1.1)
    case = _case(f"Stop, {files:,} files", world, "Stop", "", {}, goal)
    _time(case)
    return case


def _filled(tree: Path, files: int) -> None:
    for n in range(files):
        path = tree / f"part-{n % (files // 20)}" / f"file-{n}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"x = {n}\n")
    git = ["git", "-C", str(tree), "-c", "user.name=a", "-c", "user.email=a"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], check=True)


def _live(base: Path) -> World:
    world = World(base)
    reply = world.typed("/design add login")
    assert "started" in reply.context, reply.err
    return world


def _with_rules(world: World, count: int) -> None:
    """Give the live run a stage of `count` path rules, as a team's own workflow could."""
    os.environ["HOME"] = str(world.home)
    home, tree = str(world.state), str(world.tree)
    state, _ = runs.look(home, tree)
    assert state is not None
    policy = library.library(tree)["policies"]["lifecycle"]
    rule = policy["stages"]["design"]["allow"][0]
    policy["stages"]["design"]["allow"] += [
        {
            **rule,
            "id": f"design/area-{n}",
            "tools": ["edit"],
            "paths": [f"area-{n % 50}/part-{n}/**"],
        }
        for n in range(count)
    ]
    after = state.copy()
    after["permits"] = compile_stage(policy, "design", state["run"], state["artifacts_at"])
    after["revision"] += 1
    records.commit(home, tree, state, after, [])


def _case(
    name: str, world: World, event: str, tool: str, given: dict[str, object], goal: str
) -> Case:
    payload = {"session_id": "s", "cwd": str(world.tree), "hook_event_name": event}
    if tool:
        payload |= {"tool_name": tool, "tool_input": given}  # type: ignore[dict-item]
    command = hooks_file()["hooks"][event][0]["hooks"][0]["command"]
    argv = ["/bin/sh", "-c", command]
    return Case(name, argv, json.dumps(payload).encode(), world.env(), str(world.tree), goal)


def _table(cases: list[Case], rounds: int) -> None:
    floor = Case("floor", [PYTHON, "-I", "-S", "-c", "pass"], b"", dict(os.environ), "/")
    everything = [floor, *cases]
    for case in everything:
        _time(case)  # once unmeasured: caches, and the compiled modules
    for _ in range(rounds):
        for case in random.sample(everything, len(everything)):
            case.walls.append(_time(case))
    tail = _percentile(floor.walls, 99)
    print(f"{'case':<38} {'ratio':>6} {'goal':>6} {'p99/p99':>8} {'peak MiB':>9}")
    for case in everything:
        ratio = statistics.median(
            mine / bare for mine, bare in zip(case.walls, floor.walls, strict=True)
        )
        p99 = _percentile(case.walls, 99) / tail
        print(f"{case.name:<38} {ratio:>6.2f} {case.goal:>6} {p99:>8.2f} {_peak(case):>9.1f}")


def _time(case: Case) -> float:
    began = time.perf_counter()
    subprocess.run(
        case.argv,
        input=case.payload,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=case.env,
        cwd=case.cwd,
        check=False,
    )
    return time.perf_counter() - began


def _peak(case: Case) -> float:
    """Peak memory; measured from a bare interpreter, since a child inherits its parent's peak."""
    with tempfile.NamedTemporaryFile() as payload:
        payload.write(case.payload)
        payload.flush()
        program = case.argv if case.argv[0].startswith("/") else ["/usr/bin/env", *case.argv]
        done = subprocess.run(
            [PYTHON, "-I", "-S", "-c", PEAK, payload.name, *program],
            capture_output=True,
            env=case.env,
            cwd=case.cwd,
            check=True,
        )
    return int(done.stdout) / 1024


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


if __name__ == "__main__":
    main()
