"""The seam that every object detector stands behind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from awry.devices import PROCESSOR, Compute
from awry.errors import BundleError, ConfigError
from awry.frames import Objects
from awry.teachers.objects.options import DetectorOptions
from awry.teachers.objects.selection import select, tile_places, without_cut
from awry.teachers.outputs import digest, question, said_before
from awry.video.pictures import coloured, outer

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
LOWEST = 0.02
MOSTLY = 0.5
VERSION = 2
"""Changes with what detectors give for the same weights: older outputs on disk are then others."""


@dataclass(frozen=True, slots=True)
class View:
    """What a detector is shown: a frame, those around it, and where it comes from.

    Attributes:
        image: uint8 (h, w, 3) RGB, the frame whose objects are wanted.
        before, after: uint8 (h, w, 3) RGB, frames some steps earlier and later, for detectors
            that look at motion; `image` itself where there is none.
        clip: the clip's name, after `train/` or `test/` in a data set; may be empty.
        frame: the frame's index in that clip.
        frame_size: (H, W) of the frame before it was resized, which box files speak of; None:
            it was not.
    """

    image: Picture
    before: Picture
    after: Picture
    clip: str = ""
    frame: int = 0
    frame_size: tuple[int, int] | None = None


def names_in_files(clip: str) -> tuple[str, str]:
    """What files of detections or poses may call a clip, the name that is looked for first.

    >>> names_in_files("train/01"), names_in_files("01")
    (('train/01', '01'), ('01', '01'))
    """
    return clip, clip.partition("/")[2] or clip


def view_of(
    images: Sequence[Picture] | Picture,
    place: int,
    before: int,
    after: int,
    clip: str,
    frame: int,
    frame_size: tuple[int, int] | None,
) -> View:
    """What a detector is shown of one of several consecutive pictures, grey or not.

    Args:
        images: uint8 (h, w, c) each, c = 1 grey or 3 RGB.
        place: of the picture among them.
        before, after: so many pictures away lie the earlier and the later one.
        clip, frame, frame_size: as `View`.
    """
    earlier, image, later = (coloured(images[place + step]) for step in (-before, 0, after))
    return View(image, earlier, later, clip, frame, frame_size)


class ObjectDetector(ABC):
    """Finds the objects of a frame.

    Attributes:
        name: as it was asked for, `KIND:WHAT`.
        key: stands for weights and options: equal keys and equal views, equal objects.
        fitted_key: the same, but where an exported network answers it is its original's key.
        classes: what the class probabilities are: `sigmoid` (each by itself), `softmax` (they
            add up to one with a background), or empty where there are none.
        threshold: lowest confidence that is kept.
        needs_neighbours: whether `View.before` and `View.after` matter.
        costly: whether what it says is worth keeping on disk.
        sees_pixels: whether it looks at pictures, so that tiles mean something.
        compute: where its network runs, and how exactly it calculates.
        highest: the highest confidence seen so far, kept or not, for the message that nothing
            was found.
    """

    needs_neighbours: ClassVar[bool] = False
    costly: ClassVar[bool] = True
    sees_pixels: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        content: object,
        classes: str,
        threshold: float,
        options: DetectorOptions,
        original: object = None,
        *,
        compute: Compute = PROCESSOR,
    ) -> None:
        self.name = name
        self.compute = compute
        self.classes = classes
        self.options = options
        self.threshold = threshold if options.threshold is None else options.threshold
        if not 0 <= self.threshold <= 1:
            raise ConfigError(
                f"The detector's threshold is {self.threshold}; confidences lie in 0 to 1."
            )
        self.key = repr((VERSION, name, content, self.threshold, astuple(options)))
        fitted = content if original is None else original
        self.fitted_key = repr((VERSION, name, fitted, self.threshold, astuple(options)))
        self._network_key = repr((VERSION, name, content, self._lowest, options.overlap))
        self.highest = 0.0

    @property
    def fingerprint(self) -> str:
        """Stands for weights and options; empty for boxes, which are others for other footage."""
        return digest(self.fitted_key)[:16] if self.sees_pixels else ""

    @property
    def nothing_found(self) -> str:
        """A sentence for training footage in which no object was found."""
        return (
            f"{self.name} found nothing above its threshold of {self.threshold:g} in any training "
            f"frame (the highest confidence was {self.highest:.3g}). Lower --set threshold=..., "
            "cut frames into tiles (--set 'tiles=[2,1]'), or use another --detector."
        )

    def input_scale(self, size: tuple[int, int]) -> float | None:
        """Pixels of the network's input to one of a picture (h, w), over both directions.

        None where the network's input is not of a fixed, small size, or there is no network.
        """
        return None

    def detect(self, view: View) -> Objects:
        """The objects of one frame, most confident first.

        Boxes lie inside the frame; `Objects.probabilities` are COCO's 80 classes in their usual
        order, (N, 80), or (N, 0) without classes; `class_ids` are indices into them, -1 without.

        Raises:
            InputError: the frame cannot be looked at (a clip that a box file does not know).
        """
        if self.sees_pixels:
            arrays = said_before(
                lambda: question(self.compute, self.key, *self._seen(view)),
                lambda: _arrays(*self._detect(view)),
                self.costly,
            )
            objects, highest = _objects(arrays)
        else:
            objects, highest = self._detect(view)
        self.highest = max(self.highest, highest)
        return objects

    def _detect(self, view: View) -> tuple[Objects, float]:
        """The objects, and the highest confidence of any candidate."""
        found = self._in_all_tiles(view)
        boxes, scores, probabilities = found["boxes"], found["scores"], found["probabilities"]
        keep = scores >= self.threshold
        size = view.image.shape[:2]
        objects = select(boxes[keep], scores[keep], probabilities[keep], size, self.options)
        return objects, float(scores.max(initial=0.0))

    def _seen(self, view: View) -> tuple[Picture, ...]:
        """The pictures that matter."""
        around = (view.before, view.after) if self.needs_neighbours else ()
        return (view.image, *around)

    @property
    def _lowest(self) -> float:
        """Candidates below this are of no use, not even for the message that nothing was found."""
        return min(LOWEST, self.threshold)

    @property
    def _tiles(self) -> tuple[int, int]:
        alone = self.needs_neighbours or not self.sees_pixels
        return (1, 1) if alone else self.options.tiles

    def _in_all_tiles(self, view: View) -> Mapping[str, NDArray[Any]]:
        """The candidates of all tiles; systems that select among them otherwise share them."""

        def look() -> dict[str, Floats]:
            whole = (view.image.shape[0], view.image.shape[1])
            places = tile_places(*whole, self._tiles, self.options.overlap)
            found = self._candidates_in([_part(view, place) for place in places])
            placed = [_placed(*pair, whole) for pair in zip(found, places, strict=True)]
            joined = (np.concatenate(part) for part in zip(*placed, strict=True))
            return dict(zip(("boxes", "scores", "probabilities"), joined, strict=True))

        if not self.sees_pixels:
            return look()
        key = (self._network_key, self._tiles)
        return said_before(
            lambda: question(self.compute, *key, *self._seen(view)), look, costly=False
        )

    def _candidates_in(self, views: Sequence[View]) -> Sequence[tuple[Floats, Floats, Floats]]:
        """The candidates of each of a frame's tiles; here one after another."""
        return [self._candidates(view) for view in views]

    @abstractmethod
    def _candidates(self, view: View) -> tuple[Floats, Floats, Floats]:
        """Boxes (n, 4), confidences (n,) and class probabilities (n, 80) or (n, 0), unselected.

        Boxes in pixels of `view.image`; candidates below `_lowest` may be left out.
        """


def _part(view: View, place: tuple[int, int, int, int]) -> View:
    """What is shown of a tile; only detectors that look at one picture alone have tiles."""
    left, top, right, bottom = place
    if place == (0, 0, view.image.shape[1], view.image.shape[0]):
        return view
    return replace(view, image=np.ascontiguousarray(view.image[top:bottom, left:right]))


def _placed(
    candidates: tuple[Floats, Floats, Floats],
    place: tuple[int, int, int, int],
    whole: tuple[int, int],
) -> tuple[Floats, Floats, Floats]:
    """A tile's candidates in pixels of the frame, without those that its edges cut."""
    boxes, scores, probabilities = candidates
    boxes = boxes + np.array(place[:2] * 2, np.float32)
    keep = without_cut(boxes, place, whole)
    return boxes[keep], scores[keep], probabilities[keep]


def other_teachers(what: str, kind: str = "the detector") -> BundleError:
    """The error of a bundle whose teachers are not at hand as they were when it was fitted.

    Args:
        what: the teacher, or teachers.
        kind: what they are of the bundle, with its article.

    >>> str(other_teachers("onnx:a.onnx"))[:62]
    'onnx:a.onnx is not the detector that this bundle was fitted wi'
    """
    return BundleError(
        f"{what} is not {kind} that this bundle was fitted with: its weights or options are "
        "others. Put the same file there, or refit."
    )


def _arrays(objects: Objects, highest: float) -> dict[str, NDArray[np.generic]]:
    """As they are kept on disk."""
    return {
        "boxes": objects.boxes,
        "classes": objects.class_ids,
        "probabilities": objects.probabilities,
        "scores": objects.scores,
        "highest": np.array([highest]),
    }


def _objects(arrays: Mapping[str, NDArray[Any]]) -> tuple[Objects, float]:
    objects = Objects(arrays["boxes"], arrays["classes"], arrays["probabilities"], arrays["scores"])
    return objects, float(arrays["highest"][0])


def taken(objects: Objects, keep: NDArray[np.bool_] | NDArray[np.int64]) -> Objects:
    """Some of a frame's objects."""
    return Objects(
        objects.boxes[keep],
        objects.class_ids[keep],
        objects.probabilities[keep],
        objects.scores[keep],
    )


def counted(found: Objects, mask: NDArray[np.bool_] | None) -> Objects:
    """The objects without those that lie mostly in ignored pixels (h, w)."""
    return taken(found, unmasked(found.boxes, mask))


def unmasked(boxes: Floats, mask: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Whether each box lies in pixels (h, w) that are not ignored, by half at least, (n,)."""
    if mask is None:
        return np.ones(len(boxes), bool)
    return np.array([mask[outer(box, mask.shape)].mean() <= MOSTLY for box in boxes], bool)
