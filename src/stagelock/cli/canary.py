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
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .found import Found, ill, unknown, well
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
        server = _server(str(base / "tree"))
        try:
            said = _play(program, base, server, Path(tree))
        finally:
            server.shutdown()
            server.server_close()
            _forget_session(base / "tree")
        refused = _refused(base / "tree/.stagelock/journal.jsonl")
    return _judged(refused, asked=server.asked, said=said)


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


def _play(program: str, base: Path, server: _Server, tree: Path) -> str:
    """Run one prompt in print mode; return the end of what the client said on its error output."""
    place = base / "tree"
    (place / ".git").mkdir(parents=True)
    (place / ".claude").mkdir()
    for name in ("settings.json", "settings.local.json"):
        if (tree / ".claude" / name).is_file():
            shutil.copy(tree / ".claude" / name, place / ".claude" / name)
    argv = [program, "-p", "/stagelock:design canary", "--permission-mode", "default"]
    argv += ["--max-turns", "12", "--settings", json.dumps({"env": _model_env(server)})]
    argv += ["--output-format", "json"]
    try:
        done = subprocess.run(
            argv,
            cwd=place,
            env=_surroundings(base, server),
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


def _surroundings(base: Path, server: _Server) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(MARKS) and name not in ELSEWHERE
    }
    state = {"XDG_STATE_HOME": str(base / "state"), "PWD": str(base / "tree")}
    near = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return {**kept, **state, **near, **_model_env(server), "DISABLE_AUTOUPDATER": "1"}


def _model_env(server: _Server) -> dict[str, str]:
    return {
        "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_address[1]}",
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


class _Server(ThreadingHTTPServer):
    """A stand-in for the model, for one client."""

    daemon_threads = True
    asked = 0
    turns: dict[str, list[list[dict[str, Any]]]]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is none of our business."""


def _server(tree: str) -> _Server:
    server = _Server(("127.0.0.1", 0), _StandIn)
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
    server.turns = {"main": [*attempts, [agent]], "agent": list(attempts)}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _call(name: str, **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "name": name, "input": given}


class _StandIn(BaseHTTPRequestHandler):
    """Speaks as much of the Messages API as one print-mode session needs."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # the name http.server calls
        self._json({"data": []})

    def do_HEAD(self) -> None:
        self._json({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = json.loads(body or b"{}")
        if "count_tokens" in self.path:
            self._json({"input_tokens": 10})
        elif "/v1/messages" in self.path:
            self._answer(request, self._turn(request))
        else:
            self._json({})

    def _turn(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        self.server.asked += 1
        if not request.get("tools"):
            return [{"type": "text", "text": "canary"}]
        is_agent = self.headers.get("x-claude-code-agent-id") or (
            "cc_is_subagent=true" in json.dumps(request.get("system"))
        )
        turns = self.server.turns["agent" if is_agent else "main"]
        if not turns:
            return [{"type": "text", "text": "STATUS: BLOCKED — as it should be"}]
        return [{"id": f"toolu_{self.server.asked:04d}", **block} for block in turns.pop(0)]

    def _answer(self, request: dict[str, Any], blocks: list[dict[str, Any]]) -> None:
        stop = "tool_use" if blocks[0]["type"] == "tool_use" else "end_turn"
        message = {
            "id": "msg_canary",
            "type": "message",
            "role": "assistant",
            "model": request.get("model", "canary"),
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
        if not request.get("stream"):
            self._json({**message, "content": blocks, "stop_reason": stop})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self._event("message_start", message={**message, "content": [], "stop_reason": None})
        for index, block in enumerate(blocks):
            self._block(index, block)
        self._event(
            "message_delta",
            delta={"stop_reason": stop, "stop_sequence": None},
            usage={"output_tokens": 1},
        )
        self._event("message_stop")
        self.close_connection = True

    def _block(self, index: int, block: dict[str, Any]) -> None:
        is_text = block["type"] == "text"
        empty = {**block, "text": ""} if is_text else {**block, "input": {}}
        delta = (
            {"type": "text_delta", "text": block["text"]}
            if is_text
            else {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        )
        self._event("content_block_start", index=index, content_block=empty)
        self._event("content_block_delta", index=index, delta=delta)
        self._event("content_block_stop", index=index)

    def _event(self, kind: str, **data: Any) -> None:
        text = json.dumps({"type": kind, **data})
        self.wfile.write(f"event: {kind}\ndata: {text}\n\n".encode())
        self.wfile.flush()

    def _json(self, data: object) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the terminal quiet."""
