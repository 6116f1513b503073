"""What stands around a page, and for whom."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from awry.watch.web.access import Caller
from awry.watch.web.pages.shell import KIT, NAVIGATION, OF_CAMERA, camera_tabs, shell_of
from awry.watch.web.pages.system import SECTIONS
from parsed_page import Parsed
from web_site import Here


def request(path: str, language: str = "en") -> Any:
    headers = [(b"cookie", f"awry_language={language}".encode())]
    return SimpleNamespace(scope={"headers": headers}, url=SimpleNamespace(path=path))


@pytest.mark.parametrize(
    ("level", "count"), [("read", len(NAVIGATION) - 1), ("admin", len(NAVIGATION))]
)
def test_pages_that_one_may_see(here: Here, level: Any, count: int) -> None:
    shell = shell_of(here.app.state.api, request("/events/e1"), Caller("anna", level))
    assert len(shell.nav) == count
    assert [one.href for one in shell.nav if one.here] == ["/events"]
    assert (shell.site, shell.user, shell.level) == ("home", "anna", level)


def test_nobody_has_no_pages(here: Here) -> None:
    shell = shell_of(here.app.state.api, request("/login"))
    assert (shell.nav, shell.user, shell.csrf, shell.account) == ((), "", "", "")


def test_a_program_has_no_account_and_no_csrf_token(here: Here) -> None:
    page = Parsed(here.client("administer").get("/system/disk").text)
    assert page.all("meta", name="csrf")[0]["content"] == ""
    assert "/account" not in page.values("href")
    person = Parsed(here.client("viewer").get("/system/disk").text)
    assert person.all("meta", name="csrf")[0]["content"] == "csrf-viewer"
    assert "/account" in person.values("href")


def test_the_first_page_is_here_on_itself_alone(here: Here) -> None:
    for path, wanted in (("/", ["/"]), ("/cameras/door", []), ("/systematic", [])):
        shell = shell_of(here.app.state.api, request(path), Caller("anna", "admin"))
        assert [one.href for one in shell.nav if one.here] == wanted


def test_tabs_of_a_camera_in_german() -> None:
    tabs = camera_tabs(request("/cameras/door/zones", "de"), Caller("anna", "read"), "door")
    assert [one.href for one in tabs] == [f"/cameras/door{end}" for end, _, _ in OF_CAMERA]
    assert [one.text for one in tabs if one.here] == ["Zonen"]


def test_every_page_of_the_bar_is_there(here: Here) -> None:
    client = here.client("admin")
    for href, *_ in NAVIGATION:
        assert client.get(href).status_code == 200, href
    for end, *_ in SECTIONS:
        assert client.get(f"/system{end}").status_code == 200, end


def test_icons_of_the_bar_are_in_the_kit() -> None:
    icons = bytes(KIT.files.response("", "kit/icons.svg").body).decode()
    for _, _, icon, _ in NAVIGATION:
        assert f'id="{icon}"' in icons
