"""SSMTL's networks (section 3.2, Table 1): a shared 3-D trunk and a head for each proxy task.

The model holds one network for each stream, with the statistics of its scores.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from awry.methods.folding import normalised, with_children
from awry.methods.ssmtl.config import SSMTLConfig
from awry.training.synchronised import batch_norm

KINDS = ("sequence", "around", "single")
"""Kinds of input: 2t + 1 frames, those without the middle one, the middle one alone."""
HEAD_FILTERS = 32
CLASSIFIER_OUTPUTS = 1000
CLASSES = 80


def trunk_filters(config: SSMTLConfig) -> tuple[list[int], list[bool]]:
    """Filters of each 3-D convolution, and whether pooling follows it.

    >>> trunk_filters(SSMTLConfig(depth="shallow", width="narrow"))
    ([16, 32, 32], [True, True, True])
    >>> trunk_filters(SSMTLConfig(depth="deep", width="narrow"))
    ([16, 16, 32, 32, 32, 32], [False, True, False, True, False, True])
    """
    narrow = [number * (2 if config.width == "wide" else 1) for number in config.filters]
    if config.depth == "shallow":
        return narrow, [True] * 3
    filters = [number for number in narrow for _ in range(2)]
    return filters, [layer in config.deep_pools for layer in range(1, 7)]


class Normalisation(nn.Module):
    """Batch normalisation, with statistics over all inputs or for each kind of input.

    Args:
        filters: of what is normalised.
        kinds: each has statistics of its own.
        shared: whether all kinds have one learned scale and shift, or each its own.
    """

    weight: nn.Parameter | None
    bias: nn.Parameter | None

    def __init__(self, filters: int, kinds: Sequence[str], *, shared: bool = False) -> None:
        super().__init__()
        self.by_kind = nn.ModuleDict(
            {kind: nn.BatchNorm3d(filters, affine=not shared) for kind in kinds}
        )
        self.register_parameter("weight", nn.Parameter(torch.ones(filters)) if shared else None)
        self.register_parameter("bias", nn.Parameter(torch.zeros(filters)) if shared else None)

    def forward(self, x: Tensor, kind: str) -> Tensor:
        """(n, filters, t, h, w) -> the same."""
        own = self.by_kind[kind if kind in self.by_kind else "all"]
        if self.weight is None:
            output: Tensor = own(x)
            return output
        assert isinstance(own, nn.BatchNorm3d)
        return batch_norm(x, own, self.weight, self.bias)

    def folded_into(self, convolution: nn.Module) -> dict[str, nn.Module]:
        """Kind -> the convolution before with that kind's normalisation in its weights."""
        fused = {}
        for kind, norm in self.by_kind.items():
            whole = copy.copy(norm)
            if self.weight is not None:
                whole._parameters = {"weight": self.weight, "bias": self.bias}
            fused[kind] = normalised(convolution, whole)
        return fused


class Trunk(nn.Module):
    """3x3x3 convolutions, batch normalisation, ReLU; time is pooled once, at the end."""

    def __init__(self, config: SSMTLConfig, colours: int, kinds: Sequence[str]) -> None:
        super().__init__()
        filters, self.pools = trunk_filters(config)
        pairs = zip([colours, *filters], filters, strict=False)
        self.convolutions = nn.ModuleList(nn.Conv3d(a, b, 3, padding=1) for a, b in pairs)
        shared = config.affine == "shared"
        self.normalisations = nn.ModuleList(
            Normalisation(number, kinds, shared=shared) for number in filters
        )
        self.filters = filters

    def forward(self, x: Tensor, kind: str) -> Tensor:
        """Features of sequences.

        Args:
            x: float32 (n, colours, t, side, side) in [0, 1].
            kind: one of `KINDS`.

        Returns:
            float32 (n, filters, side / 2 ** pools, side / 2 ** pools).
        """
        x = x.contiguous(memory_format=torch.channels_last_3d)
        layers = zip(self.convolutions, self.normalisations, self.pools, strict=True)
        for convolution, normalisation, pool in layers:
            x = F.relu(normalisation(convolution(x), kind), inplace=True)
            if pool:
                x = F.max_pool3d(x, (1, 2, 2))
        return x.amax(2)

    def folded(self) -> Trunk:
        """As `Foldable.folded`: a convolution for each kind of input, normalised by its weights."""
        layers = []
        for convolution, norm in zip(self.convolutions, self.normalisations, strict=True):
            assert isinstance(norm, Normalisation)
            fused = norm.folded_into(convolution)
            if single := fused.get("single", fused.get("all")):
                fused["single"] = _flat(single)
            plain = with_children(norm, by_kind=nn.ModuleDict(fused))
            plain._parameters = {"weight": None, "bias": None}
            layers.append(plain)
        nothing = nn.ModuleList(nn.Identity() for _ in layers)
        return with_children(self, convolutions=nothing, normalisations=nn.ModuleList(layers))


def _flat(convolution: nn.Module) -> nn.Module:
    """Of one frame only the middle of a 3x3x3 kernel sees anything but padding."""
    assert isinstance(convolution, nn.Conv3d)
    before, after = convolution.in_channels, convolution.out_channels
    flat = nn.Conv3d(before, after, (1, 3, 3), padding=(0, 1, 1))
    flat.weight = nn.Parameter(convolution.weight[:, :, 1:2].detach().contiguous())
    flat.bias = convolution.bias
    return flat.to(memory_format=torch.channels_last_3d).eval()


class Head(nn.Sequential):
    """2-D convolution with 32 filters, ReLU, 2x2 max-pooling, fully connected layer."""

    def __init__(self, filters: int, side: int, outputs: int) -> None:
        pooled = max(1, side // 2)
        super().__init__(
            nn.Conv2d(filters, HEAD_FILTERS, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2) if side > 1 else nn.Identity(),
            nn.Flatten(),
            nn.Linear(HEAD_FILTERS * pooled**2, outputs),
        )


class MiddleDecoder(nn.Module):
    """As many nearest 2x upsamplings as poolings, as many 3x3 convolutions as 3-D ones."""

    def __init__(self, filters: Sequence[int], pools: Sequence[bool], colours: int) -> None:
        super().__init__()
        # The trunk backwards: a convolution leads to the filters that its twin began from.
        pairs = list(zip(filters[::-1], [*filters[-2::-1], colours], strict=True))
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairs)
        self.normalisations = nn.ModuleList(nn.BatchNorm2d(b) for _, b in pairs[:-1])
        self.ups = list(pools)[::-1]

    def forward(self, x: Tensor) -> Tensor:
        """(n, filters, h, w) -> (n, colours, side, side), in [0, 1] where it is right."""
        for layer, (convolution, up) in enumerate(zip(self.convolutions, self.ups, strict=True)):
            x = convolution(F.interpolate(x, scale_factor=2.0) if up else x)
            if layer < len(self.normalisations):
                x = F.relu(self.normalisations[layer](x), inplace=True)
        return x

    def folded(self) -> MiddleDecoder:
        """As `Foldable.folded`."""
        pairs = zip(self.convolutions, self.normalisations, strict=False)
        fused = [normalised(convolution, norm) for convolution, norm in pairs]
        return with_children(
            self,
            convolutions=nn.ModuleList([*fused, self.convolutions[-1]]),
            normalisations=nn.ModuleList(nn.Identity() for _ in fused),
        )


class Network(nn.Module):
    """Trunk and heads of one stream.

    Args:
        config: tasks and sizes.
        colours: 1 or 3.
        side: of the input, in pixels.
        outputs: of the distillation head: the classifier's classes, then the detector's.
        tasks: those of this stream.
    """

    def __init__(
        self, config: SSMTLConfig, colours: int, side: int, outputs: int, tasks: Sequence[str]
    ) -> None:
        super().__init__()
        needed = {
            "sequence": {"arrow_of_time", "motion_irregularity"},
            "around": {"middle_box"},
            "single": {"distillation"},
        }
        used = [kind for kind in KINDS if needed[kind] & set(tasks)]
        kinds = used if config.statistics == "separate" else ["all"]
        self.trunk = Trunk(config, colours, kinds)
        last, small = self.trunk.filters[-1], side // 2**config.pools
        classes = {"arrow_of_time": 2, "motion_irregularity": 2, "distillation": outputs}
        self.heads = nn.ModuleDict(
            {
                task: Head(last, small, classes[task])
                if task in classes
                else MiddleDecoder(self.trunk.filters, self.trunk.pools, colours)
                for task in tasks
            }
        )
        # Twice as fast on a CPU as the plain layout.
        for convolution in self.trunk.convolutions:
            convolution.to(memory_format=torch.channels_last_3d)
        self.heads.to(memory_format=torch.channels_last)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The proxy tasks of this stream."""
        return tuple(self.heads)

    def features(self, x: Tensor, kind: str) -> Tensor:
        """`Trunk.forward`."""
        output: Tensor = self.trunk(x, kind)
        return output

    def predicted_middle(self, sequences: Tensor) -> Tensor:
        """The middle picture (n, colours, side, side) from the others of 2t + 1 frames."""
        middle = sequences.shape[2] // 2
        around = torch.cat([sequences[:, :, :middle], sequences[:, :, middle + 1 :]], 2)
        return self.answer("middle_box", self.features(around, "around"))

    def student(self, sequences: Tensor) -> Tensor:
        """What the teachers would say (n, outputs), from the middle one of 2t + 1 frames."""
        middle = sequences.shape[2] // 2
        single = sequences[:, :, middle : middle + 1]
        return self.answer("distillation", self.features(single, "single"))

    def answer(self, task: str, features: Tensor) -> Tensor:
        """A head's output: logits (n, 2), pictures (n, colours, side, side), or (n, outputs)."""
        output: Tensor = self.heads[task](features)
        return output


class LevelStream(nn.Module):
    """One level's network, with the statistics of its scores on held-back normal footage.

    Attributes:
        parts: names of what the score is made of, in order.
        part_location, part_scale: (parts,), mean and standard deviation of each part.
        part_floor: (parts,), the lowest value of each; 0 with `floor=zero`.
        part_weights: (parts,), with the sum 1.
        floor: the lowest score, or 0 with `floor=zero`; frames without objects get it.
        usual: score that `usual_share` of the objects do not exceed.
        usual_weight: how much of a score counts up to there, in [0, 1].
        object_side: median of the objects' longer sides, in pixels; 0: unknown.
        location, scale: mean and standard deviation of the frames' scores, for the fusion.
    """

    def __init__(self, network: Network, parts: Sequence[str]) -> None:
        super().__init__()
        self.network = network
        self.parts = tuple(parts)
        names = ("part_location", "part_scale", "part_floor")
        for name in names:
            start = torch.ones if name == "part_scale" else torch.zeros
            self.register_buffer(name, start(len(self.parts), dtype=torch.float64))
        count = len(self.parts)
        self.register_buffer("part_weights", torch.full((count,), 1 / count, dtype=torch.float64))
        for name in ("floor", "usual", "usual_weight", "location", "scale", "object_side"):
            one = float(name in ("scale", "usual_weight"))
            self.register_buffer(name, torch.tensor(one, dtype=torch.float64))
        self.part_location: Tensor
        self.part_scale: Tensor
        self.part_floor: Tensor
        self.part_weights: Tensor
        self.floor: Tensor
        self.usual: Tensor
        self.usual_weight: Tensor
        self.object_side: Tensor
        self.location: Tensor
        self.scale: Tensor


class SSMTLModel(nn.Module):
    """The streams of a level: `object`, `frame` or both.

    Attributes:
        level_weights: (2,), of the standardised object and frame level, with the sum 1.

    Args:
        config: with `grey` and `class_scores` resolved.
    """

    def __init__(self, config: SSMTLConfig) -> None:
        super().__init__()
        self.streams = nn.ModuleDict()
        colours = 1 if config.grey else 3
        for level in levels_of(config):
            outputs, tasks = distilled(config, level), tasks_of(config, level)
            side = config.crop if level == "object" else config.frame_side
            network = Network(config, colours, side, outputs, tasks)
            self.streams[level] = LevelStream(network, parts_of(config, level, tasks))
        weights = torch.tensor(config.fusion, dtype=torch.float64)
        self.register_buffer("level_weights", weights / weights.sum())
        self.level_weights: Tensor

    def stream(self, level: str) -> LevelStream:
        """The stream of a level."""
        stream = self.streams[level]
        assert isinstance(stream, LevelStream)
        return stream


def levels_of(config: SSMTLConfig) -> tuple[str, ...]:
    """The streams that a level needs."""
    return ("object", "frame") if config.level == "fused" else (config.level,)


def tasks_of(config: SSMTLConfig, level: str) -> list[str]:
    """The proxy tasks of a level: distillation only where a teacher says something."""
    outputs = distilled(config, level)
    return [task for task in config.tasks if task != "distillation" or outputs]


def distilled(config: SSMTLConfig, level: str) -> int:
    """Outputs of the distillation head: the classifier's first, then the detector's."""
    classes = CLASSES if level == "object" and config.class_scores else 0
    return (0 if config.classifier == "none" else CLASSIFIER_OUTPUTS) + classes


def parts_of(config: SSMTLConfig, level: str, tasks: Sequence[str]) -> list[str]:
    """The terms of a level's score, see `part_scores`: distillation by its class probabilities."""
    chosen = tasks if level == "object" else [t for t in tasks if t in config.frame_tasks]
    parts = [task for task in chosen if task != "distillation"]
    if "distillation" in chosen and level == "object" and config.class_scores:
        parts.append("distillation")
    scored = config.score_classifier or (level == "frame" and "distillation" in chosen)
    if "distillation" in tasks and scored and config.classifier != "none":
        parts.append("classifier")
    return parts
