"""The report in a real browser: at a phone's width, in the dark, with hostile words, by keyboard.

The page itself runs no script. A page around it holds it in a frame of the asked width and reads
what the browser made of it. Where no Chromium is installed, these tests are skipped.
"""

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from stagelock.cli.page import COLOURS
from tests.pictures import BROWSERS
from tests.support.journal import hostile_run

from .test_report import HOSTILE, _contrast, _page, whole_run

BROWSER = next((path for name in BROWSERS if (path := shutil.which(name))), "")
pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium here")

# what the page around reads of the one in the frame
PROBE = """<!doctype html><title>probe</title>
<iframe id=f src="report.html" style="width:WIDTHpx;height:800px;border:0"></iframe>
<pre id=told></pre><script>
window.onload = () => {
  const page = f.contentDocument, top = page.documentElement, at = f.contentWindow;
  const all = [...page.body.querySelectorAll("*")];
  const inside = one => one.closest(".wide, .bar, svg");
  const style = one => at.getComputedStyle(one);
  const reached = all.filter(one => one.matches("a[href], [tabindex='0']"));
  told.textContent = JSON.stringify({
    wide: top.scrollWidth,
    beyond: all.filter(o => !inside(o) && o.getBoundingClientRect().right > WIDTH + 1)
      .map(o => o.tagName + " " + o.textContent.slice(0, 40)),
    hidden: all.filter(o => style(o).display === "none").length,
    small: all.filter(o => o.childElementCount === 0 && o.textContent.trim() &&
      !o.closest("svg") && parseFloat(style(o).fontSize) < 14).map(o => o.tagName),
    paper: style(page.body).backgroundColor, ink: style(page.body).color,
    unreached: reached.filter(o => { o.focus(); return page.activeElement !== o; }).length,
    reached: reached.length,
    outline: (reached[0].focus(), style(reached[0]).outlineStyle),
    scripts: page.scripts.length,
    images: page.images.length + page.querySelectorAll("iframe, object, embed, link").length,
    handlers: all.flatMap(o => [...o.attributes]).filter(a => a.name.startsWith("on")).length,
    foreign: at.performance.getEntriesByType("resource").map(e => e.name),
  });
};
</script>"""


def _seen(base: Path, html: str, width: int, *flags: str) -> dict[str, Any]:
    (base / "report.html").write_text(html)
    (base / "probe.html").write_text(PROBE.replace("WIDTH", str(width)))
    argv = [BROWSER, "--headless", "--disable-gpu", "--no-first-run", "--hide-scrollbars"]
    argv += ["--allow-file-access-from-files", f"--user-data-dir={base / 'profile'}"]
    argv += ["--virtual-time-budget=5000", "--dump-dom", *flags]
    argv += ["--no-sandbox"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*argv, (base / "probe.html").as_uri()],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    told = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
    assert told, done.stdout[-500:] + done.stderr[-500:]
    assert told[1], done.stderr[-500:]
    found: dict[str, Any] = json.loads(unescape(told[1]))
    return found


def _runs(*names: str) -> str:
    entries = [
        entry
        for n, name in enumerate(names)
        for entry in whole_run(name, f"2026-03-0{n + 1}T09:00:00Z", slow=1.5)
    ]
    return _page(entries)


@pytest.mark.parametrize("width", [320, 360, 1200])
def test_nothing_is_wider_than_the_screen_but_what_scrolls_by_itself(
    tmp_path: Path, width: int
) -> None:
    seen = _seen(tmp_path, _runs("fix-cart", "rate-limit", "add-login"), width)
    assert seen["beyond"] == []
    assert seen["wide"] <= width
    assert seen["small"] == []
    assert seen["foreign"] == []


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_dark_and_the_light_are_shown_with_contrast(tmp_path: Path, mode: str) -> None:
    scheme = "0" if mode == "dark" else "1"
    flag = f"--blink-settings=preferredColorScheme={scheme}"
    seen = _seen(tmp_path, _runs("add-login"), 360, flag)
    paper, ink = _hex(seen["paper"]), _hex(seen["ink"])
    assert (paper, ink) == (COLOURS[mode]["paper"], COLOURS[mode]["ink"])
    assert _contrast(paper, ink) >= 7


def _hex(colour: str) -> str:
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)[:3])


def test_every_link_and_every_scrolling_part_takes_the_keyboard_and_shows_it(
    tmp_path: Path,
) -> None:
    seen = _seen(tmp_path, _runs("add-login"), 360)
    assert seen["reached"] > 12
    assert seen["unreached"] == 0
    assert seen["outline"] == "solid"


def test_hostile_words_are_shown_and_do_nothing(tmp_path: Path) -> None:
    text = " ".join(HOSTILE[:-1]) + "x" * 200 + "<svg onload=alert(1)>"
    calm = _seen(tmp_path, _page(hostile_run("word")), 360)
    seen = _seen(tmp_path, _page(hostile_run(text)), 360)
    for what in ("scripts", "images", "handlers", "hidden"):
        assert seen[what] == calm[what], what
    assert (seen["scripts"], seen["images"], seen["handlers"]) == (0, 0, 0)
    assert seen["foreign"] == []
    assert seen["beyond"] == []
    assert seen["wide"] <= 360
