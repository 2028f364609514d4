"""`stagelock plan`: is a plan whole, and what do other tools' plans become?"""

import hashlib
import json
import subprocess
from pathlib import Path

import click

from stagelock.authoring.config import load_plan_rules
from stagelock.authoring.final_review import review
from stagelock.authoring.plan.check import Judged, Surroundings, check
from stagelock.authoring.plan.foreign import KINDS, UnknownPlan, bring
from stagelock.authoring.plan.foreign.task import File
from stagelock.authoring.source import InvalidWorkflow
from stagelock.authoring.tooling import tooling
from stagelock.store.plan import final, unit_files

from . import here

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def plan() -> None:
    """Check a plan of work units, bring one from another tool, review what came of it."""


@plan.command("check")
@click.argument("file", required=False, type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Mistakes and the compiled plan, as JSON.")
def check_plan(file: Path | None, *, as_json: bool) -> None:
    """Report every mistake of FILE (the live run's plan.md if not given) at file:line."""
    path = file or _of_the_run()
    judged = judge(path)
    mistakes = [str(mistake) for mistake in judged.mistakes]
    if as_json:
        compiled = judged.plan.compiled() if not mistakes else None
        if compiled is not None:
            compiled["tooling"] = tooling(_tree(path))
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        found = {"errors": mistakes, "plan": compiled, "sha256": sha256}
        click.echo(json.dumps(found, indent=1))
    else:
        click.echo("\n".join(mistakes) if mistakes else _whole(judged))
    if mistakes:
        raise SystemExit(1)


@plan.command("import")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--from", "kind", type=click.Choice(list(KINDS)), help="What wrote FILES.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it.")
def import_plan(files: tuple[Path, ...], kind: str | None, out: Path | None) -> None:
    """Turn FILES of another tool into a plan; what could not be placed is told on stderr."""
    if out is not None and out.exists():
        raise click.ClickException(f"{out} is there already; name another file with --out")
    given = [File(path.name, _text(path)) for path in files]
    try:
        text, foreign = bring(given, kind or "")
    except UnknownPlan as error:
        raise click.ClickException(str(error)) from error
    for line in foreign.lost:
        click.echo(line, err=True)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
    left = len(check(text, str(out or "plan.md")).mistakes)
    told = f"{foreign.kind}: {foreign.kept()}; {len(foreign.lost)} things not placed"
    end = f"{left} things to fill in: stagelock plan check {out or 'FILE'}"
    click.echo(f"{told}; {end}", err=True)


@plan.command("review")
@click.argument("file", required=False, type=FILE)
@click.option("--base", default="main", show_default=True, help="What the change is built on.")
@click.option("--leave-out", multiple=True, help="A folder that is no part of the change.")
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON.")
def review_change(
    file: Path | None, base: str, leave_out: tuple[str, ...], *, as_json: bool
) -> None:
    """Find what only shows where the units of FILE meet, in the diff from BASE to HEAD."""
    path = file or _of_the_run()
    judged = judge(path)
    if judged.mistakes:
        told = f"{path} is not whole; mend it first: stagelock plan check {path}"
        raise click.ClickException(told)
    tree = _tree(path)
    inventory = unit_files.read(str(tree), unit_files.INVENTORY) or None
    diff = _diff(tree, base, leave_out)
    findings = [str(f) for f in review(judged.plan.compiled(), diff, inventory)]
    if as_json:
        click.echo(json.dumps({"findings": findings}, indent=1))
    else:
        click.echo("\n".join(findings) or f"nothing found between {base} and HEAD")
    if findings:
        raise SystemExit(1)


@plan.command("report")
def report_run() -> None:
    """Show the final report of the live run: what holds, what is left, `Ready for PR`."""
    tree, state = here.standing()
    if state.get("units") is None:
        raise click.ClickException("no plan of units is carried out here; see: stagelock status")
    text, ready = final.report(here.state_home(), tree, state)
    click.echo(text, nl=False)
    if not ready:
        raise SystemExit(1)


def _diff(tree: Path, base: str, leave_out: tuple[str, ...]) -> str:
    if base.startswith("-"):
        raise click.ClickException(f"`{base}` is no commit; name a branch or a commit with --base")
    between = [base, "HEAD"] if base == final.NOTHING else [f"{base}...HEAD"]
    paths = [".", *[f":(exclude){folder}" for folder in (*leave_out, ".stagelock")]]
    done = subprocess.run(
        [
            "git",
            "diff",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "-M",
            *between,
            "--",
            *paths,
        ],
        cwd=tree,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise click.ClickException(f"git diff from `{base}`: {said}; name another with --base")
    return done.stdout.decode("utf-8", "replace")


def judge(path: Path) -> Judged:
    """Judge a plan as it lies in its tree: with its story, the config and `.env.example`."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{path} is not UTF-8; save the file as UTF-8") from error
    tree = _tree(path)
    story = path.parent / "story.md"
    try:
        rules = load_plan_rules(tree)
    except InvalidWorkflow as error:
        raise click.ClickException(str(error)) from error
    around = Surroundings(
        rules=rules,
        story=_text(story) if story.is_file() else None,
        env_example=_text(tree / ".env.example"),
    )
    return check(text, str(path), around)


def _of_the_run() -> Path:
    tree, state = here.standing()
    path = Path(tree) / state["artifacts_at"] / "plan.md"
    if not path.is_file():
        raise click.ClickException(f"{path} is not there; name a file: stagelock plan check FILE")
    return path


def _tree(path: Path) -> Path:
    """Return the tree the plan belongs to: the nearest folder above with a config or git."""
    folder = path.resolve().parent
    for above in (folder, *folder.parents):
        if (above / ".stagelock").is_dir() or (above / ".git").exists():
            return above
    return folder


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _whole(judged: Judged) -> str:
    units = judged.plan.units
    pauses = sum(len(unit.checkpoints or []) for unit in units)
    endpoints = len(judged.plan.endpoints)
    return f"whole: {len(units)} units, {pauses} checkpoints, {endpoints} endpoints"
