"""DAML's training batches: stretches of consecutive frames, cropped to moving places."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awry.devices import PROCESSOR, Compute
from awry.errors import FootageError
from awry.methods.daml.config import DAMLConfig
from awry.methods.daml.network import DAMLModel, to_input
from awry.training.footage import Run
from awry.training.loop import Step

ENCODED_AT_ONCE = 32

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RunBatch:
    """What one step trains on.

    Attributes:
        frames: (runs, frames, c, h, w), mean subtracted; on the device that it was drawn for.
        mean: (runs, 1, c, h, w), the mean pictures that go with them.
        spaced: False: consecutive frames, with many windows. True: the inputs of one window, and
            the frame to be predicted.
    """

    frames: Tensor
    mean: Tensor
    spaced: bool = False


class Batches:
    """Draws stretches of consecutive frames from the footage, or single windows.

    Attributes:
        length: frames of a stretch.
        spaced: stretches are single windows, of which only the inputs and the predicted frame
            are taken.
        starts: number of frames where a stretch can begin, of each of `clips`.
        total: of all of them.
        clips: the sampled frames (n, h, w, c) of each run that is drawn from, and its mean
            picture on the processor; where `mirrored`, all of them once more as in a mirror.

    Args:
        runs: what to draw from; runs shorter than one window are left out.
        model: for the mean pictures.
        config: run length, crop and so on.
        compute: where batches come.
        pairs: draw `config.pairs` stretches that hold one frame to be reconstructed (two frames,
            as a rule) instead of `config.windows` windows, or `config.batch_runs` stretches of
            `config.run_length`.
        mirrored: draw as often from the runs as in a mirror.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        model: DAMLModel,
        config: DAMLConfig,
        compute: Compute = PROCESSOR,
        *,
        pairs: bool = False,
        mirrored: bool = False,
    ) -> None:
        self._config = config
        self.compute = compute
        self.spaced = bool(config.windows) and not pairs
        self._count = config.pairs if pairs else config.windows or config.batch_runs
        every = config.subsample
        firsts = range(every if config.interleaved else 1)
        self._runs = [(run, run.images[first::every]) for run in runs for first in firsts]
        self._runs = [(run, images) for run, images in self._runs if len(images) >= config.window]
        if not self._runs:
            raise FootageError(
                f"No training clip has the {config.window * config.subsample} consecutive frames "
                "that one window needs. Give longer clips, or lower --set inputs=... or ahead=..."
            )
        shortest = min(len(images) for _, images in self._runs)
        self._sample = max(2, config.skip_back + 1) if pairs else config.window
        self.clips = [(images, model.mean_of(run.scene)) for run, images in self._runs]
        if mirrored:
            scenes = {run.scene for run, _ in self._runs}
            means = {scene: model.mean_of(scene).flip(-1) for scene in scenes}
            self.clips += [(images[:, :, ::-1], means[run.scene]) for run, images in self._runs]
        self.length = self._sample if self.spaced or pairs else min(config.run_length, shortest)
        self.starts = [len(images) - self.length + 1 for images, _ in self.clips]
        self._bounds = np.cumsum(self.starts)
        self.total = int(self._bounds[-1])
        self._means: dict[tuple[str, bool], Tensor] = {}

    @property
    def steps(self) -> int:
        """Steps of one pass over the footage, see `DAMLConfig.one_pass`."""
        lengths = [len(images) for images, _ in self.clips]
        if self._config.one_pass == "frames":
            return max(1, round(sum(lengths) / (self.length * self._count)))
        there = sum(length - self._sample + 1 for length in lengths)
        return max(1, there // ((self.length - self._sample + 1) * self._count))

    def places(
        self, generator: np.random.Generator, numbers: Sequence[int] | None = None
    ) -> list[tuple[int, int]]:
        """Where one step's stretches begin: position in `clips`, and first frame.

        Args:
            generator: draws them.
            numbers: in 0 to `total` - 1, of the places to take instead.
        """
        if numbers is None:
            numbers = [int(generator.integers(self.total)) for _ in range(self._count)]
        return [self._place(number) for number in numbers]

    def share(self, generator: np.random.Generator, step: int) -> list[int]:
        """The places of a step of an epoch that takes each once, in the generator's order.

        Args:
            generator: the same in all of the epoch's steps.
            step: from 0; after the last place it begins again.
        """
        order = generator.permutation(self.total)
        mine = np.arange(step * self._count, (step + 1) * self._count) % self.total
        return [int(number) for number in order[mine]]

    def _place(self, number: int) -> tuple[int, int]:
        clip = int(np.searchsorted(self._bounds, number, side="right"))
        return clip, number - (int(self._bounds[clip - 1]) if clip else 0)

    def crop(self, place: tuple[int, int], generator: np.random.Generator) -> tuple[slice, slice]:
        """Rows and columns of a stretch that are trained on, in pixels; all without a crop."""
        if not self._config.crop:
            return slice(None), slice(None)
        images, mean = self.clips[place[0]]
        middle = place[1] + self.length // 2
        frame = to_input(torch.from_numpy(np.array(images[middle], order="C")), mean)
        return moving_crop(frame, self._config.crop, self._config.factor, generator)

    def cut(
        self, step: Step, numbers: Sequence[int] | None = None
    ) -> Sequence[tuple[tuple[int, int], tuple[slice, slice]]]:
        """Places and crops of a step's stretches, of those that this process takes."""
        places = self.places(step.generator, numbers)
        return step.mine([(place, self.crop(place, step.generator)) for place in places])

    def draw(self, step: Step, numbers: Sequence[int] | None = None) -> RunBatch:
        """Stretches for one step, as `places` says; cropped where the config says so."""
        images, means = [], []
        for place, (rows, columns) in self.cut(step, numbers):
            images.append(self._stretch(place)[:, rows, columns])
            means.append(self._mean(place)[None, :, rows, columns])
        mean = torch.stack(means)
        frames = to_input(self.compute.put(np.stack(images)), mean)
        return RunBatch(frames, mean, self.spaced)

    def _stretch(self, place: tuple[int, int]) -> NDArray[np.uint8]:
        """The frames (frames, H, W, c) that begin at a place."""
        images, _ = self.clips[place[0]]
        stretch = images[place[1] : place[1] + self.length]
        if self.spaced:
            config = self._config
            inputs = range(0, config.inputs * config.input_stride, config.input_stride)
            stretch = stretch[[*inputs, self.length - 1]]
        return stretch

    def _mean(self, place: tuple[int, int]) -> Tensor:
        """The mean picture (c, H, W) of a place's clip, on the device, where it stays."""
        key = self.run(place[0]).scene, place[0] >= len(self._runs)
        if key not in self._means:
            self._means[key] = self.compute.put(self.clips[place[0]][1])
        return self._means[key]

    def run(self, clip: int) -> Run:
        """The run that one of `clips` was sampled from."""
        return self._runs[clip % len(self._runs)][0]

    def whole(self, place: tuple[int, int]) -> RunBatch:
        """The stretch that begins at a place, in whole frames."""
        mean = self._mean(place)
        frames = to_input(self.compute.put(self._stretch(place)), mean)
        return RunBatch(frames[None], mean[None, None], self.spaced)

    def fixed(self, count: int) -> Iterator[RunBatch]:
        """Up to `count` whole-frame stretches, evenly spread and the same each time."""
        for number in evenly(range(self.total), count):
            yield self.whole(self._place(number))


class Codes:
    """The codes of whole frames under an encoder that stands still, kept on disk.

    Each frame is encoded once instead of once a step, and a crop of its code is free of the
    border that a crop of the picture would have.

    Args:
        batches: says which stretches are drawn.
        model: its encoder is used as it is at the first draw.
        file: is written there, float16.
    """

    def __init__(self, batches: Batches, model: DAMLModel, file: Path) -> None:
        self._batches = batches
        self._model = model
        self._file = file
        self._codes: list[NDArray[np.float16]] = []

    @staticmethod
    def gib(batches: Batches, model: DAMLModel) -> float:
        """How large the file would be."""
        frames = sum(len(images) for images, _ in batches.clips)
        return 2 * frames * math.prod(_code_shape(batches, model)) / 2**30

    def draw(self, step: Step, numbers: Sequence[int] | None = None) -> Tensor:
        """Stretches for one step, as `Batches.draw`, on the batches' device.

        Returns:
            float32 (runs, frames, channels, h, w), of consecutive frames.
        """
        if not self._codes:
            self._encode(step.share)
        factor = self._model.config.factor
        drawn = []
        for (clip, first), crop in self._batches.cut(step, numbers):
            rows, columns = (_smaller(part, factor) for part in crop)
            codes = self._codes[clip][first : first + self._batches.length, :, rows, columns]
            drawn.append(codes)
        return self._batches.compute.put(np.stack(drawn)).float()

    def _encode(self, share: int) -> None:
        clips = self._batches.clips
        lengths = [len(images) for images, _ in clips]
        shape = (sum(lengths), *_code_shape(self._batches, self._model))
        self._file.parent.mkdir(parents=True, exist_ok=True)
        # Of several processes each keeps its own file: what one writes another may read too early.
        file = self._file if share == 0 else self._file.with_name(f"{self._file.name}.{share}")
        every = np.memmap(file, np.float16, "w+", shape=shape)
        codes = np.split(every, np.cumsum(lengths)[:-1])
        compute = self._batches.compute
        # In full: each code is rounded once, to what is kept.
        with torch.inference_mode(), compute.exact():
            for (images, own), place in zip(clips, codes, strict=True):
                mean = compute.put(own)
                for first in range(0, len(images), ENCODED_AT_ONCE):
                    piece = slice(first, first + ENCODED_AT_ONCE)
                    frames = to_input(compute.put(images[piece]), mean)
                    latent = self._model.encode(frames)[-1]
                    place[piece] = compute.array(latent).astype(np.float16)
        self._codes = codes


def evenly(items: Sequence[T], count: int) -> list[T]:
    """Up to `count` of them, evenly spread, the first and the last among them."""
    places = np.linspace(0, len(items) - 1, min(count, len(items)))
    return [items[int(place)] for place in places]


def _code_shape(batches: Batches, model: DAMLModel) -> tuple[int, int, int]:
    config = model.config
    height, width = batches.clips[0][0].shape[1:3]
    channels = min(config.channels * 2 ** (config.blocks - 1), config.max_channels)
    return channels, height // config.factor, width // config.factor


def _smaller(part: slice, factor: int) -> slice:
    """Pixels to positions of the code."""
    if part.start is None:
        return part
    return slice(part.start // factor, part.stop // factor)


def moving_crop(
    frame: Tensor, side: int, grid: int, generator: np.random.Generator
) -> tuple[slice, slice]:
    """A square crop around a place where the picture differs from its mean; one in ten anywhere.

    Most of a fixed camera's picture never moves, and two cores cannot afford to learn it again
    in every step.

    Args:
        frame: (c, h, w), mean subtracted.
        side: of the crop in pixels.
        grid: the crop's corner lies on a multiple of this, so that pooling sees the same cells.
    """
    height, width = frame.shape[-2:]
    rows, columns = torch.nonzero(frame.abs().amax(0) > 0.08, as_tuple=True)
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
