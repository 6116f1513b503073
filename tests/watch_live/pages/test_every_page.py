"""What is true of every page: nobody is shut out, nothing moves by itself, nothing is too wide."""

from __future__ import annotations

import pytest

from watch_live.pages.browser import Page
from watch_live.pages.sites import ROOT, LiveSite

pytestmark = pytest.mark.live
PAGES = (
    "/",
    "/events",
    "/events/UID",
    "/timeline",
    "/cameras/square",
    "/cameras/square/sensitivity",
    "/cameras/square/zones",
    "/cameras/square/teach",
    "/system",
    "/add",
    "/account",
)
STEADY = 0.1
"""Layout shift below that is good, by the measure of browsers' makers."""


@pytest.fixture(params=PAGES)
def path(request: pytest.FixtureRequest, site: LiveSite) -> str:
    uid = site.rows("select uid from event order by start limit 1")[0][0]
    return str(request.param).replace("UID", uid)


def shown(page: Page, path: str) -> None:
    page.open(path)
    page.until(lambda: page.all("main h1"))
    page.until(lambda: page.run("return document.readyState") == "complete")


def test_it_shuts_nobody_out(page: Page, path: str) -> None:
    found = {}
    for dark in (False, True):
        page.look(dark=dark, still=True)
        shown(page, path)
        found["dark" if dark else "light"] = page.axe(ROOT)
    assert found == {"light": [], "dark": []}


def test_it_fits_and_stands_still(page: Page, path: str) -> None:
    for width, height in ((360, 740), (1280, 900), (3840, 2160)):
        page.size(width, height)
        shown(page, path)
        assert page.shift() < STEADY, width
        assert page.too_wide() == 0, width


def test_it_speaks_german(page: Page, path: str) -> None:
    page.language("de")
    shown(page, path)
    assert page.run("return document.documentElement.lang") == "de"
    assert "Ereignisse" in page.text("header")
