"""Which group each of the client's tools belongs to, and which argument carries its target.

Every tool is placed on purpose. The names were seen in requests and in the binaries of 2.1.197
and 2.1.329. A tool that is not here belongs to the group `unknown`, which no locked stage allows.
"""

from __future__ import annotations

# kind: read     looks, changes nothing           edit      writes the file in its path argument
#       shell    runs a command                   dispatch  starts or resumes an agent (held too)
#       orchestrate  runs a script of agents      schedule  carries a prompt to a later time
#       publish  leaves the machine               plan      the client's own plan mode
#       worktree makes or discards a work tree    web       reads the network
#       ask      speaks to the person             track     notes in the client's memory only
#       skill    loads a prompt
GROUPS = (
    "read",
    "edit",
    "shell",
    "dispatch",
    "orchestrate",
    "schedule",
    "publish",
    "plan",
    "worktree",
    "web",
    "mcp",
    "ask",
    "track",
    "skill",
    "unknown",
)

EFFECTS = ("read", "run", "vcs", "network", "opaque")

# Groups that leave the tree as it is: open even where the stage file cannot be trusted.
HARMLESS = ("read", "web", "ask", "track", "plan", "skill")

# tool: (group, the argument that names its target, "" where none does)
TOOLS = {
    "Read": ("read", "file_path"),
    "Glob": ("read", "path"),
    "Grep": ("read", "path"),
    "LSP": ("read", "filePath"),
    "ListMcpResourcesTool": ("read", ""),
    "ReadMcpResourceTool": ("read", ""),
    "ReadMcpResourceDirTool": ("read", ""),
    "WaitForMcpServers": ("read", ""),
    "ListAgents": ("read", ""),
    "ReadSkill": ("read", ""),
    "RenderSkill": ("read", ""),
    "CronList": ("read", ""),
    "Write": ("edit", "file_path"),
    "Edit": ("edit", "file_path"),
    "MultiEdit": ("edit", "file_path"),
    "NotebookEdit": ("edit", "notebook_path"),
    "Bash": ("shell", "command"),
    "Monitor": ("shell", "command"),  # runs a shell command under its own name (2.1.329)
    "PowerShell": ("shell", "command"),  # read by `powershell`: a few cmdlets, else opaque
    "REPL": ("shell", ""),  # code, not a command: always opaque
    "Agent": ("dispatch", ""),
    "Task": ("dispatch", ""),
    "SendMessage": ("dispatch", ""),  # resumes an agent, whose calls are held like any other
    "Workflow": ("orchestrate", ""),
    "CronCreate": ("schedule", ""),
    "ScheduleWakeup": ("schedule", ""),
    "RemoteTrigger": ("schedule", ""),
    "SetGoal": ("schedule", ""),
    "ProposeGoal": ("schedule", ""),
    "CronDelete": ("track", ""),  # takes a later prompt away
    "Artifact": ("publish", ""),
    "ArtifactData": ("publish", ""),
    "ArtifactComments": ("publish", ""),
    "ArtifactCheck": ("publish", ""),
    "Projects": ("publish", ""),
    "DesignSync": ("publish", ""),
    "SendUserFile": ("publish", ""),
    "SendFile": ("publish", ""),
    "StageFile": ("publish", ""),
    "PublishPlugin": ("publish", ""),
    "PushNotification": ("ask", ""),
    "EnterPlanMode": ("plan", ""),
    "ExitPlanMode": ("plan", ""),  # the client's plan dialog opens no gate of ours
    "EnterWorktree": ("worktree", ""),
    "ExitWorktree": ("worktree", ""),  # may discard changes
    "WebFetch": ("web", ""),
    "WebSearch": ("web", ""),
    "AskUserQuestion": ("ask", ""),
    "SendUserMessage": ("ask", ""),
    "TodoWrite": ("track", ""),
    "TaskCreate": ("track", ""),
    "TaskGet": ("track", ""),
    "TaskList": ("track", ""),
    "TaskUpdate": ("track", ""),
    "TaskOutput": ("track", ""),
    "TaskStop": ("track", ""),
    "ToolSearch": ("track", ""),
    "ReportFindings": ("track", ""),
    "StructuredOutput": ("track", ""),
    "GetGoal": ("track", ""),
    "PauseGoal": ("track", ""),
    "Skill": ("skill", "skill"),
}


# what a demand that changes a file is called
WRITES = ("edit", "shell-write", "folder")
OURS = "stagelock:"  # how the client names the agents of this plugin


def is_ours(role: str) -> bool:
    """Say whether an agent type is one of stagelock's own, or claims to be."""
    return role.startswith(OURS)


def group(tool: str) -> str:
    """Return the group of a tool by its name as the client spells it."""
    if tool in TOOLS:
        return TOOLS[tool][0]
    return "mcp" if tool.startswith("mcp__") else "unknown"
