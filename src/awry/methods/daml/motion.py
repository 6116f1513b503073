"""DAML's motion models: from a run of latent codes to the latent code of a future frame.

`Conv3D` is the paper's; `ConvLSTM` and `Autoregressive` are its alternatives (Table 5).

All of them share one interface: `forward` takes the codes of a run of frames and gives one
prediction for each window of `inputs` codes, so that overlapping windows share their work;
`start` and `step` do the same one code at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class MotionModel(nn.Module, ABC):
    """Predicts latent codes.

    Attributes:
        inputs: number k of codes that a prediction is made from.
        stride: frames from one of these codes to the next.
    """

    def __init__(self, inputs: int, stride: int) -> None:
        super().__init__()
        self.inputs = inputs
        self.stride = stride

    @property
    def span(self) -> int:
        """Frames that a window covers."""
        return (self.inputs - 1) * self.stride + 1

    @abstractmethod
    def forward(self, codes: Tensor) -> Tensor:
        """Predict from every window of a run.

        Args:
            codes: (runs, frames, channels, h, w), frames >= `span`.

        Returns:
            (runs, frames - span + 1, channels, h, w); entry i is made from the window that
            begins at frame i.
        """

    def start(self) -> Any:
        """The state of a stream before its first code."""
        return deque(maxlen=self.span)

    def step(self, state: Any, code: Tensor) -> Tensor | None:
        """Take the next code (channels, h, w); give the prediction (channels, h, w) if ready."""
        state.append(code)
        if len(state) < self.span:
            return None
        prediction: Tensor = self(torch.stack(list(state))[None])[0, -1]
        return prediction


class Activated(nn.Module):
    """A 3-D convolution with batch normalisation and LeakyReLU."""

    def __init__(self, convolution: nn.Conv3d, slope: float, epsilon: float) -> None:
        super().__init__()
        self.convolution = convolution
        self.norm = nn.BatchNorm3d(convolution.out_channels, eps=epsilon)
        self.activation = nn.LeakyReLU(slope)

    def forward(self, codes: Tensor) -> Tensor:
        """(n, channels, t, h, w) to the same with a shorter t."""
        activated: Tensor = self.activation(self.norm(self.convolution(codes)))
        return activated


class StridedConv3D(MotionModel):
    """3x3x3 convolutions, temporal stride 2, padding 1 in time: the paper's text.

    The padding stands at the window's ends, so windows share nothing.
    """

    def __init__(
        self, channels: int, inputs: int, stride: int, layers: int, slope: float, epsilon: float
    ) -> None:
        super().__init__(inputs, stride)
        self.layers = nn.Sequential(
            *(
                Activated(
                    nn.Conv3d(channels, channels, 3, (2, 1, 1), padding=1, bias=False),
                    slope,
                    epsilon,
                )
                for _ in range(layers)
            )
        )

    def forward(self, codes: Tensor) -> Tensor:
        """As `MotionModel.forward`."""
        windows = codes.unfold(1, self.span, 1)[..., :: self.stride]
        runs, count, channels, height, width, length = windows.shape
        stacked = windows.permute(0, 1, 2, 5, 3, 4).reshape(-1, channels, length, height, width)
        predicted = self.layers(stacked.contiguous(memory_format=torch.channels_last_3d))[:, :, -1]
        return predicted.reshape(runs, count, channels, height, width)


class PairedConv3D(MotionModel):
    """Convolutions of temporal kernel 2 and stride 2: the published code.

    Layer j joins two outputs of layer j - 1 that lie `stride * 2 ** j` frames apart. A window's
    tree of convolutions therefore shares all but one convolution a layer with the windows before
    it, and a temporal stride of 2 within a window is a temporal dilation along the run.

    With `inputs` below 2 ** layers the missing oldest codes are zeros, as padding would be.
    """

    def __init__(
        self, channels: int, inputs: int, stride: int, layers: int, slope: float, epsilon: float
    ) -> None:
        super().__init__(inputs, stride)
        self.missing = (2**layers - inputs) * stride
        self.layers = nn.ModuleList(
            Activated(
                nn.Conv3d(
                    channels,
                    channels,
                    (2, 3, 3),
                    padding=(0, 1, 1),
                    dilation=(stride * 2**layer, 1, 1),
                    bias=False,
                ),
                slope,
                epsilon,
            )
            for layer in range(layers)
        )

    def forward(self, codes: Tensor) -> Tensor:
        """As `MotionModel.forward`."""
        if self.missing:
            return self._padded(codes)
        stacked = codes.transpose(1, 2).contiguous(memory_format=torch.channels_last_3d)
        for layer in self.layers:
            stacked = layer(stacked)
        return stacked.transpose(1, 2)

    def _padded(self, codes: Tensor) -> Tensor:
        # Zeros stand in for the codes before each window, so windows cannot share.
        windows = codes.unfold(1, self.span, 1)
        runs, count, channels, height, width, _ = windows.shape
        stacked = windows.permute(0, 1, 2, 5, 3, 4).reshape(
            runs * count, channels, self.span, height, width
        )
        stacked = F.pad(stacked, (0, 0, 0, 0, self.missing, 0))
        for layer in self.layers:
            stacked = layer(stacked.contiguous(memory_format=torch.channels_last_3d))
        return stacked[:, :, -1].reshape(runs, count, channels, height, width)

    def start(self) -> Any:
        """The state of a stream: the recent inputs of each layer."""
        if self.missing:
            return super().start()
        return [deque[Tensor](maxlen=self.stride * 2**i + 1) for i in range(len(self.layers))]

    def step(self, state: Any, code: Tensor) -> Tensor | None:
        """As `MotionModel.step`, with one convolution a layer."""
        if self.missing:
            return super().step(state, code)
        for layer, recent in zip(self.layers, state, strict=True):
            recent.append(code)
            if len(recent) < recent.maxlen:
                return None
            code = self._pair(layer, recent[0], recent[-1])
        return code

    @staticmethod
    def _pair(layer: nn.Module, older: Tensor, newer: Tensor) -> Tensor:
        # The two taps lie side by side here, so the dilation is 1.
        activated = layer
        assert isinstance(activated, Activated)
        pair = torch.stack([older, newer], dim=1)[None]
        joined = F.conv3d(pair, activated.convolution.weight, padding=(0, 1, 1))
        out: Tensor = activated.activation(activated.norm(joined))
        return out[0, :, 0]


class ConvLSTM(MotionModel):
    """A convolutional LSTM over the window; its last hidden state, projected, is the prediction.

    Windows share nothing: each begins from a zero state, so that a score never depends on how
    long the stream has run.
    """

    def __init__(
        self, channels: int, inputs: int, stride: int, layers: int, slope: float, epsilon: float
    ) -> None:
        super().__init__(inputs, stride)
        self.gates = nn.ModuleList(
            nn.Conv2d(2 * channels, 4 * channels, 3, padding=1) for _ in range(layers)
        )
        self.last = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels, eps=epsilon),
            nn.LeakyReLU(slope),
        )

    def forward(self, codes: Tensor) -> Tensor:
        """As `MotionModel.forward`."""
        windows = codes.unfold(1, self.span, 1)[..., :: self.stride]
        runs, count, channels, height, width, length = windows.shape
        sequence = windows.permute(5, 0, 1, 2, 3, 4).reshape(length, -1, channels, height, width)
        for gates in self.gates:
            sequence = self._layer(gates, sequence)
        predicted: Tensor = self.last(sequence[-1])
        return predicted.reshape(runs, count, channels, height, width)

    @staticmethod
    def _layer(gates: nn.Module, sequence: Tensor) -> Tensor:
        hidden = torch.zeros_like(sequence[0])
        cell = torch.zeros_like(hidden)
        outputs = []
        for code in sequence:
            enter, forget, leave, new = gates(torch.cat([code, hidden], dim=1)).chunk(4, dim=1)
            cell = torch.sigmoid(forget + 1) * cell + torch.sigmoid(enter) * torch.tanh(new)
            hidden = torch.sigmoid(leave) * torch.tanh(cell)
            outputs.append(hidden)
        return torch.stack(outputs)


class Autoregressive(MotionModel):
    """Masked convolutions over the latent sequence, after Abati et al. 2019.

    A stack of convolutions that see, at every position in time, only codes at or before it, as
    many as it takes to see the whole window. Abati et al. estimate a
    density over binned values; here, as in DAML's Table 5, the layers predict the code itself
    and the squared error is the negative log-likelihood of a unit Gaussian, up to a constant.
    """

    def __init__(
        self, channels: int, inputs: int, stride: int, layers: int, slope: float, epsilon: float
    ) -> None:
        super().__init__(inputs, stride)
        self.layers = nn.ModuleList(
            Activated(
                nn.Conv3d(channels, channels, (2, 3, 3), padding=(0, 1, 1), bias=False),
                slope,
                epsilon,
            )
            for _ in range(inputs - 1)
        )

    def forward(self, codes: Tensor) -> Tensor:
        """As `MotionModel.forward`."""
        parts = [codes[:, offset :: self.stride] for offset in range(self.stride)]
        # A part too short for a window (of a run just one window long, say) begins none.
        predicted = [self._causal(part) for part in parts if part.shape[1] >= self.inputs]
        count = codes.shape[1] - self.span + 1
        # Frame i begins the window number i // stride of the part i % stride.
        order = [predicted[i % self.stride][:, i // self.stride] for i in range(count)]
        return torch.stack(order, dim=1)

    def _causal(self, codes: Tensor) -> Tensor:
        stacked = codes.transpose(1, 2).contiguous(memory_format=torch.channels_last_3d)
        for layer in self.layers:
            stacked = layer(stacked)
        return stacked.transpose(1, 2)


MOTION_MODELS = {"convlstm": ConvLSTM, "autoregressive": Autoregressive}


def motion_model(
    kind: str,
    channels: int,
    inputs: int,
    *,
    stride: int,
    layers: int,
    temporal_kernel: int,
    slope: float,
    epsilon: float,
) -> MotionModel:
    """Make a motion model by name: `conv3d`, `convlstm` or `autoregressive`."""
    if kind == "conv3d":
        built = PairedConv3D if temporal_kernel == 2 else StridedConv3D
        return built(channels, inputs, stride, layers, slope, epsilon)
    return MOTION_MODELS[kind](channels, inputs, stride, layers, slope, epsilon)
