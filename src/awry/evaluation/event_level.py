"""The event level as it is printed everywhere: our figures and published ones, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awry.evaluation.metrics.bootstrap import clip_weights, interval, protocol_draws
from awry.evaluation.metrics.event import (
    RATES,
    EventFigures,
    EventRule,
    Runs,
    event_figures,
    event_rates,
)
from awry.evaluation.metrics.nab import nab_score, nab_sums
from awry.evaluation.metrics.range_based import RangeOptions, range_rates, range_sums
from awry.evaluation.report.event_words import faults

PUBLISHED = ("range_precision", "range_recall", "range_f1", "nab")
EVENT_FIGURES = (*RATES, *PUBLISHED)


@dataclass(frozen=True, slots=True)
class EventLevel:
    """The event level of a set of clips.

    Attributes:
        row: `EventFigures.row`, the figures of `PUBLISHED` beside it, `range_options`, and
            `worst`, a sentence; ready for JSON.
        values: each of `EVENT_FIGURES` on each of `protocol_draws`, float64 (resamples,), without
            those that no draw allows; empty where there are fewer than two clips.
        figures: every event and alarm.
    """

    row: dict[str, Any]
    values: dict[str, NDArray[np.float64]]
    figures: EventFigures

    def intervals(self) -> dict[str, list[float] | None]:
        """The 95 % interval of each figure that has values."""
        pairs = {name: interval(series) for name, series in self.values.items()}
        return {name: None if pair is None else list(pair) for name, pair in pairs.items()}


def event_level(
    alarms: Sequence[Runs],
    truth: Sequence[Runs],
    lengths: Sequence[int],
    fps: Sequence[float | None],
    labels: Sequence[ArrayLike] | None = None,
    names: Sequence[str] | None = None,
    rule: EventRule | None = None,
) -> EventLevel:
    """Measure alarms against true events; arguments and errors as `event_figures`."""
    figures = event_figures(alarms, truth, lengths, fps, labels, names, rule)
    ranges, nab = range_sums(alarms, truth, lengths), nab_sums(alarms, truth, lengths)

    def published(weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        return {**range_rates(ranges, weights), "nab": nab_score(nab, weights)}

    every = published(np.ones((1, len(lengths))))
    row = {
        **figures.row(),
        **{name: None if np.isnan(value[0]) else float(value[0]) for name, value in every.items()},
        "range_options": asdict(RangeOptions()),
    }
    values: dict[str, NDArray[np.float64]] = {}
    draws = protocol_draws(len(lengths))
    if draws is not None:
        weights = clip_weights(draws, len(lengths))
        drawn = {**event_rates(figures.counts.summed(weights)), **published(weights)}
        values = {name: drawn[name] for name in EVENT_FIGURES if np.isfinite(drawn[name]).any()}
    worst = next((fault.sentence for fault in faults(row)), None)
    return EventLevel({"worst": worst, **row}, values, figures)
