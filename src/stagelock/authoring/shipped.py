"""What the repository ships ready-made: compiled workflows, the schemas, hooks.json, filters.

`make build` writes them; a test holds them fresh.
"""

import json
from pathlib import Path

from stagelock.store.box import filters

from . import config
from .hooks_file import hooks_file
from .load import load_workflow
from .workflow import json_schema

PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parents[1]
WORKFLOWS = PACKAGE / "workflows"
FILTERS = PACKAGE / "store/box/filters"


def made() -> dict[Path, str]:
    """Return each made file with the content it must have; raises InvalidWorkflow."""
    files = {
        path.with_suffix(".json"): _json(load_workflow(path))
        for path in sorted(WORKFLOWS.glob("*.yaml"))
    }
    files[WORKFLOWS / "workflow.schema.json"] = _json(json_schema())
    files[WORKFLOWS / "config.schema.json"] = _json(config.json_schema())
    files[ROOT / "hooks/hooks.json"] = _json(hooks_file())
    return files


def made_filters() -> dict[Path, bytes]:
    """Return each seccomp program of the read-only box with the bytes it must have."""
    return {FILTERS / name: program for name, program in filters.made().items()}


def stale(files: dict[Path, str]) -> list[Path]:
    """Name the files that are missing or hold something else."""
    return [
        path
        for path, text in files.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main() -> None:
    """Write every made file that is stale."""
    files = made()
    for path in stale(files):
        path.write_text(files[path], encoding="utf-8")
        print(path.relative_to(ROOT))
    FILTERS.mkdir(exist_ok=True)
    for path, program in made_filters().items():
        path.write_bytes(program)


def _json(data: object) -> str:
    return json.dumps(data, indent=1) + "\n"


if __name__ == "__main__":
    main()
