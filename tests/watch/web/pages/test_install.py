"""How pages say no: pages to people, JSON to programs."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from awry.pages import POLICY
from parsed_page import Parsed
from web_site import Here


@pytest.mark.parametrize("path", ["/api/v1/none", "/ui/none", "/ui/system/log?level=loud"])
def test_programs_and_fragments_get_json(here: Here, path: str) -> None:
    answer = here.client("admin").get(path)
    assert answer.status_code in (404, 422)
    assert answer.json()["error"]["status"] == answer.status_code
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_people_get_a_page_with_the_bar(here: Here) -> None:
    answer = here.client("viewer").get("/none")
    page = Parsed(answer.text)
    assert (answer.status_code, answer.headers["content-security-policy"]) == (404, POLICY)
    assert "There is nothing at this address." in page.text
    assert "/events" in page.values("href")


def test_in_their_language(here: Here) -> None:
    client = here.client("viewer")
    client.cookies.set("awry_language", "de")
    assert "Unter dieser Adresse gibt es nichts." in client.get("/none").text


def test_what_one_may_not_see(here: Here) -> None:
    answer = here.client("viewer").get("/system/log")
    assert answer.status_code == 403
    assert "This needs the right" in Parsed(answer.text).text


def test_nobody_is_led_to_the_log_in_and_back(here: Here) -> None:
    answer = here.client().get("/events?camera=door&part=a%26b")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fevents%3Fcamera%3Ddoor%26part%3Da%2526b"


def test_where_there_is_no_user_one_is_led_to_the_first(empty: Here) -> None:
    for path in ("/", "/system", "/login"):
        assert empty.client().get(path).headers["location"] == "/setup"
    answer = empty.client().get("/ui/now/tiles")
    assert answer.status_code == 401


def test_a_store_that_cannot_be_read_is_a_page_too(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = here.client("viewer")

    def broken(*given: object) -> object:
        raise OperationalError("select", {}, Exception("locked"))

    monkeypatch.setattr(here.database, "_sessions", broken)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "cannot be read" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("text", ["store: [", "store: store\nnobody: knows\n"])
def test_a_broken_file_of_settings_is_said_and_breaks_no_page(here: Here, text: str) -> None:
    (here.root / "site.yaml").write_text(text)
    client = here.client("admin")
    for path in ("/", "/cameras/door", "/cameras/door/zones", "/system", "/system/disk", "/events"):
        answer = client.get(path)
        assert (path, answer.status_code) == (path, 200)
    assert "has a mistake" in Parsed(client.get("/system").text).text
    answer = client.get("/system/settings")
    assert (answer.status_code, answer.headers["content-type"]) == (409, "text/html; charset=utf-8")
    assert client.get("/api/v1/config").json()["error"]["status"] == 409
