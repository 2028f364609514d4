"""hooks.json: one guarded shell line per client event.

Every line first asks, without starting Python, whether a run is live anywhere on this machine. Then
it starts Python isolated (`-I -S`: no site packages, no environment) and, where Python cannot
start or dies, says no by exit status 2, the only status the client takes for a no. Only event names
that 2.1.197 knows may stand here: it drops all hooks of a plugin for one name it does not know.
"""

from typing import Any

LIVE = (
    'case "$XDG_STATE_HOME" in /*) s=$XDG_STATE_HOME;; *) s=$HOME/.local/state;; esac; '
    '[ -d "$s/stagelock/live" ] || [ -e "$CLAUDE_PROJECT_DIR/.stagelock/stage.json" ] || exit 0; '
)
# A pyenv or asdf shim costs eight bare starts, so the system's own interpreter comes first.
START = (
    'p=/usr/bin/python3; [ -x "$p" ] || p=python3; '
    '"$p" -I -S "$CLAUDE_PLUGIN_ROOT/hooks/entry.py" {event} || '
)
# What is wrong, and what a person installs against it: asked only once it went wrong.
CAUSE = (
    "c='python3 3.9 or newer did not start' d=it; "
    """[ -e "$CLAUDE_PLUGIN_ROOT/hooks/entry.py" ] || { c='the plugin is gone from its place' """
    "d='the plugin anew'; }; "
)
# Output on stdout as well: without it the client takes a missing script for no hook at all.
SHUT = (
    "{ " + CAUSE + 'echo "[stagelock] refused: $c, so nothing opens (rule error/no-python); '
    'next: your human installs $d" | tee /dev/stderr; exit 2; }'
)
TOLD = (
    "{ " + CAUSE + r'echo "{\"systemMessage\":\"[stagelock] $c; gates stay shut until you install '
    r'$d\"}"; }'
)

# Tools by which agents are sent, spoken to and stopped.
AGENTS = "Agent|Task|SendMessage|TaskStop"
# Tools that run programs: what they were let do without proof is looked at afterwards.
COMMANDS = "Bash|Monitor|PowerShell|REPL|mcp__.*"

# event: (matcher, whether a live run is needed, what stands after a failure)
EVENTS = {
    "SessionStart": ("", True, TOLD),
    "SessionEnd": ("", True, TOLD),
    "UserPromptSubmit": ("", True, TOLD),
    "UserPromptExpansion": ("^stagelock:", False, SHUT),
    "PreToolUse": ("*", True, SHUT),
    "PostToolUse": ("^(AskUserQuestion|" + AGENTS + "|" + COMMANDS + ")$", True, TOLD),
    "PostToolUseFailure": ("^(Agent|Task|" + COMMANDS + ")$", True, TOLD),
    "SubagentStart": ("", True, TOLD),
    "SubagentStop": ("", True, TOLD),
    "Stop": ("", True, TOLD),
    "StopFailure": ("", True, TOLD),
    "ConfigChange": ("", True, SHUT),
}


def hooks_file() -> dict[str, Any]:
    """Return the content of hooks/hooks.json."""
    return {
        "description": "stagelock: hold the agent inside the stage it is in",
        "hooks": {event: [_entry(event)] for event in EVENTS},
    }


def _entry(event: str) -> dict[str, Any]:
    matcher, needs_run, otherwise = EVENTS[event]
    command = (LIVE if needs_run else "") + START.replace("{event}", event) + otherwise
    entry: dict[str, Any] = {"hooks": [{"type": "command", "command": command}]}
    if matcher:
        entry["matcher"] = matcher
    return entry
