"""Two detectors over the API."""

from __future__ import annotations

from typing import Any

import pytest

from scored_here import BEGIN, score
from web_site import Here, event

PATH = "/api/v1/cameras/door/bundles/compare"


@pytest.fixture
def both(here: Here) -> Here:
    score(here, threshold=2.2)
    score(here, "bundles/b", threshold=3.2)
    here.add(
        event("high", "door", BEGIN + 450, label="abnormal"),
        event("low", "door", BEGIN + 250, label="normal"),
        event("s", "door", BEGIN + 350, shadow=True, bundle="bundles/b"),
    )
    return here


def told(here: Here, query: str = "") -> dict[str, Any]:
    answer = here.client("viewer").get(f"{PATH}{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_one_that_alarms_beside_the_one_that_tries(both: Here) -> None:
    found = told(both)
    first, second = found["first"], found["second"]
    assert [(one["path"], one["state"]) for one in (first, second)] == [
        ("bundles/a", "active"), ("bundles/b", "shadow"),
    ]  # fmt: skip
    assert (first["count"], second["count"]) == (3, 1)
    assert (first["abnormal"], first["normal"]) == (["high"], ["low"])
    assert (second["abnormal"], second["normal"]) == (["high"], [])
    assert (found["abnormal"], found["normal"]) == (1, 1)
    assert [event["was"] for event in first["events"]] == ["low", "s", "high"]
    assert {one["uid"] for one in found["were"]} >= {"low", "s", "high"}
    assert first["seconds"] == second["seconds"] == pytest.approx(600.0)
    assert found["until"] - found["since"] == 600.0
    assert first["per_day"] == pytest.approx(3 * 144)
    assert first["low"] < 3 * 144 < first["high"]


def test_named_ones(both: Here) -> None:
    found = told(both, "?first=bundles/b&second=bundles/a")
    assert [found["first"]["count"], found["second"]["count"]] == [1, 3]
    client = both.client("viewer")
    same = client.get(f"{PATH}?first=bundles/b&second=bundles/b")
    assert (same.status_code, "with itself" in same.text) == (409, True)
    other = client.get(f"{PATH}?second=bundles/none")
    assert (other.status_code, "in common" in other.text) == (409, True)


def test_one_alone_is_compared_with_nothing(here: Here) -> None:
    score(here)
    answer = here.client("viewer").get(PATH)
    assert (answer.status_code, "No other detector" in answer.text) == (409, True)
    assert here.client("viewer").get("/api/v1/cameras/x/bundles/compare").status_code == 404
    assert here.client("yard").get(PATH).status_code == 403
