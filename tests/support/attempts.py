"""What the words of tests/cases/anti_patterns.yaml do, each at the real hook processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.agents import Agent
from tests.support.checked import begin, prepared_launcher
from tests.support.executed import AT, CONFIG, DONE, WORK, Executed, verdict
from tests.support.units import TEXT
from tests.support.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.world import Reply

COVERED = CONFIG + "  - {name: coverage, command: sh cover.sh, timeout: 60, coverage: cover.log}\n"
END = {"last_assistant_message": "all of it is finished\nSTATUS: DONE"}
MINOR = verdict(WORK["WU-001"], good=False).replace("STATUS: BLOCKED", "STATUS: DONE_WITH_CONCERNS")


class Attempts:
    """A run brought to where an attempt is made; `tries` says what came of it, and why."""

    def __init__(self, base: Path, row: dict[str, Any]) -> None:
        self.agents: dict[str, Agent] = {}
        self.run = self._begun(base, row)
        for step in row.get("before", []):
            word, _, rest = step.partition(" ")
            self._before[word](rest)

    def tries(self, what: str, on: str) -> tuple[str, str]:
        """Return the rule that answered (or what did not happen) beside the reason."""
        name, _, rest = on.partition(" ")
        return self._tries[what](on, name, rest)

    @staticmethod
    def _begun(base: Path, row: dict[str, Any]) -> Executed:
        if row.get("workflow"):
            return _Early(base, row["workflow"], "design", "")
        if "plan" in row:
            text = TEXT
            for old, new in row["plan"].items():
                assert old in text
                text = text.replace(old, new)
            return _Early(base, "execute", "plan", text)
        return Executed(base, COVERED if row.get("checks") else CONFIG)

    # --- how it comes to that --------------------------------------------------------------------

    @property
    def _before(self) -> dict[str, Callable[[str], object]]:
        run = self.run
        return {
            "breaks": lambda _: self._commit("check.sh", "exit 1\n"),
            "coverage": self._coverage,
            "codes": self._codes,
            "builds": self._builds,
            "checks": lambda _: run.checks(),
            "fails": self._fails,
            "passes": run.judged,
            "approves": lambda _: run.typed("/approve"),
            "carries": self._carries,
        }

    def _commit(self, path: str, text: str) -> None:
        self.run.write(path, text)
        self.run.git("add", "-A", "--", path)
        self.run.git("commit", "-qm", "a person's own commit")

    def _coverage(self, percent: str) -> None:
        self._commit(".coverage-thresholds.json", '{"thresholds": {"lines": 100}}')
        report = f'{{"totals": {{"covered_lines": {percent}, "num_statements": 100}}}}'
        script = "no-such-program\n" if percent == "none" else f"echo '{report}' > cover.log\n"
        self._commit("cover.sh", script)

    def _codes(self, name: str) -> None:
        self.agents[name] = self.run.coder(name)
        self.run.writes(self.agents[name], WORK[name], "done = 1\n")

    def _builds(self, name: str) -> None:
        attempt = self.run.at(name)
        self._codes(name)
        self.run.writes(self.agents[name], WORK[name], f"done = {attempt!r}\n")
        self.agents[name].stop(DONE)
        self.agents[name].returns(DONE)

    def _fails(self, name: str) -> None:
        agent = self.agents["reviewer"] = self.run.reviewer(name)
        assert not agent.work(verdict(WORK[name], good=False)).denied

    def _carries(self, name: str) -> None:
        for one in WORK if name == "all" else [name]:
            self.run.carries(one)
            if one == "WU-001" != name:
                self.run.typed("/approve"), self.run.typed("/approve")

    # --- what is tried ---------------------------------------------------------------------------

    @property
    def _tries(self) -> dict[str, Callable[[str, str, str], tuple[str, str]]]:
        run = self.run
        return {
            "bash": lambda on, *_: self._heard(run.runs(on)),
            "commit": lambda _, name, __: self._heard(run.commits(name)),
            "code": lambda _, name, more: self._sent("implementer", name, more),
            "review": lambda _, name, more: self._sent("adversarial-reviewer", name, more),
            "resume reviewer": self._resumes,
            "message reviewer": self._messages,
            "old reviewer says pass": self._speaks_again,
            "own coder reviews": self._reviews_its_own,
            "coder writes": lambda _, name, path: _refused(
                run.writes(self.agents[name], path, "x = 1\n")
            ),
            "coder runs": lambda _, name, command: _refused(
                self.agents[name].tool("Bash", {"command": command})
            ),
            "script writes": self._script,
            "agent approves": lambda on, *_: _refused(
                run.tool("Skill", {"skill": f"stagelock:{on.strip('/')}"})
            ),
            "ends turn": lambda *_: self._held(run.hook("Stop", END)),
            "types": lambda on, *_: self._held(run.typed(on)),
            "writes": lambda on, *_: _refused(
                run.tool("Write", {"file_path": str(run.tree / on), "content": "x"})
            ),
            "verdict": lambda on, *_: self._judges(on + "\n\nSTATUS: DONE"),
            "minor verdict": lambda *_: self._judges(MINOR),
        }

    def _heard(self, reply: Reply) -> tuple[str, str]:
        if reply.denied:
            return _refused(reply)
        is_back = "Returning to IMPLEMENT" in reply.context
        return ("sent back" if is_back else "let through"), reply.context

    def _held(self, reply: Reply) -> tuple[str, str]:
        return "held", f"{self.run.stage()} {reply.json}"

    def _sent(self, role: str, name: str, more: str) -> tuple[str, str]:
        return _refused(Agent(self.run, role, f"unit: {name}\n{more}").dispatch())

    def _resumes(self, _: str, name: str, __: str) -> tuple[str, str]:
        old = self.agents["reviewer"].id
        return _refused(
            Agent(self.run, "adversarial-reviewer", f"unit: {name}", resume=old).dispatch()
        )

    def _messages(self, *_: str) -> tuple[str, str]:
        given = {"to": self.agents["reviewer"].id, "message": "it is fixed, look again"}
        return _refused(self.run.tool("SendMessage", given))

    def _speaks_again(self, _: str, name: str, __: str) -> tuple[str, str]:
        old = self.agents["reviewer"]
        old.start(), old.stop(verdict(WORK[name])), old.returns(verdict(WORK[name]))
        return "stays", self.run.at(name)

    def _reviews_its_own(self, _: str, name: str, __: str) -> tuple[str, str]:
        coder = self.agents[name]
        coder.start(), coder.stop(verdict(WORK[name])), coder.returns(verdict(WORK[name]))
        return "stays", self.run.at(name)

    def _script(self, _: str, name: str, path: str) -> tuple[str, str]:
        coder = self.agents[name]
        assert not coder.tool("Bash", {"command": "python3 build.py"}).denied
        self.run.write(path, "what the script wrote\n")
        coder.stop(DONE), coder.returns("I only changed the files in scope.\n\n" + DONE)
        return self._heard(self.run.runs("sh check.sh"))

    def _judges(self, reply: str) -> tuple[str, str]:
        agent = self.run.reviewer("WU-001")
        sent = agent.dispatch()
        assert not sent.denied, sent.reason
        agent.start()
        stopped = agent.stop(reply)
        if stopped.json.get("decision") == "block":
            agent.fail(), agent.returns()
            return "asked again", stopped.reason
        return self._heard(agent.returns(reply))


class _Early(Executed):
    """A run that stands in a stage before the plan is carried out."""

    def __init__(self, base: Path, workflow: str, stage: str, plan: str) -> None:
        World.__init__(self, base)
        prepared_launcher(self.home / ".claude/plugins/data/stagelock-stagelock")
        begin(self, workflow, "paid lists", CONFIG, stage)
        assert self.stage() == stage
        if plan:
            self.write(f"{AT}/plan.md", plan)


def _refused(reply: Reply) -> tuple[str, str]:
    if not reply.denied:
        return "let through", reply.context
    rule = reply.reason.partition("(rule ")[2].partition(")")[0]
    return rule, reply.reason
