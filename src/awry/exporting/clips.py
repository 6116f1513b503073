"""Clips that runtimes are compared on, and a made-up one where nobody gives one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from awry.datasets.base import Clip
from awry.detector import Detector
from awry.frames import Frame
from awry.video.memory import ArraySource

FRAMES = 48
"""Frames of a clip that are compared, beside those that scores need first."""


def frames_wanted(detector: Detector) -> int:
    """Frames that a comparison takes of a clip."""
    needed = [
        scorer.run_up + scorer.lookahead
        for scorer in (detector.scorer(scene) for scene in detector.models)
    ]
    return max(needed) + FRAMES


def first_frames(detector: Detector, frames: Iterable[Frame]) -> list[Frame]:
    """As many of a clip's frames as a comparison takes, thinned like the footage."""
    return list(thinned(detector, frames, frames_wanted(detector)))


def thinned(detector: Detector, frames: Iterable[Frame], most: int) -> Iterator[Frame]:
    """So many of a clip's frames, each n-th like the footage's."""
    return islice(islice(frames, 0, None, detector.every), most)


def made_up(detector: Detector, seed: int = 0) -> Clip:
    """Blocks that move over a textured ground, of the footage's size: the same on any machine."""
    height, width = detector.frame_size
    generator = np.random.default_rng(seed)
    coarse = generator.integers(60, 180, (height // 8 + 1, width // 8 + 1), dtype=np.uint8)
    ground = np.kron(coarse, np.ones((8, 8), np.uint8))[:height, :width]
    images = np.repeat(ground[None], frames_wanted(detector), 0)
    side = max(4, height // 8)
    for speed, grey in ((1, 250), (3, 20), (5, 120)):
        top = int(generator.integers(0, height - side))
        for number, image in enumerate(images):
            left = number * speed % max(1, width - side)
            image[top : top + side, left : left + side // 2] = grey
    return Clip("made up", lambda: ArraySource(images, 25.0, "made up"))
