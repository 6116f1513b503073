"""Weekly spans, also where the clock is set forwards or back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.errors import ConfigError
from awry.watch.site.schedule import Schedule, Span, moment, zone_of

VIENNA = "Europe/Vienna"


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def active(schedule: Schedule, *times: str) -> list[bool]:
    return [schedule.active(at(text)) for text in times]


def test_a_span_over_midnight_belongs_to_the_day_it_begins_on() -> None:
    nights = Schedule.parse(["mon-fri 18:00-07:00"])
    # 2026-11-27 is a Friday.
    assert active(nights, "2026-11-27 17:59:59", "2026-11-27 18:00", "2026-11-28 06:59") == [
        False, True, True,
    ]  # fmt: skip
    assert active(nights, "2026-11-28 07:00", "2026-11-28 18:00", "2026-11-30 06:00") == [False] * 3


def test_days_and_times_are_the_zone_s() -> None:
    vienna = Schedule.parse(["sat 00:00-24:00"], VIENNA)
    assert active(vienna, "2026-11-27 22:59", "2026-11-27 23:00", "2026-11-28 22:59") == [
        False, True, True,
    ]  # fmt: skip
    assert not vienna.active(at("2026-11-28 23:00"))


def test_an_hour_that_does_not_exist() -> None:
    """On 2026-03-29 Vienna's clocks go from 02:00 to 03:00, at 01:00 UTC."""
    begins = Schedule.parse(["02:30-05:00"], VIENNA)
    assert active(begins, "2026-03-29 00:59:59", "2026-03-29 01:00", "2026-03-29 02:59:59") == [
        False, True, True,
    ]  # fmt: skip
    assert not begins.active(at("2026-03-29 03:00"))
    ends = Schedule.parse(["01:00-02:30"], VIENNA)
    assert active(ends, "2026-03-29 00:59:59", "2026-03-29 01:00") == [True, False]


def test_an_hour_that_exists_twice() -> None:
    """On 2026-10-25 Vienna's clocks go from 03:00 to 02:00, at 01:00 UTC."""
    whole = Schedule.parse(["02:15-02:45"], VIENNA)
    assert active(
        whole,
        "2026-10-25 00:14", "2026-10-25 00:15", "2026-10-25 00:50", "2026-10-25 01:44:59",
        "2026-10-25 01:45",
    ) == [False, True, True, True, False]  # fmt: skip


def test_the_next_change() -> None:
    nights = Schedule.parse(["mon-fri 18:00-07:00"])
    assert nights.next_change(at("2026-11-28 12:00")) == at("2026-11-30 18:00")
    assert nights.next_change(at("2026-11-30 18:00")) == at("2026-12-01 07:00")
    assert Schedule.parse(["00:00-24:00"]).next_change(at("2026-11-28 12:00")) is None
    touching = Schedule.parse(["mon 00:00-12:00", "mon 12:00-13:00"])
    assert touching.next_change(at("2026-11-30 01:00")) == at("2026-11-30 13:00")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("22:00-06:00", range(7)),
        ("daily 1:00-2:00", range(7)),
        ("fri-mon 1:00-2:00", [4, 5, 6, 0]),
        ("Mon, Wednesday 1:00-2:00", [0, 2]),
        ("sun 1:00-2:00", [6]),
    ],
)
def test_days(text: str, days: list[int]) -> None:
    assert Span.parse(text).days == set(days)


@pytest.mark.parametrize(
    "text",
    ["", "mon", "18:00", "mon 18:00-25:00", "mon 18:60-19:00", "monk 1:00-2:00", "mo 1:00-2:00",
     "mon 8:00-8:00", "mon-fri-sun 1:00-2:00", "24:00-01:00", "mon-fri 18:00 to 07:00"],
)  # fmt: skip
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(ConfigError, match=r"span|day|time"):
        Span.parse(text)


def test_zones() -> None:
    assert zone_of(VIENNA).key == VIENNA
    with pytest.raises(ConfigError, match="did you mean 'Europe/Vienna'"):
        zone_of("Europe/Viena")
    for name in ("../../etc/passwd", "/etc/localtime", "", "Mars/Olympus"):
        with pytest.raises(ConfigError, match="no time zone"):
            zone_of(name)
    with pytest.raises(ConfigError, match="needs a span"):
        Schedule.parse([])


@given(st.integers(1_700_000_000, 1_900_000_000), st.integers(0, 1439), st.integers(1, 1440))
def test_spans_have_no_holes(second: int, start: int, length: int) -> None:
    """Whatever the clock does, active is one stretch between the first start and the last end."""
    zone = zone_of(VIENNA)
    end = (start + length) % 1440
    text = f"{start // 60}:{start % 60:02}-{end // 60}:{end % 60:02}"
    if start == end:
        return
    schedule = Schedule.parse([text], VIENNA)
    day = datetime.fromtimestamp(second, zone).date()
    begin = moment(day, start, zone)
    finish = moment(day, start + length, zone, last=True)
    assert begin <= finish
    for part in (0.0, 0.25, 0.5, 0.999):
        inside = begin + (finish - begin) * part
        if inside < finish:
            assert schedule.active(inside)
