"""Parts of a score as bars against what is normal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from awry.watch.web.bodies.cameras import CalibrationBody
from awry.watch.web.bodies.events import EventBody

USUAL = 2.0
"""So many standard deviations above the mean what is normal reaches."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a score.

    Attributes:
        name: of the part.
        value: at the event's peak.
        usual: up to which it is normal; None: that is not known.
        width: of its bar, in percent of the longest.
        usual_width: of what is normal, likewise; None as `usual`.
        times: how many times as high as that; None where that says nothing.
    """

    name: str
    value: float
    usual: float | None
    width: float
    usual_width: float | None
    times: float | None


def bars_of(event: EventBody, calibrations: Iterable[CalibrationBody]) -> list[Bar]:
    """The parts of an event's score, those highest above normal first.

    Args:
        event: whose.
        calibrations: of its camera.
    """
    levels = _levels(event, calibrations)
    found: list[Bar] = []
    for name, value in event.parts.items():
        if value is None:
            continue
        level = levels.get(name)
        longest = max(abs(value), abs(level or 0.0)) or 1.0
        times = value / level if level and level > 0 and value > 0 else None
        usual = None if level is None else _percent(level, longest)
        found.append(Bar(name, value, level, _percent(value, longest), usual, times))
    return sorted(found, key=lambda bar: -(bar.times or 0.0))


def _percent(value: float, longest: float) -> float:
    return round(100 * max(value, 0.0) / longest, 1)


def _levels(event: EventBody, calibrations: Iterable[CalibrationBody]) -> dict[str, float]:
    """Up to where each part is normal, as the detector's calibration knows it."""
    mine = (one for one in calibrations if (one.bundle, one.light) == (event.bundle, event.light))
    parts = next((one.parts for one in mine), {})
    return {name: mean + USUAL * deviation for name, (mean, deviation) in parts.items()}
