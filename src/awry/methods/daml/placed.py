"""A fitted DAML where it scores: its networks on the device, whose answers stay there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from awry.devices import PROCESSOR, Compute
from awry.methods.daml.motion import MotionStream
from awry.methods.daml.network import DAMLModel, motion_name
from awry.methods.graphs import Network, resident


class Placed:
    """A fitted model's networks; one serves all scorers. Tensors are where `compute` says.

    Args:
        model: fitted.
        compute: where its own networks run.
        networks: what answers for each of the model's graphs, from and to the processor, where
            the rest then runs too; None: they themselves.

    Attributes:
        fitted: the model, which stays on the processor.
    """

    def __init__(
        self,
        model: DAMLModel,
        compute: Compute = PROCESSOR,
        networks: Mapping[str, Network] | None = None,
    ) -> None:
        self.fitted = model.eval()
        self._elsewhere = networks is not None
        self.compute = PROCESSOR if self._elsewhere else compute
        self._networks = networks or resident(model.graphs(), compute)

    @cached_property
    def _model(self) -> DAMLModel:
        """With the decoder, and all feature maps of the encoder."""
        return self.compute.copy_of(self.fitted)

    def stream(self) -> MotionStream:
        """Predicts from the codes of one stream."""
        taps = self.fitted.motion.taps
        motion = [self._networks[motion_name(number)] for number in range(len(taps))]
        return MotionStream(taps, motion)

    def encode(
        self, frames: Sequence[NDArray[np.float32]], *, skips: bool
    ) -> tuple[Tensor, list[Tensor]]:
        """Pictures (n, c, H, W) less the mean picture, and their feature maps, the code last.

        Args:
            frames: each (c, H, W), on the processor.
            skips: whether the decoder will ask for more than the code.
        """
        inputs = self.compute.put(np.stack(frames))
        features: list[Tensor] = []
        if skips:
            with self.compute.rounding():
                features = self._model.encode(inputs)
            features[-1] = features[-1].float()
        if not skips or self._elsewhere:  # only the decoder's skips stay in PyTorch
            features = [*features[:-1], *self._networks["encoder"](inputs)]
        return inputs, features

    def predicted(self, codes: Tensor) -> Tensor:
        """The code (channels, h, w) that follows the last of consecutive codes (n, ...)."""
        motion = self._model.motion
        with self.compute.rounding():
            return motion.code(motion(codes[None])[0])[-1].float()

    def decode(self, codes: Tensor, features: Sequence[Tensor]) -> Tensor:
        """Frames (n, c, H, W), float32, from codes, each with an earlier frame's features."""
        with self.compute.rounding():
            return self._model.decode(codes, list(features)).float()
