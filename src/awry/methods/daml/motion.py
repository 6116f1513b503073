"""DAML's motion models: from a run of latent codes to the latent code of a future frame.

`Conv3D` is the paper's; `ConvLSTM` and `Autoregressive` are its alternatives (Table 5).

All of them share one interface: `forward` takes the codes of a run of frames and gives one
prediction for each window of `inputs` codes, so that overlapping windows share their work;
`stages` and `MotionStream` do the same for a stream, whose codes come a few at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from awry.methods.folding import normalised
from awry.methods.graphs import Network


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

    def forward(self, codes: Tensor) -> Tensor:
        """Predict from every window of a run.

        Args:
            codes: (runs, frames, channels, h, w), frames >= `span`.

        Returns:
            (runs, frames - span + 1, channels, h, w); entry i is made from the window that
            begins at frame i.
        """
        windows = codes.unfold(1, self.span, 1)[..., :: self.stride].permute(0, 1, 5, 2, 3, 4)
        predicted = self.of_windows(windows.flatten(0, 1))
        return predicted.unflatten(0, (windows.shape[0], windows.shape[1]))

    @abstractmethod
    def of_windows(self, windows: Tensor) -> Tensor:
        """Predictions (n, channels, h, w) from windows (n, inputs, channels, h, w)."""

    @property
    def taps(self) -> list[tuple[int, ...]]:
        """What each stage of a stream sees: frames after a window's first one, ascending from 0."""
        return [tuple(range(0, self.span, self.stride))]

    def stages(self) -> list[nn.Module]:
        """How a stream is predicted from, with as little work a frame as the model allows.

        Each stage leads from (n, taps, channels, h, w) to (n, channels, h, w), the maps that the
        next one sees.
        """
        return [_OfWindows(self)]


class _OfWindows(nn.Module):
    def __init__(self, model: MotionModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, windows: Tensor) -> Tensor:
        return self.model.of_windows(windows)


class MotionStream:
    """Predicts from a stream of codes.

    Args:
        taps: of the motion model.
        networks: what answers for each of its stages.
    """

    def __init__(self, taps: Sequence[tuple[int, ...]], networks: Sequence[Network]) -> None:
        self._stages = list(zip(taps, networks, strict=True))
        self._tails: list[Tensor | None] = [None] * len(taps)

    def push(self, codes: Tensor) -> list[Tensor | None]:
        """Take the next codes (n, channels, h, w); for each the prediction that it completes."""
        pushed, maps = len(codes), codes
        for number, (taps, network) in enumerate(self._stages):
            tail = self._tails[number]
            known = maps if tail is None else torch.cat([tail, maps])
            count = len(known) - taps[-1]
            self._tails[number] = known[max(0, count) :]
            if count <= 0:
                return [None] * pushed
            windows = torch.stack([known[tap : tap + count] for tap in taps], 1)
            (maps,) = network(windows)
        return [None] * (pushed - len(maps)) + list(maps)


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

    def of_windows(self, windows: Tensor) -> Tensor:
        """As `MotionModel.of_windows`."""
        stacked = windows.transpose(1, 2).contiguous(memory_format=torch.channels_last_3d)
        predicted: Tensor = self.layers(stacked)[:, :, -1]
        return predicted


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
        self.missing = 2**layers - inputs
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
        if self.missing:  # zeros stand in for codes before each window: windows share nothing
            return super().forward(codes)
        stacked = codes.transpose(1, 2).contiguous(memory_format=torch.channels_last_3d)
        for layer in self.layers:
            stacked = layer(stacked)
        return stacked.transpose(1, 2)

    def of_windows(self, windows: Tensor) -> Tensor:
        """As `MotionModel.of_windows`."""
        maps = F.pad(windows, (0, 0, 0, 0, 0, 0, self.missing, 0))
        for layer in self.layers:
            pairs = maps.unflatten(1, (-1, 2))
            maps = _PairedLayer(layer)(pairs.flatten(0, 1)).unflatten(0, pairs.shape[:2])
        return maps[:, 0]

    @property
    def taps(self) -> list[tuple[int, ...]]:
        """As `MotionModel.taps`: each layer joins its newest map with an older one."""
        if self.missing:
            return super().taps
        return [(0, self.stride * 2**number) for number in range(len(self.layers))]

    def stages(self) -> list[nn.Module]:
        """As `MotionModel.stages`: a window needs one new convolution a layer."""
        if self.missing:
            return super().stages()
        with torch.no_grad():
            return [_PairedLayer(layer) for layer in self.layers]


class _PairedLayer(nn.Module):
    """A layer of temporal kernel 2 on pairs of maps: a 2-D convolution of both side by side."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        assert isinstance(layer, Activated)
        self.activation, self.norm = layer.activation, layer.norm
        # (out, in, 2, 3, 3) -> (out, 2 in, 3, 3)
        weight = layer.convolution.weight.transpose(1, 2).flatten(1, 2)
        self.weight = weight.contiguous(memory_format=torch.channels_last)

    def forward(self, pairs: Tensor) -> Tensor:
        """(n, 2, channels, h, w), the older first, to (n, channels, h, w)."""
        both = pairs.flatten(1, 2).contiguous(memory_format=torch.channels_last)
        joined = F.conv2d(both, self.weight, padding=1)
        norm = self.norm
        if norm.training:
            normal = norm(joined[:, :, None])[:, :, 0]
        else:  # without a third axis runtimes melt it into the convolution
            mean, variance = norm.running_mean, norm.running_var
            normal = F.batch_norm(joined, mean, variance, norm.weight, norm.bias, eps=norm.eps)
        output: Tensor = self.activation(normal)
        return output

    def folded(self) -> nn.Module:
        """As `Foldable.folded`."""
        outputs, inputs = self.weight.shape[:2]
        joining = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False).eval()
        joining.weight = nn.Parameter(self.weight)
        fused = normalised(joining, self.norm)
        return nn.Sequential(nn.Flatten(1, 2), fused, self.activation)


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

    def of_windows(self, windows: Tensor) -> Tensor:
        """As `MotionModel.of_windows`."""
        sequence = windows.transpose(0, 1)
        for gates in self.gates:
            sequence = self._layer(gates, sequence)
        predicted: Tensor = self.last(sequence[-1])
        return predicted

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

    def of_windows(self, windows: Tensor) -> Tensor:
        """As `MotionModel.of_windows`."""
        return self._causal(windows)[:, 0]

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
