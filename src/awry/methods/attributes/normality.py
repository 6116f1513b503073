"""What is normal of each attribute: its density, and how training objects score under it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awry.devices import Compute
from awry.errors import BundleError, FootageError
from awry.methods.attributes.config import AttributesConfig
from awry.methods.attributes.density import (
    Density,
    Energies,
    Mixture,
    Neighbours,
    Scale,
    loaded,
)
from awry.methods.attributes.network import EnergyNetwork
from awry.methods.attributes.preparation import Preparation
from awry.methods.attributes.samples import Samples
from awry.methods.attributes.training import energy_phase
from awry.methods.graphs import Network
from awry.scoring.rarity import Rarity
from awry.training.loop import FitContext, train

Rows = NDArray[np.float32]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FEW_CLIPS = 3
"""With fewer clips than this an object's own clip would be most of what there is."""
FOLDS = 5
LEAST_LIKELIHOOD = 1.0
"""Nats between the lowest and the highest training score that count as a difference."""
LEAST_ENERGY = 0.1
"""Nats by which energies of training objects differ at least, to count as a spread."""
FAST = 0.999
"""Share of training objects that are slower than a fast one."""
LEAST_SHARE = 0.01
"""Of the features' mean squared distance from their centre, that counts as a difference."""


@dataclass(slots=True)
class AttributeModel:
    """One attribute's density with its calibration.

    Attributes:
        density: scores prepared feature vectors.
        low, spread: `(score - low) / spread` is 0 at the lowest training score, 1 at a quantile.
        usual: attribute's own plain measure on training footage, e.g. the highest usual speed.
        calibration: as in the settings.
        ready: prepares feature vectors.
        rarity: what training scores are usual, where `calibration` asks for it.
        known: bool (training objects,), those that the density is made of, while a fit lasts;
            None: all.
    """

    density: Density
    low: float
    spread: float
    usual: float
    calibration: str
    ready: Preparation = field(default_factory=Preparation)
    rarity: Rarity | None = None
    known: Bools | None = None

    def on(self, compute: Compute, answers: Network | None = None) -> AttributeModel:
        """The same, whose density runs elsewhere; see `Density.on`."""
        return replace(self, density=self.density.on(compute, answers))

    def calibrated(self, values: Rows, own: Bools | None = None) -> Floats:
        """Scores (n,) of feature vectors (n, d), at least 0; high ones are strange.

        Args:
            values: float32 (n, d); of NaN nothing is known, and it is not strange.
            own: bool (training objects,), True for those that must not count; None: all count.
        """
        there = np.isfinite(values).all(1)
        scores = np.zeros(len(values))
        if there.any():
            scores[there] = self._calibrated(values[there], own)
        return scores

    def _calibrated(self, values: Rows, own: Bools | None) -> Floats:
        prepared = self.ready(values)
        if own is not None and self.known is not None:
            own = own[self.known]
        if own is not None and isinstance(self.density, Neighbours):
            scores = self.density.scores_without(prepared, lambda rows: own[None])
        else:
            scores = self.density.scores(prepared)
        if self.rarity is not None:
            return np.asarray(np.maximum(self.rarity.deviate(scores), 0.0), np.float64)
        spanned = np.maximum((scores - self.low) / self.spread, 0.0)
        if self.calibration == "log":
            spanned = np.where(spanned > 1, 1 + np.log(np.maximum(spanned, 1)), spanned)
        return np.asarray(spanned, np.float64)

    def state(self) -> dict[str, Tensor]:
        """As named tensors."""
        numbers = torch.tensor([self.low, self.spread, self.usual], dtype=torch.float64)
        tensors = {"calibration": numbers, **self.ready.state(), **self.density.state()}
        if self.rarity is not None:
            tensors["rarity"] = torch.from_numpy(self.rarity.to_vector())
        return tensors


def load_attribute(
    name: str, tensors: Mapping[str, Tensor], config: AttributesConfig
) -> AttributeModel:
    """What `AttributeModel.state` gave.

    Raises:
        BundleError: the tensors do not fit.
    """
    numbers = tensors.get("calibration")
    if numbers is None or numbers.shape != (3,) or not bool(numbers.isfinite().all()):
        raise BundleError(f"The bundle's tensors do not fit: {name} has no calibration. Refit it.")
    density = loaded(config.density_of(name), tensors, config)
    rarity = None
    if config.calibration == "rarity":
        try:
            rarity = Rarity.from_vector(tensors["rarity"].numpy())
        except (KeyError, ValueError) as error:
            raise BundleError(
                f"The bundle's tensors do not fit: {name} has no rarity ({error}). Refit it."
            ) from error
    low, spread, usual = numbers.tolist()
    ready = Preparation.from_state(tensors)
    return AttributeModel(density, low, spread, usual, config.calibration, ready, rarity)


def fit_attribute(
    name: str,
    training: Samples,
    held_back: Samples,
    config: AttributesConfig,
    context: FitContext,
) -> AttributeModel:
    """Learn an attribute's density, and calibrate it on objects that it was not learned from.

    Args:
        name: of the attribute.
        training: objects that the density is learned from.
        held_back: objects of the validation part.
        config: kinds and numbers.
        context: seed, and a folder for checkpoints; where to calculate.
    """
    training, known_rows = training.with_known(name)
    if len(training) < 2:
        raise FootageError(
            f"Of fewer than two training objects a {name} is known: nothing can be learned from it."
        )
    raw, kind = training.values[name], config.density_of(name)
    ready = Preparation.of(name, raw, config)
    values = ready(raw)
    floor = config.least_velocity if name == "velocity" else 0.0
    density: Density
    if kind == "knn":
        density = Neighbours(values, config.neighbours)
        there = density.on(context.compute)
        scores = there.scores_without(values, OwnClip(training, config.apart_s).of_rows)
        least = floor**2 or LEAST_SHARE * float(values.var(0).sum())
    elif kind == "mixture":
        density = Mixture.of(values, config.components, floor, context.seed)
        scores = _without_own_fold(training, values, floor, config, context.seed)
        least = LEAST_LIKELIHOOD
    else:
        density = fit_energies(name, values, config, context)
        scores, least = density.on(context.compute).scores(values), LEAST_LIKELIHOOD
    # Without any neighbour left nothing can be said of a training object.
    known = scores[np.isfinite(scores)]
    unseen = raw[:0]
    if name in held_back.values:  # too short a part has no frame to look at
        unseen = held_back.with_known(name)[0].values[name]
    every = np.concatenate([known, density.on(context.compute).scores(ready(unseen))])
    low, high = _span(every, config.quantile.get(name, 1.0))
    spread = max(high - low, least, 1e-9)
    usual = _usual_speed(raw, config) if name == "velocity" else 0.0
    rarity = _rarity(every, least) if config.calibration == "rarity" else None
    rows = None if known_rows.all() else known_rows
    return AttributeModel(density, low, spread, usual, config.calibration, ready, rarity, rows)


def _usual_speed(velocity: Rows, config: AttributesConfig) -> float:
    """From which speed on an object is called fast.

    Where slower objects are not strange and directions are not told apart, any strange velocity
    is that of a fast one.
    """
    share = 0.5 if config.bins == 1 and not config.slower else FAST
    return float(np.quantile(speeds(velocity), share))


def _rarity(scores: Floats, least: float) -> Rarity:
    """What scores are usual; where they hardly differ, a normal distribution as wide as `least`."""
    if len(scores) and np.ptp(scores) >= least:
        return Rarity.of(scores)
    middle = float(np.median(scores)) if len(scores) else 0.0
    return Rarity.of(np.array([middle - least, middle + least]))


def _span(scores: Floats, quantile: float) -> tuple[float, float]:
    if not len(scores):
        return 0.0, 0.0
    return float(scores.min()), float(np.quantile(scores, quantile))


def speeds(velocity: Rows) -> Rows:
    """How fast each object is, (n,): the fastest direction of its velocity (n, bins)."""
    return np.asarray(velocity.max(1, initial=0.0), np.float32)


class OwnClip:
    """Which training objects are an object's own: no measure of how usual it is.

    Those of its clip; with one clip or two, those of its clip that are near in time.

    Args:
        samples: the training objects.
        apart_s: so near in time, at most half of the longest clip.
    """

    def __init__(self, samples: Samples, apart_s: float) -> None:
        self._numbers = {name: number for number, name in enumerate(samples.names)}
        self._clips, self._times = samples.clips, samples.times
        clips = np.unique(samples.clips)
        self._apart: float | None = None
        if 0 < len(clips) < FEW_CLIPS:
            longest = max(float(np.ptp(self._times[self._clips == clip])) for clip in clips)
            self._apart = min(apart_s, longest / 2)

    def of_rows(self, rows: slice) -> Bools:
        """Of some of the training objects: bool (m, n)."""
        return self._of(self._clips[rows, None], self._times[rows, None])

    def of_frame(self, clip: str, time_s: float) -> Bools | None:
        """Of a frame's objects: bool (n,); None where its clip is no training clip.

        While a fit scores its own footage, objects would otherwise be found in the memory.
        """
        own = self._of(np.array(self._numbers.get(clip, -1)), np.array(time_s))
        return own if own.any() and not own.all() else None

    def _of(self, clips: NDArray[np.int64], times: NDArray[np.float64]) -> Bools:
        same = clips == self._clips
        if self._apart is not None:
            same &= np.abs(times - self._times) <= self._apart
        return np.asarray(same)


def folds(samples: Samples) -> Iterator[NDArray[np.bool_]]:
    """Which objects belong to each fold, bool (n,): whole clips, or stretches of few clips."""
    clips = np.unique(samples.clips)
    if len(clips) >= FEW_CLIPS:
        numbers = np.searchsorted(clips, samples.clips) % min(FOLDS, len(clips))
    else:
        numbers = np.arange(len(samples)) * FOLDS // max(len(samples), 1)
    for fold in np.unique(numbers):
        yield numbers == fold


def _without_own_fold(
    samples: Samples, values: Rows, floor: float, config: AttributesConfig, seed: int
) -> Floats:
    """Scores (n,) of training objects under mixtures that did not see their clips."""
    scores = np.full(len(values), np.nan)
    for inside in folds(samples):
        rest = values[~inside]
        if len(rest) >= 2:
            mixture = Mixture.of(rest, config.components, floor, seed)
            scores[inside] = mixture.scores(values[inside])
    return scores


def fit_energies(
    name: str, values: Rows, config: AttributesConfig, context: FitContext
) -> Energies:
    """MULDE: learn the energy, then the mixture of what it says of training vectors."""
    floor = config.least_velocity if name == "velocity" else 0.0
    energies = fresh_energies(values, floor, config, context.seed)
    mine = replace(context, folder=context.folder / name, history=[])
    ready, compute = energies.scale(values), context.compute
    train(energies.network, [energy_phase(name, energies.network, ready, config, compute)], mine)
    context.history += mine.history
    energies.network.eval()
    asked = energies.on(compute).energies(values)
    energies.mixture = Mixture.of(asked, config.components, LEAST_ENERGY, context.seed)
    return energies


def fresh_energies(values: Rows, floor: float, config: AttributesConfig, seed: int) -> Energies:
    """With fresh weights."""
    torch.manual_seed(seed)
    network = EnergyNetwork(values.shape[1], config.energy_width)
    return Energies(Scale.of(values, floor), network, config.energy_scales)
