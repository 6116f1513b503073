"""Stacks of consecutive frames: what auto-encoders over several frames learn from, and judge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor

from awry.devices import PROCESSOR, Compute
from awry.errors import FootageError
from awry.methods.base import MethodConfig
from awry.progress import Reporter
from awry.training.footage import Footage, Run
from awry.training.loop import Step
from awry.training.scale import FootageScale, measure_scale
from awry.video.pictures import Pictures, working_size

HEIGHT, MOST_HEIGHT = 128, 256
LEAST_SIDE = 12.0
"""Pixels of the networks' pictures that a typical object should have along its longer side."""
MEASURED_HEIGHT = 480
"""Objects are measured in pictures that are at most so high."""
STEP_SECONDS = 0.1
"""Between two frames of a stack, where the footage decides."""


class StackConfig(MethodConfig):
    """Settings of a network that takes a stack of frames and gives frames."""

    factor: ClassVar[int] = 1
    """Sides of the pictures are multiples of it."""

    height: int = Field(
        256,
        ge=0,
        description="of the pictures; 0: 128, and more where a typical object would be shorter "
        "than 12 pixels",
    )
    width: int | None = Field(None, ge=16, description="None: by the frames' aspect ratio")
    grey: bool | None = Field(None, description="one channel; None: where the footage is grey")
    frames: int = Field(4, ge=2, description="that the network is given at once")
    stride: int = Field(
        1, ge=0, description="frames from one of them to the next; 0: about 0.1 seconds"
    )

    epochs: int = Field(50, ge=0)
    steps: int | None = Field(None, ge=1, description="steps an epoch; None: one whole pass")
    batch: int = Field(4, ge=1, description="stacks in one step")
    learning_rate: float = Field(1e-4, gt=0)
    decay: Literal["none", "cosine"] = Field(
        "none", description="of the learning rate: to 5 % over the fit, or not at all"
    )

    score: Literal["frame", "peak"] = Field(
        "frame", description="by the whole frame's error, or the highest error of a box in it"
    )
    box: int = Field(
        0,
        ge=0,
        description="the anomaly map, and with it `peak`, is averaged over boxes of this side, in "
        "pixels of the map; 1: not; 0: as long as a typical object",
    )

    @model_validator(mode="after")
    def _fits(self) -> StackConfig:
        if 0 < self.height < 16:
            raise ValueError("height must be 16 or more, or 0")
        if self.height % self.factor or (self.width or 0) % self.factor:
            raise ValueError(f"height and width must be multiples of {self.factor}")
        return self

    @property
    def colours(self) -> int:
        """Channels of a picture."""
        return 1 if self.grey else 3

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of the pictures, once settled."""
        assert self.width is not None
        return self.height, self.width

    @property
    def window(self) -> int:
        """Frames of a window: those given to the network and those compared with its answer."""
        return self.frames

    @property
    def place(self) -> int:
        """Number of the judged frame within the window."""
        return self.window - 1

    @property
    def answer(self) -> int:
        """Number of the judged frame within the network's answer."""
        return self.place

    @property
    def span(self) -> int:
        """Frames of a stream from a window's first to its last, both included."""
        return (self.window - 1) * self.stride + 1

    @property
    def multiples(self) -> tuple[int, ...]:
        """Multiples of the stride that windows are learned from with."""
        return (1,)


class ReconstructionConfig(StackConfig):
    """Settings where the network gives back the frames that it was given."""

    judged: Literal["last", "middle"] = Field(
        "last",
        description="frame of the stack whose error is its score; middle: needs later frames",
    )

    @property
    def place(self) -> int:
        """As `StackConfig.place`."""
        return self.frames - 1 if self.judged == "last" else self.frames // 2


def by_footage(
    config: StackConfig, footage: Footage, reporter: Reporter
) -> tuple[dict[str, Any], list[str]]:
    """What the settings leave to the footage, and sentences that say what was chosen.

    Raises:
        FootageError: as `Footage.runs`.
    """
    grey = footage.is_grey() if config.grey is None else config.grey
    settled: dict[str, Any] = {"grey": grey}
    notes = []
    if not (config.height and config.stride and config.box):
        size = working_size(footage.frame_size(), MEASURED_HEIGHT)
        scale = measure_scale(footage, None, reporter, size=size, grey=grey)
        settled |= settled_by(config, scale)
        notes.append(f"{scale.words()}. {_reasons(scale, settled)}")
    height, width = footage.frame_size()
    by_aspect = settled.get("height", config.height) * width / height
    settled["width"] = config.width or max(16, nearest_multiple(by_aspect, config.factor))
    return settled, notes


def settled_by(config: StackConfig, scale: FootageScale) -> dict[str, int]:
    """The settings that follow from the size of objects and from the frame rate."""
    height = config.height or scale.height_for(LEAST_SIDE, HEIGHT, MOST_HEIGHT)
    height = math.ceil(height / config.factor) * config.factor
    side = scale.side_at(height) or LEAST_SIDE
    return {
        "height": height,
        "stride": config.stride or scale.frames(STEP_SECONDS),
        "box": config.box or max(1, int(side)) // 2 * 2 + 1,
    }


def nearest_multiple(value: float, factor: int) -> int:
    """The multiple of a factor that is nearest to a value, at least one.

    >>> nearest_multiple(191.6, 16), nearest_multiple(191.6, 1), nearest_multiple(3, 16)
    (192, 192, 16)
    """
    return max(1, round(value / factor)) * factor


def _reasons(scale: FootageScale, settled: dict[str, Any]) -> str:
    """What was chosen, in words."""
    return (
        f"So pictures are {settled['height']} pixels high, frames of a stack are "
        f"{settled['stride'] / scale.fps:.2g} s apart, and error maps are averaged over boxes of "
        f"{settled['box']} pixels."
    )


def to_input(images: Tensor) -> Tensor:
    """Pictures (..., h, w, c), uint8, as float32 (..., c, h, w) in [0, 1], where they are."""
    return images.float().movedim(-1, -3).div_(255)


class Windows:
    """Windows of the footage, each of frames that lie `stride` apart.

    Args:
        runs: stretches of footage; those shorter than one window are left out.
        config: settled.
        compute: where windows come.

    Raises:
        FootageError: all are shorter.
    """

    def __init__(
        self, runs: Sequence[Run], config: StackConfig, compute: Compute = PROCESSOR
    ) -> None:
        self._config = config
        self._compute = compute
        strides = [config.stride * multiple for multiple in config.multiples]
        pairs = [(run.images, stride) for run in runs for stride in strides]
        places = [len(images) - (config.window - 1) * stride for images, stride in pairs]
        self._sources = [pair for pair, count in zip(pairs, places, strict=True) if count > 0]
        if not self._sources:
            raise FootageError(
                f"No training clip has the {config.span} consecutive frames that one window "
                "needs. Give longer clips, or lower --set frames=... or stride=..."
            )
        self._bounds = np.cumsum([count for count in places if count > 0])

    def __len__(self) -> int:
        return int(self._bounds[-1])

    @property
    def steps(self) -> int:
        """Steps of one pass over the windows."""
        return max(1, round(len(self) / self._config.batch))

    def draw(self, step: Step) -> Tensor:
        """Random windows for one step, float32 (batch, window, c, h, w) in [0, 1].

        Where several processes share the step, this one's part of the batch.
        """
        chance, batch = step.generator, self._config.batch
        return self.at(step.mine([int(chance.integers(len(self))) for _ in range(batch)]))

    def spread(self, most: int) -> list[int]:
        """Numbers of windows, evenly spread and the same each time."""
        return [int(n) for n in np.linspace(0, len(self) - 1, min(most, len(self)))]

    def at(self, numbers: Sequence[int]) -> Tensor:
        """Windows by their numbers, float32 (n, window, c, h, w) in [0, 1]."""
        images = self._compute.put(np.stack([self._window(number) for number in numbers]))
        return torch.stack([to_input(window) for window in images])

    def _window(self, number: int) -> Pictures:
        source = int(np.searchsorted(self._bounds, number, side="right"))
        first = number - (int(self._bounds[source - 1]) if source else 0)
        images, stride = self._sources[source]
        return images[first : first + (self._config.window - 1) * stride + 1 : stride]
