"""All cameras at a glance, in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from watch_live.pages.browser import Page
from watch_live.pages.flood import Flood
from watch_live.pages.sites import LiveSite

pytestmark = pytest.mark.live
_FRESH = """
const live = [...document.querySelectorAll("awry-live")];
return live.length > 0 && live.every(one => one.querySelector("img").naturalWidth > 0
  && !one.hasAttribute("data-stale"));
"""


def uids(page: Page) -> list[str]:
    return [one.get_attribute("data-uid") for one in page.all("[data-newest] li")]


def test_tiles_are_live_and_say_how_cameras_are(page: Page) -> None:
    page.open("/")
    page.until(lambda: page.run(_FRESH))
    for tile in page.all("[data-tile]"):
        strip = tile.find_element("css selector", "awry-strip")
        assert "threshold" in strip.get_attribute("aria-label")
    assert "cameras" in page.text("#summary")


def test_an_operator_disarms_and_arms_by_keyboard(
    site: LiveSite, look_at: Callable[..., Page]
) -> None:
    page = look_at(site, "guard")
    page.open("/")
    page.until(lambda: page.one("[data-arm]"))

    def armed() -> Any:
        return page.one("[data-arm]").get_attribute("aria-checked")

    page.run("document.querySelector('[data-arm]').focus()")
    for wanted in ("false", "true"):
        page.keys(" ")
        page.until(lambda wanted=wanted: armed() == wanted)
        said = wanted == "false"
        page.until(lambda said=said: ("disarmed" in page.text("#summary")) == said)
        assert page.run("return document.activeElement.matches('[data-arm]')")


def test_arming_goes_back_to_the_schedule(site: LiveSite, look_at: Callable[..., Page]) -> None:
    page = look_at(site, "guard")
    page.open("/")
    page.until(lambda: page.one("[data-arm]"))
    page.one("[data-arm]").click()
    page.until(lambda: page.all("[data-by-schedule]"))
    assert "guard" in page.text(".by-hand")
    page.one("[data-by-schedule]").click()
    page.until(lambda: not page.all("[data-by-schedule]"))
    assert page.one("[data-arm]").get_attribute("aria-checked") == "true"


def test_who_may_only_look_has_no_switch(site: LiveSite, look_at: Callable[..., Page]) -> None:
    page = look_at(site, "guest")
    page.open("/")
    page.until(lambda: page.all("[data-tile]"))
    assert page.all("[data-arm]") == []


def test_a_wall_shows_all_cameras_on_one_screen(page: Page) -> None:
    page.size(1920, 1080)
    page.open("/?wall=1")
    page.until(lambda: page.run(_FRESH))
    assert not page.one("header.bar nav").is_displayed()
    assert page.run("return document.documentElement.scrollHeight") <= 1080


def test_events_wait_for_whoever_is_among_them_and_an_ended_site_is_said(
    own_site: LiveSite, look_at: Callable[..., Page]
) -> None:
    page = look_at(own_site)
    page.allowed = ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "50[23]"]
    page.open("/")
    page.until(lambda: uids(page))
    page.run("document.querySelector('[data-newest] a').focus()")
    with Flood(own_site.file, ["square"], rate=5):
        page.until(lambda: page.one("[data-more]").is_displayed())
        held = uids(page)
        page.until(lambda: "new" in page.text("[data-more]"))
        assert uids(page) == held
    page.click("[data-more]")
    page.until(lambda: uids(page)[0] != held[0])
    assert len(uids(page)) <= 50
    own_site.end()
    page.until(lambda: "What you see is old" in page.text(".old-note"))
    assert not page.one("#summary").is_displayed()
