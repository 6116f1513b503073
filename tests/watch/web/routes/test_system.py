"""Problems, processes, load, disk, versions, receivers and the log over the API."""

from __future__ import annotations

import json
import os

import pytest

from awry.watch.messages import Answer
from awry.watch.store.kept_log import KeptLog
from awry.watch.store.models import AuditRow, OutboxRow
from awry.watch.web.api import KeeperAwayError
from web_site import NOW, SECRETS, Here

API = "/api/v1"


@pytest.fixture
def running(here: Here) -> Here:
    """A site whose supervisor says how its processes are."""
    listed = [
        {
            "process": "ingest",
            "name": "door",
            "pid": os.getpid(),
            "state": "running",
            "restarts": 2,
        },
        {"process": "web", "name": "", "pid": None, "state": "quarantined", "restarts": 9},
    ]
    said = Answer("x", json.dumps({"processes": listed}))
    here.app.state.api.processes = lambda: said
    return here


def keep(here: Here, *messages: str) -> None:
    log = KeptLog(here.database.layout.logs)
    for number, message in enumerate(messages):
        level = ("info", "error")[number % 2]
        when = "2027-01-15T08:00:00.000+00:00"
        log(json.dumps({"at": when, "process": "web", "level": level, "message": message}))
    log.close()


def test_processes(running: Here) -> None:
    found = running.client("viewer").get(f"{API}/processes").json()
    first, second = found["processes"]
    assert (first["process"], first["name"], first["restarts"]) == ("ingest", "door", 2)
    assert first["rss_bytes"] > 2**20
    assert (second["state"], second["rss_bytes"], second["share"]) == ("quarantined", None, None)
    assert found["cores"] >= 1


def test_a_supervisor_that_is_away(here: Here) -> None:
    def away() -> Answer:
        raise KeeperAwayError

    here.app.state.api.processes = away
    client = here.client("viewer")
    assert client.get(f"{API}/processes").status_code == 503
    assert client.get(f"{API}/load").status_code == 200
    said = [one["said"] for one in client.get(f"{API}/problems").json()["problems"]]
    assert "The programs of the site cannot be asked how they are." in said


def test_load(running: Here) -> None:
    found = running.client("viewer").get(f"{API}/load").json()
    door, yard = found["cameras"]
    assert (door["camera"], door["fps"]) == ("door", 10.0)
    assert door["share"] >= 0
    assert (yard["fps"], yard["share"]) == (None, None)


def test_problems(running: Here) -> None:
    running.add(
        OutboxRow(
            **{"channel": "webhook", "target": "hook", "subject": "e", "kind": "new", "made": NOW},
            **{"due": NOW, "state": "dead", "error": "It answered 500."},
        )
    )
    found = running.client("viewer").get(f"{API}/problems").json()["problems"]
    said = " ".join(one["said"] for one in found)
    assert "The program web does not run." in said
    assert "hook did not get 1 messages; they were given up. It answered 500." in said
    assert all(one["advice"] for one in found)


def test_disk_and_versions(here: Here) -> None:
    client = here.client("viewer")
    disk = client.get(f"{API}/disk").json()
    assert (disk["media_bytes"], disk["limited_by"]) == (2000, "unknown")
    assert {(one["camera"], one["kind"]) for one in disk["rooms"]} >= {
        ("door", "clip"),
        ("yard", "clip"),
        ("", "database"),
    }
    assert disk["days"][-1]["bytes"] == 2000
    versions = client.get(f"{API}/versions").json()
    assert versions["schema"] >= "0002"
    assert {one["camera"] for one in versions["bundles"]} == {"door", "yard"}


def test_messages_are_tried_again(here: Here) -> None:
    here.add(
        OutboxRow(
            **{"channel": "webhook", "target": "hook", "subject": "e", "kind": "new", "made": 1.0},
            **{"due": 1e12, "state": "dead", "error": "Refused."},
        )
    )
    client = here.client("admin")
    (one,) = client.get(f"{API}/receivers").json()["receivers"]
    assert (one["target"], one["dead"], one["error"]) == ("hook", 1, "Refused.")
    body = {"channel": "webhook", "target": "hook"}
    assert here.client("operator").post(f"{API}/receivers/again", json=body).status_code == 403
    assert client.post(f"{API}/receivers/again", json=body).json() == {"count": 1}
    (row,) = here.rows(OutboxRow)
    assert (row.state, row.due) == ("waiting", NOW)
    noted = [one for one in here.rows(AuditRow) if one.action == "outbox.retry"]
    assert [(one.by, one.subject) for one in noted] == [("admin", "webhook hook")]


def test_the_log(here: Here) -> None:
    keep(here, "Camera door: lost.", "bad", "fine", "Camera yard: bad.")
    client = here.client("admin")
    lines = client.get(f"{API}/log", params={"limit": 2}).json()
    assert [one["message"] for one in lines["lines"]] == ["Camera yard: bad.", "fine"]
    older = client.get(f"{API}/log", params={"before": lines["next"]}).json()
    assert [one["message"] for one in older["lines"]] == ["bad", "Camera door: lost."]
    assert older["next"] is None
    wanted = {"level": "error", "text": "BAD", "camera": "yard"}
    assert len(client.get(f"{API}/log", params=wanted).json()["lines"]) == 1
    for odd in ({"level": "loud"}, {"process": "../x"}, {"camera": "A b"}, {"limit": 0}):
        assert client.get(f"{API}/log", params=odd).status_code == 422


def test_no_log_yet_and_no_secret_in_it(here: Here) -> None:
    client = here.client("admin")
    assert client.get(f"{API}/log").json() == {"lines": [], "next": None}
    assert not [one for one in SECRETS if one in client.get(f"{API}/problems").text]
