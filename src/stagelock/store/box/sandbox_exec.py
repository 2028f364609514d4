"""`sandbox-exec` of macOS: a profile for the box. Written from documentation, not tried."""

from __future__ import annotations

import os

PROGRAM = "/usr/bin/sandbox-exec"
PROFILE = (
    "(version 1)",
    "(allow default)",
    "(deny file-write*)",
    '(allow file-write* (subpath (param "PRIVATE")))',
    '(allow file-write* (literal "/dev/null") (literal "/dev/zero"))',
    "(deny signal)",
    "(allow signal (target same-sandbox))",
    # ways to have something started outside
    "(deny appleevent-send)",
    "(deny job-creation)",
    "(deny lsopen)",
)
OFFLINE = "(deny network*)"
# docker, ssh-agent, tmux: but names are looked up through a socket
ONLINE = (
    "(deny network-outbound (remote unix-socket))",
    '(allow network-outbound (literal "/private/var/run/mDNSResponder"))',
)


def enter(folder: str, writable: list[str], *, net: bool, **_landlock: object) -> list[str]:
    """Return the words to put before the command; raises OSError where there is no such program."""
    if not os.access(PROGRAM, os.X_OK):
        raise FileNotFoundError("there is no `" + PROGRAM + "`")
    profile = [*PROFILE, *(ONLINE if net else (OFFLINE,))]
    words = [PROGRAM, "-D", "PRIVATE=" + folder]
    for place in writable:
        name = "OPEN" + str(len(words))
        profile.append('(allow file-write* (subpath (param "' + name + '")))')
        words += ["-D", name + "=" + place]
    return [*words, "-p", "\n".join(profile)]
