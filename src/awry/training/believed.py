"""What training footage says of a detector's errors, and how far its objects are believed there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awry.frames import ASSUMED_FPS, Objects
from awry.teachers.objects import ObjectDetector, View
from awry.teachers.objects.base import taken
from awry.teachers.objects.trust import FrameDetections, ObjectTrust, TrustStream
from awry.training.footage import Run
from awry.video.pictures import Pictures, coloured

Place = tuple[int, int]
"""Number of a run, and of a frame in it."""


@dataclass(frozen=True, slots=True)
class FoundObjects:
    """The objects of some frames.

    Attributes:
        places: of the frames, run and frame within it, in order.
        objects: of each frame.
    """

    places: list[Place]
    objects: list[Objects]

    def believed(self, beliefs: Sequence[NDArray[np.float32]]) -> FoundObjects:
        """Those that are believed at all."""
        pairs = zip(self.objects, beliefs, strict=True)
        return FoundObjects(self.places, [taken(found, belief > 0) for found, belief in pairs])


def believe(
    runs: Sequence[Run],
    found: FoundObjects,
    detector: ObjectDetector,
    trust: ObjectTrust | None = None,
) -> tuple[ObjectTrust, FoundObjects, str]:
    """The objects that are believed at all.

    Args:
        runs: normal footage at working size.
        found: its objects; of one frame at least.
        detector: which found them.
        trust: what is known of its errors; None: is learned here.

    Returns:
        what is known of the detector's errors, the believed objects, and a note in words.
    """
    frames = (runs, found.places, found.objects)
    trust = trust or learned_trust(*frames, detector)
    beliefs = beliefs_of(trust, *frames)
    return trust, found.believed(beliefs), trust_note(trust, beliefs, runs[0].fps)


def learned_trust(
    runs: Sequence[Run],
    places: Sequence[Place],
    objects: Sequence[Objects],
    detector: ObjectDetector,
) -> ObjectTrust:
    """What is known of the detector's errors.

    Args:
        runs: normal footage at working size.
        places: of the frames that were looked at, in order.
        objects: of each of them.
        detector: is asked about the empty scenes, if it finds objects in single pictures.
    """
    looks = [
        FrameDetections(runs[run].images[frame], found, runs[run].scene)
        for (run, frame), found in zip(places, objects, strict=True)
    ]

    def detect(picture: Pictures) -> Objects:
        image = coloured(picture)
        return detector.detect(View(image, image, image))

    alone = detector.sees_pixels and not detector.needs_neighbours
    return ObjectTrust.learn(looks, detect if alone else None)


def beliefs_of(
    trust: ObjectTrust, runs: Sequence[Run], places: Sequence[Place], objects: Sequence[Objects]
) -> list[NDArray[np.float32]]:
    """How far the objects of each frame are believed; each run is a stream of its own."""
    beliefs = []
    stream: TrustStream | None = None
    last = -1
    for (number, frame), found in zip(places, objects, strict=True):
        run = runs[number]
        if stream is None or number != last:
            stream, last = trust.stream(run.scene), number
        seconds = frame / (run.fps or ASSUMED_FPS)
        beliefs.append(stream.belief(run.images[frame], found, seconds).shares)
    return beliefs


def trust_note(
    trust: ObjectTrust, beliefs: Sequence[NDArray[np.float32]], fps: float | None
) -> str:
    """What was learned of the detector's errors, in words.

    Args:
        trust: what was learned.
        beliefs: in the training objects, by frame.
        fps: of the footage; None: unknown.
    """
    every = np.concatenate(beliefs) if beliefs else np.empty(0)
    places = sum(len(one) for one in trust.places.values())
    assumed = "" if fps else f" The frame rate is unknown: {ASSUMED_FPS:g} a second are assumed."
    return (
        f"Of {len(every)} training detections {int((every < 0.5).sum())} are hardly believed, "
        f"{int((every == 0).sum())} of them not at all: they look as the empty scene does, or "
        "come and go. "
        f"The detector names background at {places} place{'' if places == 1 else 's'}.{assumed}"
    )
