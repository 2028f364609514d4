"""`stagelock ci`: do the commits of a range stand on what their notes show?"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import click

from stagelock.authoring.config import load_library
from stagelock.authoring.source import InvalidWorkflow
from stagelock.core.noted import faults, remarks
from stagelock.core.suppressions import scan
from stagelock.store.repository import notes, person_git
from stagelock.store.repository.person_git import GitSaid

from . import here

if TYPE_CHECKING:
    from stagelock.core.model import Check, Settings
    from stagelock.core.noted import Commit
    from stagelock.core.suppressions import Suppression

# where a range of commits begins, if nobody says so: what each service sets, then git's own words
BASES = ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "GITHUB_BASE_REF", "BITBUCKET_PR_DESTINATION_BRANCH")
BRANCHES = ("origin/HEAD", "origin/main", "origin/master")
FETCH = "git fetch origin 'refs/notes/stagelock*:refs/notes/stagelock*'"
PROOF = (
    "A note shows what stagelock saw on the machine that committed. Its digests show that a note "
    "was edited; whoever may push can still write a whole new one, so protect who may."
)
ESCAPED = {c: f"&#{ord(c)};" for c in "\\`*_{}[]<>()#+!|&~@"}
NAMED = 50  # suppressions told one by one


class Told(TypedDict):
    """One commit with what is wrong with it and what is right."""

    commit: Commit
    faults: list[str]
    remarks: list[str]
    shown: list[str]


class Summary(TypedDict):
    """All that is told of a range."""

    base: str
    head: str
    commits: list[Told]
    suppressions: list[Suppression]
    refuses: bool  # whether the project refuses them
    general: list[str]  # what is to be known of the whole range


@click.command()
@click.option("--base", default="", help="Where the range begins; the default branch if not said.")
@click.option("--head", default="HEAD", show_default=True, help="Where it ends.")
@click.option("--markdown", is_flag=True, help="For the summary of a pull request.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--refuse-suppressions", is_flag=True, help="Flag what silences a checker or a test.")
def ci(*, base: str, head: str, markdown: bool, as_json: bool, refuse_suppressions: bool) -> None:
    """Check the commits of BASE..HEAD against their notes; exit status 1 where one is flagged.

    It needs nothing but what was pushed: no client, no hooks, no state of the machine that
    committed. Fetch the notes first: git fetch origin 'refs/notes/stagelock*:refs/notes/stagelock*'
    """
    folder = str(Path.cwd())
    try:
        summary = _look(folder, base, head)
    except GitSaid as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(summary, indent=1))
    else:
        click.echo(_markdown(summary) if markdown else _text(summary))
    flagged = _flagged(summary) or (
        (refuse_suppressions or summary["refuses"]) and summary["suppressions"]
    )
    raise SystemExit(1 if flagged else 0)


def _look(folder: str, base: str, head: str) -> Summary:
    start = _start(folder, base, head)
    end = person_git.run(folder, "rev-parse", "--verify", head + "^{commit}").strip()
    declared, general = _declared(folder, start, end)
    settled = _settings(folder, start) or _settings(folder, end)
    commits = notes.read(folder, start, end)
    if not any(commit["note"] for commit in commits) and commits:
        general.append(f"no commit of the range has a note here; if they were pushed: {FETCH}")
    diff = (
        "diff",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--src-prefix=a/",
        "--dst-prefix=b/",
    )
    return {
        "base": start,
        "head": end,
        "commits": [
            {
                "commit": commit,
                "faults": faults(commit, declared),
                "remarks": remarks(commit),
                "shown": _shown(commit),
            }
            for commit in commits
        ],
        "suppressions": scan(person_git.run(folder, *diff, "-M", start, end)),
        "refuses": settled is not None and settled["suppressions"] == "refuse",
        "general": general + _sealed(commits),
    }


def _start(folder: str, base: str, head: str) -> str:
    """Return the commit after which the range begins."""
    said = [os.environ.get(name, "") for name in BASES]
    guesses = [base] if base else [*(g for s in said if s for g in (s, f"origin/{s}")), *BRANCHES]
    for guess in guesses:
        if guess.startswith("-"):
            break
        found = person_git.ask(folder, "merge-base", guess, head)
        if found:
            return found
    if person_git.ask(folder, "rev-parse", "--is-shallow-repository") == "true":
        raise GitSaid("this clone is shallow; fetch it whole (actions/checkout: fetch-depth: 0)")
    raise GitSaid(
        f"no commit in common with {' or '.join(guesses)}; say where the range begins: "
        "stagelock ci --base REV"
    )


def _declared(folder: str, start: str, end: str) -> tuple[list[Check], list[str]]:
    """Return the checks that count: the base's, so that no change shortens its own list."""
    before, after = _checks(folder, start), _checks(folder, end)
    if before is None:
        told = ["the base declares no checks; what the head declares counts"] if after else []
        return after or [], told
    if after != before:
        return before, ["the range changes the declared checks; those of the base count"]
    return before, []


def _checks(folder: str, commit: str) -> list[Check] | None:
    settings = _settings(folder, commit)
    return (settings["checks"] or None) if settings else None


def _settings(folder: str, commit: str) -> Settings | None:
    text = person_git.ask(folder, "show", f"{commit}:.stagelock/config.yaml")
    if not text:
        return None
    with tempfile.TemporaryDirectory() as place:
        config = Path(place, ".stagelock/config.yaml")
        config.parent.mkdir()
        config.write_text(text, encoding="utf-8", errors="surrogateescape")
        try:
            return load_library(Path(place))["settings"]
        except InvalidWorkflow:
            return None


def _sealed(commits: list[Commit]) -> list[str]:
    """Say how many notes this very machine made, where it has a key to tell by."""
    noted = [commit["note"] for commit in commits if commit["note"]]
    ours = sum(notes.is_sealed_here(here.state_home(), note) for note in noted)
    return [f"{ours} of {len(noted)} notes are sealed with this machine's key"] if ours else []


def _shown(commit: Commit) -> list[str]:
    note = commit["note"]
    if note is None:
        return []
    shown = [f"run {note['run']}, stage {note['stage']} of {note['workflow']}"]
    for check in note["checks"]:
        how = "passed" if check["exit"] == 0 and not check["why"] else f"exit {check['exit']}"
        shown.append(f"{check['check']} {how}: {check['command']}")
    for approval in note["approvals"]:
        by = f"{approval['by']} ({approval['door']}, {approval['at']})"
        shown.append(f"{approval['path']} approved by {by}")
    return shown


def _flagged(summary: Summary) -> list[Told]:
    return [told for told in summary["commits"] if told["faults"]]


def _headline(summary: Summary) -> str:
    count = len(summary["commits"])
    if not count:
        return "stagelock: no commits in the range"
    flagged = len(_flagged(summary))
    silent = len(summary["suppressions"]) if summary["refuses"] else 0
    refused = f", {silent} suppressions refused" if silent else ""
    return f"stagelock: {flagged} of {count} commits flagged{refused}"


def _text(summary: Summary) -> str:
    lines = [_headline(summary), *(f"  {line}" for line in summary["general"])]
    for told in summary["commits"]:
        word = "flagged" if told["faults"] else "holds  "
        lines.append(f"{word}  {told['commit']['id'][:10]} {_one_line(told['commit']['subject'])}")
        lines += [f"         ! {_one_line(why)}" for why in told["faults"]]
        lines += [f"         . {_one_line(why)}" for why in told["remarks"] + told["shown"]]
    if summary["suppressions"]:
        lines.append("silenced by the range:")
        lines += [f"  {_suppressed(found)}" for found in summary["suppressions"][:NAMED]]
    return "\n".join([*lines, PROOF])


def _markdown(summary: Summary) -> str:
    lines = [f"### {_headline(summary)}", ""]
    lines += [f"- {_escaped(line)}" for line in summary["general"]]
    if summary["commits"]:
        lines += ["", "| commit | | what is shown |", "|---|---|---|"]
    for told in summary["commits"]:
        commit = told["commit"]
        word = "**flagged**" if told["faults"] else "holds"
        what = [f"**{_escaped(why)}**" for why in told["faults"]]
        what += [_escaped(why) for why in told["remarks"] + told["shown"]]
        name = f"{commit['id'][:10]} {_escaped(commit['subject'])}"
        lines.append(f"| {name} | {word} | {'<br>'.join(what)} |")
    if summary["suppressions"]:
        lines += ["", "Silenced by the range:", ""]
        lines += [f"- {_escaped(_suppressed(x))}" for x in summary["suppressions"][:NAMED]]
    return "\n".join([*lines, "", PROOF])


def _suppressed(found: Suppression) -> str:
    return _one_line(f"{found['file']}:{found['line']}: {found['what']}: {found['text']}")


def _one_line(text: str) -> str:
    """Keep what an author wrote from moving a terminal's cursor."""
    return "".join(c if c.isprintable() else " " for c in text)


def _escaped(text: str) -> str:
    """Keep what an author wrote from being read as Markdown, HTML or a mention."""
    return "".join(ESCAPED.get(c, c) for c in _one_line(text))
