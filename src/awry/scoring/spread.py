"""How far stretches of normal footage differ in level, and what that asks of a threshold.

Frames of one stretch share an hour, a crowd and a distance, so that a hundred of them say little of
the next stretch. The level of a stretch is a high quantile of its scores; from the levels of a few
stretches Student's t distribution says how high the level of another one may be (a prediction
interval; Hahn and Meeker, Statistical Intervals, 1991, section 4.7).

Stretches of one look at the scene, a clip or a minute of a long one, are more alike than those of
two looks. So the variance within looks and that between them are told apart, and their sum has the
degrees of freedom that Satterthwaite (1946) gives it. A few looks say little of the latter: it is
taken to be no less than the former, as far as a single look would say so.

Two seconds that were held back may be the busiest of all. So the level that is expected lies
between that of the held-out and that of the training stretches, nearer to the former the further
they differ beyond chance, which a method that knows its training footage by heart makes them do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from awry.frames import ASSUMED_FPS
from awry.scoring.events import EventOptions
from awry.scoring.normal_alarms import LARGEST_SHARE_IN_ALARM, finite

Series = NDArray[np.float64]
# Footage is cut into about so many stretches, if they are then neither too short nor too long.
STRETCHES = 10
SHORTEST_S, LONGEST_S = 2.0, 60.0
# Shares of other stretches that may lie above the threshold.
LEAST_SHARE, LARGEST_SHARE = 0.05, 0.5
# Fewer scored frames have no upper level.
FEWEST_FRAMES = 10
# With fewer degrees of freedom a single clip is said to be too little.
FEW = 5


class ScoredClip(Protocol):
    """What is asked of a clip: its scores (n,), NaN where unscored, and its rate."""

    @property
    def name(self) -> str: ...
    @property
    def scores(self) -> Series: ...
    @property
    def fps(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class LevelSpread:
    """How far stretches of normal footage differ in level.

    The level of a stretch is what 95 % of its frames do not exceed.

    Attributes:
        level: what is expected of another stretch, by `_expected_level`; where nothing that was
            held back is long enough, the mean of the training part's.
        spread: standard deviation of a stretch's level; 0 or more.
        calibrated: stretches that the thresholds were taken from, 1 or more.
        stretches: those of all parts, which the spread was measured on.
        clips: how many clips they come from.
        freedom: of the spread, in degrees; 1 or more, and no whole number where stretches of one
            look and of several are compared.
        normal: mean score of normal footage, from which the hysteresis is measured.
        hysteresis: of the alarms, in [0, 1]; see `awry.scoring.events.EventOptions`.
        learned: stretches of the training part.
        learned_level, learned_spread: mean and standard deviation of their levels as they are.
        scenes: how many scenes the spreads and their freedom are of.
        weight: the level is as sure as the mean of so many stretches; 0: of `calibrated`.
    """

    level: float
    spread: float
    calibrated: int
    stretches: int
    clips: int
    freedom: float
    normal: float
    hysteresis: float
    learned: int = 0
    learned_level: float = 0.0
    learned_spread: float = 0.0
    scenes: int = 1
    weight: float = 0.0

    def bound(self, share: float = LEAST_SHARE) -> float:
        """The level that so large a share of other stretches exceeds; above 0, below 1.

        What is learned from is scored lower than other footage, if anything; so another stretch
        may lie as high as the training part's do.
        """
        quantile = float(stdtrit(self.freedom, 1 - share))
        sure = self.weight or self.calibrated
        bound = self.level + quantile * self.spread * math.sqrt(1 + 1 / sure)
        if not self.learned:
            return bound
        learned = quantile * self.learned_spread * math.sqrt(1 + 1 / self.learned)
        return max(bound, self.learned_level + learned)

    def threshold(self, share: float = LEAST_SHARE) -> float:
        """The threshold whose alarms end above `bound`."""
        rise = self.bound(share) - self.normal
        return (
            self.normal + rise / (1 - min(self.hysteresis, 0.5)) if rise > 0 else self.bound(share)
        )

    def share(self, allowed: float) -> float:
        """The share of stretches that may lie above a threshold, each one an alarm.

        Args:
            allowed: alarms that footage as long as the calibration part may have.

        Returns:
            In [0.05, 0.5]: fewer would ask for more stretches than were seen.
        """
        return min(max(allowed / self.calibrated, LEAST_SHARE), LARGEST_SHARE)

    def words(self, share: float = LEAST_SHARE) -> str:
        """For people, a sentence without its full stop."""
        clips = "one clip" if self.clips == 1 else f"{self.clips} clips"
        doubt = self.clips == 1 and (self.freedom < FEW or self.scenes > 1)
        if doubt:
            clips = "one clip, which cannot show how far clips differ,"
        levels = f"The levels of {self.stretches} stretches of {clips}"
        if self.scenes > 1:
            told = (
                f"{levels} are taken to differ as those of all {self.scenes} scenes do, or more, "
                f"by a standard deviation of {self.spread:.4g}"
            )
        elif doubt:
            told = (
                f"{levels} are taken to differ from another clip's as they do among themselves, "
                f"by a standard deviation of {self.spread:.4g} in all"
            )
        else:
            told = f"{levels} have a standard deviation of {self.spread:.4g}"
        return (
            f"{told}; with {1 - share:.0%} confidence another stretch's level lies below "
            f"{self.bound(share):.4g}"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values that `json` can write; `from_json` takes them back unchanged."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> LevelSpread:
        """Take back what `to_json` gave.

        Raises:
            KeyError, TypeError, ValueError: a value is missing, foreign or out of range.
        """
        found = cls(
            level=finite(values["level"]),
            spread=finite(values["spread"]),
            calibrated=int(values["calibrated"]),
            stretches=int(values["stretches"]),
            clips=int(values["clips"]),
            freedom=finite(values["freedom"]),
            normal=finite(values["normal"]),
            hysteresis=finite(values["hysteresis"]),
            learned=int(values["learned"]),
            learned_level=finite(values["learned_level"]),
            learned_spread=finite(values["learned_spread"]),
            scenes=int(values.get("scenes", 1)),  # bundles of before 2026-11-29 have none
            weight=finite(values.get("weight", 0.0)),  # and of before 2026-12-01
        )
        counts = (found.calibrated, found.stretches, found.clips, found.freedom, found.scenes)
        if (
            min(found.spread, found.learned_spread, found.learned, found.weight) < 0
            or min(counts) < 1
            or not 0 <= found.hysteresis <= 1
        ):
            raise ValueError("the spread of levels is out of range")
        return found


def measure_spread(
    calibration: Sequence[ScoredClip],
    validation: Sequence[ScoredClip] = (),
    train: Sequence[ScoredClip] = (),
    *,
    options: EventOptions,
    normal: float,
) -> LevelSpread | None:
    """Measure how far stretches differ in level.

    A method may score the footage that it learned from lower, and nearly alike. So the training
    part's spread counts in units of its frames' own spread within a stretch, around the level
    that is expected. Its own levels count beside that, as a lower limit.

    Args:
        calibration, validation, train: the parts' clips.
        options: how frames are merged into alarms.
        normal: mean score of normal footage; see `awry.scoring.events.find_runs`.

    Returns:
        None where fewer than two stretches can be compared.
    """
    everything = [*calibration, *validation, *train]
    seconds = sum(map(_seconds, everything))
    length = min(max(seconds / STRETCHES, SHORTEST_S), LONGEST_S)
    calibrated = _stretches(calibration, length)
    held_out = [*calibrated, *_stretches(validation, length)]
    learned = _stretches(train, length)
    based = calibrated or held_out or learned
    variances, freedom = np.transpose([_differing(held_out), _differing(learned)])
    if not based or not freedom.any():
        return None
    compared = (
        _ratio(_frame_variance(held_out), _frame_variance(learned)) if held_out and learned else 1.0
    )
    spread = math.sqrt(np.average(variances * [1.0, compared], weights=freedom))
    level, weight = _expected_level(held_out, learned, spread)
    return LevelSpread(
        level=level,
        spread=spread,
        calibrated=len(based),
        stretches=len(held_out) + len(learned),
        clips=len({clip.name for clip in everything}),
        freedom=max(float(freedom.max()), 1.0),  # both parts are of the same clips
        normal=normal,
        hysteresis=options.hysteresis,
        learned=len(learned),
        learned_level=_mean_level(learned) if learned else 0.0,
        learned_spread=math.sqrt(variances[1]),
        weight=weight,
    )


def with_other_scenes(spreads: Mapping[str, LevelSpread | None]) -> dict[str, LevelSpread | None]:
    """The spreads by scene; where a scene has few clips, with what all scenes together say.

    Few clips have few degrees of freedom, and Student's t distribution is wide then. One model
    scores all its scenes in one unit. So a scene's clips are taken to differ as those of all scenes
    do, or as they do themselves where that is more.

    Args:
        spreads: scene -> its spread, None where nothing could be compared; not the pooled one.
    """
    known = [one for one in spreads.values() if one is not None]
    if len(known) < 2:
        return dict(spreads)
    freedom = [one.freedom for one in known]
    squares = [(one.spread**2, one.learned_spread**2) for one in known]
    spread, learned = np.sqrt(np.average(squares, 0, freedom)).tolist()

    def joint(one: LevelSpread) -> LevelSpread:
        if one.freedom >= FEW:
            return one
        return replace(
            one,
            freedom=sum(freedom),
            spread=max(spread, one.spread),
            learned_spread=max(learned, one.learned_spread),
            scenes=len(known),
        )

    return {name: None if one is None else joint(one) for name, one in spreads.items()}


def _seconds(clip: ScoredClip) -> float:
    return len(clip.scores) / (clip.fps or ASSUMED_FPS)


@dataclass(frozen=True, slots=True, eq=False)
class _Stretch:
    """Scored frames (n,), and which look at the scene they belong to."""

    scores: Series
    look: tuple[str, int]

    @property
    def level(self) -> float:
        return float(np.quantile(self.scores, 1 - LARGEST_SHARE_IN_ALARM))


def _stretches(clips: Sequence[ScoredClip], seconds: float) -> list[_Stretch]:
    """The scored frames of equal pieces of each clip, about so long."""
    found = []
    for clip in clips:
        count = max(round(_seconds(clip) / seconds), 1)
        for number, piece in enumerate(np.array_split(np.asarray(clip.scores, np.float64), count)):
            known = piece[np.isfinite(piece)]
            if len(known) >= FEWEST_FRAMES:
                minute = int(number * _seconds(clip) / count / LONGEST_S)
                found.append(_Stretch(known, (clip.name, minute)))
    return found


def _expected_level(
    held_out: Sequence[_Stretch], learned: Sequence[_Stretch], spread: float
) -> tuple[float, float]:
    """The level to expect of another stretch, and of how many stretches it is as sure as the mean.

    Both means are weighed by the inverse of their variance. That of the training part has a bias,
    whose square is what the two differ by beyond chance (empirical Bayes; Morris 1983).
    """
    if not (held_out and learned):
        based = held_out or learned
        return _mean_level(based), float(len(based))
    own, other = _mean_level(held_out), _mean_level(learned)
    variance = spread**2
    chance = variance * (1 / len(held_out) + 1 / len(learned))
    bias = max((own - other) ** 2 - chance, 0.0)
    if variance == 0:
        return own, float(len(held_out))
    borrowed = variance / (variance / len(learned) + bias)
    weight = len(held_out) + borrowed
    return (own * len(held_out) + other * borrowed) / weight, weight


def _mean_level(stretches: Iterable[_Stretch]) -> float:
    return float(np.mean([stretch.level for stretch in stretches]))


def _differing(stretches: Sequence[_Stretch]) -> tuple[float, float]:
    """The variance of levels over looks and stretches, and its degrees of freedom."""
    if len(stretches) < 2:
        return 0.0, 0.0
    looks: dict[tuple[str, int], list[float]] = {}
    for stretch in stretches:
        looks.setdefault(stretch.look, []).append(stretch.level)
    levels = np.concatenate(list(looks.values()))
    if len(levels) == len(looks):
        return float(np.var(levels, ddof=1)), len(levels) - 1.0
    inside = len(levels) - len(looks)
    within = sum(len(own) * float(np.var(own)) for own in looks.values()) / inside
    between = _between(list(looks.values()), within)
    variance = within + between
    if variance == 0:
        return 0.0, float(inside)
    known = max(len(looks) - 1, 1)
    return variance, variance**2 / (within**2 / inside + between**2 / known)


def _between(looks: Sequence[Sequence[float]], within: float) -> float:
    """The variance of what looks have in common; see above for few of them."""
    counts = np.array([len(own) for own in looks])
    found = 0.0
    if len(looks) > 1:
        means = np.array([np.mean(own) for own in looks])
        middle = np.average(means, weights=counts)
        square = float((counts * (means - middle) ** 2).sum()) / (len(looks) - 1)
        size = (counts.sum() - (counts**2).sum() / counts.sum()) / (len(looks) - 1)
        found = max(square - within, 0.0) / size
    return max(found, ((len(looks) - 1) * found + within) / len(looks))


def _frame_variance(stretches: Sequence[_Stretch]) -> float:
    """Mean variance of frames within a stretch."""
    return float(np.mean([np.var(stretch.scores) for stretch in stretches]))


def _ratio(one: float, other: float) -> float:
    return one / other if other > 0 else 0.0
