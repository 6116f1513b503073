"""SDOR's networks: the frozen stages, and one score learner a round (section 3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from awry.errors import ConfigError
from awry.methods.sdor.backbone import channels_last, load_backbone, pooled
from awry.methods.sdor.config import SDORConfig

LEARNING = 2
"""Stages that learn where nobody says how many are frozen."""
_NORMS = (nn.BatchNorm2d, nn.BatchNorm3d)


class ScoreLearner(nn.Module):
    """The backbone's last stages and two dense layers: from activations to a score.

    Args:
        stages: the backbone's stages that learn; they are copied.
        channels: of the last map.
        hidden: units of the hidden layer.
        moving_statistics: batch normalisation uses the batch's own statistics in training.
    """

    def __init__(
        self, stages: Sequence[nn.Module], channels: int, hidden: int, moving_statistics: bool
    ) -> None:
        super().__init__()
        self.stages = nn.Sequential(*(deepcopy(stage) for stage in stages))
        self.hidden = nn.Linear(channels, hidden)
        self.output = nn.Linear(hidden, 1)
        self._moving = moving_statistics

    def train(self, mode: bool = True) -> ScoreLearner:
        """Training or evaluation mode; batch normalisation follows only where it may move."""
        super().train(mode)
        if not self._moving:
            for module in self.stages.modules():
                if isinstance(module, _NORMS):
                    module.eval()
        return self

    def forward(self, activations: Tensor) -> Tensor:
        """SDOR eq. 7: scores (n,) of activations (n, c, h, w), or (n, c, frames, h, w)."""
        scores: Tensor = self.output(self.dense(activations))  # SDOR eq. 6
        return scores[:, 0]

    def dense(self, activations: Tensor) -> Tensor:
        """The last dense layer's units (n, hidden), at least 0, which the score is a sum of."""
        features = pooled(self._maps(activations))  # SDOR eq. 5
        return torch.relu(self.hidden(features))

    def _maps(self, activations: Tensor) -> Tensor:
        maps: Tensor = self.stages(channels_last(activations))
        return maps

    def score_maps(self, activations: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (n,), and the class activation map (n, h, w) of each (SDOR section 4.6).

        Behind the pooling lies a ReLU, so that the weight of channel k depends on the input:
        `w_k(x) = sum_j v_j [h_j > 0] W_jk`. What the dense layers add without any input is spread
        evenly over the map, whose mean is the score therefore.
        """
        maps = self._maps(activations)
        features = pooled(maps)
        hidden = self.hidden(features)
        active = (hidden > 0) * self.output.weight  # (n, hidden)
        weights = active @ self.hidden.weight  # (n, channels)
        added = active @ self.hidden.bias + self.output.bias  # (n,)
        activation_maps = torch.einsum("nc,nc...->n...", weights, maps)
        activation_maps = activation_maps + added.reshape(-1, *[1] * (activation_maps.ndim - 1))
        scores = self.output(torch.relu(hidden))[:, 0]
        return scores, activation_maps.mean(1) if activation_maps.ndim == 4 else activation_maps


class MeanOfRounds(nn.Module):
    """SDOR eq. 9: pictures to the mean of the rounds' scores, and of their activation maps."""

    def __init__(self, model: SDORModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """As `SDORModel.activations` takes them, to (n,) and (n, h, w)."""
        activations = self.model.early(pictures)
        of_rounds = [learner.score_maps(activations) for learner in self.model.learners]
        scores, maps = zip(*of_rounds, strict=True)
        return torch.stack(scores).mean(0), torch.stack(maps).mean(0)


class SDORModel(nn.Module):
    """The frozen stages, and a score learner for each round.

    Attributes:
        frozen: from standardised pictures to activations.
        rounds: the score learners in the order of their training.
        span: frames that the backbone sees at once.
    """

    def __init__(self, config: SDORConfig, *, pretrained: bool = False, seed: int = 0) -> None:
        super().__init__()
        backbone = load_backbone(config.backbone, pretrained=pretrained)
        stages = len(backbone.stages)
        frozen = stages - LEARNING if config.frozen is None else config.frozen
        if frozen >= stages:
            raise ConfigError(
                f"frozen={frozen} leaves nothing to learn: {config.backbone} has {stages} stages; "
                f"freeze at most {stages - 1}."
            )
        self.span = backbone.span
        self.frozen = nn.Sequential(*backbone.stages[:frozen])
        later = list(backbone.stages[frozen:])
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.rounds = nn.ModuleList(
                ScoreLearner(later, backbone.channels, config.hidden, config.moving_statistics)
                for _ in range(config.rounds)
            )
        self._backbone = [backbone]  # in a list: it is no part of what is saved
        self.frozen.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> SDORModel:
        """As `nn.Module.train`; the frozen stages stay in evaluation mode."""
        super().train(mode)
        self.frozen.eval()
        return self

    @property
    def learners(self) -> Iterator[ScoreLearner]:
        """The score learners, round by round."""
        for learner in self.rounds:
            assert isinstance(learner, ScoreLearner)
            yield learner

    @torch.inference_mode()
    def activations(self, pictures: Tensor) -> Tensor:
        """What the frozen stages say of pictures (n, 3, h, w) of 0-255, or (n, 3, frames, h, w).

        Without frozen stages that is the standardised pictures themselves.
        """
        return self.early(pictures)

    def early(self, pictures: Tensor) -> Tensor:
        """As `activations`, in whatever mode PyTorch is."""
        pictures = channels_last(self._backbone[0].standardised(pictures))
        activations: Tensor = self.frozen(pictures)
        return activations

    @torch.inference_mode()
    def features(self, activations: Tensor, kind: str) -> Tensor:
        """Features of the backbone as it came, for the initial detection.

        Args:
            activations: what the frozen stages gave.
            kind: `classes` for the last dense layer's outputs, `pooled` for what it takes in.
        """
        backbone = self._backbone[0]
        maps = channels_last(activations)
        for stage in backbone.stages[len(self.frozen) :]:
            maps = stage(maps)
        features: Tensor = backbone.classes(maps) if kind == "classes" else pooled(maps)
        return features
