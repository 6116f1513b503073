"""The page of events in a browser: what survives a reload, snoozed places, who may not judge."""

from __future__ import annotations

from typing import Any

import pytest

from watch_live.pages.browser import Page
from watch_live.pages.sites import LiveSite

pytestmark = pytest.mark.live
CHOSEN = "awry-grid [data-key][aria-current=true]"


def opened(page: Page) -> str:
    """Go to the events; gives the uid of the chosen one."""
    page.open("/events?state=ended")
    # The first one of a site may take its time on a busy machine.
    return str(page.until(lambda: page.one(CHOSEN).get_attribute("data-event"), 240))


def test_the_chosen_event_and_the_filters_survive_a_reload(page: Page) -> None:
    first = opened(page)
    page.keys("j")
    second = page.until(
        lambda: (uid := page.one(CHOSEN).get_attribute("data-event")) != first and uid
    )
    page.driver.refresh()
    page.until(lambda: page.one(CHOSEN).get_attribute("data-event") == second)
    assert "state=ended" in page.path


def test_a_place_is_snoozed_listed_and_ended(page: Page, site: LiveSite) -> None:
    opened(page)
    page.keys("s")
    page.click("dialog .primary")
    page.until(lambda: "1 place is snoozed" in page.text("#snoozed summary"))
    assert site.rows("select 1 from snooze where ended is null")
    page.click("#snoozed summary")
    page.until(lambda: "by boss" in page.text("#snoozed awry-snoozes"))
    page.click("#snoozed awry-snoozes button")
    page.until(lambda: not site.rows("select 1 from snooze where ended is null"))


def test_who_may_only_look_has_no_buttons_to_judge(site: LiveSite, look_at: Any) -> None:
    page = look_at(site, "guest")
    uid = opened(page)
    page.keys("a")
    assert page.all("[data-do=abnormal]") == []
    assert not site.rows(f"select 1 from feedback where event = '{uid}' and by = 'guest'")
