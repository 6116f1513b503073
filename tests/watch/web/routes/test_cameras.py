"""Cameras over the API."""

from __future__ import annotations

import pytest

from awry.watch.store.models import BudgetRow, CameraRow, StateRow
from web_site import NOW, Here

API = "/api/v1"


def test_cameras_as_they_are(here: Here) -> None:
    here.add(CameraRow(name="old", added=1.0, removed=2.0))
    client = here.client("viewer")
    assert [one["name"] for one in client.get(f"{API}/cameras").json()["cameras"]] == [
        "door",
        "yard",
    ]
    every = client.get(f"{API}/cameras?removed=true").json()["cameras"]
    assert [one["name"] for one in every] == ["door", "old", "yard"]
    (mine,) = here.client("yard").get(f"{API}/cameras").json()["cameras"]
    assert mine["name"] == "yard"
    door = client.get(f"{API}/cameras/door").json()
    assert (door["state"], door["armed"], door["flags"]) == ("connecting", True, [])
    assert client.get(f"{API}/cameras/none").status_code == 404


def test_spans_of_time(here: Here) -> None:
    here.add(StateRow(camera="door", state="stalled", reason="No data.", since=10.0, until=20.0))
    client = here.client("viewer")
    states = client.get(f"{API}/cameras/door/states?until=100").json()["spans"]
    assert states == [{"kind": "stalled", "since": 10.0, "until": 20.0, "detail": "No data."}]
    (gap,) = client.get(f"{API}/cameras/door/gaps").json()["spans"]
    assert gap["detail"] == "It was away."
    assert client.get(f"{API}/cameras/door/gaps?since={NOW}").json()["spans"] == []
    assert client.get(f"{API}/cameras/door/flags").json()["spans"] == []


def test_scores_are_brought_down_to_bins(here: Here) -> None:
    query = f"since={NOW - 120}&until={NOW - 60}&bins=6"
    told = here.client("viewer").get(f"{API}/cameras/door/scores?{query}").json()
    assert (told["bundle"], told["bundles"]) == ("bundles/a", ["bundles/a"])
    assert told["times"] == [NOW - 115 + 10 * number for number in range(6)]
    assert told["scores"] == pytest.approx([0.9, 1.9, 2.9, 3.9, 4.9, 5.9], abs=1e-5)
    hour = here.client("viewer").get(f"{API}/cameras/door/scores").json()
    assert (hour["since"], hour["until"]) == (NOW - 3600, NOW)
    assert len(hour["times"]) > 5
    none = here.client("viewer").get(f"{API}/cameras/door/scores?until=100&since=0").json()
    assert (none["bundle"], none["times"], none["scores"]) == ("", [], [])


@pytest.mark.parametrize("query", ["since=5&until=5", "since=6&until=5", "since=0", "bins=0"])
def test_a_time_that_is_none_is_refused(here: Here, query: str) -> None:
    answer = here.client("viewer").get(f"{API}/cameras/door/scores?{query}")
    assert answer.status_code == 422


def test_thresholds_and_drift(here: Here) -> None:
    client = here.client("viewer")
    (one,) = client.get(f"{API}/cameras/door/calibrations").json()["calibrations"]
    assert (one["bundle"], one["threshold"]) == ("bundles/a", 2.0)
    (hour,) = client.get(f"{API}/cameras/door/drift").json()["drift"]
    assert (hour["stability"], hour["distance"], hour["count"]) == (0.1, 0.2, 100)
    assert client.get(f"{API}/cameras/door/drift?since={NOW}").json()["drift"] == []


def test_budgets(here: Here) -> None:
    for camera in ("door", "yard"):
        here.add(BudgetRow(camera=camera, day="2027-01-15", alarms=1, allowed=2.0))
    client = here.client("viewer")
    both = client.get(f"{API}/budgets").json()["budgets"]
    assert [(one["camera"], one["alarms"], one["allowed"]) for one in both] == [
        ("door", 1, 2.0),
        ("yard", 1, 2.0),
    ]
    assert client.get(f"{API}/budgets?since=2027-01-16").json()["budgets"] == []
    assert len(client.get(f"{API}/budgets?camera=door").json()["budgets"]) == 1
    assert len(here.client("yard").get(f"{API}/budgets").json()["budgets"]) == 1
    assert here.client("yard").get(f"{API}/budgets?camera=door").status_code == 403


def test_a_camera_is_armed_by_hand(here: Here) -> None:
    client = here.client("operator")
    body = {"armed": False, "until": NOW + 60}
    assert client.put(f"{API}/cameras/door/armed", json=body).status_code == 200
    assert client.get(f"{API}/cameras/door").json()["armed"] is False
    assert client.put(f"{API}/cameras/door/armed", json={"armed": True}).status_code == 200
    assert client.get(f"{API}/cameras/door").json()["armed"] is True
    assert client.put(f"{API}/cameras/none/armed", json=body).status_code == 404
    assert [request.action for request in here.asked] == ["disarm", "arm"]


def test_who_armed_a_camera_by_hand_and_back_to_its_schedule(here: Here) -> None:
    client = here.client("operator")
    path = f"{API}/cameras/door/armed"
    assert client.get(f"{API}/cameras/door").json()["by_hand"] is None
    client.put(path, json={"armed": False})
    door = client.get(f"{API}/cameras/door").json()
    assert (door["armed"], door["by_hand"]) == (False, {"by": "operator", "until": None})
    client.put(path, json={"armed": True, "until": NOW + 60})
    door = client.get(f"{API}/cameras/door").json()
    assert (door["armed"], door["by_hand"]["until"]) == (True, NOW + 60)
    assert client.delete(path).json() == {"done": True}
    door = client.get(f"{API}/cameras/door").json()
    assert (door["armed"], door["by_hand"]) == (True, None)
    assert client.delete(f"{API}/cameras/none/armed").status_code == 404
    assert here.client("viewer").delete(path).status_code == 403
