"""Several cameras at once, over the API."""

from __future__ import annotations

import pytest

from awry.watch.store.models import BudgetRow, CameraRow, FlagRow, StateRow
from awry.watch.store.strips import strips
from awry.watch.web.routes import timeline as module
from awry.watch.web.routes.timeline import short
from web_site import NOW, Here, event

API = "/api/v1"


def berlin(here: Here) -> None:
    """The site's zone has changes of the clock."""
    api = here.app.state.api
    api.settings = api.settings.model_copy(update={"timezone": "Europe/Berlin"})


def test_an_overview_puts_what_needs_somebody_first(here: Here) -> None:
    with here.database.writing() as session:
        door, yard = session.get(CameraRow, "door"), session.get(CameraRow, "yard")
        assert door is not None
        assert yard is not None
        door.state, door.state_since, door.last_frame = "running", NOW - 500, NOW - 1
        yard.state, yard.state_reason = "back-off", "No answer."
    here.add(BudgetRow(camera="door", day="2027-01-15", alarms=1, allowed=2.0))
    told = here.client("viewer").get(f"{API}/overview?hours=0.05&bins=3").json()
    assert (told["day"], told["since"], told["until"]) == ("2027-01-15", NOW - 180, NOW)
    yard_, door_ = told["cameras"]
    assert (yard_["camera"]["name"], yard_["watching"], yard_["alarms"]) == ("yard", "no", 0)
    assert (door_["camera"]["name"], door_["watching"], door_["alarms"]) == ("door", "yes", 1)
    assert (door_["allowed"], yard_["allowed"]) == (2.0, None)
    assert (door_["newest"], door_["spent_at"], door_["stale"]) == ("e1", None, False)
    # Scores 0 to 5.9 of a minute, against a threshold of 2 above 0.
    assert door_["levels"] == [None, 2.95, None]


def test_an_overview_shows_the_callers_cameras_alone(here: Here) -> None:
    told = here.client("yard").get(f"{API}/overview").json()
    assert [one["camera"]["name"] for one in told["cameras"]] == ["yard"]
    assert here.client().get(f"{API}/overview").status_code == 401


def test_a_timeline_of_two_cameras(here: Here) -> None:
    here.add(
        StateRow(camera="door", state="stalled", reason="No data.", since=NOW - 90, until=None),
        FlagRow(camera="door", flag="covered", detail="Dark.", since=NOW - 50, until=NOW - 40),
        event("long", "door", NOW - 700, end=NOW - 150, label="normal", picture=""),
        event("tries", "door", NOW - 90, shadow=True),
    )
    query = f"camera=yard&camera=door&since={NOW - 180}&until={NOW}&bins=18"
    told = here.client("viewer").get(f"{API}/timeline?{query}").json()
    assert (told["zone"], told["day"], told["now"]) == ("UTC", "2027-01-15", NOW)
    yard, door = told["rows"]
    assert (yard["camera"], door["camera"]) == ("yard", "door")
    with here.database.reading() as session:
        expected = strips(session, ["door"], NOW - 180, NOW, 18)["door"]
    assert door["levels"] == short(expected)
    assert door["levels"][6:12] == pytest.approx([0.45, 0.95, 1.45, 1.95, 2.45, 2.95])
    assert [one["uid"] for one in door["events"]] == ["long", "e1"]
    assert [one["picture"] for one in door["events"]] == [False, True]
    assert door["events"][1]["clips"] == [[0, NOW - 105, NOW - 85]]
    assert door["events"][0]["label"] == "normal"
    assert door["gaps"][0]["detail"] == "It was away."
    assert door["flags"][0]["kind"] == "covered"
    assert door["states"][-1]["kind"] == "stalled"
    assert yard["flags"] == []


def test_more_events_than_are_shown(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_EVENTS", 2)
    here.add(*(event(f"n{number}", "door", NOW - 90 + number) for number in range(3)))
    query = f"camera=door&since={NOW - 300}&until={NOW}"
    (door,) = here.client("viewer").get(f"{API}/timeline?{query}").json()["rows"]
    assert ([one["uid"] for one in door["events"]], door["left_out"]) == (["n1", "n2"], True)


def test_days_of_the_sites_zone(here: Here) -> None:
    berlin(here)
    client = here.client("viewer")
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)):
        told = client.get(f"{API}/timeline?day={day}&bins={hours}").json()
        assert told["until"] - told["since"] == hours * 3600
        assert (told["day"], told["zone"]) == (day, "Europe/Berlin")
        assert [len(one["levels"]) for one in told["rows"]] == [hours, hours]


def test_today_is_the_default(here: Here) -> None:
    told = here.client("viewer").get(f"{API}/timeline").json()
    assert (told["day"], told["until"] - told["since"]) == ("2027-01-15", 86_400)


def test_what_cannot_be_shown_is_refused(here: Here) -> None:
    client = here.client("viewer")
    for query, status in (
        ("since=5", 422),
        ("since=5&until=5", 422),
        ("since=0&until=2678401", 422),
        ("day=2026-01-01&since=5&until=6", 422),
        ("day=0001-01-01", 422),
        ("day=2026-02-30", 422),
        ("camera=none", 404),
        ("camera=../x", 422),
    ):
        assert client.get(f"{API}/timeline?{query}").status_code == status, query
    assert here.client("yard").get(f"{API}/timeline?camera=door").status_code == 403
