"""The canary: the person's own client, a run of its own, and attempts that must be refused.

Nothing of the person's is touched, and no model is asked. A stand-in for the model on 127.0.0.1
tells the installed client, with the person's settings and plugins, to write a file and to run a
command that writes one, in the main thread and in a subagent. The run lives in a scratch tree with
a state home of its own; its journal then tells what was refused. Where hooks are off, the client's
own permissions refuse the same calls, in the same scratch tree.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from .found import Found, ill, unknown, well
from .stand_in import Block, StandIn
from .surroundings import client_home

SECONDS = 120
KEY = "sk-ant-api03-the-stand-in-needs-no-real-key-0000000000000000"
WANTED = {(who, tool) for who in ("main", "agent") for tool in ("Write", "Bash")}
# what marks a process as below another client; the canary's client starts afresh
MARKS = ("CLAUDECODE", "CLAUDE_CODE_", "AI_AGENT", "CLAUDE_PROJECT_DIR", "CLAUDE_PLUGIN_")
ELSEWHERE = ("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "ANTHROPIC_AUTH_TOKEN")


def sing(tree: str) -> Found:
    """Play the canary in the installed client and say which of the attempts were refused."""
    program = shutil.which("claude")
    if not program:
        told = "there is no `claude` on PATH"
        return unknown("client", told, "call it where the client is on PATH")
    with tempfile.TemporaryDirectory(prefix="stagelock-canary-") as scratch:
        base = Path(scratch).resolve()
        script = _Script(str(base / "tree"))
        try:
            with StandIn(script.turn) as server:
                said = _play(program, base, server.url, Path(tree))
        finally:
            _forget_session(base / "tree")
        refused = _refused(base / "tree/.stagelock/journal.jsonl")
    return _judged(refused, asked=script.asked, said=said)


def _judged(refused: set[tuple[str, str]], *, asked: int, said: str) -> Found:
    if refused >= WANTED:
        told = "refused an edit and a shell write, in the main thread and in a subagent"
        return well("client", told)
    if not asked:
        told = f"the client never asked the stand-in for a model ({said or 'it said nothing'})"
        return unknown(
            "client", told, "settings may lead it elsewhere; start a run and try a Write"
        )
    if not refused:
        told = "the hooks are OFF in this client: nothing was refused"
        return ill("client", told, "see `settings`, `plugin` and `install` above, then try again")
    passed = ", ".join(sorted(f"{tool} ({who})" for who, tool in WANTED - refused))
    return ill("client", f"not refused: {passed}", "report this with the client's version")


def _play(program: str, base: Path, url: str, tree: Path) -> str:
    """Run one prompt in print mode; return the end of what the client said on its error output."""
    place = base / "tree"
    (place / ".git").mkdir(parents=True)
    (place / ".claude").mkdir()
    for name in ("settings.json", "settings.local.json"):
        if (tree / ".claude" / name).is_file():
            shutil.copy(tree / ".claude" / name, place / ".claude" / name)
    argv = [program, "-p", "/stagelock:design canary", "--permission-mode", "default"]
    argv += ["--max-turns", "12", "--settings", json.dumps({"env": _model_env(url)})]
    argv += ["--output-format", "json"]
    try:
        done = subprocess.run(
            argv,
            cwd=place,
            env=_surroundings(base, url),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"it took more than {SECONDS} seconds"
    except OSError as error:
        return str(error)
    return (done.stderr or done.stdout).strip()[-200:]


def _surroundings(base: Path, url: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(MARKS) and name not in ELSEWHERE
    }
    state = {"XDG_STATE_HOME": str(base / "state"), "PWD": str(base / "tree")}
    near = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return {**kept, **state, **near, **_model_env(url), "DISABLE_AUTOUPDATER": "1"}


def _model_env(url: str) -> dict[str, str]:
    return {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": KEY,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }


def _refused(journal: Path) -> set[tuple[str, str]]:
    found = set()
    for line in journal.read_text().splitlines() if journal.exists() else ():
        entry = json.loads(line) if line else {}
        if entry.get("event") == "refused":
            who = "main" if entry.get("role") == "main" else "agent"
            found.add((who, str(entry.get("tool"))))
    return found


def _forget_session(tree: Path) -> None:
    """Take away the transcript that the client kept of the canary."""
    folder = client_home() / "projects" / re.sub(r"[^A-Za-z0-9]", "-", str(tree))
    shutil.rmtree(folder, ignore_errors=True)


class _Script:
    """What the stand-in says: the attempts in the main thread, then the same in a subagent."""

    def __init__(self, tree: str) -> None:
        attempts = [
            [_call("Write", file_path=f"{tree}/canary.txt", content="canary")],
            [_call("Bash", command=f"echo canary > {tree}/canary.txt", description="canary")],
        ]
        agent = _call(
            "Agent",
            description="canary",
            prompt="canary",
            subagent_type="general-purpose",
            run_in_background=False,
        )
        self.turns = {"main": [*attempts, [agent]], "agent": list(attempts)}
        self.asked = 0

    def turn(self, request: dict[str, Any], agent: str) -> list[Block]:
        """Return the next attempt of whoever asks."""
        self.asked += 1
        if not request.get("tools"):
            return [{"type": "text", "text": "canary"}]
        turns = self.turns["agent" if agent else "main"]
        if not turns:
            return [{"type": "text", "text": "STATUS: BLOCKED — as it should be"}]
        return [{"id": f"toolu_{self.asked:04d}", **block} for block in turns.pop(0)]


def _call(name: str, **given: Any) -> Block:
    return {"type": "tool_use", "name": name, "input": given}
