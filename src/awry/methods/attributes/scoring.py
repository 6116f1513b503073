"""The scorer of `attributes`: from a frame's objects to its score, map and regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from awry.devices import PROCESSOR, Compute
from awry.frames import ASSUMED_FPS, Frame, FrameScore, Objects, Region
from awry.methods.attributes.config import AttributesConfig
from awry.methods.attributes.gallery import Gallery, framed
from awry.methods.attributes.kept import KeptRows
from awry.methods.attributes.normality import AttributeModel, OwnClip, speeds
from awry.methods.attributes.objects import (
    FramePictures,
    ObjectAttributes,
    ObjectTeachers,
    Place,
    Window,
)
from awry.methods.attributes.preparation import LocalSides, in_unit
from awry.methods.base import Setting
from awry.methods.graphs import Network
from awry.methods.weighing import ObjectStream, SeenObjects
from awry.methods.windowed import Origin, WindowScorer
from awry.scoring.maps import blurred, painted
from awry.scoring.streaming import THINGS, ThingFilter, Values, smoother
from awry.teachers.objects.base import taken
from awry.teachers.objects.coco import class_name
from awry.teachers.objects.trust import ObjectTrust
from awry.video.pictures import Pictures, resized, whole_pixels

Floats = NDArray[np.float64]
SHOWN = 3
"""Training crops beside an object."""
SHOWN_SIDE = 128


@dataclass(frozen=True, slots=True)
class ScoredObjects:
    """A frame's objects with their scores.

    Attributes:
        index, time_s: of the frame.
        objects: those that are believed at all, with their attributes.
        things: int64 (n,), the same number for all boxes of one thing of the stream.
        evidence: float64 (n, attributes), calibrated, and trusted as far as the object.
        faster: bool (n,), whether an object is faster than training objects are.
    """

    index: int
    time_s: float | None
    objects: ObjectAttributes
    things: NDArray[np.int64]
    evidence: Floats
    faster: NDArray[np.bool_]

    @property
    def totals(self) -> Floats:
        """Each object's score (n,): the sum over attributes."""
        return np.asarray(self.evidence.sum(1))


class AttributesScorer(WindowScorer[ScoredObjects]):
    """Compares a frame with the one a step before; the first frames of a stream have no score.

    Args:
        models: attribute -> its density, calibrated.
        config: the settings, resolved.
        teachers: detector, flow and classifier.
        gallery: training crops to show.
        object_side: longer side of a typical object, in pixels of the working size.
        own: knows training footage, while it is scored in a fit; None later.
        trust: what is known of the detector's errors; None: every box is believed.
        sides: how large objects usually are, where velocities are measured by it.
        setting: where it works.
        networks: what answers in the classifier's place.
        compute: where they are asked; they answer to the processor.
    """

    def __init__(
        self,
        models: Mapping[str, AttributeModel],
        config: AttributesConfig,
        teachers: ObjectTeachers,
        gallery: Gallery,
        object_side: float,
        own: OwnClip | None,
        trust: ObjectTrust | None,
        sides: LocalSides | None,
        setting: Setting,
        networks: Mapping[str, Network],
        compute: Compute = PROCESSOR,
    ) -> None:
        super().__init__(
            setting,
            *teachers.room(setting.fps),
            ThingFilter(config.joined(setting.fps), causal=config.join_causal),
            smoother(config.smoothing, config.smoothing_sigma),
        )
        self._models = models
        self._config = config
        self._teachers = teachers
        self._gallery = gallery
        self._own = own
        self._trust = trust
        self._sides = sides
        self._objects = ObjectStream(trust, setting, 1, config.detect_every_s, teachers.detector)
        self._features = KeptRows(config.deep_every_s)
        self._blur = max(1, int(object_side / 4)) // 2 * 2 + 1
        self._answers = networks.get("features")
        self._compute = compute
        self._seconds = config.seconds(setting.fps)
        self._sizes: tuple[tuple[int, int], tuple[int, int]] | None = None
        self._mask: NDArray[np.bool_] | None = None

    @property
    def gives_regions(self) -> bool:
        """Objects are regions."""
        return self.setting.maps

    def _prepared(self, frame: Frame) -> tuple[Frame, FramePictures]:
        with self._stage("resize"):
            return frame, self._shown(frame)

    def _shown(self, frame: Frame) -> FramePictures:
        size = (frame.image.shape[0], frame.image.shape[1])
        if self._sizes is None:
            self._sizes = self._teachers.sizes(self.setting.frame_size or size)
            self._mask = self._ignored(size, self._sizes[1])
        return self._teachers.shown(resized(frame.image, self._sizes[0], bool(self._config.grey)))

    def _restart(self) -> None:
        super()._restart()
        self._sizes = None
        self._objects.restart()
        self._features.clear()

    def _raw_result(self, origin: Origin) -> ScoredObjects:
        """Look at the window's judged frame."""
        frame = self._window[self._before][0]
        window = self._pictures_of(self._window)
        place = self._place(frame, origin)
        with self._stage("detector"):
            seen = self._objects.seen(
                window.now.small,
                frame,
                origin,
                lambda: self._found(window, place),
                self._mask,
            )
        seconds = frame.index / self._objects.rate(origin)
        return self._judged(frame, window, place, seen, self._features, seconds)

    def _found(self, window: Window, place: Place) -> Objects:
        return self._teachers.found(window, place, self._mask, self._trust, self.setting.scene)

    def _place(self, frame: Frame, origin: Origin) -> Place:
        size = origin.size or (frame.image.shape[0], frame.image.shape[1])
        return Place(origin.clip or self.setting.clip, frame.number, size)

    def _pictures_of(self, frames: Sequence[tuple[Frame, FramePictures]]) -> Window:
        """Those of a window, whose last frames may be missing."""
        middle, config, fps = self._before, self._config, self.setting.fps
        window = Window(frames[middle][1], frames[middle - config.stride(fps)][1])
        if not self._teachers.needs_neighbours:
            return window
        around = config.around(fps)
        later = frames[middle + around][1] if middle + around < len(frames) else None
        return replace(window, earlier=frames[middle - around][1], later=later)

    @torch.inference_mode()
    def _judged(
        self,
        frame: Frame,
        window: Window,
        place: Place,
        seen: SeenObjects,
        features: KeptRows,
        seconds: float,
    ) -> ScoredObjects:
        teachers, found = self._teachers, seen.objects
        values = {}
        if "velocity" in self._models:
            with self._stage("flow"):
                velocity = teachers.velocities(found.boxes, window, self._seconds)
                values["velocity"] = in_unit(velocity, found.boxes, self._sides)
        if "deep" in self._models:
            with self._stage("network"):
                values["deep"] = features.rows(
                    seen.things,
                    seconds,
                    lambda which: teachers.deep(
                        taken(found, which), window.now, self._answers, self._compute
                    ),
                )
        if "pose" in self._models:
            values["pose"] = teachers.pose(found.boxes, window.now, place)
        with self._stage("density"):
            return self._with_evidence(frame, place.clip, ObjectAttributes(found, values), seen)

    def _time(self, frame: Frame) -> float:
        """Seconds of the stream."""
        if frame.time_s is not None:
            return frame.time_s
        return frame.index / (self.setting.fps or ASSUMED_FPS)

    def _with_evidence(
        self, frame: Frame, clip: str, objects: ObjectAttributes, seen: SeenObjects
    ) -> ScoredObjects:
        own = None if self._own is None else self._own.of_frame(clip, self._time(frame))
        columns = [
            model.calibrated(objects.values[name], own) for name, model in self._models.items()
        ]
        evidence = np.stack(columns, 1) * seen.weights[:, None]
        faster = np.zeros(len(objects), bool)
        if "velocity" in self._models:
            faster = speeds(objects.values["velocity"]) > self._models["velocity"].usual
        return ScoredObjects(frame.index, frame.time_s, objects, seen.things, evidence, faster)

    def _values(self, raw: ScoredObjects) -> Values:
        """What is joined over time: each object's evidence."""
        evidence = raw.evidence.astype(np.float32)
        return {THINGS: raw.things.astype(np.float32), "evidence": evidence}

    def _frame_score(self, raw: ScoredObjects, values: Values) -> tuple[FrameScore, Values]:
        """The frame's score: of its strangest object, or of each attribute's."""
        raw = replace(raw, evidence=values["evidence"].astype(np.float64))
        highest = raw.evidence.max(0, initial=0.0)
        total = highest.sum() if self._config.combine == "frame" else raw.totals.max(initial=0.0)
        heat, regions = self._where(raw) if self.setting.maps else (None, ())
        parts = self._parts(raw.evidence, raw.faster)
        score = FrameScore(raw.index, raw.time_s, None, parts, heat, regions)
        return score, {"score": np.array([total])}

    def _final_score(self, score: FrameScore, smooth: Values) -> FrameScore:
        return replace(score, score=float(smooth["score"][0]))

    def _parts(self, evidence: Floats, faster: NDArray[np.bool_]) -> dict[str, float]:
        """The attributes' maxima over some objects; velocity also by what is strange about it."""
        columns = dict(zip(self._models, evidence.T, strict=True))
        parts = {name: float(column.max(initial=0.0)) for name, column in columns.items()}
        if "velocity" in columns:
            column = columns["velocity"]
            parts["speed"] = float(column[faster].max(initial=0.0))
            parts["direction"] = float(column[~faster].max(initial=0.0))
        return parts

    def _where(self, raw: ScoredObjects) -> tuple[NDArray[np.float32], tuple[Region, ...]]:
        """The map, and the objects as regions of the full frame."""
        assert self._sizes is not None
        working, totals = self._sizes[1], raw.totals
        heat = blurred(painted(raw.objects.boxes, totals, working), self._blur)
        if self._mask is not None:
            heat[self._mask] = 0
        size = self._size or working
        scale = np.tile(np.array(size[::-1]) / np.array(working[::-1]), 2)
        regions = [
            Region(
                box=whole_pixels(raw.objects.boxes[n] * scale, size),
                score=float(totals[n]),
                parts=self._parts(raw.evidence[n : n + 1], raw.faster[n : n + 1]),
                class_name=class_name(int(raw.objects.objects.class_ids[n])),
            )
            for n in np.argsort(-totals, kind="stable")
        ]
        return heat, tuple(regions)

    def pictures(self, frames: Sequence[Frame]) -> dict[str, Pictures] | None:
        """As `Scorer.pictures`: the strangest object, and the training objects most like it.

        Args:
            frames: at least `warmup + 1` consecutive frames. A later one, by which moving regions
                are found, is not there: they are compared with the earlier one alone.
        """
        if len(frames) <= self._before or not len(self._gallery) or "deep" not in self._models:
            return None
        kept = self._sizes, self._mask
        last = [self.setting.black_out(frame) for frame in frames[-1 - self._before :]]
        try:
            window = self._pictures_of([(frame, self._shown(frame)) for frame in last])
            judged = self._judged_alone(last[-1], window)
        finally:
            self._sizes, self._mask = kept
        if not len(judged.objects):
            return None
        strangest = int(judged.totals.argmax())
        return self._beside(judged.objects, strangest, window.now)

    def _judged_alone(self, frame: Frame, window: Window) -> ScoredObjects:
        """A frame by itself, whose objects are believed by what it shows."""
        place = self._place(frame, Origin())
        found = self._found(window, place)
        weights = np.ones(len(found.scores), np.float32)
        if self._trust is not None:
            weights = self._trust.evidence(window.now.small, found, self.setting.scene)
        seen = SeenObjects.of(found, weights, np.arange(len(weights)))
        return self._judged(frame, window, place, seen, KeptRows(0.0), 0.0)

    def _beside(
        self, objects: ObjectAttributes, number: int, now: FramePictures
    ) -> dict[str, Pictures]:
        (crop,) = self._teachers.cut(objects.boxes[number : number + 1], now)
        shown = {"object": framed(crop, SHOWN_SIDE)}
        feature = objects.values["deep"][number]
        nearest = self._gallery.nearest(feature, SHOWN) if np.isfinite(feature).all() else []
        for place, one in enumerate(nearest, 1):
            shown[f"nearest in training, {place}"] = framed(one, SHOWN_SIDE)
        return shown
