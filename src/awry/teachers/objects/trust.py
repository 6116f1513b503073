"""How far a detection is believed: detections are evidence, and some of them are wrong.

What is learned from normal footage, without any label: the empty scene; how much of a moving
thing's box differs from it; how large things are; and where the detector says what of background.
What is followed in each stream: how long and how steadily a box has been there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awry.errors import BundleError
from awry.frames import Objects
from awry.teachers.objects.empty_scene import EmptyScene
from awry.teachers.objects.lives import Lives
from awry.teachers.objects.selection import box_areas, box_iou

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
Detect = Callable[[Picture], Objects]

LOOKS = 75
"""Pictures that the empty scene is the median of."""
WEAK, STRONG = 0.2, 0.5
"""Shares of a usual object's foreground: a box is out below the first, whole from the second on."""
OVERSIZE = 1.5, 4.0
"""Times the largest usual object's area: from the first on more is asked of a box, from the second
on twice as much."""
LARGEST = 0.99
KNOWN = 0.4, 0.7
"""IoU with a place where the detector says the same of background; asked likewise."""
MOVING = 0.25
"""Share of the usual foreground that is asked of what moves: dark clothes before a dark hedge."""
COUNTED = 0.25, 0.5
"""A box that is believed less than the first counts nothing; from the second on it counts whole.
Small people in a crowd are seldom believed wholly, and must not count less than others."""
MOST_PLACES = 300
"""Of a scene, those that were seen most often."""
OFTEN = 0.05
"""Share of the looks in which background is named at a place: people who walk the same way, hardly
seen before a dark hedge, come there more seldom."""
_TWICE = 2


@dataclass(frozen=True, slots=True)
class FrameDetections:
    """What a detector said of a frame of normal footage.

    Attributes:
        picture: uint8 (h, w, c); read when it is needed, so that it may be mapped from disk.
        objects: boxes in its pixels.
        scene: the scene's name.
    """

    picture: Picture
    objects: Objects
    scene: str = "*"


@dataclass(frozen=True, slots=True)
class Belief:
    """How far the objects of a frame are believed.

    Attributes:
        shares: float32 (n,) in [0, 1]; 0: not at all.
        things: int64 (n,), the same number for all boxes of one thing of the stream.
    """

    shares: Floats
    things: NDArray[np.int64]

    @property
    def weights(self) -> Floats:
        """How much each object counts, float32 (n,) in [0, 1]: see `COUNTED`."""
        return _ramp(self.shares, *COUNTED)


class ObjectTrust:
    """What is known of a detector's errors on some scenes.

    Args:
        scenes: name -> the empty scene.
        places: name -> float32 (n, 5), boxes as shares of the picture's sides and the class that
            the detector says of background there, -1 unknown.
        share: how much of a usual object's box is foreground; 0: unknown, and all boxes are.
        area: of the largest usual objects, as a share of the picture; 0: unknown.
    """

    def __init__(
        self,
        scenes: Mapping[str, EmptyScene],
        places: Mapping[str, Floats],
        share: float,
        area: float,
    ) -> None:
        self.scenes = dict(scenes)
        self.places = dict(places)
        self.share = share
        self.area = area

    @classmethod
    def learn(cls, looks: Sequence[FrameDetections], detect: Detect | None = None) -> ObjectTrust:
        """From normal footage and what the detector said of it.

        Args:
            looks: frames in order, of one scene or several.
            detect: the detector, asked about the empty scene; None where it looks at no picture.
        """
        scenes = {
            name: EmptyScene.seen_in([look.picture for look in _spread(looks, name)])
            for name in dict.fromkeys(look.scene for look in looks)
        }
        boxes, classes, shares, names = _measured(looks, scenes)
        usual, area = _usual(boxes, shares)
        places = {}
        for number, (name, scene) in enumerate(scenes.items()):
            background = (names == number) & (shares < WEAK * usual)
            least = OFTEN * sum(look.scene == name for look in looks)
            found = _often(boxes[background], classes[background], least)
            if detect is not None:
                found = _joined(_of_empty(scene, detect), found)
            places[name] = found[:MOST_PLACES]
        return cls(scenes, places, usual, area)

    def stream(self, scene: str = "*") -> TrustStream:
        """For the frames of one stream; its scene as `evidence` takes it."""
        return TrustStream(self, scene)

    def evidence(
        self, picture: Picture, objects: Objects, scene: str, moved: Floats | None = None
    ) -> Floats:
        """How much of what should be in a box is there; knows one frame alone.

        Args:
            picture: uint8 (h, w, c).
            objects: boxes in its pixels.
            scene: a new one is taken for the only one that is known; of several all boxes are
                believed then.
            moved: float32 (n,) in [0, 1], how far each has left its first place: less is asked
                of what moves, since background does not; None: nothing is known of that.

        Returns:
            float32 (n,) in [0, 1].
        """
        if scene not in self.scenes and len(self.scenes) == 1:
            scene = next(iter(self.scenes))
        empty = self.scenes.get(scene)
        if empty is None or self.share <= 0 or not len(objects.scores):
            return np.ones(len(objects.scores), np.float32)
        boxes = _relative(objects.boxes, picture)
        shares = empty.shares(picture, boxes)
        suspicion = _known(boxes, objects.class_ids, self.places[scene])
        if self.area > 0:
            suspicion = np.maximum(suspicion, _ramp(box_areas(boxes) / self.area, *OVERSIZE))
        usual = 1.0 if moved is None else 1 - (1 - MOVING) * moved
        asked = self.share * (usual + (_TWICE - usual) * suspicion)
        return _ramp(shares / asked, WEAK, STRONG)

    def state(self) -> dict[str, Tensor]:
        """Everything that was learned, as named tensors."""
        tensors = {"usual": torch.tensor([self.share, self.area], dtype=torch.float64)}
        for name, scene in self.scenes.items():
            tensors[f"picture.{name}"] = torch.from_numpy(scene.picture)
            tensors[f"noise.{name}"] = torch.from_numpy(scene.noise)
            tensors[f"places.{name}"] = torch.from_numpy(self.places[name])
        return tensors

    @classmethod
    def from_state(cls, tensors: Mapping[str, Tensor]) -> ObjectTrust:
        """Take back what `state` gave.

        Raises:
            BundleError: something is missing, or of another shape.
        """
        try:
            names = [key.partition(".")[2] for key in tensors if key.startswith("picture.")]
            scenes = {
                name: EmptyScene(
                    tensors[f"picture.{name}"].numpy(), tensors[f"noise.{name}"].numpy()
                )
                for name in names
            }
            places = {name: tensors[f"places.{name}"].numpy().reshape(-1, 5) for name in names}
            share, area = tensors["usual"].tolist()
        except (KeyError, ValueError, RuntimeError) as error:
            raise BundleError(
                "The bundle's tensors do not fit what should be known of its detector's errors "
                f"({error}). Refit it."
            ) from error
        return cls(scenes, places, share, area)


class TrustStream:
    """Weighs the objects of one stream, frame by frame. Not shared between streams.

    Args:
        trust: what was learned.
        scene: the scene's name.
    """

    def __init__(self, trust: ObjectTrust, scene: str) -> None:
        self._trust = trust
        self._scene = scene
        self._lives = Lives()

    def belief(self, picture: Picture, objects: Objects, time_s: float) -> Belief:
        """How far each object of the stream's next frame is believed; no later frame counts.

        Args:
            picture: uint8 (h, w, c), the frame.
            objects: boxes in its pixels, as they were detected.
            time_s: seconds of the stream; see `ASSUMED_FPS` where the rate is unknown.
        """
        lives = self._lives.follow(objects.boxes, time_s)
        evidence = self._trust.evidence(picture, objects, self._scene, lives.moved)
        return Belief(lives.steadiness * evidence, lives.numbers)


def _measured(
    looks: Sequence[FrameDetections], scenes: Mapping[str, EmptyScene]
) -> tuple[Floats, NDArray[np.int64], Floats, NDArray[np.int64]]:
    """All boxes (n, 4), their classes, foreground shares, and the numbers of their scenes."""
    numbers = {name: number for number, name in enumerate(scenes)}
    boxes, classes, shares, names = [np.empty((0, 4), np.float32)], [], [], []
    for look in looks:
        if len(look.objects.scores):
            here = _relative(look.objects.boxes, look.picture)
            boxes.append(here)
            classes.append(look.objects.class_ids)
            shares.append(scenes[look.scene].shares(look.picture, here))
            names.append(np.full(len(here), numbers[look.scene]))
    if not classes:
        none = np.empty(0, np.int64)
        return boxes[0], none, np.empty(0, np.float32), none
    return tuple(np.concatenate(part) for part in (boxes, classes, shares, names))  # type: ignore[return-value]


def _usual(boxes: Floats, shares: Floats) -> tuple[float, float]:
    """Foreground share and largest area of usual objects, each place and size counted once.

    What moves is at many places, and an error that returns at the same place is one.
    """
    if not len(boxes):
        return 0.0, 0.0
    _, which = np.unique(_coarse(boxes), axis=0, return_inverse=True)
    counts = np.bincount(which.ravel())
    mean = np.bincount(which.ravel(), shares) / counts
    areas = np.bincount(which.ravel(), box_areas(boxes)) / counts
    usual = float(np.median(mean))
    there = areas[mean >= STRONG * usual]
    return usual, float(np.quantile(there, LARGEST)) if len(there) else 0.0


def _often(boxes: Floats, classes: NDArray[np.int64], least: float) -> Floats:
    """Background that was seen so often, and twice at least; frequent boxes first, (n, 5)."""
    if not len(boxes):
        return np.empty((0, 5), np.float32)
    keys = np.concatenate([_coarse(boxes), classes[:, None]], 1)
    _, which, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    sums = np.stack([np.bincount(which.ravel(), column) for column in boxes.T], 1)
    named = np.empty(len(counts), np.int64)
    named[which.ravel()] = classes
    rows = np.concatenate([sums / counts[:, None], named[:, None]], 1).astype(np.float32)
    order = np.argsort(-counts, kind="stable")
    return rows[order[counts[order] >= max(least, _TWICE)]]


def _of_empty(scene: EmptyScene, detect: Detect) -> Floats:
    """What the detector finds in the empty scene, (n, 5)."""
    objects = detect(scene.picture)
    boxes = _relative(objects.boxes, scene.picture)
    return np.concatenate([boxes, objects.class_ids[:, None]], 1).astype(np.float32)


def _joined(first: Floats, second: Floats) -> Floats:
    return np.concatenate([first, second]) if len(second) else first


def _known(boxes: Floats, classes: NDArray[np.int64], places: Floats) -> Floats:
    """How surely each box is one that the detector says of background, (n,) in [0, 1]."""
    if not len(places):
        return np.zeros(len(boxes), np.float32)
    same = (classes[:, None] == places[None, :, 4]) | (classes[:, None] < 0)
    overlap = np.where(same, box_iou(boxes, places[:, :4]), 0)
    return _ramp(overlap.max(1), *KNOWN)


def _coarse(boxes: Floats) -> NDArray[np.int64]:
    """Place and size of boxes (n, 4) in steps of a quarter of their sides, int64 (n, 4)."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-4)
    size = np.round(2 * np.log2(sides))
    step = 2 ** (size / 2) / 4
    centre = np.round((boxes[:, :2] + boxes[:, 2:]) / 2 / step)
    return np.concatenate([size, centre], 1).astype(np.int64)


def _spread(looks: Sequence[FrameDetections], scene: str) -> Iterator[FrameDetections]:
    mine = [look for look in looks if look.scene == scene]
    chosen = np.linspace(0, len(mine) - 1, min(len(mine), LOOKS)).astype(int)
    return (mine[place] for place in chosen)


def _relative(boxes: Floats, picture: Picture) -> Floats:
    sides = np.array(picture.shape[1::-1] * 2, np.float32)
    return np.asarray(boxes / sides, np.float32).clip(0, 1)


def _ramp(values: NDArray[np.floating], low: float, high: float) -> Floats:
    return np.asarray(np.clip((values - low) / (high - low), 0, 1), np.float32)
