"""The shapes of all data, for the type checker: nothing imports this module at run time."""

from __future__ import annotations

from typing import Literal, TypedDict

# What a call asks for: a kind (a tool group) and what it is aimed at.
Demand = tuple[str, str]


class Rule(TypedDict):
    id: str
    tools: list[str]
    shell: list[str]
    paths: list[str]
    roles: list[str]
    because: str


class ArtifactSpec(TypedDict):
    path: str
    sections: list[str]
    criteria: bool
    covers: str | None
    code: bool


class Minutes(TypedDict):
    target: int
    cap: int


class ChecklistItem(TypedDict):
    id: str
    text: str


class Stage(TypedDict):
    purpose: str
    produces: str
    must_not: str
    allow: list[Rule]
    artifacts: list[str]
    gate: Literal["human", "auto"]
    next: list[str]
    back: str | None
    typed_entry: bool
    read_first: bool
    minutes: Minutes | None
    checklist: list[ChecklistItem]


class Policy(TypedDict):
    """A compiled workflow: what a run pins when it starts."""

    format: int
    workflow: str
    summary: str
    enter: list[str]
    artifacts: dict[str, ArtifactSpec]
    never: list[Rule]
    always: list[Rule]
    stages: dict[str, Stage]


class Index(TypedDict):
    """Rules by what they speak of, so that a decision looks up instead of searching."""

    tools: dict[str, list[tuple[str, list[str]]]]  # tool or group: (rule id, roles)
    shell: dict[str, list[tuple[str, list[str]]]]  # effect: (rule id, roles)
    # group: first path segment (or "*"): lines of glob, rule id and roles, parted by tabs. Text,
    # because a string costs next to nothing to load until a call asks for its folder.
    paths: dict[str, dict[str, str]]


class Permits(TypedDict):
    """The permissions of one stage, compiled for one run."""

    stage: str
    never: Index
    allow: Index
    because: dict[str, str]
    open: list[str]  # what a refusal names as open here
    read_first: bool


class OwedArtifact(ArtifactSpec):
    name: str


class Exit(TypedDict):
    """What leaving the stage needs."""

    artifacts: list[OwedArtifact]
    gate: Literal["human", "auto"]
    next: list[str]
    back: str | None
    typed_entry: bool


class Approved(TypedDict):
    """One artifact as a person approved it."""

    stage: str
    artifact: str
    path: str
    sha256: str
    size: int
    ctime_ns: int  # when the file last changed in any way; unlike mtime nobody can set it


class Waiver(TypedDict):
    what: str
    reason: str
    at: str
    by: str


class Question(TypedDict):
    """The dialog stagelock wrote, waiting for its answer."""

    text: str
    digest: str
    session: str
    call: str  # the tool call that carried it


class Code(TypedDict):
    """A one-time code that only the person was shown."""

    seal: str
    digest: str
    until: float


class ApprovalStyle(TypedDict):
    doors: list[str]
    code: bool


class Taint(TypedDict):
    """A change of the tree that no allowed action explains."""

    before: str  # the tree id before the command
    after: str  # and then, "" where it could not be taken
    paths: list[str]  # the first of the files that no rule explains
    count: int
    why: str  # why the id could not be taken
    permits: Permits  # what was open when the command began


class State(TypedDict):
    """The stage file: where a run stands, and the permissions of that place."""

    format: int
    run: str
    topic: str
    workflow: str
    policy: str
    stage: str
    entered: str
    entered_head: str  # the commit that HEAD named then
    revision: int
    artifacts_at: str
    permits: Permits
    exit: Exit
    approved: list[Approved]
    waivers: list[Waiver]
    off_until: float
    off_reason: str
    question: Question | None
    code: Code | None
    approval: ApprovalStyle
    declared: dict[str, Declared]
    taint: Taint | None


class Declared(TypedDict):
    """What a person declared of one MCP tool: its group and the arguments that carry paths."""

    group: str
    paths: list[str]


class Call(TypedDict):
    """One tool call as the gate sees it."""

    tool: str
    role: str
    demands: list[Demand]
    unread: list[str]  # existing files it changes that were not read in this run
    doubt: str  # why the call could not be understood; "" when it was
    at: float  # seconds since the epoch


class Findings(TypedDict):
    """What the store noticed when it looked."""

    tamper: str  # rule id, or "" where all is as left
    stale: list[str]  # approved artifacts that are no longer what was approved


class Decision(TypedDict):
    allow: bool
    rule: str
    because: str
    kind: str
    target: str


class Problem(TypedDict):
    """One thing an artifact lacks; `what` is the word `/waive` takes."""

    what: str
    why: str


class Artifact(TypedDict):
    """An artifact as it lies on disk."""

    name: str
    path: str
    text: str | None
    sha256: str
    size: int
    ctime_ns: int


class Person(TypedDict):
    """Who acted, by which door, and when."""

    by: str
    door: str
    session: str
    at: str
    now: float
    head: str


class Entry(TypedDict, total=False):
    """One line of the journal."""

    event: str
    run: str
    stage: str
    at: str
    by: str
    door: str
    session: str
    head: str
    why: str
    what: str
    rule: str
    tool: str
    role: str
    target: str
    to: str
    revision: int
    artifacts: dict[str, str]
    waived: list[str]
    unreviewed: str  # commits made in a stage that makes none
    workflow: str
    policy: str
    minutes: int
    paths: list[str]
    before: str  # tree ids
    after: str
    n: int
    prev: str
    seal: str
