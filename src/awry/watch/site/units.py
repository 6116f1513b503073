"""Durations and sizes as people write them: `24h`, `30s`, `2d`, `500 MiB`."""

from __future__ import annotations

import re

SECONDS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
GIB = {
    "kib": 2.0**-20,
    "mib": 2.0**-10,
    "gib": 1.0,
    "tib": 2.0**10,
    "mb": 1e6 / 2**30,
    "gb": 1e9 / 2**30,
    "tb": 1e12 / 2**30,
}
_MEASURE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*")
_PARTS = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*")


def seconds_of(text: str) -> float:
    """A duration in seconds.

    Raises:
        ValueError: the text is none; its message says what was expected.

    >>> seconds_of("24h"), seconds_of("1h 30m"), seconds_of("2 d")
    (86400.0, 5400.0, 172800.0)
    """
    bare = text.strip()
    parts = _PARTS.findall(bare)
    if not parts or _PARTS.sub("", bare) or any(unit.lower() not in SECONDS for _, unit in parts):
        raise ValueError("expected a duration such as 30s, 5m, 24h or 2d")
    return sum(float(number) * SECONDS[unit.lower()] for number, unit in parts)


def duration(seconds: float) -> str:
    """A duration as people say it, in its largest fitting unit, to a tenth of that.

    Args:
        seconds: 0 and more.

    >>> duration(60), duration(5400), duration(86_400), duration(172_800), duration(1)
    ('1 minute', '1.5 hours', '24 hours', '2 days', '1 second')
    """
    whole = round(seconds)
    if whole < 60:
        return _counted(seconds, "second")
    if whole < 3600:
        return _counted(seconds / 60, "minute")
    if whole < 172_800:
        return _counted(seconds / 3600, "hour")
    return _counted(seconds / 86_400, "day")


def _counted(number: float, unit: str) -> str:
    text = f"{number:.1f}".removesuffix(".0")
    return f"{text} {unit}{'' if text == '1' else 's'}"


def gib_of(text: str) -> float:
    """A size in GiB.

    Raises:
        ValueError: the text is none; its message says what was expected.

    >>> gib_of("512 MiB"), gib_of("2TiB")
    (0.5, 2048.0)
    """
    match = _MEASURE.fullmatch(text)
    if match is None or match[2].lower() not in GIB:
        raise ValueError("expected a size such as 500MiB, 20GiB or 1TiB")
    return float(match[1]) * GIB[match[2].lower()]


def unit_of(field: str) -> tuple[str, float] | None:
    """What a setting is measured in, by its name.

    Returns:
        `duration` or `size`, and how many seconds or GiB one of the setting's own units has; None
        where it is neither.

    >>> unit_of("pre_roll_s"), unit_of("days"), unit_of("free_gib"), unit_of("port")
    (('duration', 1.0), ('duration', 86400.0), ('size', 1.0), None)
    """
    last = field.rpartition("_")[2]
    if last in ("s", "seconds"):
        return "duration", 1.0
    if last in ("hours", "days"):
        return "duration", 3600.0 if last == "hours" else 86_400.0
    return ("size", 1.0) if last == "gib" else None


def measured(field: str, text: str) -> float:
    """A setting's value, from text with a unit, in the setting's own unit.

    Raises:
        ValueError: the text is no such measure.

    >>> measured("days", "2w"), measured("cooldown_s", "1m")
    (14.0, 60.0)
    """
    unit = unit_of(field)
    assert unit is not None
    kind, one = unit
    return (seconds_of(text) if kind == "duration" else gib_of(text)) / one
