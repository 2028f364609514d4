"""What stagelock saw of each agent of a run: who it is, what it was sent, how it ended.

One small file per fact, so that hooks running side by side never wait for one another: `start` and
`end` of an agent, `sent` for what it was told, `asked` for how often it was asked for its status,
`reply` for what it had said before, `spoken` for one that was spoken to after it started, `told`
for what the journal has of it, `said` for its whole reply, `read` for its brief,
`work` for the unit it works at.
"""

from __future__ import annotations

import posix

from .files import digest, exists, make_folder, remove, replace, slurp, touch
from .home import run_folder
from .wire import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypedDict

    class Start(TypedDict):
        """Who started, when, and in which stage of which run."""

        agent: str
        role: str
        session: str
        run: str
        stage: str
        at: float

    class Sent(TypedDict):
        """What a dispatch was let through with, or what an agent was really told."""

        role: str
        prompt: str  # digest
        tree: str  # the tree id that its packet speaks of
        ours: bool  # whether what arrived is what stagelock let through

    class Work(TypedDict):
        """What an agent does for a unit; known by its call until the agent itself is."""

        call: str
        unit: str
        judges: bool
        agent: str  # "" until it is known who answers the call
        brief: str  # the file that was written for it
        seal: str  # the digest of that file
        root: str  # the worktree it works in; "" for the run's own tree, `APART` until it is known

    class End(TypedDict):
        """How an agent ended."""

        word: str
        why: str
        own: bool  # whether the agent said so itself
        at: float


def seal(text: object) -> str:
    """Return the digest under which a prompt is known; blanks at its ends do not count."""
    return digest(str(text).strip().encode("utf-8", "replace"))[:32]


def started(home: str, tree: str, start: Start) -> bool:
    """Keep who started. Returns whether the agent had been there before, and is resumed."""
    make_folder(_folder(home, tree))
    resumed = read_start(home, tree, start["agent"]) is not None
    _keep(home, tree, start["agent"], "start", start)
    for fact in ("end", "asked", "reply"):
        remove(_path(home, tree, start["agent"], fact))
    if resumed:
        spoken(home, tree, start["agent"])
    return resumed


def ended(home: str, tree: str, agent: str, end: End) -> None:
    """Keep how an agent ended."""
    make_folder(_folder(home, tree))
    _keep(home, tree, agent, "end", end)


def sent(home: str, tree: str, agent: str, what: Sent) -> None:
    """Keep what an agent was really told."""
    make_folder(_folder(home, tree))
    _keep(home, tree, agent, "sent", what)


def let(home: str, tree: str, call: str, what: Sent) -> None:
    """Keep what a dispatch was let through with, by its call."""
    sent(home, tree, "call " + call, what)


def spoken(home: str, tree: str, agent: str) -> None:
    """Remember that an agent was spoken to after it started."""
    make_folder(_folder(home, tree))
    touch(_path(home, tree, agent, "spoken"))


def was_spoken_to(home: str, tree: str, agent: str) -> bool:
    """Say whether an agent was spoken to after it started."""
    return exists(_path(home, tree, agent, "spoken"))


def asked(home: str, tree: str, agent: str) -> int:
    """Count one more time that an agent is asked for its status; returns how many before."""
    make_folder(_folder(home, tree))
    path = _path(home, tree, agent, "asked")
    before = len(slurp(path)) if exists(path) else 0
    replace(path, b"x" * (before + 1), lasting=False)
    return before


def told(home: str, tree: str, agent: str, word: str, at: float) -> None:
    """Remember that the journal has this end of an agent."""
    replace(_path(home, tree, agent, "told"), (word + " " + str(at)).encode(), lasting=False)


def was_told(home: str, tree: str, agent: str, word: str, at: float) -> bool:
    """Say whether the journal has this end of an agent."""
    try:
        return slurp(_path(home, tree, agent, "told")).decode() == word + " " + str(at)
    except OSError:
        return False


def reply_kept(home: str, tree: str, agent: str, text: str) -> None:
    """Keep the reply that an agent is asked to send again, in case it sends less."""
    replace(_path(home, tree, agent, "reply"), text.encode("utf-8", "replace"))


def lost_reply(home: str, tree: str, agent: str, last: str) -> str:
    """Return the earlier reply of an agent whose last one is much shorter, else ""."""
    try:
        text = slurp(_path(home, tree, agent, "reply")).decode()
    except OSError:
        return ""
    return text if len(last.strip()) * 2 < len(text.strip()) else ""


def said(home: str, tree: str, agent: str, text: str) -> None:
    """Keep the whole reply of an agent, where it is written down for people."""
    replace(_path(home, tree, agent, "said"), text.encode("utf-8", "replace"), lasting=False)


def read_said(home: str, tree: str, agent: str) -> str:
    """Return the whole reply of an agent, "" where it was not kept."""
    try:
        return slurp(_path(home, tree, agent, "said")).decode("utf-8", "replace")
    except OSError:
        return ""


def brief_read(home: str, tree: str, agent: str, path: str) -> None:
    """Remember that an agent read a file that may be its brief."""
    make_folder(_folder(home, tree))
    touch(_path(home, tree, agent, "read-" + seal(path)))


def has_read(home: str, tree: str, agent: str, path: str) -> bool:
    """Say whether an agent itself read a file."""
    return exists(_path(home, tree, agent, "read-" + seal(path)))


def works(home: str, tree: str, call: str, work: Work) -> None:
    """Keep which unit a dispatch is for, by its call and by the brief that was written for it."""
    make_folder(_folder(home, tree))
    _keep(home, tree, "call " + call, "work", work)
    _keep(home, tree, "brief " + work["brief"], "work", work)


def bind(home: str, tree: str, agent: str, work: Work | None) -> None:
    """Bind an agent to the unit it was sent for: once, and one agent for each call."""
    if work is None or read_work(home, tree, agent) is not None:
        return
    held = work_of_call(home, tree, work["call"])
    if held is None or held["agent"] not in ("", agent):
        return
    mine: Work = {**held, "agent": agent}
    _keep(home, tree, "call " + work["call"], "work", mine)
    _keep(home, tree, agent, "work", mine)


def placed(home: str, tree: str, agent: str, root: str) -> None:
    """Keep in which worktree a bound agent works."""
    work = read_work(home, tree, agent)
    if work is not None:
        work["root"] = root
        _keep(home, tree, "call " + work["call"], "work", work)
        _keep(home, tree, agent, "work", work)


def is_forged(tree: str, work: Work) -> bool:
    """Say whether what was written for an agent is not there any more as it was written."""
    try:
        return digest(slurp(tree + "/" + work["brief"])) != work["seal"]
    except OSError:
        return True


def read_work(home: str, tree: str, agent: str) -> Work | None:
    """Return the unit that an agent is bound to, None where it is bound to none."""
    found: Work | None = _read(home, tree, agent, "work")
    return found


def work_of_call(home: str, tree: str, call: str) -> Work | None:
    """Return what a dispatch was for, None where it was for no unit."""
    return read_work(home, tree, "call " + call)


def work_of_brief(home: str, tree: str, brief: str) -> Work | None:
    """Return what a brief was written for."""
    return read_work(home, tree, "brief " + brief)


def read_start(home: str, tree: str, agent: str) -> Start | None:
    """Return who an agent is, None where it was not seen to start."""
    found: Start | None = _read(home, tree, agent, "start")
    return found


def read_end(home: str, tree: str, agent: str) -> End | None:
    """Return how an agent ended, None while it works."""
    found: End | None = _read(home, tree, agent, "end")
    return found


def read_sent(home: str, tree: str, agent: str) -> Sent | None:
    """Return what an agent was told, None where that was not seen."""
    found: Sent | None = _read(home, tree, agent, "sent")
    return found


def read_let(home: str, tree: str, call: str) -> Sent | None:
    """Return what a dispatch was let through with."""
    return read_sent(home, tree, "call " + call)


def working(home: str, tree: str, session: str) -> list[str]:
    """Name the agents of a session that started and have not ended."""
    try:
        files = posix.listdir(_folder(home, tree))
    except OSError:
        return []
    found = []
    for name in sorted(files):
        key, _, fact = name.partition(".")
        if fact != "start" or key + ".end" in files:
            continue
        start: Start | None = _load(_folder(home, tree) + "/" + name)
        if start is not None and start["session"] == session:
            found.append(start["agent"])
    return found


def _keep(home: str, tree: str, agent: str, fact: str, what: Any) -> None:
    # after a power failure no agent works on; what is lost of one reads as not seen
    replace(_path(home, tree, agent, fact), dumps(what).encode(), lasting=False)


def _read(home: str, tree: str, agent: str, fact: str) -> Any:
    return _load(_path(home, tree, agent, fact))


def _load(path: str) -> Any:
    try:
        return loads(slurp(path).decode())
    except (OSError, ValueError):
        return None  # not seen is the cautious reading everywhere


def _folder(home: str, tree: str) -> str:
    return run_folder(home, tree) + "/agents"


def _path(home: str, tree: str, agent: str, fact: str) -> str:
    return _folder(home, tree) + "/" + digest(agent.encode("utf-8", "replace"))[:32] + "." + fact
