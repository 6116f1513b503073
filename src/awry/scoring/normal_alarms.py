"""What normal footage says of alarms: how many at each threshold, and what may lie beyond."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.scoring.events import EventOptions, find_runs
from awry.scoring.fill import fill_nearest
from awry.scoring.tail import CONFIDENCE, FEWEST_PEAKS, RESAMPLES, Tail, find_tail

Series = NDArray[np.float64]
AlarmCurve = tuple[tuple[float, int], ...]
# A generous budget would else be kept by one alarm that never ends.
LARGEST_SHARE_IN_ALARM = 0.05
# So many of the highest scores are all tried as thresholds; of the others so many in steps of
# equal ratio of their ranks, or hours of footage would take minutes.
ALL_OF_THE_HIGHEST = 500
SHARE_OF_STEP = 0.1


@dataclass(frozen=True, slots=True)
class NormalAlarms:
    """What normal footage says of alarms; enough to ask for any budget without the footage.

    Attributes:
        curve: see `alarm_curve`.
        tail: for budgets that the footage is too short to show; None where it has too few
            separate high moments.
        step: where there is no tail, how much higher a threshold must be for alarms to be e times
            as rare, taken from frames; above 0.
    """

    curve: AlarmCurve
    tail: Tail | None
    step: float

    def guess(self, alarms: float) -> float:
        """The threshold that footage of the same length would exceed so often, without a tail.

        Alarms are taken to be expected once above the lowest threshold that had none, and to
        become rarer exponentially. Scores with a lighter tail than that alarm less often.

        Args:
            alarms: above 0, at most 1.
        """
        return self.curve[0][0] - self.step * math.log(alarms)

    def guess_interval(self, alarms: float) -> tuple[float, float]:
        """The 95 % interval of `guess`, which lies inside.

        If moments have exponential peaks, the highest of them lies a Gumbel-distributed number of
        steps from the threshold that is exceeded once, and a step that was found from n moments
        is the true one times a gamma variable of shape n over n. 1000 draws, always the same.
        """
        moments = min(max(self.curve[-1][1], 1), FEWEST_PEAKS - 1)
        generator = np.random.default_rng(0)
        steps = self.step * moments / generator.gamma(moments, size=RESAMPLES)
        thresholds = self.curve[0][0] - steps * (
            math.log(alarms) + generator.gumbel(size=RESAMPLES)
        )
        outside = (1 - CONFIDENCE) / 2
        low, high = np.quantile(thresholds, [outside, 1 - outside]).tolist()
        chosen = self.guess(alarms)
        return min(low, chosen), max(high, chosen)

    def to_json(self) -> dict[str, Any]:
        """Plain values that `json` can write; `from_json` takes them back unchanged."""
        tail = self.tail and {"level": self.tail.level, "peaks": list(self.tail.peaks)}
        return {"curve": [list(point) for point in self.curve], "tail": tail, "step": self.step}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> NormalAlarms:
        """Take back what `to_json` gave.

        Raises:
            KeyError, TypeError, ValueError: a value is missing, foreign or out of order.
        """
        curve = tuple((finite(threshold), int(alarms)) for threshold, alarms in values["curve"])
        counts = [alarms for _, alarms in curve]
        falling = [-threshold for threshold, _ in curve]
        if counts[:1] != [0] or not (_ascends(counts) and _ascends(falling)):
            raise ValueError("the curve of alarms is empty or out of order")
        tail = None if values["tail"] is None else _read_tail(values["tail"])
        step = finite(values["step"]) if "step" in values else _older_step(curve, values)
        if not step > 0:
            raise ValueError(f"the step between thresholds is {step}")
        return cls(curve, tail, step)


def observe_alarms(scores: Sequence[NDArray[np.float64]], options: EventOptions) -> NormalAlarms:
    """Count the alarms that normal footage gives, and find its highest moments.

    Args:
        scores: (n_i,) of each stretch of normal footage; NaN where unscored, but not everywhere.
        options: how frames are merged into alarms.
    """
    known = [np.isfinite(series) for series in scores]
    filled = [fill_nearest(*pair) for pair in zip(scores, known, strict=True) if pair[1].any()]
    pooled = np.concatenate([series[there] for series, there in zip(scores, known, strict=True)])
    normal = float(pooled.mean())
    return NormalAlarms(
        alarm_curve(filled, options, normal), find_tail(filled, options, normal), _step(pooled)
    )


def alarm_curve(scores: Sequence[Series], options: EventOptions, normal: float) -> AlarmCurve:
    """The lowest threshold for each number of alarms.

    Args:
        scores: float64 (n_i,) of each stretch of normal footage, finite.
        options: how frames are merged into alarms.
        normal: mean score of the footage; see `find_runs`.

    Returns:
        `(threshold, alarms)`, thresholds strictly descending, alarms strictly ascending from 0.
        That threshold and every higher one give at most so many alarms. Thresholds are scores;
        at most 5 % of the frames lie above the last one. Below the 500 highest scores only
        some are tried, about one in 1 or 2 % of the rank.
    """
    pooled = np.concatenate(scores)
    lowest = float(np.quantile(pooled, 1 - LARGEST_SHARE_IN_ALARM))
    levels = np.unique(pooled[pooled >= lowest])[::-1]
    close = np.arange(min(len(levels), ALL_OF_THE_HIGHEST))
    apart = np.geomspace(1, len(levels), ALL_OF_THE_HIGHEST).round().astype(int) - 1
    series = _squeezed(scores, options.low(float(levels[-1]), normal), options.merge_gap)
    curve: list[tuple[float, int]] = []
    for level in levels[np.union1d(close, apart)].tolist():
        alarms = len(find_runs(series, level, options, normal))
        if curve and alarms <= curve[-1][1]:
            curve[-1] = (level, curve[-1][1])
        else:
            curve.append((level, alarms))
    return tuple(curve)


def lowest_threshold(curve: AlarmCurve, alarms: float) -> float:
    """The lowest threshold of the curve with at most so many alarms; `alarms` >= 0."""
    return min(threshold for threshold, count in curve if count <= alarms)


def _squeezed(scores: Sequence[Series], low: float, merge_gap: int) -> Series:
    """One series with the same alarms at every threshold whose runs end at `low` or above.

    Of the frames in between only so many are kept that nothing merges which did not before.
    """
    end = np.full(merge_gap + 1, -np.inf)
    joined = np.concatenate([part for series in scores for part in (series, end)])
    places = np.arange(len(joined))
    last_over = np.maximum.accumulate(np.where(joined > low, places, -len(joined)))
    return joined[places - last_over <= merge_gap + 1]


def _step(scores: Series) -> float:
    """The mean excess of frames (n,) over their upper tenth: an exponential tail's scale."""
    upper = float(np.quantile(scores, 1 - SHARE_OF_STEP))
    excess = float(np.maximum(scores - upper, 0).mean()) / SHARE_OF_STEP
    # Scores that never vary say nothing of their spread; any step is better than none.
    return excess or 0.1 * abs(float(scores.max())) or 1e-6


def _older_step(curve: AlarmCurve, values: Mapping[str, Any]) -> float:
    """From older bundles, which keep a threshold a little above the highest score."""
    top = curve[0][0]
    return max(finite(values["beyond"]) - top, 1e-9 * abs(top), 1e-9)


def _read_tail(values: Mapping[str, Any]) -> Tail:
    level, peaks = finite(values["level"]), tuple(finite(peak) for peak in values["peaks"])
    falling = sorted(peaks, reverse=True) == list(peaks)
    if len(peaks) < FEWEST_PEAKS or not falling or not level <= peaks[-1] < peaks[0]:
        raise ValueError("the tail's peaks are too few or out of order")
    return Tail(level, peaks)


def _ascends(values: Sequence[float]) -> bool:
    return all(before < after for before, after in pairwise(values))


def finite(value: Any) -> float:
    """A stored number, or ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"expected a finite number, found {value!r}")
    return float(value)
