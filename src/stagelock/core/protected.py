"""What no stage of any workflow opens to an agent: the lock's own keys.

Matched without regard to case, because a file system may have none.
"""

from __future__ import annotations

# rule id: (globs over place names, why)
PROTECTED = {
    "never/stagelock-state": (
        (
            "**/.stagelock",
            "**/.stagelock/**",
            "state:/**",
        ),
        "the run's own records and rules are written by stagelock and by people, never by an agent",
    ),
    "never/plugin-files": (
        ("plugin:/**", "client:/plugins/**"),
        "an agent does not change the hooks that hold it",
    ),
    "never/client-settings": (
        (
            "client:/settings*.json",
            "client:/.claude.json",
            "~/.claude.json",
            "**/.claude/settings*.json",
            ".claude/settings*.json",
            ".claude",
            "client:/",
        ),
        "client settings can switch hooks off",
    ),
    "never/git-internals": (
        ("**/.git", "**/.git/**"),
        "files under .git run programs and rewrite history",
    ),
    "never/start-up-files": (
        (
            "~/.bashrc",
            "~/.bash_*",
            "~/.profile",
            "~/.zsh*",
            "~/.zprofile",
            "~/.zlog*",
            "~/.inputrc",
            "~/.config/fish/**",
            "~/.gitconfig",
            "~/.config/git/**",
            "~/.config/pip/**",
            "~/.pip/**",
            "~/.sqliterc",
            "/etc/profile*",
            "/etc/profile.d/**",
            "/etc/bash*",
            "/etc/zsh/**",
        ),
        "every later shell runs it, in any project",
    ),
}

# What a shell command must not so much as name while a run is live, quotes and case removed.
NAMED = (
    ".stagelock/",
    "stagelock/stage.json",
    "journal.jsonl",
    "state/stagelock",
    ".claude/settings",
    ".claude/plugins",
    ".claude.json",
    "disableallhooks",
    "enabledplugins",
)

# Skills by which a person decides: no Skill call and no shell command may reach them.
DOORS = ("approve", "reject", "waive", "off", "abandon")

# How a command goes round the gates of the project itself: rule id, and why
BYPASSES = {
    "skipped-hooks": ("never/skipped-hooks", "the project's hooks are its own gate"),
    "forced-push": ("never/forced-push", "what others have is not taken back by an agent"),
    "rewritten-history": (
        "never/rewritten-history",
        "the commit is on a remote already; make a new one on top of it",
    ),
}
