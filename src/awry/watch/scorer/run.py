"""One scorer's way through one camera's pictures, from its beginning to the next gap."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from awry.detector import Detector
from awry.errors import AwryError
from awry.frames import Frame, FrameScore
from awry.scoring.calibration import POOLED, SceneCalibration
from awry.scoring.reasons import Explainer
from awry.video.ignore import IgnoreRegions
from awry.watch.clock import Clock
from awry.watch.ipc.frames import GridFrame
from awry.watch.messages import Light, Scored
from awry.watch.scorer.pictures import heat_of, jpeg_of, seen_regions
from awry.watch.shares import polygon_in_pixels
from awry.watch.site.portions import ScoredCamera

NEAR = 0.8
"""Before the keeper says otherwise, pictures are wanted from this share of the way from the mean of
normal footage to the bundle's threshold."""
NEAR_DEVIATIONS = 3.0
"""The same for a bundle without a threshold: so many standard deviations above the mean."""


@dataclass(frozen=True, slots=True)
class Limit:
    """From which score on pictures are wanted, and the threshold for words; see `Interesting`.

    Attributes:
        score: None: the keeper has said nothing, and `usual_limit` counts.
        threshold: likewise.
        looked: whether regions and heat of lower scores are wanted too; see `ShowAll`.
    """

    score: float | None
    threshold: float | None
    looked: bool = False


def usual_limit(calibration: SceneCalibration) -> Limit:
    """Where the keeper has said nothing yet."""
    mean, threshold = calibration.location, calibration.threshold
    if threshold is None:
        return Limit(mean + NEAR_DEVIATIONS * calibration.scale, None)
    return Limit(mean + NEAR * (threshold - mean), threshold)


def with_ignored(detector: Detector, polygons: Sequence[Sequence[tuple[float, float]]]) -> Detector:
    """A detector that also ignores a camera's polygons; the models stay the same.

    Args:
        detector: whose footage's size the pixels are of.
        polygons: corners as shares of the picture.

    Raises:
        ConfigError: nothing would be left of the picture.
    """
    if not polygons:
        return detector
    height, width = detector.frame_size
    specs = [polygon_in_pixels(polygon, (height, width)) for polygon in polygons]
    ignore = IgnoreRegions.parse([*detector.ignore.specs, *specs])
    ignore.mask(height, width)
    return replace(detector, ignore=ignore)


class Run:
    """A fresh scorer and the pictures whose scores are still owed.

    Args:
        camera: whose.
        bundle: folder of the detector.
        detector: loaded, shared with others.
        shadow: whether it only tries.
        session: as the scores are to name it.
        limit: from which score on pictures are wanted; None: the keeper has said nothing.
        clock: for when scores were sent.

    Attributes:
        session: as the scores name it.
        told: whether it has given any.

    Raises:
        ConfigError: the detector has no such scene, or ignores the whole picture.
    """

    def __init__(
        self,
        camera: ScoredCamera,
        bundle: Path,
        detector: Detector,
        *,
        shadow: bool,
        session: str,
        limit: Callable[[Light], Limit | None],
        clock: Clock,
    ) -> None:
        scene, rate = camera.scene or POOLED, camera.grid.rate
        detector = with_ignored(detector, camera.ignore)
        self.session = session
        self.told = False
        self._camera = camera
        self._bundle = str(bundle)
        self._shadow = shadow
        self._limit = limit
        self._clock = clock
        self._explainer = detector.explainer(scene)
        fps = None if rate is None else rate * detector.every
        self._scorer = detector.scorer(scene, fps=fps)
        self._owed: deque[GridFrame] = deque()
        self._begun: tuple[int, float] | None = None

    @property
    def remembers(self) -> bool:
        """Whether scores hang on earlier pictures too."""
        return self._scorer.run_up > 0

    def push(self, frame: GridFrame) -> list[Scored]:
        """Take the next picture; give the scores that are ready, in order.

        Raises:
            Exception: whatever the method raises, or `AwryError` where a score is not finite.
        """
        self._owed.append(frame)
        step, at = self._begun = self._begun or (frame.step, frame.at)
        rate = self._camera.grid.rate
        time_s = frame.at - at if rate is None else (frame.step - step) / rate
        pushed = Frame(frame.step - step, time_s, frame.image, frame.damaged)
        return [self._told(score) for score in self._scorer.push(pushed)]

    def end(self) -> list[Scored]:
        """No further picture comes: give the scores that are still owed.

        Raises:
            Exception: as `push`.
        """
        return [self._told(score) for score in self._scorer.flush()]

    def _told(self, score: FrameScore) -> Scored:
        frame, value = self._owed[0], score.score
        if value is not None and not math.isfinite(value):
            raise AwryError(f"The method gave the score {value}, which is not a number.")
        self._owed.popleft()
        self.told = True
        told = Scored(
            camera=self._camera.name,
            at=frame.at,
            session=self.session,
            step=frame.step,
            bundle=self._bundle,
            score=value,
            light=frame.light,
            shadow=self._shadow,
            parts={name: part for name, part in score.parts.items() if math.isfinite(part)},
            width=frame.image.shape[1],
            height=frame.image.shape[0],
            dropped=frame.dropped,
            sent_at=self._clock.monotonic(),
        )
        limit = self._limit(frame.light) or Limit(None, None)
        if limit.score is None:
            limit = replace(usual_limit(self._explainer.calibration), looked=limit.looked)
        if value is None or limit.score is None:
            return told
        looked = value < limit.score
        if looked and not limit.looked:
            return told
        return self._shown(replace(told, looked=looked), score, frame, limit)

    def _shown(self, told: Scored, score: FrameScore, frame: GridFrame, limit: Limit) -> Scored:
        """With what people are shown of a strange moment; who looks has the picture already."""
        size = (frame.image.shape[0], frame.image.shape[1])
        calibration = self._explainer.calibration
        setting = self._scorer.setting
        clean = setting.ignore.black_out(frame.image, setting.frame_size)
        return replace(
            told,
            regions=seen_regions(score.regions, size),
            picture=b"" if told.looked else jpeg_of(clean),
            heat=heat_of(score.map, calibration.heat_range),
            reason=words_of(self._explainer, limit.threshold).reason(score, size),
        )


def words_of(explainer: Explainer, threshold: float | None) -> Explainer:
    """The same explainer, which measures heights by another threshold."""
    return replace(explainer, calibration=replace(explainer.calibration, threshold=threshold))
