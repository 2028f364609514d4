"""Agents of a run as the client reports them: dispatched, started, stopped, returned."""

import json
from typing import Any

from .world import Reply, World

REPORT = "I looked at everything and this is my long report.\n\n"


class Agent:
    """One agent, its events in the order and the shape the client sends them."""

    count = 0

    def __init__(self, world: World, role: str, prompt: str = "go", **more: Any) -> None:
        Agent.count += 1
        self.world = world
        self.role = role if ":" in role or role[:1].isupper() else f"stagelock:{role}"
        self.id = f"a{Agent.count:016x}"
        self.call = f"toolu_{Agent.count}"
        self.cwd = str(world.tree)
        self.given = {"description": "x", "prompt": prompt, "subagent_type": self.role, **more}
        self.sent = self.given

    def dispatch(self, **more: Any) -> Reply:
        """Ask whether it may be sent; keep what it is then told."""
        reply = self.world.tool("Agent", self.given, tool_use_id=self.call, **more)
        changed = reply.json.get("hookSpecificOutput", {}).get("updatedInput")
        self.sent = changed or self.given
        return reply

    def start(self) -> Reply:
        payload = {"agent_id": self.id, "agent_type": self.role, "cwd": self.cwd}
        return self.world.hook("SubagentStart", payload)

    def tool(self, name: str, tool_input: object) -> Reply:
        who = {"agent_id": self.id, "agent_type": self.role, "cwd": self.cwd}
        return self.world.tool(name, tool_input, **who)

    def stop(self, reply: str, **more: Any) -> Reply:
        payload = {
            "agent_id": self.id, "agent_type": self.role, "last_assistant_message": reply,
            "stop_hook_active": False, "background_tasks": [], "cwd": self.cwd, **more,
        }  # fmt: skip
        return self.world.hook("SubagentStop", payload)

    def fail(self) -> Reply:
        payload = {"agent_id": self.id, "agent_type": self.role, "error": "overloaded"}
        return self.world.hook("StopFailure", payload)

    def returns(self, text: str = "", **more: Any) -> Reply:
        """The result arrives in the foreground."""
        response = {
            "status": "completed", "agentId": self.id, "agentType": self.role,
            "prompt": self.sent["prompt"], "content": [{"type": "text", "text": text}], **more,
        }  # fmt: skip
        return self._post(response)

    def launched(self) -> Reply:
        """It works in the background from here."""
        response = {
            "status": "async_launched", "isAsync": True, "agentId": self.id,
            "prompt": self.sent["prompt"],
        }  # fmt: skip
        return self._post(response)

    def _post(self, response: dict[str, Any]) -> Reply:
        payload = {
            "tool_name": "Agent", "tool_input": self.sent, "tool_response": response,
            "tool_use_id": self.call,
        }  # fmt: skip
        return self.world.hook("PostToolUse", payload)

    def work(self, reply: str) -> Reply:
        """Be sent, work and return in the foreground; the reply is what the parent is told."""
        sent = self.dispatch()
        assert not sent.denied, sent.reason
        self.start()
        stopped = self.stop(reply)
        assert stopped.silent, stopped.json
        return self.returns(reply)

    def notified(self, status: str, result: str) -> Reply:
        """The client tells the main thread that a background agent is over."""
        text = (
            f"<task-notification>\n<task-id>{self.id}</task-id>\n<status>{status}</status>\n"
            f"<summary>x</summary>\n<result>{result}</result>\n</task-notification>"
        )
        return self.world.hook("UserPromptSubmit", {"prompt": text})

    def status(self) -> dict[str, Any] | None:
        """What the stage file has of its role."""
        state = json.loads((self.world.tree / ".stagelock/stage.json").read_text())
        found: dict[str, Any] | None = state["statuses"].get(self.role)
        return found
