"""MTLA's scorer (section 3.6): error maps of both branches, their scores, one score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray

from awry.devices import PROCESSOR, Compute
from awry.frames import Frame, FrameScore, Region
from awry.methods.base import Setting
from awry.methods.graphs import Network
from awry.methods.mtla.config import MTLAConfig
from awry.methods.mtla.jumps import Jumps
from awry.methods.mtla.network import MTLAModel
from awry.methods.mtla.pictures import Compared, drawn
from awry.methods.mtla.samples import BEFORE, Sample, SampleMaker, stacked
from awry.methods.mtla.training import answers
from awry.methods.weighing import ObjectStream, SeenObjects
from awry.methods.windowed import Origin, WindowScorer
from awry.scoring.maps import blurred, map_regions
from awry.scoring.regions import Box, named_regions
from awry.scoring.streaming import (
    TimeFilter,
    Values,
    mean_filter,
    savgol_filter,
    smoother,
)
from awry.teachers.objects.base import view_of
from awry.teachers.objects.coco import class_name
from awry.teachers.objects.trust import ObjectTrust
from awry.teachers.segmenter import Segments
from awry.video.pictures import Pictures, outer, resized, whole_pixels, working_size


@dataclass(slots=True)
class FrameErrors:
    """What is known of a frame before its neighbours' error maps are joined with its own.

    Attributes:
        index, time_s: of the frame, whose picture is let go.
        errors: branch -> float32 (h, w), |student - teacher|; `sums`, (branches,), their sums.
        median_flow: of the whole picture, in pixels.
        sides: the objects' longer sides, in pixels of the networks' pictures.
        named: box of each object of known class, in pixels of the frame, and its class.
    """

    index: int
    time_s: float | None
    errors: Values
    median_flow: float
    sides: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    named: list[tuple[Box, str]] = field(default_factory=list)


class MTLAScorer(WindowScorer[FrameErrors]):
    """Scores each frame by two before it, which lie a stride apart.

    A detector of moving regions needs later ones too.

    Args:
        model: fitted.
        config: its settings, resolved.
        sample_maker: the teachers and what they need.
        setting: where it works.
        networks: what answers by branch in the place of the model's students.
        trust: what is known of the detector's errors; None: every object counts whole.
        compute: where the networks are.
    """

    def __init__(
        self,
        model: MTLAModel,
        config: MTLAConfig,
        sample_maker: SampleMaker,
        setting: Setting,
        networks: Mapping[str, Network] | None = None,
        trust: ObjectTrust | None = None,
        compute: Compute = PROCESSOR,
    ) -> None:
        around = config.around if sample_maker.teachers.needs_neighbours else 0
        super().__init__(
            setting,
            max(BEFORE, around) * config.stride,
            around * config.stride,
            mean_filter(config.filter_frames, causal=config.filter_causal),
            _smoother(config),
        )
        self.model = model.eval()
        self.config = config
        self._sample_maker = sample_maker
        self.picture_lag = self._after
        self._networks, self._compute = networks or {}, compute
        self._trust = trust
        segmenter = sample_maker.teachers.segmenter
        self._detector = None if segmenter is None else segmenter.detector
        self._objects = ObjectStream(trust, setting, 1, config.detect_every_s, self._detector)
        self._jumps = Jumps(float(model.usual_flow)) if config.jumps else None
        self._least: NDArray[np.float32] | None = None
        self._picture_size: tuple[int, int] | None = None
        self._mask: NDArray[np.bool_] | None = None

    @property
    def gives_regions(self) -> bool:
        """Maps are cut into regions that name both branches."""
        return self.setting.maps and bool(self.setting.map_levels)

    @property
    def sees_pixels(self) -> bool:
        """Whether objects, if any are looked for, are found by looking at pictures."""
        return self._detector is None or self._detector.sees_pixels

    def _prepared(self, frame: Frame) -> tuple[Frame, Pictures]:
        """The frame, and its picture as the teachers take it."""
        if self._picture_size is None:
            self._begin(frame)
        assert self._picture_size is not None
        with self._stage("resize"):
            return frame, resized(frame.image, self._picture_size, bool(self.config.grey))

    def _begin(self, frame: Frame) -> None:
        size = (frame.image.shape[0], frame.image.shape[1])
        whole = self.setting.frame_size or size
        self._picture_size = working_size(whole, self.config.picture_height)
        self._mask = self._ignored(size, self._sample_maker.size)

    def _restart(self) -> None:
        super()._restart()
        self._picture_size = self._least = None
        self._objects.restart()
        if self._jumps is not None:
            self._jumps = Jumps(float(self.model.usual_flow))

    def raw_results(self, frames: Iterable[Frame], origin: Origin) -> list[FrameErrors]:
        """What both branches get wrong in a clip's frames, without those that have no score.

        Args:
            frames: of a clip of their own.
            origin: says which clip.
        """
        results = [self._next_result(self._prepared(frame), origin) for frame in frames]
        self._restart()
        return [raw for raw in results if raw is not None]

    def joined(self, results: Iterable[FrameErrors]) -> list[Values]:
        """A clip's error maps, averaged over time as the config says."""
        maps = []
        for raw in results:
            maps += [values for _, values in self._joining.push(raw, raw.errors)]
        return maps + [values for _, values in self._joining.flush()]

    def _raw_result(self, origin: Origin) -> FrameErrors:
        """Compare students and teachers for the window's judged frame."""
        frame, picture = self._window[self._before]
        size = origin.size or (frame.image.shape[0], frame.image.shape[1])
        segments, certainty = self._found(origin)
        sample = self._sample(segments, origin)
        with self._stage("network"):
            compared = self._compared(sample, certainty)
        errors = {branch: one.error for branch, one in compared.items()}
        if self._jumps is not None and "motion" in errors:
            errors["motion"] = self._jumps.settled(frame, sample.median, errors["motion"])
        raw = FrameErrors(frame.index, frame.time_s, errors, sample.median)
        if segments is not None and len(segments.objects.scores):
            boxes, sides = segments.objects.boxes, np.array(picture.shape[1::-1])
            scale = np.array(self._sample_maker.size[::-1], np.float32) / sides.astype(np.float32)
            raw.sides = ((boxes[:, 2:] - boxes[:, :2]) * scale).max(1)
            whole = boxes * np.tile(np.array(size[::-1]) / sides, 2)
            rows = zip(whole, segments.objects.class_ids, strict=True)
            raw.named = [(whole_pixels(box, size), class_name(n)) for box, n in rows if n >= 0]
        return raw

    def _found(self, origin: Origin) -> tuple[Segments | None, NDArray[np.float32] | None]:
        """The judged frame's objects, and how much errors count at each place; None: not asked."""
        detector, place = self._detector, self._before
        if detector is None:
            return None, None
        frame, picture = self._window[place]
        with self._stage("detector"):
            pictures = [one for _, one in self._window]
            size = origin.size or (frame.image.shape[0], frame.image.shape[1])
            name, before = origin.clip or self.setting.clip, max(self._after, 1)
            view = view_of(pictures, place, before, self._after, name, frame.number, size)
            seen = self._objects.seen(picture, frame, origin, lambda: detector.detect(view))
            scene = origin.scene or self.setting.scene
            segments = self._sample_maker.segments(view, scene, seen.objects)
            return segments, self._certainty(seen, picture)

    def _sample(self, segments: Segments | None, origin: Origin) -> Sample:
        """The judged frame with those before it, and what the teachers say."""
        with self._stage("flow"):
            places = (self._before - n * self.config.stride for n in range(BEFORE, -1, -1))
            around = [self._window[place][1] for place in places]
            return self._sample_maker.sample(around, segments, origin.scene or self.setting.scene)

    def _certainty(self, seen: SeenObjects, picture: Pictures) -> NDArray[np.float32]:
        """How much errors count at each place of the networks' pictures."""
        size = self._sample_maker.size
        scale = np.array(size) / np.array(picture.shape[:2])
        return certainty_map(seen.objects.boxes * np.tile(scale[::-1], 2), seen.weights, size)

    @torch.inference_mode()
    def _compared(
        self, sample: Sample, certainty: NDArray[np.float32] | None
    ) -> dict[str, Compared]:
        batch = stacked([sample])
        compared: dict[str, Compared] = {}
        for branch in self.config.branches:
            network = self._networks.get(branch)
            three = answers(self.model, branch, batch, self.config, network, self._compute)
            student, teacher, errors = (values[0].numpy() for values in three)
            if certainty is not None:
                errors = errors * certainty
            if self._mask is not None:
                errors = np.where(self._mask, np.float32(0), errors)
            compared[branch] = Compared(student, teacher, np.asarray(errors, np.float32))
        return compared

    def pictures(self, frames: Sequence[Frame]) -> dict[str, NDArray[np.uint8]] | None:
        """What both students and teachers make of a frame (Figs. 5 to 10).

        The stream that is being scored is not touched.

        Args:
            frames: at least `warmup + 1 + picture_lag` consecutive frames; the frame that is shown
                lies `picture_lag` before the last. Where objects are followed over time, what came
                earlier says how far each is believed.

        Returns:
            As `drawn`, at the size of the networks' pictures; None where there are too few frames.
        """
        alone = MTLAScorer(
            *(self.model, self.config, self._sample_maker, self.setting),
            *(self._networks, self._trust, self._compute),
        )
        return alone._last_pictures(frames)

    def _last_pictures(self, frames: Sequence[Frame]) -> dict[str, NDArray[np.uint8]] | None:
        """As `pictures`; the stream is these frames."""
        needed = self._before + 1 + self._after
        if len(frames) < needed:
            return None
        follows = self._trust is not None or self.config.detect_every_s > 0
        origin = Origin()
        for frame in frames if follows else frames[-needed:]:
            if len(self._window) == needed:
                self._window.popleft()
            self._window.append(self._prepared(self.setting.black_out(frame)))
            if len(self._window) == needed:
                segments, certainty = self._found(origin)
        sample = self._sample(segments, origin)
        return drawn(sample, self._compared(sample, certainty), self.config)

    def _values(self, raw: FrameErrors) -> Values:
        return raw.errors

    def _final_score(self, score: FrameScore, smooth: Values) -> FrameScore:
        """The score out of the smoothed branches; MTLA section 3.6 decides by their maximum."""
        parts = {name: float(value[0]) for name, value in smooth.items()}
        factors = self._factors()
        rows = [(parts[name], factors[name]) for name in self.config.branches]
        highest = max(value for value, factor in rows if factor > 0)
        parts |= {"maximum": highest, "sum": sum(value * factor for value, factor in rows)}
        return replace(score, score=parts[self.config.combine], parts=parts)

    def _without_background(self, errors: Values) -> Values:
        """Without the appearance errors that places have had ever since the stream began.

        Who sits there from the first frame on is part of the scene, wherever training had none.
        """
        if not self.config.own_background or "appearance" not in errors:
            return errors
        now = errors["appearance"]
        self._least = now if self._least is None else np.minimum(self._least, now)
        return {**errors, "appearance": now - self._least}

    def _frame_score(self, raw: FrameErrors, errors: Values) -> tuple[FrameScore, Values]:
        errors = self._without_background(errors)
        maps = self.filtered(errors)
        scores = self.scores_of(errors, maps)
        location, scale = self.model.location.numpy(), self.model.scale.numpy()
        levels = dict(zip(self.config.branches, (scores - location) / scale, strict=True))
        score = FrameScore(raw.index, raw.time_s, None)
        if self.setting.maps:
            score = self._with_maps(score, maps, raw)
        return score, {name: np.array([value]) for name, value in levels.items()}

    def filtered(self, errors: Values) -> list[NDArray[np.float32]]:
        """Each branch's error map, averaged over boxes."""
        return [blurred(errors[branch], self.filter_side) for branch in self.config.branches]

    @property
    def filter_side(self) -> int:
        """Of the boxes that error maps are averaged over, in pixels; odd, to have a middle."""
        if self.config.filter_size is not None:
            return self.config.filter_size
        return max(1, int(self.model.object_side)) // 2 * 2 + 1

    def scores_of(self, errors: Values, maps: list[NDArray[np.float32]]) -> NDArray[np.float64]:
        """Each branch's score of a frame, (branches,), before it is standardised."""
        if self.config.aggregate == "sum":
            # MTLA eq. 4
            return np.array([errors[branch].sum() for branch in self.config.branches], np.float64)
        return np.array([values.max() for values in maps], np.float64)

    def _factors(self) -> dict[str, float]:
        """Each branch's weight, 1 where all are equal."""
        weights = self.model.branch_weights.tolist()
        return {
            name: w * len(weights) for name, w in zip(self.config.branches, weights, strict=True)
        }

    def _with_maps(
        self, score: FrameScore, maps: list[NDArray[np.float32]], raw: FrameErrors
    ) -> FrameScore:
        """With both maps standardised, their combination, and regions with each branch's part."""
        location, scale = self.model.map_location.numpy(), self.model.map_scale.numpy()
        rows = zip(maps, location, scale, strict=True)
        standard = [((values - low) / spread).astype(np.float32) for values, low, spread in rows]
        factors = list(self._factors().values())
        pairs = [(one, np.float32(by)) for one, by in zip(standard, factors, strict=True) if by > 0]
        if self.config.combine == "sum":
            heat = np.stack([one * by for one, by in pairs]).sum(0)
        else:
            heat = np.stack([one for one, _ in pairs]).max(0)
        named = dict(zip(self.config.branches, standard, strict=True))
        score = replace(score, map=heat, maps=named)
        if not self.setting.map_levels or self._size is None:
            return score
        regions = map_regions(heat, self.setting.map_levels, self._size)
        labelled = named_regions(regions, raw.named)
        cut = tuple(replace(one, parts=self._inside(one, named)) for one in labelled)
        return replace(score, regions=cut)

    def _inside(self, region: Region, maps: Values) -> dict[str, float]:
        """The highest value of each branch's map inside a region."""
        assert self._size is not None
        height, width = self._sample_maker.size
        x0, y0, x1, y1 = region.box
        rows = slice(int(y0 * height / self._size[0]), int(-(-(y1 + 1) * height // self._size[0])))
        columns = slice(int(x0 * width / self._size[1]), int(-(-(x1 + 1) * width // self._size[1])))
        return {name: float(values[rows, columns].max()) for name, values in maps.items()}


def certainty_map(
    boxes: NDArray[np.floating], weights: NDArray[np.float32], size: tuple[int, int]
) -> NDArray[np.float32]:
    """How much an error counts at each place, float32 (h, w): less in doubtful boxes.

    Args:
        boxes: (n, 4) in pixels of the map; where they overlap, the surest one counts.
        weights: float32 (n,) in [0, 1].
        size: (h, w).
    """
    certainty = np.ones(size, np.float32)
    for place in np.argsort(weights, kind="stable"):
        certainty[outer(boxes[place].astype(np.float32), size)] = weights[place]
    return certainty


def _smoother(config: MTLAConfig) -> TimeFilter[FrameScore]:
    """What relaxes each branch's score over time; `savgol` is MTLA eq. 5, others are none of it."""
    if config.smoothing == "savgol":
        return savgol_filter(config.smoothing_window, config.smoothing_order)
    return smoother(config.smoothing, config.smoothing_sigma)
