"""What a plan says, once it is read: units, endpoints, services, flows, pauses, answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from stagelock.core.plan.units import Plan as CompiledPlan
    from stagelock.core.plan.units import Unit as CompiledUnit

Moment = Literal["before", "after"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    line: int = Field(ge=1, description="Where it stands in the plan.")


class Text(_Strict):
    """A piece of prose."""

    text: str


class Unit(_Strict):
    """The smallest separately verified piece of work."""

    id: str
    title: str
    spec: Text | None = None
    done: list[Text] = []
    needs: list[Text] | None = None
    files: list[Text] = []
    tests: list[Text] = []
    checkpoints: list[Moment] | None = None
    kind: Literal["", "ui", "integration"] = ""
    concerns: list[Text] = []
    expects: list[Text] = []
    provides: list[Text] = []
    services: list[Text] = []
    large_because: Text | None = None
    at: dict[str, int] = Field(default={}, description="The line of each field.")
    blank: list[str] = Field(default=[], description="The fields that are there and say nothing.")

    def where(self, name: str) -> int:
        """Return the line of a field, else the unit's own."""
        return self.at.get(name.lower(), self.line)

    def needed(self) -> list[str]:
        """Name the units it depends on."""
        return [need.text for need in self.needs or []]

    def globs(self) -> list[str]:
        """Return its scope."""
        return [glob.text for glob in self.files]


class Endpoint(_Strict):
    """One endpoint of the API contract."""

    method: str
    path: str
    fields: dict[str, Text] = {}

    @property
    def name(self) -> str:
        """As people say it: `POST /api/todos`."""
        return f"{self.method} {self.path}"


class Entry(_Strict):
    """A named thing with fields: a service, a user flow."""

    name: str
    fields: dict[str, Text] = {}


class Pause(_Strict):
    """A planned pause, and what the person looks at."""

    moment: Moment
    unit: str
    look: str


class Answer(_Strict):
    """An answer of the plan's author to a question that no program can decide."""

    question: str
    answer: str
    reason: str


class Plan(BaseModel):
    """A whole plan."""

    model_config = ConfigDict(extra="forbid", strict=True)
    title: str
    units: list[Unit]
    endpoints: list[Endpoint] = []
    security: dict[str, Text] = {}
    flows: list[Entry] = []
    services: list[Entry] = []
    pauses: list[Pause] = []
    answers: list[Answer] = []
    sections: dict[str, int] = Field(default={}, description="Each section, and its line.")
    prose: dict[str, str] = Field(default={}, description="What a section says outside of fields.")

    def compiled(self) -> CompiledPlan:
        """Return what a hook reads."""
        looks = {f"{pause.moment} {pause.unit}": pause.look for pause in self.pauses}
        return {
            "format": 1,
            "title": self.title,
            "units": [_compiled(unit) for unit in self.units],
            "looks": looks,
            "credentials": {service.name: credentials(service) for service in self.services},
        }


def credentials(service: Entry) -> list[str]:
    """Name the environment variables that a service wants."""
    said = service.fields.get("credentials")
    words = said.text.replace("`", " ").replace(",", " ").split() if said else []
    return [word for word in words if word.isupper() and len(word) > 2 and word.isidentifier()]


def _compiled(unit: Unit) -> CompiledUnit:
    return {
        "id": unit.id,
        "title": unit.title,
        "spec": unit.spec.text if unit.spec else "",
        "done": [item.text for item in unit.done],
        "needs": unit.needed(),
        "files": unit.globs(),
        "tests": [test.text for test in unit.tests],
        "checkpoints": list(unit.checkpoints or []),
        "kind": unit.kind,
        "expects": [item.text for item in unit.expects],
        "provides": [item.text for item in unit.provides],
        "services": [item.text for item in unit.services],
    }
