"""Git as the person has it: their repository, their configuration, the environment git gave us.

For git hooks and the command line; a tree id is taken with a git directory of our own instead.
"""

from __future__ import annotations


class GitSaid(Exception):  # what happened: git's own words
    """Git ended with an error; the text is what it said."""


def run(folder: str, *words: str, given: str | None = None) -> str:
    """Run git in `folder` and return what it printed; raises GitSaid."""
    import subprocess  # dear, and never on the road of a tool call

    argv = ["git", "-C", folder, *words]
    try:
        done = subprocess.run(
            argv,
            input=(given or "").encode("utf-8", "surrogateescape"),
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise GitSaid("git does not start: " + str(error.strerror)) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise GitSaid("git " + words[0] + ": " + (said or "status " + str(done.returncode)))
    return done.stdout.decode("utf-8", "surrogateescape")


def ask(folder: str, *words: str) -> str:
    """Return what git printed, without its last newline; "" where it has no answer."""
    try:
        return run(folder, *words).rstrip("\n")
    except GitSaid:
        return ""
