"""The page in a real browser, as a person uses it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium", reason="needs selenium")

from selenium.webdriver.common.keys import Keys

import awry as package
from awry.sifting.review.session import ReviewSession
from watch_live.pages.browser import Page, chromium

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
PATIENCE = 60  # seconds, for a busy machine; nothing waits for so long
CARD = "#moments > [data-key]"
READ_ONLY = "Another session reviews this run"


@contextmanager
def reviewing(folder: Path, *words: str) -> Iterator[dict[str, Any]]:
    """A server of its own; gives what it said when it began."""
    start = "from awry.cli.app import main; main()"
    command = [sys.executable, "-c", start, "review", str(folder), "--port", "0", "--json"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [*command, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as server:
        try:
            assert server.stdout is not None
            text = ""
            for line in server.stdout:
                text += line
                if line == "}\n":
                    break
            yield json.loads(text)
        finally:
            server.terminate()
            _, said = server.communicate(timeout=PATIENCE)
    assert "Traceback" not in said, said


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as driver:
        driver.set_window_size(1280, 900)
        yield driver


class Seen(Page):
    """What a person sees of the page, and does with it."""

    def __init__(self, browser: Any, address: str) -> None:
        super().__init__(browser, address.rstrip("/"))
        self.driver.get("about:blank")
        self.driver.get_log("browser")  # what the last test's page still said
        self.open("/")

    def open(self, path: str) -> None:
        super().open(path)
        self.until(lambda: self.all(f"{CARD}[aria-current]") or self.text(".empty"))

    def until(self, what: Any, limit_s: float = PATIENCE) -> Any:
        return super().until(what, limit_s)

    @property
    def count(self) -> str:
        return self.text(".review-count")

    @property
    def said(self) -> str:
        return self.text("#said")

    @property
    def moments(self) -> list[tuple[str, str]]:
        """Each card's words and what it is marked as."""
        both = "[one.querySelector('.judge-words').innerText, one.dataset.label || '']"
        return [(words, state) for words, state in self.read(CARD, both)]

    @property
    def states(self) -> list[str]:
        return self.read(CARD, "one.dataset.label || ''")

    @property
    def selected(self) -> int:
        return self.read(CARD, "one.ariaCurrent").index("true")

    def enabled(self, name: str) -> bool:
        """Of a button, by the name that a screen reader says, or by its words."""
        named = "[one.ariaLabel, one.innerText.trim(), !one.disabled]"
        return next(on for *names, on in self.read("button", named) if name in names)

    def click(self, name: str) -> None:
        self.until(lambda: self._pressed_button(name))

    def _pressed_button(self, name: str) -> bool:
        for button in self.all("button"):
            if name in (button.get_attribute("aria-label"), button.text) and button.is_enabled():
                button.click()
                return True
        return False

    def press(self, key: str) -> None:
        self.keys(key)

    def key(self, card: int) -> str:
        return str(self.read(CARD, "one.dataset.key")[card])

    def source_of(self, card: int) -> str:
        return str(self.read(f"{CARD} img", "one.src")[card])

    def choose(self, card: int) -> None:
        """Click on a card's name."""

        def pressed() -> bool:
            self.all(f"{CARD} .judge-name")[card].click()
            return True

        self.until(pressed)

    def width(self, card: int) -> float:
        return float(self.read(CARD, "one.offsetWidth")[card])


def test_mark_undo_learn_and_load_again(browser: Any, run_folder: Path) -> None:
    with reviewing(run_folder) as server:
        page = Seen(browser, server["address"])
        first = page.moments
        assert len(first) >= 6
        assert page.selected == 0
        assert page.count == "0 marked: 0 abnormal, 0 normal"
        assert not page.enabled("Learn from 0 marks")

        # By mouse, by keyboard, right after a click on a button. A key chooses the next moment.
        page.click("Mark Moment 2 as normal")
        page.until(lambda: page.states[:2] == ["", "normal"])
        assert page.selected == 1
        page.press("a")
        page.until(lambda: page.states[:2] == ["", "abnormal"])
        page.until(lambda: "now it is abnormal" in page.said)
        page.until(lambda: page.selected == 2)
        page.press("n")
        page.until(lambda: page.count == "2 marked: 1 abnormal, 1 normal")
        page.until(lambda: page.selected == 3)
        page.press(Keys.ARROW_LEFT)
        page.until(lambda: page.selected == 2)
        page.press(Keys.ARROW_UP)  # there is no row above
        page.press(Keys.ARROW_DOWN)
        page.until(lambda: page.selected == 5)
        page.choose(0)
        page.until(lambda: page.selected == 0)
        page.press("n")
        page.until(lambda: page.count == "3 marked: 1 abnormal, 2 normal")

        # Taking back brings the frame's earlier mark back.
        page.press("u")
        page.until(lambda: page.states[:3] == ["", "abnormal", "normal"])
        page.click("Undo")
        page.until(lambda: page.states[:3] == ["", "abnormal", ""])
        page.click("Undo")
        page.until(lambda: page.states[:3] == ["", "normal", ""])
        assert "Took back what was said of frame" in page.said

        # Pictures: still, moving, with heat.
        page.until(lambda: page.selected == 1)
        assert "/frame/" in page.source_of(1)
        for key, kind in ((" ", "/clip/"), (" ", "/frame/"), ("h", "/heat/"), ("h", "/frame/")):
            page.press(key)
            page.until(lambda kind=kind: kind in page.source_of(1))
            page.until(lambda: page.read(f"{CARD} img", "one.naturalWidth")[1] == 72)

        # Filters.
        page.click("Normal 1")
        page.until(lambda: page.states == ["normal"])
        page.click(f"Not marked {len(first) - 1}")
        page.until(lambda: page.states == [""] * (len(first) - 1))
        page.press("a")
        page.until(lambda: page.states == [""] * (len(first) - 2))
        page.click(f"All {len(first)}")
        page.until(lambda: len(page.states) == len(first))

        # Below the top share, and what lies nearest to its end.
        page.click("Borderline")
        page.until(lambda: set(page.states) == {""} and len(page.states) >= len(first) - 2)
        page.click(f"All {len(first)}")
        page.until(lambda: len(page.states) == len(first))
        page.click("Show more: below the top 20%, down to 40%")
        page.until(lambda: "down to 80%" in page.text(".review-foot"))

        # Learning.
        page.click("Learn from 2 marks")
        page.until(lambda: page.said.startswith("Learned from 2 marks. Moments: "))
        page.until(lambda: page.text(f"{CARD} .judge-badge.right"))
        learned = page.moments
        assert learned != first
        assert sorted(filter(None, page.states)) == ["abnormal", "normal"]

        page.open("/")
        assert page.moments == learned
        assert page.count == "2 marked: 1 abnormal, 1 normal"
        assert page.text(f"{CARD} .judge-badge.right")

        with reviewing(run_folder) as second:
            assert second["read_only"]
            other = Seen(browser, second["address"])
            assert READ_ONLY in other.text(".notice")
            assert other.moments == learned
            assert not other.enabled("Mark Moment 1 as normal")
            assert not other.enabled("Undo")
            other.press("n")
            other.until(lambda: "read-only" in other.said)
            assert other.moments == learned

    # Another server on the same run goes on where the first one was.
    with reviewing(run_folder) as server:
        page = Seen(browser, server["address"])
        assert not server["read_only"]
        assert (server["abnormal"], server["normal"]) == (1, 1)
        assert page.moments == learned
        assert page.console() == []
        loaded = page.run("return performance.getEntriesByType('resource').map(one => one.name)")
        assert loaded
        assert all(one.startswith(server["address"]) for one in loaded)


@pytest.mark.parametrize("language", ["en", "de"])
def test_nothing_is_cut_off_or_moves_and_a_screen_reader_finds_its_way(
    browser: Any, run_folder: Path, language: str
) -> None:
    with package.review(run_folder, port=0) as review:
        page = Seen(browser, str(review.address))
        page.language(language)
        try:
            for width, dark in ((360, True), (1280, False), (2560, True)):
                page.size(width, 900)
                page.look(dark=dark)
                page.open("/")
                assert page.too_wide() == 0
                assert page.shift() < 0.05
                assert page.axe(ROOT) == []
                page.press("n")
                page.press("a")
                page.until(lambda: page.states[:2] == ["normal", "abnormal"])
                assert page.axe(ROOT) == []
            assert page.run("return document.documentElement.lang") == language
            assert page.console() == []
        finally:
            page.look(dark=False)
            browser.delete_all_cookies()
            browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_keys_focus_and_the_address(browser: Any, run_folder: Path) -> None:
    with package.review(run_folder, port=0) as review:
        page = Seen(browser, str(review.address))
        count = len(page.states)
        page.press("jj")
        assert page.selected == 2
        page.press("k")
        assert page.selected == 1
        assert page.run("return document.activeElement.dataset.key") == page.key(1)
        # A button that was pressed keeps the focus though its card was drawn anew; the space bar
        # presses it again instead of playing.
        page.click("Mark Moment 2 as normal")
        page.until(lambda: page.count.startswith("1 marked"))
        assert page.run("return document.activeElement.dataset.do") == "normal"
        assert page.run("return document.activeElement.closest('[data-key]').dataset.key") == (
            page.key(1)
        )
        page.press(" ")
        assert "/frame/" in page.source_of(1)

        page.press(Keys.SHIFT + "?" + Keys.NULL)
        page.until(lambda: "large, and small again" in page.text("dialog"))
        page.press("a")  # says nothing to what lies behind
        page.press(Keys.ESCAPE)
        page.until(lambda: not page.all("dialog"))
        assert page.count == "1 marked: 0 abnormal, 1 normal"

        small = page.width(0)
        page.press(Keys.HOME)
        page.choose(0)
        page.press(Keys.ENTER)
        page.until(lambda: page.width(0) > 2 * small)
        page.press(Keys.ENTER)
        page.until(lambda: page.width(0) == small)

        # What is looked at stands in the address.
        page.click("Heat maps")
        page.click(f"Not marked {count - 1}")
        page.until(lambda: len(page.states) == count - 1)
        page.press("jjj")
        chosen = page.key(page.selected)
        page.until(lambda: f"at={chosen}" in page.path)
        assert "heat=1&show=unmarked" in page.path
        page.until(lambda: "/heat/" in page.source_of(0))
        page.open(page.path)
        page.until(lambda: page.key(page.selected) == chosen)
        assert len(page.states) == count - 1
        page.until(lambda: "/heat/" in page.source_of(0))
        assert page.console() == []


def test_two_browsers_see_what_the_other_says(browser: Any, run_folder: Path) -> None:
    with package.review(run_folder, port=0) as review:
        page = Seen(browser, str(review.address))
        first = browser.current_window_handle
        browser.switch_to.new_window("window")
        try:
            other = Seen(browser, str(review.address))
            other.press("a")
            other.until(lambda: other.count.startswith("1 marked"))
            browser.switch_to.window(first)
            page.until(lambda: page.states[0] == "abnormal")
            page.press("u")
            page.until(lambda: page.count.startswith("0 marked"))
            browser.switch_to.window(browser.window_handles[-1])
            other.until(lambda: other.states[0] == "")
            assert other.console() == []
        finally:
            browser.switch_to.window(browser.window_handles[-1])
            browser.close()
            browser.switch_to.window(first)


def test_marks_do_not_wait_for_heat_maps(
    browser: Any, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = threading.Event()

    def heat(session: ReviewSession, clip: int, place: int) -> None:
        assert going.wait(PATIENCE)

    monkeypatch.setattr(ReviewSession, "heat", heat)
    with package.review(run_folder, port=0) as review:
        page = Seen(browser, str(review.address))
        assert len(page.states) > 6  # as many as a browser has connections to a server
        page.click("Heat maps")
        page.until(lambda: page.all("[aria-busy]"))
        page.press("a")
        page.until(lambda: page.count.startswith("1 marked"))
        going.set()
        page.until(lambda: not page.all("[aria-busy]"))
        assert page.read(f"{CARD} img", "one.alt")[0].startswith("The picture cannot")


def test_a_server_that_has_gone_is_said(browser: Any, run_folder: Path) -> None:
    review = package.review(run_folder, port=0)
    page = Seen(browser, str(review.address))
    page.until(lambda: "/frame/" in page.source_of(0))
    review.close()
    page.until(lambda: page.text("awry-connection") == "No connection to the server")
    page.press("a")
    page.until(lambda: page.said == "The server does not answer.")


def test_nothing_stands_out(browser: Any, awry: Any, make_video: Any, tmp_path: Path) -> None:
    import numpy as np

    grey = np.full((40, 48, 72, 3), 90, np.uint8)
    make_video(tmp_path / "videos" / "grey.mp4", grey)
    out = tmp_path / "run"
    said = awry("sift", tmp_path / "videos", "--out", out, "--preset", "tiny")
    assert said.code == 0, said.err
    with reviewing(out) as server:
        page = Seen(browser, server["address"])
        assert page.text(".empty").startswith("Nothing stands out")
        assert page.all(CARD) == []
        page.press("a")
        page.press("u")
        page.until(lambda: page.count == "0 marked: 0 abnormal, 0 normal")


def test_from_elsewhere_only_with_the_token(browser: Any, run_folder: Path) -> None:
    with reviewing(run_folder, "--host", "0.0.0.0") as server:
        port, token = re.findall(r"^http://[^/]+:(\d+)/\?token=(.+)$", server["address"])[0]
        bare = f"http://127.0.0.1:{port}/"
        address = f"{bare}?token={token}"
        assert len(token) >= 24
        browser.get(bare)
        assert "needs the token" in browser.page_source
        browser.get(address)
        page = Seen(browser, bare)
        assert browser.current_url == bare
        page.press("a")
        page.until(lambda: page.states[0] == "abnormal")
        page.open("/")
        page.until(lambda: page.states[0] == "abnormal")


def test_a_port_that_is_taken(awry: Any, run_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = awry("review", run_folder, "--port", port)
    assert said.code == 2
    assert f"Cannot listen on 127.0.0.1, port {port}: Address already in use." in said.err
