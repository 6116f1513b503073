"""An alarm budget, and the threshold that keeps it on normal footage."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from scipy.special import pdtr

from awry.errors import ConfigError
from awry.scoring.normal_alarms import LARGEST_SHARE_IN_ALARM, NormalAlarms, lowest_threshold
from awry.scoring.tail import CONFIDENCE, Tail

HOUR = "hour"
FRAMES = "1000 frames"


@dataclass(frozen=True, slots=True)
class Budget:
    """How many false alarms are allowed.

    Attributes:
        alarms: greater than 0.
        unit: per what, `hour` or `1000 frames`.
    """

    alarms: float
    unit: str = HOUR

    def __post_init__(self) -> None:
        if not 0 < self.alarms < float("inf") or self.unit not in (HOUR, FRAMES):
            raise ConfigError(
                f"An alarm budget of {self.alarms} in {self.unit} is none; expected a number above "
                f"0, and '{HOUR}' or '{FRAMES}'."
            )

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read `2/hour` or `2/1000frames`.

        Raises:
            ConfigError: the text is not of that form, or the number is not above 0.

        >>> Budget.parse("0.5/hour")
        Budget(alarms=0.5, unit='hour')
        """
        match = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*/\s*(hour|1000\s*frames)\s*", text)
        if not match or not float(match[1]) > 0:
            raise ConfigError(
                f"Cannot read the alarm budget '{text}': expected a number above 0 and a unit, "
                "such as 2/hour, 0.5/hour or 2/1000frames."
            )
        return cls(float(match[1]), HOUR if match[2] == HOUR else FRAMES)

    def __str__(self) -> str:
        """As `parse` reads it."""
        number = np.format_float_positional(self.alarms, trim="-")
        return f"{number}/{self.unit.replace(' ', '')}"

    def allowed(self, frames: int, seconds: float | None) -> float:
        """Alarms that footage of that length may have; where `seconds` is None, by frames."""
        if self.unit == HOUR and seconds is not None:
            return self.alarms * seconds / 3600
        return self.alarms * frames / 1000


def choose_threshold(
    normal: NormalAlarms, frames: int, seconds: float | None, budget: Budget
) -> tuple[float, tuple[float, float] | None, str]:
    """The threshold that keeps the budget, how well it is known, and how it came about.

    Footage that may have one alarm or more gives the smallest threshold that keeps the budget.
    "Smallest" is meant from above: it and every higher one keep the budget, and at most 5 % of
    the frames lie above it; far lower ones would merge everything into a few endless alarms.
    Shorter footage gives the level that its tail exceeds often enough, never below the
    threshold for one alarm; and where there is no tail, `normal.beyond`: a guess, and named so.
    A larger budget never gives a higher threshold.

    Args:
        normal: what the footage says.
        frames: how many were scored.
        seconds: of all scored frames together; None where the rate is unknown.
        budget: false alarms that are allowed.

    Returns:
        The threshold; its 95 % interval, or None where nothing can be said (no tail, or the 5 %
        decided instead of the budget); and a sentence or more.
    """
    allowed = budget.allowed(frames, seconds)
    asked, length = _in_words(budget, frames, seconds)
    if allowed >= 1:
        threshold = lowest_threshold(normal.curve, allowed)
        count = max(alarms for level, alarms in normal.curve if level >= threshold)
        how = (
            f"{length} of normal footage gave at most {count} alarm{'' if count == 1 else 's'} at "
            f"this threshold or a higher one; the budget is {asked}."
        )
        if threshold == normal.curve[-1][0]:
            share = f" Lower ones, with over {LARGEST_SHARE_IN_ALARM:.0%} of the frames above them,"
            return threshold, None, f"{how}{share} are not considered."
        interval = _counted_interval(normal, allowed)
        return threshold, interval, how + _interval_in_words(interval)
    short = f"Extrapolated: footage of {length} cannot show {asked}"
    if normal.tail is None:
        how = (
            f"{short} and has too few separate high moments to model, so the threshold lies a "
            "tenth of the highest score's distance from the median above that score: a guess, "
            "whatever the budget, and how far off it is cannot be said."
        )
        return normal.beyond, None, how
    threshold = max(normal.tail.threshold(allowed), lowest_threshold(normal.curve, 1))
    low = min(normal.tail.interval(allowed)[0], threshold)
    interval = (low, _upper_bound(normal, normal.tail, allowed))
    times = f" It is {1 / allowed:.0f} times too short to show one: a rough guess."
    rough = times if allowed < 0.1 else ""
    how = (
        f"{short}, so its {len(normal.tail.peaks)} highest moments were continued by a "
        f"generalised Pareto tail of shape {normal.tail.shape:.2f}.{rough}"
    )
    return threshold, interval, how + _interval_in_words(interval)


def _counted_interval(normal: NormalAlarms, allowed: float) -> tuple[float, float] | None:
    """From the fewest to the most alarms that such footage shows by chance, if rightly set.

    Counts are taken to follow a Poisson distribution.
    """
    possible = pdtr(np.arange(10 + int(2 * allowed + 10 * allowed**0.5)), allowed)
    outside = (1 - CONFIDENCE) / 2
    fewest, most = np.searchsorted(possible, [outside, 1 - outside]).tolist()
    low = lowest_threshold(normal.curve, most)
    if fewest > 0:
        return low, lowest_threshold(normal.curve, fewest)
    return None if normal.tail is None else (low, _upper_bound(normal, normal.tail, allowed))


def _upper_bound(normal: NormalAlarms, tail: Tail, allowed: float) -> float:
    """Where no alarm at all may be chance, each threshold without one may be the right one.

    Only the tail bounds them from above.
    """
    return max(tail.interval(allowed)[1], lowest_threshold(normal.curve, 0))


def _interval_in_words(interval: tuple[float, float] | None) -> str:
    if interval is None:
        return ""
    low, high = interval
    return f" With {CONFIDENCE:.0%} confidence the right one lies between {low:.4g} and {high:.4g}."


def _in_words(budget: Budget, frames: int, seconds: float | None) -> tuple[str, str]:
    alarms = f"{budget.alarms:g} alarm{'' if budget.alarms == 1 else 's'}"
    if budget.unit == HOUR and seconds is not None:
        length = f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"
        return f"{alarms} an hour", length
    unknown = " (frame rate unknown, so not by the hour)" if budget.unit == HOUR else ""
    return f"{alarms} in 1000 frames{unknown}", f"{frames} frames"
