"""Another budget or threshold over the API."""

from __future__ import annotations

from typing import Any

import pytest

from awry.errors import BundleError
from awry.watch.keeper.replay import Replayed, ReplayedEvent
from awry.watch.store.results import StoredEvent
from awry.watch.web.routes import replay as module
from awry.watch.web.score_work import score_work
from web_site import NOW, Here

API = "/api/v1/cameras"


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the replay is asked for; it finds an event that was, and misses another one."""
    asked: list[dict[str, Any]] = []

    def replay(database: Any, camera: str, **given: Any) -> Replayed:
        asked.append({"camera": camera, **given})
        were = [
            StoredEvent(uid, camera, start, start + 5, start, 3.0, 2.0, "bundles/a")
            for uid, start in (("e1", 100.0), ("e9", 900.0))
        ]
        return Replayed(
            camera=camera,
            bundle="bundles/a",
            asked="budget 1/day",
            since=given["since"],
            until=given["until"],
            seconds=43_200.0,
            thresholds={"day": 2.5},
            how={"day": "Chosen."},
            events=(ReplayedEvent(100.0, 104.0, 102.0, 3.0, "day", "e1"),),
            were=tuple(were),
        )

    monkeypatch.setattr(module, "replay", replay)
    return asked


def test_what_it_would_have_given_beside_what_was(here: Here, wanted: list[dict[str, Any]]) -> None:
    told = here.client("viewer").get(f"{API}/door/replay?budget=1/day").json()
    assert told["events"] == [
        {
            "start": 100.0,
            "end": 104.0,
            "peak_at": 102.0,
            "score": 3.0,
            "light": "day",
            "was": "e1",
        }
    ]
    assert (told["were"], told["gone"], told["per_day"]) == (["e1", "e9"], ["e9"], 2.0)
    (one,) = wanted
    assert (one["camera"], one["budget"], one["threshold"]) == ("door", "1/day", None)
    assert (one["since"], one["until"]) == (NOW - 86_400, NOW)


@pytest.mark.parametrize("query", ["since=5&until=5", "since=0", "threshold=nan"])
def test_times_and_thresholds_that_are_none(
    here: Here, wanted: list[dict[str, Any]], query: str
) -> None:
    assert here.client("viewer").get(f"{API}/door/replay?{query}").status_code == 422
    assert here.client("viewer").get(f"{API}/none/replay").status_code == 404
    assert not wanted


def test_one_at_a_time(here: Here, wanted: list[dict[str, Any]]) -> None:
    with score_work():
        assert here.client("viewer").get(f"{API}/door/replay").status_code == 429
    assert here.client("viewer").get(f"{API}/door/replay").status_code == 200


def test_what_cannot_be_replayed_is_said(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def replay(*_: Any, **__: Any) -> Replayed:
        raise BundleError("The detector keeps no more than a threshold.")

    monkeypatch.setattr(module, "replay", replay)
    answer = here.client("viewer").get(f"{API}/door/replay?budget=1/day")
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        409,
        "The detector keeps no more than a threshold.",
    )


def test_stored_scores_are_replayed(here: Here) -> None:
    # Without a bundle on the disk even a threshold has no options: the real thing says so.
    answer = here.client("viewer").get(f"{API}/door/replay?threshold=3")
    assert answer.status_code == 409
    assert "bundle" in answer.json()["error"]["message"]
