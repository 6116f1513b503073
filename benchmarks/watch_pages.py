"""How fast the pages of `awry watch` are on a large store, as the browser itself measures it.

    python benchmarks/watch_pages.py --json pages.json

A site of 30 cameras and 200 000 events is made in a temporary folder (or found there: `--folder`),
served, and looked at in Chromium: the first view of every page, a filter of events, the slider of
the sensitivity over a week of scores, and a page that stands open while 50 events a second come.
Chromium and its driver are those of the system; nothing is downloaded.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from large_store import CAMERAS, EVENTS, PASSWORD, USER, make_store, name_of

from awry.watch.site.read import read_site
from watch_live.pages.browser import Page, chromium
from watch_live.pages.flood import WATCH, WATCHED, Flood
from watch_live.running import Site

REPEATS = 7
VIEWS = {
    "now": "/",
    "events": "/events",
    "timeline": "/timeline",
    "camera": f"/cameras/{name_of(0)}",
    "sensitivity": f"/cameras/{name_of(0)}/sensitivity",
    "teach": f"/cameras/{name_of(0)}/teach",
    "zones": f"/cameras/{name_of(0)}/zones",
    "system": "/system",
}
_VIEW = """
const done = arguments[arguments.length - 1];
let largest = 0;
new PerformanceObserver(list => { for (const one of list.getEntries()) largest = one.startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});
setTimeout(() => {
  const [way] = performance.getEntriesByType("navigation");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  done({server: way.responseStart, painted: paint ? paint.startTime : NaN, largest,
        ready: way.domContentLoadedEventEnd, loaded: way.loadEventEnd});
}, 300);
"""
# From an input to the last change of the page that follows it, drawn; quiet for 400 ms: over.
_CHANGE = """
const [selector, value, done] = arguments;
const control = document.querySelector(selector), main = document.querySelector("main");
const begun = performance.now();
let last = NaN, timer = setTimeout(() => done(null), 5000);
const seen = new MutationObserver(() => requestAnimationFrame(() => {
  last = performance.now() - begun;
  clearTimeout(timer);
  timer = setTimeout(() => { seen.disconnect(); done(last); }, 400);
}));
seen.observe(main, {subtree: true, childList: true, characterData: true, attributes: true});
control.value = value;
for (const kind of ["input", "change"]) control.dispatchEvent(new Event(kind, {bubbles: true}));
"""


def measured(page: Page, act: Callable[[], dict[str, float]]) -> dict[str, Any]:
    """Median and worst of some repeats, in milliseconds."""
    act()  # files of the kit are in the browser's memory from here on
    all_of = [act() for _ in range(REPEATS)]
    return {
        name: {
            "median": round(statistics.median(one[name] for one in all_of), 1),
            "worst": round(max(one[name] for one in all_of), 1),
        }
        for name in all_of[0]
    }


def viewed(page: Page, path: str) -> Callable[[], dict[str, float]]:
    """A view of a page, from the click to the last picture."""

    def view() -> dict[str, float]:
        page.open(path)
        times: dict[str, float] = page.run_async(_VIEW)
        return times

    return view


def changed(page: Page, selector: str, values: list[str]) -> dict[str, Any] | None:
    """What follows a control's change; None: there is no such control, or nothing follows."""
    if not page.all(selector):
        return None
    found = [page.run_async(_CHANGE, selector, value) for value in values]
    known = [one for one in found[1:] if one is not None]
    if not known:
        return None
    return {"median": round(statistics.median(known), 1), "worst": round(max(known), 1)}


def flooded(page: Page, file: Path, seconds: float) -> dict[str, float]:
    """The first page while 50 events a second come."""
    page.open("/")
    page.run(WATCH)
    with Flood(file, [name_of(number) for number in range(CAMERAS)]) as flood:
        time.sleep(seconds)
    found: dict[str, float] = page.run(WATCHED)
    page.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    page.driver.execute_cdp_cmd("Performance.enable", {})
    metrics = page.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    known = {one["name"]: one["value"] for one in metrics}
    return {
        **found,
        "events": float(flood.written),
        "heap_mib": round(known["JSHeapUsedSize"] / 2**20, 1),
        "nodes": known["Nodes"],
    }


def measure(file: Path, seconds: float) -> dict[str, Any]:
    """All figures of a site that is made already."""
    port = read_site(file).site.web.port
    site = Site(file)
    try:
        site.wait(lambda: f"http://127.0.0.1:{port}" in site.log.read_text(), 120)
        with chromium() as driver:
            page = Page(driver, f"http://127.0.0.1:{port}")
            page.fresh()
            page.log_in(USER, PASSWORD)
            views = {name: measured(page, viewed(page, path)) for name, path in VIEWS.items()}
            page.open(VIEWS["events"])
            labels = ["none", "abnormal", "normal", ""] * 2
            filtered = changed(page, "#filters select[name=label]", labels)
            page.open(VIEWS["sensitivity"])
            time.sleep(5)  # what a week of scores gives is calculated once
            places = [str(20 + 9 * number) for number in range(REPEATS + 1)]
            slid = changed(page, "main input[type=range]", places)
            flood = flooded(page, file, seconds)
            said = page.console()
    finally:
        site.end()
    figures = {"views_ms": views, "filter_ms": filtered, "slider_ms": slid, "flood": flood}
    return figures | {"console": said}


def main() -> None:
    """Print the figures, and write them where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="made where it is not there, and kept")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--seconds", type=float, default=60.0, help="that events come for")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() if given.folder is None else nullcontext(given.folder) as at:
        folder = Path(at)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "site.yaml").exists():
            make_store(folder, given.events)
        figures = measure(folder / "site.yaml", given.seconds)
    text = json.dumps(figures, indent=2)
    print(text)
    if given.json:
        given.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
