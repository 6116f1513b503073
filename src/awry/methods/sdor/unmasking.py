"""Two methods without labelled data that SDOR is compared with (its Table 1).

Ionescu, Smeureanu, Alexe, Popescu: Unmasking the abnormal events in video. ICCV 2017: a linear
classifier tells a window of frames from the window before it. The features that it relies on most
are taken away, and it learns again, several times. What can be told apart even then is abnormal.

Liu, Li, Poczos: Classifier Two-Sample Test for Video Anomaly Detections. BMVC 2018: the same, seen
as several two-sample tests, with frames of the past among those that the window is told from.

Written from their descriptions; what is left open there is a parameter here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

Series = NDArray[np.float64]
CHANCE = 0.5


def unmasking_scores(
    features: NDArray[np.floating],
    clips: Sequence[slice],
    *,
    window: int = 10,
    stride: int = 5,
    rounds: int = 10,
    removed: int = 50,
    strength: float = 0.5,
    history: int = 0,
    seed: int = 0,
) -> Series:
    """How well each window is told from what came before, after its best features are gone.

    Args:
        features: (n, d) of all frames.
        clips: the places of each clip's frames, which follow one another in time.
        window: frames of either side; fewer in a clip that has not twice as many.
        stride: from one pair of windows to the next.
        rounds: how often a classifier learns.
        removed: features that go after each round: the half with the highest weights, and the half
            with the lowest. Where there are too few, rounds end early.
        strength: scikit-learn's `C`: smaller forgives more.
        history: so many earlier frames of the clip, drawn at random, stand beside the window
            before, where there are as many; both sides weigh the same. 0: unmasking alone.
        seed: of these draws.

    Returns:
        float64 (n,), in [0, 1]: the mean training accuracy over rounds and over the windows that
        hold a frame, higher = more abnormal. A clip's first frames, which come after none, have
        0.5, as by chance.
    """
    ready = np.asarray(features, np.float64)
    generator = np.random.default_rng(seed)
    total, times = np.zeros(len(ready)), np.zeros(len(ready))
    for clip in clips:
        side = min(window, (clip.stop - clip.start) // 2)
        if not side:
            continue
        last = clip.stop - 2 * side
        for begin in dict.fromkeys((*range(clip.start, last + 1, stride), last)):
            before = np.arange(begin, begin + side)
            new = np.arange(begin + side, begin + 2 * side)
            if history and begin - clip.start >= history:
                past = generator.choice(np.arange(clip.start, begin), history, replace=False)
                before = np.concatenate([past, before])
            total[new] += np.mean(accuracies(ready[before], ready[new], rounds, removed, strength))
            times[new] += 1
    return np.where(times > 0, total / np.maximum(times, 1), CHANCE)


def accuracies(
    before: Series, new: Series, rounds: int, removed: int, strength: float
) -> list[float]:
    """A linear classifier's training accuracy, each time with fewer features.

    What is left of a frame's features is scaled to a length of 1 before each round.

    Args:
        before, new: (a, d) and (b, d), features of the frames to be told apart, none of them empty.
        rounds, removed, strength: as `unmasking_scores` takes them.

    Returns:
        at least one and at most `rounds` shares of frames that are put on the right side; both
        sides count the same.
    """
    both = np.concatenate([before, new])
    labels = np.repeat([0, 1], [len(before), len(new)])
    left = np.arange(both.shape[1])
    found: list[float] = []
    for _ in range(rounds):
        lengths = np.linalg.norm(both[:, left], axis=1, keepdims=True)
        scaled = both[:, left] / np.maximum(lengths, 1e-12)
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=200)
        right = model.fit(scaled, labels).predict(scaled) == labels
        found.append(float(right[: len(before)].mean() + right[len(before) :].mean()) / 2)
        if len(left) <= removed:
            break
        order = np.argsort(model.coef_[0], kind="stable")
        half = removed // 2
        gone = np.concatenate([order[:half], order[len(order) - (removed - half) :]])
        left = np.delete(left, gone)
    return found


def two_sample_scores(
    features: NDArray[np.floating], clips: Sequence[slice], *, history: int = 10, seed: int = 0
) -> Series:
    """As `unmasking_scores`, with so many frames of the past beside each window before."""
    return unmasking_scores(features, clips, history=history, seed=seed)
