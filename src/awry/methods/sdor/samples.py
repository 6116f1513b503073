"""What SDOR learns from: the frames of an archive as the score learners see them, on disk.

Memory stays bounded, however long the archive is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from awry.devices import PROCESSOR, Compute
from awry.methods.sdor.backbone import channels_last
from awry.methods.sdor.network import SDORModel
from awry.video.pictures import Pictures

LEAST_OF_SCENE = 20
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ArchivedClip:
    """What is known of a clip that was read.

    Attributes:
        name, scene: of the clip.
        fps: frames per second, or None.
        size: (H, W) of its frames.
        indices: int64 (n,), each frame's position in the clip as it was filmed.
        times: float64 (n,), seconds; NaN where unknown.
        lost: frames that could not be read, or were left out.
        notes: what went wrong, one sentence each.
    """

    name: str
    scene: str
    fps: float | None
    size: tuple[int, int]
    indices: NDArray[np.int64]
    times: NDArray[np.float64]
    lost: int
    notes: tuple[str, ...]


class Archive:
    """All frames of the clips that could be read.

    Attributes:
        clips: in the order of the frames.
        of_clip: int64 (n,), which of them each frame belongs to.
        features: float32 (n, d), for the initial detection.
        failed: clips that could not be read, one sentence each.
    """

    def __init__(
        self,
        clips: Sequence[ArchivedClip],
        chunks: Sequence[Path],
        model: SDORModel,
        failed: Sequence[str],
    ) -> None:
        self.clips = tuple(clips)
        self.failed = tuple(failed)
        lengths = [len(clip.indices) for clip in clips]
        self.of_clip = np.repeat(np.arange(len(clips)), lengths)
        self._begins = np.concatenate([[0], np.cumsum(lengths)])
        self._rows = np.arange(len(self.of_clip))
        self._span, self._standardised = model.span, model.standardised
        self._kept = [np.load(chunk / "kept.npy", mmap_mode="r") for chunk in chunks]
        self._starts = np.concatenate([[0], np.cumsum([len(kept) for kept in self._kept])])
        self.features = np.concatenate([np.load(chunk / "features.npy") for chunk in chunks])

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.of_clip)

    def groups(self, *, apart: bool) -> list[Places]:
        """The places of the frames that are looked at together: each scene's, or all.

        Scenes of fewer than `LEAST_OF_SCENE` frames cannot stand alone and are one group; if that
        is too small as well, it joins the largest one.
        """
        if not apart:
            return [np.arange(len(self))]
        names = np.array([clip.scene for clip in self.clips])[self.of_clip]
        scenes = [np.flatnonzero(names == name) for name in np.unique(names)]
        alone = [places for places in scenes if len(places) >= LEAST_OF_SCENE]
        rest = [places for places in scenes if len(places) < LEAST_OF_SCENE]
        if rest and alone and sum(map(len, rest)) < LEAST_OF_SCENE:
            rest.append(alone.pop(int(np.argmax([len(places) for places in alone]))))
        return alone + ([np.sort(np.concatenate(rest))] if rest else [])

    def part(self, places: Places) -> Archive:
        """Some of the frames, as an archive of its own; a clip without any of them is gone."""
        chosen = np.unique(places)
        other = copy(self)
        other._rows = self._rows[chosen]
        other.features = self.features[chosen]
        clips: list[ArchivedClip] = []
        of_clip: list[int] = []
        for number, clip in enumerate(self.clips):
            own = chosen[self.of_clip[chosen] == number] - self._begins[number]
            if len(own):
                of_clip += [len(clips)] * len(own)
                cut = replace(clip, indices=clip.indices[own], times=clip.times[own])
                clips.append(cut)
        other.clips = tuple(clips)
        other.of_clip = np.array(of_clip, np.int64)
        other._begins = np.concatenate([[0], np.cumsum([len(clip.indices) for clip in clips])])
        return other

    def slice_of(self, number: int) -> slice:
        """The places of a clip's frames."""
        return slice(int(self._begins[number]), int(self._begins[number + 1]))

    def activations(self, places: Sequence[int] | Places, compute: Compute = PROCESSOR) -> Tensor:
        """float32 (n, c, h, w) of those frames, or (n, c, frames, h, w).

        Args:
            places: of the frames.
            compute: where they are put, as they are kept; they are converted there.
        """
        if not self._keeps_pictures:
            kept = np.stack([self._one(place) for place in places])
            return channels_last(compute.put(kept).float())
        first = self._begins[self.of_clip[np.asarray(places)]]
        steps = range(self._span - 1, -1, -1)
        windows = [
            np.stack([self._one(max(begin, place - back)) for back in steps])
            for place, begin in zip(places, first, strict=True)
        ]
        standardised = compute.copy_of(self._standardised)
        return channels_last(standardised(as_pictures(np.stack(windows), compute)))

    @property
    def _keeps_pictures(self) -> bool:
        return bool(self._kept[0].dtype == np.uint8)

    def _one(self, place: int) -> NDArray[Any]:
        row = self._rows[place]
        chunk = int(np.searchsorted(self._starts, row, side="right")) - 1
        return np.asarray(self._kept[chunk][row - self._starts[chunk]])


def as_pictures(windows: Pictures, compute: Compute = PROCESSOR) -> Tensor:
    """float32 (n, 3, h, w) of uint8 (n, span, h, w, 3), or (n, 3, span, h, w) where span > 1.

    They are put where networks run as uint8, and converted there.
    """
    if windows.shape[1] > 1:
        return compute.put(windows).movedim(-1, 1).float().contiguous()
    return channels_last(compute.put(windows[:, 0]).movedim(-1, 1).float())


class Window:
    """The pictures that the backbone sees at once: the newest, and those before it.

    Before a stream's first picture stands that picture itself.

    Args:
        span: how many.
    """

    def __init__(self, span: int) -> None:
        self._pictures: deque[Pictures] = deque(maxlen=span)

    def push(self, picture: Pictures) -> Pictures:
        """Take the next picture (h, w, 3); gives (span, h, w, 3)."""
        missing = (self._pictures.maxlen or 1) - len(self._pictures)
        self._pictures.extend([picture] * max(1, missing))
        return np.stack(self._pictures)

    def clear(self) -> None:
        """The stream has ended."""
        self._pictures.clear()
