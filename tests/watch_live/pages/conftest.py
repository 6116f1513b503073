"""A whole site on drawn cameras, and a browser that looks at it.

The site is made once: its detectors are fitted, and it has a past of some minutes. Each test logs
in anew. What a test changes for good it does on a site of its own (`own_site`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awry.watch.accounts import add_user
from awry.watch.demo_site.demo import make_demo
from watch_live.pages.browser import PASSWORD, Page, chromium
from watch_live.pages.sites import LEARN_S, PAST_S, USERS, LiveSite, copied


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that nobody runs: copies of it are run."""
    folder = tmp_path_factory.mktemp("demo")
    site = make_demo(folder, port=0, past_s=PAST_S, learn_s=LEARN_S, say=lambda said: None)
    for name, role in USERS.items():
        add_user(site.file, name, role=role, password=PASSWORD)
    return folder


@pytest.fixture(scope="session")
def site(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """The site that all tests share; they leave it as it was."""
    running = LiveSite(*copied(made, tmp_path_factory.mktemp("shared") / "site"))
    try:
        running.wait_running()
        yield running
    finally:
        code = running.end()
    assert code == 0, running.log.read_text()[-3000:]


@pytest.fixture(scope="module")
def own_site(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """A site of the module's own, whose tests may change it for good."""
    running = LiveSite(*copied(made, tmp_path_factory.mktemp("own") / "site"))
    try:
        running.wait_running()
        yield running
    finally:
        running.end()


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """The browser of all tests."""
    with chromium() as one:
        yield one


@pytest.fixture
def look_at(driver: Any) -> Iterator[Callable[..., Page]]:
    """Looks at a site with a fresh browser: `look_at(site, "boss")`; the console must be clean."""
    pages: list[Page] = []

    def look(site: LiveSite, user: str | None = "boss") -> Page:
        page = Page(driver, site.address)
        page.fresh()
        pages.append(page)
        if user is not None:
            page.log_in(user)
        return page

    yield look
    for page in pages:
        assert page.console() == []


@pytest.fixture
def page(site: LiveSite, look_at: Callable[..., Page]) -> Page:
    """The shared site as its administrator sees it."""
    return look_at(site)


@pytest.fixture
def other(site: LiveSite) -> Iterator[Page]:
    """A second browser at the shared site, as an operator sees it."""
    with chromium() as one:
        page = Page(one, site.address)
        page.fresh()
        page.log_in("guard")
        yield page
        assert page.console() == []
