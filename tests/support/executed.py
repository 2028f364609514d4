"""A run that carries out the plan of five units, in a real repository, with scripted agents."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from stagelock.core.plan.units import attempts
from stagelock.store import runs
from stagelock.store.plan import units
from tests.support.agents import Agent
from tests.support.checked import bash, begin, prepared_launcher
from tests.support.judged import plan_passed
from tests.support.units import TEXT
from tests.support.world import Reply, World

AT = "docs/stagelock/paid-lists"
CONFIG = "checks:\n  - {name: tests, command: sh check.sh, timeout: 60}\n"
DONE = "I wrote it and its tests.\n\nSTATUS: DONE"
WORK = {
    "WU-001": "src/todo/store.py", "WU-002": "src/todo/service.py", "WU-003": "src/pay/client.py",
    "WU-004": "web/todo/List.tsx", "WU-005": "web/App.tsx",
}  # fmt: skip


class Executed(World):
    """A project under git whose plan is approved; `act` is one coder's whole road."""

    def __init__(self, base: Path, config: str = CONFIG, plan: str = TEXT) -> None:
        super().__init__(base)
        (self.tree / ".git").rmdir()
        (self.home / ".gitconfig").write_text(
            "[user]\n\tname = A Person\n\temail = person@example.org\n"
        )
        self.write("README.md", "a project\n")
        prepared_launcher(self.home / ".claude/plugins/data/stagelock-stagelock")
        begin(self, "execute", "paid lists", config)
        self.write(".gitignore", "*.log\n")
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-qm", "first")
        self.write(f"{AT}/plan.md", plan)
        self.hook("Stop", {"last_assistant_message": "as agreed\nSTATUS: DONE"})
        plan_passed(str(self.state), str(self.tree))
        self.typed("/approve")
        assert self.stage() == "execute"

    def git(self, *words: str) -> str:
        env = {"PATH": os.environ["PATH"], "HOME": str(self.home)}
        done = subprocess.run(
            ["git", *words], cwd=self.tree, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def at(self, name: str) -> str:
        """Where a unit stands: its phase and attempt."""
        state, tamper = runs.look(str(self.state), str(self.tree))
        assert state is not None
        assert tamper == ""
        at = units.load(str(self.state), str(self.tree), state)[1]["units"][name]
        return at["phase"] + attempts(at)

    def coder(self, name: str, role: str = "implementer") -> Agent:
        """A coder that was sent, started and read its brief."""
        agent = Agent(self, role, f"unit: {name}\nplease build it")
        sent = agent.dispatch()
        assert not sent.denied, sent.reason
        agent.start()
        path = agent.sent["prompt"].partition("First of all, Read ")[2].partition(":")[0]
        assert not agent.tool("Read", {"file_path": str(self.tree / path)}).denied
        return agent

    def coder_apart(self, name: str, commit: str = "HEAD") -> Agent:
        """A coder in a worktree of its own, made as the client makes it, that read its brief."""
        agent = Agent(self, "implementer", f"unit: {name}\nplease build it", isolation="worktree")
        sent = agent.dispatch()
        assert not sent.denied, sent.reason
        assert agent.sent["isolation"] == "worktree"
        root = self.tree / f".claude/worktrees/agent-{agent.id}"
        self.git("worktree", "add", "-q", "-b", f"worktree-agent-{agent.id}", str(root), commit)
        agent.cwd = str(root)
        agent.start()
        read = agent.tool("Read", {"file_path": self.brief(agent)})
        assert not read.denied, read.reason
        return agent

    def brief(self, agent: Agent) -> str:
        path = agent.sent["prompt"].partition("First of all, Read ")[2].partition(":")[0]
        return str(self.tree / path)

    def writes_apart(self, agent: Agent, path: str, text: str = "done = 1\n") -> Reply:
        """A coder writes a file of its worktree, if it may."""
        place = Path(agent.cwd) / path
        if place.exists():
            agent.tool("Read", {"file_path": str(place)})
        reply = agent.tool("Write", {"file_path": str(place), "content": text})
        if not reply.denied:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return reply

    def builds_apart(self, name: str, text: str = "done = 1\n", commit: str = "HEAD") -> Agent:
        """A coder builds a unit in a worktree and says so."""
        agent = self.coder_apart(name, commit)
        wrote = self.writes_apart(agent, WORK[name], text)
        assert not wrote.denied, wrote.reason
        agent.stop(DONE)
        agent.returns(DONE)
        return agent

    def verified(self, name: str) -> str:
        """The main thread has the checks run where a unit is built; returns what it is told."""
        first, after = bash(self, f"stagelock verify --unit {name}")
        assert after is not None, first.reason
        return after.context

    def writes(self, agent: Agent, path: str, text: str) -> Reply:
        """A coder writes a file, if it may."""
        if (self.tree / path).exists():
            agent.tool("Read", {"file_path": str(self.tree / path)})
        reply = agent.tool("Write", {"file_path": str(self.tree / path), "content": text})
        if not reply.denied:
            self.write(path, text)
        return reply

    def builds(self, name: str, text: str = "done = 1\n") -> Reply:
        """A coder builds a unit and says so; returns what its parent is told."""
        agent = self.coder(name)
        self.writes(agent, WORK[name], text)
        agent.stop(DONE)
        return agent.returns(DONE)

    def checks(self) -> str:
        """The main thread runs the check; returns what it is told."""
        _, after = bash(self, "sh check.sh")
        assert after is not None
        return after.context

    def reviewer(self, name: str) -> Agent:
        return Agent(self, "adversarial-reviewer", f"unit: {name}")

    def judged(self, name: str, *, good: bool = True) -> Reply:
        """A fresh reviewer judges a unit; returns what its parent is told."""
        agent = self.reviewer(name)
        sent = agent.dispatch()
        assert not sent.denied, sent.reason
        agent.start()
        reply = verdict(WORK[name], good=good)
        stopped = agent.stop(reply)
        assert stopped.silent, stopped.json
        return agent.returns(reply)

    def commits(self, name: str, command: str = "") -> Reply:
        """The main thread stages a unit and tries to commit it; returns what the gate says."""
        self.git("add", "-A", "--", WORK[name])
        return self.runs(command or f"git commit -m {name}")

    def runs(self, command: str) -> Reply:
        first, after = bash(self, command)
        return after if after is not None else first

    def carries(self, name: str) -> None:
        """Carry one unit through its loop."""
        self.builds(name)
        self.checks()
        self.judged(name)
        told = self.commits(name)
        assert told.context, told.reason
        assert self.at(name) == "done"

    def unit_events(self) -> list[dict[str, Any]]:
        return [entry for entry in self.journal() if entry["event"].startswith("unit-")]


def verdict(path: str, *, good: bool = True) -> str:
    if good:
        return (
            f"VERDICT: PASS\n\n## Evidence\n- {path}:1 assigns the constant that the spec names\n\n"
            "## Findings\n- none\n\nSTATUS: DONE"
        )
    return (
        f"VERDICT: FAIL\n\n## Evidence\n- {path}:1 assigns the constant that the spec names\n\n"
        f"## Findings\n- BLOCKING {path}:1 the title is never trimmed\n\n"
        "STATUS: BLOCKED - the title is never trimmed"
    )
