"""SDOR's initial detection (section 3.1): Sp and an isolation forest on reduced features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import pairwise_distances

from awry.methods.sdor.config import SDORConfig

Series = NDArray[np.float64]
MOST_FOR_PCA = 20000
_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Initial:
    """What is known before anything is learned.

    Attributes:
        scores: float64 (n,) in [0, 1], the detectors' average.
        detectors: name -> its own scores, float64 (n,) in [0, 1].
        constant: True where all frames look alike, so that nothing can be ranked.
        notes: what was done otherwise than the settings say, one sentence each.
    """

    scores: Series
    detectors: dict[str, Series]
    constant: bool
    notes: tuple[str, ...]


def detect_initially(features: NDArray[np.float32], config: SDORConfig, seed: int) -> Initial:
    """Rank frames by generic detectors, without any label.

    Args:
        features: (n, d), of each frame.
        seed: every random choice follows from it.
    """
    count = len(features)
    if count < 2 or float(np.ptp(features, axis=0).max()) < 1e-6:
        flat = np.zeros(count)
        return Initial(flat, dict.fromkeys(config.detectors, flat), True, ())
    reduced, notes = reduce(features, config.components, seed)
    detectors: dict[str, Series] = {}
    for name in config.detectors:
        if name == "sp":
            raw = sp_scores(reduced, config.sp_sample, config.sp_draws, seed)
        else:
            raw = forest_scores(reduced, config.trees, config.tree_sample, seed)
        detectors[name] = rescaled(raw)
    return Initial(np.mean(list(detectors.values()), axis=0), detectors, False, notes)


def detect_in_groups(
    features: NDArray[np.float32],
    groups: Sequence[NDArray[np.int64]],
    config: SDORConfig,
    seed: int,
) -> Initial:
    """As `detect_initially`, each group of frames by itself.

    Args:
        features: (n, d), of each frame.
        groups: places of the frames that are compared with one another; together all.
    """
    by_group = [detect_initially(features[places], config, seed) for places in groups]
    order = np.argsort(np.concatenate(groups))
    return Initial(
        np.concatenate([one.scores for one in by_group])[order],
        {
            name: np.concatenate([one.detectors[name] for one in by_group])[order]
            for name in config.detectors
        },
        all(one.constant for one in by_group),
        tuple(dict.fromkeys(note for one in by_group for note in one.notes)),
    )


def reduce(
    features: NDArray[np.float32], components: int, seed: int
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Principal components of features (n, d), and what to say where there are fewer than asked.

    Fitted on at most `MOST_FOR_PCA` frames, evenly spread: memory.
    """
    count, width = features.shape
    chosen = features[np.linspace(0, count - 1, min(count, MOST_FOR_PCA)).astype(int)]
    most = min(components, count - 1, width)
    notes: tuple[str, ...] = ()
    if most < components:
        notes = (f"{count} frames of {width} features allow {most} components, not {components}.",)
    pca = PCA(most, random_state=seed).fit(chosen)
    parts = [pca.transform(features[i : i + _ROWS]) for i in range(0, count, _ROWS)]
    return np.concatenate(parts).astype(np.float64), notes


def sp_scores(points: Series, sample: int, draws: int, seed: int) -> Series:
    """Distance to the nearest of a small random subsample, averaged over draws (SDOR eq. 3).

    A point is not compared with itself.

    Args:
        points: (n, d), n at least 2.
        sample: points in a subsample; fewer where there are not so many others.
        draws: subsamples.
    """
    generator = np.random.default_rng(seed)
    total = np.zeros(len(points))
    for _ in range(draws):
        chosen = generator.choice(len(points), min(sample + 1, len(points)), replace=False)
        # One more is drawn, for the points that are in the subsample themselves.
        kept, spare = chosen[:-1], chosen[-1]
        nearest = np.concatenate(
            [
                pairwise_distances(points[i : i + _ROWS], points[kept]).min(1)
                for i in range(0, len(points), _ROWS)
            ]
        )
        for place, own in enumerate(kept):
            others = np.append(np.delete(kept, place), spare)
            nearest[own] = np.sqrt(((points[others] - points[own]) ** 2).sum(1)).min()
        total += nearest
    return total / draws


def forest_scores(points: Series, trees: int, sample: int, seed: int) -> Series:
    """Anomaly score of an isolation forest, higher = more abnormal (SDOR eq. 4).

    The paper prints `2 E(h) / c`; the forest's authors have `2 ** (-E(h) / c)`, which is
    what scikit-learn computes, with the opposite sign.
    """
    forest = IsolationForest(
        n_estimators=trees, max_samples=min(sample, len(points)), random_state=seed
    )
    return -np.asarray(forest.fit(points).score_samples(points), np.float64)


def rescaled(scores: Series) -> Series:
    """To [0, 1] by the lowest and the highest; zeros where they are the same."""
    low, high = float(scores.min()), float(scores.max())
    return np.zeros_like(scores) if high <= low else (scores - low) / (high - low)
