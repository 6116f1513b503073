"""How unlike training feature vectors are: nearest neighbours, a mixture of Gaussians, MULDE."""

from __future__ import annotations

import copy
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awry.devices import PROCESSOR, Compute
from awry.errors import BundleError
from awry.methods.attributes.config import AttributesConfig
from awry.methods.attributes.network import EnergyNetwork, asked_scales
from awry.methods.attributes.products import product
from awry.methods.graphs import Graph, Network, eager

Rows = NDArray[np.float32]
Floats = NDArray[np.float64]
MOST_COMPONENTS = 8
"""Of mixtures among which the Bayesian information criterion chooses."""
REGULAR = 1e-3
"""Added to the variances of standardised features, so that no component shrinks to a point."""
AT_ONCE = 1024


class Density(ABC):
    """A density of one attribute: high scores for what training does not have."""

    @abstractmethod
    def scores(self, values: Rows) -> Floats:
        """Scores (n,) of feature vectors (n, d)."""

    def on(self, compute: Compute, answers: Network | None = None) -> Density:
        """The same density, whose costly part runs elsewhere; what was learned is shared.

        Args:
            compute: where; in full precision, whatever it says.
            answers: what answers in the place of its network, where it has one.
        """
        return self

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """What was learned, as named tensors."""

    @classmethod
    @abstractmethod
    def from_state(cls, tensors: Mapping[str, Tensor], config: AttributesConfig) -> Density:
        """What `state` gave; KeyError, ValueError or RuntimeError where it does not fit."""


class Neighbours(Density):
    """Mean squared distance to the nearest training vectors (AI-VAD).

    Args:
        rows: float32 (n, d), the training vectors.
        count: of neighbours.
    """

    def __init__(self, rows: Rows, count: int) -> None:
        self.rows = rows
        self.count = min(count, len(rows))
        self._centre = rows.mean(0)
        # Around their mean the differences of large squares lose fewer digits.
        self._centred = rows - self._centre
        self._squares = np.einsum("nd,nd->n", self._centred, self._centred)
        self._compute = PROCESSOR
        self._there: Tensor | None = None

    def on(self, compute: Compute, answers: Network | None = None) -> Neighbours:
        """As `Density.on`: the training vectors are put there once."""
        if compute.device == self._compute.device:
            return self
        other = copy.copy(self)
        other._compute = compute
        other._there = None if compute.device == PROCESSOR.device else compute.put(self._centred)
        return other

    def scores(self, values: Rows) -> Floats:
        """As `Density.scores`."""
        return self.scores_without(values, None)

    def scores_without(
        self, values: Rows, own: Callable[[slice], NDArray[np.bool_]] | None
    ) -> Floats:
        """Scores (n,) without some training vectors for each.

        Args:
            values: float32 (n, d).
            own: of a slice of the values, bool (m or 1, training vectors), True for those left out.
        """
        scores = np.empty(len(values))
        for first in range(0, len(values), AT_ONCE):
            part = slice(first, min(first + AT_ONCE, len(values)))
            left_out = None if own is None else own(part)
            if self._there is None:
                nearest = self._lowest(values[part], left_out)
            else:
                nearest = self._lowest_there(self._there, values[part], left_out)
            scores[part] = nearest.astype(np.float64).mean(1)
        return scores

    def _lowest(self, values: Rows, left_out: NDArray[np.bool_] | None) -> Rows:
        """The `count` lowest squared distances (n, count) of values (n, d), in no order."""
        squares = self._squared_distances(values)
        if left_out is not None:
            squares[np.broadcast_to(left_out, squares.shape)] = np.inf
        return np.partition(squares, self.count - 1, axis=1)[:, : self.count]

    def _lowest_there(self, rows: Tensor, values: Rows, left_out: NDArray[np.bool_] | None) -> Rows:
        """As `_lowest`, on the device of the centred rows (training vectors, d)."""
        centred = self._compute.put(values - self._centre)
        # Differences, not products: cards round those to ten bits where TF32 is asked for.
        mode = "donot_use_mm_for_euclid_dist"
        squares = torch.cdist(centred, rows, compute_mode=mode).square()
        if left_out is not None:
            squares = squares.masked_fill(self._compute.put(left_out), torch.inf)
        return self._compute.array(squares.topk(self.count, 1, largest=False).values)

    def nearest(self, value: Rows, count: int) -> NDArray[np.int64]:
        """Places of the training vectors nearest to a vector (d,), nearest first."""
        return np.argsort(self._squared_distances(value[None])[0], kind="stable")[:count]

    def _squared_distances(self, values: Rows) -> Rows:
        centred = values - self._centre
        squares = np.einsum("nd,nd->n", centred, centred)[:, None] + self._squares
        return np.maximum(squares - 2 * product(centred, self._centred.T), 0)

    def state(self) -> dict[str, Tensor]:
        """As `Density.state`."""
        return {"rows": torch.from_numpy(self.rows)}

    @classmethod
    def from_state(cls, tensors: Mapping[str, Tensor], config: AttributesConfig) -> Neighbours:
        """As `Density.from_state`."""
        rows = tensors["rows"]
        if rows.dtype != torch.float32 or rows.ndim != 2 or not len(rows):
            raise ValueError("training vectors are not one row each")
        return cls(rows.numpy(), config.neighbours)


class Scale:
    """Features standardised by training footage, without amplifying noise.

    Args:
        centre, spread: (d,), mean and deviation; a deviation is at least the floor.
    """

    def __init__(self, centre: Rows, spread: Rows) -> None:
        self.centre = centre.astype(np.float32)
        self.spread = spread.astype(np.float32)

    @classmethod
    def of(cls, values: Rows, floor: float) -> Scale:
        """Of training vectors (n, d); deviations below the floor (and none at all) are raised."""
        spread = values.std(0)
        return cls(values.mean(0), np.maximum(spread, max(floor, 1e-3 * float(spread.max()), 1e-6)))

    def __call__(self, values: Rows) -> Rows:
        return np.asarray((values - self.centre) / self.spread, np.float32)

    def state(self) -> dict[str, Tensor]:
        """As named tensors."""
        return {"centre": torch.from_numpy(self.centre), "spread": torch.from_numpy(self.spread)}

    @classmethod
    def from_state(cls, tensors: Mapping[str, Tensor]) -> Scale:
        """What `state` gave."""
        return cls(tensors["centre"].numpy(), tensors["spread"].numpy())


class Mixture(Density):
    """Negative logarithm of a mixture of Gaussians' density of standardised vectors.

    Args:
        scale: standardises.
        model: scikit-learn's GaussianMixture, fitted.
    """

    def __init__(self, scale: Scale, model: Any) -> None:
        self._scale = scale
        self._model = model

    @classmethod
    def of(cls, values: Rows, components: int | None, floor: float, seed: int) -> Mixture:
        """Fitted to training vectors (n, d).

        Args:
            values: float32 (n, d).
            components: how many; None: 1 to `MOST_COMPONENTS`, by the Bayesian criterion.
            floor: least deviation of a feature.
            seed: of the start.
        """
        scale = Scale.of(values, floor)
        ready = scale(values).astype(np.float64)
        most = max(1, len(np.unique(ready, axis=0)))
        counts = range(1, min(MOST_COMPONENTS, most) + 1) if components is None else [components]
        models = [_gaussians(ready, min(count, most), seed) for count in counts]
        return cls(scale, min(models, key=lambda model: model.bic(ready)))

    def scores(self, values: Rows) -> Floats:
        """As `Density.scores`."""
        if not len(values):
            return np.empty(0)
        return -np.asarray(self._model.score_samples(self._scale(values).astype(np.float64)))

    def state(self) -> dict[str, Tensor]:
        """As `Density.state`."""
        model = self._model
        learned = {
            "weights": model.weights_,
            "means": model.means_,
            "covariances": model.covariances_,
        }
        return {
            **self._scale.state(),
            **{name: torch.from_numpy(np.ascontiguousarray(v)) for name, v in learned.items()},
        }

    @classmethod
    def from_state(cls, tensors: Mapping[str, Tensor], config: AttributesConfig) -> Mixture:
        """As `Density.from_state`."""
        from sklearn.mixture import GaussianMixture

        weights, means, covariances = (
            tensors[name].numpy() for name in ("weights", "means", "covariances")
        )
        if covariances.shape != (*means.shape, means.shape[1]):
            raise ValueError("means and covariances of other sizes")
        model = GaussianMixture(len(weights))
        model.weights_, model.means_, model.covariances_ = weights, means, covariances
        roots = np.linalg.cholesky(np.linalg.inv(covariances))
        model.precisions_cholesky_ = roots
        return cls(Scale.from_state(tensors), model)


def _gaussians(values: Floats, components: int, seed: int) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(components, reg_covar=REGULAR, random_state=seed)
    with warnings.catch_warnings():
        # A mixture that goes on improving after a hundred rounds is good enough.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(values)
    # Before and after saving the same numbers.
    model.precisions_cholesky_ = np.linalg.cholesky(np.linalg.inv(model.covariances_))
    return model


class Energies(Density):
    """MULDE: energies at several scales of noise, and a mixture of Gaussians on top of them.

    Args:
        scale: standardises.
        network: f(x, sigma), in evaluation mode.
        scales: how many are asked.
        mixture: of training vectors' energies; None: not yet.
        answers: what answers in the network's place, to the processor.
    """

    def __init__(
        self,
        scale: Scale,
        network: EnergyNetwork,
        scales: int,
        mixture: Mixture | None = None,
    ) -> None:
        self.scale = scale
        self.network = network
        self.scales = scales
        self.mixture = mixture
        self.answers: Network | None = None

    def on(self, compute: Compute, answers: Network | None = None) -> Energies:
        """As `Density.on`: the network is asked there."""
        if answers is None and not compute.full.plain:
            answers = eager({"energies": self.graph()}, compute.full)["energies"]
        other = copy.copy(self)
        other.answers = answers
        return other

    def graph(self) -> Graph:
        """The network as scoring asks it."""
        features = len(self.scale.centre)
        inputs = {"values": torch.zeros(2, features), "sigmas": torch.ones(2, 1)}
        return Graph(self.network, inputs, ("energies",))

    def energies(self, values: Rows) -> Rows:
        """float32 (n, scales) of vectors (n, d)."""
        parts = [self._some(values[n : n + AT_ONCE]) for n in range(0, len(values), AT_ONCE)]
        return np.concatenate([np.empty((0, self.scales), np.float32), *parts])

    @torch.inference_mode()
    def _some(self, values: Rows) -> Rows:
        sigmas = asked_scales(self.scales)
        ready = np.repeat(self.scale(values), self.scales, axis=0)
        pair = (torch.from_numpy(ready), torch.from_numpy(np.tile(sigmas, len(values))[:, None]))
        found = self.network(*pair) if self.answers is None else self.answers(*pair)[0]
        return np.asarray(found.reshape(-1, self.scales).numpy(), np.float32)

    def scores(self, values: Rows) -> Floats:
        """As `Density.scores`."""
        assert self.mixture is not None
        return self.mixture.scores(self.energies(values))

    def state(self) -> dict[str, Tensor]:
        """As `Density.state`."""
        assert self.mixture is not None
        return {
            **self.scale.state(),
            **{f"energy.{name}": tensor for name, tensor in self.network.state_dict().items()},
            **{f"mixture.{name}": tensor for name, tensor in self.mixture.state().items()},
        }

    @classmethod
    def from_state(cls, tensors: Mapping[str, Tensor], config: AttributesConfig) -> Energies:
        """As `Density.from_state`."""
        scale = Scale.from_state(tensors)
        network = EnergyNetwork(len(scale.centre), config.energy_width)
        network.load_state_dict(below("energy.", tensors))
        mixture = Mixture.from_state(below("mixture.", tensors), config)
        return cls(scale, network.eval(), config.energy_scales, mixture)


def below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin so, by the rest of their names."""
    return {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}


KINDS: Mapping[str, type[Density]] = {
    "knn": Neighbours,
    "mixture": Mixture,
    "mulde": Energies,
}


def loaded(kind: str, tensors: Mapping[str, Tensor], config: AttributesConfig) -> Density:
    """A density from what its `state` gave.

    Raises:
        BundleError: the tensors are others.
    """
    try:
        return KINDS[kind].from_state(tensors, config)
    except (KeyError, ValueError, RuntimeError, np.linalg.LinAlgError) as error:
        raise BundleError(
            f"The bundle's tensors do not fit its density '{kind}': {error}. Refit it."
        ) from error
