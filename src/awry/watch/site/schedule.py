"""Weekly spans such as `mon-fri 18:00-07:00`, in a time zone with its changes of the clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from awry.errors import ConfigError, nearest
from awry.foreign import quoted

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(
    r"\s*(?:(?P<days>[A-Za-z][A-Za-z,\s-]*?)\s+)?(?P<start>\d{1,2}:\d{2})\s*-\s*(?P<end>\d{1,2}:\d{2})\s*"
)
_WHOLE_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """A span of each week, by the clock on the wall.

    Attributes:
        days: on which it begins, 0 for Monday to 6.
        start: minutes since midnight, 0 to 1439.
        end: minutes since the same midnight; above `start`, beyond 1440 where it lies in the next
            day.
    """

    days: frozenset[int]
    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read `mon-fri 18:00-07:00`, `sat,sun 00:00-24:00` or `22:00-06:00` (every day).

        An end that is not after the start is in the next day.

        Raises:
            ConfigError: the text is none.

        >>> Span.parse("fri-sun 22:30-06:00")
        Span(days=frozenset({4, 5, 6}), start=1350, end=1800)
        """
        match = _SPAN.fullmatch(text)
        if match is None:
            raise ConfigError(
                f"Cannot read the span '{quoted(text)}': expected days and times, such as "
                "mon-fri 18:00-07:00 or sat,sun 00:00-24:00."
            )
        start, end = _minutes(match["start"], text), _minutes(match["end"], text)
        if start in (_WHOLE_DAY, end):
            raise ConfigError(
                f"The span '{quoted(text)}' has no length; a whole day is 00:00-24:00."
            )
        return cls(_days(match["days"], text), start, end if end > start else end + _WHOLE_DAY)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Spans of each week in a time zone.

    A span lasts from its start on the clock to its end on the clock. Where the clock is set
    forwards over one of the two, it is the moment of that change. Where an hour comes twice, the
    start is the first and the end the last of the two, so that a span has no hole.

    Attributes:
        spans: at least one.
        zone: where the clock hangs.
    """

    spans: tuple[Span, ...]
    zone: ZoneInfo

    @classmethod
    def parse(cls, texts: Sequence[str], timezone: str = "UTC") -> Schedule:
        """Read spans as `Span.parse` does.

        Raises:
            ConfigError: there is none, a text is none, or there is no such time zone.
        """
        if not texts:
            raise ConfigError("A schedule needs a span, such as mon-fri 18:00-07:00.")
        return cls(tuple(Span.parse(text) for text in texts), zone_of(timezone))

    def active(self, at: float) -> bool:
        """Whether a moment lies in one of the spans.

        Args:
            at: seconds since 1970-01-01 UTC.
        """
        return any(start <= at < end for start, end in self._around(at))

    def next_change(self, at: float) -> float | None:
        """When `active` changes next after a moment; None if it never does.

        Args:
            at: seconds since 1970-01-01 UTC.

        Returns:
            seconds since 1970-01-01 UTC.
        """
        now = self.active(at)
        ends = sorted({when for pair in self._around(at, 9) for when in pair if when > at})
        return next((when for when in ends if self.active(when) != now), None)

    def _around(self, at: float, ahead: int = 1) -> list[tuple[float, float]]:
        """Beginnings and ends of spans from the days around a moment, in seconds."""
        today = datetime.fromtimestamp(at, self.zone).date()
        days = [today + timedelta(days=number) for number in range(-2, ahead + 1)]
        return [
            (moment(day, span.start, self.zone), moment(day, span.end, self.zone, last=True))
            for day in days
            for span in self.spans
            if day.weekday() in span.days
        ]


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its IANA name.

    Raises:
        ConfigError: there is none of that name.
    """
    try:
        if name.startswith(("/", ".")):
            raise ValueError(name)
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        from zoneinfo import available_timezones

        near = nearest(quoted(name), available_timezones()).partition("(known")[0].strip()
        hint = near if near.startswith("did") else "expected a name such as Europe/Vienna"
        raise ConfigError(f"There is no time zone '{quoted(name)}': {hint}.") from error


def moment(day: date, minutes: int, zone: ZoneInfo, *, last: bool = False) -> float:
    """When the clock on the wall shows a time.

    Args:
        day: whose midnight the minutes are counted from.
        minutes: on the clock; 1440 and more are in the next day.
        zone: where the clock hangs.
        last: of a time that comes twice the second, else the first. A time that is left out is the
            moment of the change.

    Returns:
        seconds since 1970-01-01 UTC.
    """
    later, within = divmod(minutes, _WHOLE_DAY)
    wall = datetime.combine(day + timedelta(days=later), time(within // 60, within % 60))
    low, high = sorted(wall.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    if low == high or datetime.fromtimestamp(low, zone).replace(tzinfo=None) == wall:
        return high if last else low
    return _change(low, high, zone)


def _change(low: float, high: float, zone: ZoneInfo) -> float:
    """The first whole second between two moments at which the zone has the later one's offset."""
    after = datetime.fromtimestamp(high, zone).utcoffset()
    begin, end = int(low), int(high)
    while end - begin > 1:
        middle = (begin + end) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == after:
            end = middle
        else:
            begin = middle
    return float(end)


def _minutes(text: str, span: str) -> int:
    hours, minutes = (int(part) for part in text.split(":"))
    total = hours * 60 + minutes
    if minutes > 59 or total > _WHOLE_DAY:
        raise ConfigError(f"There is no time {text}, as in '{quoted(span)}': expected 00:00-24:00.")
    return total


def _days(text: str | None, span: str) -> frozenset[int]:
    if text is None or text.strip().lower() in ("daily", "every day"):
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        begin = _day(first, span)
        count = (_day(last, span) - begin) % 7 + 1 if dash else 1
        days |= {(begin + number) % 7 for number in range(count)}
    return frozenset(days)


def _day(text: str, span: str) -> int:
    """The number of a day by its name, or by the first three letters or more of it."""
    word = text.strip().lower()
    for number, name in enumerate(_NAMES):
        if len(word) >= 3 and name.startswith(word):
            return number
    raise ConfigError(
        f"There is no day '{quoted(word)}', as in '{quoted(span)}': expected {', '.join(DAYS)}."
    )
