"""The report as one page: no script, nothing fetched, every word from outside shown as text."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from stagelock.core.history import text

from .account import ALARMS, DECIDED, ENOUGH
from .plain import duration, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .account import Account, Stretch

LONGEST = 300
MOST = 200  # rows of a table
SAMPLES = 4  # of what a rule refused

# Every colour of the page, for light and for dark: a test computes the contrast of each pair.
COLOURS = {
    "light": {
        "paper": "#ffffff", "card": "#f6f8fa", "ink": "#1b1f24", "soft": "#57606a",
        "line": "#818b98", "good": "#116329", "warn": "#7d4e00", "bad": "#a40e26",
        "link": "#0550ae",
    },
    "dark": {
        "paper": "#0d1117", "card": "#161b22", "ink": "#e6edf3", "soft": "#9ea7b3",
        "line": "#767f8a", "good": "#56d364", "warn": "#e3b341", "bad": "#ff9492",
        "link": "#79c0ff",
    },
}  # fmt: skip

STYLE = """
*{box-sizing:border-box}
body{margin:0 auto;max-width:68rem;padding:1rem;background:var(--paper);color:var(--ink);
font:16px/1.5 ui-sans-serif,system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}
h2{font-size:1.15rem;margin:2rem 0 .5rem}
p{margin:.4rem 0}
a{color:var(--link)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0;margin:.5rem 0}
code,.mono{font:.9em/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
.soft{color:var(--soft)}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}
.good,.warn,.bad{font-weight:600}
.wide{overflow-x:auto}
.wide:focus-visible,a:focus-visible{outline:3px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;width:100%}
caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;
border-bottom:1px solid var(--line)}
th,td{overflow-wrap:break-word}
td:last-child{overflow-wrap:anywhere;min-width:9rem}
time{display:inline-block;max-width:100%;white-space:nowrap;overflow:hidden;
text-overflow:ellipsis;vertical-align:bottom}
.stays{list-style:none;padding:0;margin:0}
.stays li{background:var(--card);border:1px solid var(--line);border-radius:8px;
padding:.6rem .8rem;margin:.5rem 0}
.bar{position:relative;height:.9rem;margin:.5rem 0 .2rem;background:var(--paper);
border:1px solid var(--line);border-radius:4px;overflow:hidden}
.bar b{position:absolute;inset:0 auto 0 0;background:var(--soft)}
.bar i{position:absolute;top:0;bottom:0;width:2px;background:var(--link)}
.bar i.cap{background:var(--bad)}
svg{max-width:none}
@media print{body{max-width:none}nav{display:none}}
"""

TIMES = ("when", "begun")
WORSE = {"within the target": "good", "over the target": "warn", "over the cap": "bad"}


def page(
    told: list[Account], shown: Account | None, drawing: str, lessons: list[str], made: str
) -> str:
    """Return the whole page: one run in full, and all runs of the tree in a table."""
    title = f"stagelock: {shown.run}" if shown else "stagelock: no run yet"
    sections = _sections(told, shown, drawing, lessons)
    links = "".join(f'<li><a href="#{key}">{name}</a></li>' for key, name, _ in sections)
    body = "".join(
        f'<section aria-labelledby="{key}"><h2 id="{key}">{name}</h2>{inner}</section>'
        for key, name, inner in sections
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{said(title)}</title><style>{_colours()}{STYLE}</style></head><body>"
        f"<header>{_head(shown)}</header>"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>'
        f'<main>{body}</main><footer><p class="soft">Made by stagelock from the journal alone, '
        f"{said(made)}.</p></footer></body></html>\n"
    )


def said(given: object) -> str:
    """Show text from outside as text: escaped, cut, no control characters."""
    return escape(plain(str(given), LONGEST))


def _when(moment: str) -> str:
    """Show a stamp to the minute; the head of the page says that it is UTC."""
    short = moment[:16].replace("T", " ") if moment.endswith("Z") else moment
    return f'<time datetime="{said(moment)}">{said(short)}</time>'


def _colours() -> str:
    sets = {
        name: ";".join(f"--{key}:{value}" for key, value in colours.items())
        for name, colours in COLOURS.items()
    }
    return f":root{{{sets['light']}}}@media (prefers-color-scheme:dark){{:root{{{sets['dark']}}}}}"


def _head(shown: Account | None) -> str:
    if shown is None:
        return "<h1>No run yet</h1><p>Start one: type <code>/work TOPIC</code>.</p>"
    stands = {"done": "done", "abandoned": "abandoned", "": "live"}[shown.ended]
    now = f", in stage <code>{said(shown.stretches[-1].stage)}</code>" if not shown.ended else ""
    topic = f" ({said(shown.topic)})" if shown.topic else ""
    return (
        f"<h1>Run <code>{said(shown.run)}</code>{topic}</h1>"
        f"<p>Workflow <code>{said(shown.workflow)}</code>, begun {_when(shown.began)}: "
        f"<strong>{stands}</strong>{now}. Times are UTC.</p>"
    )


def _sections(
    told: list[Account], shown: Account | None, drawing: str, lessons: list[str]
) -> list[tuple[str, str, str]]:
    if shown is None:
        return []
    return [
        ("chart", "Where the run stands", _scrolling("The workflow", drawing)),
        ("time", "Stages and time", _times(shown.stretches)),
        ("decisions", "Approvals and other decisions", _decisions(shown)),
        ("refusals", "Refusals by rule", _refusals(shown)),
        ("evidence", "Evidence", _evidence(shown)),
        ("units", "Work units", _units(shown)),
        ("agents", "Agents and their statuses", _agents(shown)),
        ("alarms", "What a person should look at", _alarms(shown)),
        ("runs", "All runs in this tree", _runs(told)),
        ("lessons", "What the runs teach", _lessons(told, lessons)),
    ]


def _times(stretches: list[Stretch]) -> str:
    longest = max(max(s.minutes, s.cap) for s in stretches) or 1
    return f'<ol class="stays">{"".join(_stay(s, longest) for s in stretches)}</ol>'


def _stay(stretch: Stretch, longest: float) -> str:
    took = duration(60 * stretch.minutes)
    meant = f"target {stretch.target}m, cap {stretch.cap}m: " if stretch.target else ""
    kind = WORSE.get(stretch.held, "soft")
    left = (
        f"{said(stretch.left)} by {said(stretch.by or 'stagelock')} "
        f"({said(stretch.door or 'no door')}), {_when(stretch.until)}"
        if stretch.left
        else "the run stands here"
        if not stretch.until
        else _when(stretch.until)
    )
    ticks = ""
    if stretch.target:
        ticks = (
            f'<i style="left:{100 * stretch.target / longest:.1f}%"></i>'
            f'<i class="cap" style="left:calc({100 * stretch.cap / longest:.1f}% - 2px)"></i>'
        )
    filled = f"width:{100 * stretch.minutes / longest:.1f}%"
    return (
        f"<li><strong>{said(stretch.stage)}</strong> {took} "
        f'<span class="{kind}">{meant}{stretch.held}</span>'
        f'<div class="bar" aria-hidden="true"><b style="{filled}"></b>{ticks}</div>'
        f'<div class="soft">from {_when(stretch.since)}; {left}{_items(stretch)}</div></li>'
    )


def _items(stretch: Stretch) -> str:
    if not stretch.items:
        return ""
    passed = len(stretch.skipped) + len(stretch.unsaid)
    named = f" ({said(', '.join(stretch.skipped + stretch.unsaid))})" if passed else ""
    return f"; checklist: {passed} of {stretch.items} passed over{named}"


def _decisions(shown: Account) -> str:
    rows = []
    for entry in shown.of(*DECIDED):
        artifacts = entry.get("artifacts")
        named = artifacts.items() if isinstance(artifacts, dict) else ()
        about = [f"{path} {str(digest)[:12]}" for path, digest in named]
        waived = entry.get("waived")
        about += [f"without {what}" for what in (waived if isinstance(waived, list) else [])]
        about += [text(entry, "what")] if text(entry, "event") == "waived" else []
        about += [text(entry, "why")] if text(entry, "why") else []
        about += (
            [f"commits {text(entry, 'unreviewed')} made in it"] if entry.get("unreviewed") else []
        )
        who = f"{text(entry, 'by') or '?'}, {text(entry, 'door') or '?'}"
        rows.append(
            (text(entry, "at"), text(entry, "event"), text(entry, "stage"), who, "; ".join(about))
        )
    return _table("Decisions", ("when", "what", "stage", "who, at which door", "about"), rows)


def _refusals(shown: Account) -> str:
    rows = [
        (rule, times, "; ".join(targets[:SAMPLES]) + (" ..." if len(targets) > SAMPLES else ""))
        for rule, times, targets in shown.refusals()
    ]
    return _table("Refusals", ("rule", "times", "what was refused"), rows)


def _evidence(shown: Account) -> str:
    rows = [
        (
            text(entry, "at"),
            text(entry, "what"),
            "held" if entry.get("exit") == 0 and not text(entry, "why") else "did not hold",
            entry.get("exit", "?"),
            text(entry, "tree")[:12],
            text(entry, "why"),
        )
        for entry in shown.of("evidence")
    ]
    return _table("Evidence", ("when", "check", "held", "exit", "tree id", "why not"), rows)


def _units(shown: Account) -> str:
    rows = [
        (
            text(entry, "at"),
            text(entry, "unit"),
            text(entry, "event"),
            text(entry, "phase") or text(entry, "status"),
            text(entry, "why") or text(entry, "what") or text(entry, "says"),
        )
        for entry in shown.units()
    ]
    return _table("Work units", ("when", "unit", "what", "phase", "about"), rows)


def _agents(shown: Account) -> str:
    rows = [
        (text(e, "at"), text(e, "role"), text(e, "agent"), text(e, "status"), text(e, "why"))
        for e in shown.of("status", "late-status")
    ]
    return _table("Agents", ("when", "role", "agent", "status", "why"), rows)


def _alarms(shown: Account) -> str:
    rows = [
        (text(e, "at"), text(e, "event"), text(e, "stage"), _about(e), text(e, "why"))
        for e in shown.of(*ALARMS)
    ]
    return _table("To look at", ("when", "what", "stage", "about", "why"), rows)


def _about(entry: dict[str, Any]) -> str:
    paths = entry.get("paths")
    named = ", ".join(map(str, paths)) if isinstance(paths, list) else ""
    return named or text(entry, "what") or text(entry, "role")


def _runs(told: list[Account]) -> str:
    rows = [
        (
            account.run,
            account.workflow,
            account.began,
            account.ended or "live",
            duration(60 * sum(s.minutes for s in account.stretches)),
            len(account.of("refused")),
        )
        for account in reversed(told)
    ]
    return _table("Runs", ("run", "workflow", "begun", "ended", "time", "refusals"), rows)


def _lessons(told: list[Account], lessons: list[str]) -> str:
    if lessons:
        return f"<ul>{''.join(f'<li>{said(lesson)}</li>' for lesson in lessons)}</ul>"
    ended = sum(account.ended == "done" for account in told)
    rest = f"after {ENOUGH} of one workflow, what they took is held against their targets."
    return f'<p class="soft">Runs done: {ended}; {rest}</p>'


def _table(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    rows = list(rows)
    if not rows:
        return '<p class="soft">Nothing.</p>'
    head = "".join(f'<th scope="col">{said(cell)}</th>' for cell in heads)
    body = "".join(f"<tr>{_cells(heads, row)}</tr>" for row in rows[-MOST:])
    left = f"<caption>the last {MOST} of {len(rows)}</caption>" if len(rows) > MOST else ""
    table = f"<table>{left}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return _scrolling(name, table)


def _cells(heads: Sequence[str], row: Sequence[Any]) -> str:
    shown = (
        _when(str(cell)) if head in TIMES else said(cell)
        for head, cell in zip(heads, row, strict=True)
    )
    return "".join(f"<td>{cell}</td>" for cell in shown)


def _scrolling(name: str, inner: str) -> str:
    """Wrap what may be wider than a phone; it scrolls by itself, by keyboard too."""
    return f'<div class="wide" role="region" aria-label="{said(name)}" tabindex="0">{inner}</div>'
