"""The statechart as a picture: in the terminal, as Mermaid, as SVG."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from stagelock.cli.chart import columns, picture, ways
from stagelock.cli.drawing import svg
from stagelock.cli.graph import mermaid
from stagelock.core.model import Policy
from stagelock.store import library
from tests.support.command import stagelock
from tests.support.world import World

SVG = "{http://www.w3.org/2000/svg}"
POLICIES = library.library("/nowhere")["policies"]


def _own(**nexts: list[str]) -> Policy:
    """A workflow of these stages, each with what may follow it."""
    shape = json.loads(json.dumps(POLICIES["quick"]))
    body = next(iter(shape["stages"].values()))
    shape["stages"] = {name: {**body, "next": after, "back": None} for name, after in nexts.items()}
    shape["enter"] = [next(iter(nexts))]
    policy: Policy = shape
    return policy


def test_the_status_is_a_picture_of_where_the_run_stands(ready: World) -> None:
    ready.typed("/approve")
    out = stagelock(ready, "status").stdout
    assert out.splitlines()[1:4] == [
        "stage  scope > design > [architect] > implement > review > release",
        "                                          ^----------' /reject",
        "                                          ^-------------------' /reject",
    ]
    assert "exit   ends by /approve, then implement" in out
    assert "owes   docs/stagelock/add-login/architecture.md" in out
    assert "lacks  `architecture.md` is missing or is not text" in out
    assert "hooks  last answered " in out
    assert "rule   " not in out
    assert "rule   always/look: " in stagelock(ready, "status", "--rules").stdout


def test_the_status_shows_the_time_against_what_was_meant(world: World) -> None:
    world.typed("/work add login")
    assert "0s of the target of 20m (cap 45m)" in stagelock(world, "status").stdout
    told = json.loads(stagelock(world, "status", "--json").stdout)
    assert told["minutes"] == {"spent": 0, "target": 20, "cap": 45}


def test_ways_that_the_row_does_not_show_are_told_in_words() -> None:
    policy = _own(think=["build", "ship"], build=["ship"], ship=["think", "rest"], rest=[])
    assert columns(policy) == [["think"], ["build"], ["ship"], ["rest"]]
    assert picture(policy, "build") == [
        "think > [build] > ship > rest",
        "  ^-----------------' STATUS: DONE",
        "also think > ship",
    ]


def test_stages_side_by_side_share_a_column() -> None:
    policy = _own(think=["fast", "slow"], fast=["rest"], slow=["rest"], rest=[])
    assert picture(policy, "slow")[0] == "think > (fast | [slow]) > rest"


def test_a_stage_may_lead_back_to_itself() -> None:
    policy = _own(think=["think", "rest"], rest=[])
    assert picture(policy, "")[1] == "  ^ STATUS: DONE stays"
    assert _boxes(svg(policy, {})) == {"think", "rest"}


@pytest.mark.parametrize("name", POLICIES)
def test_every_stage_and_every_way_of_a_shipped_workflow_is_drawn(name: str) -> None:
    policy = POLICIES[name]
    drawn = svg(policy, {})
    assert _boxes(drawn) == set(policy["stages"])
    arrows = [g for g in ET.fromstring(drawn).iter(f"{SVG}path") if g.get("class") == "tip"]
    assert len(arrows) == len(ways(policy)) + len(policy["enter"])
    text = mermaid(policy, {})
    assert text.count("-->") == len(ways(policy)) + len(policy["enter"])
    for stage in policy["stages"]:
        assert f'state "{stage}" as s' in text


@pytest.mark.parametrize("name", POLICIES)
def test_no_two_boxes_overlap_and_all_lie_inside(name: str) -> None:
    root = ET.fromstring(svg(POLICIES[name], {}))
    left, top, wide, high = (float(n) for n in root.attrib["viewBox"].split())
    boxes = [
        tuple(float(r.attrib[key]) for key in ("x", "y", "width", "height"))
        for r in root.iter(f"{SVG}rect")
    ]
    for n, (x, y, w, h) in enumerate(boxes):
        assert left <= x <= x + w <= left + wide
        assert top <= y <= y + h <= top + high
        for x2, y2, w2, h2 in boxes[:n]:
            assert x >= x2 + w2 or x2 >= x + w or y >= y2 + h2 or y2 >= y + h


def test_where_the_run_is_and_what_is_done_needs_no_colour(ready: World) -> None:
    ready.typed("/approve")
    drawn = stagelock(ready, "graph", "--svg").stdout
    names = [t.text for t in ET.fromstring(drawn).iter(f"{SVG}text") if t.get("class") == "name"]
    assert names == ["scope", "✓ design", "▶ architect", "implement", "review", "release"]
    assert (
        'aria-label="workflow lifecycle: scope, design (done), architect (the run is here)' in drawn
    )
    assert "note right of s3: the run is here" in stagelock(ready, "graph").stdout


def test_what_an_author_wrote_is_text_in_the_drawing() -> None:
    policy = _own(think=["rest"], rest=[])
    policy["stages"]["think"]["purpose"] = "</title><script>alert(1)</script>"
    assert "<script" not in svg(policy, {})
    ET.fromstring(svg(policy, {}))


def test_a_drawing_is_written_where_it_is_wanted(world: World, tmp_path: Path) -> None:
    out = tmp_path / "quick.svg"
    assert stagelock(world, "graph", "quick", "--svg", "--out", str(out)).returncode == 0
    assert ET.parse(out).getroot().tag == f"{SVG}svg"
    missing = stagelock(world, "graph", "nope")
    assert (missing.returncode, "there are: lifecycle" in missing.stderr) == (1, True)
    assert "name one of: lifecycle" in stagelock(world, "graph").stderr


def _boxes(drawn: str) -> set[str]:
    names = [t.text or "" for t in ET.fromstring(drawn).iter(f"{SVG}text")
             if t.get("class") == "name"]  # fmt: skip
    return {re.sub(r"^[▶✓] ", "", name) for name in names}
