"""The page in a real browser, as a person uses it."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
pytest.importorskip("nicegui", reason="needs nicegui")

from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromium-driver"),
]
PATIENCE = 120  # seconds, for a busy machine; nothing waits for so long
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
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    driver.set_window_size(1280, 900)
    yield driver
    driver.quit()


class Seen:
    """What a person sees of the page, and does with it."""

    def __init__(self, browser: Any, address: str) -> None:
        self.browser = browser
        self.open(address)

    def open(self, address: str) -> None:
        self.browser.get(address)
        self.until(lambda: self.all(".moment.selected") or self.all(".review-empty"))

    def until(self, what: Callable[[], Any]) -> Any:
        """Wait for it; the page is drawn anew while one looks."""
        from selenium.common.exceptions import StaleElementReferenceException

        waiting = WebDriverWait(
            self.browser, PATIENCE, 0.05, [StaleElementReferenceException, IndexError]
        )
        return waiting.until(lambda _: what())

    def all(self, selector: str) -> list[Any]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return " ".join(element.text for element in self.all(selector))

    @property
    def count(self) -> str:
        return self.text(".review-count")

    @property
    def said(self) -> str:
        return self.text(".review-said")

    @property
    def moments(self) -> list[tuple[str, str]]:
        """Each card's words and what it is marked as."""
        words = self.all(".moment .moment-words")
        return [(word.text, state) for word, state in zip(words, self.states, strict=True)]

    @property
    def states(self) -> list[str]:
        classes = [card.get_attribute("class").split() for card in self.all(".moment")]
        return ["".join({"abnormal", "normal"} & set(names)) for names in classes]

    @property
    def selected(self) -> int:
        classes = [card.get_attribute("class").split() for card in self.all(".moment")]
        return ["selected" in names for names in classes].index(True)

    def button(self, name: str) -> Any:
        """A button by the name that a screen reader says, or by its words."""
        found = [
            button
            for button in self.all("button")
            if name in (button.get_attribute("aria-label"), button.text)
        ]
        return found[0]

    def click(self, name: str) -> None:
        self.until(lambda: self.button(name).is_enabled())
        self.button(name).click()

    def press(self, key: str) -> None:
        ActionChains(self.browser).send_keys(key).perform()

    def source_of(self, card: int) -> str:
        return self.all(".moment img")[card].get_attribute("src")


def test_mark_undo_learn_and_load_again(browser: Any, run_folder: Path) -> None:
    with reviewing(run_folder) as server:
        page = Seen(browser, server["address"])
        first = page.moments
        assert len(first) >= 6
        assert page.selected == 0
        assert page.count == "0 marked: 0 abnormal, 0 normal"
        assert not page.button("Learn from 0 marks").is_enabled()

        # By mouse, by keyboard, right after a click on a button. A key chooses the next moment.
        page.click("Mark Moment 2 as normal")
        page.until(lambda: page.states[:2] == ["", "normal"])
        assert page.selected == 1
        page.press("a")
        page.until(lambda: page.states[:2] == ["", "abnormal"])
        assert "now it is abnormal" in page.said
        page.until(lambda: page.selected == 2)
        page.press("n")
        page.until(lambda: page.count == "2 marked: 1 abnormal, 1 normal")
        page.until(lambda: page.selected == 3)
        page.press(Keys.ARROW_LEFT)
        page.until(lambda: page.selected == 2)
        page.press(Keys.ARROW_UP)  # there is no row above
        page.press(Keys.ARROW_DOWN)
        page.until(lambda: page.selected == 5)
        page.all(".moment .moment-name")[0].click()
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
            image = page.all(".moment img")[1]
            page.until(lambda image=image: image.get_property("naturalWidth") == 72)

        # Filters.
        page.click("Normal 1")
        page.until(lambda: page.states == ["normal"])
        page.click(f"Unmarked {len(first) - 1}")
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
        page.until(lambda: "down to 80%" in page.text(".review-more"))

        # Learning.
        page.click("Learn from 2 marks")
        page.until(lambda: page.said.startswith("Learned from 2 marks. Moments: "))
        page.until(lambda: page.all(".moment-change"))
        learned = page.moments
        assert learned != first
        assert sorted(filter(None, page.states)) == ["abnormal", "normal"]

        page.open(server["address"])
        assert page.moments == learned
        assert page.count == "2 marked: 1 abnormal, 1 normal"
        assert page.all(".moment-change")

        with reviewing(run_folder) as second:
            assert second["read_only"]
            other = Seen(browser, second["address"])
            assert READ_ONLY in other.text(".review-banner")
            assert other.moments == learned
            assert not other.button("Mark Moment 1 as normal").is_enabled()
            assert not other.button("Undo").is_enabled()
            other.press("n")
            other.until(lambda: "read-only" in other.said)
            assert other.moments == learned

    # Another server on the same run goes on where the first one was.
    with reviewing(run_folder) as server:
        page = Seen(browser, server["address"])
        assert not server["read_only"]
        assert (server["abnormal"], server["normal"]) == (1, 1)
        assert page.moments == learned
    assert hosts(browser) <= {"127.0.0.1"}
    said = [entry["message"] for entry in browser.get_log("browser")]
    # 503: a server that was told to end makes no pictures any more.
    assert [line for line in said if "pictures" in line and " 503 " not in line] == []


def hosts(browser: Any) -> set[str]:
    """Whom the browser asked for anything."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"].endswith("BeSent")]
    return {url.split("/")[2].split(":")[0] for url in asked if url.startswith("http")}


def test_at_a_phones_width_nothing_is_cut_off(browser: Any, run_folder: Path) -> None:
    narrow = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    with reviewing(run_folder) as server:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
        try:
            page = Seen(browser, server["address"])
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            assert wide == 400
            page.click("Mark Moment 1 as abnormal")
            page.until(lambda: page.states[0] == "abnormal")
            names = [
                b.get_attribute("aria-label") or b.text
                for b in page.all("button")
                if b.is_displayed()
            ]
            assert all(names)
        finally:
            browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_nothing_stands_out(browser: Any, awry: Any, make_video: Any, tmp_path: Path) -> None:
    import numpy as np

    grey = np.full((40, 48, 72, 3), 90, np.uint8)
    make_video(tmp_path / "videos" / "grey.mp4", grey)
    out = tmp_path / "run"
    said = awry("sift", tmp_path / "videos", "--out", out, "--preset", "tiny")
    assert said.code == 0, said.err
    with reviewing(out) as server:
        page = Seen(browser, server["address"])
        assert page.text(".review-empty").startswith("Nothing stands out")
        assert page.all(".moment") == []
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
        page = Seen(browser, address)
        assert browser.current_url == bare
        page.press("a")
        page.until(lambda: page.states[0] == "abnormal")
        page.open(bare)
        page.until(lambda: page.states[0] == "abnormal")


def test_a_port_that_is_taken(awry: Any, run_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = awry("review", run_folder, "--port", port)
    assert said.code == 2
    assert f"Cannot listen on 127.0.0.1, port {port}: Address already in use." in said.err
