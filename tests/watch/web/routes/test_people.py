"""Users, tokens and the audit log over the API."""

from __future__ import annotations

from awry.watch.store.models import TokenRow
from awry.watch.web.passwords import digest
from web_site import PASSWORD, Here

API = "/api/v1"


def test_users_are_made_changed_and_removed(here: Here) -> None:
    client = here.client("admin")
    body = {"name": "eve", "password": PASSWORD, "role": "viewer"}
    assert client.post(f"{API}/users", json=body).status_code == 201
    again = client.post(f"{API}/users", json=body)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    users = {one["name"]: one for one in client.get(f"{API}/users").json()["users"]}
    assert users["eve"].keys() == {"name", "role", "made"}
    eve = here.client()
    logged = eve.post(f"{API}/session", json={"name": "eve", "password": PASSWORD})
    assert logged.status_code == 200
    assert client.patch(f"{API}/users/eve", json={"role": "admin"}).status_code == 200
    # A log-in of the old role does not get the new one's rights, nor keep its own.
    assert eve.get(f"{API}/session").status_code == 401
    body = {"password": "another long one"}
    assert client.patch(f"{API}/users/eve", json=body).status_code == 200
    old = here.client().post(f"{API}/session", json={"name": "eve", "password": PASSWORD})
    assert old.status_code == 401
    assert client.delete(f"{API}/users/eve").status_code == 200
    assert client.delete(f"{API}/users/eve").status_code == 404
    assert client.patch(f"{API}/users/eve", json={}).status_code == 404


def test_the_last_administrator_stays(here: Here) -> None:
    client = here.client("administer")
    assert client.delete(f"{API}/users/admin").status_code == 409
    assert client.patch(f"{API}/users/admin", json={"role": "viewer"}).status_code == 409
    assert client.patch(f"{API}/users/operator", json={"role": "admin"}).status_code == 200
    assert client.delete(f"{API}/users/admin").status_code == 200


def test_a_token_is_shown_once_and_works(here: Here) -> None:
    client = here.client("admin")
    body = {"name": "hub", "scope": "feedback", "cameras": ["yard"]}
    made = client.post(f"{API}/tokens", json=body)
    assert made.status_code == 201
    secret = made.json()["token"]
    assert secret.startswith("awry_")
    assert digest(secret) in {row.id for row in here.rows(TokenRow)}
    assert secret not in client.get(f"{API}/tokens").text
    program = here.client()
    program.headers["Authorization"] = f"Bearer {secret}"
    assert program.put(f"{API}/events/e2/pin").status_code == 200
    assert program.put(f"{API}/events/e1/pin").status_code == 403
    who = program.get(f"{API}/session").json()
    assert (who["name"], who["level"], who["cameras"]) == ("token hub", "feedback", ["yard"])
    assert client.post(f"{API}/tokens", json=body).status_code == 409
    assert client.delete(f"{API}/tokens/hub").status_code == 200
    assert program.get(f"{API}/session").status_code == 401
    assert client.delete(f"{API}/tokens/hub").status_code == 404


def test_the_audit_log_says_who_did_what(here: Here) -> None:
    client = here.client("admin")
    client.put(f"{API}/events/e1/pin")
    told = client.get(f"{API}/audit?limit=2").json()
    assert [(one["by"], one["action"], one["subject"]) for one in told["entries"]][:1] == [
        ("admin", "pin", "e1")
    ]
    older = client.get(f"{API}/audit?limit=1000&before={told['next']}").json()
    assert older["next"] is None
    ids = [one["id"] for one in told["entries"] + older["entries"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == len(ids) > 2
