"""MTLA's teachers: what is in a frame, how it moves, how far it is (sections 3.2 to 3.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awry.devices import PROCESSOR, Compute
from awry.frames import Objects
from awry.methods.mtla.config import MTLAConfig
from awry.methods.mtla.network import channels_of
from awry.teachers.depth import DepthTeacher, load_depth
from awry.teachers.flow import FlowTeacher, load_flow
from awry.teachers.objects import NOTHING_EXPORTED, DetectorOptions, ExportedNetwork, View
from awry.teachers.objects.base import other_teachers
from awry.teachers.outputs import digest
from awry.teachers.segmenter import Segmenter, Segments, load_segmenter
from awry.video.pictures import Pictures, averaged, coloured, outer

Floats = NDArray[np.float32]
Size = tuple[int, int]
STILL = 0.05
"""A flow below so many pixels has no direction worth the name."""
CERTAIN = 1e-6


@dataclass(frozen=True, slots=True)
class Motion:
    """How a frame moves, at the size of the networks' pictures.

    Attributes:
        magnitude: float32 (h, w), pixels a frame of the pictures that teachers look at; 0 in the
            background where the flow is masked.
        direction: float32 (2, h, w), |cos| and |sin| of the angle to the horizontal axis, 0
            where nothing moves.
        median: of the whole picture's magnitude before it was masked.
    """

    magnitude: Floats
    direction: Floats
    median: float


class MTLATeachers:
    """The segmenter, the flow and the depth that a config names, loaded.

    Attributes:
        compute: where they run.
        segmenter: None where no objects are needed.
        depth: None without attention to distance.

    Args:
        config: names them.
        compute: where they run.
        exported: networks that answer in the place of the detector's, see `load_detector`.

    Raises:
        MissingError, ConfigError, InputError: as their loaders.
        BundleError: they are not those that the bundle was fitted with.
    """

    def __init__(
        self,
        config: MTLAConfig,
        compute: Compute = PROCESSOR,
        exported: Mapping[str, ExportedNetwork] = NOTHING_EXPORTED,
    ) -> None:
        self._config = config
        self.compute = compute
        self.segmenter: Segmenter | None = None
        self.depth: DepthTeacher | None = None
        if config.segments:
            options = detector_options(config)
            self.segmenter = load_segmenter(config.detector, options, exported, compute=compute)
        self.flow: FlowTeacher | None = None
        if config.motion:
            self.flow = load_flow(config.flow, compute=compute)
        if "depth" in config.attended:
            self.depth = load_depth(config.depth, compute=compute)
        self._same_teachers()

    @property
    def needs_neighbours(self) -> bool:
        """Whether the detector needs later frames too."""
        return self.segmenter is not None and self.segmenter.detector.needs_neighbours

    @property
    def has_classes(self) -> bool:
        """Whether objects come with class probabilities."""
        return self.segmenter is not None and bool(self.segmenter.detector.classes)

    @property
    def fingerprint(self) -> str:
        """Stands for all weights and options; the same for other files of boxes."""
        keys = [one.key for one in (self.flow, self.depth) if one is not None]
        if self.segmenter is not None and self.segmenter.detector.sees_pixels:
            keys.append(self.segmenter.detector.fitted_key)
        return digest(*keys)[:16]

    def _same_teachers(self) -> None:
        config = self._config
        if config.teachers_fingerprint not in ("", self.fingerprint):
            raise other_teachers(
                f"The detector {config.detector}, the flow {config.flow} or the depth "
                f"{config.depth}",
                "the one",
            )

    def segment(self, view: View, background: Pictures | None, objects: Objects) -> Segments:
        """The objects of a frame with their shapes."""
        assert self.segmenter is not None
        return self.segmenter.segment(view, background, objects)

    def motion(
        self, before: Pictures, image: Pictures, size: Size, objects: Floats | None
    ) -> Motion:
        """How a frame moves.

        Args:
            before, image: uint8 (H, W, c), two consecutive frames.
            size: (h, w) of what is wanted.
            objects: float32 (h, w), how surely a pixel is no background; None: not masked.
        """
        assert self.flow is not None
        flow = self.flow(before, image)  # MTLA eq. 1
        small = averaged(flow, size)
        magnitude = np.hypot(small[..., 0], small[..., 1])
        median = float(np.median(magnitude))
        if objects is not None:
            magnitude = magnitude * objects
        moving = np.maximum(np.hypot(small[..., 0], small[..., 1]), STILL)
        shown = (magnitude > STILL).astype(np.float32)
        # MTLA eq. 2, MTLA eq. 3: |cos| and |sin| are the flow's parts by its length.
        direction = np.abs(small.transpose(2, 0, 1)) / moving * shown
        return Motion(magnitude.astype(np.float32), direction.astype(np.float32), median)

    def distance(self, picture: Pictures, size: Size) -> Floats:
        """Relative depth, float32 (h, w) in 0 (farthest) to 1, of a frame or a background."""
        assert self.depth is not None
        return averaged(self.depth(coloured(picture)), size)


def detector_options(config: MTLAConfig) -> DetectorOptions:
    """What is asked of the object detector; one tile where the tiles are not settled yet."""
    return DetectorOptions(
        threshold=config.threshold,
        tiles=config.tiles or (1, 1),
        across_classes=config.across_classes,
        least_side=config.least_side,
    )


def occurring(every: Iterable[Segments], least_share: float) -> tuple[int, ...]:
    """The classes that enough objects are likeliest of, ascending."""
    counts = Counter(int(one) for segments in every for one in segments.objects.class_ids)
    total = sum(counts.values())
    return tuple(sorted(c for c, n in counts.items() if c >= 0 and n >= least_share * total))


def class_map(segments: Segments, picture: Size, size: Size, config: MTLAConfig) -> Floats:
    """The target of the appearance branch: for each pixel the probability of each class.

    Objects are painted one over the other, the surest last.

    Args:
        segments: boxes in pixels of the picture.
        picture: its (H, W).
        size: (h, w) of what is wanted.
        config: `classes`, `targets`.

    Returns:
        float32 (channels, h, w): background, each of `classes`, the likeliest other; adds
        up to 1.
    """
    canvas = np.zeros((channels_of(config), *size), np.float32)
    canvas[0] = 1
    scale = np.tile(np.array(size[::-1]) / np.array(picture[::-1]), 2).astype(np.float32)
    objects = segments.objects
    contents = contents_of(objects.probabilities, objects.scores, config)
    for place in np.argsort(objects.scores, kind="stable"):
        rows, columns = outer(objects.boxes[place] * scale, size)
        inside = (rows.stop - rows.start, columns.stop - columns.start)
        shape = segments.shape(int(place), inside)
        spot = canvas[:, rows, columns]
        spot += shape[None] * (contents[place][:, None, None] - spot)
    return canvas


def contents_of(probabilities: Floats, scores: NDArray[np.float32], config: MTLAConfig) -> Floats:
    """What an object's own pixels hold, (n, channels), each row adding up to 1.

    Args:
        probabilities: (n, 80), or (n, 0) of a detector without classes.
        scores: (n,), confidences.
    """
    known = list(config.classes or ())
    contents = np.zeros((len(scores), channels_of(config)), np.float32)
    if probabilities.shape[1] == 0:
        contents[:, -1] = scores if config.targets == "probabilities" else 1
    else:
        chances = probabilities.astype(np.float32)
        if config.targets == "one-hot":
            chances = (chances == chances.max(1, keepdims=True)).astype(np.float32)
        contents[:, 1:-1] = chances[:, known]
        # The likeliest of the others: many sigmoids near 0 would add up to a lot.
        contents[:, -1] = np.delete(chances, known, axis=1).max(1, initial=0)
        total = contents.sum(1, keepdims=True)
        # Sigmoids of a sure detector may add up to more than 1.
        share = total if config.targets != "probabilities" else np.maximum(total, 1)
        contents /= np.maximum(share, CERTAIN)
    contents[:, 0] = np.maximum(1 - contents[:, 1:].sum(1), 0)
    return contents
