"""Days of a site's time zone, which have 23 or 25 hours where the clock changes."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from awry.watch.site.schedule import moment

EARLIEST, LATEST = date(1970, 1, 2), date(9998, 12, 30)
"""Days of which a beginning and an end can be told in any zone."""


def day_of(at: float, zone: ZoneInfo) -> date:
    """The day in which a moment lies.

    Args:
        at: seconds since 1970-01-01 UTC.
        zone: of the site.
    """
    return datetime.fromtimestamp(at, zone).date()


def day_span(day: date, zone: ZoneInfo) -> tuple[float, float]:
    """When a day begins, and when the next one does, in seconds since 1970-01-01 UTC.

    >>> begin, end = day_span(date(2026, 3, 29), ZoneInfo("Europe/Berlin"))
    >>> (end - begin) / 3600
    23.0
    """
    return moment(day, 0, zone), moment(day, 1440, zone)
