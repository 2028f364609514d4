"""The shapes of all data, for the type checker: nothing imports this module at run time."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

# What a call asks for: a kind (a tool group) and what it is aimed at.
Demand = tuple[str, str]


class Rule(TypedDict):
    id: str
    tools: list[str]
    shell: list[str]
    paths: list[str]
    roles: list[str]
    agents: list[str]  # the agent types that `dispatch` is limited to; none: no limit
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


class Check(TypedDict):
    """A named command of the project, as a person declared it and the run pinned it."""

    name: str
    command: str
    timeout: int  # seconds
    gates: list[str]  # which gates need it: stage, commit, push, release
    fast: bool
    coverage: str  # the report it leaves, held against .coverage-thresholds.json; "" for none
    env: list[str]  # variables it is given beyond the usual ones


class Evidence(TypedDict):
    """What came of one check: made by stagelock, on what it ran or saw the client run."""

    check: str
    command: str
    exit: int  # -1 where it was ended, or could not start
    seconds: float
    tail: str
    digest: str  # of the whole output
    before: str  # tree id
    after: str
    why: str  # what speaks against it beside exit and ids: coverage, a timeout; "" for nothing
    how: str  # `ran` by stagelock itself, `seen` run by the client
    program: str  # the file its first word led to
    flaky: bool  # it failed before on this very tree
    run: str
    by: str
    session: str
    at: str
    failing: NotRequired[list[str] | None]  # the tests that failed, None where it is not told
    told: NotRequired[Told]  # what the runner said, where a bug is hunted
    head: NotRequired[str]  # the commit that a replay was of, or the tree id
    against: NotRequired[dict[str, str]]  # what a replay found, by name
    decided: NotRequired[str]  # a person's reason to let it stand


class Told(TypedDict):
    """What a test runner printed, read."""

    runner: str  # "" for one that is not known
    count: int  # how many failed
    failed: list[str]
    passes: int  # how many passed
    passed: list[str] | None  # None where only their number is told
    unmet: dict[str, int]  # how many did not run, by the runner's word for it
    fault: str  # what a test failed on, where that is no assertion
    lines: list[str] | None  # the lines of code that failed, as far as shown; None: hidden


class Attempt(TypedDict):
    """One time that a gate was tried and its checks failed."""

    gate: str
    tree: str
    failed: list[str]
    tried: list[str]  # files changed since the attempt before
    said: str  # the last words of whoever tried
    at: str


class Step(TypedDict):
    """One step of a pipeline; it is taken by checks that hold, a change, or a command."""

    id: str
    checks: bool
    writes: list[str]
    vcs: str
    optional: bool


class AgentOrder(TypedDict):
    """What a role waits for, and what waits for it."""

    needs: dict[str, str]  # role: DONE, which it must have returned
    closes: list[str]  # roles, `edit` or `gate`: shut while this role is BLOCKED or NEEDS_CONTEXT
    independent: bool  # judges by a packet of stagelock's, anew each time, this tree alone
    checks: bool  # whether its DONE owes the evidence that the stage owes


class Role(TypedDict):
    """What one of stagelock's own agents may do at most."""

    tools: list[str]
    shell: list[str]
    edits: Literal["", "artifacts", "any"]
    does: str


class Standing(TypedDict):
    """The last word of a role in this stage."""

    word: str
    why: str
    tree: str  # the tree id it was said of, "" where none was taken
    agent: str
    prompt: str  # digest of what the agent was told
    own: bool  # whether the agent said it, or stagelock for one that said nothing
    at: float


class AgentStyle(TypedDict):
    """How a repository wants its agents."""

    asked: Literal["ours", "all"]  # who owes a status line
    models: dict[str, dict[str, str]]  # role: model and effort


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
    checks: list[str] | Literal["all"]
    vcs: dict[str, str]
    attempts: int | None
    steps: list[Step]
    needs: dict[str, str]  # role: DONE, which it must have returned before the stage ends
    never: list[Rule]  # shut in this stage, whatever opens it
    owes: list[str]  # what stagelock must have seen: cause, hypothesis, red, green, ...
    commits: str  # how the subject of every commit begins that is made here, "" for any
    reviews: str | None  # the artifact that is judged here in rounds


class Policy(TypedDict):
    """A compiled workflow: what a run pins when it starts."""

    format: int
    workflow: str
    summary: str
    enter: list[str]
    artifacts: dict[str, ArtifactSpec]
    agents: dict[str, AgentOrder]
    never: list[Rule]
    always: list[Rule]
    stages: dict[str, Stage]
    tests: NotRequired[list[str]]  # the globs of test files, as the run pinned them
    replay: NotRequired[bool]  # whether tests are run again in copies of the tree


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
    agents: dict[str, AgentOrder]
    roles: list[str]  # agent types that a rule names; any other is held as the main thread
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
    checks: list[str]  # whose evidence it takes
    vcs: dict[str, list[str]]  # commit, push, release: the checks each takes in this stage
    needs: list[str]  # the roles that must have returned DONE
    every_failure: bool  # whether each failed check is an attempt, or only each claim
    attempts: int  # how many may fail before a person decides
    steps: list[Step]
    minutes: Minutes | None
    checklist: list[str]  # the ids of its items
    owes: list[str]  # what stagelock must have seen of a bug, and of its end
    commits: str  # how the subject of every commit must begin
    reviews: str  # the artifact that is judged here in rounds, "" for none
    tests: list[str]  # the globs of test files, where a bug is hunted


class Round(TypedDict):
    """A round of review that failed."""

    sha256: str  # of the document that was judged
    why: str
    at: str


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


class Spot(TypedDict):
    """A folder with a tree id of its own, and its ids before and after a command."""

    root: str  # the tree, or a worktree of a subagent in it
    before: str
    after: str  # "" where it could not be taken


class Taint(TypedDict):
    """A change of the tree that no allowed action explains."""

    spots: list[Spot]
    paths: list[str]  # the first of the files that no rule explains
    count: int
    why: str  # why an id could not be taken
    permits: Permits  # what was open when the command began


class Hypothesis(TypedDict):
    """One attempt to show a cause by a small change, on a snapshot of its scope."""

    n: int
    says: str
    scope: list[str]
    phase: str  # open, undoing, closed
    counts: bool  # whether no person has decided since
    command: str  # the reproduction
    exit: int  # how it ended, -1 where it was not run
    tail: str
    before: str  # the tree id, with what the scope holds of ignored files
    after: str  # the same when the attempt was tested
    paths: list[str]  # what it changed
    kept: str  # the folder where that lies now, "" for nothing
    by: str
    at: str


class Pause(TypedDict):
    """Whom a pause of the rules is for."""

    session: str
    prompt: str  # "" where it is for the whole session


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
    started_head: str  # the one it named when the run began
    revision: int
    artifacts_at: str
    permits: Permits
    exit: Exit
    approved: list[Approved]
    waivers: list[Waiver]
    off_until: float
    off_reason: str
    pause: NotRequired[Pause | None]  # whom the pause is for; None: everyone
    question: Question | None
    code: Code | None
    approval: ApprovalStyle
    declared: dict[str, Declared]
    checks: list[Check]
    evidence: dict[str, Evidence]  # the last of each check, its tail cut
    suppressions: Literal["list", "refuse"]  # what a gate does with checks that a change silences
    base: str  # the tree id when the run began, "" where it was not taken
    began: float
    attempts: list[Attempt]
    escalated: str  # why a person must decide, "" where none must
    steps: list[str]  # those of this stage that are done
    taint: Taint | None
    agents: AgentStyle
    statuses: dict[str, Standing]  # by role
    retries: int  # how often a review sent the work back in this stage
    units: Book | None  # the plan under execution
    cause: NotRequired[str]  # of the bug that is hunted, as it was when its stage was left
    rounds: dict[str, list[Round]]  # by stage: the rounds of review that failed
    simpler: int  # the size that a simpler plan must stay below, 0 where none was asked for
    learnings: bool  # whether what was learnt is committed before the pull request
    hypotheses: list[Hypothesis]
    tripwires: dict[str, int]  # the limits that the run pinned


class Book(TypedDict):
    """The plan that a run pinned, and where its units stand, each by the digest of its file."""

    plan: str
    source: str  # the digest of the document that the plan was compiled from
    now: str
    before: str
    head: str  # the commit that HEAD named when a unit was last let commit
    rounds: int  # of its review, the last of which let it through


class Settings(TypedDict):
    """What `.stagelock/config.yaml` settles, defaults where it is silent."""

    artifacts: str
    approval: ApprovalStyle
    declared: dict[str, Declared]
    checks: list[Check]
    suppressions: Literal["list", "refuse"]
    agents: AgentStyle
    learnings: bool
    tripwires: dict[str, int]
    tests: dict[str, list[str]]  # by language: the globs of test files
    replay: bool


class Declared(TypedDict):
    """What a person declared of one MCP tool: its group and the arguments that carry paths."""

    group: str
    paths: list[str]


class Status(TypedDict):
    """The status line of a reply, read."""

    word: str  # one of the four, "" where there is none
    why: str
    fault: str  # why there is none, "" where there is one


class Cite(TypedDict):
    """One line of evidence in a review."""

    item: str
    path: str
    line: int  # 0 where no place is named
    says: str


class Verdict(TypedDict):
    """A reviewer's verdict, read."""

    word: str  # PASS, FAIL, COMPLIANT or NON-COMPLIANT; "" where there is none
    cites: list[Cite]
    wrong: list[str]  # findings, omissions, over-builds, required fixes
    fault: str  # why it does not count, "" where it does


class Call(TypedDict):
    """One tool call as the gate sees it."""

    tool: str
    role: str
    demands: list[Demand]
    unread: list[str]  # existing files it changes that were not read in this run
    doubt: str  # why the call could not be understood; "" when it was
    at: float  # seconds since the epoch
    session: NotRequired[str]
    prompt: NotRequired[str]


class Findings(TypedDict):
    """What the store noticed when it looked."""

    tamper: str  # rule id, or "" where all is as left
    stale: list[str]  # approved artifacts that are no longer what was approved
    mixed: bool  # whether a call that asks for such a gate does something else beside
    early: str  # which step comes before the one that the call takes, "" where none does
    unverified: list[str]  # why each check that this gate takes does not hold


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
    agent: str
    status: str
    unreviewed: str  # commits made in a stage that makes none
    workflow: str
    policy: str
    minutes: int
    tree: str
    exit: int
    record: str  # the digest of an evidence record
    apart: str  # the worktree that the record speaks of, where it is not the run's own tree
    unit: str
    phase: str  # where the unit stands now
    was: str
    attempt: int
    commit: str
    says: str
    paths: list[str]
    before: str  # tree ids
    after: str
    lines: list[int]  # the first line of a file that was read, and how many; 0: as many as go
    n: int
    prev: str
    seal: str
