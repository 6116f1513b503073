"""Probes, health, and what changes, over the API."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import OperationalError

from awry.watch.store.models import ChangeRow
from awry.watch.store.results import Change
from awry.watch.web.changes import FOLLOWERS, Feed
from web_site import Here

API = "/api/v1"


def change(camera: str, number: int) -> ChangeRow:
    return ChangeRow(id=number, at=1.0, kind="event", camera=camera, subject="e1", payload={})


def test_probes_need_nobody(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    client = here.client()
    assert client.get("/livez").json()["ready"] is True
    assert client.get("/readyz").json()["ready"] is True

    def broken() -> None:
        raise OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(here.database, "reading", broken)
    assert client.get("/livez").status_code == 200
    away = client.get("/readyz")
    assert (away.status_code, away.json()["error"]["code"]) == (503, "away")


def test_health_for_people(here: Here) -> None:
    told = here.client("viewer").get(f"{API}/health").json()
    assert told["site"] == "home"
    assert told["cameras"] == {"connecting": 2}
    assert told["storage"]["media_bytes"] == 2000
    assert told["load"][0]["figures"]["lag_s"] == 0.2


def test_changes_are_given_in_order(here: Here) -> None:
    here.add(*(change(camera, 100 + n) for n, camera in enumerate(["door", "yard", "", "yard"])))
    told = here.client("viewer").get(f"{API}/changes?after=99&limit=3").json()
    assert ([one["id"] for one in told["changes"]], told["last"]) == ([100, 101, 102], 102)
    rest = here.client("viewer").get(f"{API}/changes?after=102").json()
    assert ([one["camera"] for one in rest["changes"]], rest["last"]) == (["yard"], 103)
    mine = here.client("yard").get(f"{API}/changes?after=99").json()
    # What is of other cameras, or of the site, is left out; the place moves on all the same.
    assert ([one["id"] for one in mine["changes"]], mine["last"]) == ([101, 103], 103)
    assert here.client("viewer").get(f"{API}/changes?after=103").json() == {
        "changes": [],
        "last": 103,
    }


class Ending(Feed):
    """A feed that ends once a follower has read what there is."""

    async def _after(self, place: int) -> tuple[int, Sequence[Change], bool]:
        found = await super()._after(place)
        if not found[1]:
            self.close()
        return found


@pytest.mark.parametrize(
    ("query", "headers", "expected"),
    [
        ("?after=99", {}, [100, 101]),
        ("", {"Last-Event-ID": "100"}, [101]),
        ("?after=99", {"Last-Event-ID": "100"}, [101]),
        ("?after=100", {"Last-Event-ID": "rubbish"}, [101]),
        ("?after=100", {"Last-Event-ID": "9" * 400}, [101]),
    ],
)
def test_a_stream_goes_on_from_the_last_event(
    here: Here, query: str, headers: dict[str, str], expected: list[int]
) -> None:
    here.add(change("door", 100), change("yard", 101))
    here.app.state.api.feed = Ending(here.database)
    answer = here.client("viewer").get(f"{API}/stream{query}", headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    data = [line[6:] for line in answer.text.split("\n") if line.startswith("data: ")]
    assert [json.loads(one)["id"] for one in data] == expected


def test_a_stream_of_a_camera_has_that_camera_alone(here: Here) -> None:
    here.add(change("door", 100), change("yard", 101), change("", 102))
    here.app.state.api.feed = Ending(here.database)
    text = here.client("yard").get(f"{API}/stream?after=99").text
    assert "id: 101" in text
    assert "id: 100" not in text
    assert "id: 102" not in text


def test_too_many_who_follow_are_sent_away(here: Here) -> None:
    here.app.state.api.feed.followers = FOLLOWERS
    answer = here.client("viewer").get(f"{API}/stream")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
