"""An alarm budget, and the threshold that keeps it on normal footage."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from scipy.special import pdtr

from awry.errors import ConfigError
from awry.foreign import quoted
from awry.scoring.normal_alarms import LARGEST_SHARE_IN_ALARM, NormalAlarms, lowest_threshold
from awry.scoring.spread import LevelSpread
from awry.scoring.tail import CONFIDENCE, Tail

HOUR = "hour"
FRAMES = "1000 frames"
# Seconds of each unit of time.
UNITS = {"minute": 60.0, HOUR: 3600.0, "day": 86_400.0, "week": 604_800.0}
SPELLINGS = {
    "m": "minute",
    "min": "minute",
    "h": HOUR,
    "hr": HOUR,
    "d": "day",
    "w": "week",
    "1000frame": FRAMES,
    "1kframe": FRAMES,
}
_TEXT = re.compile(
    r"\s*([\d.]+(?:e[+-]?\d+)?)\s*(?:/|per\b|an?\b|in\b)\s*([\da-z ]+?)\s*", re.I | re.A
)


@dataclass(frozen=True, slots=True)
class Budget:
    """How many false alarms are allowed.

    Attributes:
        alarms: greater than 0.
        unit: per what: `minute`, `hour`, `day`, `week` or `1000 frames`.
    """

    alarms: float
    unit: str = HOUR

    def __post_init__(self) -> None:
        if not 0 < self.alarms < float("inf") or self.unit not in (*UNITS, FRAMES):
            raise ConfigError(
                f"An alarm budget of {self.alarms} in {self.unit} is none; expected a number above "
                f"0, and {', '.join(UNITS)} or {FRAMES}."
            )

    @classmethod
    def of(cls, budget: str | Budget) -> Budget:
        """A budget as a program or a person gives it; see `parse`.

        Raises:
            ConfigError: it is text of another form.
        """
        return cls.parse(budget) if isinstance(budget, str) else budget

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read `2/hour`, `2/day`, `1/week`, `3 per day`, `1 a minute` or `2/1000frames`.

        Units may be in the plural or short (`2/h`, `1/d`).

        Raises:
            ConfigError: the text is not of that form, or the number is not above 0.

        >>> Budget.parse("0.5/hour")
        Budget(alarms=0.5, unit='hour')
        >>> Budget.parse("3 per day")
        Budget(alarms=3.0, unit='day')
        """
        match = _TEXT.fullmatch(text)
        try:
            if match is None:
                raise ValueError(text)
            return cls(float(match[1]), _unit(match[2]))
        except (ValueError, ConfigError) as error:
            raise ConfigError(
                f"Cannot read the alarm budget '{quoted(text)}': expected a number above 0 and "
                "a unit, such as 2/hour, 2/day, 1/week or 2/1000frames."
            ) from error

    def __str__(self) -> str:
        """As `parse` reads it."""
        number = np.format_float_positional(self.alarms, trim="-")
        return f"{number}/{self.unit.replace(' ', '')}"

    @property
    def words(self) -> str:
        """For people: `2 alarms an hour`."""
        alarms = f"{self.alarms:.4g} alarm{'' if self.alarms == 1 else 's'}"
        article = {HOUR: "an", FRAMES: "in"}.get(self.unit, "a")
        return f"{alarms} {article} {self.unit}"

    def allowed(self, frames: int, seconds: float | None) -> float:
        """Alarms that footage of that length may have.

        Where `seconds` is None, a budget in time is taken by frames, so many in 1000 frames as in
        an hour: a day's budget stays a twenty-fourth of the same number's for an hour.
        """
        if self.unit == FRAMES:
            return self.alarms * frames / 1000
        if seconds is not None:
            return self.alarms * seconds / UNITS[self.unit]
        return self.alarms * UNITS[HOUR] / UNITS[self.unit] * frames / 1000


Chosen = tuple[float, tuple[float, float] | None, str]


def choose_threshold(
    normal: NormalAlarms,
    frames: int,
    seconds: float | None,
    budget: Budget,
    spread: LevelSpread | None = None,
) -> Chosen:
    """The threshold that keeps the budget, how well it is known, and how it came about.

    Footage that may have one alarm or more gives the smallest threshold that keeps the budget.
    "Smallest" is meant from above: it and every higher one keep the budget, and at most 5 % of
    the frames lie above it; far lower ones would merge everything into a few endless alarms.
    Shorter footage gives the level that its tail exceeds often enough, never below the
    threshold for one alarm; and where there is no tail, `normal.guess`, named so.
    A larger budget never gives a higher threshold.

    Where the footage's stretches differ in level, the threshold is raised so far that the usual
    frames of another stretch lie below it, or, for a generous budget, of most other stretches.

    Args:
        normal: what the footage says.
        frames: how many were scored.
        seconds: of all scored frames together; None where the rate is unknown.
        budget: false alarms that are allowed.
        spread: how far stretches differ in level; None where that is unknown.

    Returns:
        The threshold; its 95 % interval, or None where nothing can be said (the 5 % decided
        instead of the budget, or a budget above one alarm without a tail, or the threshold was
        raised above it); and a sentence or more.
    """
    chosen = _within_footage(normal, frames, seconds, budget)
    if spread is None:
        return chosen
    return _raised(chosen, spread, spread.share(budget.allowed(frames, seconds)))


def _raised(chosen: Chosen, spread: LevelSpread, share: float) -> Chosen:
    threshold, interval, how = chosen
    lowest, words = spread.threshold(share), spread.words(share)
    if threshold >= lowest:
        return threshold, interval, f"{how} {words}, which the threshold allows for."
    how = f"{how} {words}, so the threshold was raised from {threshold:.4g}."
    return lowest, interval if interval and lowest <= interval[1] else None, how


def _within_footage(
    normal: NormalAlarms, frames: int, seconds: float | None, budget: Budget
) -> Chosen:
    """The threshold for more footage of the same level."""
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
            how = (
                f"{how} Lower ones, with over {LARGEST_SHARE_IN_ALARM:.0%} of the frames above "
                "them, are not considered."
            )
            return threshold, None, how
        interval = _counted_interval(normal, allowed)
        return threshold, interval, how + _interval_in_words(interval)
    short = f"Extrapolated: footage of {length} cannot show {asked}"
    times = f" It is {1 / allowed:.0f} times too short to show one: a rough guess."
    rough = times if allowed < 0.1 else ""
    if normal.tail is None:
        interval = normal.guess_interval(allowed)
        how = (
            f"{short} and has too few separate high moments to model, so a guess: as if alarms "
            f"became e times as rare with each {normal.step:.4g} above its highest moment.{rough}"
            f"{_interval_in_words(interval, few=True)}"
        )
        return normal.guess(allowed), interval, how
    threshold = max(normal.tail.threshold(allowed), lowest_threshold(normal.curve, 1))
    low = min(normal.tail.interval(allowed)[0], threshold)
    interval = (low, _upper_bound(normal, normal.tail, allowed))
    how = (
        f"{short}, so its {len(normal.tail.peaks)} highest moments were continued by a "
        f"generalised Pareto tail of shape {normal.tail.shape:.2f}.{rough}"
    )
    return threshold, interval, how + _interval_in_words(interval)


def describe_threshold(
    normal: NormalAlarms, frames: int, seconds: float | None, threshold: float
) -> str:
    """What normal footage says of a threshold that was given by hand, in a sentence or two."""
    length = _length(frames, seconds)
    seen = [alarms for level, alarms in normal.curve if level <= threshold]
    if not seen:
        return (
            f"Given by hand. In {length} of normal footage over {LARGEST_SHARE_IN_ALARM:.0%} of "
            "the frames lie above it."
        )
    return (
        f"Given by hand. {length} of normal footage gave at most {seen[0]} "
        f"alarm{'' if seen[0] == 1 else 's'} at it."
    )


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


def _interval_in_words(interval: tuple[float, float] | None, *, few: bool = False) -> str:
    if interval is None:
        return ""
    low, high = interval
    if few:
        return (
            f" With so few moments, with {CONFIDENCE:.0%} confidence the right one lies between "
            f"{low:.4g} and {high:.4g}."
        )
    return f" With {CONFIDENCE:.0%} confidence the right one lies between {low:.4g} and {high:.4g}."


def _in_words(budget: Budget, frames: int, seconds: float | None) -> tuple[str, str]:
    """The budget as it was counted, and the footage's length in the same unit."""
    if budget.unit == FRAMES or seconds is not None:
        return budget.words, _length(frames, None if budget.unit == FRAMES else seconds)
    counted = Budget(budget.alarms * UNITS[HOUR] / UNITS[budget.unit], FRAMES)
    return f"{counted.words} (frame rate unknown, so not by the {budget.unit})", f"{frames} frames"


def _length(frames: int, seconds: float | None) -> str:
    if seconds is None:
        return f"{frames} frames"
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"


def _unit(text: str) -> str:
    """A unit as it is called here, from a plural or a short form.

    Raises:
        ValueError: there is no such unit.
    """
    plain = text.lower().replace(" ", "")
    plain = plain.removesuffix("s") if len(plain) > 1 else plain
    unit = SPELLINGS.get(plain, plain)
    if unit not in (*UNITS, FRAMES):
        raise ValueError(f"no unit {text!r}")
    return unit
