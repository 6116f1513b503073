"""The first page, as the server gives it."""

from __future__ import annotations

import re

from awry.watch.store.models import BudgetRow, CameraRow, FlagRow
from web_site import NOW, Here, event


def ready(here: Here, **states: str) -> None:
    """Cameras in states, with a picture of a second ago."""
    with here.database.writing() as session:
        for name, state in states.items():
            row = session.get(CameraRow, name)
            assert row is not None
            row.state, row.state_since, row.last_frame = state, NOW - 500, NOW - 1


def tiles_of(text: str) -> list[str]:
    return re.findall(r'data-tile="([^"]+)"', text)


def test_trouble_comes_first_and_stands_in_the_title(here: Here) -> None:
    ready(here, door="running", yard="back-off")
    text = here.client("viewer").get("/").text
    assert tiles_of(text) == ["yard", "door"]
    assert "<title>1 of 2 does not watch · home</title>" in text
    assert "1 of 2 cameras does not watch, so that nobody is told: yard." in text
    assert 'Last seen <awry-time at="1799999999.0">' in text


def test_all_is_well(here: Here) -> None:
    ready(here, door="running", yard="running")
    text = here.client("viewer").get("/").text
    assert "<title>Now · home</title>" in text
    assert "All 2 cameras watch." in text
    assert "Last seen" not in text


def test_a_state_is_not_believed_without_pictures(here: Here) -> None:
    ready(here, door="running", yard="running")
    here.clock.advance(120)
    text = here.client("viewer").get("/").text
    assert "2 of 2 cameras do not watch" in text
    assert "No new picture was looked at" in text


def test_flags_budget_and_scores_of_a_tile(here: Here) -> None:
    ready(here, door="running", yard="running")
    here.add(
        FlagRow(camera="door", flag="covered", since=NOW - 9, until=None),
        BudgetRow(camera="door", day="2027-01-15", alarms=3, allowed=2.0, spent_at=NOW - 5),
    )
    text = here.client("viewer").get("/ui/now/tiles").text
    door = text[text.index('data-facts="door"') : text.index('data-tile="yard"')]
    assert "Covered" in door
    assert "Alarms today: 3 of 2" in door
    assert '<meter min="0" max="2.0" value="2.0"' in door
    assert "budget is spent" in door
    levels = re.search(r'levels="([^"]*)"', door)
    assert levels is not None
    assert len(levels[1].split(",")) == 180
    # Scores up to 5.9 against a threshold of 2.
    assert max(float(one) for one in levels[1].split(",") if one) == 2.95


def test_operators_arm_and_viewers_see(here: Here) -> None:
    assert 'data-arm="door"' in here.client("operator").get("/").text
    text = here.client("viewer").get("/").text
    assert "data-arm" not in text
    assert "Armed" in text


def test_events_at_the_side(here: Here) -> None:
    here.add(*(event(f"n{number}", "door", NOW - 90 + number) for number in range(60)))
    text = here.client("viewer").get("/ui/now/events").text
    found = re.findall(r'<li data-uid="([^"]+)"', text)
    assert found == [f"n{number}" for number in range(59, 9, -1)]


def test_a_program_for_one_camera_sees_that_alone(here: Here) -> None:
    client = here.client("yard")
    assert tiles_of(client.get("/").text) == ["yard"]
    assert "door" not in client.get("/ui/now/events").text


def test_who_armed_a_camera_by_hand(here: Here) -> None:
    client = here.client("operator")
    assert "data-by-schedule" not in client.get("/").text
    client.put("/api/v1/cameras/door/armed", json={"armed": False, "until": NOW + 60})
    text = client.get("/ui/now/tiles").text
    assert "By hand, by operator:" in text
    assert f'<awry-time at="{NOW + 60}">' in text
    assert text.count('data-by-schedule="door"') == 1
    assert 'data-by-schedule="door"' in client.get("/ui/cameras/door/facts").text
    seen = here.client("viewer").get("/").text
    assert "By hand, by operator:" in seen
    assert "data-by-schedule" not in seen


def test_hostile_text_stays_text(here: Here) -> None:
    ready(here, door="back-off")
    with here.database.writing() as session:
        row = session.get(CameraRow, "door")
        assert row is not None
        row.state_reason = "<img src=x onerror=alert(1)>"
    text = here.client("viewer").get("/").text
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text


def test_fragments_need_a_log_in(here: Here) -> None:
    for place in ("/ui/now/tiles", "/ui/now/events"):
        assert here.client().get(place).status_code == 401


def test_a_view_for_a_wall(here: Here) -> None:
    client = here.client("viewer")
    assert '<div class="now wall">' in client.get("/?wall=1").text
    assert '<div class="now">' in client.get("/").text


def test_in_german(here: Here) -> None:
    ready(here, door="running", yard="stalled")
    client = here.client("viewer")
    client.cookies.set("awry_language", "de")
    text = client.get("/").text
    assert "1 von 2 überwacht nicht" in text
    assert "Es kommen keine Bilder" in text
