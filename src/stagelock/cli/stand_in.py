"""A stand-in for the model: it speaks the Messages API on 127.0.0.1 and says what it is told to.

The canary of `doctor --client` and the tests in the real client give it their own scripts.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

Block = dict[str, Any]  # text, a tool call, or an error of the API instead of a turn
USAGE = {"input_tokens": 10, "output_tokens": 10}


class StandIn(ThreadingHTTPServer):
    """Answers each request with the blocks that `turn(request, agent)` returns.

    `agent` tells subagents apart; it is "" for the main thread. Use as a context manager.
    """

    daemon_threads = True

    def __init__(self, turn: Callable[[dict[str, Any], str], list[Block]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.turn = turn

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        """Where the client finds it."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hung up; it may have been killed on purpose."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: StandIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # the name http.server calls
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
            self._answer(request, self.server.turn(request, agent))
        else:
            self._json({})

    def _answer(self, request: dict[str, Any], blocks: list[Block]) -> None:
        if blocks and blocks[0]["type"] == "error":
            error = {"type": "invalid_request_error", "message": blocks[0]["message"]}
            self._json({"type": "error", "error": error}, blocks[0]["status"])
            return
        stop = "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"
        message = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": request.get("model", "scripted"),
            "stop_sequence": None,
            "usage": USAGE,
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
        end = {"stop_reason": stop, "stop_sequence": None}
        self._event("message_delta", delta=end, usage={"output_tokens": 10})
        self._event("message_stop")
        self.close_connection = True

    def _block(self, index: int, block: Block) -> None:
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
