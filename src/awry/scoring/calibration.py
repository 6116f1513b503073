"""From the scores of normal footage to a threshold that keeps an alarm budget."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import AwryError, BundleError, ConfigError, FootageError
from awry.scoring.budget import Budget, choose_threshold, describe_threshold
from awry.scoring.events import EventOptions, find_runs
from awry.scoring.normal_alarms import NormalAlarms, finite, observe_alarms
from awry.scoring.spread import LevelSpread, measure_spread, with_other_scenes

__all__ = [
    "NO_THRESHOLD",
    "OF_TRAINING",
    "POOLED",
    "SET_ONE",
    "Budget",
    "Calibration",
    "CalibrationClip",
    "SceneCalibration",
    "calibrate",
    "threshold_in_figures",
]

POOLED = "*"
NO_THRESHOLD = "No footage was held back to take an alarm threshold from, so there is none."
OF_TRAINING = (
    "Mean, spread and map levels are those of frames that were trained on; new footage scores "
    "higher."
)
SET_ONE = "Give a --threshold, or fit again with --calibration FOLDER or a share of the footage."


def threshold_in_figures(threshold: float | None) -> str:
    """For tables and cards.

    >>> threshold_in_figures(0.123456), threshold_in_figures(None)
    ('0.1235', 'none')
    """
    return "none" if threshold is None else f"{threshold:.4g}"


@dataclass(frozen=True, slots=True)
class SceneCalibration:
    """What normal footage of one scene says.

    Attributes:
        location, scale: mean and standard deviation of the scores; the scale is 1 where the
            scores do not vary, so that it can always divide.
        threshold: an alarm has a frame above it; None where nothing was held back to take one
            from. All else was then measured on training frames.
        map_thresholds: ascending levels at which maps are cut into regions; empty without maps.
        heat_range: map values drawn as cold and as hot; (0, 1) without maps.
        frames: scored frames that all this was measured on.
        seconds: their duration, or None where a frame rate is unknown.
        budget: what was asked for; None where the threshold was given by hand or there is none.
            In a unit of time with `seconds` None it was taken by frames, and `how` says so.
        how: how the threshold came about, in a sentence or two.
        threshold_interval: the 95 % interval of the threshold that keeps the budget, which
            holds `threshold`; None where nothing can be said, as `how` tells.
        normal_alarms: what `with_budget` needs; None in bundles from before it was kept.
        parts: part of the score -> its mean and standard deviation in these frames; empty in
            bundles from before it was kept.
        spread: how far stretches of this footage differ in level; None where there are fewer
            than two, and in bundles from before it was measured.
    """

    location: float
    scale: float
    threshold: float | None
    map_thresholds: tuple[float, ...]
    heat_range: tuple[float, float]
    frames: int
    seconds: float | None
    budget: Budget | None
    how: str
    threshold_interval: tuple[float, float] | None = None
    normal_alarms: NormalAlarms | None = None
    parts: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    spread: LevelSpread | None = None

    def with_budget(self, budget: Budget) -> SceneCalibration:
        """The same footage's calibration for another budget; the footage is not needed.

        Raises:
            BundleError: the calibration was stored before `normal_alarms` was, or there is no
                threshold.
        """
        if self.threshold is None:
            raise BundleError(f"No budget can be kept. {NO_THRESHOLD} {SET_ONE}")
        if self.normal_alarms is None:
            raise BundleError(
                f"The bundle keeps only the threshold {self.threshold:.4g}, so another budget "
                "cannot be asked for; it was fitted by an older awry, or without footage that was "
                "held back for thresholds. Refit it, with --budget if need be, or give a "
                "--threshold."
            )
        threshold, interval, how = choose_threshold(
            self.normal_alarms, self.frames, self.seconds, budget, self.spread
        )
        return replace(
            self, threshold=threshold, threshold_interval=interval, budget=budget, how=how
        )

    def with_threshold(self, threshold: float) -> SceneCalibration:
        """The same footage's calibration with a threshold that was given by hand.

        Raises:
            ConfigError: it is not finite.
        """
        if not math.isfinite(threshold):
            raise ConfigError(f"The threshold is {threshold}; expected a finite number.")
        how = "Given by hand."
        if self.threshold is None:
            how += " No footage was held back to say how many alarms it gives in normal footage."
        if self.normal_alarms is not None:
            how = describe_threshold(self.normal_alarms, self.frames, self.seconds, threshold)
        return replace(
            self, threshold=float(threshold), threshold_interval=None, budget=None, how=how
        )

    @property
    def requested(self) -> str:
        """The budget that was asked for, that the threshold was given by hand, or that none is."""
        if self.threshold is None:
            return "no threshold"
        return "threshold given by hand" if self.budget is None else str(self.budget)

    def needed_threshold(self) -> float:
        """The threshold, for what makes no sense without.

        Raises:
            ConfigError: there is none; says how to have one.
        """
        if self.threshold is None:
            raise ConfigError(f"{NO_THRESHOLD} {SET_ONE}")
        return self.threshold


@dataclass(frozen=True, slots=True)
class Calibration:
    """The calibration of every scene, and of all together.

    Attributes:
        scenes: scene -> calibration; `*` is pooled over all scenes and always there.
        options: how frames were merged into alarms; later alarms must be merged likewise.
    """

    scenes: Mapping[str, SceneCalibration]
    options: EventOptions = field(default_factory=EventOptions)

    def alarms(self, scores: NDArray[np.float64], scene: str) -> list[tuple[int, int]]:
        """Runs of a clip's scores (n,) that are alarms in a scene, (first, last) inclusive.

        None are where there is no threshold.
        """
        here = self.scene(scene)
        if here.threshold is None:
            return []
        return find_runs(scores, here.threshold, self.options, here.location)

    def scene(self, name: str) -> SceneCalibration:
        """The calibration of a scene; of all scenes pooled where it is unknown."""
        return self.scenes.get(name, self.scenes[POOLED])

    @property
    def has_thresholds(self) -> bool:
        """Whether there are alarms at all; every scene has a threshold, or none has."""
        return self.scenes[POOLED].threshold is not None

    def with_budget(self, budget: Budget) -> Calibration:
        """Every scene's thresholds for another budget; see `SceneCalibration.with_budget`."""
        scenes = {name: scene.with_budget(budget) for name, scene in self.scenes.items()}
        return replace(self, scenes=scenes)

    def with_threshold(self, threshold: float) -> Calibration:
        """One threshold for every scene, given by hand; see `SceneCalibration.with_threshold`."""
        scenes = {name: scene.with_threshold(threshold) for name, scene in self.scenes.items()}
        return replace(self, scenes=scenes)

    def with_spread(
        self,
        clips: Sequence[CalibrationClip],
        validation: Sequence[CalibrationClip],
        train: Sequence[CalibrationClip],
    ) -> Calibration:
        """Thresholds that also allow for how far stretches of all the footage differ in level.

        Args:
            clips: as `calibrate` had them.
            validation: what else was held back; none where it is among them.
            train: the training part.

        Raises:
            BundleError: as `with_budget`.
        """
        spreads = {}
        for name, scene in self.scenes.items():
            parts = [
                [clip for clip in part if name in (POOLED, clip.scene)]
                for part in (clips, validation, train)
            ]
            spreads[name] = measure_spread(*parts, options=self.options, normal=scene.location)
        single = {name: spread for name, spread in spreads.items() if name != POOLED}
        spreads |= with_other_scenes(single)
        scenes = {}
        for name, scene in self.scenes.items():
            scene = replace(scene, spread=spreads[name])
            scenes[name] = scene if scene.budget is None else scene.with_budget(scene.budget)
        return replace(self, scenes=scenes)

    def to_json(self) -> dict[str, Any]:
        """Plain values that `json` can write; `from_json` takes them back unchanged."""
        scenes = {
            name: {
                **asdict(scene),
                "map_thresholds": list(scene.map_thresholds),
                "heat_range": list(scene.heat_range),
                "budget": scene.budget and asdict(scene.budget),
                "threshold_interval": scene.threshold_interval and list(scene.threshold_interval),
                "normal_alarms": scene.normal_alarms and scene.normal_alarms.to_json(),
                "parts": {part: list(usual) for part, usual in scene.parts.items()},
                "spread": scene.spread and scene.spread.to_json(),
            }
            for name, scene in self.scenes.items()
        }
        return {"scenes": scenes, "options": asdict(self.options)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Calibration:
        """Take back what `to_json` gave.

        Raises:
            BundleError: a value is missing, foreign, of another type, or not finite.
        """
        try:
            scenes = {str(name): _read_scene(scene) for name, scene in values["scenes"].items()}
            options = EventOptions(**values["options"])
            if POOLED not in scenes:
                raise ValueError(f"the pooled scene '{POOLED}' is missing")
        except (AttributeError, KeyError, TypeError, ValueError, AwryError) as error:
            reason = f"missing {error}" if isinstance(error, KeyError) else str(error)
            raise BundleError(
                f"The calibration cannot be read ({reason}); expected what awry fit wrote. "
                "Copy the bundle again or refit."
            ) from error
        return cls(scenes, options)


@dataclass(frozen=True, slots=True)
class CalibrationClip:
    """A stretch of normal footage that the model has not learned from.

    Attributes:
        name: the clip's name.
        scene: its scene.
        scores: float64 (n,), smoothed as later scores will be; NaN where unscored.
        fps: frames per second, or None.
        map_peaks: float (n,), the map's maximum in each frame, NaN where there is none; None
            where the method has no maps.
        parts: part of the score -> float (n,), NaN where there is none.
    """

    name: str
    scene: str
    scores: NDArray[np.float64]
    fps: float | None = None
    map_peaks: NDArray[np.floating] | None = None
    parts: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)


def calibrate(
    clips: Sequence[CalibrationClip], budget: Budget | None, options: EventOptions | None = None
) -> Calibration:
    """Fix thresholds on normal footage.

    A scene without a scored frame is left to the pooled calibration.

    Args:
        clips: the calibration part; without a budget, what was trained on.
        budget: false alarms that are allowed; None: no threshold is taken from these clips, but
            all else.
        options: how frames are merged into alarms; default: by the seconds of
            `EventOptions.at_rate`, at the median rate of the clips.

    Raises:
        FootageError: no frame of any clip was scored.
    """
    usable = [clip for clip in clips if np.isfinite(clip.scores).any()]
    if not usable:
        raise FootageError(
            "No frame of the calibration footage was scored: its clips are shorter than the "
            "method's warm-up and look-ahead, or there are none. Give longer normal footage."
        )
    rates = [clip.fps for clip in usable if clip.fps]
    options = options or EventOptions.at_rate(median(rates) if rates else None)
    scenes: dict[str, list[CalibrationClip]] = {POOLED: usable}
    for clip in usable:
        if clip.scene != POOLED:
            scenes.setdefault(clip.scene, []).append(clip)
    calibrated = {name: _calibrate(part, budget, options) for name, part in scenes.items()}
    return Calibration(calibrated, options)


def _calibrate(
    clips: Sequence[CalibrationClip], budget: Budget | None, options: EventOptions
) -> SceneCalibration:
    usual = _usual(clips)
    if budget is None:
        return usual
    normal = observe_alarms([clip.scores for clip in clips], options)
    spread = measure_spread(clips, options=options, normal=usual.location)
    threshold, interval, how = choose_threshold(normal, usual.frames, usual.seconds, budget, spread)
    return replace(
        usual,
        threshold=threshold,
        budget=budget,
        how=how,
        threshold_interval=interval,
        normal_alarms=normal,
        spread=spread,
    )


def _usual(clips: Sequence[CalibrationClip]) -> SceneCalibration:
    """All but the threshold."""
    from awry.scoring.maps import map_thresholds  # OpenCV is not needed to read a calibration

    pooled = np.concatenate([clip.scores[np.isfinite(clip.scores)] for clip in clips])
    peaks = [clip.map_peaks for clip in clips if clip.map_peaks is not None]
    known = np.concatenate([np.asarray(part, np.float64) for part in peaks] or [np.empty(0)])
    known = known[np.isfinite(known)]
    return SceneCalibration(
        location=float(pooled.mean()),
        scale=float(pooled.std()) if np.ptp(pooled) > 0 else 1.0,
        threshold=None,
        map_thresholds=map_thresholds(known) if known.size else (),
        heat_range=_heat_range(known) if known.size else (0.0, 1.0),
        frames=len(pooled),
        seconds=_seconds(clips),
        budget=None,
        how=f"{NO_THRESHOLD} {OF_TRAINING}",
        parts=_usual_parts(clips),
    )


def _usual_parts(clips: Sequence[CalibrationClip]) -> dict[str, tuple[float, float]]:
    """Mean and deviation of each part that is known in every clip."""
    usual = {}
    for name in clips[0].parts:
        if all(name in clip.parts for clip in clips):
            values = np.concatenate([np.asarray(clip.parts[name], np.float64) for clip in clips])
            known = values[np.isfinite(values)]
            if known.size:
                usual[name] = (float(known.mean()), float(known.std()))
    return usual


def _seconds(clips: Sequence[CalibrationClip]) -> float | None:
    total = 0.0
    for clip in clips:
        if not clip.fps:
            return None
        total += float(np.isfinite(clip.scores).sum()) / clip.fps
    return total


def _heat_range(peaks: NDArray[np.float64]) -> tuple[float, float]:
    """Cold below what most normal frames reach, hot well above what any reaches."""
    middle, top = float(np.median(peaks)), float(peaks.max())
    return middle, top + ((top - middle) or abs(top) or 1.0)


def _read_scene(values: Mapping[str, Any]) -> SceneCalibration:
    levels = tuple(finite(level) for level in values["map_thresholds"])
    low, high = (finite(value) for value in values["heat_range"])
    alarms, spread = values.get("normal_alarms"), values.get("spread")
    scene = SceneCalibration(
        location=finite(values["location"]),
        scale=finite(values["scale"]),
        threshold=None if values["threshold"] is None else finite(values["threshold"]),
        map_thresholds=levels,
        heat_range=(low, high),
        frames=int(values["frames"]),
        seconds=None if values["seconds"] is None else finite(values["seconds"]),
        budget=_read_budget(values["budget"]),
        how=str(values["how"]),
        threshold_interval=_read_interval(values.get("threshold_interval")),
        normal_alarms=None if alarms is None else NormalAlarms.from_json(alarms),
        parts={
            str(part): (finite(mean), finite(deviation))
            for part, (mean, deviation) in values.get("parts", {}).items()
        },
        spread=None if spread is None else LevelSpread.from_json(spread),
    )
    if sorted(set(levels)) != list(levels) or scene.scale <= 0 or low >= high:
        raise ValueError("map_thresholds, scale or heat_range out of order")
    around = scene.threshold_interval
    if scene.threshold is None:
        if (scene.budget, around, scene.normal_alarms) != (None, None, None):
            raise ValueError("a budget, but no threshold")
    elif around is not None and not around[0] <= scene.threshold <= around[1]:
        raise ValueError(f"threshold {scene.threshold} is outside its interval {around}")
    return scene


def _read_budget(values: Any) -> Budget | None:
    return None if values is None else Budget(finite(values["alarms"]), str(values["unit"]))


def _read_interval(values: Any) -> tuple[float, float] | None:
    if values is None:
        return None
    low, high = (finite(value) for value in values)
    return low, high
