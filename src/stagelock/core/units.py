"""The unit loop: implement, validate, review, commit; nothing skipped, nothing merged."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Unit(TypedDict):
        """One work unit of a compiled plan."""

        id: str
        title: str
        spec: str
        done: list[str]
        needs: list[str]  # units that are committed first
        files: list[str]  # globs it may write
        tests: list[str]
        checkpoints: list[str]  # "before", "after"
        kind: str  # "", "ui", "integration"
        expects: list[str]
        provides: list[str]
        services: list[str]

    class Plan(TypedDict):
        """A compiled plan: what a run pins when a person approves it."""

        format: int
        title: str
        units: list[Unit]
        looks: dict[str, str]  # "after WU-001": what the person looks at
        credentials: dict[str, list[str]]  # service: names of environment variables
