"""When footage was filmed: clock time beside seconds.

A source that knows when its first frame was taken says so as `started_at`; every clock time is
derived from it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image

from awry.errors import ConfigError, DatasetError
from awry.foreign import reading
from awry.video.source import Source

# With the zone of the place first; plain `creation_time` is in UTC.
_CONTAINER_KEYS = (
    "com.apple.quicktime.creationdate",
    "creation_time",
    "date_time_original",
    "date",
)
# A camera whose clock was never set counts from 1904, 1970, 1980 or 2000.
_EARLIEST_YEAR = 2001
_EXIF_BLOCK, _TAKEN, _TAKEN_OFFSET = 0x8769, 0x9003, 0x9011


def parse_start(text: str) -> datetime:
    """The time that a person gave for a source's first frame.

    Args:
        text: ISO 8601, such as 2026-11-28T22:00 or 2026-11-28T22:00:00+01:00; without a zone it
            is this machine's.

    Returns:
        With a zone.

    Raises:
        ConfigError: it is no such time, or has no time of day.

    >>> parse_start("2026-11-28T22:00+01:00").isoformat()
    '2026-11-28T22:00:00+01:00'
    """
    moment = _parsed(text)
    if moment is None or not any(sign in text for sign in "T: "):
        raise ConfigError(
            f"'{text}' is no time; expected a date and a time of day such as 2026-11-28T22:00 or "
            "2026-11-28T22:00:00+01:00."
        )
    return moment


def container_start(metadata: Mapping[str, str]) -> datetime | None:
    """When a recording began, as a video file's metadata say, or None where they do not.

    Dates without a time of day, and years in which clocks stand that were never set, are no
    answer. Some cameras write when the recording ended.
    """
    for key in _CONTAINER_KEYS:
        text = metadata.get(key, "")
        moment = _parsed(text)
        if moment is not None and ":" in text and moment.year >= _EARLIEST_YEAR:
            return moment
    return None


def picture_start(path: Path) -> datetime | None:
    """When a picture was taken, as its EXIF data say, or None where they do not."""
    try:
        with reading(path, "a picture with EXIF data"), Image.open(path) as picture:
            exif = picture.getexif().get_ifd(_EXIF_BLOCK)
    except DatasetError:
        return None
    date, _, time = str(exif.get(_TAKEN, "")).partition(" ")
    moment = _parsed(f"{date.replace(':', '-')}T{time}{exif.get(_TAKEN_OFFSET, '')}".strip("\0 "))
    return moment if moment is not None and moment.year >= _EARLIEST_YEAR else None


def start_of(source: Source) -> datetime | None:
    """A source's `started_at`: when its first frame was taken, or None where it does not know."""
    return getattr(source, "started_at", None)


def clock_time(started_at: datetime | None, time_s: float | None) -> str | None:
    """The clock time of a frame as ISO 8601 with its offset, to the millisecond.

    Args:
        started_at: of the source's first frame, with a zone; or None.
        time_s: the frame's seconds, or None.

    >>> clock_time(datetime.fromisoformat("2026-11-28T22:00:00+01:00"), 90.25)
    '2026-11-28T22:01:30.250+01:00'
    """
    if started_at is None or time_s is None:
        return None
    return (started_at + timedelta(seconds=time_s)).isoformat(timespec="milliseconds")


def _parsed(text: str) -> datetime | None:
    """A time with a zone; one without is this machine's."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment if moment.tzinfo else moment.astimezone()
    except (ValueError, OverflowError, OSError):
        return None
