"""Synthetic anomalies: objects of normal footage pasted into another moment of it, altered.

They say how well a score tells what is strange from what is normal where nobody has labels. Each
object is pasted as it is as well: that is the control, so that traces of pasting alone say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.frames import Frame, frames_in
from awry.training.cutouts import Boxes, Cutout, EmptyScene, find_cutouts
from awry.training.footage import Footage, Run
from awry.video.pictures import Pictures, coloured

CONTROL = "control"
KINDS = (
    "twice as fast",
    "upside down",
    "frozen",
    "wider",
    "backwards",
    "three times as fast",
    "loitering",
    "taller",
    "mirrored",
    "half as fast",
    "larger",
    "larger and faster",
)
STRETCH = 1.6
SLOWEST_KIND, FASTEST_KIND = 0.5, 3.0
_SPEEDS = {
    "twice as fast": 2.0,
    "three times as fast": FASTEST_KIND,
    "half as fast": SLOWEST_KIND,
    "larger and faster": 2.0,
}
_FACTORS = {
    "upside down": (1.0, -1.0),
    "wider": (STRETCH, 1.0),
    "taller": (1.0, STRETCH),
    "mirrored": (-1.0, 1.0),
    "larger": (STRETCH, STRETCH),
    "larger and faster": (STRETCH, STRETCH),
}

ROOM = 1.5
"""A composition is so many times shorter than its cutout, to leave frames for what is faster."""
MOST_FRAMES = 900
PIECE = 300
"""Footage of hours is looked at in pieces that are evenly spread."""
MOST_OF_ONE = 3
"""Where few objects can be followed, each is pasted so often."""
_TRIES = 12


@dataclass(frozen=True, slots=True)
class Composition:
    """A short clip of normal footage with one object of another moment pasted in.

    Frames are composed when they are asked for, from pictures that are mapped from disk.

    Attributes:
        kind: one of `KINDS`, or `CONTROL`.
        donor: number of the pasted object; whatever shows the same object shares it.
        base: the frames that it is pasted into.
        cutout: the object.
        times: float64 (n,), which moment of the cutout each frame shows, in its frames.
        factors: by what the object is stretched in x and y; negative: mirrored.
        altered: bool (n,), frames in which the object is there and altered.
        hidden: bool (h, w), pixels that are ignored and stay as they are; None: none.
    """

    kind: str
    donor: int
    base: Run
    cutout: Cutout
    times: NDArray[np.float64]
    factors: tuple[float, float]
    altered: NDArray[np.bool_]
    hidden: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.times)

    @property
    def fps(self) -> float | None:
        """Frames per second, or None."""
        return self.base.fps

    @property
    def images(self) -> Pictures:
        """All frames at once: uint8 (n, h, w, c)."""
        return np.stack([self.image(place) for place in range(len(self))])

    @property
    def boxes(self) -> Boxes:
        """Where the object is in each frame: float64 (n, 4), x0, y0, x1, y1 in pixels."""
        rows = []
        for place in range(len(self)):
            corners = self.cutout.boxes[self._shown(place)].reshape(2, 2)
            moved = corners @ self._affine(place)[:, :2].T + self._affine(place)[:, 2]
            rows.append(np.concatenate([moved.min(0), moved.max(0)]))
        return np.stack(rows)

    def frames(self) -> Iterator[Frame]:
        """What a scorer takes: RGB frames, numbered from 0."""
        for place in range(len(self)):
            time = None if self.fps is None else place / self.fps
            yield Frame(place, time, coloured(self.image(place)))

    def image(self, place: int) -> Pictures:
        """One frame: uint8 (h, w, c)."""
        base, number = self.base.images[place], self._shown(place)
        height, width = base.shape[:2]
        donor = self.cutout.run.images[self.cutout.first + number]
        affine = self._affine(place)
        moved = cv2.warpAffine(donor, affine, (width, height), borderMode=cv2.BORDER_REPLICATE)
        share = cv2.warpAffine(self._matte(number), affine, (width, height))
        if self.hidden is not None:
            share[self.hidden] = 0
        mixed = base + share[..., None] * (moved.reshape(base.shape).astype(np.float32) - base)
        return np.rint(mixed).astype(np.uint8)

    def _shown(self, place: int) -> int:
        """The cutout's frame whose picture is shown."""
        return round(self.times[place])

    def _matte(self, number: int) -> NDArray[np.float32]:
        """How much of each pixel (h, w) is the object's: 1 inside, softly to 0 around it."""
        matte = np.zeros(self.cutout.run.images.shape[1:3], np.uint8)
        x0, y0, x1, y1 = self.cutout.boxes[number].astype(int)
        matte[y0:y1, x0:x1] = self.cutout.masks[number]
        edge = max(1, round(self.cutout.side / 16))
        matte = cv2.dilate(matte, np.ones((2 * edge + 1, 2 * edge + 1), np.uint8))
        return np.asarray(cv2.blur(matte.astype(np.float32), (2 * edge + 1, 2 * edge + 1)))

    def _affine(self, place: int) -> NDArray[np.float64]:
        """(2, 3): from a pixel of the donor's frame to one of the composition's."""
        time, number, centres = self.times[place], self._shown(place), self.cutout.centres
        moments = np.arange(len(centres))
        anchor = centres[number].copy()
        goal = np.array([np.interp(time, moments, centres[:, axis]) for axis in (0, 1)])
        across, down = self.factors
        if across < 0:  # walks its way mirrored, about the middle of it
            first, last = int(self.times.min()), int(np.ceil(self.times.max()))
            goal[0] = centres[first : last + 1, 0].sum() * 2 / (last + 1 - first) - goal[0]
        if down > 0:  # whoever is taller still stands on the ground
            feet = (self.cutout.boxes[number, 3] - self.cutout.boxes[number, 1]) / 2
            anchor[1] += feet
            goal[1] += feet
        scale = np.diag(self.factors)
        return np.hstack([scale, (goal - scale @ anchor)[:, None]])


def compositions(
    footage: Footage,
    part: str = "validation",
    *,
    kinds: Sequence[str] = KINDS,
    count: int = 6,
    each: int | None = None,
    seconds: float = 2.0,
    shortest: int = 12,
    unscored: int = 0,
    size: tuple[int, int] | None = None,
    grey: bool = False,
    seed: int = 0,
) -> list[Composition]:
    """Controls and synthetic anomalies out of one part of normal footage.

    Objects are what moves against the median picture of their scene. Each is pasted at its own
    place into another clip of the scene, or another time of the same clip.

    Args:
        footage: normal footage.
        part: which part of it; of the train part no more than the empty scene is taken.
        kinds: of alterations.
        count: objects that are pasted, at most.
        each: kinds for each object, in turn; None: all of them.
        seconds: length of a composition, at most, without `unscored`.
        shortest: fewest frames of one, likewise.
        unscored: frames at both ends together that a scorer gives no score.
        size: (h, w) of the pictures; None: as they are.
        grey: one channel instead of three.
        seed: every random choice follows from it.

    Returns:
        for each object its control and its alterations; empty where nothing moves for long enough.

    Raises:
        FootageError: the footage cannot be read.
    """
    generator = np.random.default_rng(seed)
    held_back = footage.runs(part, size, grey=grey)
    known = footage.runs("train", size, grey=grey) if part != "train" else []
    turn = cycle(kinds)
    made: list[Composition] = []
    for scene, share in _shares(held_back, count):
        runs = [run for run in held_back if run.scene == scene]
        empty = EmptyScene.of(runs + [run for run in known if run.scene == scene])
        wanted = frames_in(seconds, runs[0].fps, shortest) + unscored
        found = find_cutouts(_pieces(runs), empty, round((shortest + unscored) * ROOM))
        height, width = runs[0].images.shape[1:3]
        hidden = footage.ignore.mask(height, width, reference_size=footage.frame_size())
        before = 1 + max((one.donor for one in made), default=-1)
        for number, cutout in _chosen(found, share, generator):
            length = min(wanted, int(len(cutout) / ROOM))
            spare = len(cutout) - int(FASTEST_KIND * length)
            cutout = cutout.between(int(generator.integers(spare + 1)) if spare > 0 else 0)
            base = _base_for(cutout, length, runs, empty, generator)
            some = list(islice(turn, len(kinds) if each is None else each))
            for kind in (CONTROL, *some):
                made.append(_composed(kind, before + number, base, cutout, hidden))
    return made


def _shares(runs: Sequence[Run], count: int) -> list[tuple[str, int]]:
    """Each scene, and how many objects are taken from it."""
    scenes = list(dict.fromkeys(run.scene for run in runs))
    return [
        (scene, count // len(scenes) + (place < count % len(scenes)))
        for place, scene in enumerate(scenes)
    ]


def _pieces(runs: Sequence[Run]) -> list[tuple[Run, slice]]:
    """Stretches of a scene's runs, evenly spread, with about `MOST_FRAMES` frames."""
    pieces = [
        (run, slice(first, min(first + PIECE, len(run.images))))
        for run in runs
        for first in range(0, len(run.images), PIECE)
    ]
    total = sum(frames.stop - frames.start for _, frames in pieces)
    return pieces[:: max(1, -(-total // MOST_FRAMES))]


def _chosen(
    found: Sequence[Cutout], count: int, generator: np.random.Generator
) -> list[tuple[int, Cutout]]:
    """Some of the longest, numbered; where there are few, each comes again, at other moments."""
    best = found[: 3 * count]
    order = [(number, best[place]) for number, place in enumerate(generator.permutation(len(best)))]
    return (order * MOST_OF_ONE)[:count]


def _base_for(
    cutout: Cutout,
    length: int,
    runs: Sequence[Run],
    scene: EmptyScene,
    generator: np.random.Generator,
) -> Run:
    """Frames of another moment in which little stands where the object will be."""
    starts = [
        (run, first)
        for run in runs
        for first in range(0, len(run.images) - length + 1, max(1, length // 4))
    ]
    apart = [(run, first) for run, first in starts if _is_apart(cutout, run, first, length)]
    starts = apart or starts
    order = generator.permutation(len(starts))[:_TRIES]
    run, first = min(
        (starts[place] for place in order),
        key=lambda at: _covered(cutout, at[0], at[1], length, scene),
    )
    return Run(
        run.clip,
        run.scene,
        run.first + first,
        run.images[first : first + length],
        run.fps,
        run.every,
        run.original_size,
    )


def _is_apart(cutout: Cutout, run: Run, first: int, length: int) -> bool:
    other = (run.clip, run.first) != (cutout.run.clip, cutout.run.first)
    return other or abs(first - cutout.first) >= length // 2


def _covered(cutout: Cutout, run: Run, first: int, length: int, scene: EmptyScene) -> float:
    """Share of the object's box that others cover, at three moments."""
    shares = []
    for place in np.linspace(0, length - 1, 3).astype(int):
        x0, y0, x1, y1 = cutout.boxes[place].astype(int)
        shares.append(scene.foreground(run.images[first + place], 3)[y0:y1, x0:x1].mean())
    return float(np.mean(shares))


def _composed(
    kind: str, donor: int, base: Run, cutout: Cutout, hidden: NDArray[np.bool_]
) -> Composition:
    length = len(base.images)
    times, altered = _times(kind, length, cutout)
    return Composition(
        kind,
        donor,
        base,
        cutout,
        times,
        _FACTORS.get(kind, (1.0, 1.0)),
        altered,
        hidden if hidden.any() else None,
    )


def _times(kind: str, length: int, cutout: Cutout) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Which moments of the cutout are shown, and where that is altered."""
    usual = np.arange(length, dtype=np.float64)
    altered = np.full(length, kind != CONTROL)
    if kind == "backwards":
        return usual[::-1].copy(), altered
    if kind == "frozen":
        return np.minimum(usual, length // 4), usual > length // 4
    if kind == "loitering":  # a step forth, a step back
        path = np.linalg.norm(cutout.centres[:length] - cutout.centres[0], axis=1)
        far = path >= cutout.side / 4
        turn = max(3, int(far.argmax())) if far.any() else length
        turn = min(turn, length // 3)
        return turn - np.abs(usual % (2 * turn) - turn), usual > turn
    speed = _SPEEDS.get(kind, 1.0)
    if speed <= 1:
        return usual * speed, altered
    # As it was until what is left of the cutout lasts to the end.
    start = max(0.0, np.ceil((speed * (length - 1) - (len(cutout) - 1)) / (speed - 1)))
    return np.where(usual <= start, usual, start + speed * (usual - start)), usual > start
