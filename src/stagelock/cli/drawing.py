"""A workflow's chart as SVG: boxes in columns, ways between them; readable in light and in dark."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

from .chart import END, columns, ways

if TYPE_CHECKING:
    from stagelock.core.model import Policy

    from .chart import Way

LETTER = 8.4  # the width of a letter of a stage's name, about
SMALL = 6.6
HIGH, GAP_X, GAP_Y, EDGE = 58, 66, 26, 16
ABOVE = 24  # how far above a box the dot stands from which a run may enter it
DEEP = 26  # how far below the boxes a way back runs, and how far apart two of them

# said beside the name, so that no colour is needed to see it
MARKS = {"here": "▶ ", "done": "✓ ", "": ""}

STYLE = """
.chart{--ink:#1b1f24;--soft:#57606a;--line:#6e7781;--paper:#ffffff;--here:#0a3069;--hue:#ddf4ff}
@media (prefers-color-scheme:dark){
.chart{--ink:#e6edf3;--soft:#9ea7b3;--line:#8b949e;--paper:#0d1117;--here:#79c0ff;--hue:#10263e}}
.chart text{font:15px ui-sans-serif,system-ui,sans-serif;fill:var(--ink)}
.chart .small{font-size:11.5px;fill:var(--soft)}
.chart rect{fill:var(--paper);stroke:var(--line);stroke-width:1.2}
.chart .here rect{stroke:var(--here);stroke-width:3;fill:var(--hue)}
.chart .here .small{fill:var(--ink)}
.chart .here .name{font-weight:700}
.chart path{fill:none;stroke:var(--line);stroke-width:1.4}
.chart .tip{fill:var(--line);stroke:none}
.chart .dot{fill:var(--line)}
"""


class Box(NamedTuple):
    """Where one stage is drawn."""

    x: float
    y: float
    wide: float

    @property
    def right(self) -> float:
        return self.x + self.wide

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.wide / 2, self.y + HIGH / 2


def svg(policy: Policy, marks: dict[str, str]) -> str:
    """Draw a workflow; `marks` says of a stage that the run is `here`, or that it is `done`."""
    boxes, width, floor = _layout(policy)
    backs = [way for way in ways(policy) if way.is_back]
    over = [way for way in ways(policy) if not way.is_back and _skips(policy, way)]
    top = DEEP * len(over) + (8 if over else 0)
    top = max(top, ABOVE) if any(boxes[stage].x > EDGE + 24 for stage in policy["enter"]) else top
    height = floor + DEEP * len(backs) + EDGE + (10 if backs else 0)
    drawn = [_start(boxes[stage]) for stage in policy["enter"]]
    for way in ways(policy):
        if way in backs:
            drawn.append(_below(boxes, way, floor + DEEP * (backs.index(way) + 0.7)))
        elif way in over:
            drawn.append(_above(boxes, way, width, floor, -DEEP * (over.index(way) + 0.5)))
        elif way.to == END:
            drawn.append(_line(boxes[way.start].right, boxes[way.start].middle[1], width - 30,
                               _end_at(floor), way.word))  # fmt: skip
        else:
            drawn.append(_line(boxes[way.start].right, boxes[way.start].middle[1],
                               boxes[way.to].x, boxes[way.to].middle[1], way.word))  # fmt: skip
    drawn += [_box(policy, stage, box, marks.get(stage, "")) for stage, box in boxes.items()]
    drawn.append(_end(width, floor))
    name = escape(policy["workflow"])
    view = f"0 {-top} {width:.0f} {height + top:.0f}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="{view}" '
        f'width="{width:.0f}" height="{height + top:.0f}" role="img" '
        f'aria-label="{_said(policy, marks)}">'
    )
    return "\n".join([head, f"<title>{name}</title>", f"<style>{STYLE}</style>", *drawn, "</svg>"])


def _layout(policy: Policy) -> tuple[dict[str, Box], float, float]:
    """Return the boxes, the width of the whole, and where the boxes end below."""
    boxes = {}
    x = EDGE + 24.0
    stages = columns(policy)
    tallest = max(len(column) for column in stages)
    for column in stages:
        wide = max(_wide(policy, stage) for stage in column)
        y = EDGE + (tallest - len(column)) * (HIGH + GAP_Y) / 2
        for stage in column:
            boxes[stage] = Box(x, y, wide)
            y += HIGH + GAP_Y
        x += wide + GAP_X
    return boxes, x + 30, EDGE + tallest * (HIGH + GAP_Y) - GAP_Y


def _wide(policy: Policy, stage: str) -> float:
    lines = [LETTER * (len(stage) + 2), SMALL * len(_owes(policy, stage)), SMALL * 16]
    return max(lines) + 24


def _owes(policy: Policy, stage: str) -> str:
    names = policy["stages"][stage]["artifacts"]
    return "owes " + ", ".join(names) if names else "owes no file"


def _gate(policy: Policy, stage: str) -> str:
    return (
        "a person ends it" if policy["stages"][stage]["gate"] == "human" else "ends by its status"
    )


def _box(policy: Policy, stage: str, box: Box, mark: str) -> str:
    x, _ = box.middle
    name = escape(MARKS[mark] + stage)
    kind = f' class="{mark}"' if mark else ""
    return (
        f"<g{kind}><title>{escape(policy['stages'][stage]['purpose'])}</title>"
        f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{box.wide:.0f}" height="{HIGH}" rx="8"/>'
        f"{_text(x, box.y + 21, name, 'name')}"
        f"{_text(x, box.y + 37, escape(_owes(policy, stage)), 'small')}"
        f"{_text(x, box.y + 51, _gate(policy, stage), 'small')}</g>"
    )


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" class="{kind}">{text}</text>'


def _start(box: Box) -> str:
    """A dot and an arrow: from the left, or from above where another stage is at the left."""
    x, y = box.x, box.middle[1]
    if x > EDGE + 24:
        x, y = x + 18, box.y
        line = f'<path d="M{x:.0f} {y - ABOVE + 4:.0f}V{y - 6:.0f}"/>'
        return f'<circle class="dot" cx="{x:.0f}" cy="{y - ABOVE:.0f}" r="5"/>{line}' + _tip(
            x, y, 0, -7
        )
    return f'<circle class="dot" cx="{x - 24:.0f}" cy="{y:.0f}" r="5"/>' + _arrow(x - 19, y, x, y)


def _end_at(floor: float) -> float:
    return (EDGE + floor) / 2


def _end(width: float, floor: float) -> str:
    at = f'cx="{width - 22:.0f}" cy="{_end_at(floor):.0f}"'
    return f'<circle {at} r="7" fill="none" stroke="var(--line)"/><circle class="dot" {at} r="4"/>'


def _line(x1: float, y1: float, x2: float, y2: float, word: str) -> str:
    label = _text((x1 + x2) / 2, min(y1, y2) + abs(y1 - y2) / 2 - 6, escape(_short(word)), "small")
    return _arrow(x1, y1, x2, y2) + label


def _short(word: str) -> str:
    return "DONE" if word.startswith("STATUS") else word


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    middle = (x1 + x2) / 2
    path = f"M{x1:.0f} {y1:.0f}C{middle:.0f} {y1:.0f} {middle:.0f} {y2:.0f} {x2 - 6:.0f} {y2:.0f}"
    return f'<path d="{path}"/>' + _tip(x2, y2, -7, 0)


def _tip(x: float, y: float, dx: float, dy: float) -> str:
    """A small triangle that ends at a point, coming from (dx, dy)."""
    a, b = (x + dx - dy / 2, y + dy - dx / 2), (x + dx + dy / 2, y + dy + dx / 2)
    return f'<path class="tip" d="M{x:.0f} {y:.0f}L{a[0]:.0f} {a[1]:.0f}L{b[0]:.0f} {b[1]:.0f}Z"/>'


def _below(boxes: dict[str, Box], way: Way, depth: float) -> str:
    start, to = boxes[way.start], boxes[way.to]
    x1, x2 = start.middle[0] - 8, to.middle[0] + 8
    path = f"M{x1:.0f} {start.y + HIGH:.0f}V{depth:.0f}H{x2:.0f}V{to.y + HIGH + 6:.0f}"
    label = _text((x1 + x2) / 2, depth - 4, escape(way.word), "small")
    return f'<path d="{path}"/>' + _tip(x2, to.y + HIGH, 0, 7) + label


def _above(boxes: dict[str, Box], way: Way, width: float, floor: float, height: float) -> str:
    start = boxes[way.start]
    x1 = start.middle[0] + 8
    ends = way.to == END
    x2 = width - 22 if ends else boxes[way.to].middle[0] - 8
    y2 = _end_at(floor) - 8 if ends else boxes[way.to].y
    path = f"M{x1:.0f} {start.y:.0f}V{height:.0f}H{x2:.0f}V{y2 - 6:.0f}"
    label = _text((x1 + x2) / 2, height - 4, escape(_short(way.word)), "small")
    return f'<path d="{path}"/>' + _tip(x2, y2, 0, -7) + label


def _skips(policy: Policy, way: Way) -> bool:
    at = {stage: n for n, column in enumerate(columns(policy)) for stage in column}
    return at.get(way.to, max(at.values()) + 1) != at[way.start] + 1


def _said(policy: Policy, marks: dict[str, str]) -> str:
    """Say the chart in words, for whoever cannot see it."""
    stood = {"here": " (the run is here)", "done": " (done)", "": ""}
    stages = ", ".join(f"{s}{stood[marks.get(s, '')]}" for s in policy["stages"])
    return escape(f"workflow {policy['workflow']}: {stages}")
