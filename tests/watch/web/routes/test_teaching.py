"""What a camera was taught, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from awry.watch.store.models import CameraRow, FootageRow
from scored_here import BEGIN, score
from web_site import NOW, Here, event

PATH = "/api/v1/cameras/door/teaching"


def told(here: Here) -> dict[str, Any]:
    found: dict[str, Any] = here.client("viewer").get(PATH).json()
    return found


def test_the_threshold_without_and_with_what_was_said(here: Here) -> None:
    score(here)
    here.add(event("n", "door", BEGIN + 450, score=3.5), event("a", "door", NOW - 30, score=9.0))
    client = here.client("operator")
    (before,) = told(here)["thresholds"]
    assert (before["normal"], before["abnormal"], before["above"]) == (0, 0, 0)
    client.put("/api/v1/events/n/judgement", json={"label": "normal", "note": "a cat"})
    client.put("/api/v1/events/a/judgement", json={"label": "abnormal"})
    found = told(here)
    (after,) = found["thresholds"]
    assert after["before"] == before["before"] < 3.5
    assert (after["normal"], after["abnormal"], after["above"]) == (1, 1, 1)
    assert after["seconds"] == 660.0  # eleven minutes hold scores
    assert after["allowed"] == pytest.approx(2 * 660 / 86_400)
    assert found["budget"] == "2/day"
    assert [(one["event"], one["label"], one["note"]) for one in found["judgements"]] == [
        ("a", "abnormal", ""), ("n", "normal", "a cat"),
    ]  # fmt: skip
    assert [one["counts"] for one in found["judgements"]] == [True, True]
    assert found["judged"] == 2


def test_what_is_on_its_way(here: Here) -> None:
    score(here)
    assert told(here)["gathering"] is None
    footage = FootageRow(camera="door", path="f", start=10.0, end=70.0, bytes=1)
    shadow = event("s", "door", NOW - 40, shadow=True)
    here.add(footage, shadow)
    with here.database.writing() as session:
        row = session.get(CameraRow, "door")
        assert row is not None
        row.refit = {"since": NOW - 100, "reason": "winter"}
    found = told(here)
    assert found["gathering"] == {"since": NOW - 100, "reason": "winter", "wanted": 86_400.0}
    with here.database.writing() as session:
        row = session.get(CameraRow, "door")
        assert row is not None
        row.refit = row.refit | {"seconds": 7200.0}
    assert told(here)["gathering"]["wanted"] == 7200.0
    assert (found["footage_s"], found["folder"], found["unjudged"]) == (60.0, False, 1)
    assert found["bundle"] == "bundles/a"


def test_who_may_see_it(here: Here) -> None:
    assert here.client("viewer").get("/api/v1/cameras/nobody/teaching").status_code == 404
    assert here.client("yard").get(PATH).status_code == 403
    assert here.client().get(PATH).status_code == 401
