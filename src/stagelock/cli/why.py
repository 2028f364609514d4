"""`stagelock why`: which stage a file was changed in, who approved, on what evidence."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import click

from stagelock.core.history import at, spans, text
from stagelock.store import journal, records
from stagelock.store.clock import stamp
from stagelock.store.files import digest

from . import here
from .plain import plain

if TYPE_CHECKING:
    from stagelock.core.history import Span

COMMITS = 20  # the newest; more say less


class Commit(TypedDict):
    """One commit that touched the file, as git tells it."""

    commit: str
    at: str
    by: str
    subject: str


@click.command()
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def why(path: str, *, as_json: bool) -> None:
    """Tell what the journal and git know of PATH: stages, approvals, evidence, refusals."""
    full = Path.cwd() / path
    tree = here.live_tree() or here.own_tree()
    name = str(full.resolve())
    if not name.startswith(tree + "/"):
        raise click.ClickException(f"`{plain(path)}` is not in this tree, `{tree}`")
    name = name[len(tree) + 1 :]
    records.settle(here.state_home(), tree)
    told = _told(tree, name, journal.read(tree)[0])
    click.echo(json.dumps(told, indent=1) if as_json else "\n".join(_lines(told)))


def _told(tree: str, name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    found = spans(entries)
    commits = _commits(tree, name)
    return {
        "path": name,
        "changes": [_explained(commit, found, entries) for commit in commits],
        "uncommitted": _uncommitted(tree, name, found),
        "approvals": _approvals(tree, name, entries),
        "refusals": [
            {field: text(e, field) for field in ("at", "run", "stage", "tool", "rule", "role")}
            for e in entries
            if text(e, "event") == "refused" and text(e, "target") == name
        ],
    }


def _explained(commit: Commit, found: list[Span], entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Say which run and stage a commit was made in, and what was approved and seen before it."""
    span = at(found, commit["at"])
    if span is None:
        return {**commit, "run": "", "stage": "", "approved": [], "evidence": []}
    before = [e for e in entries if text(e, "run") == span["run"] and text(e, "at") <= commit["at"]]
    return {
        **commit,
        "run": span["run"],
        "stage": span["stage"],
        "approved": [_approval(e) for e in before if text(e, "event") == "approved"],
        "evidence": [_evidence(e) for e in before if text(e, "event") == "evidence"],
    }


def _approval(entry: dict[str, Any]) -> dict[str, Any]:
    named = {field: text(entry, field) for field in ("stage", "at", "by", "door")}
    return {**named, "artifacts": entry.get("artifacts") or {}, "waived": entry.get("waived") or []}


def _evidence(entry: dict[str, Any]) -> dict[str, Any]:
    fields = ("what", "exit", "why", "at", "stage", "tree")
    return {field: entry[field] for field in fields if field in entry}


def _approvals(tree: str, name: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List the approvals that named this very file, and whether it is still what was approved."""
    file = Path(tree, name)
    now = digest(file.read_bytes()) if file.is_file() else ""
    found = []
    for entry in entries:
        named = entry.get("artifacts")
        if isinstance(named, dict) and name in named and text(entry, "event").startswith("approve"):
            told = _approval(entry)
            found.append(
                {
                    **told,
                    "run": text(entry, "run"),
                    "sha256": named[name],
                    "now": named[name] == now,
                }
            )
    return found


def _uncommitted(tree: str, name: str, found: list[Span]) -> dict[str, str]:
    """Say in which stage the newest change, not in git yet, was made; by the file's own time."""
    file = Path(tree, name)
    if not file.exists() or not _git(tree, "status", "--porcelain", "--ignored", "--", name):
        return {}
    moment = stamp(file.stat().st_mtime)
    span = at(found, moment)
    stood = {"run": span["run"], "stage": span["stage"]} if span else {"run": "", "stage": ""}
    return {"at": moment, **stood}


def _commits(tree: str, name: str) -> list[Commit]:
    said = _git(
        tree, "log", "--follow", f"-{COMMITS}", "--format=%h%x00%ct%x00%an%x00%s", "--", name
    )
    found: list[Commit] = []
    for line in said.splitlines():
        short, when, by, subject = (*line.split("\0"), "", "", "")[:4]
        if when.isdigit():
            found.append({"commit": short, "at": stamp(int(when)), "by": by, "subject": subject})
    return found


def _git(tree: str, *argv: str) -> str:
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "--literal-pathspecs", *argv],
            cwd=tree,
            capture_output=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.decode(errors="replace")


def _lines(told: dict[str, Any]) -> list[str]:
    lines = [plain(told["path"])]
    fresh = told["uncommitted"]
    if fresh:
        lines.append(f"  {fresh['at']}  not committed; {_stood(fresh)}")
    for change in told["changes"]:
        subject = plain(change["subject"], 60)
        lines.append(f"  {change['at']}  {change['commit']} {subject} ({plain(change['by'])})")
        lines.append(f"    {_stood(change)}")
        lines += [f"    approved before: {_said(entry)}" for entry in change["approved"]]
        lines += [f"    evidence before: {_seen(entry)}" for entry in change["evidence"]]
    for entry in told["approvals"]:
        stands = "as it is now" if entry["now"] else "changed since"
        lines.append(f"  approved as {str(entry['sha256'])[:12]}, {stands}: {_said(entry)}")
    for entry in told["refusals"][-5:]:
        lines.append(
            f"  {entry['at']}  refused: {plain(entry['tool'])} in `{plain(entry['stage'])}` "
            f"(rule {plain(entry['rule'])})"
        )
    if len(lines) == 1:
        lines.append("  neither git nor the journal knows it; see: stagelock log")
    return lines


def _stood(change: dict[str, Any]) -> str:
    if not change["run"]:
        return "no run was live"
    return f"in run `{plain(change['run'])}`, stage `{plain(change['stage'])}`"


def _said(entry: dict[str, Any]) -> str:
    waived = f", without {plain(', '.join(map(str, entry['waived'])))}" if entry["waived"] else ""
    who = f"by {plain(entry['by'])} ({plain(entry['door'])}), {plain(entry['at'])}"
    return f"stage `{plain(entry['stage'])}` {who}{waived}"


def _seen(entry: dict[str, Any]) -> str:
    return plain(" ".join(f"{field}={value}" for field, value in entry.items()), 160)
