"""A page as a person sees it: Debian's Chromium, and what tests ask of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")

from selenium.common.exceptions import (  # noqa: E402
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402

BINARY = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
AXE = "build/axe/node_modules/axe-core/axe.min.js"
"""Where `make test-watch` puts axe-core; below the repository's root."""
PASSWORD = "a long password"
PATIENCE_S = 60.0
"""For a busy machine; nothing waits for so long."""
_WORDS = (
    *("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"),
    *("--hide-scrollbars", "--mute-audio", "--autoplay-policy=no-user-gesture-required"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
)
_GONE = (StaleElementReferenceException, NoSuchElementException, IndexError)
_LOG_IN = """
const [name, password, done] = arguments;
fetch("/api/v1/session", {method: "POST", headers: {"Content-Type": "application/json"},
  body: JSON.stringify({name, password})}).then(answer => done(answer.status), done);
"""
_SHIFTS = """
const done = arguments[arguments.length - 1];
let total = 0;
const watch = new PerformanceObserver(list => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) total += one.value;
});
watch.observe({type: "layout-shift", buffered: true});
setTimeout(() => { watch.disconnect(); done(total); }, 200);
"""
_SEEN = "one.checkVisibility() ? one.innerText : ''"
_AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(
  found => done(JSON.stringify(found.violations)), error => done(String(error)));
"""


@contextmanager
def chromium(*more: str) -> Iterator[Any]:
    """A browser without a window; no driver is ever looked for on the network."""
    if BINARY is None or DRIVER is None:
        pytest.skip("needs chromium and chromium-driver")
    os.environ["SE_OFFLINE"] = "true"
    options = webdriver.ChromeOptions()
    options.binary_location = BINARY
    for word in (*_WORDS, *more):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    driver.set_script_timeout(PATIENCE_S)
    try:
        yield driver
    finally:
        driver.quit()


class Page:
    """One browser at one site.

    Args:
        driver: of the browser.
        address: of the site, without a slash at its end.

    Attributes:
        allowed: patterns of what the console may say without a test failing.
    """

    def __init__(self, driver: Any, address: str) -> None:
        self.driver, self.address = driver, address
        self.allowed: list[str] = []
        self._said: list[str] = []

    # ---- the browser ------------------------------------------------------------------------

    def fresh(self) -> None:
        """Nobody is logged in, nothing is remembered, and the window is as usual."""
        self._command("Network.clearBrowserCookies")
        self._command("Storage.clearDataForOrigin", origin=self.address, storageTypes="all")
        self.size(1280, 900)
        self.look(dark=False)
        self.driver.get("about:blank")
        self.driver.get_log("browser")

    def size(self, width: int, height: int) -> None:
        """The window's, in pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._command("Emulation.setDeviceMetricsOverride", **size)

    def look(self, *, dark: bool, still: bool = False) -> None:
        """What the person has set: a dark scheme, and whether motion is to be spared."""
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"},
        ]
        self._command("Emulation.setEmulatedMedia", features=features)

    def language(self, name: str) -> None:
        """`en` or `de`, from the next page on."""
        self.driver.add_cookie({"name": "awry_language", "value": name})

    def _command(self, name: str, **values: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, values)

    # ---- what a person does -----------------------------------------------------------------

    def log_in(self, name: str, password: str = PASSWORD) -> None:
        """Log in as the page's form does, without filling it in."""
        self.driver.get(f"{self.address}/login")
        status = self.driver.execute_async_script(_LOG_IN, name, password)
        assert status == 200, f"{name} could not log in: {status}"

    def open(self, path: str) -> None:
        """Go to an address of the site."""
        self.driver.get(self.address + path)

    def until(self, what: Callable[[], Any], limit_s: float = PATIENCE_S) -> Any:
        """Wait until something is true, and give it; the page may be drawn anew meanwhile."""
        end = time.monotonic() + limit_s
        while True:
            try:
                if found := what():
                    return found
            except _GONE:
                pass
            if time.monotonic() > end:
                pytest.fail(f"It did not come: {self.path}\n{self.text('main')[:1500]}")
            time.sleep(0.05)

    def keys(self, *keys: str) -> None:
        """Type, whatever has the focus."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def click(self, selector: str) -> None:
        """Press the first such element, once it is there."""
        self.until(lambda: self._pressed(selector))

    def _pressed(self, selector: str) -> bool:
        element = next((one for one in self.all(selector) if one.is_displayed()), None)
        if element is None:
            return False
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()
        return True

    def fill(self, selector: str, text: str) -> None:
        """Put a text into a field, in place of what stands there."""
        field = self.until(lambda: self.one(selector))
        field.clear()
        field.send_keys(text)

    # ---- what a person sees -----------------------------------------------------------------

    @property
    def path(self) -> str:
        """Where the page is, with its query."""
        return str(self.driver.current_url).removeprefix(self.address)

    def all(self, selector: str) -> Sequence[Any]:
        """All elements of a CSS selector."""
        found: Sequence[Any] = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found

    def one(self, selector: str) -> Any:
        """The first of them."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def read(self, selector: str, what: str) -> list[Any]:
        """What a line of JavaScript says of each `one` of them.

        They are read in one step: a page that is drawn anew meanwhile cannot take away an element
        between two reads.
        """
        code = f"return [...document.querySelectorAll(arguments[0])].map(one => {what})"
        found: list[Any] = self.run(code, selector)
        return found

    def text(self, selector: str = "body") -> str:
        """What stands in all of them, as a person sees it; empty where nothing is seen."""
        return " ".join(said.strip() for said in self.read(selector, _SEEN)).strip()

    def run(self, code: str, *values: Any) -> Any:
        """What a line of JavaScript returns."""
        return self.driver.execute_script(code, *values)

    def run_async(self, code: str, *values: Any) -> Any:
        """Likewise of code that calls its last argument."""
        return self.driver.execute_async_script(code, *values)

    # ---- what must be true of every page ----------------------------------------------------

    def console(self) -> list[str]:
        """Errors and violations of the content policy since the page was opened first."""
        for one in self.driver.get_log("browser"):
            if one["level"] in ("SEVERE", "WARNING") or "Content Security" in one["message"]:
                self._said.append(one["message"])
        return [
            said for said in self._said if not any(re.search(one, said) for one in self.allowed)
        ]

    def too_wide(self) -> int:
        """Pixels by which the page is wider than its window; 0 is right."""
        script = "return document.documentElement.scrollWidth - innerWidth"
        return max(0, int(self.run(script)))

    def shift(self) -> float:
        """By how much the layout moved by itself since the page was opened."""
        return float(self.run_async(_SHIFTS))

    def axe(self, root: Path) -> list[str]:
        """What axe-core finds that is serious or critical; skips where it is not installed."""
        file = root / AXE
        if not file.is_file():
            pytest.skip("needs axe-core: make axe")
        self.run(file.read_text(encoding="utf-8"))
        told = self.run_async(_AXE)
        try:
            found = json.loads(told)
        except ValueError:
            pytest.fail(f"axe-core failed: {told}")
        return [
            f"{one['id']} ({one['impact']}): {one['help']}: "
            + "; ".join(str(node["html"])[:160] for node in one["nodes"][:4])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
