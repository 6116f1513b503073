"""Abnormal test frames to mix into training footage, as in the DAML paper's section 5.3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from awry.datasets.base import Clip, Dataset
from awry.datasets.clips import Excerpt
from awry.errors import ConfigError
from awry.evaluation.metrics.event import true_runs

# Long enough to learn motion from, short enough that many events take part.
PIECE = 50


@dataclass(frozen=True, slots=True)
class Piece:
    """Abnormal frames `first` to `last` of a test clip, both inclusive."""

    clip: Clip
    first: int
    last: int

    @property
    def length(self) -> int:
        """Number of frames."""
        return self.last - self.first + 1

    @property
    def name(self) -> str:
        """How the piece is called among the training clips."""
        return f"{self.clip.name}-frames-{self.first}-{self.last}"

    def as_clip(self) -> Clip:
        """The piece as a clip to train on."""
        return Clip(
            self.name,
            lambda: Excerpt(self.clip.open(), self.first, self.last, self.name),
            self.clip.scene,
        )


def abnormal_pieces(clips: Sequence[Clip], count: int, seed: int) -> list[Piece]:
    """Runs of abnormal frames, chosen at random, `count` frames in all.

    Fewer frames are always part of more, for the same seed.

    Args:
        clips: labelled clips.
        count: number of frames; 0 for none.
        seed: of the choice.

    Raises:
        ConfigError: there are not so many abnormal frames.
    """
    pieces = []
    for clip in clips:
        labels = None if clip.labels is None else np.asarray(clip.labels(), np.uint8)
        for first, last in true_runs(labels):
            parts = np.array_split(
                np.arange(first, last + 1), max(round((last - first + 1) / PIECE), 1)
            )
            pieces += [Piece(clip, int(part[0]), int(part[-1])) for part in parts]
    available = sum(piece.length for piece in pieces)
    if count > available:
        raise ConfigError(
            f"--contaminate {count}: the test clips have {available} abnormal frames. "
            "Ask for fewer."
        )
    chosen: list[Piece] = []
    for place in np.random.default_rng(seed).permutation(len(pieces)).tolist():
        left = count - sum(piece.length for piece in chosen)
        if left <= 0:
            break
        piece = pieces[place]
        chosen.append(replace(piece, last=min(piece.last, piece.first + left - 1)))
    return chosen


def contaminated(data: Dataset, pieces: Sequence[Piece]) -> Dataset:
    """The data set with pieces among its training clips.

    They stand before the normal clips: the footage's end becomes validation and calibration part,
    which must stay normal. Where the end of each clip is held back instead, as a preset may ask, so
    is that of each piece.
    """
    return replace(data, train=(*(piece.as_clip() for piece in pieces), *data.train))
