"""SDOR's networks: the frozen stages, and one score learner a round (section 3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from awry.devices import in_full
from awry.errors import ConfigError
from awry.methods.sdor.backbone import Backbone, channels_last, load_backbone, pooled
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
        units = self.dense(activations)
        with in_full(units):  # frames are ranked by it: in 16 bits many would be alike
            scores: Tensor = self.output(units)  # SDOR eq. 6
        return scores[:, 0]

    def dense(self, activations: Tensor) -> Tensor:
        """The last dense layer's units (n, hidden), at least 0, which the score is a sum of."""
        features = pooled(self._maps(activations))  # SDOR eq. 5
        with in_full(features):
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
        maps = self._maps(activations).float()
        features = pooled(maps)
        with in_full(features):  # as in `forward`; the map is a sum over all channels
            hidden = self.hidden(features)
            active = (hidden > 0) * self.output.weight  # (n, hidden)
            weights = active @ self.hidden.weight  # (n, channels)
            added = active @ self.hidden.bias + self.output.bias  # (n,)
            activation_maps = torch.einsum("nc,nc...->n...", weights, maps)
            scores = self.output(torch.relu(hidden))[:, 0]
        activation_maps = activation_maps + added.reshape(-1, *[1] * (activation_maps.ndim - 1))
        return scores, activation_maps.mean(1) if activation_maps.ndim == 4 else activation_maps


class MeanOfRounds(nn.Module):
    """SDOR eq. 9: pictures to the mean of the rounds' scores, and of their activation maps."""

    def __init__(self, model: SDORModel) -> None:
        super().__init__()
        # Without the rest of the backbone, of which a device needs no copy.
        self.standardised, self.frozen, self.rounds = model.standardised, model.frozen, model.rounds

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """As `SDORModel.activations` takes them, to (n,) and (n, h, w)."""
        activations = _early(self, pictures)
        of_rounds = [learner.score_maps(activations) for learner in _learners(self.rounds)]
        scores, maps = zip(*of_rounds, strict=True)
        return torch.stack(scores).mean(0), torch.stack(maps).mean(0)


class SDORModel(nn.Module):
    """The frozen stages, and a score learner for each round.

    Attributes:
        standardised: from pictures to what the backbone takes.
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
        self.standardised = backbone.standardised
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
        return _learners(self.rounds)

    @property
    def backbone(self) -> Backbone:
        """As it came, with the stages that nothing is learned in."""
        return self._backbone[0]

    @torch.inference_mode()
    def activations(self, pictures: Tensor) -> Tensor:
        """What the frozen stages say of pictures (n, 3, h, w) of 0-255, or (n, 3, frames, h, w).

        Without frozen stages that is the standardised pictures themselves.
        """
        return _early(self, pictures)


class Reader(nn.Module):
    """The backbone as it came: to the frozen stages' activations, and to features.

    Args:
        model: whose backbone it is.
        kind: `classes` for the last dense layer's outputs, `pooled` for what it takes in.
    """

    def __init__(self, model: SDORModel, kind: str) -> None:
        super().__init__()
        backbone = model.backbone
        self.standardised, self.frozen = model.standardised, model.frozen
        self.later = nn.Sequential(*backbone.stages[len(model.frozen) :])
        self.classes = backbone.classes if kind == "classes" else None

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures as `SDORModel.activations` takes them.

        Returns:
            What the frozen stages say, (n, c, h, w) or (n, c, frames, h, w), and features of the
            initial detection, float32 (n, d).
        """
        activations = _early(self, pictures)
        maps = self.later(channels_last(activations))
        if self.classes is None:
            return activations, pooled(maps)
        maps = maps.float()
        with in_full(maps):  # distances between frames are taken of them
            return activations, self.classes(maps)


def _early(network: SDORModel | MeanOfRounds | Reader, pictures: Tensor) -> Tensor:
    """Through the stages that are frozen."""
    activations: Tensor = network.frozen(channels_last(network.standardised(pictures)))
    return activations


def _learners(rounds: nn.ModuleList) -> Iterator[ScoreLearner]:
    for learner in rounds:
        assert isinstance(learner, ScoreLearner)
        yield learner
