"""The pictures of README and docs, made from a run that is played for them.

    make pictures              or   python -m tests.pictures

What `stagelock status` and the status line say is drawn as a terminal would show it; the chart is
the one of `stagelock graph --svg`. The report is photographed where a Chromium is at hand.
"""

import json
import os
import shutil
import subprocess
import tempfile
from html import escape
from pathlib import Path

from tests.support.artifacts import PLAN
from tests.support.command import environment, stagelock
from tests.support.journal import whole_run
from tests.support.world import ROOT, SESSION, World

PLACE = ROOT / "docs/pictures"
LETTER, LINE, EDGE = 8.43, 20, 16
INK, PAPER, SOFT = "#e6edf3", "#0d1117", "#9ea7b3"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def main() -> None:
    """Play the run and draw what it shows."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as base:
        world = World(Path(base).resolve(), "shop")
        world.typed("/work add login")
        world.tool("Write", {"file_path": str(world.tree / "src/app.py")})
        world.write("docs/stagelock/add-login/plan.md", PLAN.replace("## Risks", "## Rest"))
        _keep("status-line.svg", terminal([f"  {_status_line(world)}"]))
        world.write("docs/stagelock/add-login/plan.md", PLAN)
        world.typed("/approve")
        said = stagelock(world, "status").stdout.rstrip().splitlines()
        _keep("status.svg", terminal(["$ stagelock status", *said]))
        _keep("graph.svg", stagelock(world, "graph", "--svg").stdout)
    _report()


def terminal(lines: list[str]) -> str:
    """Draw lines of text as a terminal shows them."""
    wide = round(max(len(line) for line in lines) * LETTER + 2 * EDGE)
    high = LINE * len(lines) + 2 * EDGE
    drawn = "".join(
        f'<text x="{EDGE}" y="{EDGE + LINE * n + 14}" fill="{SOFT if line[:1] == "$" else INK}">'
        f"{escape(line)}</text>"
        for n, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
        f'height="{high}" role="img" aria-label="{escape(lines[0])}"><style>text{{white-space:pre;'
        "font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}</style>"
        f'<rect width="{wide}" height="{high}" rx="8" fill="{PAPER}"/>{drawn}</svg>'
    )


def _status_line(world: World) -> str:
    payload = {"session_id": SESSION, "cwd": str(world.tree)}
    done = subprocess.run(
        [str(ROOT / "bin/stagelock"), "statusline", "--", "echo 'Opus  shop  main'"],
        input=json.dumps(payload),
        env=environment(world),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.rstrip("\n")


def _report() -> None:
    """Photograph the report of a tree in which three runs ended."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        print("no Chromium here, so report.png stays as it is")
        return
    runs = [("fix-cart", 1.5), ("rate-limit", 1.8), ("add-login", 1.0)]
    entries = [
        entry
        for n, (name, slow) in enumerate(runs)
        for entry in whole_run(name, f"2026-03-0{n + 1}T09:00:00Z", slow=slow)
    ]
    with tempfile.TemporaryDirectory() as base:
        world = World(Path(base).resolve())
        world.write(".stagelock/journal.jsonl", "\n".join(map(json.dumps, entries)))
        page = world.tree / "report.html"
        stagelock(world, "report", "--out", str(page))
        shot = Path(base) / "report.png"
        flags = ["--headless=new", "--disable-gpu", "--hide-scrollbars", "--window-size=900,1180"]
        flags += ["--no-sandbox"] if os.geteuid() == 0 else []
        argv = [browser, *flags, f"--screenshot={shot}", page.as_uri()]
        subprocess.run(argv, capture_output=True, check=True, timeout=120)
        shutil.copy(shot, PLACE / "report.png")
    print(f"docs/pictures/report.png, by {browser}")


def _keep(name: str, drawn: str) -> None:
    (PLACE / name).write_text(drawn.rstrip("\n") + "\n")
    print(f"docs/pictures/{name}")


if __name__ == "__main__":
    main()
