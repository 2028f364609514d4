"""What a workflow file may say, field by field; the published JSON Schema is made from this."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
ROLE = r"^[^,\x00-\x1f\x7f]+$"
TEXT = r"\S"

# what an author reads where a pattern is not met
SAID = {
    NAME: "a name is made of letters, digits, `-`, `_` and `.`",
    ROLE: "a role holds no comma and no control character",
    TEXT: "must hold more than blanks",
}

Name = Annotated[str, Field(min_length=1, pattern=NAME)]
Role = Annotated[str, Field(min_length=1, pattern=ROLE)]
Text = Annotated[str, Field(min_length=1, pattern=TEXT)]


Owed = Literal[
    "reproduction", "cause", "reference", "differences", "hypothesis", "red", "frozen", "green",
    "commit", "committed", "replay",
]  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Artifact(_Strict):
    """A file that a stage owes."""

    path: str = Field(min_length=1, description="Where it lies, inside the run's folder.")
    sections: list[str] = Field(default=[], description="Headings that must hold real text.")
    criteria: bool = Field(
        default=False, description="Whether it must hold numbered acceptance criteria, AC-1 on."
    )
    covers: str | None = Field(
        default=None, description="The artifact whose criteria it must name, each one."
    )
    code: bool = Field(default=True, description="Whether implementation code may stand in it.")


class Rule(_Strict):
    """One line of permission (or, under `never`, of refusal)."""

    id: Name = Field(description="Named in refusals as STAGE/ID.")
    tools: list[str] = Field(default=[], description="Tool groups, or exact tool names.")
    shell: list[str] = Field(default=[], description="Effects a shell command may have.")
    paths: list[str] = Field(default=[], description="Globs that read and edit are limited to.")
    roles: list[Role] = Field(
        default=["*"], min_length=1, description="`main`, agent types, or `*` for all."
    )
    agents: list[Role] = Field(
        default=[],
        description="Agent types that `dispatch` is limited to; `*` is any but stagelock's own.",
    )
    because: Text = Field(description="Why; shown to whoever is refused.")


class Agent(_Strict):
    """What an agent type waits for, and what waits for it."""

    needs: dict[Role, Literal["DONE"]] = Field(
        default={},
        description="Agent types that must have returned DONE, with or without concerns, before"
        " it is sent.",
    )
    closes: list[str] = Field(
        default=[],
        description="Agent types, `edit` or `gate`: what is shut while its status is BLOCKED or"
        " NEEDS_CONTEXT.",
    )
    independent: bool = Field(
        default=False,
        description="Whether it judges by a packet that stagelock writes, anew each time.",
    )
    checks: bool = Field(
        default=False, description="Whether its DONE owes the evidence that the stage owes."
    )


class Minutes(_Strict):
    """How long a stage should take, and how long it may."""

    target: int = Field(gt=0)
    cap: int = Field(gt=0)


class Item(_Strict):
    """One line of a checklist; it may be skipped or run beside others."""

    id: Name
    text: Text


class Step(_Strict):
    """One step of a pipeline; exactly one of `checks`, `writes` and `vcs` says how it is taken."""

    id: Name
    checks: bool = Field(default=False, description="Taken when the stage's checks hold.")
    writes: list[str] = Field(default=[], description="Taken by a change of one of these globs.")
    vcs: str = Field(default="", description="Taken by this command, such as `git push`.")
    optional: bool = Field(default=False, description="Whether it may be left out.")


class Stage(_Strict):
    """A stretch of work with a fixed set of permitted actions."""

    purpose: Text = Field(description="What the stage is for, in one line.")
    produces: Text = Field(description="What it leaves behind, in one line.")
    must_not: Text = Field(description="What is out of scope, in one line.")
    allow: list[Rule] = Field(default=[], description="What is open; everything else is shut.")
    never: list[Rule] = Field(default=[], description="Refused here, whatever opens it.")
    artifacts: list[str] = Field(default=[], description="What must be whole before it ends.")
    gate: Literal["human", "auto"] = Field(description="Who ends it.")
    next: list[str] = Field(description="The stages that may follow; none ends the run.")
    back: str | None = Field(default=None, description="Where /reject leads; unset stays.")
    typed_entry: bool = Field(
        default=True, description="Whether typing the next stage's command is the approval."
    )
    read_first: bool = Field(
        default=False, description="Whether a file must be read before it is changed."
    )
    minutes: Minutes | None = None
    checklist: list[Item] = []
    checks: Literal["all"] | list[Name] = Field(
        default=[], description="Whose evidence it takes to leave: names, or `all` declared ones."
    )
    vcs: dict[Literal["commit", "push", "release"], Literal["checks"]] = Field(
        default={}, description="What stands behind the checks while the stage lasts."
    )
    attempts: int | None = Field(
        default=None,
        gt=0,
        description="How many failed checks before a person decides; unset: three failed claims.",
    )
    owes: list[Owed] = Field(
        default=[], description="What stagelock must have seen of a bug, and of its end."
    )
    commits: str = Field(
        default="",
        description="How the subject of a commit begins here; what is owed stands before it.",
    )
    reviews: Name | None = Field(
        default=None,
        description="The artifact that the agents under `needs` judge here, in rounds: each round"
        " that one of them fails leads `back`, and after `attempts` rounds a person decides. What"
        " they said is written into the other artifact of the stage.",
    )
    steps: list[Step] = Field(
        default=[], description="A pipeline: none is taken before those that stand above it."
    )
    needs: dict[Role, Literal["DONE"]] = Field(
        default={},
        description="Agent types that must have returned DONE, with or without concerns, before"
        " it ends; independent ones on exactly the tree that is there.",
    )


class Workflow(_Strict):
    """A statechart of stages."""

    workflow: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="Its name.")
    summary: Text = Field(description="What it is for, in one line.")
    enter: list[str] = Field(min_length=1, description="Where a run may start; first is usual.")
    artifacts: dict[str, Artifact] = {}
    agents: dict[Role, Agent] = {}
    never: list[Rule] = Field(default=[], description="Refused in every stage.")
    always: list[Rule] = Field(default=[], description="Open in every stage.")
    stages: dict[str, Stage] = Field(min_length=1)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a workflow file."""
    schema = Workflow.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
