"""The discriminative framework that SDOR is compared with (its Table 1).

Del Giorno, Bagnell, Hebert: A Discriminative Framework for Anomaly Detection in Large Videos.
ECCV 2016: a frame is abnormal if a classifier can tell it from the frames seen before it, in any
order: stretches of the video are shuffled, and the odds are averaged over shuffles. Written from
its description; what is left open there is a parameter here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

Series = NDArray[np.float64]


def discriminative_scores(
    features: NDArray[np.floating],
    *,
    shuffles: int = 10,
    window: int = 100,
    strength: float = 0.001,
    seed: int = 0,
) -> Series:
    """How easily each frame is told from what else there is, whatever the order.

    The video is cut into windows of consecutive frames, which are put into a random order. A
    logistic regression learns to tell each window from all those before it; a frame's odds of
    being new, divided by what the windows' sizes alone would give, are its score.

    Args:
        features: (n, d) of each frame in the video's order, n at least 2.
        shuffles: orders that are averaged over.
        window: frames of a window; shorter where there would not be two of them.
        strength: scikit-learn's `C`: smaller forgives more.
        seed: of the shuffles.

    Returns:
        float64 (n,), the mean logarithm of the odds, higher = more abnormal.
    """
    count = len(features)
    ready = StandardScaler().fit_transform(np.asarray(features, np.float64))
    generator = np.random.default_rng(seed)
    windows = np.array_split(np.arange(count), max(2, round(count / window)))
    total, times = np.zeros(count), np.zeros(count)
    for _ in range(shuffles):
        order = [windows[place] for place in generator.permutation(len(windows))]
        for number in range(1, len(order)):
            before, new = np.concatenate(order[:number]), order[number]
            both = np.concatenate([before, new])
            labels = np.concatenate([np.zeros(len(before)), np.ones(len(new))])
            model = LogisticRegression(C=strength, max_iter=200).fit(ready[both], labels)
            total[new] += model.decision_function(ready[new]) - np.log(len(new) / len(before))
            times[new] += 1
    # A window that came first every time is like the average.
    return np.where(times > 0, total / np.maximum(times, 1), 0.0)
