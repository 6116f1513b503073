"""DAML's training batches: stretches of consecutive frames, cropped to moving places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from awry.errors import FootageError
from awry.methods.daml.config import DAMLConfig
from awry.methods.daml.model import DAMLModel, to_input
from awry.training.footage import Run


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step trains on.

    Attributes:
        frames: (runs, frames, c, h, w), mean subtracted.
        mean: (runs, 1, c, h, w), the mean pictures that go with them.
        inner: for each run the rows and columns of its code that count; the rest is margin,
            encoded so that the crop's border is no border to the code. Empty: all of it counts.
    """

    frames: Tensor
    mean: Tensor
    inner: list[tuple[slice, slice]] = field(default_factory=list)


class Batches:
    """Draws stretches of consecutive frames from the footage.

    Args:
        runs: what to draw from; runs shorter than one window are left out.
        model: for the mean pictures.
        config: run length, crop and so on.
        pairs: draw `config.pairs` stretches of two frames instead of `config.batch_runs` of
            `config.run_length`.
        margin: pixels around a crop that come with it, see `Batch.inner`.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        model: DAMLModel,
        config: DAMLConfig,
        *,
        pairs: bool = False,
        margin: int = 0,
    ) -> None:
        self._model = model
        self._config = config
        self._margin = margin
        self._count = config.pairs if pairs else config.batch_runs
        self._runs = [(run, run.images[:: config.subsample]) for run in runs]
        self._runs = [(run, images) for run, images in self._runs if len(images) >= config.window]
        if not self._runs:
            raise FootageError(
                f"No training clip has the {config.window * config.subsample} consecutive frames "
                "that one window needs. Give longer clips, or lower --set inputs=... or ahead=..."
            )
        shortest = min(len(images) for _, images in self._runs)
        self.length = 2 if pairs else min(config.run_length, shortest)
        starts = [len(images) - self.length + 1 for _, images in self._runs]
        self._bounds = np.cumsum(starts)

    @property
    def steps(self) -> int:
        """Steps of one pass over the footage."""
        frames = sum(len(images) for _, images in self._runs)
        return max(1, round(frames / (self.length * self._count)))

    def draw(self, generator: np.random.Generator) -> Batch:
        """Random runs for one step; cropped where the config says so."""
        places = [int(generator.integers(self._bounds[-1])) for _ in range(self._count)]
        taken = [self._take(place, generator) for place in places]
        inner = [one.inner[0] for one in taken if one.inner]
        frames, means = ([getattr(one, name) for one in taken] for name in ("frames", "mean"))
        return Batch(torch.cat(frames), torch.cat(means), inner)

    def _take(self, place: int, generator: np.random.Generator) -> Batch:
        frames, mean = self._run(place)
        if not self._config.crop:
            return Batch(frames[None], mean[None, None])
        grid = self._config.factor
        rows, columns = moving_crop(frames, self._config.crop, grid, generator)
        if not self._margin:
            return Batch(frames[None, ..., rows, columns], mean[None, None, :, rows, columns])
        height, width = frames.shape[-2:]
        outer_rows, inner_rows = _widened(rows, self._margin, height, grid)
        outer_columns, inner_columns = _widened(columns, self._margin, width, grid)
        return Batch(
            frames[None, ..., outer_rows, outer_columns],
            mean[None, None, :, outer_rows, outer_columns],
            [(inner_rows, inner_columns)],
        )

    def _run(self, place: int) -> tuple[Tensor, Tensor]:
        """The frames (frames, c, H, W) that begin at a place, and their mean picture."""
        number = int(np.searchsorted(self._bounds, place, side="right"))
        first = place - (int(self._bounds[number - 1]) if number else 0)
        run, images = self._runs[number]
        mean = self._model.mean_of(run.scene)
        return to_input(images[first : first + self.length], mean), mean

    def fixed(self, count: int) -> Iterator[Batch]:
        """Up to `count` whole-frame runs, evenly spread and the same each time."""
        places = np.linspace(0, self._bounds[-1] - 1, min(count, int(self._bounds[-1])))
        for place in places.astype(int):
            frames, mean = self._run(int(place))
            yield Batch(frames[None], mean[None, None])


def _widened(span: slice, margin: int, length: int, grid: int) -> tuple[slice, slice]:
    """A span with a margin on both sides, moved to lie inside the picture.

    Returns:
        The wider span in pixels, and where the span lies in it in positions of the code.
    """
    side = span.stop - span.start + 2 * margin
    first = min(max(span.start - margin, 0), length - side)
    inside = (span.start - first) // grid
    return slice(first, first + side), slice(inside, inside + (span.stop - span.start) // grid)


def moving_crop(
    frames: Tensor, side: int, grid: int, generator: np.random.Generator
) -> tuple[slice, slice]:
    """A square crop around a place where the picture differs from its mean; one in ten anywhere.

    Most of a fixed camera's picture never moves, and two cores cannot afford to learn it again
    in every step.

    Args:
        frames: (n, c, h, w), mean subtracted.
        side: of the crop in pixels.
        grid: the crop's corner lies on a multiple of this, so that pooling sees the same cells.
    """
    height, width = frames.shape[-2:]
    middle = frames[len(frames) // 2].abs().amax(0)
    rows, columns = torch.nonzero(middle > 0.08, as_tuple=True)
    if len(rows) == 0 or generator.random() < 0.1:
        corner = [
            int(generator.integers(height - side + 1)),
            int(generator.integers(width - side + 1)),
        ]
    else:
        place = int(generator.integers(len(rows)))
        shift = generator.integers(-side // 4, side // 4 + 1, 2)
        corner = [int(rows[place]) + int(shift[0]), int(columns[place]) + int(shift[1])]
        corner = [corner[0] - side // 2, corner[1] - side // 2]
    top = min(max(corner[0], 0), height - side) // grid * grid
    left = min(max(corner[1], 0), width - side) // grid * grid
    return slice(top, top + side), slice(left, left + side)
