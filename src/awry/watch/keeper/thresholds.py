"""From which score on a camera alarms: its budget, what people said, and its own night scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import AwryError, BundleError
from awry.foreign import reading
from awry.scoring.calibration import (
    POOLED,
    Budget,
    Calibration,
    CalibrationClip,
    SceneCalibration,
    calibrate,
)
from awry.scoring.events import EventOptions
from awry.training.bundle import CURE, MANIFEST, read_manifest
from awry.watch.keeper.events import Level
from awry.watch.site.units import duration

OWN_HOURS = 4.0
"""Hours of scores in another light than the detector's, from which on these have their own
calibration; it is made anew once, after `SURE_HOURS`."""
SURE_HOURS = 24.0


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """What a bundle's manifest says, without its model.

    Attributes:
        calibration: of all its scenes.
        rate: pictures a second that it was fitted on; None: unknown.
        method: its name.
    """

    calibration: Calibration
    rate: float | None = None
    method: str = ""

    def scene(self, name: str | None) -> SceneCalibration:
        """The calibration of a scene; None: of all pooled."""
        return self.calibration.scene(name or POOLED)


def read_facts(bundle: Path) -> BundleFacts:
    """Read a bundle's manifest.

    Raises:
        BundleError: no bundle, a changed byte, a newer format, or no calibration.
    """
    manifest = read_manifest(bundle)
    with reading(bundle / MANIFEST, "a bundle's manifest", BundleError, CURE):
        calibration = Calibration.from_json(manifest["calibration"])
        data: dict[str, Any] = manifest.get("data") or {}
        fps, every = data.get("fps"), data.get("every") or 1
        rate = None if not fps else float(fps) / int(every)
        return BundleFacts(calibration, rate, str(manifest["method"]))


@dataclass(frozen=True, slots=True)
class Said:
    """What people said of a detector's events in a light mode.

    Attributes:
        normal, abnormal: scores of the peaks.
        seconds: how long the detector has watched in that light.
    """

    normal: Sequence[float] = ()
    abnormal: Sequence[float] = ()
    seconds: float = 0.0


def level_of(
    scene: SceneCalibration, options: EventOptions, budget: Budget | None, said: Said | None = None
) -> Level:
    """The threshold that keeps a budget, raised by what people called normal.

    Args:
        scene: what calibration says.
        options: how events are merged.
        budget: alarms that are allowed; None: the calibration's threshold as it is.
        said: what people said; None: nothing.

    Returns:
        What the scores are judged by. Its `how` tells each step.
    """
    if scene.threshold is None:
        return Level(None, scene.location, options, scene.how)
    how = scene.how
    if budget is not None and budget != scene.budget:
        try:
            scene = scene.with_budget(budget)
            how = scene.how
        except BundleError as error:
            how = f"The budget {budget} was not taken: {error}"
    assert scene.threshold is not None
    raised, words = _raised(scene.threshold, budget or scene.budget, said or Said())
    return Level(raised, scene.location, options, f"{how} {words}".strip())


def _raised(threshold: float, budget: Budget | None, said: Said) -> tuple[float, str]:
    """As high as alarms that were called normal ask for, never above one called abnormal."""
    peaks = sorted((peak for peak in said.normal if peak > threshold), reverse=True)
    allowed = 0 if budget is None else math.floor(_allowed(budget, said.seconds))
    if len(peaks) <= allowed:
        return threshold, ""
    wanted = peaks[allowed]
    count = f"{len(peaks)} alarm{'' if len(peaks) == 1 else 's'}"
    words = f"{count} above it {'was' if len(peaks) == 1 else 'were'} judged normal"
    if budget is not None:
        words += f", and {budget.words} allows {allowed} in the {duration(said.seconds)} watched"
    barrier = min((peak for peak in said.abnormal if peak > threshold), default=math.inf)
    if wanted < barrier:
        return wanted, f"{words}, so it was raised from {threshold:.4g} to {wanted:.4g}."
    highest = max([threshold, *(peak for peak in peaks if peak < barrier)])
    return highest, (
        f"{words}; it was raised from {threshold:.4g} to {highest:.4g} and no higher, since an "
        f"alarm of {barrier:.4g} was judged abnormal. The budget is not promised."
    )


def _allowed(budget: Budget, seconds: float) -> float:
    return budget.allowed(0, seconds)


def own_scene(
    spans: Sequence[NDArray[np.floating[Any]]],
    rate: float | None,
    budget: Budget | None,
    options: EventOptions,
    like: SceneCalibration,
) -> SceneCalibration:
    """The calibration of a light mode from its own scores.

    Alarms that nobody judged may be among them. Like those of the calibration part of footage, they
    count as normal, so that the threshold is rather too high than too low.

    Args:
        spans: float (n,) each, NaN where unscored: stretches without gaps.
        rate: scores a second.
        budget: alarms that are allowed; None: that of the detector's calibration.
        options: how events are merged.
        like: the detector's own calibration; levels of maps and parts are taken from it.

    Raises:
        FootageError: there is no score.
    """
    budget = budget or like.budget or Budget(2.0, "day")
    clips = [
        CalibrationClip(f"stretch {number}", POOLED, np.asarray(span, np.float64), rate)
        for number, span in enumerate(spans)
    ]
    scene = calibrate(clips, budget, options).scene(POOLED)
    return replace(
        scene, map_thresholds=like.map_thresholds, heat_range=like.heat_range, parts=like.parts
    )


def to_json(scene: SceneCalibration, options: EventOptions) -> dict[str, Any]:
    """A calibration as plain values for a row of the database."""
    return Calibration({POOLED: scene}, options).to_json()


def from_json(values: Any) -> SceneCalibration | None:
    """What `to_json` gave; None where it cannot be read."""
    try:
        return Calibration.from_json(values).scene(POOLED)
    except AwryError:
        return None
