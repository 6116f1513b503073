"""For methods that look at objects: those of a stream, and how far each is believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from awry.frames import ASSUMED_FPS, Frame, Objects
from awry.methods.base import Setting
from awry.methods.windowed import Origin
from awry.teachers.objects.base import ObjectDetector, taken, unmasked
from awry.teachers.objects.carried import carried, inside, trimmed
from awry.teachers.objects.lives import Lives
from awry.teachers.objects.trust import ObjectTrust, TrustStream
from awry.video.pictures import Pictures

DETECT_EVERY_S = (
    "seconds from one frame that a costly detector looks at, in scoring, to the next; in between "
    "its boxes are carried along by the flow inside them; 0: it looks at every frame"
)
"""What the setting `detect_every_s` of methods that look at objects means."""
PREFIX = "trust."
"""Of the names of tensors that hold what was learned of a detector's errors."""


@dataclass(frozen=True, slots=True)
class SeenObjects:
    """The objects of a frame that are believed at all.

    Attributes:
        objects: boxes in pixels of the working size.
        weights: float32 (n,) in (0, 1], how far each is believed.
        things: int64 (n,), the same number for all boxes of one thing of the stream.
    """

    objects: Objects
    weights: NDArray[np.float32]
    things: NDArray[np.int64]

    @classmethod
    def of(
        cls, objects: Objects, weights: NDArray[np.float32], things: NDArray[np.int64]
    ) -> SeenObjects:
        """Those of some objects whose weight is above 0."""
        return cls(objects, weights, things).taken(weights > 0)

    def taken(self, keep: NDArray[np.bool_]) -> SeenObjects:
        """Some of them."""
        return SeenObjects(taken(self.objects, keep), self.weights[keep], self.things[keep])

    def at(self, boxes: NDArray[np.float32]) -> SeenObjects:
        """The same with other boxes."""
        return replace(self, objects=replace(self.objects, boxes=boxes))


class ObjectStream:
    """The objects of one stream: detected in key frames, weighed, followed, and carried along.

    In between key frames a box goes along with the flow inside it, and is believed as far as it
    was. Without `ObjectTrust` each object counts whole.

    Args:
        trust: what was learned of the detector's errors, or None.
        setting: where the scorer works.
        every: a key frame is the first of every n frames of the stream, by their indices, so that
            several methods that share a detector ask it of the same frames.
        every_s: seconds likewise, where the detector is costly; the rarer of the two counts.
        detector: who finds them; None: nobody.
    """

    def __init__(
        self,
        trust: ObjectTrust | None,
        setting: Setting,
        every: int = 1,
        every_s: float = 0.0,
        detector: ObjectDetector | None = None,
    ) -> None:
        self._trust = trust
        self._setting = setting
        self._every = every
        self._every_s = every_s if detector is not None and detector.costly else 0.0
        self.restart()

    def restart(self) -> None:
        """Forget the stream."""
        self._stream: TrustStream | None = None
        self._lives = Lives()
        self._last: SeenObjects | None = None
        self._key = 0
        self._picture: Pictures | None = None

    def rate(self, origin: Origin) -> float:
        """Frames per second of what comes from there; `ASSUMED_FPS` where nobody knows them."""
        return origin.fps or self._setting.fps or ASSUMED_FPS

    def seen(
        self,
        picture: Pictures,
        frame: Frame,
        origin: Origin,
        detect: Callable[[], Objects],
        mask: NDArray[np.bool_] | None = None,
    ) -> SeenObjects:
        """The objects of the stream's next frame.

        Args:
            picture: uint8 (h, w, c), the frame at working size.
            frame: the frame itself.
            origin: where it comes from.
            detect: gives its objects, boxes in the picture's pixels.
            mask: bool (h, w), ignored pixels, in which boxes may not be carried; None: none.
        """
        rate = self.rate(origin)
        every = max(self._every, round(self._every_s * rate), 1)
        before, self._picture = self._picture, picture
        key, self._key = self._key, frame.index // every
        if self._last is None or before is None or self._key != key:
            self._last = self._detected(picture, detect(), frame.index / rate, origin)
            return self._last
        size = (picture.shape[0], picture.shape[1])
        moved = self._last.at(carried(self._last.objects.boxes, before, picture))
        self._last = moved.taken(inside(moved.objects.boxes, size))
        boxes = trimmed(self._last.objects.boxes, size)
        return self._last.at(boxes).taken(unmasked(boxes, mask))

    def _detected(
        self, picture: Pictures, objects: Objects, time_s: float, origin: Origin
    ) -> SeenObjects:
        if self._trust is None:
            things = self._lives.follow(objects.boxes, time_s).numbers
            return SeenObjects.of(objects, np.ones(len(things), np.float32), things)
        if self._stream is None:
            self._stream = self._trust.stream(origin.scene or self._setting.scene)
        belief = self._stream.belief(picture, objects, time_s)
        return SeenObjects.of(objects, belief.weights, belief.things)


def trust_state(trust: ObjectTrust | None) -> dict[str, Tensor]:
    """What was learned, as tensors whose names tell them from others; none without."""
    return {} if trust is None else {f"{PREFIX}{n}": t for n, t in trust.state().items()}


def without_trust(
    tensors: Mapping[str, Tensor], wanted: bool
) -> tuple[dict[str, Tensor], ObjectTrust | None]:
    """The other tensors, and what was learned of a detector's errors.

    Args:
        tensors: of a bundle.
        wanted: whether its settings ask for it.

    Raises:
        BundleError: it is wanted and not there.
    """
    mine = {n[len(PREFIX) :]: t for n, t in tensors.items() if n.startswith(PREFIX)}
    rest = {name: tensor for name, tensor in tensors.items() if not name.startswith(PREFIX)}
    return rest, ObjectTrust.from_state(mine) if wanted else None
