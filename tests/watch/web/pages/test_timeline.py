"""The timeline, as the server gives it."""

from __future__ import annotations

import re

import pytest

from awry.watch.store.models import FlagRow, StateRow
from awry.watch.web.pages import timeline as module
from web_site import NOW, Here, event

DAY = "2027-01-15"


def berlin(here: Here) -> None:
    api = here.app.state.api
    api.settings = api.settings.model_copy(update={"timezone": "Europe/Berlin"})


def fact(text: str, name: str) -> str:
    found = re.search(rf'data-{name}="([^"]*)"', text)
    assert found is not None
    return found[1]


def lines(text: str) -> list[str]:
    return re.findall(r'data-line="([a-z]+)"', text)


def test_today_and_all_cameras_are_the_default(here: Here) -> None:
    text = here.client("viewer").get("/timeline").text
    assert fact(text, "day") == DAY
    assert lines(text) == ["door", "yard"]
    assert 'href="/timeline?day=2027-01-14"' in text
    assert 'href="/timeline?day=2027-01-16"' not in text  # it has not begun
    assert f'value="{DAY}" max="{DAY}"' in text


def test_an_address_says_day_and_cameras(here: Here) -> None:
    text = here.client("viewer").get("/timeline?day=2027-01-02&camera=yard&camera=none").text
    assert lines(text) == ["yard"]
    assert fact(text, "day") == "2027-01-02"
    assert 'href="/timeline?day=2027-01-03&amp;camera=yard' in text


def test_days_of_the_clock_change(here: Here) -> None:
    berlin(here)
    client = here.client("viewer")
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25)):
        text = client.get(f"/timeline?day={day}").text
        assert float(fact(text, "until")) - float(fact(text, "since")) == hours * 3600
        assert fact(text, "zone") == "Europe/Berlin"
        assert f'aria-valuemax="{hours * 3600}"' in text


def test_a_day_that_is_none_is_today(here: Here) -> None:
    client = here.client("viewer")
    for day in ("x", "2026-02-30", "0001-01-01", "9999-12-31", ""):
        answer = client.get(f"/timeline?day={day}")
        assert answer.status_code == 200
        assert fact(answer.text, "day") == DAY, day


def test_events_gaps_and_troubles_as_a_table(here: Here) -> None:
    here.add(
        StateRow(camera="door", state="stalled", reason="<b>No</b>", since=NOW - 90, until=None),
        StateRow(camera="door", state="running", reason="", since=NOW - 95, until=NOW - 90),
        FlagRow(camera="door", flag="covered", detail="", since=NOW - 50, until=NOW - 40),
        event("quiet", "door", NOW - 200, told=False),
    )
    text = here.client("viewer").get(f"/ui/timeline/table?day={DAY}&camera=door").text
    rows = re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)[1:]
    what = [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in rows]
    assert [words[0] for words in what] == ["door"] * 5
    assert "Gap: nothing was scored" in text
    assert "Covered" in text
    assert "&lt;b&gt;No&lt;/b&gt;" in text
    assert "Goes on" in text
    events = [row for row in rows if "/events/" in row]
    assert re.findall(r'/events/(\w+)"', "".join(events)) == ["e1", "quiet"]
    assert "Alarm" in events[0]
    assert "Not told" in events[1]


def test_a_long_table_is_cut(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ENTRIES", 2)
    text = here.client("viewer").get("/ui/timeline/table").text
    assert text.count("<tr>") == 3
    assert "This is not all of the day" in text


def test_a_program_for_one_camera_sees_that_alone(here: Here) -> None:
    text = here.client("yard").get("/timeline?camera=door").text
    assert lines(text) == ["yard"]
    assert here.client().get("/timeline").headers["location"] == "/login?next=%2Ftimeline"
