"""A stand-in for the model: it speaks the Messages API on 127.0.0.1 and follows a script."""

import json
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

Block = dict[str, Any]
Turn = list[Block]
Script = list[Turn] | Callable[[dict[str, Any]], Turn]


class Result(NamedTuple):
    """What came back for one tool call."""

    id: str
    tool: str
    is_error: bool
    text: str


def say(text: str) -> Block:
    """A piece of text in a turn."""
    return {"type": "text", "text": text}


def call(name: str, **given: Any) -> Block:
    """A tool call in a turn."""
    return {"type": "tool_use", "name": name, "input": given}


def fail(status: int = 400, message: str = "the prompt cannot be answered") -> Block:
    """An error of the API instead of a turn; the client tries none below 500 again."""
    return {"type": "error", "status": status, "message": message}


class Model:
    """Answers each request of the main thread with the next turn, each subagent with its own.

    A script is a list of turns, or a function from request to turn. `turns` is the main thread's;
    `agents` holds the script of the first subagent, the second, and so on, or is a dict from a
    text in a subagent's prompt to its script. When turns run out, the answer is a plain farewell.
    Requests without tools (titles, quota) are answered in passing and take no turn.
    """

    def __init__(self, turns: Script, agents: list[Script] | dict[str, Script] | None = None):
        self.turns = list(turns) if isinstance(turns, list) else turns
        self.agents = agents.copy() if agents else []
        self.requests: list[dict[str, Any]] = []
        self.asides: list[dict[str, Any]] = []
        self._by_agent: dict[str, Script] = {}
        self._lock = threading.Lock()
        self._count = 0

    def __enter__(self) -> Self:
        model: Model = self

        class Handler(_Handler):
            answering = model

        self._server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where the client finds it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def add(self, *turns: list[Block]) -> None:
        """Append turns to the main thread's script."""
        if not isinstance(self.turns, list):
            raise TypeError("this script is a function; it has no turns to add to")
        with self._lock:
            self.turns += turns

    def answers(self) -> list[Result]:
        """Return what came back for each tool call, in the order it came, with the tool's name."""
        tools = {
            block["id"]: block["name"]
            for request in self.requests
            for block in _blocks(request, "tool_use")
        }
        return [Result(key, tools.get(key, "?"), *said) for key, said in self.results().items()]

    def results(self) -> dict[str, tuple[bool, str]]:
        """What came back for each tool call by its id: whether it is an error, and the text."""
        found: dict[str, tuple[bool, str]] = {}
        for request in self.requests:
            for block in _blocks(request, "tool_result"):
                text = _flat(block.get("content"))
                found[block["tool_use_id"]] = (bool(block.get("is_error")), text)
        return found

    def heard(self) -> str:
        """Everything the model was sent in its turns, as one text."""
        return json.dumps(self.requests)

    def take(self, request: dict[str, Any], agent: str) -> list[Block]:
        """Return the turn for a request."""
        with self._lock:
            if not request.get("tools"):
                self.asides.append(request)
                return [say("stagelock")]
            self.requests.append(request)
            if not agent:
                turn = _next(self.turns, request, "Nothing more.")
            else:
                if agent not in self._by_agent:
                    self._by_agent[agent] = self._script_for(request)
                turn = _next(self._by_agent[agent], request, "STATUS: DONE")
            return [self._named(block) for block in turn]

    def _script_for(self, request: dict[str, Any]) -> Script:
        if isinstance(self.agents, list):
            return self.agents.pop(0) if self.agents else []
        asked = json.dumps(request.get("messages"), ensure_ascii=False)
        return next((script for text, script in self.agents.items() if text in asked), [])

    def _named(self, block: Block) -> Block:
        if block["type"] != "tool_use":
            return block
        self._count += 1
        return {"id": f"toolu_{self._count:04d}", **block}


def _next(script: Script, request: dict[str, Any], farewell: str) -> Turn:
    if not isinstance(script, list):
        return script(request)
    return script.pop(0) if script else [say(farewell)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hung up; it may have been killed on purpose."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    answering: Model
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._json({"data": []})

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = json.loads(body or b"{}")
        if "count_tokens" in self.path:
            self._json({"input_tokens": 10})
        elif "/v1/messages" in self.path:
            agent = self.headers.get("x-claude-code-agent-id") or _unnamed_agent(request)
            self._answer(request, self.answering.take(request, agent))
        else:
            self._json({})

    def _answer(self, request: dict[str, Any], blocks: list[Block]) -> None:
        if blocks and blocks[0]["type"] == "error":
            error = {"type": "invalid_request_error", "message": blocks[0]["message"]}
            self._json({"type": "error", "error": error}, blocks[0]["status"])
            return
        stop = "tool_use" if any(b["type"] == "tool_use" for b in blocks) else "end_turn"
        message = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": request.get("model", "scripted"),
            "stop_sequence": None,
            "usage": {"input_tokens": 10, "output_tokens": 10},
        }
        if not request.get("stream"):
            self._json({**message, "content": blocks, "stop_reason": stop})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        start = {**message, "content": [], "stop_reason": None}
        self._event("message_start", {"message": start})
        for index, block in enumerate(blocks):
            empty: Block = (
                {**block, "text": ""} if block["type"] == "text" else {**block, "input": {}}
            )
            delta = (
                {"type": "text_delta", "text": block["text"]}
                if block["type"] == "text"
                else {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            )
            self._event("content_block_start", {"index": index, "content_block": empty})
            self._event("content_block_delta", {"index": index, "delta": delta})
            self._event("content_block_stop", {"index": index})
        end = {
            "delta": {"stop_reason": stop, "stop_sequence": None},
            "usage": {"output_tokens": 10},
        }
        self._event("message_delta", end)
        self._event("message_stop", {})
        self.close_connection = True

    def _event(self, kind: str, data: dict[str, Any]) -> None:
        text = json.dumps({"type": kind, **data})
        self.wfile.write(f"event: {kind}\ndata: {text}\n\n".encode())
        self.wfile.flush()

    def _json(self, data: object, status: int = 200) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the terminal quiet."""


def _unnamed_agent(request: dict[str, Any]) -> str:
    """Return a name for a subagent that only the billing line of its system prompt gives away."""
    if "cc_is_subagent=true" not in json.dumps(request.get("system")):
        return ""
    return "unnamed " + json.dumps(request["messages"][0])


def _blocks(request: dict[str, Any], kind: str) -> list[Block]:
    contents = [message.get("content") for message in request.get("messages", [])]
    lists = [content for content in contents if isinstance(content, list)]
    return [block for content in lists for block in content if block.get("type") == kind]


def _flat(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in content or [] if isinstance(part, dict))
