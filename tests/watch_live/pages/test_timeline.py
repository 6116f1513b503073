"""The timeline in a browser: zoom, cursor, clips in step, an address that can be sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from selenium.webdriver.common.keys import Keys

from watch_live.pages.browser import Page
from watch_live.pages.sites import ROOT, LiveSite

pytestmark = pytest.mark.live
SLIDER = "[role=slider]"
_PLAYING = """
const video = document.querySelector("awry-player video");
if (!video || video.readyState < 2 || video.currentTime === 0) return null;
const canvas = new OffscreenCanvas(32, 18), brush = canvas.getContext("2d");
brush.drawImage(video, 0, 0, 32, 18);
return {at: video.currentTime,
        light: Math.max(...brush.getImageData(0, 0, 32, 18).data.filter((_, n) => n % 4 < 3))};
"""


def shown(page: Page) -> None:
    page.until(lambda: page.one(SLIDER).get_attribute("aria-valuetext"))


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.path).query)


def focused(page: Page) -> Any:
    page.run("document.querySelector('[role=slider]').focus()")
    return page.one(SLIDER)


def day_of(page: Page, at: float) -> str:
    """The day of the site's zone, as the page names the zone."""
    page.open("/timeline")
    zone = ZoneInfo(page.run("return document.documentElement.dataset.zone"))
    return datetime.fromtimestamp(at, zone).date().isoformat()


def with_clip(site: LiveSite) -> float:
    """When a stored event with a clip was at its peak."""
    rows = site.rows(
        "select event.peak_at from event join clip on clip.event = event.uid "
        "where event.state = 'ended' and not event.shadow order by event.start limit 1"
    )
    return float(rows[0][0])


def test_keys_move_and_zoom_and_the_address_keeps_the_place(page: Page) -> None:
    page.open("/timeline")
    shown(page)
    slider = focused(page)
    for pressed in ("+", "+", "+", Keys.ARROW_LEFT):
        slider.send_keys(pressed)
    page.until(lambda: {"from", "to", "at"} <= set(query(page)))
    before = page.path
    span = float(query(page)["to"][0]) - float(query(page)["from"][0])
    assert span == pytest.approx(86_400 / 8, abs=2)
    page.driver.refresh()
    shown(page)
    view = "const t = document.querySelector('awry-timeline'); return t.view.to - t.view.from"
    assert page.run(view) == pytest.approx(span, abs=2)
    assert page.path == before
    focused(page).send_keys("0")
    page.until(lambda: "from" not in query(page))


def test_a_clip_plays_where_somebody_presses_enter(site: LiveSite, page: Page) -> None:
    at = with_clip(site)
    view = f"from={at - 300:.0f}&to={at + 300:.0f}&at={at:.1f}"
    page.open(f"/timeline?day={day_of(page, at)}&{view}")
    shown(page)
    focused(page).send_keys(Keys.ENTER)
    first = page.until(lambda: page.run(_PLAYING))
    assert first["light"] > 20
    page.until(lambda: page.run(_PLAYING)["at"] > first["at"])
    focused(page).send_keys(Keys.ESCAPE)
    page.until(lambda: not page.all("awry-player"))


def test_next_and_previous_event(site: LiveSite, page: Page) -> None:
    page.open(f"/timeline?day={day_of(page, with_clip(site))}")
    shown(page)
    slider = focused(page)
    slider.send_keys(Keys.END)
    slider.send_keys("k")
    page.until(lambda: page.one("[data-what]").is_displayed())
    words = "aria-valuetext"
    last = slider.get_attribute(words)
    slider.send_keys("k")
    page.until(lambda: page.one(SLIDER).get_attribute(words) < last)
    page.until(lambda: "at" in query(page))


def test_the_same_as_a_table(site: LiveSite, page: Page) -> None:
    page.open(f"/timeline?day={day_of(page, with_clip(site))}")
    shown(page)
    page.click(".as-table summary")
    page.until(lambda: page.all("[data-table] tbody tr"))
    assert "Event" in page.text("[data-table]")
    assert page.axe(ROOT) == []
