"""How far a scorer believes the objects of its stream, for methods that look at objects."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from awry.frames import Frame, Objects
from awry.methods.base import Setting
from awry.methods.windowed import Origin
from awry.teachers.objects.trust import ASSUMED_FPS, ObjectTrust, TrustStream
from awry.video.pictures import Pictures

PREFIX = "trust."
"""Of the names of tensors that hold what was learned of a detector's errors."""


class Weighing:
    """Weighs the objects of one stream; without `ObjectTrust` each counts whole.

    Args:
        trust: what was learned of the detector's errors, or None.
        setting: where the scorer works.
    """

    def __init__(self, trust: ObjectTrust | None, setting: Setting) -> None:
        self._trust = trust
        self._setting = setting
        self._stream: TrustStream | None = None

    def restart(self) -> None:
        """Forget the stream."""
        self._stream = None

    def weights(
        self, picture: Pictures, objects: Objects, frame: Frame, origin: Origin
    ) -> NDArray[np.float32]:
        """How far each object is believed, float32 (n,) in [0, 1].

        Args:
            picture: uint8 (h, w, c), the stream's next frame at working size.
            objects: boxes in its pixels.
            frame: the frame itself.
            origin: where it comes from.
        """
        if self._trust is None:
            return np.ones(len(objects.scores), np.float32)
        if self._stream is None:
            self._stream = self._trust.stream(origin.scene or self._setting.scene)
        seconds = frame.index / (origin.fps or self._setting.fps or ASSUMED_FPS)
        return self._stream.weights(picture, objects, seconds)


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
