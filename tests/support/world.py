"""A machine of its own for one test: a home, a tree, and hooks run as the client runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from stagelock.authoring.hooks_file import hooks_file

ROOT = Path(__file__).resolve().parents[2]
SESSION = "11111111-2222-3333-4444-555555555555"


class World:
    """A home and a tree; `hook` starts one event through `sh`, from the shipped hooks.json."""

    def __init__(self, base: Path, tree: str = "tree") -> None:
        self.home = base / "home"
        self.tree = base / tree
        self.home.mkdir(parents=True, exist_ok=True)
        self.tree.mkdir(parents=True, exist_ok=True)
        (self.tree / ".git").mkdir(exist_ok=True)
        self.state = self.home / ".local" / "state" / "stagelock"
        self.prompts = 0

    def env(self, **more: str) -> dict[str, str]:
        """The environment of a hook, as a client with a person at it sets it."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "CLAUDE_PROJECT_DIR": str(self.tree),
            "CLAUDE_PLUGIN_ROOT": str(ROOT),
            "CLAUDE_CODE_ENTRYPOINT": "cli",
            "CLAUDECODE": "1",
            **more,
        }

    def hook(
        self,
        event: str,
        payload: dict[str, Any] | bytes,
        env: dict[str, str] | None = None,
        root: Path = ROOT,
    ) -> "Reply":
        """Run the shipped command line of an event on a payload."""
        command = hooks_file()["hooks"][event][0]["hooks"][0]["command"]
        if isinstance(payload, dict):
            full = {"session_id": SESSION, "cwd": str(self.tree), "hook_event_name": event}
            payload = json.dumps({**full, **payload}).encode()
        surroundings = self.env(CLAUDE_PLUGIN_ROOT=str(root)) if env is None else env
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            input=payload,
            capture_output=True,
            env=surroundings,
            cwd=self.tree,
            check=False,
            timeout=60,
        )
        return Reply(done.returncode, done.stdout, done.stderr)

    def tool(self, name: str, tool_input: object, **more: Any) -> "Reply":
        """Ask whether a tool may run."""
        return self.hook("PreToolUse", {"tool_name": name, "tool_input": tool_input, **more})

    def typed(
        self,
        text: str,
        env: dict[str, str] | None = None,
        nested: object = False,
        root: Path = ROOT,
        **more: Any,
    ) -> "Reply":
        """Type a command, as a person in an interactive client (its process faked by name)."""
        command, _, given = text.lstrip("/").partition(" ")
        self.prompts += 1
        payload = {
            "session_id": SESSION,
            "cwd": str(self.tree),
            "hook_event_name": "UserPromptExpansion",
            "prompt_id": f"prompt-{self.prompts}",
            "expansion_type": "slash_command",
            "command_name": f"stagelock:{command}",
            "command_args": given,
            "command_source": "plugin",
            "prompt": text,
            **more,
        }
        surroundings = {"CLAUDE_PLUGIN_ROOT": str(root), **(env or {})}
        return self.hook_in_client("UserPromptExpansion", payload, surroundings, nested)

    def hook_in_client(
        self,
        event: str,
        payload: dict[str, Any],
        env: dict[str, str] | None = None,
        nested: object = False,
    ) -> "Reply":
        """Run a hook as the child of a process that looks like the person's client.

        `nested` starts that client from within another, "scrubbed" with no mark left on it.
        """
        command = hooks_file()["hooks"][event][0]["hooks"][0]["command"]
        client = self.home / "claude"
        if not client.exists():
            client.write_text(
                "import subprocess, sys\n"
                "argv, env = eval(sys.argv[1]), eval(sys.argv[2])\n"
                "sys.exit(subprocess.run(argv, env=env).returncode)\n"
            )
        clean = {"PATH": os.environ["PATH"], "HOME": str(self.home)}
        marks = clean if nested == "scrubbed" else {**clean, "CLAUDECODE": "1"}
        argv = [sys.executable, str(client)]
        inner = [*argv, repr(["/bin/sh", "-c", command]), repr({**self.env(), **(env or {})})]
        done = subprocess.run(
            [*argv, repr(inner), repr(marks)] if nested else inner,
            input=json.dumps(payload).encode(),
            capture_output=True,
            env=clean,
            cwd=self.tree,
            check=False,
            timeout=60,
        )
        return Reply(done.returncode, done.stdout, done.stderr)

    def stage(self) -> str:
        """The stage the run stands in, by the stage file."""
        return str(json.loads((self.tree / ".stagelock/stage.json").read_text())["stage"])

    def stage_file(self) -> dict[str, Any]:
        """The stage file, as it lies there."""
        found: dict[str, Any] = json.loads((self.tree / ".stagelock/stage.json").read_text())
        return found

    def journal(self) -> list[dict[str, Any]]:
        """All journal lines."""
        text = (self.tree / ".stagelock/journal.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines() if line]

    def write(self, path: str, text: str) -> Path:
        """Write a file of the tree, as a person's editor would."""
        full = self.tree / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text)
        return full


class Reply:
    """What a hook process answered."""

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code = code
        self.out = out
        self.err = err.decode(errors="replace")
        self.json: dict[str, Any] = json.loads(out) if out.strip().startswith(b"{") else {}

    @property
    def denied(self) -> bool:
        """Whether the client would refuse the tool call."""
        return self.code == 2 or self._specific.get("permissionDecision") == "deny"

    @property
    def reason(self) -> str:
        """What the agent reads."""
        return str(self._specific.get("permissionDecisionReason") or self.json.get("reason") or "")

    @property
    def silent(self) -> bool:
        """Whether nothing at all was said."""
        return self.code == 0 and self.out == b"" and self.err == ""

    @property
    def context(self) -> str:
        """What the model is told."""
        return str(self._specific.get("additionalContext", ""))

    @property
    def _specific(self) -> dict[str, Any]:
        specific = self.json.get("hookSpecificOutput", {})
        return specific if isinstance(specific, dict) else {}
