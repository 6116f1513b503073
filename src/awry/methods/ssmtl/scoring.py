"""SSMTL's scorer (sections 3.4 and 3.5): windows of frames to objects, maps and scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.devices import PROCESSOR, Compute
from awry.frames import Frame, FrameScore, Objects, Region
from awry.methods.base import Setting
from awry.methods.graphs import Network
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.network import LevelStream, SSMTLModel, levels_of
from awry.methods.ssmtl.parts import PartScores, combined, part_scores
from awry.methods.ssmtl.sequences import cut
from awry.methods.ssmtl.teachers import SSMTLTeachers
from awry.methods.weighing import ObjectStream
from awry.methods.windowed import Origin, WindowScorer
from awry.scoring.maps import at_centres, blurred, painted
from awry.scoring.streaming import Values, mean_filter, smoother
from awry.teachers.objects.base import view_of
from awry.teachers.objects.coco import class_name
from awry.teachers.objects.trust import ObjectTrust
from awry.video.pictures import (
    Pictures,
    coloured,
    cut_out,
    grown,
    resized,
    whole_pixels,
    working_size,
)

Floats = NDArray[np.float64]
ERROR_BLUR = 3


@dataclass(slots=True)
class FrameParts:
    """What is known of a frame before its neighbours' maps are joined with its own.

    Attributes:
        index, time_s: of the frame, whose picture is let go.
        boxes: float32 (n, 4) in pixels of the working size.
        object_parts: float64 (n, parts) of its objects.
        frame_parts: float64 (parts,) of the whole frame.
        class_ids: int64 (n,), each object's class in COCO's order, -1 unknown.
        weights: float32 (n,), how far each is believed, above 0; others are left out.
        values: what the mean filter joins over time: `object`, the map of scores above the
            stream's floor; `frame`, the whole frame's score (1,); `errors`, its map.
    """

    index: int
    time_s: float | None
    boxes: NDArray[np.float32]
    object_parts: Floats
    frame_parts: Floats
    class_ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    weights: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    values: Values = field(default_factory=dict)


class SSMTLScorer(WindowScorer[FrameParts]):
    """Scores the middle of a window of 2t + 1 frames, which lie `stride` apart.

    Every frame is the middle of a window of its own, but for a clip's first and last t strides.

    Args:
        model: fitted, in evaluation mode.
        config: its settings, resolved.
        teachers: what finds objects and knows classes.
        setting: where it works.
        networks: what answers by level in the place of the model's streams.
        trust: what is known of the detector's errors; None: every object counts whole.
        compute: where the networks are asked; they answer to the processor.
    """

    def __init__(
        self,
        model: SSMTLModel,
        config: SSMTLConfig,
        teachers: SSMTLTeachers,
        setting: Setting,
        networks: Mapping[str, Network] | None = None,
        trust: ObjectTrust | None = None,
        compute: Compute = PROCESSOR,
    ) -> None:
        super().__init__(
            setting,
            config.t * config.stride,
            config.t * config.stride,
            # SSMTL section 3.4: the 3-D mean filter's third axis, time.
            mean_filter(config.filter_frames, causal=config.filter_causal),
            smoother(config.smoothing, config.smoothing_sigma),
        )
        self.model = model
        self.config = config
        self._teachers = teachers
        self._networks = networks or {}
        self._compute = compute
        self._objects = ObjectStream(
            trust, setting, config.detect_every, config.detect_every_s, teachers.detector
        )
        self._levels = levels_of(config)
        self._working: tuple[int, int] | None = None
        self._mask: NDArray[np.bool_] | None = None

    @property
    def gives_regions(self) -> bool:
        """Objects are regions; the frame level cuts its map."""
        return self.setting.maps and ("object" in self._levels or bool(self.setting.map_levels))

    def _prepared(
        self, frame: Frame, small: Pictures | None = None
    ) -> tuple[Frame, Pictures, Pictures | None]:
        """The frame, as the object level takes it, as the frame level takes it."""
        if self._working is None:
            self._begin(frame)
        assert self._working is not None
        grey = bool(self.config.grey)
        with self._stage("resize"):
            if "frame" in self._levels and small is None:
                side = (self.config.frame_side, self.config.frame_side)
                small = resized(frame.image, side, grey)
            picture = small
            if "object" in self._levels:
                picture = resized(frame.image, self._working, grey)
        assert picture is not None
        return frame, picture, small

    def _begin(self, frame: Frame) -> None:
        size = (frame.image.shape[0], frame.image.shape[1])
        self._working = working_size(self.setting.frame_size or size, self.config.height)
        self._mask = self._ignored(size, self._working)

    def _restart(self) -> None:
        super()._restart()
        self._working = None
        self._objects.restart()

    def raw_results(
        self,
        frames: Iterable[Frame],
        origin: Origin,
        smalls: Iterable[Pictures] | None = None,
    ) -> list[FrameParts]:
        """What teachers and networks say of a clip's frames, without its ends.

        Args:
            frames: of a clip of their own.
            origin: says which clip.
            smalls: each frame as the frame level takes it; None: made from the frame.
        """
        given: Iterable[Pictures | None] = repeat(None) if smalls is None else smalls
        pairs = zip(frames, given)  # noqa: B905 - repeat has no end
        results = [
            self._next_result(self._prepared(frame, small), origin) for frame, small in pairs
        ]
        self._window.clear()
        self._objects.restart()
        return [raw for raw in results if raw is not None]

    def frame_levels(self, results: Iterable[FrameParts]) -> list[dict[str, float]]:
        """A clip's scores by level, not smoothed; the statistics of the streams as they are now."""
        levels = []
        for raw in results:
            ready = self._joining.push(raw, self._values(raw))
            levels += [self._levels_of(values) for _, values in ready]
            raw.values = {}  # the filter holds what it still needs
        return levels + [self._levels_of(values) for _, values in self._joining.flush()]

    def _raw_result(self, origin: Origin) -> FrameParts:
        """Ask teachers and networks about the window's middle frame."""
        frame = self._window[self._before][0]
        raw = FrameParts(
            frame.index, frame.time_s, np.empty((0, 4), np.float32), np.empty((0, 0)), np.empty(0)
        )
        if "object" in self._levels:
            self._score_objects(raw, frame, origin)
        if "frame" in self._levels:
            self._score_frame(raw)
        return raw

    def _sequence(self, item: int) -> list[Any]:
        """The window's frames, a stride apart, as one of the levels takes them."""
        return [prepared[item] for prepared in self._window][:: self.config.stride]

    def _score_objects(self, raw: FrameParts, frame: Frame, origin: Origin) -> None:
        stream = self.model.stream("object")
        images = self._sequence(1)
        with self._stage("detector"):
            t, size = self.config.t, origin.size or (frame.image.shape[0], frame.image.shape[1])
            clip = origin.clip or self.setting.clip

            def detect() -> Objects:
                view = view_of(images, t, t, t, clip, frame.number, size)
                return self._teachers.objects(view, self._mask)

            seen = self._objects.seen(images[t], frame, origin, detect, self._mask)
        objects, raw.weights = seen.objects, seen.weights
        raw.boxes, raw.class_ids = objects.boxes, objects.class_ids
        raw.object_parts = np.empty((0, len(stream.parts)))
        if len(objects.scores):
            raw.object_parts = self._ask(images, objects).parts

    def _ask(self, images: Sequence[Pictures], objects: Objects) -> PartScores:
        config, stream = self.config, self.model.stream("object")
        assert self._working is not None
        with self._stage("crops"):
            boxes = grown(objects.boxes, config.margin, self._working)
            sequences = np.stack([cut(images, box, config.crop) for box in boxes])
        with self._stage("network"):
            logits = None
            if "classifier" in stream.parts:
                middle = images[config.t]
                logits = self._teachers.classify([cut_out(middle, box) for box in boxes])
            classes = objects.probabilities if "distillation" in stream.parts else None
            network = self._networks.get("object")
            return part_scores(stream, sequences, classes, logits, network, self._compute)

    def _score_frame(self, raw: FrameParts) -> None:
        config, stream = self.config, self.model.stream("frame")
        smalls = [small for small in self._sequence(2) if small is not None]
        with self._stage("network"):
            logits = None
            if "classifier" in stream.parts:
                logits = self._teachers.classify([coloured(smalls[config.t])])
            sequence, network = np.stack(smalls)[None], self._networks.get("frame")
            scores = part_scores(stream, sequence, None, logits, network, self._compute)
        raw.frame_parts = scores.parts[0]
        if scores.errors is not None and self.setting.maps:
            raw.values["errors"] = blurred(scores.errors[0], ERROR_BLUR)

    def _values(self, raw: FrameParts) -> Values:
        """What the mean filter joins: the objects' map, the whole frame's score."""
        if "object" in self._levels:
            assert self._working is not None
            stream = self.model.stream("object")
            with self._stage("maps"):
                above = self._above(stream, raw.object_parts) * raw.weights
                # SSMTL section 3.4: the 3-D mean filter's two axes of the picture.
                canvas = blurred(painted(raw.boxes, above, self._working), self.filter_side)
                if self._mask is not None:
                    canvas[self._mask] = 0
            raw.values["object"] = canvas
        if "frame" in self._levels:
            score = self._scores(self.model.stream("frame"), raw.frame_parts[None])
            raw.values["frame"] = score.astype(np.float32)
        return raw.values

    @property
    def filter_side(self) -> int:
        """Of the map's mean filter, in pixels; odd, so that it has a middle."""
        if self.config.filter_size is not None:
            return self.config.filter_size
        return max(1, int(self.model.stream("object").object_side)) // 2 * 2 + 1

    def _above(self, stream: LevelStream, parts: Floats) -> Floats:
        """How far each object (n,) lies above the floor; of what is usual less counts."""
        above = self._scores(stream, parts) - float(stream.floor)
        usual = max(float(stream.usual) - float(stream.floor), 0.0)
        return above - (1 - float(stream.usual_weight)) * np.clip(above, 0, usual)

    def _scores(self, stream: LevelStream, parts: Floats) -> Floats:
        """Scores (n,) of parts (n, parts)."""
        return combined(stream, parts, self.config.part_scale, self.config.combine)

    def _final_score(self, score: FrameScore, smooth: Values) -> FrameScore:
        """The score with its levels smoothed."""
        values = {name: float(value[0]) for name, value in smooth.items()}
        return replace(score, score=values[self.config.level], parts={**score.parts, **values})

    def _frame_score(self, raw: FrameParts, values: Values) -> tuple[FrameScore, Values]:
        """Joined over time: the frame's score at each level, its parts, map and regions."""
        levels = self._levels_of(values)
        parts: dict[str, float] = {}
        if "object" in self._levels:
            stream = self.model.stream("object")
            floor = stream.part_floor.numpy()
            believed = floor + (raw.object_parts - floor) * raw.weights[:, None]
            worst = believed.max(0) if len(believed) else floor
            parts |= _named(stream.parts, worst)
        if "frame" in self._levels:
            prefix = "frame_" if self.config.level == "fused" else ""
            stream = self.model.stream("frame")
            parts |= {prefix + n: v for n, v in _named(stream.parts, raw.frame_parts).items()}
        heat, regions = self._where(raw, values) if self.setting.maps else (None, ())
        score = FrameScore(raw.index, raw.time_s, None, parts, heat, regions)
        return score, {name: np.array([value]) for name, value in levels.items()}

    def _levels_of(self, values: Values) -> dict[str, float]:
        """A frame's score at each level, from what was joined over time."""
        levels: dict[str, float] = {}
        if "object" in self._levels:
            floor = float(self.model.stream("object").floor)
            levels["object"] = floor + float(values["object"].max())
        if "frame" in self._levels:
            levels["frame"] = float(values["frame"][0])
        if self.config.level == "fused":
            levels["fused"] = self._fused(levels)
        return levels

    def _fused(self, levels: dict[str, float]) -> float:
        """Late fusion: both levels standardised on normal footage, weighted, averaged."""
        total = 0.0
        weights = self.model.level_weights.tolist()
        for level, weight in zip(("object", "frame"), weights, strict=True):
            stream = self.model.stream(level)
            total += weight * (levels[level] - float(stream.location)) / float(stream.scale)
        return total

    def _where(
        self, raw: FrameParts, values: Values
    ) -> tuple[NDArray[np.float32], tuple[Region, ...]]:
        """The map, and the objects as regions of the full frame."""
        assert self._working is not None
        if "object" not in self._levels:
            errors = values.get("errors")
            side = self.config.frame_side
            return (np.zeros((side, side), np.float32) if errors is None else errors), ()
        stream = self.model.stream("object")
        scores = at_centres(values["object"], raw.boxes)
        size = self._size or self._working
        scale = np.tile(np.array(size[::-1]) / np.array(self._working[::-1]), 2)
        names = [class_name(number) for number in raw.class_ids]
        rows = zip(raw.boxes * scale, scores, raw.object_parts, names, strict=True)
        regions = [
            Region(
                box=whole_pixels(box, size),
                score=float(stream.floor) + score,
                parts=_named(stream.parts, parts),
                class_name=name,
            )
            for box, score, parts, name in rows
        ]
        regions.sort(key=lambda region: -region.score)
        return values["object"] + np.float32(stream.floor), tuple(regions)


def _named(names: Sequence[str], values: Sequence[float] | Floats) -> dict[str, float]:
    return {name: float(value) for name, value in zip(names, values, strict=True)}
