"""Alarms on the page, clips that play, judgements by keys, and two browsers."""

from __future__ import annotations

from typing import Any

import pytest

from watch_live.pages.browser import Page
from watch_live.pages.sites import LiveSite

pytestmark = pytest.mark.live
_BRIGHTNESS = """
const video = document.querySelector("video");
const canvas = document.createElement("canvas");
canvas.width = 64; canvas.height = 36;
const brush = canvas.getContext("2d");
brush.drawImage(video, 0, 0, 64, 36);
const data = brush.getImageData(0, 0, 64, 36).data;
let sum = 0;
for (let i = 0; i < data.length; i += 4) sum += data[i] + data[i + 1] + data[i + 2];
return sum / (64 * 36 * 3);
"""
SOON_S = 3.0


def test_an_alarm_is_on_the_page_within_three_seconds(page: Page, site: LiveSite) -> None:
    page.open("/")
    page.until(lambda: page.all("[data-tile=square]"))
    known = {uid for (uid,) in site.rows("select uid from event")}
    query = "select uid from event where camera = 'square' and told = 1"
    new = site.wait(lambda: {uid for (uid,) in site.rows(query)} - known, 90)
    uid = next(iter(new))
    page.until(lambda: page.all(f"[data-newest] [data-uid='{uid}']"), SOON_S)
    card = page.one(f"[data-newest] [data-uid='{uid}']").text
    assert "square" in card
    assert "faster" in card


def ended(site: LiveSite) -> str:
    """The newest event of the square that has ended and has a clip."""
    query = (
        "select event.uid from event join clip on clip.event = event.uid where event.camera ="
        " 'square' and event.state = 'ended' and label is null order by event.start desc"
    )
    return str(site.wait(lambda: site.rows(query), 90)[0][0])


def test_a_clip_plays(page: Page, site: LiveSite) -> None:
    page.open(f"/events/{ended(site)}")
    page.until(lambda: page.all("awry-player video"))
    page.run("document.querySelector('awry-player').play()")
    page.until(lambda: page.run("return document.querySelector('video').currentTime") > 0.4)
    assert page.run(_BRIGHTNESS) > 30
    assert page.run("return document.querySelector('video').videoWidth") == 640


def current(page: Page) -> Any:
    """The card that keys go to."""
    return page.one("article.event[aria-current=true]")


def test_events_are_judged_by_keys(page: Page, site: LiveSite) -> None:
    ended(site)
    page.open("/events?camera=square")
    page.until(lambda: page.all("article.event"))
    page.keys("j")
    uid = page.until(lambda: current(page)).get_attribute("data-event")
    label = "select label from event where uid = ?"
    page.keys("a")
    site.wait(lambda: site.rows(label, uid) == [("abnormal",)], 20)
    page.until(lambda: page.one(f"[data-event='{uid}']").get_attribute("data-label") == "abnormal")
    page.keys("u")
    site.wait(lambda: site.rows(label, uid) == [(None,)], 20)


def test_two_browsers_see_the_same(page: Page, other: Page, site: LiveSite) -> None:
    uid = ended(site)
    for one in (page, other):
        one.open(f"/events/{uid}")
        one.until(lambda one=one: one.all("#event"))
    other.keys("n")
    site.wait(lambda: site.rows("select label from event where uid = ?", uid) == [("normal",)], 20)
    page.until(lambda: page.one("#event").get_attribute("data-label") == "normal", 20)
    other.keys("u")
    page.until(lambda: not page.one("#event").get_attribute("data-label"), 20)


def test_a_reload_keeps_the_place(page: Page, site: LiveSite) -> None:
    page.open("/events")
    page.until(lambda: page.all("article.event"))
    page.run(
        "const one = document.querySelector('#filters select[name=label]'); one.value = 'none';"
        "one.dispatchEvent(new Event('input', {bubbles: true}));"
        "one.dispatchEvent(new Event('change', {bubbles: true}));"
    )
    page.until(lambda: "label=none" in page.path)
    page.driver.refresh()
    page.until(lambda: page.all("article.event"))
    chosen = "return document.querySelector('#filters select[name=label]').value"
    assert page.run(chosen) == "none"
    page.open("/timeline")
    since = page.until(
        lambda: page.run("return document.querySelector('awry-timeline').bounds?.since")
    )
    page.open(f"/timeline?at={since + 45:.1f}")
    for _ in range(2):
        page.until(lambda: page.one("[role=slider]").get_attribute("aria-valuetext"))
        assert page.one("[role=slider]").get_attribute("aria-valuenow") == "45"
        assert f"at={since + 45:.1f}" in page.path
        page.driver.refresh()
