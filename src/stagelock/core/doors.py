"""Did a person open this door? Judged on what was seen of the process that knocked."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Knock(TypedDict):
        """What is known of whoever asks, at a door inside the client."""

        entrypoint: str  # CLAUDE_CODE_ENTRYPOINT: `cli` for an interactive client
        attended: str  # CLAUDE_CODE_SESSION_ATTENDED: "" on 2.1.197, which does not set it
        job: bool  # CLAUDE_JOB_DIR: a background session
        subagent: bool  # the payload carries an agent_id
        source: str  # command_source of a typed command; "plugin" also for the dialog
        clients: int  # client processes among the ancestors; a person's session has one
        marked: bool  # the client itself, or what started it, runs inside another client
        first_prompt: bool  # nothing was typed in this session before


def stranger(knock: Knock) -> str:
    """Return why this cannot have been a person, "" where nothing speaks against it.

    Each line is a way that an agent was seen to knock (2.1.197 and 2.1.329): print mode, a
    background session, a session nested in a Bash call or a pseudo-terminal, a project file that
    shadows the command, an agent file whose `initialPrompt` is the first prompt of a session.
    """
    if knock["subagent"]:
        return "a subagent spoke"
    if knock["source"] != "plugin":
        return "the command comes from `" + knock["source"] + "`, not from stagelock"
    if knock["entrypoint"] != "cli":
        return "the client runs without a person (`claude -p` or an SDK)"
    if knock["job"] or knock["attended"] == "0":
        return "the client runs in the background, with nobody at it"
    if knock["marked"] or knock["clients"] > 1:
        return "this client was started from inside another client, or by a program"
    if knock["clients"] == 0:
        return "the client that sent this cannot be found among the processes"
    if knock["first_prompt"]:
        return "the first prompt of a session may come from a file; type the command once more"
    return ""


def stranger_at_terminal(*, tty: bool, clients: int, marked: bool) -> str:
    """Return why a command in a terminal cannot have come from a person, "" otherwise."""
    if marked or clients > 0:
        return "this terminal was opened from inside the client, or by a program"
    if not tty:
        return "this is not a terminal"
    return ""
