"""A model that follows a script, by the stand-in that `stagelock doctor --client` uses as well."""

import json
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, Self

from stagelock.cli.stand_in import Block, StandIn

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
        self._server = StandIn(self.take).__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    @property
    def url(self) -> str:
        """Where the client finds it."""
        return self._server.url

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


def _blocks(request: dict[str, Any], kind: str) -> list[Block]:
    contents = [message.get("content") for message in request.get("messages", [])]
    lists = [content for content in contents if isinstance(content, list)]
    return [block for content in lists for block in content if block.get("type") == kind]


def _flat(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in content or [] if isinstance(part, dict))
