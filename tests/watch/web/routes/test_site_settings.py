"""The site's own settings, changed over the API."""

from __future__ import annotations

from typing import Any

import pytest

from awry.watch.store.models import AuditRow
from web_site import SITE, Here

API = "/api/v1/config"


def change(here: Here, **wanted: Any) -> Any:
    return here.client("admin").patch(API, json=wanted)


def test_all_of_them_and_comments_stay(here: Here) -> None:
    schedules = {"night": ["mon,tue 21:00-05:00"], "day": ["08:00-18:00"]}
    answer = change(
        here,
        name="Yard",
        timezone="Europe/Vienna",
        retention={"days": 14, "gib": 0.5},
        schedules=schedules,
    )
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["name"], said["timezone"]) == ("Yard", "Europe/Vienna")
    assert said["schedules"] == schedules
    assert (said["retention"]["days"], said["retention"]["gib"]) == (14.0, 0.5)
    text = (here.root / "site.yaml").read_text()
    assert "# our site" in text
    assert "# the front door" in text
    assert "days: 14d" in text
    assert len(here.reloads) == 1
    (noted,) = [one for one in here.rows(AuditRow) if one.action == "config.noted"]
    assert (noted.by, noted.subject, noted.before["name"]) == ("admin", "site", "home")
    assert noted.after["schedules"] == schedules
    assert noted.after["retention"]["days"] == 14.0


def test_a_schedule_goes(here: Here) -> None:
    assert change(here, schedules={}).json()["schedules"] == {}


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"timezone": "Mars/Olympus"}, 409),
        ({"schedules": {"night": ["mon 25:00-26:00"]}}, 409),
        ({"schedules": {"Bad Name": ["08:00-18:00"]}}, 409),
        ({"retention": {"days": 0}}, 409),
        ({"retention": {"weeks": 3}}, 422),
        ({"retention": {"days": "many"}}, 422),
        ({"store": "/tmp"}, 422),
        ({"name": "x", "version": "of before"}, 409),
    ],
)
def test_mistakes_change_nothing(here: Here, wanted: dict[str, Any], status: int) -> None:
    answer = change(here, **wanted)
    assert answer.status_code == status
    assert (here.root / "site.yaml").read_text() == SITE
    assert not here.reloads


def test_a_schedule_that_a_camera_follows_stays(here: Here) -> None:
    text = SITE.replace("budget: 2/day", "budget: 2/day\n    armed: night")
    (here.root / "site.yaml").write_text(text)
    answer = change(here, schedules={})
    assert answer.status_code == 409
    assert (here.root / "site.yaml").read_text() == text


def test_nothing_is_noted_where_nothing_changed(here: Here) -> None:
    assert change(here, name="home").status_code == 200
    assert not [one for one in here.rows(AuditRow) if one.action == "config.noted"]


def test_for_administrators_of_the_whole_site(here: Here) -> None:
    for who in ("viewer", "operator", "yard"):
        assert here.client(who).patch(API, json={"name": "x"}).status_code == 403
