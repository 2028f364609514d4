"""The report: what it tells, that hostile words stay words, and that anyone can read it."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from stagelock.cli.account import accounts, lessons
from stagelock.cli.drawing import svg
from stagelock.cli.page import COLOURS, page
from stagelock.store import library
from stagelock.store.clock import seconds
from tests.support.command import stagelock
from tests.support.journal import BEGAN, hostile_run, whole_run
from tests.support.world import World

POLICIES = library.library("/nowhere")["policies"]
NOW = seconds(BEGAN) + 86400
VOID = {"meta", "br", "rect", "path", "circle", "i", "b"}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><style>*{display:none}",
    "]]><!--",
    "&lt;b&gt;&#60;",
    "javascript:alert(1)",
    "\u202etxt.exe\x00\x1b[2J\n",
    "https://example.org/x.js",
    "é" * 5000,
]


class Page(HTMLParser):
    """What a browser would see: tags, attributes, text, headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.words = ""
        self.faults: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "rect", "path", "circle"):
            self.open.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.words += data
        if self.headings and self.open and "h" in self.open[-1][:1]:
            level, text = self.headings[-1]
            self.headings[-1] = (level, text + data)


def _page(entries: list[dict[str, Any]]) -> str:
    told = accounts(entries, POLICIES, NOW)
    shown = told[-1] if told else None
    drawing = svg(POLICIES[shown.workflow], {}) if shown and shown.workflow in POLICIES else ""
    return page(told, shown, drawing, lessons(told, POLICIES), BEGAN)


@pytest.fixture(scope="module")
def three() -> str:
    """The page of a tree in which three runs ended."""
    runs = [("fix-cart", 1.5), ("rate-limit", 1.8), ("add-login", 1.0)]
    entries = [
        entry
        for n, (name, slow) in enumerate(runs)
        for entry in whole_run(name, f"2026-03-0{n + 1}T09:00:00Z", slow=slow)
    ]
    return _page(entries)


def test_it_tells_stages_times_approvals_refusals_evidence_and_agents(three: str) -> None:
    words = Page(three).words
    for told in (
        "target 20m, cap 45m: within the target",
        "target 30m, cap 60m: over the target",
        "approved by ada (typed)",
        "docs/stagelock/add-login/plan.md 15ebfd8ba460",
        "prepare/otherwise2Write src/app.py; Bash src/app.py",
        "testsdid not hold19f2c000000002 of 41 failed",
        "testsheld041aa00000000",
        "buildera2BLOCKEDthe schema is not decided",
        "lint; the linter is down today",
        "checklist: 1 of 4 passed over (T3)",
        "attemptimplementvalidatefailed: tests",
        "U1unit-approvedcommit",
        "taintedimplementsrc/planted.py",
    ):
        assert told in words


def test_after_three_runs_it_says_what_to_change(three: str) -> None:
    words = Page(three).words
    assert "`implement` of two-gates took 51 of 30 minutes (3 stays): cut the work smaller" in words
    assert (
        "item T3 of `prepare` (the lead cuts the work into chunks) was passed over in 3 of 3"
        in words
    )
    two = Page(_page(whole_run("a") + whole_run("b"))).words
    assert "Runs done: 2; after 3 of one workflow" in two
    assert "cut the work smaller" not in two


def test_a_rule_that_refuses_again_and_again_is_named() -> None:
    entries = []
    for name in ("a", "b", "c"):
        run = whole_run(name)
        entries += [*run[:4], *([run[1]] * 5), *run[4:]]
    found = lessons(accounts(entries, POLICIES, NOW), POLICIES)
    assert any("rule prepare/otherwise refused 21 times in 3 runs of two-gates" in f for f in found)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(text: str) -> None:
    harmless, hostile = Page(_page(hostile_run("word"))), Page(_page(hostile_run(text)))
    assert hostile.faults == []
    assert _shape(hostile) == _shape(harmless)
    assert "\x1b" not in hostile.words
    assert "\u202e" not in hostile.words
    assert len(hostile.words) < 40_000


def _shape(seen: Page) -> list[tuple[str, tuple[str, ...]]]:
    """Tags and the names of their attributes: what hostile words must not change."""
    return [(tag, tuple(attrs)) for tag, attrs in seen.tags]


def test_nothing_is_fetched_and_no_script_runs(three: str) -> None:
    seen = Page(three)
    assert {tag for tag, _ in seen.tags} & {"script", "link", "img", "iframe", "object"} == set()
    for _, attrs in seen.tags:
        assert not [name for name in attrs if name.startswith("on")]
        assert (attrs.get("href") or "#").startswith("#")
        assert "src" not in attrs
    assert (
        re.findall(r"(?:https?:)?//[^\s\"'<]+", three.replace("http://www.w3.org/2000/svg", ""))
        == []
    )
    assert "url(" not in three
    assert "@import" not in three
    policy = next(a["content"] for t, a in seen.tags if a.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_headings_descend_one_by_one_and_every_link_leads_somewhere(three: str) -> None:
    seen = Page(three)
    assert seen.faults == []
    levels = [level for level, _ in seen.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    ids = {attrs["id"] for _, attrs in seen.tags if "id" in attrs}
    links = {(attrs["href"] or "")[1:] for tag, attrs in seen.tags if tag == "a"}
    assert links == ids
    assert ("html", {"lang": "en"}) in seen.tags


def test_what_scrolls_can_be_reached_by_keyboard_and_has_a_name(three: str) -> None:
    seen = Page(three)
    wide = [attrs for _, attrs in seen.tags if attrs.get("class") == "wide"]
    assert len(wide) >= 6
    assert all(a.get("tabindex") == "0" and a.get("role") and a.get("aria-label") for a in wide)
    for n, (tag, attrs) in enumerate(seen.tags):
        if tag == "th":
            assert attrs.get("scope"), n


def test_it_is_made_for_a_phone_and_for_the_dark(three: str) -> None:
    viewport = next(a for t, a in Page(three).tags if a.get("name") == "viewport")
    assert viewport["content"] == "width=device-width,initial-scale=1"
    assert "@media (prefers-color-scheme:dark)" in three
    assert not re.search(r"width:\d{4,}px|min-width:\d{3,}px", three)


PAIRS = [
    (ink, paper, 4.5)
    for ink in ("ink", "soft", "good", "warn", "bad", "link")
    for paper in ("paper", "card")
] + [("line", "paper", 3.0), ("line", "card", 3.0)]


@pytest.mark.parametrize("mode", COLOURS)
@pytest.mark.parametrize(("one", "other", "least"), PAIRS)
def test_contrast_is_enough(three: str, mode: str, one: str, other: str, least: float) -> None:
    blocks = re.findall(r":root\{([^}]*)\}", three)
    block = blocks[0 if mode == "light" else 1]
    found = dict(pair.split(":") for pair in block.replace("--", "").split(";"))
    assert _contrast(found[one], found[other]) >= least


def test_every_colour_of_the_page_is_one_of_those_whose_contrast_is_known(three: str) -> None:
    style = re.findall(r"<style>(.*?)</style>", three, re.DOTALL)[0]
    named = set(re.findall(r"var\(--(\w+)\)", style))
    assert named <= set(COLOURS["light"])
    beside = re.sub(r":root\{[^}]*\}", "", style)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(", beside) == []


def _contrast(one: str, other: str) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_how_long_a_stage_took_is_said_in_words_beside_the_bar(three: str) -> None:
    for item in re.findall(r"<li><strong>.*?</li>", three):
        assert re.search(r"(within the target|over the target|over the cap|no target)", item)
        assert 'class="bar" aria-hidden="true"' in item


def test_the_page_of_a_live_run_and_of_none(ready: World) -> None:
    ready.tool("Write", {"file_path": str(ready.tree / "src/<b>.py")})
    done = stagelock(ready, "report")
    out = ready.tree / ".stagelock/report.html"
    assert done.stdout.startswith(f"written to {out}")
    html = out.read_text()
    assert "src/&lt;b&gt;.py" in html
    assert "<strong>live</strong>, in stage <code>design</code>" in html
    assert "▶ design" in html
    assert "report.html" in (ready.tree / ".stagelock/.gitignore").read_text()
    assert (
        "no run `nope` in the journal; there are: add-login"
        in stagelock(ready, "report", "--run", "nope").stderr
    )


def test_a_tree_without_runs_has_a_page_that_says_how_to_begin(world: World) -> None:
    html = stagelock(world, "report", "--out", "-").stdout
    assert "No run yet" in html
    assert Page(html).faults == []


def test_torn_and_foreign_lines_do_not_keep_the_page_away(world: World) -> None:
    lines = [json.dumps(entry) for entry in whole_run()]
    lines[3:3] = ['{"event": "ref', "[]", '{"event": 5, "at": [], "artifacts": 7}']
    world.write(".stagelock/journal.jsonl", "\n".join(lines))
    done = stagelock(world, "report", "--out", "-")
    assert done.returncode == 0, done.stderr
    assert "Run <code>add-login</code>" in done.stdout
