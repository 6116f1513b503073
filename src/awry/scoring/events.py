"""From scores and a threshold to alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awry.errors import ConfigError, InputError
from awry.frames import Event, FrameScore
from awry.scoring.regions import distinct_regions


@dataclass(frozen=True, slots=True)
class EventOptions:
    """How runs of frames over a threshold become alarms.

    Attributes:
        hysteresis: a run goes on while the score stays above the threshold less this share of
            its distance from the normal level; in [0, 1], 0 for one threshold alone.
        merge_gap: runs with at most this many frames between them are one alarm.
        min_length: an alarm of fewer frames, after merging, is dropped; 1 or more.

    Raises:
        ConfigError: a value out of range.
    """

    hysteresis: float = 0.1
    merge_gap: int = 10
    min_length: int = 3

    def __post_init__(self) -> None:
        if not 0 <= self.hysteresis <= 1:
            raise ConfigError(f"Event hysteresis is {self.hysteresis}; expected 0 to 1.")
        if self.merge_gap < 0 or self.min_length < 1:
            raise ConfigError(
                f"Event merge_gap is {self.merge_gap} and min_length {self.min_length}; "
                "expected frames, at least 0 and at least 1."
            )

    def low(self, threshold: float, normal: float = 0.0) -> float:
        """The score below which a run ends; `normal` is the mean score of normal footage."""
        return threshold - self.hysteresis * abs(threshold - normal)


def find_runs(
    scores: NDArray[np.float64],
    threshold: float,
    options: EventOptions | None = None,
    normal: float = 0.0,
) -> list[tuple[int, int]]:
    """Find the alarms of one clip.

    Args:
        scores: float64 (n,); a NaN is not above any threshold.
        threshold: each alarm has a frame above it, strictly.
        options: default `EventOptions()`.
        normal: mean score of normal footage, from which the hysteresis is measured.

    Returns:
        `(first, last)` of each alarm, both inclusive, in time order.

    >>> find_runs(np.array([0, 2, 2, 2, 0.0]), 1.0)
    [(1, 3)]
    """
    options = options or EventOptions()
    series = np.asarray(scores, np.float64)
    if not series.size:
        return []
    over = np.concatenate([[False], series > options.low(threshold, normal), [False]])
    edges = np.flatnonzero(over[1:] != over[:-1])
    runs = np.stack([edges[::2], edges[1::2]], axis=1)
    # How many frames above the threshold lie before each frame: a run without any is no alarm.
    before = np.concatenate([[0], np.cumsum(series > threshold)])
    runs = runs[before[runs[:, 1]] > before[runs[:, 0]]]
    if not len(runs):
        return []
    apart = runs[1:, 0] - runs[:-1, 1] > options.merge_gap
    firsts = runs[np.concatenate([[True], apart]), 0]
    lasts = runs[np.concatenate([apart, [True]]), 1] - 1
    return [
        (int(first), int(last))
        for first, last in zip(firsts, lasts, strict=True)
        if last - first + 1 >= options.min_length
    ]


def find_events(
    source: str,
    frame_scores: Sequence[FrameScore],
    scores: NDArray[np.float64],
    threshold: float,
    calibration: str,
    options: EventOptions | None = None,
    normal: float = 0.0,
) -> list[Event]:
    """Find the alarms of one clip, with what the method said of their peaks.

    Args:
        source: the clip's name.
        frame_scores: what the method gave, one a frame, in order.
        scores: float64 (n,), the scores to judge, filled and smoothed.
        threshold: see `find_runs`.
        calibration: how the threshold came about, in words.
        options: default `EventOptions()`.
        normal: see `find_runs`.

    Returns:
        Events in time order. An event's peak is the highest of its frames that the method
        scored itself; a run of filled frames alone is no event.

    Raises:
        InputError: the two lengths differ.
    """
    if len(frame_scores) != len(scores):
        raise InputError(
            f"{source}: {len(frame_scores)} frame scores came with a series of {len(scores)}; "
            "expected one value for each frame."
        )
    scored = np.array([score.score is not None for score in frame_scores], bool)
    events = []
    for first, last in find_runs(scores, threshold, options, normal):
        inside = first + np.flatnonzero(scored[first : last + 1])
        if not inside.size:
            continue
        peak = int(inside[np.argmax(scores[inside])])
        at_peak = frame_scores[peak]
        events.append(
            Event(
                source=source,
                first=first,
                last=last,
                start_s=frame_scores[first].time_s,
                end_s=frame_scores[last].time_s,
                peak=peak,
                score=float(scores[peak]),
                parts=dict(at_peak.parts),
                regions=distinct_regions(at_peak.regions),
                threshold=threshold,
                calibration=calibration,
            )
        )
    return events
