"""The score of the Numenta Anomaly Benchmark: Lavin and Ahmad, "Evaluating Real-time Anomaly
Detection Algorithms", ICMLA 2015. A published measure that rewards early detection.

True events are its windows and frames in alarm its detections. It has no probationary period
here, since the test footage is not learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awry.evaluation.metrics.event import Runs, checked_runs
from awry.evaluation.metrics.event_matching import RunArray, joined, marked

# Further behind a window than so many of its widths, a false positive costs all it can.
_FAR = 3.0


@dataclass(frozen=True, slots=True)
class NabProfile:
    """What a true positive earns, a false positive and a missed window cost at most."""

    true_positive: float = 1.0
    false_positive: float = 0.11
    missed: float = 1.0


STANDARD = NabProfile()
FEW_FALSE_POSITIVES = NabProfile(false_positive=0.22)
FEW_MISSED = NabProfile(missed=2.0)


@dataclass(frozen=True, slots=True)
class NabSums:
    """What the score is made of, each float64 (c,), one value for each clip.

    Attributes:
        raw: the sum of the windows' and the false positives' scores.
        windows: true events.
    """

    raw: NDArray[np.float64]
    windows: NDArray[np.float64]


def nab_sums(
    alarms: Sequence[Runs],
    truth: Sequence[Runs],
    lengths: Sequence[int],
    profile: NabProfile = STANDARD,
) -> NabSums:
    """The raw score of each clip.

    Args:
        alarms, truth, lengths: as `awry.evaluation.metrics.event.event_figures`.
        profile: the weights.

    Raises:
        InputError: a run is inverted or out of its clip.
    """
    rows = []
    for clip, (own, true, length) in enumerate(zip(alarms, truth, lengths, strict=True)):
        predicted = joined(checked_runs(own, length, f"Clip number {clip}: alarm"))
        windows = joined(checked_runs(true, length, f"Clip number {clip}: true event"))
        on = marked(predicted, length)
        rows.append([_found(on, windows, profile) + _false(on, windows, profile), len(windows)])
    return NabSums(*np.array(rows, np.float64).reshape(-1, 2).T)


def nab_score(
    sums: NabSums, weights: NDArray[np.float64], profile: NabProfile = STANDARD
) -> NDArray[np.float64]:
    """The normalised score of sets of clips.

    Args:
        sums: of c clips, with the same profile.
        weights: (r, c), how often each set has each clip.
        profile: the weights.

    Returns:
        float64 (r,): 1 for a perfect detector, 0 for one that detects nothing, without a lower
        end; the paper prints it times 100. NaN without events.
    """
    raw, windows = weights @ sums.raw, weights @ sums.windows
    span = (profile.true_positive + profile.missed) * windows
    above = raw + profile.missed * windows
    return np.divide(above, span, out=np.full(span.shape, np.nan), where=span > 0)


def _sigmoid(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """From nearly 1 at a window's begin (-1) over 0 at its end (0) to -1 far behind it."""
    near = 2.0 / (1.0 + np.exp(5.0 * np.minimum(place, _FAR))) - 1.0
    return np.where(place >= _FAR, -1.0, near)


def _found(on: NDArray[np.bool_], windows: RunArray, profile: NabProfile) -> float:
    """Each window counts with its earliest detection, or as missed."""
    total = 0.0
    best = float(_sigmoid(np.array([-1.0]))[0])
    for first, last in windows.tolist():
        inside = np.flatnonzero(on[first : last + 1])
        if not len(inside):
            total -= profile.missed
            continue
        width = last - first + 1
        place = np.array([-(width - inside[0]) / width])
        total += profile.true_positive * float(_sigmoid(place)[0]) / best
    return total


def _false(on: NDArray[np.bool_], windows: RunArray, profile: NabProfile) -> float:
    """Detections outside all windows, by their distance from the window before."""
    frames = np.flatnonzero(on & ~marked(windows, len(on)))
    before = np.searchsorted(windows[:, 1], frames, "left") - 1
    places = np.full(len(frames), _FAR)
    near = before >= 0
    firsts, lasts = windows[before[near], 0], windows[before[near], 1]
    # A window of one frame has no width to measure by: what lies behind it is far.
    widths = np.maximum(lasts - firsts, 1e-9)
    places[near] = (frames[near] - lasts) / widths
    return profile.false_positive * float(_sigmoid(places).sum())
