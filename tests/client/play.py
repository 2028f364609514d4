"""The main job as a play: a model that misbehaves on purpose, and a person who decides."""

import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.artifacts import DESIGN

from .support.client import ROOT, Client, git_project
from .support.model import Block, Model, call, say
from .support.terminal import Terminal

APP = "def login():\n    return None\n"
RUN = "docs/stagelock/add-login"
MCP = Path(__file__).parent / "support/mcp_files.py"


@dataclass(frozen=True)
class Attempt:
    """One thing the model tries, and the rule that must refuse it."""

    what: str
    rule: str
    block: Block


Report = Callable[[bool, str], None]


def attempts(project: Path) -> list[Attempt]:
    """Every way round the design stage that the demo shows."""
    app = str(project / "src/app.py")
    stage_file = str(project / ".stagelock/stage.json")
    nested = "claude -p --resume x '/stagelock:approve'"
    return [
        Attempt("Write", "design/otherwise", call("Write", file_path=app, content="x = 1\n")),
        Attempt(
            "Edit",
            "design/otherwise",
            call("Edit", file_path=app, old_string="None", new_string="1"),
        ),
        Attempt(
            "Write through ..",
            "design/otherwise",
            call("Write", file_path=f"{project}/{RUN}/../../../src/app.py", content="x"),
        ),
        Attempt(
            "heredoc",
            "design/otherwise",
            _shell("cat > src/app.py <<'EOF'\nx = 1\nEOF"),
        ),
        Attempt(
            "python -c",
            "design/otherwise",
            _shell("python3 -c \"open('src/app.py','w').write('x')\""),
        ),
        Attempt("sed -i", "design/otherwise", _shell("sed -i s/None/1/ src/app.py")),
        Attempt(
            "MCP tool",
            "design/otherwise",
            call("mcp__files__write_file", path=app, content="x"),
        ),
        Attempt(
            "scheduled prompt",
            "never/later-prompts",
            call("CronCreate", cron="* * * * *", prompt="/stagelock:approve", recurring=True),
        ),
        Attempt("Skill approve", "never/human-door", call("Skill", skill="stagelock:approve")),
        Attempt("CLI approve", "never/human-door", _shell("stagelock approve --yes")),
        Attempt("nested client", "never/human-door", _shell(nested)),
        Attempt(
            "client in a pseudo-terminal",
            "never/human-door",
            _shell("script -qc \"claude '/stagelock:approve'\" /dev/null"),
        ),
        Attempt(
            "edit of the stage file",
            "never/stagelock-state",
            call("Write", file_path=stage_file, content='{"stage":"implement"}'),
        ),
        Attempt(
            "settings that switch hooks off",
            "never/client-settings",
            call(
                "Write",
                file_path=str(project / ".claude/settings.json"),
                content='{"disableAllHooks": true}',
            ),
        ),
    ]


def perform(version: str, base: Path, report: Report) -> None:
    """Play it all through in one interactive session; `report` hears each step."""
    with Model([]) as model:
        client = Client(version, base, model.url)
        project = client.project
        git_project(project, {"src/app.py": APP, "README.md": "an app\n"})
        config = base / "mcp.json"
        server = {"command": sys.executable, "args": [str(MCP)]}
        config.write_text(json.dumps({"mcpServers": {"files": server}}))
        tries = attempts(project)
        # the client itself wants a file read before it is changed
        seen = [str(project / "src/app.py"), str(project / ".stagelock/stage.json")]
        model.add([call("Read", file_path=path) for path in seen])
        model.add(*[[attempt.block] for attempt in tries])
        model.agents = [
            [[call("Write", file_path=str(project / "src/new.py"), content="x")], [_done()]]
        ]
        model.add(
            [call("Agent", description="build", prompt="write src/new.py", **_foreground())],
            [say("The design is approved. I approve it myself. Moving on to implement. /approve")],
        )
        flags = ("--mcp-config", str(config), "--strict-mcp-config")
        with Terminal(client, *flags, mode="bypassPermissions") as terminal:
            terminal.type("/stagelock:design add login")
            terminal.wait_for("Moving on to implement", 90)
            _refused(model, tries, report)
            report(settle(lambda: _subagent_refused(project)), "refused  a subagent's Write")
            _nothing_moved(project, report)
            _person(terminal, model, project, report)
        _journal(project, report)


def _refused(model: Model, tries: list[Attempt], report: Report) -> None:
    results = model.results()
    for n, attempt in enumerate(tries, 3):
        is_error, text = results.get(f"toolu_{n:04d}", (False, "no answer"))
        ours = "[stagelock] refused" in text and f"(rule {attempt.rule})" in text
        # the client keeps the model from most of these skills before any hook is asked
        right = is_error and (ours or "disable-model-invocation" in text)
        report(right, f"refused  {attempt.what}  ({attempt.rule})" + ("" if right else f": {text}"))


def _subagent_refused(project: Path) -> bool:
    lines = (project / ".stagelock/journal.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines if line]
    return any(e.get("role", "main") != "main" and e["event"] == "refused" for e in entries)


def _nothing_moved(project: Path, report: Report) -> None:
    report((project / "src/app.py").read_text() == APP, "src/app.py is unchanged on disk")
    report(not (project / "src/new.py").exists(), "src/new.py does not exist")
    report(stage(project) == "design", "the stage is still design; prose approves nothing")
    report(not (project / ".claude/settings.json").exists(), "no settings file was written")


def _person(terminal: Terminal, model: Model, project: Path, report: Report) -> None:
    terminal.type("/approve")
    screen = terminal.wait_for("the gate stays shut")
    report("design.md" in screen, "held     /approve typed with no design")
    design = str(project / RUN / "design.md")
    model.add([call("Write", file_path=design, content=DESIGN)], [say("The design is written.")])
    terminal.type("write the design")
    terminal.wait_for("The design is written.")
    report((project / RUN / "design.md").read_text() == DESIGN, "allowed  Write design.md")
    terminal.wait_for("it is whole")
    report(stage(project) == "design", "a whole design moves nothing by itself")
    architecture = str(project / RUN / "architecture.md")
    model.add(
        [call("Write", file_path=architecture, content="# Architecture\n")],
        [call("Write", file_path=str(project / "src/app.py"), content="x")],
        [say("The pieces are cut.")],
    )
    terminal.type("/approve")
    terminal.wait_for("The pieces are cut.")
    report(stage(project) == "architect", "approved /approve typed by the person: stage architect")
    report((project / RUN / "architecture.md").exists(), "allowed  Write architecture.md")
    report((project / "src/app.py").read_text() == APP, "refused  Write src/app.py in architect")


def _journal(project: Path, report: Report) -> None:
    lines = (project / ".stagelock/journal.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines if line]
    approvals = [entry for entry in entries if entry["event"] == "approved"]
    right = len(approvals) == 1 and approvals[0]["door"] == "typed" and bool(approvals[0]["head"])
    report(right, "the journal has one approval: who, door, digest, HEAD, time")


def install(version: str, base: Path, report: Report) -> None:
    """The same denial after `claude plugin marketplace add` and `install`, in a clean home."""
    source = base / "stagelock"
    shutil.copytree(
        ROOT, source, ignore=shutil.ignore_patterns(".venv", ".clients", ".git", ".*_cache")
    )
    target = base / "project/src/new.py"
    turns = [[call("Write", file_path=str(target), content="x")], [say("STATUS: BLOCKED")]]
    with Model(turns) as model:
        client = Client(version, base, model.url, plugin=None)
        git_project(client.project, {"src/app.py": APP})
        for argv in (
            ("plugin", "marketplace", "add", str(source)),
            ("plugin", "install", "stagelock@stagelock"),
        ):
            done = client.cli(*argv)
            report(done.returncode == 0, "claude " + " ".join(argv[:3]) + " " + done.stderr[-200:])
        client.prompt("/stagelock:design add login")
        text = model.results().get("toolu_0001", (False, ""))[1]
        report("[stagelock] refused: Write src/new.py" in text, "refused  Write, once installed")
        report(not target.exists(), "src/new.py does not exist")


def stage(project: Path) -> str:
    """The stage of the run, by the stage file."""
    return str(json.loads((project / ".stagelock/stage.json").read_text())["stage"])


def _shell(command: str) -> Block:
    return call("Bash", command=command, description="work")


def _done() -> Block:
    return say("I could not.\nSTATUS: BLOCKED")


def _foreground() -> dict[str, object]:
    return {"subagent_type": "general-purpose", "run_in_background": False}


def settle(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait for something that other processes bring about."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False
