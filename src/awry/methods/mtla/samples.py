"""What MTLA trains on: frames with what the teachers say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awry.datasets.base import name_in_training
from awry.errors import FootageError
from awry.frames import Objects
from awry.methods.mtla.config import MTLAConfig
from awry.methods.mtla.teachers import Floats, MTLATeachers, Size, class_map
from awry.progress import Reporter
from awry.teachers.objects import View
from awry.teachers.objects.base import view_of
from awry.teachers.objects.empty_scene import median_picture
from awry.teachers.segmenter import Segments
from awry.training.footage import Run
from awry.video.pictures import Pictures, resized

BEFORE = 2
"""Frames before the one that is judged that a sample has, a stride apart."""
BACKGROUND_FRAMES = 101


@dataclass(frozen=True, slots=True)
class Sample:
    """A frame, the two before it, and what the teachers say; all of size (h, w).

    Attributes:
        pictures: uint8 (3, c, h, w), the judged frame last.
        classes: float32 (channels, h, w), or None.
        magnitude: float32 (h, w), or None.
        context: float32 (inputs, h, w), what the attention map is made from; (0, h, w) without.
        median: of the flow before masking, in pixels; 0 without.
    """

    pictures: Pictures
    classes: Floats | None
    magnitude: Floats | None
    context: Floats
    median: float = 0.0


@dataclass(frozen=True, slots=True)
class SampleBatch:
    """Samples side by side, see `Sample`; (n, ...)."""

    pictures: Tensor
    classes: Tensor | None
    magnitude: Tensor | None
    context: Tensor


@dataclass(slots=True)
class Scene:
    """What is known of a scene whatever happens in it.

    Attributes:
        background: uint8 (H, W, c), the scene without what moves, or None.
        distance: float32 (h, w), its relative depth, once somebody asked.
    """

    background: Pictures | None
    distance: Floats | None = field(default=None)


class SampleMaker:
    """Asks the teachers of a frame, for fitting and for scoring alike.

    Args:
        teachers: loaded.
        config: resolved.
        scenes: by name.
    """

    def __init__(
        self, teachers: MTLATeachers, config: MTLAConfig, scenes: Mapping[str, Scene]
    ) -> None:
        self.teachers = teachers
        self.config = config
        self._scenes = scenes
        assert config.width is not None
        self.size: Size = (config.height, config.width)

    def scene(self, name: str) -> Scene:
        """What is known of a scene; of the only one where this one is new, else nothing."""
        only = next(iter(self._scenes.values())) if len(self._scenes) == 1 else Scene(None)
        return self._scenes.get(name, only)

    def segments(self, view: View, scene: str, objects: Objects | None = None) -> Segments | None:
        """The objects of a frame with their shapes; None where nobody needs them.

        Args:
            view: the frame and its neighbours.
            scene: the scene's name.
            objects: which ones; None: all that the detector finds.
        """
        if self.teachers.segmenter is None:
            return None
        if objects is None:
            objects = self.teachers.segmenter.detector.detect(view)
        background = self.scene(scene).background
        if background is not None and background.shape[:2] != view.image.shape[:2]:
            background = resized(background, view.image.shape[:2])
        return self.teachers.segment(view, background, objects)

    def sample(self, pictures: Sequence[Pictures], segments: Segments | None, scene: str) -> Sample:
        """All that is learned from, or compared with, a frame.

        Args:
            pictures: three frames uint8 (H, W, c), a stride apart, the judged one last.
            segments: its objects.
            scene: the scene's name.
        """
        config, size = self.config, self.size
        image = pictures[-1]
        small = np.stack([resized(one, size) for one in pictures])
        ready = small.transpose(0, 3, 1, 2)
        classes = None
        if segments is not None:
            classes = class_map(segments, image.shape[:2], size, config)
        if not config.motion:
            return Sample(ready, classes, None, np.empty((0, *size), np.float32))
        objects = None if classes is None or not config.mask_flow else 1 - classes[0]
        motion = self.teachers.motion(pictures[-2], image, size, objects)
        context = []
        if "direction" in config.attended:
            context.append(motion.direction)
        if "depth" in config.attended:
            context.append(self._distance(image, scene)[None])
        joined = np.concatenate([np.empty((0, *size), np.float32), *context])
        return Sample(ready, classes, motion.magnitude, joined, motion.median)

    def _distance(self, image: Pictures, scene: str) -> Floats:
        place = self.scene(scene)
        if self.config.depth_of == "frame" or place.background is None:
            return self.teachers.distance(image, self.size)
        if place.distance is None:
            place.distance = self.teachers.distance(place.background, self.size)
        return place.distance


class Samples:
    """The samples of some footage. Only objects are kept; flow and maps are made when drawn.

    Args:
        runs: frames at the teachers' size.
        places: (run, frame) of each sample.
        segments: the objects of each.
        sample_maker: asks the teachers.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        places: Sequence[tuple[int, int]],
        segments: Sequence[Segments | None],
        sample_maker: SampleMaker,
    ) -> None:
        self.runs = list(runs)
        self.places = list(places)
        self.segments = list(segments)
        self.sample_maker = sample_maker

    def __len__(self) -> int:
        return len(self.places)

    def take(self, number: int) -> Sample:
        """A sample by its number."""
        run, frame = self.places[number]
        images = self.runs[run].images
        stride = self.sample_maker.config.stride
        around = [images[frame - back * stride] for back in range(BEFORE, -1, -1)]
        return self.sample_maker.sample(around, self.segments[number], self.runs[run].scene)

    def batch(self, chosen: Sequence[int], mirrored: Sequence[bool] = ()) -> SampleBatch:
        """Samples side by side; some of them mirrored."""
        samples = [self.take(number) for number in chosen]
        mirrored = mirrored or [False] * len(samples)
        return stacked([flipped(s) if m else s for s, m in zip(samples, mirrored, strict=True)])


def flipped(sample: Sample) -> Sample:
    """Left and right exchanged; a magnitude, |cos| and |sin| stay what they are."""

    def mirror(values: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(values[..., ::-1])

    classes, magnitude = (
        None if values is None else mirror(values) for values in (sample.classes, sample.magnitude)
    )
    return Sample(mirror(sample.pictures), classes, magnitude, mirror(sample.context))


def stacked(samples: Sequence[Sample]) -> SampleBatch:
    """Samples side by side, as tensors on the processor."""

    def together(values: Sequence[NDArray[Any]]) -> Tensor:
        return torch.from_numpy(np.stack(values))

    classes = [one.classes for one in samples if one.classes is not None]
    magnitude = [one.magnitude for one in samples if one.magnitude is not None]
    return SampleBatch(
        together([one.pictures for one in samples]),
        together(classes) if classes else None,
        together(magnitude) if magnitude else None,
        together([one.context for one in samples]),
    )


def in_unit(pictures: Tensor) -> Tensor:
    """uint8 pictures as float32 in [0, 1], where they are."""
    return pictures.float() / 255


def frames_needed(around: int, stride: int = 1) -> int:
    """Of a clip, for one sample."""
    return (max(BEFORE, around) + around) * stride + 1


def places_of(
    runs: Sequence[Run], around: int, every: int, most: int | None, stride: int = 1
) -> list[tuple[int, int]]:
    """(run, frame) of the frames that have enough others around them; at most so many.

    Args:
        runs: at the teachers' size.
        around: strides on both sides that the detector needs.
        every: every n-th frame.
        most: of them, evenly spread.
        stride: frames from one of a sample's frames to the next.
    """
    first, last = max(BEFORE, around) * stride, around * stride
    every_place = [
        (r, f) for r, run in enumerate(runs) for f in range(first, len(run.images) - last, every)
    ]
    if most is None or len(every_place) <= most:
        return every_place
    return [every_place[place] for place in np.linspace(0, len(every_place) - 1, most).astype(int)]


def objects_of(
    runs: Sequence[Run],
    places: Sequence[tuple[int, int]],
    around: int,
    sample_maker: SampleMaker,
    reporter: Reporter,
) -> list[Segments | None]:
    """The objects of some frames of the runs, their shapes as small as the networks need them."""
    stride = sample_maker.config.stride
    before, after = max(around, 1) * stride, around * stride
    reporter.start("finding objects", len(places), 0)
    objects = []
    for number, frame in places:
        run = runs[number]
        origin = (run.first + frame) * run.every
        name = name_in_training(run.clip)
        view = view_of(run.images, frame, before, after, name, origin, run.original_size)
        segments = sample_maker.segments(view, run.scene)
        if segments is not None:
            segments = segments.shrunk(view.image.shape[:2], sample_maker.size)
        objects.append(segments)
        reporter.advance({})
    return objects


def backgrounds(runs: Sequence[Run]) -> dict[str, Pictures]:
    """Each scene without what moves.

    Raises:
        FootageError: there is no frame.
    """
    pictures: dict[str, Pictures] = {}
    total = sum(len(run.images) for run in runs)
    if not total:
        raise FootageError("There is no frame to train on: every clip is empty.")
    for scene in dict.fromkeys(run.scene for run in runs):
        mine = [run.images for run in runs if run.scene == scene]
        count = sum(map(len, mine))
        chosen = np.linspace(0, count - 1, min(count, BACKGROUND_FRAMES)).astype(int)
        starts = np.cumsum([0, *map(len, mine)])
        where = np.searchsorted(starts, chosen, side="right") - 1
        some = [mine[w][c - starts[w]] for w, c in zip(where, chosen, strict=True)]
        pictures[scene] = median_picture(some)
    return pictures
