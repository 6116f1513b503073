"""Logging in and out, and the first user."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from starlette.testclient import TestClient

from awry.watch.store.models import AuditRow, SessionRow, UserRow
from awry.watch.web.passwords import digest
from web_site import NOW, PASSWORD, Here

API = "/api/v1"
FIRST = {"name": "anna", "password": "a good long one"}


def tried(here: Here, name: str, password: str = PASSWORD, **client: Any) -> Any:
    """The answer to a log-in."""
    body = {"name": name, "password": password}
    return here.client("", **client).post(f"{API}/session", json=body)


def log_in(here: Here, name: str, password: str = PASSWORD, **client: Any) -> TestClient:
    """Somebody who has logged in, with the CSRF token."""
    asking = here.client("", **client)
    answer = asking.post(f"{API}/session", json={"name": name, "password": password})
    asking.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return asking


def test_the_first_user_is_made_on_the_machine_itself(empty: Here) -> None:
    client = empty.client("", "127.0.0.1")
    assert client.get(f"{API}/setup").json() == {"needed": True, "token_needed": False}
    assert client.post(f"{API}/setup", json=FIRST).status_code == 200
    (user,) = empty.rows(UserRow)
    assert (user.name, user.role) == ("anna", "admin")
    assert user.password.startswith("$argon2id$")
    assert client.get(f"{API}/setup").json() == {"needed": False, "token_needed": False}
    assert client.post(f"{API}/setup", json={**FIRST, "name": "eve"}).status_code == 409
    assert log_in(empty, "anna", FIRST["password"]).get(f"{API}/users").status_code == 200


@pytest.mark.parametrize(
    ("client", "headers", "token", "status"),
    [
        ({"address": "192.0.2.9"}, {}, None, 403),
        ({"address": "192.0.2.9"}, {}, "wrong", 403),
        ({"address": "192.0.2.9"}, {}, "first", 200),
        ({"address": "127.0.0.1"}, {"X-Forwarded-For": "192.0.2.9"}, None, 403),
        ({"address": "127.0.0.1"}, {"Forwarded": "for=192.0.2.9"}, None, 403),
        ({"address": "127.0.0.1"}, {"X-Real-IP": "192.0.2.9"}, "first", 200),
    ],
)
def test_elsewhere_it_takes_the_token_from_the_log(
    empty: Here, client: dict[str, str], headers: dict[str, str], token: str | None, status: int
) -> None:
    body = {**FIRST, "first_token": token} if token else FIRST
    answer = empty.client("", **client).post(f"{API}/setup", json=body, headers=headers)
    assert answer.status_code == status
    assert len(empty.rows(UserRow)) == (status == 200)


def test_without_a_token_nobody_elsewhere_can_be_first(empty: Here) -> None:
    empty.app.state.api.first_token = ""
    body = {**FIRST, "first_token": ""}
    assert empty.client().post(f"{API}/setup", json=body).status_code == 403


def test_the_token_cannot_be_guessed_often(empty: Here) -> None:
    client = empty.client()
    statuses = [
        client.post(f"{API}/setup", json={**FIRST, "first_token": f"guess{n}"}).status_code
        for n in range(12)
    ]
    assert statuses == [403] * 10 + [429] * 2


def test_two_first_users_at_once_are_one(empty: Here) -> None:
    statuses: list[int] = []

    def make(name: str) -> None:
        client = empty.client("", "127.0.0.1")
        body = {**FIRST, "name": name}
        statuses.append(client.post(f"{API}/setup", json=body).status_code)

    threads = [threading.Thread(target=make, args=(name,)) for name in ("anna", "eve")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 409]
    assert len(empty.rows(UserRow)) == 1


def test_a_log_in_is_a_strict_cookie_whose_digest_is_stored(here: Here) -> None:
    answer = tried(here, "viewer")
    said = answer.json()
    assert (said["name"], said["level"], said["cameras"]) == ("viewer", "read", None)
    assert said["until"] == NOW + 12 * 3600
    cookie = answer.headers["set-cookie"]
    words = set(cookie.split("; ")[1:])
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= words
    assert "Secure" not in words
    name, _, secret = cookie.split(";")[0].partition("=")
    assert name == "awry_session_8780"
    assert digest(secret) in {row.id for row in here.rows(SessionRow)}
    client = here.client()
    client.cookies.set(name, secret)
    who = client.get(f"{API}/session").json()
    assert (who["name"], who["csrf"]) == ("viewer", said["csrf"])


def test_by_tls_the_cookie_is_bound_to_the_host(here: Here) -> None:
    cookie = tried(here, "viewer", base="https://127.0.0.1:8780").headers["set-cookie"]
    assert cookie.startswith("__Host-awry_session_8780=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    assert "domain" not in cookie.lower()
    client = log_in(here, "viewer", base="https://127.0.0.1:8780")
    assert client.get(f"{API}/session").status_code == 200
    # One that was set without TLS, by whomever, does not count.
    secret = cookie.split(";")[0].partition("=")[2]
    other = here.client("", base="https://127.0.0.1:8780")
    other.cookies.set("awry_session_8780", secret)
    assert other.get(f"{API}/session").status_code == 401


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("viewer", "wrong"),
        ("nobody", PASSWORD),
        ("", ""),
        ("viewer\0", PASSWORD),
        ("' or 1=1 --", "x"),
    ],
)
def test_a_wrong_name_and_a_wrong_password_are_told_alike(
    here: Here, name: str, password: str
) -> None:
    answer = tried(here, name, password)
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "The name or the password is not right."
    assert "set-cookie" not in answer.headers


def test_attempts_are_limited_by_user_and_time_heals(here: Here) -> None:
    for _ in range(10):
        assert tried(here, "viewer", "wrong").status_code == 401
    refused = tried(here, "viewer", address="192.0.2.77")
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "301"
    assert tried(here, "admin").status_code == 200
    here.clock.advance(301)
    assert tried(here, "viewer").status_code == 200


def test_logging_out_ends_the_log_in_here_or_everywhere(here: Here) -> None:
    one, other, third = (log_in(here, "viewer") for _ in range(3))
    cookie = dict(one.cookies)
    assert one.delete(f"{API}/session").status_code == 200
    again = here.client()
    again.cookies.update(cookie)
    assert again.get(f"{API}/session").status_code == 401
    assert other.get(f"{API}/session").status_code == 200
    assert other.delete(f"{API}/session?everywhere=true").status_code == 200
    assert third.get(f"{API}/session").status_code == 401
    assert here.client("operator").get(f"{API}/session").status_code == 200


def test_a_new_password_ends_all_log_ins(here: Here) -> None:
    one, other = log_in(here, "viewer"), log_in(here, "viewer")
    body = {"old": "wrong", "new": "a new long password"}
    assert one.put(f"{API}/session/password", json=body).status_code == 403
    body["old"] = PASSWORD
    assert one.put(f"{API}/session/password", json=body).status_code == 200
    assert one.get(f"{API}/session").status_code == 401
    assert other.get(f"{API}/session").status_code == 401
    assert tried(here, "viewer").status_code == 401
    assert tried(here, "viewer", body["new"]).status_code == 200


@pytest.mark.parametrize("password", ["short", "x" * 257])
def test_passwords_have_a_length(here: Here, password: str) -> None:
    body = {"old": PASSWORD, "new": password}
    answer = here.client("viewer").put(f"{API}/session/password", json=body)
    assert answer.status_code == 422
    assert password not in answer.text


def test_no_password_or_hash_is_in_the_audit_log_or_a_request(here: Here) -> None:
    body = {"old": PASSWORD, "new": "a new long password"}
    assert here.client("viewer").put(f"{API}/session/password", json=body).status_code == 200
    told = repr([(row.action, row.before, row.after) for row in here.rows(AuditRow)])
    assert "user.password" in told
    assert "argon2" not in told
    assert not any("long password" in request.values for request in here.asked)


def test_a_log_in_goes_on_while_the_keeper_is_away(here: Here) -> None:
    from awry.watch.web.api import KeeperAwayError

    def away(request: Any) -> Any:
        raise KeeperAwayError

    here.app.state.api.ask = away
    here.clock.advance(1000)
    client = here.client("viewer")
    assert client.get(f"{API}/cameras").status_code == 200
    refused = here.client("operator").put(f"{API}/events/e1/pin")
    assert refused.status_code == 503
    assert "not known" in refused.json()["error"]["message"]
