"""Every route by every caller: who may, and who may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from awry.watch.requests import SessionEnd, TokenRemove, made
from awry.watch.store.models import SessionRow, TokenRow, UserRow
from awry.watch.web.access import Caller
from awry.watch.web.app import ROUTERS
from awry.watch.web.refusals import RefusedError
from web_site import CALLERS, NOW, Here, make, people, secret_of

API = "/api/v1"
OF: dict[str, str] = {
    "viewer": "read",
    "operator": "feedback",
    "admin": "admin",
    "read": "read",
    "feedback": "feedback",
    "administer": "admin",
    "yard": "admin",
}
LEVELS = ("read", "feedback", "admin")
# Method and path -> what is needed, what it concerns, and a body that fits. `list`: what is the
# caller's; `camera`, `event`: of the door; `site`: all; `person`: only for people.
EXPECTED: dict[tuple[str, str], tuple[str, str, Any]] = {
    ("GET", "/livez"): ("nobody", "", None),
    ("GET", "/readyz"): ("nobody", "", None),
    ("GET", "/metrics"): ("read", "site", None),
    ("GET", f"{API}/openapi.json"): ("read", "site", None),
    ("GET", f"{API}/setup"): ("nobody", "", None),
    ("POST", f"{API}/setup"): ("nobody", "", {"name": "eve", "password": "a long password"}),
    ("POST", f"{API}/session"): ("nobody", "", {"name": "admin", "password": "a long password"}),
    ("GET", f"{API}/session"): ("read", "list", None),
    ("PUT", f"{API}/session/password"): (
        "read",
        "person",
        {"old": "a long password", "new": "another password"},
    ),
    ("DELETE", f"{API}/session"): ("read", "person", None),
    ("GET", f"{API}/cameras"): ("read", "list", None),
    ("GET", f"{API}/cameras/{{camera}}"): ("read", "camera", None),
    ("GET", f"{API}/cameras/{{camera}}/states"): ("read", "camera", None),
    ("GET", f"{API}/cameras/{{camera}}/flags"): ("read", "camera", None),
    ("GET", f"{API}/cameras/{{camera}}/gaps"): ("read", "camera", None),
    ("GET", f"{API}/cameras/{{camera}}/scores"): ("read", "camera", None),
    ("GET", f"{API}/cameras/{{camera}}/calibrations"): ("read", "camera", None),
    ("GET", f"{API}/cameras/{{camera}}/drift"): ("read", "camera", None),
    ("GET", f"{API}/cameras/{{camera}}/replay"): ("read", "camera", None),
    ("GET", f"{API}/cameras/{{camera}}/sensitivity"): ("read", "camera", None),
    ("GET", f"{API}/cameras/{{camera}}/teaching"): ("read", "camera", None),
    ("GET", f"{API}/feedback"): ("read", "list", None),
    ("GET", f"{API}/cameras/{{camera}}/bundles"): ("read", "camera", None),
    ("GET", f"{API}/cameras/{{camera}}/bundles/compare"): ("read", "camera", None),
    ("GET", f"{API}/cameras/{{camera}}/config"): ("read", "camera", None),
    ("PATCH", f"{API}/cameras/{{camera}}/config"): ("admin", "camera", {"budget": "3/day"}),
    ("PUT", f"{API}/cameras/{{camera}}/armed"): ("feedback", "camera", {"armed": False}),
    ("DELETE", f"{API}/cameras/{{camera}}/armed"): ("feedback", "camera", None),
    ("POST", f"{API}/cameras/{{camera}}/bundles/promote"): (
        "admin",
        "camera",
        {"path": "bundles/b"},
    ),
    ("POST", f"{API}/cameras/{{camera}}/bundles/drop"): ("admin", "camera", {"path": "bundles/b"}),
    ("POST", f"{API}/cameras/{{camera}}/bundles/back"): ("admin", "camera", None),
    ("POST", f"{API}/cameras/{{camera}}/refit"): ("admin", "camera", {}),
    ("GET", f"{API}/cameras/{{camera}}/live.jpg"): ("read", "camera", None),
    ("GET", f"{API}/cameras/{{camera}}/now"): ("read", "camera", None),
    ("GET", f"{API}/overview"): ("read", "list", None),
    ("GET", f"{API}/timeline"): ("read", "list", None),
    ("GET", f"{API}/budgets"): ("read", "list", None),
    ("GET", f"{API}/events"): ("read", "list", None),
    ("GET", f"{API}/events/{{uid}}"): ("read", "event", None),
    ("PUT", f"{API}/events/{{uid}}/judgement"): ("feedback", "event", {"label": "normal"}),
    ("DELETE", f"{API}/events/{{uid}}/judgement"): ("feedback", "event", None),
    ("PUT", f"{API}/events/{{uid}}/pin"): ("feedback", "event", None),
    ("DELETE", f"{API}/events/{{uid}}/pin"): ("feedback", "event", None),
    ("GET", f"{API}/events/{{uid}}/judgements"): ("read", "event", None),
    ("GET", f"{API}/events/{{uid}}/neighbours"): ("read", "event", None),
    ("PUT", f"{API}/judgements"): ("feedback", "event", {"events": ["e1"], "label": None}),
    ("GET", f"{API}/export"): ("read", "list", None),
    ("GET", f"{API}/event-parts"): ("read", "list", None),
    ("GET", f"{API}/snoozes"): ("read", "list", None),
    ("POST", f"{API}/snoozes"): ("feedback", "event", {"event": "e1", "lasts": 60}),
    ("DELETE", f"{API}/snoozes/{{number}}"): ("feedback", "snooze", None),
    ("GET", f"{API}/events/{{uid}}/clips/{{part}}"): ("read", "event", None),
    ("GET", f"{API}/events/{{uid}}/picture"): ("read", "event", None),
    ("GET", f"{API}/events/{{uid}}/annotated"): ("read", "event", None),
    ("GET", f"{API}/events/{{uid}}/heat"): ("read", "event", None),
    ("GET", f"{API}/changes"): ("read", "list", None),
    ("GET", f"{API}/stream"): ("read", "list", None),
    ("GET", f"{API}/health"): ("read", "site", None),
    ("GET", f"{API}/config"): ("admin", "site", None),
    ("POST", f"{API}/cameras/try"): ("admin", "site", {"address": "rtsp://10.0.0.3/live"}),
    ("POST", f"{API}/cameras"): (
        "admin",
        "site",
        {"name": "new", "detect": {"address": "rtsp://10.0.0.3/live"}},
    ),
    ("DELETE", f"{API}/cameras/{{camera}}"): ("admin", "site", None),
    ("GET", f"{API}/cameras/{{camera}}/learning"): ("read", "camera", None),
    ("GET", f"{API}/discover"): ("admin", "site", None),
    ("GET", f"{API}/machine"): ("admin", "site", None),
    ("POST", f"{API}/machine/measure"): ("admin", "site", {}),
    ("GET", f"{API}/users"): ("admin", "site", None),
    ("POST", f"{API}/users"): (
        "admin",
        "site",
        {"name": "eve", "password": "a long password", "role": "viewer"},
    ),
    ("PATCH", f"{API}/users/{{name}}"): ("admin", "site", {"role": "operator"}),
    ("DELETE", f"{API}/users/{{name}}"): ("admin", "site", None),
    ("GET", f"{API}/tokens"): ("admin", "site", None),
    ("POST", f"{API}/tokens"): ("admin", "site", {"name": "new", "scope": "read"}),
    ("DELETE", f"{API}/tokens/{{name}}"): ("admin", "site", None),
    ("GET", f"{API}/audit"): ("admin", "site", None),
    ("GET", f"{API}/audit.csv"): ("admin", "site", None),
    ("GET", f"{API}/log-ins"): ("admin", "site", None),
    ("DELETE", f"{API}/users/{{name}}/log-ins"): ("admin", "site", None),
    ("GET", f"{API}/problems"): ("read", "site", None),
    ("GET", f"{API}/processes"): ("read", "site", None),
    ("GET", f"{API}/load"): ("read", "site", None),
    ("GET", f"{API}/disk"): ("read", "site", None),
    ("GET", f"{API}/versions"): ("read", "site", None),
    ("GET", f"{API}/receivers"): ("read", "site", None),
    ("POST", f"{API}/receivers/again"): ("admin", "site", {"channel": "mqtt", "target": ""}),
    ("GET", f"{API}/log"): ("admin", "site", None),
    ("GET", f"{API}/backups"): ("admin", "site", None),
    ("POST", f"{API}/backups"): ("admin", "site", None),
    ("GET", f"{API}/backups/{{name}}/file"): ("admin", "site", None),
    ("POST", f"{API}/backups/{{name}}/check"): ("admin", "site", None),
    ("DELETE", f"{API}/backups/{{name}}"): ("admin", "site", None),
    ("PUT", f"{API}/backups/{{name}}/restore"): ("admin", "site", None),
    ("DELETE", f"{API}/backups/{{name}}/restore"): ("admin", "site", None),
    ("PATCH", f"{API}/config"): ("admin", "site", {"name": "ours"}),
}


def routes(here: Here) -> set[tuple[str, str]]:
    """Method and path of all routes that the application has."""
    found = {
        (method, route.path)
        for router in (*(one.router for one in ROUTERS), here.app)
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    return found | {
        (method.upper(), path)
        for path, methods in here.app.openapi()["paths"].items()
        for method in methods
    }


def test_every_route_stands_in_the_matrix(here: Here) -> None:
    assert routes(here) == set(EXPECTED)


def expected(who: str, needed: str, concerns: str) -> int:
    """401, 403, or 0: it is answered."""
    if needed == "nobody":
        return 0
    if not who:
        return 401
    if LEVELS.index(OF[who]) < LEVELS.index(needed):
        return 403
    if who == "yard" and concerns in ("camera", "event", "site"):
        return 403
    return 403 if concerns == "person" and who in CALLERS[3:] else 0


@pytest.fixture(scope="module", params=["", *CALLERS])
def asked(
    request: pytest.FixtureRequest, peopled: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Here]]:
    """A caller, and a site that no other one changes."""
    here = make(peopled, tmp_path_factory.mktemp("asked"))
    yield request.param, here
    here.database.close()


def test_who_may_ask_what(asked: tuple[str, Here]) -> None:
    who, here = asked
    wrong, ended = [], False
    with here.client(who) as client:
        for (method, path), (needed, concerns, body) in EXPECTED.items():
            if ended:
                people_again(here)
                here.known(client, who)
            there = path.format(camera="door", uid="e1", part=0, name="viewer", number=1)
            answer = client.request(method, there, json=body)
            wanted = expected(who, needed, concerns)
            refused = answer.status_code if answer.status_code in (401, 403) else 0
            ended = method != "GET" and ("session" in path or "users" in path)
            failed = answer.status_code >= 500 and answer.status_code != 503
            if refused != wanted or (not wanted and failed):
                wrong.append((method, path, answer.status_code, wanted, answer.text[:200]))
    assert not wrong


def people_again(here: Here) -> None:
    """Everybody's log-in as it was at the beginning."""
    with here.database.writing() as session:
        for table in (SessionRow, TokenRow, UserRow):
            session.query(table).delete()
    people(here)


WRITES = [key for key, (needed, _, _) in EXPECTED.items() if key[0] != "GET" and needed != "nobody"]


@pytest.mark.parametrize("csrf", ["", "csrf-operator", "csrf-admi\u00f1"])
def test_a_write_by_cookie_needs_the_csrf_token_of_that_log_in(here: Here, csrf: str) -> None:
    client = here.client("admin")
    del client.headers["X-CSRF-Token"]
    headers = [(b"X-CSRF-Token", csrf.encode("latin-1"))]
    with client:
        for method, path in WRITES:
            there = path.format(camera="door", uid="e1", part=0, name="viewer", number=1)
            answer = client.request(method, there, json=EXPECTED[method, path][2], headers=headers)
            assert (answer.status_code, "CSRF" in answer.text) == (403, True), (method, path)
        assert not here.asked
        assert client.get(f"{API}/cameras").status_code == 200


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "secret-of-read", "bearer  x y"]
)
def test_a_wrong_token_is_nobodys(here: Here, header: str) -> None:
    client = here.client("admin")  # a cookie besides does not help
    client.headers["Authorization"] = header
    answer = client.get(f"{API}/cameras")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_is_stored_as_its_digest_alone(here: Here) -> None:
    files = [path.read_bytes() for path in here.root.rglob("*") if path.is_file()]
    assert not any(secret_of("read").encode() in content for content in files)


def test_the_use_of_a_token_is_noted_once_an_hour(here: Here) -> None:
    client = here.client("read")
    for _ in range(3):
        assert client.get(f"{API}/cameras").status_code == 200
    assert [request.action for request in here.asked] == ["token.touch"]
    used = {row.name: row.used for row in here.rows(TokenRow)}
    assert (used["read"], used["feedback"]) == (NOW, None)
    here.clock.advance(3601)
    client.get(f"{API}/cameras")
    assert len(here.asked) == 2


def test_a_token_or_log_in_that_was_ended_counts_no_longer(here: Here) -> None:
    assert here.client("read").get(f"{API}/cameras").status_code == 200
    for values in (TokenRemove(name="read"), SessionEnd(user="viewer")):
        here.ask(made(values))
    assert here.client("read").get(f"{API}/cameras").status_code == 401
    assert here.client("viewer").get(f"{API}/cameras").status_code == 401
    assert here.client("operator").get(f"{API}/cameras").status_code == 200


def test_a_log_in_ends_without_use_and_at_last_with_it(peopled: Path, tmp_path: Path) -> None:
    here = make(peopled, tmp_path / "site", session_hours=240)
    client = here.client("admin")
    here.clock.advance(600)
    statuses = [client.get(f"{API}/session").status_code]  # from now on it lasts ten days
    for _ in range(4):
        here.clock.advance(9 * 86_400)
        statuses.append(client.get(f"{API}/session").status_code)
    assert statuses == [200, 200, 200, 200, 401]  # thirty days are the most
    assert here.client("viewer").get(f"{API}/session").status_code == 401
    here.database.close()


def test_without_any_user_nothing_but_the_first_run_is_reachable(empty: Here) -> None:
    with empty.client() as client:
        for (method, path), (needed, _, body) in EXPECTED.items():
            there = path.format(camera="door", uid="e1", part=0, name="viewer", number=1)
            status = client.request(method, there, json=body).status_code
            assert (status == 401) == (needed != "nobody" or path.endswith("/session")), path
    assert "/api/v1/setup" in empty.client().get(f"{API}/cameras").text
    assert not empty.asked


@pytest.mark.parametrize(
    ("address", "base", "headers", "open_"),
    [
        ("127.0.0.1", "http://127.0.0.1:8780", {}, True),
        ("127.0.0.1", "http://localhost:8780", {}, True),
        ("::1", "http://[::1]:8780", {}, True),
        ("192.0.2.9", "http://127.0.0.1:8780", {}, False),
        ("127.0.0.1", "http://127.0.0.1:8780", {"X-Forwarded-For": "192.0.2.9"}, False),
        ("127.0.0.1", "http://127.0.0.1:8780", {"Via": "1.1 proxy"}, False),
    ],
)
def test_metrics_are_open_on_the_machine_itself_alone(
    here: Here, address: str, base: str, headers: dict[str, str], open_: bool
) -> None:
    answer = here.client("", address, base).get("/metrics", headers=headers)
    assert answer.status_code == (200 if open_ else 401)


def test_the_cameras_that_are_asked_for() -> None:
    everybody, some = Caller("ada", "read"), Caller("token t", "read", frozenset({"yard", "door"}))
    assert everybody.among() is None
    assert everybody.among(["door"]) == ["door"]
    assert some.among() == ["door", "yard"]
    with pytest.raises(RefusedError, match="not for this camera"):
        some.among(["door", "gate"])
