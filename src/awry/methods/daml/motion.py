"""DAML's motion models: from a run of latent codes to the latent code of a future frame.

Strided or paired 3-D convolutions are the paper's; `ConvLSTM`, and `Autoregressive` with
`BinnedAutoregressive`, are its alternatives (Table 5).

All of them share one interface: `forward` takes the codes of a run of frames and gives one
prediction for each window of `inputs` codes, so that overlapping windows share their work;
`stages` and `MotionStream` do the same for a stream, whose codes come a few at a time. What
`forward` gives are codes, but for `BinnedAutoregressive`: `code` makes codes of it, `loss` compares
it with the observed ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from awry.devices import in_full
from awry.methods.daml.losses import squared_error
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

    def code(self, predicted: Tensor) -> Tensor:
        """The codes (n, channels, h, w) that predictions stand for."""
        return predicted

    def loss(self, predicted: Tensor, observed: Tensor) -> Tensor:
        """DAML eq. 1, prediction term: summed over a code's elements, averaged over codes.

        Args:
            predicted: what `of_windows` gave.
            observed: (n, channels, h, w).
        """
        return squared_error(predicted, observed)

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
        return self.model.code(self.model.of_windows(windows))


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
    """A 3-D convolution with batch normalisation and LeakyReLU, or tanh."""

    def __init__(
        self, convolution: nn.Conv3d, slope: float, epsilon: float, *, tanh: bool = False
    ) -> None:
        super().__init__()
        self.convolution = convolution
        self.norm = nn.BatchNorm3d(convolution.out_channels, eps=epsilon)
        self.activation: nn.Module = nn.Tanh() if tanh else nn.LeakyReLU(slope)

    def forward(self, codes: Tensor) -> Tensor:
        """(n, channels, t, h, w) to the same with a shorter t."""
        activated: Tensor = self.activation(self.norm(self.convolution(codes)))
        return activated


class StridedConv3D(MotionModel):
    """3x3x3 convolutions, temporal stride 2, padding 1 in time: the paper's text.

    The padding stands at the window's ends, so windows share nothing.
    """

    def __init__(
        self,
        channels: int,
        inputs: int,
        stride: int,
        layers: int,
        slope: float,
        epsilon: float,
        *,
        tanh: bool = False,
    ) -> None:
        super().__init__(inputs, stride)
        self.layers = nn.Sequential(
            *(
                Activated(
                    nn.Conv3d(channels, channels, 3, (2, 1, 1), padding=1, bias=False),
                    slope,
                    epsilon,
                    tanh=tanh and layer == layers - 1,
                )
                for layer in range(layers)
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

    With `inputs` below 2 ** layers windows are padded and share nothing. `before`: the missing
    oldest codes are zeros. `after`: a layer that is given an odd number of maps gets one of zeros
    after them, which is the published code's padding.
    """

    def __init__(
        self,
        channels: int,
        inputs: int,
        stride: int,
        layers: int,
        slope: float,
        epsilon: float,
        *,
        tanh: bool = False,
        padding: str = "before",
    ) -> None:
        super().__init__(inputs, stride)
        self.missing = 2**layers - inputs
        self.padding = padding
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
                tanh=tanh and layer == layers - 1,
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
        maps = windows
        if self.padding == "before":
            maps = F.pad(windows, (0, 0, 0, 0, 0, 0, self.missing, 0))
        for layer in self.layers:
            if maps.shape[1] % 2:
                maps = F.pad(maps, (0, 0, 0, 0, 0, 0, 0, 1))
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
        self,
        channels: int,
        inputs: int,
        stride: int,
        layers: int,
        slope: float,
        epsilon: float,
        *,
        tanh: bool = False,
    ) -> None:
        super().__init__(inputs, stride)
        self.gates = nn.ModuleList(
            nn.Conv2d(2 * channels, 4 * channels, 3, padding=1) for _ in range(layers)
        )
        self.last = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels, eps=epsilon),
            nn.Tanh() if tanh else nn.LeakyReLU(slope),
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
    """Masked convolutions over the latent sequence, of the kind of Abati et al. 2019.

    A stack of convolutions that see, at every position in time, only codes at or before it, as
    many as it takes to see the whole window. They predict the code itself: no density is
    estimated. `BinnedAutoregressive` estimates one.
    """

    def __init__(
        self,
        channels: int,
        inputs: int,
        stride: int,
        layers: int,
        slope: float,
        epsilon: float,
        *,
        tanh: bool = False,
    ) -> None:
        super().__init__(inputs, stride)
        self.layers = nn.ModuleList(
            Activated(
                nn.Conv3d(channels, channels, (2, 3, 3), padding=(0, 1, 1), bias=False),
                slope,
                epsilon,
                tanh=tanh and layer == inputs - 2,
            )
            for layer in range(inputs - 1)
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


class BinnedAutoregressive(Autoregressive):
    """Estimates a density of each element of the future code, as Abati et al. 2019 do.

    The range of tanh, -1 to 1, is cut into bins. After the masked convolutions a 1x1 convolution
    gives each element of the code a logit for each bin, and the loss is the cross-entropy of the
    bins that were observed. Given the window, elements are independent: unlike the density that
    Abati et al. estimate, nothing is conditioned on elements of the code that is being predicted,
    since that code is not known yet. The mean of the density is the predicted code.

    Args:
        bins: of the density, 2 or more.
    """

    def __init__(
        self,
        channels: int,
        inputs: int,
        stride: int,
        layers: int,
        slope: float,
        epsilon: float,
        *,
        bins: int,
    ) -> None:
        super().__init__(channels, inputs, stride, layers, slope, epsilon)
        self.bins = bins
        self.logits = nn.Conv3d(channels, bins * channels, 1)

    def _causal(self, codes: Tensor) -> Tensor:
        """Logits (n, times, bins * channels, h, w), an element's bins far apart."""
        hidden = super()._causal(codes)
        logits: Tensor = self.logits(hidden.transpose(1, 2)).transpose(1, 2)
        return logits

    def code(self, predicted: Tensor) -> Tensor:
        """As `MotionModel.code`: the mean of each element's density."""
        middles = (torch.arange(self.bins, device=predicted.device) + 0.5) * (2 / self.bins) - 1
        with in_full(predicted):  # a density of 16 bits does not sum up to 1
            density = predicted.float().unflatten(1, (self.bins, -1)).softmax(1)
            return torch.einsum("nbchw,b->nchw", density, middles.to(density.dtype))

    def loss(self, predicted: Tensor, observed: Tensor) -> Tensor:
        """As `MotionModel.loss`: the negative log-likelihood of the observed bins.

        No gradient reaches the observed codes.
        """
        shares = (observed.float() + 1) * (self.bins / 2)
        found = shares.floor().long().clamp(0, self.bins - 1)
        logits = predicted.float().unflatten(1, (self.bins, -1))
        return F.cross_entropy(logits, found, reduction="none").flatten(1).sum(1).mean()


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
    tanh: bool = False,
    padding: str = "before",
    bins: int = 0,
) -> MotionModel:
    """Make a motion model by name: `conv3d`, `convlstm` or `autoregressive`.

    Args:
        tanh: the last activation is tanh; not where there are bins.
        padding: of `conv3d` with kernel 2, `before` or `after`.
        bins: of `autoregressive`; 0: it predicts the code itself.
    """
    shape = (channels, inputs, stride, layers, slope, epsilon)
    if kind == "conv3d":
        if temporal_kernel == 2:
            return PairedConv3D(*shape, tanh=tanh, padding=padding)
        return StridedConv3D(*shape, tanh=tanh)
    if kind == "convlstm":
        return ConvLSTM(*shape, tanh=tanh)
    return BinnedAutoregressive(*shape, bins=bins) if bins else Autoregressive(*shape, tanh=tanh)
