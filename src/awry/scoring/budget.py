"""An alarm budget, and the threshold that keeps it on normal footage."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awry.errors import ConfigError
from awry.scoring.events import EventOptions, find_runs
from awry.scoring.fill import fill_nearest

HOUR = "hour"
FRAMES = "1000 frames"
# A generous budget would else be kept by one alarm that never ends.
LARGEST_SHARE_IN_ALARM = 0.05
STRIDES = 200


@dataclass(frozen=True, slots=True)
class Budget:
    """How many false alarms are allowed.

    Attributes:
        alarms: greater than 0.
        unit: per what, `hour` or `1000 frames`.
    """

    alarms: float
    unit: str = HOUR

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
        return f"{self.alarms:g}/{self.unit.replace(' ', '')}"

    def allowed(self, frames: int, seconds: float | None) -> float:
        """Alarms that footage of that length may have; where `seconds` is None, by frames."""
        if self.unit == HOUR and seconds is not None:
            return self.alarms * seconds / 3600
        return self.alarms * frames / 1000


def choose_threshold(
    scores: Sequence[NDArray[np.float64]],
    seconds: float | None,
    budget: Budget,
    options: EventOptions,
) -> tuple[float, str]:
    """The smallest threshold that keeps the budget, and how it came about.

    "Smallest" is meant from above: it and every higher one keep the budget, and at most 5 % of
    the frames lie above it; far lower ones would merge everything into a few endless alarms.
    Footage too short to be allowed one alarm gives a threshold above its highest score, by a
    tenth of that score's distance from the median: a guess, and named so.

    Args:
        scores: (n_i,) of each stretch of normal footage; NaN where unscored, but not all of it.
        seconds: of all scored frames together; None where the rate is unknown.
        budget: false alarms that are allowed.
        options: how frames are merged into alarms.

    Returns:
        The threshold, and a sentence on it.
    """
    filled = [fill_nearest(series, np.isfinite(series)) for series in scores]
    pooled = np.concatenate([series[np.isfinite(series)] for series in scores])
    allowed = budget.allowed(len(pooled), seconds)
    asked, length = _in_words(budget, len(pooled), seconds)
    if allowed < 1:
        how = (
            f"Extrapolated: footage of {length} cannot show {asked}, so the threshold lies a "
            "tenth of the highest score's distance from the median above that score."
        )
        return _above(pooled), how
    normal = float(pooled.mean())

    def alarms(level: float) -> int:
        return sum(len(find_runs(series, level, options, normal)) for series in filled)

    chosen = _walk_down(pooled, lambda level: alarms(level) <= allowed)
    count = alarms(chosen)
    how = (
        f"{length} of normal footage gave {count} alarm{'' if count == 1 else 's'} at this "
        f"threshold; the budget is {asked}."
    )
    return chosen, how


def _walk_down(scores: NDArray[np.float64], keeps: Callable[[float], bool]) -> float:
    """The last of the scores, from the highest down, before the budget breaks.

    First by strides that grow, then score by score inside the stride in which it broke.
    """
    lowest = float(np.quantile(scores, 1 - LARGEST_SHARE_IN_ALARM))
    levels = np.unique(scores[scores >= lowest])[::-1]
    strides = np.unique(np.geomspace(1, len(levels), STRIDES).round().astype(int)) - 1
    good = 0
    for place in strides.tolist():
        if not keeps(float(levels[place])):
            break
        good = place
    else:
        return float(levels[good])
    while keeps(float(levels[good + 1])):
        good += 1
    return float(levels[good])


def _above(scores: NDArray[np.float64]) -> float:
    top = float(scores.max())
    margin = 0.1 * (top - float(np.median(scores)))
    # Scores that never vary say nothing of their spread; any margin is better than none.
    return top + (margin or 0.1 * abs(top) or 1e-6)


def _in_words(budget: Budget, frames: int, seconds: float | None) -> tuple[str, str]:
    alarms = f"{budget.alarms:g} alarm{'' if budget.alarms == 1 else 's'}"
    if budget.unit == HOUR and seconds is not None:
        length = f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"
        return f"{alarms} an hour", length
    unknown = " (frame rate unknown, so not by the hour)" if budget.unit == HOUR else ""
    return f"{alarms} in 1000 frames{unknown}", f"{frames} frames"
