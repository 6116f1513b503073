"""The system's pages that viewers may see."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from awry.watch.messages import Answer
from awry.watch.store.models import CalibrationRow, CameraRow, DriftRow, OutboxRow
from awry.watch.web.pages.system import SECTIONS
from parsed_page import Parsed
from web_site import NOW, Here


def processes(here: Here, *listed: dict[str, Any]) -> None:
    said = Answer("x", json.dumps({"processes": listed}))
    here.app.state.api.processes = lambda: said


def page(here: Here, path: str, who: str = "viewer", language: str = "en") -> Parsed:
    client = here.client(who)
    client.cookies.set("awry_language", language)
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return Parsed(answer.text)


def words(text: str) -> str:
    return " ".join(text.split())


def test_tabs_for_those_who_may(here: Here) -> None:
    own = [f"/system{end}" for end, _, level in SECTIONS if level == "read"]
    every = [f"/system{end}" for end, _, _ in SECTIONS]
    for who, wanted in (("viewer", own), ("operator", own), ("admin", every)):
        links = page(here, "/system/disk", who).values("href")
        assert [one for one in dict.fromkeys(links) if one.startswith("/system")] == [
            *dict.fromkeys(["/system", *[one for one in wanted if one != "/system"]])
        ]
    here_ = page(here, "/system/disk").all("a", aria_current="page")
    assert [one["href"] for one in here_] == ["/system", "/system/disk"]


def test_nothing_is_wrong(here: Here) -> None:
    processes(here)
    with here.database.writing() as session:
        for row in session.query(CameraRow):
            row.state = "running"
    assert "Nothing is wrong." in page(here, "/system").text


def test_what_is_wrong_with_what_to_do(here: Here) -> None:
    processes(
        here,
        {"process": "web", "name": "", "pid": os.getpid(), "state": "running", "restarts": 3},
    )
    with here.database.writing() as session:
        row = session.get(CameraRow, "door")
        assert row is not None
        row.state, row.state_since, row.state_reason = "back-off", NOW - 60, "It refused."
    out = {"channel": "webhook", "subject": "e", "kind": "new", "made": 1.0, "due": 1.0}
    here.add(OutboxRow(**out, target="hook", state="dead", error="It answered 500."))
    found = page(here, "/system", "admin")
    said = words(found.text)
    assert "door cannot be reached. It refused." in said
    assert "Check the camera's power and network." in said
    assert "hook did not get 1 messages; they were given up. It answered 500." in said
    (again,) = found.all("button", data_deed="POST")
    assert again["data-path"] == "/api/v1/receivers/again"
    assert json.loads(again["data-body"]) == {"channel": "webhook", "target": "hook"}
    assert "These pages" in said
    german = words(page(here, "/system", language="de").text)
    assert "door ist nicht erreichbar." in german
    assert "Prüfen Sie Strom und Netzwerk der Kamera." in german


@pytest.mark.parametrize("part", ["health", "load"])
def test_a_fragment_is_what_the_page_holds(here: Here, part: str) -> None:
    processes(here)
    whole = here.client("viewer").get("/system" if part == "health" else "/system/load").text
    piece = here.client("viewer").get(f"/ui/system/{part}").text
    assert piece.strip() in whole
    assert "<html" not in piece


def test_the_disk(here: Here) -> None:
    found = page(here, "/system/disk")
    assert "It takes some hours of clips" in found.text
    (disk,) = found.all("progress", **{"class": "disk"})
    assert float(disk["value"]) <= float(disk["max"])
    assert "Clips" in found.text


def test_load_and_drift(here: Here) -> None:
    processes(
        here,
        {
            "process": "ingest",
            "name": "door",
            "pid": os.getpid(),
            "state": "running",
            "restarts": 0,
        },
    )
    hours = {"light": "day", "bundle": "bundles/a", "stability": 0.1, "count": 500}
    with here.database.writing() as session:
        for back, distance in ((2, 0.25), (3, None), (4, 0.5), (200, 0.9)):
            hour = int(NOW) - int(NOW) % 3600 - back * 3600
            session.merge(DriftRow(camera="yard", hour=hour, distance=distance, **hours))
        for row in session.query(CalibrationRow).filter(CalibrationRow.camera == "yard"):
            row.facts = {"drift": "It is other than before."}
    found = page(here, "/system/load")
    said = words(found.text)
    assert "All programs take" in said
    assert "It is other than before." in said
    assert "Let it learn again" in said
    points = [one["points"] for one in found.all("polyline", **{"class": "day"})]
    assert len(points) >= 3  # an hour without a measure is a hole, and a week is a week


def test_a_supervisor_that_is_away_is_said(here: Here) -> None:
    from awry.watch.web.api import KeeperAwayError

    def away() -> Answer:
        raise KeeperAwayError

    here.app.state.api.processes = away
    assert "cannot be asked how they are" in page(here, "/system").text
    assert page(here, "/system/load").all("table")


def test_versions(here: Here) -> None:
    said = words(page(here, "/system/versions").text)
    assert "SQLite 3." in said
    assert "bundles/a" in said
    assert "tries along" in said
