"""Agents of a plan acting in any order, some badly, while hook processes are killed under them.

Everything random comes from one seed, also which hook process dies and at which of its writes. What
the walk believes is what it did itself: which bytes a reviewer passed, which strange file lies
there, who may write. That is held against git and the journal after every step.
"""

from __future__ import annotations

import json
import random
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from stagelock.authoring.hooks_file import hooks_file
from stagelock.core.plan.scopes import covered
from stagelock.core.plan.unit_guards import CHART
from stagelock.core.plan.units import pending, ready
from stagelock.store import runs
from stagelock.store.plan import units
from tests.support.agents import Agent
from tests.support.checked import bash
from tests.support.executed import DONE, WORK, Executed, verdict
from tests.support.world import SESSION, Reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stagelock.core.plan.units import Plan, Units

STRAY = "src/stray.py"
CHECK = "! grep -rqs BAD src web\n"
# Starts the real hook in a process that kills itself, as `kill -9` would, at its n-th write.
DYING = """
import posix, sys
left, entry = int(sys.argv[1]), sys.argv[2]
sys.argv = [entry, sys.argv[3]]

def dying(name, real):
    def call(*given, **named):
        global left
        if name != "open" or given[1] & (posix.O_CREAT | posix.O_WRONLY | posix.O_RDWR):
            left -= 1
            if left == 0:
                posix.kill(posix.getpid(), 9)
        return real(*given, **named)
    return call

for name in ("write", "rename", "unlink", "rmdir", "open", "mkdir", "link"):
    setattr(posix, name, dying(name, getattr(posix, name)))
with open(entry) as source:
    text = source.read()
exec(compile(text, entry, "exec"), {"__name__": "__main__", "__file__": entry})
"""


class Passed(NamedTuple):
    """What lay in a unit's scope when its reviewer said PASS."""

    unit: str
    files: dict[str, str]


class Fragile(Executed):
    """A run whose hook processes can be killed at a write, by `dies_at` of the same thread."""

    def __init__(self, base: Path) -> None:
        self._next = threading.local()
        self.deaths = 0
        super().__init__(base)
        self.dying = base / "dying.py"
        self.dying.write_text(DYING)

    def dies_at(self, write: int) -> None:
        self._next.write = write

    def hook(self, event: str, payload: Any, *given: Any, **named: Any) -> Reply:
        write = getattr(self._next, "write", 0)
        if not write or given or named:
            return super().hook(event, payload, *given, **named)
        self._next.write = 0
        command = hooks_file()["hooks"][event][0]["hooks"][0]["command"]
        entry = '"$CLAUDE_PLUGIN_ROOT/hooks/entry.py"'
        command = command.replace(f"-I -S {entry}", f'-I -S "{self.dying}" {write} {entry}')
        assert str(self.dying) in command
        full = {"session_id": SESSION, "cwd": str(self.tree), "hook_event_name": event, **payload}
        done = subprocess.run(
            ["/bin/sh", "-c", command], input=json.dumps(full).encode(), capture_output=True,
            env=self.env(), cwd=self.tree, check=False, timeout=60,
        )  # fmt: skip
        self.deaths += b"Killed" in done.stderr or done.returncode == 2
        return Reply(done.returncode, done.stdout, done.stderr)


class Walk:
    """One interleaving; `step` does one thing, or two or three at once, and looks afterwards."""

    def __init__(self, base: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.run = Fragile(base)
        self.run.write("check.sh", CHECK)
        self.run.git("commit", "-qam", "a check that looks")
        self.first = self.run.git("rev-parse", "HEAD")
        self.actors: list[_Actor] = []
        self.passed: list[Passed] = []
        self.seen = len(self.run.journal())
        self.at: dict[str, str] = dict.fromkeys(WORK, "waiting")
        self.done: list[str] = []
        if seed % 2:  # every other one begins where two units are built side by side
            self.passed.append(Passed("WU-001", {WORK["WU-001"]: "done = 1"}))
            self.run.carries("WU-001")
            self.run.typed("/approve"), self.run.typed("/approve")
            self.look()

    # --- the walk --------------------------------------------------------------------------------

    def step(self) -> None:
        """Let one actor act, now and then several at once; then look whether all still holds."""
        crowd = 1 if self.chance.random() < 0.85 else self.chance.choice([2, 3])
        acts = [self._act() for _ in range(crowd)]
        deaths = [self.chance.randint(1, 45) * (self.chance.random() < 0.12) for _ in acts]
        if crowd == 1:
            self._do(acts[0], deaths[0])
        else:
            with ThreadPoolExecutor(crowd) as pool:
                list(pool.map(self._do, acts, deaths))
        self.look()

    def _do(self, act: Callable[[], object], death: int) -> None:
        self.run.dies_at(death)
        act()
        self.run.dies_at(0)

    def _act(self) -> Callable[[], object]:
        now = self.books()[1]["units"]
        name = self._name({unit: at["phase"] for unit, at in now.items()})
        acting = [actor for actor in self.actors if actor.left and not actor.busy]
        if acting and self.chance.random() < (0.95 if now[name]["agent"] else 0.5):
            actor = self.chance.choice(acting)
            actor.busy = True
            return actor.act
        phase = now[name]["phase"]
        usual = {
            "waiting": self._code, "implement": self._code, "validate": self._check,
            "review": self._judge, "commit": self._commit,
        }.get(phase, self._ask)  # fmt: skip
        what = self.chance.choices(
            [usual, self._check, self._code, self._judge, self._commit, self._ask, self._restart,
             self._commit_badly, self._tidy, self._end_turn],
            [70, 6, 2, 2, 2, 10, 1, 3, 5, 8],
        )[0]  # fmt: skip
        return what(name)

    def _name(self, phases: dict[str, str]) -> str:
        """Pick a unit, mostly one that can move."""
        plan, now = self.books()
        moving = [name for name, phase in phases.items() if phase not in ("waiting", "done")]
        if self.chance.random() < 0.08 or not (moving or ready(plan, now)):
            return self.chance.choice(list(WORK))
        return self.chance.choice([*moving, *ready(plan, now)])

    # --- what can be done ------------------------------------------------------------------------

    def _code(self, name: str) -> Callable[[], object]:
        agent = Agent(self.run, "implementer", f"unit: {name}\nplease build it")
        return lambda: self._sent(_Coder(self, name, agent))

    def _judge(self, name: str) -> Callable[[], object]:
        agent = self.run.reviewer(name)
        return lambda: self._sent(_Reviewer(self, name, agent))

    def _sent(self, actor: _Actor) -> None:
        if not actor.agent.dispatch().denied:
            actor.agent.start()
            self.actors.append(actor)

    def _check(self, _: str) -> Callable[[], object]:
        return lambda: bash(self.run, "sh check.sh")

    def _commit(self, name: str) -> Callable[[], object]:
        def commit() -> None:
            path = WORK[name]
            if (self.run.tree / path).exists():
                subprocess.run(["git", "add", "-A", "--", path], cwd=self.run.tree, check=False)
                bash(self.run, f"git commit -m {name}")

        return commit

    def _commit_badly(self, name: str) -> Callable[[], object]:
        commands = [
            "git commit -am done", f"git commit --no-verify -m {name}", "git commit --amend -m x",
            f"git add -A && git commit -m {name}", "git stash", "git reset --hard",
        ]  # fmt: skip
        command = self.chance.choice(commands)
        return lambda: _is_true(bash(self.run, command)[0].denied, command)

    def _ask(self, _: str) -> Callable[[], object]:
        """A person, where one is waited for."""
        plan, now = self.books()
        stuck = any(at["phase"] == "escalated" for at in now["units"].values())
        return (lambda: self.run.typed("/approve")) if stuck or pending(plan, now) else _nothing

    def _restart(self, _: str) -> Callable[[], object]:
        """The client dies, and every agent with it; another one starts."""

        def restart() -> None:
            self.actors.clear()
            self.run.hook("SessionStart", {"source": "startup"})

        return restart

    def _end_turn(self, _: str) -> Callable[[], object]:
        """The main thread ends its turn; only whoever still works is in the background."""
        at_work = [{"id": actor.agent.id} for actor in self.actors if actor.left]
        said = {"last_assistant_message": "so far\n\nSTATUS: DONE", "background_tasks": at_work}
        return lambda: self.run.hook("Stop", said)

    def _tidy(self, _: str) -> Callable[[], object]:
        """A person takes away what a script left where it does not belong."""
        return lambda: (self.run.tree / STRAY).unlink(missing_ok=True)

    # --- what must hold --------------------------------------------------------------------------

    def look(self) -> None:
        """Hold what git and the journal say against what was done."""
        self.books()
        entries = self.run.journal()
        for entry in entries[self.seen :]:
            if entry["event"].startswith("unit-") and "was" in entry:
                self._edge(entry)
        self.seen = len(entries)
        self._commits()

    def _edge(self, entry: dict[str, Any]) -> None:
        name, was, phase = entry["unit"], entry["was"], entry["phase"]
        kind = entry["event"].removeprefix("unit-")
        assert self.at[name] == was, f"{name} jumped from {self.at[name]} to {was}"
        assert phase in CHART[was][kind], f"{name} left its chart: {was} -{kind}-> {phase}"
        assert 1 <= entry["attempt"] <= 3
        if kind == "validated" and phase == "review":
            assert not (self.run.tree / STRAY).exists(), "a strange file was not seen"
        self.at[name] = phase

    def _commits(self) -> None:
        made = self.run.git("rev-list", "--reverse", f"{self.first}..HEAD").split()
        assert made[: len(self.done)] == self.done, "history was rewritten"
        for commit in made[len(self.done) :]:
            subject = self.run.git("log", "-1", "--format=%s", commit)
            name = subject.partition("(")[2].partition(")")[0].upper()
            assert name in WORK, f"a commit of no unit: {subject}"
            paths = self.run.git("show", "--name-only", "--format=", commit).split()
            files = {path: self.run.git("show", f"{commit}:{path}") for path in paths}
            assert Passed(name, files) in self.passed, f"{name} was committed without a PASS"
        self.done = made

    def books(self) -> tuple[Plan, Units]:
        where = str(self.run.state), str(self.run.tree)
        state, tamper = runs.look(*where)
        assert state is not None
        assert tamper == ""
        return units.load(*where, state)

    def files_of(self, name: str) -> dict[str, str]:
        """What differs from the last commit in a unit's scope, by its bytes."""
        plan = self.books()[0]
        globs = next(unit["files"] for unit in plan["units"] if unit["id"] == name)
        text = self.run.git("status", "--porcelain", "-uall", "-z")
        paths = [line[3:] for line in text.split("\0") if line]
        return {
            path: (self.run.tree / path).read_text().strip()
            for path in [*paths, *self.run.git("diff", "--name-only", "HEAD").split()]
            if covered(globs, path)
        }

    def ends_well(self) -> None:
        """From wherever it stands: good agents and a person carry every unit to its commit."""
        run = self.run
        self._put_back(everything=self.chance.random() < 0.3)
        run.hook("SessionStart", {"source": "resume"})
        for _ in range(60):
            plan, now = self.books()
            stuck = [name for name, at in now["units"].items() if at["phase"] == "escalated"]
            if stuck or pending(plan, now):
                run.typed("/approve")
                continue
            name = next((n for n, at in now["units"].items() if at["phase"] != "done"), "")
            if not name:
                break
            self._onward(name, now["units"][name]["phase"])
        self.look()
        assert set(self.at.values()) == {"done"}, self.at

    def _others_go_on(self, name: str) -> None:
        """Where units share a tree, a red check of one holds the others until it is mended."""
        now = self.books()[1]["units"]
        for other, at in now.items():
            if other != name and at["phase"] == "implement":
                self._onward(other, "implement")

    def _put_back(self, *, everything: bool) -> None:
        """A person puts back what lies in the scope of no unit under way, or all of it."""
        run, units_now = self.run, self.books()[1]["units"]
        run.git("reset", "-q")
        under_way = [n for n in WORK if units_now[n]["phase"] not in ("waiting", "done")]
        kept = {} if everything else {p for n in under_way for p in self.files_of(n)}
        for line in run.git("status", "--porcelain", "-uall").splitlines():
            state, _, path = line.strip().partition(" ")
            if path.startswith("docs/") or path in kept:
                continue
            if state == "??":
                (run.tree / path).unlink()
            else:
                run.git("checkout", "-q", "--", path)

    def _onward(self, name: str, phase: str) -> None:
        run = self.run
        if phase in ("waiting", "implement"):
            run.builds(name, f"good = {self.chance.random()}\n")
        elif phase == "validate":
            run.checks()
            self._others_go_on(name)
        elif phase == "review":
            agent, shown = run.reviewer(name), Passed(name, self.files_of(name))
            if not agent.dispatch().denied:  # else a late change was found: it is validated again
                self.passed.append(shown)
                agent.start()
                agent.stop(verdict(WORK[name]))
                agent.returns(verdict(WORK[name]))
        else:
            run.git("reset", "-q")
            if (run.tree / WORK[name]).exists():
                run.git("add", "-A", "--", WORK[name])
            run.runs(f"git commit -m {name}")


class _Actor:
    def __init__(self, walk: Walk, unit: str, agent: Agent) -> None:
        self.walk = walk
        self.unit = unit
        self.agent = agent
        self.busy = False
        self.left: list[Callable[[], object]] = []

    def act(self) -> None:
        if self.left:
            self.left.pop(0)()
        self.busy = False


class _Coder(_Actor):
    """Reads its brief, or not; writes, or has a script write elsewhere; says DONE, or not."""

    def __init__(self, walk: Walk, unit: str, agent: Agent) -> None:
        super().__init__(walk, unit, agent)
        chance = walk.chance
        reads = [self._read] if chance.random() < 0.9 else []
        other = chance.choice([name for name in WORK if name != unit])
        text = chance.choice(["good = 1\n"] * 4 + ["good = 2\n", "BAD = 1\n"])
        bad = chance.choices(
            [None, lambda: self._outside(WORK[other]), lambda: self._outside(STRAY), self._stray,
             lambda: self._meddles(WORK[other]), self._commits],
            [60, 10, 10, 8, 8, 6],
        )[0]  # fmt: skip
        reply = chance.choice([DONE] * 8 + ["I was stuck.\n\nSTATUS: BLOCKED - no idea", "done!"])
        works = [lambda: self._write(text), *([bad] if bad else [])]
        chance.shuffle(works)
        self.left = [*reads, *works, lambda: self._stop(reply), lambda: self.agent.returns(reply)]

    def _read(self) -> None:
        path = self.agent.sent["prompt"].partition("First of all, Read ")[2].partition(":")[0]
        self.agent.tool("Read", {"file_path": str(self.walk.run.tree / path)})

    def _write(self, text: str) -> None:
        self.walk.run.writes(self.agent, WORK[self.unit], text)

    def _outside(self, path: str) -> None:
        assert self.walk.run.writes(self.agent, path, "evil = 1\n").denied, path

    def _stray(self) -> None:
        if not self.agent.tool("Bash", {"command": "python3 build.py"}).denied:
            self.walk.run.write(STRAY, "what a script wrote\n")

    def _meddles(self, path: str) -> None:
        if not self.agent.tool("Bash", {"command": "python3 build.py"}).denied:
            self.walk.run.write(path, "meddled = 1\n")

    def _commits(self) -> None:
        assert self.agent.tool("Bash", {"command": f"git commit -m {self.unit}"}).denied

    def _stop(self, reply: str) -> None:
        self.agent.stop(reply)


class _Reviewer(_Actor):
    """Passes, fails, or says neither."""

    def __init__(self, walk: Walk, unit: str, agent: Agent) -> None:
        super().__init__(walk, unit, agent)
        kind = walk.chance.choices(["pass", "fail", "neither"], [75, 15, 10])[0]
        reply = (
            "looks fine to me" if kind == "neither" else verdict(WORK[unit], good=kind == "pass")
        )
        # its verdict is on what it was shown
        self.shown = Passed(unit, walk.files_of(unit)) if kind == "pass" else None
        self.left = [lambda: self._stop(reply), lambda: self.agent.returns(reply)]

    def _stop(self, reply: str) -> None:
        if self.shown:
            self.walk.passed.append(self.shown)
        self.agent.stop(reply)


def _nothing() -> None:
    """Nobody waits for a person."""


def _is_true(held: bool, what: str) -> None:  # an assertion, for a lambda
    assert held, what
