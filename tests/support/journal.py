"""A journal with something of everything: for the report, its tests and its pictures."""

from typing import Any

from stagelock.store.clock import seconds, stamp

BEGAN = "2026-03-02T09:00:00Z"
Entry = dict[str, Any]


def whole_run(run: str = "add-login", began: str = BEGAN, *, slow: float = 1.0) -> list[Entry]:
    """A run of two-gates from start to end, `slow` times as long as meant."""
    clock = _Clock(run, seconds(began), slow)
    return [
        clock.at(0, "started", "prepare", workflow="two-gates", what="login with a password"),
        clock.at(4, "refused", "prepare", tool="Write", target="src/app.py",
                 rule="prepare/otherwise", role="main"),
        clock.at(5, "refused", "prepare", tool="Bash", target="src/app.py",
                 rule="prepare/otherwise", role="main"),
        clock.at(6, "refused", "prepare", tool="Skill", target="stagelock:approve",
                 rule="never/human-door", role="main"),
        clock.at(8, "status", "prepare", role="researcher", agent="a1", status="DONE", why=""),
        clock.at(16, "checklist", "prepare", what="T0", status="done"),
        clock.at(16, "checklist", "prepare", what="T1", status="done"),
        clock.at(16, "checklist", "prepare", what="T2", status="done"),
        clock.at(16, "checklist", "prepare", what="T3", status="skipped"),
        clock.at(17, "approved", "prepare", by="ada", door="typed", to="implement",
                 artifacts={f"docs/stagelock/{run}/plan.md": "15ebfd8ba460" + "0" * 52}),
        clock.at(17, "entered", "implement"),
        clock.at(30, "status", "implement", role="builder", agent="a2", status="BLOCKED",
                 why="the schema is not decided"),
        clock.at(38, "status", "implement", role="builder", agent="a3", status="DONE", why=""),
        clock.at(44, "evidence", "implement", what="tests", exit=1, tree="9f2c" + "0" * 36,
                 why="2 of 41 failed"),
        clock.at(44, "attempt", "implement", what="validate", why="failed: tests"),
        clock.at(47, "unit-approved", "implement", unit="U1", was="review", phase="commit"),
        clock.at(48, "tainted", "implement", paths=["src/planted.py"]),
        clock.at(50, "evidence", "implement", what="tests", exit=0, tree="41aa" + "0" * 36),
        clock.at(51, "passed", "implement", by="stagelock", door="auto", to="validate"),
        clock.at(51, "entered", "validate"),
        clock.at(60, "waived", "validate", by="ada", door="terminal", what="lint",
                 why="the linter is down today"),
        clock.at(62, "approved", "validate", by="ada", door="dialog", to="", waived=["lint"],
                 artifacts={}),
        clock.at(62, "done", "validate", by="ada", door="dialog"),
    ]  # fmt: skip


def hostile_run(text: str) -> list[Entry]:
    """A run in which every word that somebody else chose is `text`."""
    fields = ("run", "stage", "by", "door", "what", "why", "tool", "target", "rule", "role",
              "agent", "status", "unit", "tree", "to", "workflow", "session", "head")  # fmt: skip
    words = dict.fromkeys(fields, text)
    events = ("started", "refused", "tainted", "unit-x", "approved", "status", "evidence",
              "escalated", "waived", "checklist", text)  # fmt: skip
    return [
        {**words, "event": event, "at": BEGAN, "exit": text, "artifacts": {text: text},
         "waived": [text], "unreviewed": text, "paths": [text], "phase": text}
        for event in events
    ]  # fmt: skip


class _Clock:
    def __init__(self, run: str, began: float, slow: float) -> None:
        self.run = run
        self.began = began
        self.slow = slow

    def at(self, minute: float, event: str, stage: str, **more: Any) -> Entry:
        """An entry of that minute of the run."""
        moment = stamp(self.began + 60 * minute * self.slow)
        return {"event": event, "run": self.run, "stage": stage, "at": moment, **more}
