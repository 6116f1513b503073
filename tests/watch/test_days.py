from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from awry.watch.days import EARLIEST, LATEST, day_of, day_span

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("day", "begins", "hours"),
    [
        (date(2026, 3, 29), "2026-03-28T23:00", 23),
        (date(2026, 10, 25), "2026-10-24T22:00", 25),
        (date(2026, 7, 1), "2026-06-30T22:00", 24),
    ],
)
def test_days_of_the_clock_change(day: date, begins: str, hours: int) -> None:
    begin, end = day_span(day, BERLIN)
    assert begin == datetime.fromisoformat(begins).replace(tzinfo=UTC).timestamp()
    assert end - begin == hours * 3600
    assert day_of(begin, BERLIN) == day_of(end - 1, BERLIN) == day


def test_a_midnight_that_is_left_out() -> None:
    """In Chile the clock goes from midnight to one: the day begins at one and has 23 hours."""
    begin, end = day_span(date(2026, 9, 6), ZoneInfo("America/Santiago"))
    assert datetime.fromtimestamp(begin, ZoneInfo("America/Santiago")).hour == 1
    assert end - begin == 23 * 3600


@pytest.mark.parametrize("day", [EARLIEST, LATEST])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"])
def test_the_first_and_the_last_day(day: date, zone: str) -> None:
    begin, end = day_span(day, ZoneInfo(zone))
    assert end - begin == 86_400
    assert begin >= 0
