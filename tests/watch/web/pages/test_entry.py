"""Logging in, the first user, and one's own password; nothing is there before."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute

from awry.watch.web.pages.install import PAGES
from awry.watch.web.passwords import weakness
from web_site import PASSWORD, Here

API = "/api/v1"
OPEN = {"/login", "/setup"}
FILLED = {"camera": "door", "uid": "e1", "name": "viewer", "part": 0, "version": "x", "path": "x"}


def pages() -> list[str]:
    """Addresses of all pages but those that everybody sees."""
    found = [route.path for page in PAGES for route in page.router.routes]
    return sorted({path.format(**FILLED) for path in found} - OPEN)


def test_without_a_user_every_page_leads_to_the_first_one(empty: Here) -> None:
    client = empty.client()
    wrong = [
        path
        for path in [*pages(), "/login"]
        if (answer := client.get(path)).status_code
        not in ((401,) if path.startswith("/ui/") else (303,))
        or (answer.status_code == 303 and answer.headers["location"] != "/setup")
    ]
    assert "/add" in pages()
    assert wrong == []


def test_without_a_user_no_route_of_the_api_answers(empty: Here) -> None:
    client = empty.client()
    told = []
    for route in empty.app.routes:
        if not isinstance(route, APIRoute) or not route.path.startswith(f"{API}/"):
            continue
        for method in route.methods:
            if route.path in (f"{API}/setup", f"{API}/session") and method != "DELETE":
                continue
            answer = client.request(method, route.path.format(**FILLED), json={})
            if answer.status_code != 401:
                told.append((method, route.path, answer.status_code))
    assert told == []
    assert empty.asked == []


def test_the_first_user_is_made_and_led_to_the_first_camera(empty: Here) -> None:
    client = empty.client(address="127.0.0.1")
    page = client.get("/setup").text
    assert 'data-next="/add"' in page
    assert 'name="first_token"' not in page
    answer = client.post(f"{API}/setup", json={"name": "anna", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    assert client.post(f"{API}/session", json={"name": "anna", "password": PASSWORD}).is_success
    assert client.get("/add").status_code == 200
    assert client.get("/setup").headers["location"] == "/login"


def test_from_another_machine_the_logs_token_is_asked_for(empty: Here) -> None:
    assert 'name="first_token"' in empty.client(address="192.0.2.1").get("/setup").text


@pytest.mark.parametrize(
    ("place", "led"),
    [
        ("/events?camera=door", "/events?camera=door"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
    ],
)
def test_whoever_logs_in_comes_where_they_wanted(here: Here, place: str, led: str) -> None:
    answer = here.client("viewer").get("/login", params={"next": place})
    assert (answer.status_code, answer.headers["location"]) == (303, led)


def test_a_page_keeps_its_place_over_the_log_in(here: Here) -> None:
    answer = here.client().get("/cameras/door/zones?x=1")
    assert answer.headers["location"] == "/login?next=%2Fcameras%2Fdoor%2Fzones%3Fx%3D1"
    assert (
        'data-next="/cameras/door/zones?x=1"' in here.client().get(answer.headers["location"]).text
    )


def test_ones_own_account(here: Here) -> None:
    page = here.client("operator").get("/account")
    assert "You may look, judge events, arm and disarm." in page.text
    assert here.client("read").get("/account").status_code == 403
    german = here.client("viewer").get("/account", headers={"Accept-Language": "de"}).text
    assert "Sie dürfen zusehen." in german


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaa",
        "0123456789",
        "9876543210",
        "qwertyuiop",
        "password123",
        "PasswortPasswort",
        "anna-anna-anna",
        "abcdefghijkl",
    ],
)
def test_a_password_that_is_guessed_at_once_is_refused(empty: Here, password: str) -> None:
    given = {"name": "anna", "password": password}
    answer = empty.client(address="127.0.0.1").post(f"{API}/setup", json=given)
    assert answer.status_code == 422
    assert "choose another one" in answer.json()["error"]["message"]
    assert password not in answer.text
    assert empty.asked == []


@pytest.mark.parametrize(
    "password", [PASSWORD, "four tall green trees", "kW8#vz!pQx", "long-enough-1"]
)
def test_other_passwords_are_taken(password: str) -> None:
    assert weakness(password, "anna") == ""
