"""How large objects are in training footage, how fast they move, and how often it was filmed.

Settings that are pixels or frames follow from it, so that a method does the same on a scene that
nobody tuned it for: crops and tiles from the size, windows and filters from the frame rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import name_in_training
from awry.devices import current
from awry.frames import ASSUMED_FPS, frames_in
from awry.progress import Reporter, Silent
from awry.scoring.streaming import odd_frames
from awry.teachers.flow import DISFlow
from awry.teachers.objects import DetectorOptions, ObjectDetector, load_detector
from awry.teachers.objects.base import view_of
from awry.teachers.objects.selection import tile_places
from awry.teachers.objects.trust import FrameDetections, ObjectTrust
from awry.training.footage import Footage, Run
from awry.video.pictures import outer

STEP_SECONDS = 0.1
"""Flow is measured between frames that lie about so far apart; slower motion would be noise."""
AROUND = 3
"""Such steps from a frame to those before and after it that a detector of motion is shown."""
LOOKS = 24
"""Frames that are looked at."""
LEAST_OBJECTS = 5
"""Fewer say nothing."""
THERE = 0.5
"""Of what should be in a box, as `ObjectTrust.evidence` has it: less is background."""
LEAST_SEEN = 47.0
"""Pixels of a small detector's input that a typical object should have along its longer side.

With 41 NanoDet needs tiles (UCSD Ped2, see docs/experiments.md); with 54 it does without.
"""
TILES = ((1, 1), (2, 1), (2, 2), (3, 2))
"""Columns and rows of a landscape picture that may be chosen, the cheapest first."""


@dataclass(frozen=True, slots=True)
class FootageScale:
    """What was measured; lengths in pixels of the frames as they were filmed.

    Attributes:
        object_side: median longer side of the objects; None where too few were found.
        object_height: their median height.
        speed: median over objects of the median flow inside each, in pixels a second.
        fps: frames per second, thinned as the footage is; 10 where they are unknown.
        fps_known: whether the footage knows them.
        frame_size: (H, W).
        objects: how many were measured.
    """

    object_side: float | None
    object_height: float | None
    speed: float | None
    fps: float
    fps_known: bool
    frame_size: tuple[int, int]
    objects: int

    def frames(self, seconds: float) -> int:
        """So many seconds in frames, at least one."""
        return frames_in(seconds, self.fps)

    def odd_frames(self, seconds: float) -> int:
        """So many seconds in frames, an odd number, so that they have a middle."""
        return odd_frames(seconds, self.fps)

    def stride(self, span_s: float, steps: int) -> int:
        """Frames from one frame of a window to the next.

        Args:
            span_s: seconds from its first frame to its last.
            steps: steps between them.
        """
        return self.frames(span_s / steps)

    def side_at(self, height: int) -> float | None:
        """The objects' longer side where frames are worked on at a height."""
        return None if self.object_side is None else self.object_side * height / self.frame_size[0]

    def height_for(self, least: float, usual: int, most: int) -> int:
        """Height of pictures in which a typical object is at least so many pixels long.

        Args:
            least: pixels of the pictures along the object's longer side.
            usual: height where that is enough, and where nothing was measured.
            most: highest; the frames' own height is never exceeded, but for `usual`.
        """
        side = self.side_at(usual)
        if side is None or side >= least:
            return usual
        return max(usual, min(math.ceil(usual * least / side), most, self.frame_size[0]))

    def words(self) -> str:
        """A sentence for the fit's notes."""
        rate = f"{self.fps:g} frames/s" if self.fps_known else "an assumed 10 frames/s"
        if self.object_side is None:
            return f"The training footage has {rate}; too few objects were found to measure them"
        return (
            f"A typical object of the training footage is {self.object_side:.0f} pixels long and "
            f"moves {self.speed:.0f} pixels a second, at {rate} ({self.objects} objects measured)"
        )


def measure_scale(
    footage: Footage,
    detector: ObjectDetector | None = None,
    reporter: Reporter | None = None,
    *,
    size: tuple[int, int] | None = None,
    grey: bool = False,
) -> FootageScale:
    """Measure the objects of some frames, evenly spread over the train part; takes seconds.

    Args:
        footage: normal.
        detector: finds objects; None: regions that move.
        reporter: shows progress.
        size: working size (h, w) that frames are read at; None: their own.
        grey: one channel.

    Raises:
        FootageError: as `Footage.runs`.
    """
    detector = detector or load_detector("foreground")
    runs = footage.runs("train", size, grey=grey)
    rates = [run.fps for run in runs if run.fps]
    rate = float(np.median(rates)) if rates else ASSUMED_FPS
    frame_size = footage.frame_size()
    step = frames_in(STEP_SECONDS, rate)
    found = _measured(runs, detector, step, reporter or Silent())
    ratio = frame_size[0] / runs[0].images.shape[1]
    side = height = speed = None
    if len(found) >= LEAST_OBJECTS:
        side, height, moved = (float(one) * ratio for one in np.median(found, 0))
        speed = moved * rate / step
    return FootageScale(side, height, speed, rate, bool(rates), frame_size, len(found))


def _measured(
    runs: Sequence[Run], detector: ObjectDetector, step: int, reporter: Reporter
) -> NDArray[np.float64]:
    """Longer side, height, and displacement in a step of each object, (n, 3), in the runs' pixels.

    Where clips are too short for a detector of motion, it is shown what there is. What looks as
    the empty scene does is an error of the detector, and counts only where there is little else.
    """
    flow = DISFlow("ultrafast", 0)  # coarser pictures lose half the speed of small objects
    places = [(run, f) for run in runs for f in range(step, len(run.images) - step)]
    chosen = np.linspace(0, len(places) - 1, min(LOOKS, len(places))).astype(int)
    reporter.start("measuring objects", len(chosen), 0)
    looks, rows = [], [np.empty((0, 3))]
    for run, frame in (places[number] for number in chosen):
        around = min(AROUND * step, frame, len(run.images) - 1 - frame)
        origin, name = (run.first + frame) * run.every, name_in_training(run.clip)
        view = view_of(run.images, frame, around, around, name, origin, run.original_size)
        looks.append(FrameDetections(run.images[frame], detector.detect(view), run.scene))
        boxes = looks[-1].objects.boxes
        if len(boxes):
            vectors = flow(run.images[frame - step], run.images[frame])
            moved = np.hypot(vectors[..., 0], vectors[..., 1])
            rows.append(np.array([_row(box, moved) for box in boxes]))
        reporter.advance({})
    every = np.concatenate(rows)
    there = every[_there(looks)]
    return there if len(there) >= LEAST_OBJECTS else every


def _there(looks: Sequence[FrameDetections]) -> NDArray[np.bool_]:
    """Whether each object of some frames is something that the empty scene has not, (n,)."""
    trust = ObjectTrust.learn(looks)
    shares = [trust.evidence(look.picture, look.objects, look.scene) for look in looks]
    return np.concatenate([np.empty(0), *shares]) >= THERE


def _row(box: NDArray[np.float32], moved: NDArray[np.float32]) -> tuple[float, float, float]:
    width, height = float(box[2] - box[0]), float(box[3] - box[1])
    return max(width, height), height, float(np.median(moved[outer(box, moved.shape)]))


def scale_with_tiles(
    footage: Footage,
    detector: str,
    options: DetectorOptions,
    reporter: Reporter | None = None,
    *,
    size: tuple[int, int],
    grey: bool = False,
    tiles: tuple[int, int] | None = None,
) -> tuple[FootageScale, tuple[int, int]]:
    """Measure objects, and choose the tiles that the detector needs to see them.

    The whole frame comes first. If a typical object is small in the detector's input, tiles are
    chosen that make it large enough, and with them it is measured again. The detector runs where
    `devices.using` says.

    Args:
        footage, reporter, grey: as `measure_scale`.
        detector: KIND:WHAT.
        options: what is asked of it, whatever its tiles.
        size: working size (h, w) that it is shown.
        tiles: columns and rows, where they are given; None: they are chosen.

    Returns:
        What was measured, and columns and rows of tiles.

    Raises:
        MissingError, ConfigError, InputError: as `load_detector`.
        FootageError: as `Footage.runs`.
    """
    if tiles is not None:
        given = load_detector(detector, options.with_tiles(tiles), compute=current())
        return measure_scale(footage, given, reporter, size=size, grey=grey), tiles
    whole = load_detector(detector, options.with_tiles((1, 1)), compute=current())
    scale = measure_scale(footage, whole, reporter, size=size, grey=grey)
    tiles = tiles_for(scale.side_at(size[0]), size, whole.input_scale, options.overlap)
    if tiles != (1, 1):
        cut = load_detector(detector, options.with_tiles(tiles), compute=current())
        scale = measure_scale(footage, cut, reporter, size=size, grey=grey)
    return scale, tiles


def seen_in(tiles: tuple[int, int]) -> str:
    """What a detector sees of a frame, in words.

    >>> seen_in((1, 1)), seen_in((2, 1))
    ('the whole frame', '2x1 tiles beside the whole frame')
    """
    columns, rows = tiles
    return (
        "the whole frame" if tiles == (1, 1) else f"{columns}x{rows} tiles beside the whole frame"
    )


def tiles_for(
    side: float | None,
    size: tuple[int, int],
    input_scale: Callable[[tuple[int, int]], float | None],
    overlap: float = 0.25,
) -> tuple[int, int]:
    """The fewest tiles that show a typical object large enough; the most there are if none does.

    Args:
        side: its longer side in pixels of the picture; None: unknown, which asks for none.
        size: the picture's (h, w).
        input_scale: a detector's.
        overlap: of the tiles, as `DetectorOptions`.

    Returns:
        Columns and rows.

    >>> small = lambda size: 416 / (size[0] * size[1]) ** 0.5
    >>> tiles_for(29, (240, 360), small), tiles_for(110, (360, 640), small)
    ((2, 1), (1, 1))
    """
    if side is None or input_scale(size) is None:
        return 1, 1
    for columns, rows in TILES:
        tiles = (columns, rows) if size[1] >= size[0] else (rows, columns)
        left, top, right, bottom = tile_places(*size, tiles, overlap)[-1]
        if side * (input_scale((bottom - top, right - left)) or 1.0) >= LEAST_SEEN:
            break
    return tiles
