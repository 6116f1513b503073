"""What changes a site for good: zones, another detector, a camera that dies, one that comes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import yaml
from selenium.webdriver.common.action_chains import ActionChains

from awry.watch.site.edit import change_site
from awry.watch.synthetic.scene import scene_of
from support import jpeg, serving
from watch_live.pages.browser import Page
from watch_live.pages.flood import WATCH, WATCHED, Flood
from watch_live.pages.sites import LiveSite
from watch_live.running import asked

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
]
FLOOD_S = 60.0
LATE_S = 60.0


@pytest.fixture
def page(own_site: LiveSite, look_at: Callable[..., Page]) -> Page:
    return look_at(own_site)


def test_the_slider_shows_what_replay_finds(page: Page, own_site: LiveSite) -> None:
    page.open("/cameras/square/sensitivity")
    page.until(lambda: page.one("#slider").is_enabled())
    told = page.run_async(
        "const [done] = arguments; fetch('/api/v1/cameras/square/sensitivity')"
        ".then(answer => answer.json()).then(done);"
    )
    # The loosest budget has the most to compare; that is one alarm at least, since something
    # strange comes once in the demo's past. How many more depends on the hour.
    place = len(told["tried"]) - 1
    step = told["tried"][place]
    page.run(
        "const one = document.querySelector('#slider'); one.value = arguments[0];"
        "one.dispatchEvent(new Event('input', {bubbles: true}));",
        place,
    )
    page.until(lambda: page.text("[data-count]").strip() == str(step["count"]))
    since, until = (
        datetime.fromtimestamp(told[key], UTC).strftime("%Y-%m-%d %H:%M:%S+00:00")
        for key in ("since", "until")
    )
    words = ("--budget", step["budget"], "--since", since, "--until", until)
    again = asked("replay", own_site.file, "square", *words)
    # The last scores are stored a little later than they are given.
    starts, replayed = (
        [round(one["start"], 2) for one in some if one["start"] < told["until"] - LATE_S]
        for some in (step["events"], again["events"])
    )
    assert starts == replayed
    assert starts


def test_a_zone_that_is_drawn_is_obeyed(page: Page, own_site: LiveSite) -> None:
    page.open("/cameras/square/zones")
    page.click("[data-draw=never]")
    stage = page.until(lambda: page.one("[data-zones=stage]"))
    # Some pixels inside: a corner near the frame's is drawn to it.
    width, height = stage.size["width"] / 2 - 3, stage.size["height"] / 2 - 3
    for x, y in ((-width, -height), (width, -height), (width, height), (-width, height)):
        page.run("arguments[0].scrollIntoView({block: 'center'})", stage)
        ActionChains(page.driver).move_to_element_with_offset(stage, x, y).click().perform()
    page.click("[data-zones=close]")
    page.until(lambda: page.one("[data-zones=save]").is_enabled(), 10)
    page.click("[data-zones=save]")
    own_site.wait(lambda: cameras(own_site)["square"].get("zones"), 30)
    (zone,) = cameras(own_site)["square"]["zones"]
    assert zone["alarm"] == "never"
    assert zone["polygon"] == [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert "# The site of `awry watch demo`" in own_site.file.read_text()
    since = time.time() + 2
    query = "select silent from event where camera = 'square' and start > ?"
    assert own_site.wait(lambda: own_site.rows(query, since), 90)[0] == ("zone",)


def cameras(site: LiveSite) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(site.file.read_text())["cameras"]
    return found


def test_another_detector_learns_takes_over_and_goes_back(page: Page, own_site: LiveSite) -> None:
    states = "select path, state from bundle where camera = 'square' order by path"
    page.open("/cameras/square/teach")
    confirmed(page, "refit")
    own_site.wait(lambda: ("bundles/square/2", "shadow") in own_site.rows(states), 200)
    confirmed(page, "promote", "bundles/square/2")
    own_site.wait(lambda: ("bundles/square/2", "active") in own_site.rows(states), 30)
    confirmed(page, "back")
    own_site.wait(lambda: ("bundles/square/1", "active") in own_site.rows(states), 30)


def confirmed(page: Page, name: str, path: str = "") -> None:
    """Press a button, and say yes to what is asked."""
    more = f"[data-path='{path}']" if path else ""
    page.click(f"button[data-do={name}]{more}:not([disabled])")
    page.click(f"dialog[data-ask={name}] button[value=yes]")


def test_a_dead_camera_is_never_shown_as_live(page: Page, own_site: LiveSite) -> None:
    def die(values: Any) -> None:
        del values["cameras"]["digits"]["record"]
        values["cameras"]["digits"]["detect"] = "rtsp://127.0.0.1:1/live"

    page.open("/")
    page.until(lambda: facts(page, "digits") == "yes")
    change_site(own_site.file, die)
    page.until(lambda: facts(page, "digits") == "no")
    tile = page.one("[data-tile=digits]")
    assert "Last seen" in tile.text
    assert facts(page, "square") != "no"


def facts(page: Page, camera: str) -> str:
    return str(page.one(f"[data-facts={camera}]").get_attribute("data-watching"))


@pytest.fixture
def camera() -> Iterator[str]:
    """A camera that pushes pictures; gives its address."""
    scene = scene_of("synthetic://digits?height=240")

    def push(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        handler.end_headers()
        try:
            while True:
                picture = jpeg(scene.picture(time.time()))
                handler.wfile.write(
                    b"--next\r\nContent-Type: image/jpeg\r\n\r\n" + picture + b"\r\n"
                )
                time.sleep(0.2)
        except OSError:
            return

    with serving(push) as url:
        yield url


def test_a_camera_is_added(page: Page, own_site: LiveSite, camera: str) -> None:
    # A camera that has just begun gives no picture yet: the page says so, and asks again.
    page.allowed.append(r"cameras/porch/live\.jpg\S* - .* status of 503")
    page.open("/add")
    page.fill("input[name=address]", camera)
    page.click("[data-adding=try]")
    page.until(lambda: page.one("[data-adding=picture]").is_displayed())
    assert page.run("return document.querySelector('[data-adding=picture]').naturalWidth") > 0
    page.fill("input[name=name]", "porch")
    page.click("[data-adding=add]")
    own_site.wait(lambda: "porch" in cameras(own_site), 30)
    state = "select state from camera where name = 'porch'"
    own_site.wait(lambda: own_site.rows(state) == [("learning",)], 60)
    page.open("/")
    page.until(lambda: page.all("[data-tile=porch]"))


@pytest.mark.parametrize(
    ("path", "cards", "most", "seconds"),
    [("/", "[data-newest] li", 50, FLOOD_S), ("/events", "article.event", 300, FLOOD_S / 4)],
)
def test_fifty_events_a_second_do_not_freeze_the_page(
    page: Page, own_site: LiveSite, path: str, cards: str, most: int, seconds: float
) -> None:
    page.open(path)
    page.until(lambda: page.all(cards))
    page.run(WATCH)
    with Flood(own_site.file, ["square", "digits"]) as flood:
        time.sleep(seconds)
    seen = page.run(WATCHED)
    assert flood.written > 0.8 * 50 * seconds
    # It goes on: no task holds it up for long, and frames come all the time.
    assert seen["longest_task"] < 1000, seen
    assert seen["frames"] > 5 * seconds, seen
    # One request brings many events; two parts of the first page are brought up to date.
    assert seen["requests"] < 3 * seconds, seen
    assert len(page.all(cards)) <= most
