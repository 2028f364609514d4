"""What a repository may settle about its plans, in `.stagelock/config.yaml` under `plan`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Glob = Annotated[str, Field(min_length=1)]

# what wants a person's eye wherever it is touched: name: globs
RISKY = {
    "migrations": [
        "**/migrations/**",
        "**/migrate/**",
        "**/alembic/**",
        "**/*.sql",
        "**/schema.prisma",
    ],
    "auth": ["**/auth/**", "**/auth.*", "**/auth_*", "**/*_auth.*", "**/permissions/**"],
}
UI = [
    "**/*.tsx", "**/*.jsx", "**/*.vue", "**/*.svelte", "**/*.html", "**/*.css", "**/components/**",
]  # fmt: skip


class PlanRules(BaseModel):
    """Globs a plan is judged by."""

    model_config = ConfigDict(extra="forbid", strict=True)
    risky: dict[str, list[Glob]] = Field(
        default={},
        description="Name and globs of what wants a checkpoint; added to migrations and auth, "
        "which an empty list switches off.",
    )
    ui: list[Glob] = Field(default=UI, description="Globs of what people see.")
    learnings: bool = Field(
        default=True,
        description="Whether what was learnt is committed before the pull request.",
    )

    def every_risky(self) -> dict[str, list[str]]:
        """Return the shipped names with the repository's own put over them."""
        return {**RISKY, **self.risky}
