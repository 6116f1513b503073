"""Who is told, and how the day's budget is spent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from awry.scoring.calibration import Budget
from awry.watch.keeper.alarms import Armings, allowed_a_day, day_of
from awry.watch.requests import Arm, ArmBySchedule, Disarm, Judge, Snooze
from awry.watch.store.models import BudgetRow, CameraRow, OutboxRow
from keeper_site import HIGH, LOW, REGION, KeptSite

VIENNA = ZoneInfo("Europe/Vienna")
EVENT = [*HIGH, *LOW]


def seconds(*date: int) -> float:
    return datetime(*date, tzinfo=VIENNA).timestamp()  # type: ignore[arg-type, misc]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Any]:
    made: list[KeptSite] = []

    def one(**camera: Any) -> KeptSite:
        site = {"timezone": "Europe/Vienna", "schedules": {"night": ("18:00-07:00",)}, "mqtt": True}
        now = seconds(2026, 6, 10, 12, 0)
        made.append(KeptSite(tmp_path, now=now, cameras={"door": camera}, site=site))
        return made[-1]

    yield one
    for site in made:
        site.close()


def told(site: KeptSite) -> list[str]:
    return ["told" if event.told else event.silent for event in site.events()]


def event_after(site: KeptSite, pause_s: float = 60.0) -> None:
    site.clock.advance(pause_s)
    site.steps += 100
    site.score(EVENT)


def test_days_are_those_of_the_sites_zone() -> None:
    assert day_of(seconds(2026, 6, 10, 0, 30), VIENNA) == "2026-06-10"
    assert day_of(seconds(2026, 6, 10, 0, 30), ZoneInfo("UTC")) == "2026-06-09"
    before, after = seconds(2026, 10, 25, 23, 59), seconds(2026, 10, 26, 0, 0)
    assert (day_of(before, VIENNA), day_of(after, VIENNA)) == ("2026-10-25", "2026-10-26")


def test_alarms_that_budgets_allow_in_a_day() -> None:
    budgets = [Budget.parse(text) for text in ("2/day", "1/week", "3/hour", "1/1000frames")]
    found = [allowed_a_day(budget, 10.0) for budget in budgets]
    assert found == pytest.approx([2.0, 1 / 7, 72.0, 864.0])
    assert allowed_a_day(None, 10.0) is None


@pytest.mark.parametrize(("budget", "told_of"), [("2/day", 2), ("1/week", 2), ("3/day", 3)])
def test_a_days_budget_that_is_spent_within_an_hour_is_said_once(
    make: Any, budget: str, told_of: int
) -> None:
    site = make(budget=budget)
    for _ in range(told_of + 3):
        event_after(site)
    assert told(site) == ["told"] * told_of + ["budget"] * 3
    said = [row for row in site.rows(OutboxRow) if row.kind == "budget"]
    assert len(said) == 1
    assert said[0].payload["text"].startswith(f"Camera door gave {told_of} alarms within an hour")
    (row,) = site.rows(BudgetRow)
    assert (row.day, row.alarms) == ("2026-06-10", told_of)
    assert row.spent_at is not None


def test_silence_ends_with_the_day(make: Any) -> None:
    site = make(budget="2/day")
    for _ in range(3):
        event_after(site)
    event_after(site, seconds(2026, 6, 10, 23, 58) - site.clock.now())
    event_after(site, seconds(2026, 6, 11, 0, 1) - site.clock.now())
    assert told(site) == ["told", "told", "budget", "budget", "told"]


def test_silence_ends_once_the_threshold_was_adapted(make: Any) -> None:
    site = make(budget="2/day")
    for _ in range(3):
        event_after(site)
    assert told(site)[-1] == "budget"
    site.clock.advance(10)
    site.ask(Judge(event=site.events()[0].uid, label="normal"))
    site.clock.advance(60)
    site.steps += 100
    site.score([3.0] * 4 + LOW)  # the threshold is 2 now
    assert told(site)[-1] == "told"
    assert len([row for row in site.rows(OutboxRow) if row.kind == "budget"]) == 1


def test_alarms_that_are_spread_over_the_day_are_all_told(make: Any) -> None:
    site = make(budget="2/day")
    for _ in range(4):
        event_after(site, 4000.0)
    assert told(site) == ["told"] * 4
    assert [row.alarms for row in site.rows(BudgetRow)] == [4]


def test_without_a_budget_nothing_is_spent(make: Any) -> None:
    site = make()
    for _ in range(5):
        event_after(site)
    assert told(site) == ["told"] * 5


def test_cooldown(make: Any) -> None:
    site = make(cooldown_s=120)
    event_after(site)
    event_after(site, 60)
    event_after(site, 130)
    assert told(site) == ["told", "cooldown", "told"]


def test_an_event_that_outlasts_the_cooldown_is_told_then(make: Any) -> None:
    site = make(cooldown_s=3)
    event_after(site)
    site.score([*HIGH, *[2.0] * 60])
    assert told(site) == ["told", "told"]
    assert [row.kind for row in site.rows(OutboxRow)] == ["new", "end", "new"]


def test_zones(make: Any) -> None:
    left = {"name": "left", "polygon": [(0, 0), (0.5, 0), (0.5, 1), (0, 1)]}
    site = make(zones=[left | {"alarm": "never"}])
    site.score(LOW)
    site.score(EVENT, regions=(REGION,))
    assert told(site) == ["zone"]
    assert site.rows(OutboxRow) == []


def test_a_place_that_is_snoozed_tells_nobody_until_its_time_is_over(make: Any) -> None:
    site = make()
    site.score(LOW)
    site.ask(Snooze(camera="door", boxes=((0.0, 0.0, 0.35, 0.35),), until=site.clock.now() + 100))
    site.score(EVENT, regions=(REGION,))
    elsewhere = replace(REGION, box=(0.6, 0.6, 0.8, 0.8))
    site.score(EVENT, regions=(elsewhere,))
    site.clock.advance(100)
    site.steps += 100
    site.score(EVENT, regions=(REGION,))
    assert told(site) == ["snoozed", "told", "told"]
    assert len(site.events()) == 3  # all are stored


@pytest.mark.parametrize(("armed", "wanted"), [("night", "disarmed"), ("never", "disarmed")])
def test_a_camera_that_is_not_armed_tells_nobody(make: Any, armed: str, wanted: str) -> None:
    site = make(armed=armed)
    event_after(site)
    assert told(site) == [wanted]
    site.keeper.tick()
    assert [row.armed for row in site.rows(CameraRow)] == [False]


def test_an_event_that_goes_on_when_the_camera_is_armed_is_told_then(make: Any) -> None:
    site = make(armed="night")
    site.clock.advance(seconds(2026, 6, 10, 17, 59, 59) - site.clock.now())
    site.score(HIGH)
    assert told(site) == ["disarmed"]
    site.score([2.0] * 20)
    assert told(site) == ["told"]


def test_arming_by_hand_lasts_until_the_schedule_changes(make: Any) -> None:
    site = make(armed="night")
    assert site.ask(Arm(camera="door")).error == ""
    event_after(site)
    site.kill()
    event_after(site)
    assert told(site) == ["told", "told"]
    event_after(site, seconds(2026, 6, 10, 19, 0) - site.clock.now())
    site.ask(Disarm(camera="door", until=site.clock.now() + 600))
    event_after(site)
    event_after(site, 700)
    assert told(site)[2:] == ["told", "disarmed", "told"]
    event_after(site, seconds(2026, 6, 11, 8, 0) - site.clock.now())
    assert told(site)[-1] == "disarmed"


def test_arming_goes_back_to_the_schedule(make: Any) -> None:
    site = make(armed="night")
    opened = seconds(2026, 6, 10, 18, 0)
    begun = site.clock.now()
    assert begun < opened
    site.ask(Arm(camera="door"))
    row = site.rows(CameraRow)[0]
    assert (row.armed, row.manual["ends"], row.manual["by"]) == (True, opened, "ann")
    assert site.ask(ArmBySchedule(camera="door")).error == ""
    row = site.rows(CameraRow)[0]
    assert (row.armed, row.manual) == (False, None)
    event_after(site)
    assert told(site) == ["disarmed"]
    site.ask(Disarm(camera="door"))  # as the schedule says: nothing by hand
    assert site.rows(CameraRow)[0].manual is None
    site.ask(Disarm(camera="door", until=opened + 60))
    assert site.rows(CameraRow)[0].manual["ends"] == opened + 60
    assert "no camera" in site.ask(ArmBySchedule(camera="attic")).error


def test_schedules_by_name() -> None:
    armings = Armings("Europe/Vienna", {"night": ("18:00-07:00",)})
    noon, night = seconds(2026, 6, 10, 12, 0), seconds(2026, 6, 10, 23, 0)
    assert [armings.active(name, noon) for name in (None, "always", "never", "night")] == [
        *(True, True, False, False)
    ]
    assert armings.active("night", night)


@pytest.mark.parametrize("jump", [-7200.0, 86_400.0])
def test_a_clock_that_is_set_spends_the_day_that_it_shows(make: Any, jump: float) -> None:
    site = make(budget="2/day")
    event_after(site)
    site.clock.jump(jump)
    event_after(site)
    day = "2026-06-10" if jump < 0 else "2026-06-11"
    assert site.rows(BudgetRow)[-1].day == day
    assert sum(row.alarms for row in site.rows(BudgetRow)) == 2
    assert told(site) == ["told", "told"]
