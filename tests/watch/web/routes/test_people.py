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


def test_a_removed_users_tokens_end(here: Here) -> None:
    boss = here.client("administer")
    assert boss.patch(f"{API}/users/operator", json={"role": "admin"}).status_code == 200
    body = {"name": "operator", "password": PASSWORD}
    eve = here.client()
    eve.headers["X-CSRF-Token"] = eve.post(f"{API}/session", json=body).json()["csrf"]
    made = eve.post(f"{API}/tokens", json={"name": "hers", "scope": "admin"}).json()["token"]
    program = here.client()
    program.headers["Authorization"] = f"Bearer {made}"
    again = program.post(f"{API}/tokens", json={"name": "its", "scope": "read"}).json()["token"]
    assert boss.delete(f"{API}/users/operator").status_code == 200
    for secret in (made, again):
        program.headers["Authorization"] = f"Bearer {secret}"
        assert program.get(f"{API}/session").status_code == 401
    names = {one["name"] for one in boss.get(f"{API}/tokens").json()["tokens"]}
    assert names == {"read", "feedback", "administer", "yard"}
    audit = boss.get(f"{API}/audit", params={"action": "user.remove"}).json()["entries"]
    assert audit[0]["after"] == {"tokens": ["hers", "its"]}


def test_who_is_logged_in_and_the_end_of_it(here: Here) -> None:
    admin, viewer = here.client("admin"), here.client("viewer")
    found = admin.get(f"{API}/log-ins").json()["log_ins"]
    assert [(one["user"], one["here"]) for one in found] == [
        ("admin", True),
        ("operator", False),
        ("viewer", False),
    ]
    assert "csrf" not in str(found)
    assert admin.delete(f"{API}/users/viewer/log-ins").status_code == 200
    assert viewer.get(f"{API}/session").status_code == 401
    assert admin.delete(f"{API}/users/nobody/log-ins").status_code == 404


def test_the_audit_log_filtered_and_as_a_table(here: Here) -> None:
    admin = here.client("admin")
    admin.put(f"{API}/events/e1/pin")
    admin.patch(f"{API}/users/viewer", json={"role": "operator"})
    for only, count in (({"by": "admin"}, 2), ({"action": "pin"}, 1), ({"subject": "vie"}, 1)):
        wanted = {"by": "admin", **only}
        assert len(admin.get(f"{API}/audit", params=wanted).json()["entries"]) == count
    answer = admin.get(f"{API}/audit.csv", params={"by": "admin"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert len(answer.text.splitlines()) == 3
    assert here.client("operator").get(f"{API}/audit.csv").status_code == 403
